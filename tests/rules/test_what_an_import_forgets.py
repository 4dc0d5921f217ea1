"""An older export under newer forget lists: what was taken back since stays away, on both kinds of database."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import col
from typer.testing import CliRunner

from server.accounts.models import Member, Membership, Passkey, RoleGrant
from server.cli import app as commands
from server.crypto import keyring
from server.crypto.sealed import forget_lists
from server.crypto.sealed.forget_lists import KEPT_DAYS, ForgetList, name_of
from server.database import Database
from server.errors import BootRefused
from server.forgetting import rules
from server.forum.models import Draft, Message
from server.leaving.rules import let_go
from server.ledger import checking as ledger
from server.moving import forgotten, writing
from server.settings import Settings
from tests.moves import NAME, Move, is_refused, nothing_came, texts
from tests.people import PASSPHRASE
from tests.private.test_stolen_room import found_in
from tests.roads import world
from tests.rules.test_moving import at_rest, bytes_of

CANARY = "canary-3318-dunlin"


# What stays away -----------------------------------------------------------------------------------------


def much_is_taken_back(move: Move) -> None:
    """After the export: words, changed words, a draft, a role, a passkey, a name, and an account without any name."""
    community = move.community
    amina, yara, stella = community.member("amina"), community.member("yara"), community.steward("stella")
    topic = amina.opens_topic("Water", "Where is the well")
    for text in (f"I live at {CANARY}", f"First version {CANARY}", "This stays"):
        assert amina.posts(topic, text).status_code == 303
    yara.posts(topic, "Thank you")
    community.host("hana")
    community.host("ruth")
    hana = community.account("hana")
    with community.services.db.transaction() as tx:
        own = tx.look(select(col(Membership.id)).where(col(Membership.member_id) == hana)).scalar_one()
        tx.session.add(Passkey(member_id=hana, credential_id=b"c" * 16, public_key=b"k", sign_count=0, label="x"))
        tx.session.add(Draft(membership_id=own, text=CANARY, language="en", saved_on=date(2026, 3, 4)))
    move.exports()
    community.clock.goes_on(hours=1)
    move.takes_back(amina, f"I live at {CANARY}")
    with community.services.db.transaction() as tx:
        first = col(Message.text) == f"First version {CANARY}"
        tx.run(update(Message).where(first).values(text="Second version", edited_at=community.clock.now()))
        for lost in (delete(RoleGrant).where(col(RoleGrant.member_id) == hana), delete(Passkey), delete(Draft)):
            tx.run(lost)
    for person in (yara, stella):
        assert person.sends("/me/leave", messages="keep", passphrase=PASSPHRASE).status_code == 303
    community.clock.goes_on(hours=73)
    let_go(community.services.db, at=community.clock.now())


@pytest.mark.postgres
def test_what_was_taken_back_since_the_export_stays_away(move: Move) -> None:
    much_is_taken_back(move)
    move.lists()
    new = move.place()
    told = move.imports(new, move.beside)
    assert "1 names, 2 accounts, 4 roles, badges, passkeys and drafts" in told and "2 messages" in told
    assert "until 2026-03-07 12:00 UTC" in told and "here again" not in told
    assert texts(new) == ["Where is the well", "", "", "This stays", "Thank you"]
    with closing(Database(new.database)) as db, db.reading() as tx:
        names = tx.look(select(col(Membership.pseudonym)).order_by(col(Membership.id))).scalars().all()
        assert [name.split()[0] for name in names] == ["Amina", "Hana", "Ruth"]
        assert tx.look(select(func.count()).select_from(Member)).scalar_one() == 3
        assert tx.look(select(func.count()).select_from(RoleGrant)).scalar_one() == 1
        for kind in (Passkey, Draft):
            assert tx.look(select(func.count()).select_from(kind)).scalar_one() == 0
        assert ledger.check(tx).wrong == []
    assert found_in(new.data_dir, CANARY) == []
    writing.export(new, move.old.data_dir / "two", clock=move.community.clock)
    assert found_in(move.old.data_dir / "two", CANARY) == []
    assert found_in(move.exported, CANARY) != []


def test_without_a_list_it_is_back_and_that_is_said(move: Move) -> None:
    much_is_taken_back(move)
    new = move.place()
    told = move.imports(new)
    assert "This is as of 2026-03-04. What was taken back or erased since is here again: take it away now." in told
    assert f"I live at {CANARY}" in texts(new)


@pytest.mark.postgres
def test_a_list_that_tells_nothing_new_changes_nothing(move: Move) -> None:
    """The export writes the list beside the backups anew: an hour-old one knows nobody of that hour."""
    move.lists()
    world(move.community)
    at_rest(move.community)
    move.exports()
    new = move.place()
    assert "0 messages, 0 names, 0 accounts, 0 roles" in move.imports(new, move.beside / NAME)
    writing.export(new, move.old.data_dir / "two", clock=move.community.clock)
    assert bytes_of(move.exported) == bytes_of(move.old.data_dir / "two")


def test_a_disk_that_is_gone_stops_no_export(move: Move) -> None:
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.beside.rmdir()
    told = writing.export(move.old, move.exported, clock=move.community.clock)
    assert "was not written anew" in told[-1] and (move.exported / "checksums").is_file()


def test_accounts_of_which_an_older_program_told_nothing_stay(move: Move) -> None:
    move.community.steward("stella")
    move.exports()
    with move.community.services.db.reading() as tx:
        whole = rules.worked_out(tx, move.key(), at=move.community.clock.now())
    rest = {kind: names for kind, names in whole.standing.items() if kind != rules.ACCOUNT}
    move.community.clock.goes_on(days=1)
    whole = replace(whole, at=move.community.clock.now())
    assert "0 accounts" in move.imports(move.place(), move.sealed(replace(whole, standing=rest)))


def test_without_sign_ins_no_account_counts_as_closed(move: Move) -> None:
    """Nobody can sign in, so every account has another key; that is no leaving."""
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    told = move.imports(move.place(), move.beside, without_sign_ins=True)
    assert "0 messages, 0 names, 0 accounts, 0 roles" in told


# Several lists -------------------------------------------------------------------------------------------


def test_an_older_list_tells_what_a_newer_one_cannot_know_any_more(move: Move) -> None:
    amina = move.community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well")
    amina.posts(topic, CANARY)
    move.exports()
    move.takes_back(amina, CANARY)
    move.lists("forgotten-community-old.list")
    move.community.clock.goes_on(days=KEPT_DAYS - 1)
    move.lists("forgotten-community-of-may.list")
    move.community.clock.goes_on(days=2)
    newest = move.lists()
    alone = move.place("alone")
    told = move.imports(alone, newest, old=True)
    assert "No list tells of messages that were taken back before 2026-03-05" in told and CANARY in texts(alone)
    if not move.community.services.db.is_sqlite:
        return  # there is one empty database of this kind; what follows does not depend on it
    new = move.place()
    assert "No list" not in move.imports(new, move.beside, old=True)
    assert texts(new) == ["Where is the well", ""]


def test_of_days_that_both_know_the_newer_list_tells(move: Move) -> None:
    """What was removed by mistake and put back stays, whatever the list of that hour says."""
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    at = move.community.clock.now()
    name = name_of(move.key(), rules.MESSAGE, move.id_of("Where is the well").bytes)
    with move.community.services.db.reading() as tx:
        whole = rules.worked_out(tx, move.key(), at=at + timedelta(days=2))
    hour = replace(whole, at=at + timedelta(hours=1), gone={name: at.date()})
    places = [move.sealed(hour, "forgotten-community-1.list"), move.sealed(whole)]
    move.community.clock.goes_on(days=3)
    new = move.place()
    assert "0 messages" in move.imports(new, *places)
    assert texts(new) == ["Where is the well"]


def test_lists_with_a_hole_between_them_say_from_when_on_they_tell() -> None:
    def of(day: int) -> ForgetList:
        return ForgetList(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))

    assert forget_lists.known_since([of(200), of(150), of(141)]) == of(81).at
    assert forget_lists.known_since([of(200), of(100)]) == of(140).at


# What is refused -----------------------------------------------------------------------------------------


def _cut(raw: bytes) -> bytes:
    return raw[:-1]


def _flipped(raw: bytes) -> bytes:
    return raw[:40] + bytes([raw[40] ^ 1]) + raw[41:]


@pytest.mark.parametrize("spoil", [_cut, _flipped, lambda _: b"", lambda _: b"forgotten", lambda raw: raw + b"\n"])
def test_a_list_that_is_torn(spoil: Callable[[bytes], bytes], move: Move) -> None:
    """A good one beside it changes nothing: the torn one could be the newer."""
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    good = move.lists("forgotten-community-good.list")
    torn = move.beside / "forgotten-community-torn.list"
    torn.write_bytes(spoil(good.read_bytes()))
    for places in ([torn], [good, torn], [move.beside]):
        is_refused(move, "forgotten-community-torn.list is torn, or no forget list of the community", *places)


@pytest.mark.postgres
def test_a_list_of_somebody_else(move: Move, tmp_path: Path) -> None:
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    keyring.create(tmp_path / "theirs")
    at = move.community.clock.now()
    theirs = move.sealed(ForgetList(at), "theirs.list", keys=tmp_path / "theirs")
    room = move.sealed(ForgetList(at), "forgotten-private.list", part="private")
    for place in (theirs, room):
        is_refused(move, "no forget list of the community with these keys", place)
    assert "0 messages" in move.imports(move.place(), move.beside)  # the room's list lies there by right


def test_a_list_without_the_keys_that_closed_it(move: Move) -> None:
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    new = Settings(data_dir=move.old.data_dir / "new")
    keyring.create(new.keys_dir)
    with pytest.raises(BootRefused, match="no forget list of the community with these keys"):
        move.imports(new, move.beside, without_sign_ins=True)
    assert not list(new.data_dir.glob("community*"))


def test_a_list_of_another_time(move: Move) -> None:
    amina = move.community.member("amina")
    move.community.clock.goes_on(days=-1)
    before = move.lists("forgotten-community-before.list")
    move.community.clock.goes_on(days=1)
    early = move.lists("forgotten-community-early.list")
    move.community.clock.goes_on(minutes=30)
    amina.opens_topic("Water", "Where is the well")
    move.exports()
    soon = move.sealed(ForgetList(move.community.clock.now() + timedelta(days=1)), "soon.list")
    is_refused(move, "Every forget list that you named is from before the export", before)
    is_refused(move, "The newest forget list knows nothing of this export", early)
    is_refused(move, "soon.list is from a day that has not come yet", move.beside / NAME, soon)
    soon.unlink()
    assert "0 names" in move.imports(move.place(), move.beside)  # the newest of the day


def test_a_list_from_some_hours_before_takes_nobody_away_who_came_in_these_hours(move: Move) -> None:
    """Nobody wrote anything meanwhile: accounts, roles and passkeys have no time by which this could be told."""
    move.community.host("hana")
    early = move.lists("forgotten-community-early.list")
    move.community.clock.goes_on(hours=1)
    stella = move.community.steward("stella")
    with move.community.services.db.transaction() as tx:
        own = move.community.account("stella")
        tx.session.add(Passkey(member_id=own, credential_id=b"c" * 16, public_key=b"k", sign_count=0, label="x"))
    assert stella
    move.exports()
    is_refused(move, "The newest forget list knows nothing of this export", early)
    new = move.place()
    assert "0 accounts, 0 roles" in move.imports(new, early, move.beside)


def test_every_list_of_the_day_knows_the_exports_before_it(move: Move) -> None:
    """The next hourly list takes them over from the one in its place, and forgets them with the day."""
    move.community.host("hana")
    move.exports()
    writing.export(move.old, move.old.data_dir / "another", clock=move.community.clock)
    for _ in range(2):
        move.community.clock.goes_on(hours=1)
        hourly = move.lists()
    assert "0 accounts" in move.imports(move.place(), hourly)
    move.community.clock.goes_on(days=1)
    found = forget_lists.opened(move.lists().read_bytes(), move.key(), part="community")
    assert found.standing[rules.EXPORT] == frozenset()


def test_a_list_of_the_day_in_whose_place_there_was_none_is_refused(move: Move) -> None:
    """As of a folder that another disk took the place of: nobody can tell whether it is from before."""
    move.community.host("hana")
    move.exports()
    (move.beside / NAME).unlink()
    move.community.clock.goes_on(hours=1)
    is_refused(move, "knows nothing of this export", move.lists())
    (move.beside / NAME).write_bytes(b"torn")
    is_refused(move, "knows nothing of this export", move.lists())


def test_what_is_no_file_with_a_list(move: Move, tmp_path: Path) -> None:
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    good = move.beside / NAME
    (tmp_path / "a link.list").symlink_to(good)
    os.mkfifo(tmp_path / "a pipe.list")
    (tmp_path / "empty").mkdir()
    is_refused(move, "a link.list is missing or cannot be read", tmp_path / "a link.list")
    is_refused(move, "a pipe.list is no plain file", tmp_path / "a pipe.list")
    is_refused(move, "nowhere.list is missing", tmp_path / "nowhere.list")
    is_refused(move, "There is no forget list of the community in .*empty", good, tmp_path / "empty")


def test_a_huge_list_is_not_read_to_its_end(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    move.community.member("amina").opens_topic("Water", "Where is the well")
    move.exports()
    monkeypatch.setattr(forgotten, "MOST_BYTES", 1000)
    is_refused(move, "is torn", move.beside)


def test_the_command_takes_lists(move: Move, tmp_path: Path) -> None:
    """By the day of this machine: the list is of the same moment as the export, or later."""
    move.community.member("amina").opens_topic("Water", "Where is the well")
    run = CliRunner().invoke
    chosen = {"BARAZA_DATABASE_URL": move.old.database_url, "BARAZA_BACKUP_DIR": str(move.beside)}
    done = run(commands, ["export", str(move.exported), "--data", str(tmp_path)], env=chosen)
    assert done.exit_code == 0, done.output
    new = move.place()
    call = ["import", str(move.exported), "--data", str(new.data_dir), "--forgotten", str(move.beside)]
    chosen["BARAZA_DATABASE_URL"] = move.empty
    torn = run(commands, [*call, "--forgotten", str(tmp_path / "nowhere")], env=chosen)
    assert torn.exit_code and "nowhere is missing" in str(torn.exception)
    nothing_came(new)
    done = run(commands, call, env=chosen)
    assert done.exit_code == 0 and "0 messages, 0 names" in done.output, done.output
    assert texts(new) == ["Where is the well"]
