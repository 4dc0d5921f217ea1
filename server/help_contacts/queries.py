"""What pages ask about help contacts. They are few, so they are read whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from server.database import Transaction, made
from server.help_contacts.models import Cost, HelpContact, HelpContactText, HelpKind
from server.permissions import INSTALLATION, Place

MOST_CONTACTS = 500
MOST_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class ContactWords:
    """A contact in one language."""

    name: str
    hours: str
    about: str
    note: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact with its words by language."""

    id: int
    public_id: UUID
    kind: HelpKind
    area: str
    telephones: Sequence[str]
    languages: Sequence[str]
    cost: Cost
    checked_on: date
    version: int
    words: Mapping[str, ContactWords]

    @property
    def place(self) -> Place:
        """The installation."""
        return INSTALLATION

    def age(self, on: date) -> int:
        """Days since somebody made sure of it."""
        return (on - self.checked_on).days


_ROWS = select(
    col(HelpContact.id),
    col(HelpContact.public_id),
    col(HelpContact.kind),
    col(HelpContact.area),
    col(HelpContact.telephones),
    col(HelpContact.languages),
    col(HelpContact.cost),
    col(HelpContact.checked_on),
    col(HelpContact.version),
)
_WORDS = select(
    col(HelpContactText.help_contact_id),
    col(HelpContactText.language),
    col(HelpContactText.name),
    col(HelpContactText.hours),
    col(HelpContactText.about),
    col(HelpContactText.note),
)


def all_contacts(tx: Transaction) -> list[ContactRow]:
    """Every contact: the most urgent kind first, and in it those that were added first."""
    words = _by_contact(tx, _WORDS.order_by(col(HelpContactText.id)).limit(MOST_CONTACTS * MOST_LANGUAGES))
    rows = tx.look(_ROWS.order_by(col(HelpContact.id)).limit(MOST_CONTACTS)).all()
    order = {kind: place for place, kind in enumerate(HelpKind)}
    contacts = [made(ContactRow, row, words.get(row[0], {})) for row in rows]
    return sorted(contacts, key=lambda contact: order[HelpKind(contact.kind)])


def contact_by_id(tx: Transaction, public_id: UUID) -> ContactRow | None:
    """One contact."""
    row = tx.look(_ROWS.where(col(HelpContact.public_id) == public_id)).first()
    if row is None:
        return None
    own = _WORDS.where(col(HelpContactText.help_contact_id) == row[0])
    words = _by_contact(tx, own.order_by(col(HelpContactText.id)).limit(MOST_LANGUAGES))
    return made(ContactRow, row, words.get(row[0], {}))


def _by_contact(tx: Transaction, statement: Select[*tuple[Any, ...]]) -> dict[int, dict[str, ContactWords]]:
    found: dict[int, dict[str, ContactWords]] = {}
    for contact, language, *parts in tx.look(statement):
        found.setdefault(contact, {})[language] = made(ContactWords, parts)
    return found
