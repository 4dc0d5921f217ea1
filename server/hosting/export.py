"""A copy of what every reader of a space may read at this moment, as one packed file in memory.

Nothing that is held, removed or taken back is in it, and no number or id that leads back to a person. Rows are
read in slices and packed at once, so that a large space needs little memory; no file is written to a disk.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import IO, Protocol

from markupsafe import Markup
from sqlalchemy import bindparam, select
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.database import Transaction
from server.errors import Refused, say
from server.forum.models import Message, Topic
from server.policies import Language
from server.web.text import stored
from server.web.words import language_dir

TOPICS_AT_ONCE = 200
MESSAGES_AT_ONCE = 250
TOO_LARGE = say("This space is too large for one download. Please ask whoever runs this place.")
CHECKSUMS = "SHA256SUMS"

_TOPICS = (
    select(col(Topic.id), col(Topic.title), col(Topic.language))
    .where(
        col(Topic.space_id) == bindparam("space_id"),
        col(Topic.state) == ContentState.PUBLISHED,
        col(Topic.id) > bindparam("after"),
    )
    .order_by(col(Topic.id))
    .limit(TOPICS_AT_ONCE)
)
_MESSAGES = (
    select(
        col(Message.id),
        col(Message.membership_id),
        col(Membership.pseudonym),
        col(Message.reply_to_id),
        col(Message.text),
        col(Message.html),
        col(Message.language),
        col(Message.written_at),
        col(Message.edited_at),
    )
    .outerjoin(Membership, col(Membership.id) == col(Message.membership_id))
    .where(
        col(Message.topic_id) == bindparam("topic_id"),
        col(Message.state) == ContentState.PUBLISHED,
        col(Message.id) > bindparam("after"),
    )
    .order_by(col(Message.id))
    .limit(MESSAGES_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class TopicEntry:
    """A topic by its number in this copy."""

    number: int
    id: int
    title: str
    language: str
    dir: str

    @property
    def file(self) -> str:
        """Where it stands in the packed file."""
        return f"topics/{self.number:05d}.html"


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message by its number in its topic; `person` is a number too, and another one in every topic."""

    number: int
    person: int
    name: str
    answers: int | None
    day: date
    text: str
    html: Markup
    language: str
    dir: str
    changed: bool


class Pieces(Protocol):
    """Renders a template piece by piece."""

    def __call__(self, template: str, context: Mapping[str, object]) -> Iterator[str]:
        """The HTML, as it comes."""
        ...


@dataclass(frozen=True, slots=True)
class Copy:
    """What is to be copied, and how it is to be written."""

    space_id: int
    name: str
    zone: tzinfo
    on: datetime
    names: bool
    readme: str
    language: Language
    pieces: Pieces


def packed(tx: Transaction, copy: Copy, *, most_bytes: int) -> bytes:
    """The whole copy as a ZIP file. Raises Refused when it grows beyond what may be kept in memory."""
    archive = _Archive(copy.on, most_bytes)
    with archive.entry("README.txt") as write:
        write(copy.readme)
    with archive.entry("topics.jsonl") as write:
        for topic in _topics(tx, copy.space_id):
            write(_line({"topic": topic.number, "title": topic.title, "language": topic.language}))
    with archive.entry("messages.jsonl") as write:
        for topic in _topics(tx, copy.space_id):
            for part in _messages(tx, copy, topic):
                write("".join(_line(_record(copy, topic, entry)) for entry in part))
    about = {"index": "../index.html", "name": copy.name, "on": copy.on, "names": copy.names, "language": copy.language}
    for topic in _topics(tx, copy.space_id):
        with archive.entry(topic.file) as write:
            parts = _messages(tx, copy, topic)
            for piece in copy.pieces("hosting/_copy_topic.html", {**about, "topic": topic, "parts": parts}):
                write(piece)
    with archive.entry("index.html") as write:
        for piece in copy.pieces("hosting/_copy_index.html", {**about, "topics": _topics(tx, copy.space_id)}):
            write(piece)
    return archive.closed()


def _topics(tx: Transaction, space_id: int) -> Iterator[TopicEntry]:
    """Every topic that readers see, the oldest first."""
    after, number = 0, 0
    while rows := tx.look(_TOPICS, {"space_id": space_id, "after": after}).all():
        for row in rows:
            number += 1
            yield TopicEntry(number, row.id, row.title, row.language, language_dir(row.language))
        after = rows[-1].id


def _messages(tx: Transaction, copy: Copy, topic: TopicEntry) -> Iterator[Sequence[MessageEntry]]:
    """The messages of a topic in slices. Persons are numbered anew in each topic, so that nothing joins topics."""
    after, numbers, persons = 0, dict[int, int](), dict[int | None, int]()
    while rows := tx.look(_MESSAGES, {"topic_id": topic.id, "after": after}).all():
        part: list[MessageEntry] = []
        for row in rows:
            numbers[row.id] = len(numbers) + 1
            part.append(
                MessageEntry(
                    number=numbers[row.id],
                    person=persons.setdefault(row.membership_id, len(persons) + 1),
                    name=(row.pseudonym or "") if copy.names else "",
                    answers=numbers.get(row.reply_to_id or 0),
                    day=row.written_at.astimezone(copy.zone).date(),
                    text=row.text,
                    html=stored(row.html),
                    language=row.language,
                    dir=language_dir(row.language),
                    changed=row.edited_at is not None,
                )
            )
        yield part
        after = rows[-1].id


def _record(copy: Copy, topic: TopicEntry, entry: MessageEntry) -> dict[str, object]:
    who: dict[str, object] = {"name": entry.name} if copy.names else {"person": entry.person}
    return {
        "topic": topic.number,
        "message": entry.number,
        **who,
        "answers": entry.answers,
        "day": entry.day.isoformat(),
        "language": entry.language,
        "changed": entry.changed,
        "text": entry.text,
    }


def _line(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


class _Archive:
    """A ZIP file that grows in memory, up to a limit, and knows a checksum of each of its entries."""

    def __init__(self, on: datetime, most_bytes: int) -> None:
        self._buffer = io.BytesIO()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_DEFLATED)
        self._day = (on.year, on.month, on.day, 0, 0, 0)
        self._most = most_bytes
        self._sums: list[str] = []

    def entry(self, name: str) -> "_Entry":
        """One file in it, to be written in pieces."""
        return _Entry(self, name)

    def closed(self) -> bytes:
        """The checksums as the last entry, and the whole."""
        with self.entry(CHECKSUMS) as write:
            write("".join(self._sums))
        self._zip.close()
        return self._buffer.getvalue()

    def opened(self, name: str) -> IO[bytes]:
        """A new entry; its time is a day, like every time in the copy."""
        info = zipfile.ZipInfo(name, self._day)
        info.compress_type = zipfile.ZIP_DEFLATED
        return self._zip.open(info, "w")

    def written(self, name: str, digest: str) -> None:
        """An entry is finished."""
        self._sums.append(f"{digest}  {name}\n")

    def within(self) -> None:
        """Raises Refused when it is too large by now."""
        if self._buffer.tell() > self._most:
            raise Refused(TOO_LARGE)


class _Entry:
    """One file within the packed one."""

    def __init__(self, archive: _Archive, name: str) -> None:
        self._archive, self._name = archive, name
        self._digest = hashlib.sha256()

    def __enter__(self) -> Callable[[str], None]:
        self._file = self._archive.opened(self._name)
        return self._write

    def __exit__(self, *problem: object) -> None:
        self._file.close()
        self._archive.written(self._name, self._digest.hexdigest())

    def _write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._digest.update(data)
        self._file.write(data)
        self._archive.within()
