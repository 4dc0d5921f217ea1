"""What pages ask about spaces. Small and few, so they are read whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from markupsafe import Markup
from sqlalchemy import bindparam, select
from sqlmodel import col

from server.database import Transaction, made
from server.permissions import Place
from server.prepared import Prepared
from server.spaces.holds import ANY_STANDS, HoldRow, standing
from server.spaces.models import Access, DutyHours, Joining, Space, SpaceState, SpaceText
from server.spaces.safety import Safety, safety_of
from server.web.text import stored
from server.web.words import language_dir


@dataclass(frozen=True)
class SpaceRow:
    """A space as rules need it."""

    id: int
    slug: str
    access: Access
    joining: Joining
    read_only: bool
    host: str
    languages: Sequence[str]
    timezone: str
    version: int
    state: SpaceState
    premoderated: bool
    messages_days: int | None

    @cached_property
    def place(self) -> Place:
        """Listed unless one needs an invitation to a closed circle, or its team has not opened it yet."""
        if self.state == SpaceState.PREPARING:
            return Place(self.id, readable=False, listed=False, opened=False)
        listed = self.access == Access.OPEN or self.joining == Joining.OPEN
        return Place(self.id, readable=self.access == Access.OPEN, listed=listed)

    @property
    def safety(self) -> Safety:
        """How closed it is."""
        return safety_of(self.access, self.joining, premoderated=self.premoderated)


@dataclass(frozen=True, slots=True)
class Duty:
    """When somebody who reads this language usually looks."""

    language: str
    starts: str
    ends: str


@dataclass(frozen=True, slots=True)
class SpaceView:
    """A space as its pages show it, in the language nearest to the reader's."""

    slug: str
    name: str
    purpose: str
    rules: Markup
    host: str
    language: str
    dir: str
    languages: Sequence[str]
    access: str
    joining: str
    read_only: bool
    duty: Sequence[Duty]
    safety: str
    state: str
    locked_for: str | None
    archived_at: datetime | None
    words_changed_at: datetime | None
    holds: Sequence[HoldRow]
    messages_days: int | None


COLUMNS = (
    col(Space.id),
    col(Space.slug),
    col(Space.access),
    col(Space.joining),
    col(Space.read_only),
    col(Space.host),
    col(Space.languages),
    col(Space.timezone),
    col(Space.version),
    col(Space.state),
    col(Space.premoderated),
    col(Space.messages_days),
)
_BY_SLUG = Prepared(select(*COLUMNS).where(col(Space.slug) == bindparam("slug")))
_BY_ID = Prepared(select(*COLUMNS).where(col(Space.id) == bindparam("id")))
_ALL = select(*COLUMNS).order_by(col(Space.id)).limit(200)
_TEXTS = Prepared(
    select(
        col(Space.locked_for),
        col(Space.archived_at),
        col(Space.words_changed_at),
        col(SpaceText.language),
        col(SpaceText.name),
        col(SpaceText.purpose),
        col(SpaceText.rules_html),
        ANY_STANDS,
    )
    .outerjoin(SpaceText, col(SpaceText.space_id) == col(Space.id))
    .where(col(Space.id) == bindparam("id"))
    .order_by(col(SpaceText.id))
    .limit(50)
)
_NAMES = Prepared(select(col(SpaceText.space_id), col(SpaceText.language), col(SpaceText.name), col(SpaceText.purpose)))
_DUTY = Prepared(
    select(col(DutyHours.language), col(DutyHours.starts), col(DutyHours.ends))
    .where(col(DutyHours.space_id) == bindparam("id"))
    .order_by(col(DutyHours.id))
    .limit(50)
)


def space_by_slug(tx: Transaction, slug: str) -> SpaceRow | None:
    """The space at this address."""
    if not slug.isprintable():  # PostgreSQL refuses a NUL
        return None
    row = tx.ask(_BY_SLUG, {"slug": slug[:60]}).first()
    return None if row is None else made(SpaceRow, row)


def space_by_id(tx: Transaction, space_id: int) -> SpaceRow | None:
    """The space of this key."""
    row = tx.ask(_BY_ID, {"id": space_id}).first()
    return None if row is None else made(SpaceRow, row)


_TEXT_ROWS = (
    select(col(SpaceText.language), col(SpaceText.name), col(SpaceText.purpose), col(SpaceText.rules))
    .where(col(SpaceText.space_id) == bindparam("id"))
    .order_by(col(SpaceText.id))
    .limit(50)
)


@dataclass(frozen=True, slots=True)
class SpaceWords:
    """Name, purpose and rules in one language."""

    language: str
    name: str
    purpose: str
    rules: str

    @property
    def complete(self) -> bool:
        """Whether people can be told all of it in this language."""
        return bool(self.name and self.purpose and self.rules)


def words_of(tx: Transaction, space_id: int) -> dict[str, SpaceWords]:
    """What is written about the space, by language, finished or not."""
    return {row.language: made(SpaceWords, row) for row in tx.look(_TEXT_ROWS, {"id": space_id})}


def hours_of(tx: Transaction, space_id: int) -> list[Duty]:
    """When somebody usually looks."""
    return [made(Duty, row) for row in tx.ask(_DUTY, {"id": space_id})]


def all_spaces(tx: Transaction) -> list[SpaceRow]:
    """Every space, in the order of their opening."""
    return [made(SpaceRow, row) for row in tx.look(_ALL)]


def space_view(tx: Transaction, space: SpaceRow, language: str) -> SpaceView:
    """The space in the reader's language if its host wrote it, else in English, else in its first one."""
    rows = tx.ask(_TEXTS, {"id": space.id}).all()
    texts = {row.language: row for row in rows if row.language is not None}
    shown = _nearest(language, space.languages, texts)
    text = texts.get(shown)
    duty = [made(Duty, row) for row in tx.ask(_DUTY, {"id": space.id})]
    return SpaceView(
        slug=space.slug,
        name=(text.name if text else "") or space.slug,
        purpose=text.purpose if text else "",
        rules=stored(text.rules_html if text else ""),
        host=space.host,
        language=shown,
        dir=language_dir(shown),
        languages=space.languages,
        access=space.access,
        joining=space.joining,
        read_only=space.read_only,
        duty=duty,
        safety=space.safety,
        state=space.state,
        locked_for=rows[0].locked_for,
        archived_at=rows[0].archived_at,
        words_changed_at=rows[0].words_changed_at,
        holds=standing(tx, space.id) if rows[0].any_stands else (),
        messages_days=space.messages_days,
    )


def space_names(tx: Transaction, language: str, spaces: Sequence[SpaceRow]) -> dict[int, tuple[str, str, str]]:
    """For each space its name, its purpose and the language they are in."""
    texts: dict[int, dict[str, tuple[str, str]]] = {}
    for space_id, code, name, purpose in tx.ask(_NAMES, {}).all():
        texts.setdefault(space_id, {})[code] = (name, purpose)
    named: dict[int, tuple[str, str, str]] = {}
    for space in spaces:
        written = texts.get(space.id, {})
        shown = _nearest(language, space.languages, written)
        name, purpose = written.get(shown, ("", ""))
        named[space.id] = (name or space.slug, purpose, shown)
    return named


def _nearest(language: str, own: Sequence[str], written: Iterable[str]) -> str:
    """Of the languages that are offered and written, the reader's, else English, else the first."""
    codes = list(written)
    offered = [code for code in codes if code in own] or codes
    for code in (language, "en", *own):
        if code in offered:
            return code
    return offered[0] if offered else "en"
