"""When the room begins anew, what it knows of who helps, and what an operator is told of it."""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from server import places, policies
from server.errors import BootRefused
from server.private import checking
from server.private.app import PrivateHouse
from server.private.contacts import FILE_NAME, Contacts
from server.private.handed import Handed, needed
from server.private.life import Life, Lifetime
from server.private.sessions import Sessions, Side
from server.settings import Settings
from server.web.padding import STEP
from tests.people import Community
from tests.private.rooms import RoomBrowser, Ticking

REST, DAY, PATIENCE, LAST = 900.0, 86_400.0, 28_800.0, 600.0
TODAY = date(2026, 3, 4)


@pytest.fixture
def sessions(ticking: Ticking) -> Sessions:
    """Nobody's yet."""
    return Sessions(policies.load(places.shipped("policies")).private, seconds=ticking)


@pytest.fixture
def life(sessions: Sessions, ticking: Ticking) -> Life:
    """A life that has just begun."""
    return Life(sessions, Lifetime(REST, DAY, PATIENCE, LAST), seconds=ticking)


def test_a_room_that_nobody_used_stays(life: Life, ticking: Ticking) -> None:
    ticking.goes_on(minutes=10_000)
    assert not life.is_over()
    life.comes(uses=False)
    life.goes(uses=False)
    ticking.goes_on(minutes=10_000)
    assert not life.is_over()


def test_a_used_room_begins_anew_after_its_rest_and_not_before(life: Life, ticking: Ticking) -> None:
    life.comes(uses=True)
    ticking.goes_on(minutes=1)
    life.goes(uses=True)
    ticking.goes_on(seconds=REST - 1)
    assert not life.is_over()
    ticking.goes_on(seconds=1)
    assert life.is_over()


def test_passers_by_do_not_keep_anothers_words_in_memory(life: Life, ticking: Ticking) -> None:
    life.comes(uses=True)
    life.goes(uses=True)
    for _ in range(15):
        ticking.goes_on(minutes=1)
        life.comes(uses=False)
        life.goes(uses=False)
    assert life.is_over()


def test_it_goes_on_while_somebody_is_inside_or_signed_in(life: Life, sessions: Sessions, ticking: Ticking) -> None:
    life.comes(uses=True)
    ticking.goes_on(minutes=60)
    assert not life.is_over()
    life.goes(uses=True)
    ticking.goes_on(minutes=14)
    token = sessions.begin(Side.DESK, b"")
    ticking.goes_on(minutes=14)
    assert not life.is_over()
    sessions.end(token)
    assert life.is_over()


def test_steady_forms_keep_nobodys_words_in_memory_for_longer_than_a_day(life: Life, ticking: Ticking) -> None:
    for _minute in range(24 * 60):
        life.comes(uses=True)
        life.goes(uses=True)
        assert not life.is_over()
        ticking.goes_on(minutes=1)
    assert life.is_over()


def test_after_a_day_visits_are_waited_for_and_then_ended(life: Life, sessions: Sessions, ticking: Ticking) -> None:
    life.comes(uses=True)
    life.goes(uses=True)
    ticking.goes_on(seconds=DAY)
    token = sessions.begin(Side.DESK, b"")
    while ticking.at < 1000 + DAY + PATIENCE:
        assert not life.is_over()
        assert sessions.read(Side.DESK, token) is not None or sessions.begin(Side.DESK, b"")
        ticking.goes_on(minutes=10)
    assert life.is_over()


def test_at_last_it_ends_whoever_is_still_sending(life: Life, ticking: Ticking) -> None:
    life.comes(uses=True)
    ticking.goes_on(seconds=DAY + PATIENCE)
    assert not life.is_over(), "a form that is on its way has time to arrive"
    ticking.goes_on(seconds=LAST)
    assert life.is_over()


def test_a_session_that_is_over_keeps_nothing_alive(life: Life, sessions: Sessions, ticking: Ticking) -> None:
    life.comes(uses=True)
    sessions.begin(Side.REPORTER, b"")
    life.goes(uses=True)
    ticking.goes_on(minutes=15)
    assert life.is_over()


def test_an_act_or_a_cookie_of_the_room_is_use_and_a_look_is_not(
    house: PrivateHouse, browser: RoomBrowser, ticking: Ticking
) -> None:
    def used() -> bool:
        ticking.goes_on(seconds=REST)
        return house.room.life.is_over()

    browser.get("/help")
    browser.get("/help", headers={"cookie": "other=1"})
    assert not used()
    browser.get("/help", headers={"cookie": "__Host-room=x"})
    assert used()


# Who helps -----------------------------------------------------------------------------------------------


def told(folder: Path, name: str = "Night line", checked_on: str = "2026-03-01") -> None:
    words = {"en": {"name": name, "hours": "always", "about": "", "note": ""}}
    entry = {"kind": "women", "area": "", "telephones": ["+254 700 000000"], "languages": ["sw"], "cost": "free"}
    folder.mkdir(exist_ok=True)
    (folder / "new").write_text(json.dumps([{**entry, "checked_on": checked_on, "words": words}]), "utf-8")
    os.replace(folder / "new", folder / FILE_NAME)


def test_the_room_tells_who_helps_and_sees_changes(tmp_path: Path) -> None:
    contacts = Contacts(tmp_path)
    assert contacts.all(on=TODAY, hide_days=180) == []
    told(tmp_path)
    assert [c.told_in("ar")[1]["name"] for c in contacts.all(on=TODAY, hide_days=180)] == ["Night line"]
    told(tmp_path, "Day line")
    assert [c.told_in("en")[1]["name"] for c in contacts.all(on=TODAY, hide_days=180)] == ["Day line"]
    told(tmp_path, checked_on="2025-03-01")
    assert contacts.all(on=TODAY, hide_days=180) == []


def test_the_door_asks_who_is_safe_only_where_it_can_say_whom_to_call(
    browser: RoomBrowser, room_settings: Settings
) -> None:
    alone = browser.get("/help")
    assert "Are you safe now?" not in alone.text and "medical care is best" in alone.text
    told(room_settings.told_dir)
    together = browser.get("/help")
    assert together.text.index("Are you safe now?") < together.text.index("Night line")
    assert len(alone.content) % STEP == len(together.content) % STEP == 0


@pytest.mark.parametrize("damage", ["", "{", "[1]", '[{"kind": 1}]', "\x00", "null", '{"a": 1}'])
def test_a_damaged_file_is_no_contacts_and_no_fault(tmp_path: Path, damage: str) -> None:
    (tmp_path / FILE_NAME).write_text(damage)
    assert Contacts(tmp_path).all(on=TODAY, hide_days=180) == []


def test_the_community_tells_the_room_whenever_an_entry_changes(community: Community, tmp_path: Path) -> None:
    from server.help_contacts import queries, rules
    from server.help_contacts.models import Cost, HelpKind
    from server.help_contacts.rules import Draft

    contacts, db = Contacts(tmp_path / "public"), community.house.services.db

    def names() -> list[str]:
        return [contact.told_in("en")[1]["name"] for contact in contacts.all(on=TODAY, hide_days=180)]

    def draft(name: str) -> Draft:
        words = {"en": {"name": name, "hours": "", "about": "", "note": ""}}
        return Draft(HelpKind.WOMEN, "", ["+254700000000"], ["en"], Cost.FREE, words)

    assert (tmp_path / "public" / FILE_NAME).read_text() == "[]"
    with db.transaction() as tx:
        rules.add(tx, draft("Night line"), on=TODAY)
    assert names() == ["Night line"]
    with db.reading() as tx:
        contact = queries.all_contacts(tx)[0]
    with db.transaction() as tx:
        rules.change(tx, contact, draft("Day line"), version=contact.version)
    assert names() == ["Day line"]
    with db.transaction() as tx:
        rules.checked(tx, contact, on=date(2026, 3, 3))
    assert contacts.all(on=TODAY, hide_days=180)[0].checked_on == date(2026, 3, 3)
    with db.transaction() as tx:
        rules.remove(tx, contact)
    assert names() == []
    assert (tmp_path / "public" / FILE_NAME).stat().st_mode & 0o007 == 0


# What is handed over -------------------------------------------------------------------------------------


def test_the_room_is_not_told_where_the_communitys_words_are(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        database_url="postgresql+psycopg://baraza:canary@db/community",
        private_database_url="postgresql+psycopg://room:own@db/room",
        detoxify=tmp_path / "detoxify",
    )
    handed = Handed(needed(settings), 3, 4, "Bridge", False, 1.5)
    written = handed.written()
    assert b"canary" not in written
    assert b"room:own" in written
    assert Handed.read(written) == handed


# What an operator is told --------------------------------------------------------------------------------


def test_swap_on_an_open_disk_is_a_finding_unless_memory_is_locked(tmp_path: Path) -> None:
    listing = tmp_path / "swaps"
    head = "Filename\tType\tSize\tUsed\tPriority\n"
    listing.write_text(head + "/dev/zram0\tpartition\t1\t0\t5\n/dev/dm-1\tpartition\t1\t0\t5\n")
    assert "none" in checking.swap(listing, lockable=lambda: False)
    listing.write_text(head + "/swapfile\tfile\t1\t0\t-2\n")
    assert "locked" in checking.swap(listing, lockable=lambda: True)
    with pytest.raises(BootRefused, match="/swapfile"):
        checking.swap(listing, lockable=lambda: False)


def test_every_look_says_something(room_settings: Settings, tmp_path: Path) -> None:
    looks = dict(checking.looks(room_settings, places.shipped("policies"), here=True))
    assert "edition 1" in looks["private room: keys"]()
    assert "every column" in looks["private room: database"]()
    assert "encrypted" in looks["private room: disk"]()
    assert "writes none" in looks["private room: core dumps"]()
    (room_settings.private_dir / "keys" / "salt-1.key").chmod(0o644)
    with pytest.raises(BootRefused, match="open to others"):
        looks["private room: keys"]()
    elsewhere = room_settings.model_copy(update={"private_socket": tmp_path / "room"})
    with pytest.raises(BootRefused, match="baraza private"):
        dict(checking.looks(elsewhere, places.shipped("policies"), here=False))["private room"]()
