"""What the team wrote in several languages, and which of them a reader gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, select
from sqlmodel import col

from server.database import Transaction
from server.prepared import Prepared
from server.townhall.halls.models import HallWords
from server.web.words import language_dir

HALL, SESSION, SPEAKER, POLL, OPTION = "hall", "session", "speaker", "poll", "option"
_ALL = Prepared(
    select(
        col(HallWords.subject),
        col(HallWords.subject_id),
        col(HallWords.part),
        col(HallWords.language),
        col(HallWords.text),
    ).where(col(HallWords.hall_id) == bindparam("hall_id"))
)


@dataclass(frozen=True, slots=True)
class Said:
    """Words in the language that fits best, and which one that is."""

    text: str
    language: str

    @property
    def dir(self) -> str:
        """The direction in which it is read."""
        return language_dir(self.language)

    def __str__(self) -> str:
        return self.text


NOTHING_SAID = Said("", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """All words of a hall."""

    base: str
    written: Mapping[tuple[str, int, str], Mapping[str, str]] = field(
        default_factory=dict[tuple[str, int, str], Mapping[str, str]]
    )

    def said(self, language: str, subject: str, subject_id: int, part: str) -> Said:
        """In this language, else in the hall's own, else in whichever there is."""
        texts = self.written.get((subject, subject_id, part), {})
        for code in (language, self.base, *sorted(texts)):
            if texts.get(code):
                return Said(texts[code], code)
        return NOTHING_SAID

    def in_all(self, subject: str, subject_id: int, part: str) -> Mapping[str, str]:
        """In every language that it is written in."""
        return self.written.get((subject, subject_id, part), {})


def words_of(tx: Transaction, hall_id: int, base: str) -> Words:
    """Everything that was written about the hall."""
    written: dict[tuple[str, int, str], dict[str, str]] = {}
    for subject, subject_id, part, language, text in tx.ask(_ALL, {"hall_id": hall_id}):
        written.setdefault((subject, subject_id, part), {})[language] = text
    return Words(base, written)


def write(
    tx: Transaction, hall_id: int, subject: str, subject_id: int, part: str, texts: Iterable[tuple[str, str]]
) -> None:
    """Put these words in the place of whatever stood there; empty ones are left out."""
    tx.run(
        delete(HallWords).where(
            col(HallWords.hall_id) == hall_id,
            col(HallWords.subject) == subject,
            col(HallWords.subject_id) == subject_id,
            col(HallWords.part) == part,
        )
    )
    for language, text in texts:
        if text:
            tx.session.add(
                HallWords(
                    hall_id=hall_id,
                    subject=subject,
                    subject_id=subject_id,
                    part=part,
                    language=language,
                    text=text,
                )
            )


def erase(tx: Transaction, hall_id: int, subject: str, subject_id: int) -> None:
    """Take out everything that was written about one thing."""
    tx.run(
        delete(HallWords).where(
            col(HallWords.hall_id) == hall_id,
            col(HallWords.subject) == subject,
            col(HallWords.subject_id) == subject_id,
        )
    )
