"""What editors do with help contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, update
from sqlmodel import col

from server.database import Transaction, changed
from server.errors import Refused, say
from server.events import EVERYBODY, HelpContactsChanged
from server.help_contacts.models import Cost, HelpContact, HelpContactText, HelpKind
from server.help_contacts.queries import ContactRow

CHANGED_MEANWHILE = say("Somebody else has changed this entry meanwhile. Your words are still here: look at both.")
GONE = say("This entry was taken out meanwhile.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact as an editor wrote it: the parts by language, and what is the same in all of them."""

    kind: HelpKind
    area: str
    telephones: Sequence[str]
    languages: Sequence[str]
    cost: Cost
    words: Mapping[str, Mapping[str, str]]


def add(tx: Transaction, draft: Draft, *, on: date) -> None:
    """A new contact; whoever adds it has made sure of it that day."""
    contact = HelpContact(
        kind=draft.kind,
        area=draft.area,
        telephones=list(draft.telephones),
        languages=list(draft.languages),
        cost=draft.cost,
        checked_on=on,
    )
    tx.session.add(contact)
    tx.session.flush()
    assert contact.id is not None
    _write(tx, contact.id, draft)
    tx.announce(HelpContactsChanged(EVERYBODY))


def change(tx: Transaction, contact: ContactRow, draft: Draft, *, version: int) -> None:
    """Other words and numbers. Raises Refused when they were changed since the form was opened."""
    done = tx.session.execute(
        update(HelpContact)
        .where(col(HelpContact.id) == contact.id, col(HelpContact.version) == version)
        .values(
            kind=draft.kind,
            area=draft.area,
            telephones=list(draft.telephones),
            languages=list(draft.languages),
            cost=draft.cost,
            version=version + 1,
        )
    )
    if changed(done) != 1:
        raise Refused(CHANGED_MEANWHILE)
    tx.session.execute(delete(HelpContactText).where(col(HelpContactText.help_contact_id) == contact.id))
    _write(tx, contact.id, draft)
    tx.announce(HelpContactsChanged(EVERYBODY))


def checked(tx: Transaction, contact: ContactRow, *, on: date) -> None:
    """Somebody has made sure of it today. Raises Refused when it was taken out meanwhile."""
    done = tx.session.execute(update(HelpContact).where(col(HelpContact.id) == contact.id).values(checked_on=on))
    if changed(done) != 1:
        raise Refused(GONE)
    tx.announce(HelpContactsChanged(EVERYBODY))


def remove(tx: Transaction, contact: ContactRow) -> None:
    """Take it out for good."""
    tx.session.execute(delete(HelpContactText).where(col(HelpContactText.help_contact_id) == contact.id))
    tx.session.execute(delete(HelpContact).where(col(HelpContact.id) == contact.id))
    tx.announce(HelpContactsChanged(EVERYBODY))


def _write(tx: Transaction, contact_id: int, draft: Draft) -> None:
    tx.session.add_all(
        [
            HelpContactText(
                help_contact_id=contact_id,
                language=code,
                name=parts["name"],
                hours=parts["hours"],
                about=parts["about"],
                note=parts["note"],
            )
            for code, parts in draft.words.items()
        ]
    )
