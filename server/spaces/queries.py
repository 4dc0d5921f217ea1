"""What pages ask about spaces. Small and few, so they are read whole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup
from sqlalchemy import bindparam, select
from sqlmodel import col

from server.database import Transaction, made
from server.permissions import Place
from server.spaces.models import Access, DutyHours, Joining, Space, SpaceText
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

    @cached_property
    def place(self) -> Place:
        """Listed unless one needs an invitation to a closed circle."""
        listed = self.access == Access.OPEN or self.joining == Joining.OPEN
        return Place(self.id, readable=self.access == Access.OPEN, listed=listed)


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
)
_BY_SLUG = select(*COLUMNS).where(col(Space.slug) == bindparam("slug"))
_BY_ID = select(*COLUMNS).where(col(Space.id) == bindparam("id"))
_ALL = select(*COLUMNS).order_by(col(Space.id)).limit(200)
_TEXTS = select(
    col(SpaceText.language),
    col(SpaceText.name),
    col(SpaceText.purpose),
    col(SpaceText.rules_html),
).where(col(SpaceText.space_id) == bindparam("id"))
_NAMES = select(col(SpaceText.space_id), col(SpaceText.language), col(SpaceText.name), col(SpaceText.purpose))
_DUTY = (
    select(col(DutyHours.language), col(DutyHours.starts), col(DutyHours.ends))
    .where(col(DutyHours.space_id) == bindparam("id"))
    .order_by(col(DutyHours.id))
    .limit(50)
)


def space_by_slug(tx: Transaction, slug: str) -> SpaceRow | None:
    """The space at this address."""
    if not slug.isprintable():  # PostgreSQL refuses a NUL
        return None
    row = tx.look(_BY_SLUG, {"slug": slug[:60]}).first()
    return None if row is None else made(SpaceRow, row)


def space_by_id(tx: Transaction, space_id: int) -> SpaceRow | None:
    """The space of this key."""
    row = tx.look(_BY_ID, {"id": space_id}).first()
    return None if row is None else made(SpaceRow, row)


def all_spaces(tx: Transaction) -> list[SpaceRow]:
    """Every space, in the order of their opening."""
    return [made(SpaceRow, row) for row in tx.look(_ALL)]


def space_view(tx: Transaction, space: SpaceRow, language: str) -> SpaceView:
    """The space in the reader's language if its host wrote it, else in English, else in its first one."""
    texts = {row.language: row for row in tx.look(_TEXTS, {"id": space.id})}
    shown = _nearest(language, space.languages, texts)
    text = texts[shown]
    duty = [made(Duty, row) for row in tx.look(_DUTY, {"id": space.id})]
    return SpaceView(
        slug=space.slug,
        name=text.name,
        purpose=text.purpose,
        rules=stored(text.rules_html),
        host=space.host,
        language=shown,
        dir=language_dir(shown),
        languages=space.languages,
        access=space.access,
        joining=space.joining,
        read_only=space.read_only,
        duty=duty,
    )


def space_names(tx: Transaction, language: str, spaces: Sequence[SpaceRow]) -> dict[int, tuple[str, str, str]]:
    """For each space its name, its purpose and the language they are in."""
    texts: dict[int, dict[str, tuple[str, str]]] = {}
    for space_id, code, name, purpose in tx.look(_NAMES).all():
        texts.setdefault(space_id, {})[code] = (name, purpose)
    named: dict[int, tuple[str, str, str]] = {}
    for space in spaces:
        shown = _nearest(language, space.languages, texts[space.id])
        named[space.id] = (*texts[space.id][shown], shown)
    return named


def _nearest(language: str, own: Sequence[str], written: Iterable[str]) -> str:
    codes = list(written)
    for code in (language, "en", *own):
        if code in codes:
            return code
    return codes[0]
