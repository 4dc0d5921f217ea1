"""The first space of an installation opens when every line of the stewards' list is done, and not before."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from server import operating
from server.app import build
from server.crypto import keyring
from server.errors import BootRefused, NotFound
from server.findings import findings
from server.going_live import checklist, facts, rules
from server.going_live.models import Confirmation, Line
from server.help_contacts.models import HelpContact, HelpContactText
from server.places import CHECKOUT
from server.settings import Settings
from server.spaces.models import DutyHours, Space, SpaceState
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.people import ADDRESS, Community, Person
from tests.rules.test_two_at_once import at_once

SIGNED = '[[signed]]\nlanguage = "en"\nby = "Rana, Bridge Network"\non = "2027-01-05"\n'
OFFICE = "Protection officer, Bridge Network"
DESKS = ("questions", "services", "fraud", "abuse_of_authority", "sea", "independent")
TITLES = {
    Line.ASSESSMENT: "Two people have signed the impact assessment",
    Line.CONTACTS: "Deadlines and help contacts are confirmed",
    Line.MODERATORS: "Each language of the space has moderators",
    Line.CHANNEL: "People answer in the private channel",
    Line.DISK: "The disks are encrypted",
    Line.BACKUPS: "There are backups, and restoring was tried",
    Line.EXIT: "There is a plan for the end",
}


@dataclass
class Beginning:
    """An installation whose one space waits to be opened, and everything that its list asks for."""

    community: Community
    folder: Path
    hani: Person
    gus: Person
    gina: Person

    @property
    def today(self) -> date:
        return self.community.clock.now().date()

    def confirms(self, line: Line, by: Person | None = None) -> int:
        return (by or self.gus).sends(f"/steward/ready/{line}", role=OFFICE).status_code

    def everything(self) -> None:
        """Every line is done."""
        for line, people in checklist.PEOPLE.items():
            for person in (self.gus, self.gina)[:people]:
                assert self.confirms(line, person) == 303

    def desks(self, **differing: bool) -> None:
        """What the private room tells."""
        told = {"day": self.today.isoformat(), "desks": {**dict.fromkeys(DESKS, True), **differing}}
        path = self.folder / "public" / facts.STAFFED_FILE
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(told))

    def opens(self) -> tuple[int, str]:
        answer = self.hani.sends("/s/questions/host/open")
        return answer.status_code, answer.text

    def state(self) -> SpaceState:
        return self.community.row("questions").state


def house(url: str, folder: Path) -> Community:
    """A community with policies of its own that somebody stands for, and a place for backups."""
    own = folder / "policies"
    shutil.copytree(CHECKOUT / "policies", own)
    reporting = (own / "reporting.toml").read_text("utf-8")
    for written, instead in (
        ('confirmed_by = ""', 'confirmed_by = "Rana"'),
        ('confirmed_on = ""', 'confirmed_on = "2027-01-05"'),
        ("\nsigned = []\n", "\n"),
    ):
        assert written in reporting
        reporting = reporting.replace(written, instead, 1)
    (own / "reporting.toml").write_text(f"{reporting}\n{SIGNED}", "utf-8")
    (folder / "copies").mkdir()
    settings = Settings(data_dir=folder, database_url=url, public_url=ADDRESS, backup_dir=folder / "copies")
    keyring.create(settings.keys_dir)
    clock, screen = StillClock(), WordScreen()
    return Community(build(settings, clock=clock, screen=screen, passwords=quick_passwords), clock, screen)


def begun(community: Community, folder: Path) -> Beginning:
    """Its people and its facts: all there, and nothing confirmed."""
    beginning = Beginning(
        community, folder, community.host("hani"), community.steward("gus"), community.steward("gina")
    )
    community.moderator("bo")
    row = community.row("questions")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Space).values(state=SpaceState.PREPARING, read_only=True, languages=["en"]))
        words = {"kind": "health", "area": "Lake", "telephones": ["112"], "languages": ["en"], "cost": "free"}
        contact = HelpContact(**words, checked_on=beginning.today)
        tx.session.add(contact)
        tx.session.flush()
        spoken = {"name": "Clinic", "hours": "", "about": "", "note": ""}
        tx.session.add(HelpContactText(help_contact_id=contact.id, language="en", **spoken))
    assert row.state == SpaceState.OPEN
    beginning.desks()
    (folder / "copies" / f"baraza-{beginning.today.isoformat()}-0123abcd.backup").touch()
    return beginning


@pytest.fixture
def beginning(sqlite_url: str, tmp_path: Path) -> Iterator[Beginning]:
    with house(sqlite_url, tmp_path) as community:
        yield begun(community, tmp_path)


@pytest.fixture
def beginning_on_both(database_url: str, tmp_path: Path) -> Iterator[Beginning]:
    with house(database_url, tmp_path) as community:
        yield begun(community, tmp_path)


def test_it_opens_when_every_line_is_done(beginning_on_both: Beginning) -> None:
    beginning = beginning_on_both
    beginning.everything()
    assert "Every line is done" in beginning.gus.reads("/steward/ready")
    status, text = beginning.opens()
    assert status == 303, text
    assert beginning.state() == SpaceState.OPEN
    assert "nothing is locked" in beginning.gus.reads("/steward/ready")


def no_contact(beginning: Beginning) -> None:
    with beginning.community.services.db.transaction() as tx:
        tx.session.execute(delete(HelpContactText))
        tx.session.execute(delete(HelpContact))


def nobody_stands_for_deadlines(beginning: Beginning) -> None:
    path = beginning.folder / "policies" / "reporting.toml"
    path.write_text(path.read_text("utf-8").replace('confirmed_by = "Rana"', 'confirmed_by = ""'), "utf-8")


def another_language(beginning: Beginning) -> None:
    with beginning.community.services.db.transaction() as tx:
        tx.session.execute(update(Space).values(languages=["en", "ar"]))


def no_hours(beginning: Beginning) -> None:
    with beginning.community.services.db.transaction() as tx:
        tx.session.execute(delete(DutyHours))


def an_old_backup(beginning: Beginning) -> None:
    for path in (beginning.folder / "copies").iterdir():
        path.rename(path.with_name(f"baraza-{(beginning.today - timedelta(3)).isoformat()}-0123abcd.backup"))


def a_silent_room(beginning: Beginning) -> None:
    (beginning.folder / "public" / facts.STAFFED_FILE).unlink()


def nonsense_from_the_room(beginning: Beginning) -> None:
    (beginning.folder / "public" / facts.STAFFED_FILE).write_text('{"day": 3, "desks": ["sea"]}')


def takes_back(line: Line) -> Callable[[Beginning], None]:
    def taken(beginning: Beginning) -> None:
        assert beginning.gina.sends(f"/steward/ready/{line}/take-back").status_code == 303

    return taken


@pytest.mark.parametrize(
    ("line", "breaks", "missed"),
    [
        *((line, takes_back(line), "must confirm it") for line, people in checklist.PEOPLE.items() if people),
        (Line.CONTACTS, no_contact, "has no entry that was checked"),
        (Line.CONTACTS, nobody_stands_for_deadlines, "nobody stands for the deadlines"),
        (Line.MODERATORS, another_language, "when somebody reads Arabic in /s/questions"),
        (Line.MODERATORS, no_hours, "when somebody reads English in /s/questions"),
        (Line.CHANNEL, lambda beginning: beginning.desks(sea=False), "The desk “sea” has too few readers"),
        (Line.CHANNEL, a_silent_room, "has not told for days"),
        (Line.CHANNEL, nonsense_from_the_room, "has not told for days"),
        (Line.BACKUPS, an_old_backup, "no backup of the last two days"),
    ],
)
def test_with_one_line_open_it_does_not(
    beginning: Beginning, line: Line, breaks: Callable[[Beginning], None], missed: str
) -> None:
    beginning.everything()
    breaks(beginning)
    page = beginning.gus.reads("/steward/ready")
    assert missed in page
    assert "no space of this installation can be opened" in page
    before = beginning.hani.reads("/s/questions/host")
    assert TITLES[line] in before and "host/open" not in before
    status, text = beginning.opens()
    assert status == 409
    assert "This would be the first space of this place" in text
    assert [title for title in TITLES.values() if title in text] == [TITLES[line]]
    assert beginning.state() == SpaceState.PREPARING


def test_one_steward_who_says_it_twice_is_one(beginning: Beginning) -> None:
    beginning.everything()
    takes_back(Line.ASSESSMENT)(beginning)
    for _ in range(2):
        beginning.confirms(Line.ASSESSMENT)
    assert "1 steward must confirm it" in beginning.gus.reads("/steward/ready")
    assert beginning.opens()[0] == 409
    beginning.confirms(Line.ASSESSMENT, beginning.gina)
    assert beginning.opens()[0] == 303


def test_one_steward_with_two_forms_at_once_is_one_too(beginning_on_both: Beginning) -> None:
    beginning = beginning_on_both
    gus = beginning.community.account("gus")

    def says() -> None:
        with beginning.community.services.db.transaction() as tx:
            rules.confirm(tx, Line.ASSESSMENT, gus, OFFICE, on=beginning.today)

    for _ in range(10):
        at_once(says, says)
        with beginning.community.services.db.reading() as tx:
            holding = select(col(Confirmation.id)).where(col(Confirmation.ended_on).is_(None))
            assert len(tx.session.execute(holding).all()) == 1


def test_a_word_holds_for_a_year(beginning: Beginning) -> None:
    beginning.everything()
    with beginning.community.services.db.reading() as tx:
        seen = facts.Facts(True, True, [], True, True)
        for days, holds in ((364, True), (365, False)):
            states = checklist.states(
                tx, seen, beginning.community.services.policies, on=beginning.today + timedelta(days)
            )
            assert {bool(state.given) for state in states if state.people} == {holds}


def test_what_was_said_stays_readable(beginning: Beginning) -> None:
    beginning.confirms(Line.DISK)
    takes_back(Line.DISK)(beginning)
    page = beginning.gus.reads(f"/steward/ready/{Line.DISK}")
    assert "Earlier" in page and page.count(OFFICE) == 1
    answer = beginning.gus.sends(f"/steward/ready/{Line.DISK}/take-back")
    assert answer.status_code == 409
    assert "Nobody stands for this" in answer.text


def test_a_steward_who_left_is_not_named_and_their_word_holds(beginning: Beginning) -> None:
    beginning.everything()
    with beginning.community.services.db.transaction() as tx:
        tx.session.execute(update(Confirmation).values(confirmed_by=None))
    assert beginning.opens()[0] == 303


@pytest.mark.parametrize(("role", "said"), [("", "Please write something here"), ("x" * 121, "121 characters")])
def test_a_form_without_a_role_says_so_and_loses_nothing(beginning: Beginning, role: str, said: str) -> None:
    answer = beginning.gus.sends(f"/steward/ready/{Line.DISK}", role=role)
    assert answer.status_code == 422
    assert said in answer.text and f'value="{role}"' in answer.text
    assert 'id="role-error"' in answer.text


def test_what_only_the_server_looks_at_is_not_confirmed(beginning: Beginning) -> None:
    assert beginning.confirms(Line.CHANNEL) == 409
    assert "<form" not in beginning.gus.reads(f"/steward/ready/{Line.CHANNEL}").split("<main", 1)[1]
    assert beginning.gus.gets("/steward/ready/weather").status_code == 404


def test_nobody_else_sees_the_list_or_confirms(beginning: Beginning) -> None:
    for person in (beginning.hani, beginning.community.member("amina")):
        assert person.gets("/steward/ready").status_code == 404
        assert beginning.confirms(Line.DISK, person) == 404
    with pytest.raises(NotFound), beginning.community.services.db.transaction() as tx:
        rules.confirm(tx, Line.DISK, beginning.community.account("hani"), OFFICE, on=beginning.today)


def test_a_house_with_an_open_space_asks_for_nothing(community: Community) -> None:
    community.host("hani", "questions")
    row = community.row("questions")
    with community.services.db.reading() as tx:
        nothing = facts.Facts(False, False, None, False, False)
        found = checklist.missing(tx, row, nothing, community.services.policies, on=community.clock.now().date())
    assert found == []
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Space).values(state=SpaceState.ARCHIVED))
    with community.services.db.reading() as tx:
        found = checklist.missing(tx, row, nothing, community.services.policies, on=community.clock.now().date())
    assert found == [], "it was open once"


def test_the_space_of_init_waits_for_the_list(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    lines = operating.first_start(settings, slug="welcome", name="W", host="B", languages=["en"], timezone="UTC")
    assert any("/steward/ready" in line for line in lines)
    for role in ("steward", "host", "moderator"):
        assert any(line.startswith(f"For one {role}") for line in lines)
    with pytest.raises(BootRefused, match="started before"):
        operating.first_start(settings, slug="welcome", name="W", host="B", languages=["en"], timezone="UTC")
    clock, screen = StillClock(operating.SystemClock().now()), WordScreen()
    made = Community(build(settings, clock=clock, screen=screen, passwords=quick_passwords), clock, screen)
    with made.services.db.reading() as tx:
        [space] = tx.session.execute(select(col(Space.state), col(Space.read_only))).all()
        assert space == (SpaceState.PREPARING, True)
        assert set(
            checklist.missing(
                tx,
                made.row("welcome"),
                facts.look(
                    policies=made.services.policies.folder,
                    told_dir=settings.told_dir,
                    backup_dir=None,
                    today=clock.now().date(),
                ),
                made.services.policies,
                on=clock.now().date(),
            )
        ) == set(Line)
    made.services.db.close()
    found = {finding.part: finding for finding in findings(settings.data_dir)}
    assert found["first space"].fine
    assert found["first space"].sentence.endswith(", ".join(Line))
