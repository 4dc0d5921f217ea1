"""What happens to spaces. Who may ask for it, and who must agree, is known one floor higher, in `hosting`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import col

from server.database import Transaction
from server.errors import BootRefused, Refused, say
from server.events import SpaceAltered, SpaceChanged, space_audience
from server.prepared import Prepared
from server.spaces.models import Access, DutyHours, Joining, LockReason, Space, SpaceState, SpaceText
from server.spaces.queries import Duty, SpaceRow, SpaceWords, hours_of, space_by_id, words_of
from server.spaces.safety import SETTINGS, Safety
from server.web.text import rendered

NOT_READY = say("This space cannot be opened yet. Look at what is missing.")
OPENED_ALREADY = say("This space is open already.")
NOT_OPEN = say("This space is not open yet.")
ARCHIVED = say("This space is archived. Nothing in it can be changed any more.")
LOCKED_ALREADY = say("This space is locked already.")
NOT_LOCKED = say("This space is not locked.")
TOO_MANY_HOURS = say("There is no room for more hours. Please take some out first.")
MOST_HOURS = 20


class Missing(StrEnum):
    """What a space still needs before people can come in."""

    WORDS = "words"
    HOST = "host"
    MODERATOR = "moderator"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Team:
    """How many people answer for a space: those with a second factor, because without it they can do nothing."""

    hosts: int
    moderators: int


def open_space(
    tx: Transaction,
    *,
    slug: str,
    access: Access,
    joining: Joining,
    host: str,
    languages: Sequence[str],
    timezone: str,
    words: Sequence[SpaceWords],
    duty: Sequence[Duty],
) -> int:
    """Make a space that is open at once; gives its key. For an operator's first space and the demonstration.

    It needs words in at least one language.
    """
    if not words:
        raise BootRefused(f"The space {slug} needs a name in at least one language.")
    space = Space(
        slug=slug,
        access=access,
        joining=joining,
        host=host,
        languages=list(languages),
        timezone=timezone,
    )
    space_id = _added(tx, space)
    for entry in words:
        write_words(tx, space_id, entry)
    for hours in duty:
        tx.session.add(DutyHours(space_id=space_id, language=hours.language, starts=hours.starts, ends=hours.ends))
    return space_id


def start_space(
    tx: Transaction, *, slug: str, host: str, languages: Sequence[str], timezone: str, safety: Safety
) -> int:
    """Make a space for its hosts to prepare; gives its key. Nobody else finds it until they open it."""
    access, joining, premoderated = SETTINGS[safety]
    return _added(
        tx,
        Space(
            slug=slug,
            access=access,
            joining=joining,
            premoderated=premoderated,
            state=SpaceState.PREPARING,
            read_only=True,
            host=host,
            languages=list(languages),
            timezone=timezone,
        ),
    )


def _added(tx: Transaction, space: Space) -> int:
    tx.session.add(space)
    tx.session.flush()
    assert space.id is not None
    return space.id


def held(tx: Transaction, space_id: int) -> SpaceRow:
    """Lock a space, before anything about it is decided: whoever else decides at this moment comes after.

    NO KEY UPDATE: joining and writing point at the row, and need not wait unless they ask how it stands.
    """
    tx.session.execute(select(col(Space.id)).where(col(Space.id) == space_id).with_for_update(key_share=True))
    space = space_by_id(tx, space_id)
    assert space is not None, "spaces are never deleted"
    return space


_HELD_STILL = Prepared(select(col(Space.id)).where(col(Space.id) == bindparam("id")).with_for_update(read=True))


def keep_as_it_is(tx: Transaction, space_id: int) -> None:
    """From now to the end of this visit the space does not change: nothing slips in behind a lock-down."""
    tx.lock(_HELD_STILL, {"id": space_id})


def as_it_stands(tx: Transaction, space_id: int) -> SpaceRow:
    """The space as it is now, and not changed until this visit ends."""
    keep_as_it_is(tx, space_id)
    space = space_by_id(tx, space_id)
    assert space is not None, "spaces are never deleted"
    return space


def missing(tx: Transaction, space: SpaceRow, team: Team) -> list[Missing]:
    """What the space lacks before it can be opened, in the order in which people do it."""
    complete = [words for words in words_of(tx, space.id).values() if words.complete]
    wanted = {
        Missing.WORDS: bool(complete),
        Missing.HOST: team.hosts > 0,
        Missing.MODERATOR: team.moderators > 0,
        Missing.HOURS: bool(hours_of(tx, space.id)),
    }
    return [part for part, there in wanted.items() if not there]


def let_people_in(tx: Transaction, space: SpaceRow, team: Team) -> None:
    """Open a space that was prepared. Raises Refused while it has no host, no moderator, no rules or no hours.

    Only languages in which everything is written are offered.
    """
    if space.state != SpaceState.PREPARING:
        raise Refused(ARCHIVED if space.state == SpaceState.ARCHIVED else OPENED_ALREADY)
    if missing(tx, space, team):
        raise Refused(NOT_READY)
    written = [words.language for words in words_of(tx, space.id).values() if words.complete]
    ordered = [code for code in space.languages if code in written]
    languages = [*ordered, *(code for code in written if code not in ordered)]
    altered(tx, space.id, state=SpaceState.OPEN, read_only=False, languages=languages)


def write_words(tx: Transaction, space_id: int, words: SpaceWords) -> None:
    """Name, purpose and rules in one language, in place of what stood there."""
    html = str(rendered(words.rules))
    here = (col(SpaceText.space_id) == space_id, col(SpaceText.language) == words.language)
    there = tx.session.execute(select(col(SpaceText.id)).where(*here)).first()
    if there is None:
        tx.session.add(
            SpaceText(
                space_id=space_id,
                language=words.language,
                name=words.name,
                purpose=words.purpose,
                rules=words.rules,
                rules_html=html,
            )
        )
        tx.session.flush()
        return
    values = {"name": words.name, "purpose": words.purpose, "rules": words.rules, "rules_html": html}
    tx.session.execute(update(SpaceText).where(*here).values(**values))


def replace_words(tx: Transaction, space: SpaceRow, words: SpaceWords, *, at: datetime) -> None:
    """New words that readers see at once; a language that was not offered is offered from now on."""
    write_words(tx, space.id, words)
    if space.state == SpaceState.PREPARING:
        altered(tx, space.id)
        return
    languages = [*space.languages, *([] if words.language in space.languages else [words.language])]
    altered(tx, space.id, languages=languages, words_changed_at=at)


def set_safety(tx: Transaction, space: SpaceRow, safety: Safety) -> None:
    """Who may read, who may join, and whether a person reads every message first."""
    access, joining, premoderated = SETTINGS[safety]
    altered(tx, space.id, access=access, joining=joining, premoderated=premoderated)


def set_lifetime(tx: Transaction, space: SpaceRow, days: int | None) -> None:
    """How long messages last. What is written already never lasts longer than was said when it was written."""
    altered(tx, space.id, messages_days=days)


def lock(tx: Transaction, space: SpaceRow, reason: LockReason) -> None:
    """From this moment on nobody can write or join; everybody who could read still can."""
    _must_be_open(space)
    if space.read_only:
        raise Refused(LOCKED_ALREADY)
    altered(tx, space.id, read_only=True, locked_for=reason)


def unlock(tx: Transaction, space: SpaceRow) -> None:
    """People can write again."""
    _must_be_open(space)
    if not space.read_only:
        raise Refused(NOT_LOCKED)
    altered(tx, space.id, read_only=False, locked_for=None)


def archive(tx: Transaction, space: SpaceRow, *, at: datetime) -> None:
    """Only to be read, for ever."""
    _must_be_open(space)
    altered(tx, space.id, state=SpaceState.ARCHIVED, read_only=True, locked_for=None, archived_at=at)


def add_hours(tx: Transaction, space: SpaceRow, hours: Duty) -> None:
    """Say when somebody who reads a language usually looks. The same hours twice are the same."""
    not_archived(space)
    there = hours_of(tx, space.id)
    if hours in there:
        return
    if len(there) >= MOST_HOURS:
        raise Refused(TOO_MANY_HOURS)
    tx.session.add(DutyHours(space_id=space.id, language=hours.language, starts=hours.starts, ends=hours.ends))
    tx.session.flush()
    altered(tx, space.id)


def remove_hours(tx: Transaction, space: SpaceRow, hours: Duty) -> None:
    """Nobody looks then any more."""
    not_archived(space)
    tx.session.execute(
        delete(DutyHours).where(
            col(DutyHours.space_id) == space.id,
            col(DutyHours.language) == hours.language,
            col(DutyHours.starts) == hours.starts,
            col(DutyHours.ends) == hours.ends,
        )
    )
    altered(tx, space.id)


def not_archived(space: SpaceRow) -> None:
    """Raises Refused when nothing can be changed any more."""
    if space.state == SpaceState.ARCHIVED:
        raise Refused(ARCHIVED)


def _must_be_open(space: SpaceRow) -> None:
    not_archived(space)
    if space.state != SpaceState.OPEN:
        raise Refused(NOT_OPEN)


def altered(tx: Transaction, space_id: int, **values: object) -> None:
    """Change the space itself, and tell every page that shows it."""
    tx.session.execute(update(Space).where(col(Space.id) == space_id).values(version=col(Space.version) + 1, **values))
    tx.announce(SpaceChanged(space_audience(space_id), space_id))
    tx.announce(SpaceAltered(space_audience(space_id), space_id))
