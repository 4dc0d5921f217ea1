"""Polls: prepared, opened, answered, closed. Ballots are counted as they come, and destroyed at the close.

When results can be seen is said before the first answer, and can only be made later. A sensitive poll shows nothing
before its close, counts no hands, and never tells a small number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from server.database import Transaction, changed
from server.errors import NotFound, Refused, say
from server.townhall.asking import queries as asking
from server.townhall.asking.rules import IS_OVER, NO_PART
from server.townhall.halls import queries as halls
from server.townhall.halls import words
from server.townhall.halls.queries import HallRow, SeatRow
from server.townhall.halls.rules import VOTES_KEY, changeable, tell_all
from server.townhall.halls.states import Act, Channel, Results
from server.townhall.halls.team import Acting, note
from server.townhall.halls.telling import tell
from server.townhall.polling import queries
from server.townhall.polling.models import Ballot, Poll, PollKind, PollOption, PollState, RoomCount
from server.townhall.polling.queries import PollRow

SCALE = 5
YES_NO_UNSURE = 3
LATER_AND_LATER = (Results.OPENLY, Results.AFTER_VOTING, Results.AFTER_CLOSING)
"""One can only go on in this order."""
CHANGED = say("This poll has changed meanwhile. Please look again.")
NOT_OPEN = say("This poll takes no answers just now.")
CHOOSE_ONE = say("Please choose one.")
CHOOSE_SOME = say("Please choose at least one.")
TWO_THINGS = say("Please write at least two things that can be chosen.")
TOO_MANY_THINGS = say("At most %(most)s things can be chosen in one poll.")
TOO_MANY_POLLS = say("There are enough polls in this hall.")
NOT_SOONER = say("Results can be shown later than was said, never sooner.")
NOT_FROM_HERE = say("The poll cannot go there from where it stands.")
NOT_WHILE = say("A poll can be opened only while the hall is open.")
NO_HANDS = say("No hands are counted for a poll about something sensitive.")
ANOTHER_HELPER = say("Another helper must have seen the same.")


@dataclass(frozen=True, slots=True)
class NewPoll:
    """What is said when a poll is prepared; `options` are the words of each thing, by language."""

    kind: PollKind
    results: Results
    sensitive: bool
    titles: Mapping[str, str]
    options: Sequence[Mapping[str, str]]
    session_id: int | None = None


def prepare(tx: Transaction, hall: HallRow, new: NewPoll, by: Acting, *, most: int) -> UUID:
    """Prepare a poll; nobody but the team sees it yet."""
    hall = changeable(tx, hall)
    options = _options(new, most)
    if len(queries.polls_of(tx, hall.id)) >= queries.POLLS_SHOWN:
        raise Refused(TOO_MANY_POLLS)
    poll = Poll(
        hall_id=hall.id,
        session_id=new.session_id,
        kind=new.kind,
        results=_results_of(new),
        sensitive=new.sensitive,
    )
    tx.session.add(poll)
    tx.session.flush()
    assert poll.id is not None
    words.write(tx, hall.id, words.POLL, poll.id, "title", new.titles.items())
    for position, texts in enumerate(options, 1):
        option = PollOption(poll_id=poll.id, position=position)
        tx.session.add(option)
        tx.session.flush()
        assert option.id is not None
        words.write(tx, hall.id, words.OPTION, option.id, "title", texts.items())
    note(tx, hall, by, "poll_prepared", target=str(poll.public_id))
    tell(tx, hall.id, (Channel.CONSOLE, "poll", str(poll.public_id)), at=by.at)
    return poll.public_id


def _results_of(new: NewPoll) -> Results:
    """What was chosen, as far as it can be kept: numbers that change one by one tell who answered what."""
    late = new.sensitive or (new.kind is PollKind.OPEN and new.results is Results.AFTER_VOTING)
    return Results.AFTER_CLOSING if late else new.results


def _options(new: NewPoll, most: int) -> Sequence[Mapping[str, str]]:
    nothing: Mapping[str, str] = {}
    if new.kind is PollKind.OPEN:
        return []
    if new.kind is PollKind.SCALE:
        return [nothing] * SCALE
    if new.kind is PollKind.YES_NO:
        return [nothing] * YES_NO_UNSURE
    if len(new.options) < 2:
        raise Refused(TWO_THINGS)
    if len(new.options) > most:
        raise Refused(say(TOO_MANY_THINGS.english, most=most))
    return new.options


def _changed_by(tx: Transaction, hall: HallRow, public_id: UUID, version: int) -> PollRow:
    poll = _held(tx, hall, public_id)
    if poll.version != version:
        raise Refused(CHANGED)
    return poll


def _held(tx: Transaction, hall: HallRow, public_id: UUID) -> PollRow:
    poll = queries.poll_held(tx, hall.id, public_id)
    if poll is None:
        raise NotFound
    return poll


def _set(tx: Transaction, poll: PollRow, **values: object) -> None:
    tx.run(update(Poll).where(col(Poll.id) == poll.id).values(version=poll.version + 1, **values))


def open_poll(tx: Transaction, hall: HallRow, public_id: UUID, version: int, by: Acting) -> None:
    """From now on people answer."""
    hall = changeable(tx, hall)
    if not hall.allows(Act.PRESENT) or not hall.allows(Act.TAKE_PART):
        raise Refused(NOT_WHILE)
    poll = _changed_by(tx, hall, public_id, version)
    if poll.state != PollState.PREPARED:
        raise Refused(NOT_FROM_HERE)
    _set(tx, poll, state=PollState.OPEN)
    note(tx, hall, by, "poll_opened", target=str(public_id))
    tell_all(tx, hall, "poll", str(public_id), at=by.at)


def close_poll(tx: Transaction, hall: HallRow, public_id: UUID, version: int, by: Acting) -> None:
    """Nobody answers any more; the numbers stay, and who chose what is destroyed. There is no way back."""
    hall = changeable(tx, hall)
    poll = _changed_by(tx, hall, public_id, version)
    if poll.state != PollState.OPEN:
        raise Refused(NOT_FROM_HERE)
    _close(tx, hall, poll, by)


def close_all(tx: Transaction, hall: HallRow, by: Acting) -> None:
    """With the hall: open polls are closed, and no ballot is left in any."""
    for poll in queries.polls_of(tx, hall.id):
        held = _held(tx, hall, poll.public_id)
        if held.state == PollState.OPEN:
            _close(tx, hall, held, by)


def _close(tx: Transaction, hall: HallRow, poll: PollRow, by: Acting) -> None:
    _set(tx, poll, state=PollState.CLOSED)
    tx.run(delete(Ballot).where(col(Ballot.poll_id) == poll.id))
    tx.erases = True
    note(tx, hall, by, "poll_closed", target=str(poll.public_id))
    tell_all(tx, hall, "poll", str(poll.public_id), at=by.at)


def show(tx: Transaction, hall: HallRow, public_id: UUID, version: int, by: Acting, *, shown: bool) -> None:
    """On the screens, or off them. One poll is there at a time."""
    hall = changeable(tx, hall)
    poll = _changed_by(tx, hall, public_id, version)
    if shown and poll.state == PollState.PREPARED:
        raise Refused(NOT_FROM_HERE)
    tx.run(update(Poll).where(col(Poll.hall_id) == hall.id).values(on_stage=False))
    _set(tx, poll, on_stage=shown)
    tell(tx, hall.id, *_lines(poll, Channel.STAGE, Channel.CONSOLE), at=by.at)


def results_later(tx: Transaction, hall: HallRow, public_id: UUID, version: int, results: Results, by: Acting) -> None:
    """Let results be seen later than was said. There is no way back: people answered trusting in it."""
    hall = changeable(tx, hall)
    poll = _changed_by(tx, hall, public_id, version)
    if poll.state == PollState.CLOSED or LATER_AND_LATER.index(results) <= LATER_AND_LATER.index(poll.results):
        raise Refused(NOT_SOONER)
    _set(tx, poll, results=results)
    note(tx, hall, by, "poll_results_later", target=str(public_id))
    tell_all(tx, hall, "poll", str(public_id), at=by.at)


# Answering -----------------------------------------------------------------------------------------------


def vote(
    tx: Transaction, hall: HallRow, seat: SeatRow, public_id: UUID, chosen: Sequence[int], *, at: datetime
) -> None:
    """Answer, or answer otherwise: one seat has one ballot, and the last one counts."""
    poll = answering(tx, hall, public_id)
    options = {option.position: option.id for option in queries.options_of(tx, [poll.id]).get(poll.id, [])}
    wanted = _wanted(poll, options, chosen)
    key = halls.key_of(tx, hall.id, VOTES_KEY)
    if key is None:
        raise Refused(IS_OVER)
    before = _kept(tx, poll, queries.voter_key(key, seat.id, public_id), wanted)
    for position in sorted({*wanted, *(before or ())}):
        more = (position in wanted) - (position in (before or ()))
        if more:
            count = col(PollOption.count) + more
            tx.run(update(PollOption).where(col(PollOption.id) == options[position]).values(count=count))
    if before is None:
        tx.run(update(Poll).where(col(Poll.id) == poll.id).values(voters=col(Poll.voters) + 1))
    _tell_vote(tx, hall, poll, at)


def answering(tx: Transaction, hall: HallRow, public_id: UUID) -> PollRow:
    """The poll, held, if it takes answers in this state of the hall. Raises Refused."""
    hall = halls.held(tx, hall.id)
    if not hall.allows(Act.TAKE_PART):
        raise Refused(NO_PART)
    poll = _held(tx, hall, public_id)
    if poll.state == PollState.PREPARED:
        raise NotFound
    if poll.state != PollState.OPEN:
        raise Refused(NOT_OPEN)
    return poll


def answering_in_words(tx: Transaction, hall: HallRow, public_id: UUID) -> PollRow:
    """The same for a poll that takes answers in own words, and no other."""
    poll = answering(tx, hall, public_id)
    if poll.kind != PollKind.OPEN:
        raise NotFound
    return poll


def _wanted(poll: PollRow, options: Mapping[int, int], chosen: Sequence[int]) -> list[int]:
    wanted = sorted({position for position in chosen if position in options})
    if poll.kind == PollKind.OPEN:
        raise NotFound
    if poll.kind == PollKind.SEVERAL:
        if not wanted:
            raise Refused(CHOOSE_SOME)
        return wanted
    if len(wanted) != 1:
        raise Refused(CHOOSE_ONE)
    return wanted


def _kept(tx: Transaction, poll: PollRow, key: bytes, wanted: list[int]) -> list[int] | None:
    """Keep the ballot; what stood on it before, None for a first one. The poll is held, so nobody comes between."""
    mine = (col(Ballot.poll_id) == poll.id, col(Ballot.voter_key) == key)
    before = tx.look(select(col(Ballot.chosen)).where(*mine)).scalar_one_or_none()
    if before is None:
        tx.run(insert(Ballot).values(poll_id=poll.id, voter_key=key, chosen=wanted))
        return None
    tx.run(update(Ballot).where(*mine).values(chosen=wanted))
    return list(before)


def _tell_vote(tx: Transaction, hall: HallRow, poll: PollRow, at: datetime) -> None:
    """Everybody, where they may see the numbers; else nobody but the console: the pace of a hidden poll tells too."""
    if poll.sensitive:
        return
    openly = (Channel.PUBLIC, Channel.STAGE) if poll.results == Results.OPENLY else ()
    tell(tx, hall.id, *_lines(poll, Channel.CONSOLE, *openly), at=at)


def tell_answers(tx: Transaction, hall: HallRow, question: UUID, *, at: datetime) -> None:
    """A moderator has decided on an answer in own words: who may see answers already hears that there is another."""
    row = asking.question_by_id(tx, hall.id, question)
    poll = next((one for one in queries.polls_of(tx, hall.id) if row is not None and one.id == row.poll_id), None)
    if poll is not None and (poll.results == Results.OPENLY or poll.state == PollState.CLOSED):
        tell(tx, hall.id, *_lines(poll, Channel.CONSOLE, Channel.PUBLIC, Channel.STAGE), at=at)


def _lines(poll: PollRow, *channels: Channel) -> Sequence[tuple[str, str, str]]:
    return [(str(channel), "poll", str(poll.public_id)) for channel in channels]


# Hands in a room -----------------------------------------------------------------------------------------


def count_hands(tx: Transaction, hall: HallRow, public_id: UUID, counts: Mapping[int, int], by: Acting) -> None:
    """Hands that a helper counted in a room, by position. They count when another helper says the same."""
    halls.held(tx, hall.id)
    poll = _for_hands(tx, hall, public_id)
    for option in queries.options_of(tx, [poll.id]).get(poll.id, []):
        mine = (col(RoomCount.option_id) == option.id, col(RoomCount.label) == by.label)
        tx.run(delete(RoomCount).where(*mine))
        if option.position in counts:
            tx.session.add(RoomCount(option_id=option.id, label=by.label, count=counts[option.position]))
    note(tx, hall, by, "hands_counted", target=str(public_id))
    tell(tx, hall.id, *_lines(poll, Channel.CONSOLE), at=by.at)


def confirm_hands(tx: Transaction, hall: HallRow, public_id: UUID, label: str, by: Acting) -> None:
    """Another helper saw the same hands."""
    halls.held(tx, hall.id)
    poll = _for_hands(tx, hall, public_id)
    if label == by.label:
        raise Refused(ANOTHER_HELPER)
    options = [option.id for option in queries.options_of(tx, [poll.id]).get(poll.id, [])]
    confirmed = tx.run(
        update(RoomCount)
        .where(col(RoomCount.option_id).in_(options), col(RoomCount.label) == label)
        .values(confirmed_by=by.label)
    )
    if changed(confirmed) == 0:
        raise NotFound
    note(tx, hall, by, "hands_confirmed", target=str(public_id))
    openly = (Channel.PUBLIC, Channel.STAGE) if poll.results == Results.OPENLY else ()
    tell(tx, hall.id, *_lines(poll, Channel.CONSOLE, *openly), at=by.at)


def _for_hands(tx: Transaction, hall: HallRow, public_id: UUID) -> PollRow:
    poll = answering(tx, hall, public_id)
    if poll.sensitive or poll.kind == PollKind.OPEN:
        raise Refused(NO_HANDS)
    return poll
