"""What is still missing before a hall can open, and what would be good to have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from server.accounts.roles import ready_holders
from server.database import Transaction
from server.errors import Sentence, say
from server.permissions import Role
from server.townhall.halls import backstage, queries, words
from server.townhall.halls.models import HallRole, RiskForm
from server.townhall.halls.queries import HallRow


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list: what it is, whether it is there, whether the hall opens without it, and the name of the
    page for whoever runs a hall where it is mended; empty where nobody there can.
    """

    name: str
    sentence: Sentence
    done: bool
    page: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class RiskRow:
    """The page about risks as it stands."""

    answers: Mapping[str, str]
    written_by: int | None
    written_at: datetime
    signed_by: int | None
    signed_at: datetime | None


def risks_of(tx: Transaction, hall_id: int) -> RiskRow | None:
    """What was answered about risks, and whether a second person has signed."""
    row = tx.look(
        select(
            col(RiskForm.answers),
            col(RiskForm.written_by),
            col(RiskForm.written_at),
            col(RiskForm.signed_by),
            col(RiskForm.signed_at),
        ).where(col(RiskForm.hall_id) == hall_id)
    ).first()
    return None if row is None else RiskRow(*row)


def steps(tx: Transaction, hall: HallRow) -> Sequence[Step]:
    """The list, what must be there first."""
    risks = risks_of(tx, hall.id)
    written = words.words_of(tx, hall.id, hall.base_language)
    titled = written.in_all(words.HALL, 0, "title")
    given = {(role, language) for role, language in _given(tx, hall.id)}
    captioned = {language for role, language in given if role == Role.CAPTIONER}
    moderators = ready_holders(tx, Role.MODERATOR, hall.space_id) or any(role == Role.MODERATOR for role, _ in given)
    trained = ready_holders(tx, Role.PROTECTION, hall.space_id) + ready_holders(tx, Role.PROTECTION, None)
    rehearsal = hall.rehearsal
    return [
        Step("risks", say("The questions about risks are answered"), risks is not None, "hall_risks", not rehearsal),
        Step(
            "signed",
            say("A second person has signed them"),
            bool(risks and risks.signed_by),
            "hall_risks",
            not rehearsal,
        ),
        Step("moderator", say("There is a moderator"), bool(moderators), "hall_team"),
        Step(
            "conduct",
            say("A moderator has signed the code of conduct"),
            backstage.moderators_signed(tx, hall.id) > 0,
            "hall_team",
        ),
        Step("trained", say("There is a person who is trained for people in danger"), bool(trained)),
        Step(
            "titles",
            say("The title is written in every language of the hall"),
            set(hall.languages) <= set(titled),
            "prepare_hall",
        ),
        Step("agenda", say("There is an agenda"), bool(queries.sessions_of(tx, hall.id)), "hall_agenda"),
        Step("link", say("It says where people can listen"), bool(hall.link), "prepare_hall"),
        Step(
            "captions",
            say("Each language has a captioner or interpreter"),
            set(hall.languages) <= captioned,
            "hall_team",
        ),
    ]


def _given(tx: Transaction, hall_id: int) -> Sequence[tuple[str, str]]:
    rows = tx.look(
        select(col(HallRole.role), col(HallRole.language)).where(col(HallRole.hall_id) == hall_id, col(HallRole.given))
    )
    return [(role, language) for role, language in rows]
