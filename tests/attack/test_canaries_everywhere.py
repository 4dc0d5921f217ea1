"""A thief with the disk: words of chance go through every form; then everything ends, and the disk is searched.

What is found at the end must stand in a column whose entry in the data map says that it lasts as long as its space or
the installation; and nothing may lie in a file that stands in no row.
"""

import base64
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlmodel import col

from server import privacy
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.leaving.rules import let_go
from server.privacy import DataMap
from server.retention import running
from server.townhall.forgetting import Forgetting
from server.townhall.halls.models import Hall
from server.web.rooms import Room
from tests.people import PASSPHRASE, Community
from tests.roads import FORMS, TYPED, World, without_limits, world
from tests.townhall.roads import OF_HALLS, ORDER

LETTERS = "bcdfghjkmnpqrstvwxz"
ENDS_SOMETHING = (
    "sign_out", "leave", "do_leave", "end_session", "end_other_sessions", "do_recover", "do_second_factor",
    "do_new_recovery_code", "do_sign_in", "do_remove_passkey", "do_join", "do_sign_in_passkey", "add_passkey",
    "do_withdraw_message", "call_no_more",
)  # fmt: skip
NO_WORDS_OF_ANYBODY = {"login", "pseudonym", "invite", "next", "space", "area"}
"""Fields in which a word of chance is a mistake."""
MUST_HAVE_STOOD = {
    "post_message", "start_topic", "do_edit_message", "do_flag_message", "draft_message", "draft_topic",
    "write_letter", "write_author", "answer_letter", "appeal",
    "do_announce", "do_warn", "do_add_help_contact",
    "ask", "enter_question", "write_caption", "translate_question", "write_note", "decline_question", "answer_poll",
    "prepare_poll", "question_answered",
}  # fmt: skip
"""Without these having stood on the disk, the search would prove nothing."""
LASTS = {"space", "installation", "ledger_days"}
YEARS = 4


class Canaries:
    """Words made by chance, each for one field of one form."""

    def __init__(self) -> None:
        self._chance = random.Random(20_261_122)
        self.of: dict[str, tuple[str, str]] = {}

    def word(self, room: str, field: str) -> str:
        """A new one."""
        word = "".join(self._chance.choice(LETTERS) for _ in range(18))
        self.of[word] = (room, field)
        return word


@pytest.fixture
def walk(tmp_path: Path, community: Community) -> World:
    return world(community)


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


def in_order() -> list[Room[Any]]:
    """Every form, those of halls in an order in which each does something."""
    halls = sorted((room for room in FORMS if room.needs in OF_HALLS), key=lambda room: ORDER.index(room.name))
    return [*(room for room in FORMS if room.needs not in OF_HALLS and room.name not in ENDS_SOMETHING), *halls]


def sow(walk: World, canaries: Canaries) -> None:
    """A word through every field of every form that takes words."""
    for room in in_order():
        assert room.form is not None
        filled = walk.fields(room)
        for name in sorted((TYPED | {"message", "said"}) & set(filled) - NO_WORDS_OF_ANYBODY):
            if not re.search(r"[A-Za-z\u0600-\u06ff]{3}", filled[name]):
                continue  # a number, or a choice
            filled[name] = f"{filled[name]} {canaries.word(room.name, name)}"
        walk.person(room).sends(walk.address(room), **filled)


def shapes(word: str) -> Iterator[bytes]:
    """How a word can lie in a file."""
    yield word.encode()
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    for lead in range(3):  # the three ways in which base64 can fall on it, without the ends that depend on neighbours
        yield base64.b64encode(b"x" * lead + word.encode())[4:-4]


def files(folder: Path) -> dict[Path, bytes]:
    """Every file of the installation but its policies."""
    found = (path for path in folder.rglob("*") if path.is_file() and "policies" not in path.parts)
    return {path: path.read_bytes() for path in found}


def lying(words: Mapping[str, object], folder: Path) -> set[str]:
    """Which of the words lie in any file, in any shape."""
    content = b"\0".join(files(folder).values())
    return {word for word in words if any(shape in content for shape in shapes(word))}


def standing(community: Community, words: Mapping[str, object]) -> dict[str, set[tuple[str, str]]]:
    """In which columns each of the words stands, as a question to the database finds it."""
    found: dict[str, set[tuple[str, str]]] = {}
    with community.services.db.reading() as tx:
        for table in inspect(community.services.db.engine).get_table_names():
            for row in tx.session.execute(text(f'SELECT * FROM "{table}"')).mappings():
                for column, value in row.items():
                    said = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for word in words:
                        if word in said:
                            found.setdefault(word, set()).add((table, column))
    return found


def everything_ends(walk: World) -> None:
    """Members leave, halls are purged, and years go by."""
    community = walk.community
    for person in (walk.amina, walk.emi):
        assert person.sends("/me/leave", messages="erase", passphrase=PASSPHRASE).status_code == 303
    services = community.services
    key = keyring.load(Path(str(services.policies.folder)).parent / "keys").key(Purpose.RETENTION)
    for _ in range(YEARS * 4):
        community.clock.goes_on(days=92)
        at = community.clock.now()
        let_go(services.db, at=at)
        Forgetting(services.db, services.policies).run(at)
        running.forget(services.db, services.policies.retention, key, at=at, rest=lambda _: None)
    services.db.forget_log_when_due()


def lasts(mapped: DataMap, table: str, column: str) -> bool:
    """Whether the data map says that the column stays as long as its space or the installation."""
    entry = mapped.tables[table]
    lifetimes = {each.lifetime for each in entry.columns.values()} - {"row"}
    own = entry.columns[column].lifetime
    return own in LASTS or (own == "row" and bool(lifetimes & LASTS or not lifetimes))


def test_after_everything_ended_no_file_holds_what_should_be_gone(
    walk: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    canaries = Canaries()
    sow(walk, canaries)
    stood = lying(canaries.of, tmp_path)
    rooms = {canaries.of[word][0] for word in stood}
    assert rooms >= MUST_HAVE_STOOD, sorted(MUST_HAVE_STOOD - rooms)
    assert len(stood) >= 40
    everything_ends(walk)
    rows = standing(walk.community, canaries.of)
    left = lying(canaries.of, tmp_path)
    strays = {canaries.of[word] for word in left - set(rows)}
    assert strays == set(), "on the disk, and in no row"
    mapped = privacy.load_map(walk.community.services.policies.folder)
    kept = {(canaries.of[word], place) for word, places in rows.items() for place in places}
    unexplained = sorted(each for each in kept if not lasts(mapped, *each[1]))
    assert unexplained == [], "\n".join(map(str, unexplained))
    assert [word for word in canaries.of if word in caplog.text] == []
    with walk.community.services.db.reading() as tx:
        assert tx.session.execute(select(col(Hall.id))).first() is not None, "halls stay, without what was said"
