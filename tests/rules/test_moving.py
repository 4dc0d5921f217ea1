"""A community that moves: the same bytes whatever way it took, nothing that must not travel, few rows in memory."""

import gc
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlmodel import col

from server.accounts.models import AccountSession, Member
from server.crypto import keyring
from server.database import Database
from server.demo import content_files
from server.demo.seeding import seed
from server.errors import BootRefused
from server.forum.models import Message, Topic
from server.forum.queries import topic_by_id
from server.going_live.models import Confirmation, Line
from server.moving import laying, lines, shape, writing
from server.moving.lines import Record
from server.settings import Settings
from server.spaces.models import Hold, Space
from server.tables import metadata
from server.townhall.halls.models import Hall, HallKey
from server.townhall.halls.states import HallState
from tests.clusters import Cluster
from tests.conftest import community_at
from tests.doubles import StillClock
from tests.people import PASSPHRASE, Community
from tests.roads import world

CLOCK = StillClock(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
"""Noon of the day of these communities: an export says its day, and midnight comes for every test run."""


def installed(community: Community, data_dir: Path) -> Settings:
    """The settings with which this community runs."""
    url = community.services.db.engine.url.render_as_string(hide_password=False)
    return Settings(data_dir=data_dir, database_url=url)


def arrived(url: str, data_dir: Path) -> Community:
    """A community that runs on what is there, and begins no space of its own."""
    made = community_at(url, data_dir)
    made.space = lambda *_: None  # type: ignore[assignment,method-assign,return-value]
    return made


def at_rest(community: Community) -> None:
    """Every hall that is open to people ends."""
    with community.services.db.transaction() as tx:
        running = col(Hall.state).not_in([HallState.PREPARING, HallState.CLOSED])
        tx.run(update(Hall).where(running).values(state=HallState.CLOSED))


def moved(source: Settings, folder: Path, url: str, data_dir: Path) -> Settings:
    """Export, and import into this database under the same keys; gives the settings of the new installation."""
    writing.export(source, folder, clock=CLOCK)
    target = Settings(data_dir=data_dir, database_url=url)
    target.keys_dir.mkdir(parents=True, exist_ok=True)
    key = target.keys_dir / keyring.FILE_NAME
    if not key.exists():
        key.write_bytes((source.keys_dir / keyring.FILE_NAME).read_bytes())
        key.chmod(0o600)
    laying.import_(target, folder, at=CLOCK.now())
    return target


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file of a folder by its name, and its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def other_url(request: pytest.FixtureRequest, database_url: str) -> Iterator[str]:
    """An empty database of the other kind."""
    if database_url.startswith("postgresql"):
        yield ""
        return
    server: Cluster = request.getfixturevalue("postgres")
    with server.new_database(migrated=False) as url:
        yield url


@pytest.mark.postgres
def test_there_and_back_are_the_same_bytes(community_on_both: Community, other_url: str, tmp_path: Path) -> None:
    world(community_on_both)
    at_rest(community_on_both)
    going_live_and_shorter_lives(community_on_both)
    here = installed(community_on_both, tmp_path)
    there = moved(here, tmp_path / "one", other_url, tmp_path / "there")
    back = moved(there, tmp_path / "two", "", tmp_path / "back")
    writing.export(back, tmp_path / "three", clock=CLOCK)
    first = bytes_of(tmp_path / "one")
    assert first == bytes_of(tmp_path / "two") == bytes_of(tmp_path / "three")
    assert len(first) == 4 + len(list(shape.moving()))  # schema, checksums, seal, and one picture
    with closing(Database(back.database)) as db, db.reading() as tx:
        for table in shape.moving():
            assert tx.look(select(func.count()).select_from(table)).scalar_one() == _lines(tmp_path / "one", table)


def going_live_and_shorter_lives(community: Community) -> None:
    """A steward's word for a line, shorter lives of a space and of a message; holds are in the world already."""
    with community.services.db.transaction() as tx:
        word = {"line": Line.CONTACTS, "role": "Coordinator", "confirmed_on": date(2026, 3, 1)}
        tx.session.add(Confirmation(**word, confirmed_by=tx.look(select(func.min(col(Member.id)))).scalar_one()))
        tx.run(update(Space).values(messages_days=30))
        tx.run(update(Message).values(lasts_days=7))
        assert tx.look(select(func.count()).select_from(Hold)).scalar_one() > 1


def _lines(folder: Path, table: Any) -> int:
    return shape.inside(folder, shape.table_name(table)).read_bytes().count(b"\n")


def test_the_demonstration_moves_whole(sqlite_url: str, tmp_path: Path) -> None:
    with arrived(sqlite_url, tmp_path) as community:
        seed(community.services, content_files.read(), today=date(2026, 3, 4))
        at_rest(community)
        there = moved(installed(community, tmp_path), tmp_path / "one", "", tmp_path / "there")
    writing.export(there, tmp_path / "two", clock=CLOCK)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_members_sign_in_as_before_where_the_keys_went_along(community_on_both: Community, tmp_path: Path) -> None:
    amina = community_on_both.member("amina")
    topic = amina.opens_topic("Water", "Where is the well")
    there = moved(installed(community_on_both, tmp_path), tmp_path / "one", "", tmp_path / "there")
    with arrived(there.database, there.data_dir) as new:
        again = new.visitor()
        again.signs_in("amina", PASSPHRASE)
        assert "Where is the well" in again.reads(topic)
        assert again.posts(topic, "And written after the move").status_code == 303
        assert "And written after the move" in again.reads(topic)


def test_without_the_keys_it_needs_a_word_and_nobody_signs_in(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well")
    writing.export(installed(community, tmp_path), tmp_path / "one", clock=CLOCK)
    other = Settings(data_dir=tmp_path / "other")
    keyring.create(other.keys_dir)
    with pytest.raises(BootRefused, match="other keys"):
        laying.import_(other, tmp_path / "one", at=CLOCK.now())
    assert not (tmp_path / "other" / "community.sqlite3").exists()
    laying.import_(other, tmp_path / "one", without_sign_ins=True, at=CLOCK.now())
    with arrived(other.database, other.data_dir) as new:
        refused = new.visitor().sends("/sign-in", login="amina", passphrase=PASSPHRASE, code="")
        assert refused.status_code != 303
        with new.services.db.reading() as tx:
            assert topic_by_id(tx, UUID(topic.rpartition("/")[2])) is not None


def test_no_session_no_key_and_no_name_travels(community: Community, tmp_path: Path) -> None:
    world(community)
    at_rest(community)
    here = installed(community, tmp_path)
    with community.services.db.reading() as tx:
        tokens = tx.look(select(col(AccountSession.token_hash))).scalars().all()
        hall_keys = tx.look(select(col(HallKey.key))).scalars().all()
    writing.export(here, tmp_path / "one", clock=CLOCK)
    whole = b"".join(path.read_bytes() for path in (tmp_path / "one").rglob("*") if path.is_file())
    secrets = [*tokens, *hall_keys, (here.keys_dir / keyring.FILE_NAME).read_bytes()]
    assert len(secrets) > 3
    for secret in secrets:
        for shown in (bytes(secret), lines.base64.b64encode(bytes(secret)), bytes(secret).hex().encode()):
            assert shown not in whole
    for name in shape.STAYS:
        assert not (tmp_path / "one" / "tables" / f"{name}.jsonl").exists()


def test_a_hall_that_comes_still_gets_new_keys(community: Community, tmp_path: Path) -> None:
    world(community)
    with community.services.db.transaction() as tx:
        tx.run(update(Hall).values(state=HallState.PREPARING))
        old = set(tx.look(select(col(HallKey.key))).scalars())
        halls = tx.look(select(func.count()).select_from(Hall)).scalar_one()
    there = moved(installed(community, tmp_path), tmp_path / "one", "", tmp_path / "there")
    with closing(Database(there.database)) as db, db.reading() as tx:
        new = tx.look(select(col(HallKey.key))).scalars().all()
    assert len(set(new)) == 2 * halls
    assert not old & set(new)


def test_a_hall_that_runs_keeps_everything_here(community: Community, tmp_path: Path) -> None:
    world(community)
    with community.services.db.transaction() as tx:
        tx.run(update(Hall).values(state=HallState.OPEN))
    with pytest.raises(BootRefused, match="A hall is open"):
        writing.export(installed(community, tmp_path), tmp_path / "one", clock=CLOCK)
    assert sorted(path.name for path in tmp_path.glob("one*")) == []


MOVES = """
    announcement announcement_text appeal bookmark case_skip confirmation conversation decision decision_effect
    draft duty_hours farewell flag hall hall_answer hall_ballot hall_caption hall_commitment hall_commitment_step
    hall_commitment_words hall_endorsement hall_line hall_note hall_option hall_poll hall_question
    hall_question_text hall_record hall_record_words hall_risk hall_role hall_room_count hall_session hall_speaker
    hall_words help_contact help_contact_text ledger_entry letter member membership message moderator_choice mute
    notice passkey picture read_mark restriction retention_run review_case role_grant screening space space_change
    space_hold space_text strike topic verified_sender word_place
""".split()
"""Written out, so that somebody decides for each new table: here, or with a reason among those that stay."""


def test_every_table_moves_or_says_why_it_stays() -> None:
    staying = set(shape.STAYS)
    assert not staying & set(MOVES)
    assert {*MOVES, *staying} == set(metadata.tables)
    assert sorted(table.name for table in shape.moving()) == MOVES
    assert all(reason.endswith(".") and " " in reason for reason in shape.STAYS.values())
    for table in shape.moving():
        pointed = {key.column.table.name for column in table.columns for key in column.foreign_keys}
        assert not pointed & staying, f"{table.name} points at a table that stays"
        assert all(column.name == "id" or column.foreign_keys or column.type for column in table.primary_key)


def test_files_are_for_their_owner_only_and_the_folder_must_be_new(community: Community, tmp_path: Path) -> None:
    community.member("amina").opens_topic("Water", "Where is the well")
    here = installed(community, tmp_path)
    (tmp_path / "empty").mkdir()
    writing.export(here, tmp_path / "empty", clock=CLOCK)
    for path in [tmp_path / "empty", *(tmp_path / "empty").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "checksums"], cwd=tmp_path / "empty", check=False)
    assert checked.returncode == 0
    before = bytes_of(tmp_path / "empty")
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "a link").symlink_to(tmp_path / "nowhere")
    for taken in ("empty", "a file", "a link"):
        with pytest.raises(BootRefused, match="is there already"):
            writing.export(here, tmp_path / taken, clock=CLOCK)
    assert bytes_of(tmp_path / "empty") == before
    assert not list(tmp_path.glob("*.part"))


def test_an_export_that_fails_leaves_nothing(
    community: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    community.member("amina").opens_topic("Water", "Where is the well")

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lines, "written", full)
    with pytest.raises(OSError, match="No space"):
        writing.export(installed(community, tmp_path), tmp_path / "one", clock=CLOCK)
    assert not list(tmp_path.glob("one*"))


# Few rows in memory --------------------------------------------------------------------------------------


def many_messages(community: Community, count: int) -> None:
    """Rows as they come, without the forum's rules."""
    community.member("amina").opens_topic("Water", "The first")
    with community.services.db.transaction() as tx:
        topic_id = tx.look(select(col(Topic.id))).scalar_one()
        tx.run(
            metadata.tables["message"].insert(),
            [
                {
                    "id": 100 + number,
                    "public_id": UUID(int=number + 1),
                    "topic_id": topic_id,
                    "text": "x",
                    "html": "<p>x</p>\n",
                    "renderer": 1,
                    "language": "en",
                    "state": "published",
                    "written_at": datetime(2026, 3, 4, tzinfo=UTC) + timedelta(seconds=number),
                    "opens_topic": False,
                    "title": "",
                    "quoted": "",
                    "was_public": True,
                    "returned": False,
                    "version": 1,
                }
                for number in range(count)
            ],
        )


def test_few_rows_are_held_whatever_there_is(
    community_on_both: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_messages(community_on_both, 3000)
    held: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0

    class Counted(Record):
        __hash__ = object.__hash__  # type: ignore[assignment]

        def __init__(self, *given: Any) -> None:
            nonlocal most
            super().__init__(*given)
            held.add(self)
            most = max(most, len(held))

    monkeypatch.setattr(writing, "Record", Counted)
    monkeypatch.setattr(lines, "Record", Counted)
    fetched: list[bool] = []
    db = community_on_both.services.db
    look = type(community_on_both.services.db.reading().__enter__()).look

    def watched(self: Any, statement: Any, params: Any = None) -> Any:
        found = look(self, statement, params)
        if statement.get_execution_options().get("yield_per"):
            fetched.append(db.is_sqlite or type(found.cursor).__name__ == "ServerCursor")
        return found

    monkeypatch.setattr("server.database.Transaction.look", watched)
    there = moved(installed(community_on_both, tmp_path), tmp_path / "one", "", tmp_path / "there")
    gc.collect()
    assert len(fetched) == len(list(shape.moving()))
    assert all(fetched), "the whole table came at once"
    assert 0 < most <= laying.AT_ONCE + 2
    with closing(Database(there.database)) as new, new.reading() as tx:
        assert tx.look(select(func.count()).select_from(Message)).scalar_one() == 3001


# Cut off in the middle -----------------------------------------------------------------------------------

_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from server.moving import laying
from server.settings import Settings
chosen = Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2])
folder, left = Path(sys.argv[3]), int(sys.argv[4])
flush = laying._flush
def counted(*given):
    global left
    flush(*given)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
laying._flush = counted
laying.import_(chosen, folder, at=datetime(2026, 3, 4, 12, tzinfo=UTC))
"""


@pytest.mark.parametrize("steps", [1, 12, 45])
def test_killed_in_the_middle_nothing_is_there_and_the_next_one_succeeds(
    database_url: str, migrated_sqlite: Path, steps: int, tmp_path: Path
) -> None:
    """Into a database that is migrated and empty, on both kinds."""
    other = tmp_path / "source.sqlite3"
    shutil.copy(migrated_sqlite, other)
    with community_at(f"sqlite:///{other}", tmp_path) as full:
        world(full)
        at_rest(full)
        writing.export(installed(full, tmp_path), tmp_path / "one", clock=CLOCK)
    target = Settings(data_dir=tmp_path, database_url=database_url)
    call = [sys.executable, "-c", _KILLED, str(tmp_path), database_url, str(tmp_path / "one"), str(steps)]
    done = subprocess.run(call, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False)
    assert done.returncode == -signal.SIGKILL
    with closing(Database(database_url)) as db, db.reading() as tx:
        for table in metadata.sorted_tables:
            assert tx.look(select(func.count()).select_from(table)).scalar_one() == 0, table.name
    laying.import_(target, tmp_path / "one", at=CLOCK.now())
    writing.export(target, tmp_path / "two", clock=CLOCK)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_killed_before_there_was_a_database(community: Community, tmp_path: Path) -> None:
    world(community)
    at_rest(community)
    here = installed(community, tmp_path)
    writing.export(here, tmp_path / "one", clock=CLOCK)
    target = Settings(data_dir=tmp_path / "new")
    target.keys_dir.mkdir(parents=True)
    (target.keys_dir / keyring.FILE_NAME).write_bytes((here.keys_dir / keyring.FILE_NAME).read_bytes())
    (target.keys_dir / keyring.FILE_NAME).chmod(0o600)
    call = [sys.executable, "-c", _KILLED, str(target.data_dir), target.database, str(tmp_path / "one"), "30"]
    assert (
        subprocess.run(call, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False).returncode
        == -signal.SIGKILL
    )
    assert not (target.data_dir / "community.sqlite3").exists()
    laying.import_(target, tmp_path / "one", at=CLOCK.now())
    writing.export(target, tmp_path / "two", clock=CLOCK)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


# One row -------------------------------------------------------------------------------------------------

_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "moment": st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
        lambda found: found.replace(microsecond=0, tzinfo=UTC)
    ),
    "uuid": st.uuids(),
    "yes or no": st.booleans(),
    "integer of 64 bits": st.integers(-(2**63), 2**63 - 1),
    "integer of 32 bits": st.integers(-(2**31), 2**31 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "day": st.dates(),
    "bytes": st.binary(max_size=80),
}
_SIGNS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@given(st.data())
def test_every_value_comes_back_from_its_line_and_is_written_in_one_way(data: st.DataObject) -> None:
    table = metadata.tables["review_case"]
    record = Record()
    for column in table.columns:
        kind = shape.kind_of(column)
        if kind in _VALUES:
            record[column.name] = data.draw(_VALUES[kind])
        elif kind == "json":
            record[column.name] = data.draw(st.lists(_SIGNS, max_size=3))
        else:
            record[column.name] = {"lane": "held", "state": "open"}.get(column.name) or data.draw(_SIGNS)[:12]
        if column.nullable and data.draw(st.booleans()):
            record[column.name] = None
    line = lines.written(table, record)
    assert line.count(b"\n") == 1
    assert lines.read(table, line) == record
    assert lines.written(table, lines.read(table, line)) == line
