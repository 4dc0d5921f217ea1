"""Topics that ended long ago, and the words of what was taken out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Notice, NoticeKind
from server.appeals.models import Appeal, AppealState
from server.content import Case, CaseState, Screening
from server.database import Transaction, changed
from server.events import SpaceChanged, TopicChanged, space_audience, topic_audience
from server.finding.models import WordPlace
from server.finding.rules import word_hash
from server.finding.terms import terms_of
from server.forum.models import Bookmark, Draft, Flag, Message, ReadMark, Topic
from server.forum.quotations import check_quotations
from server.forum.rules import forget_kept_words, recount
from server.ledger.models import LedgerEntry
from server.pictures.models import Picture
from server.policies import Retention
from server.retention.step import BATCH, Step
from server.review.models import Decision, DecisionEffect, EffectKind
from server.spaces.holds import is_held
from server.spaces.lives import ALL_DAYS
from server.spaces.models import Space

TOPICS_AT_ONCE = 20
_Answer = aliased(Message)
_WITH_MESSAGES = ("topic", "picture", "screening", "bookmark", "flag", "word_place", "notice", "draft", "read_mark")
_WORDS = (EffectKind.MESSAGE, EffectKind.QUOTATION)
_UNLEARN = delete(WordPlace).where(
    col(WordPlace.word) == bindparam("b_word"),
    col(WordPlace.message_id) == bindparam("b_message"),
)
_EMPTY: dict[str, Any] = {"text": "", "html": "", "title": "", "quoted": ""}


def steps(kept: Retention) -> list[Step]:
    """What the forum lets go."""
    return [_ended_topics(kept), _empty_places(), _removed_words(kept), _short_lives(kept)]


def _ended_topics(kept: Retention) -> Step:
    """All words of topics in which nobody has written for so long, their authors, and what hangs on them."""

    def aged(at: datetime) -> ColumnElement[bool]:
        ended = col(Topic.last_message_at) < at - timedelta(days=kept.messages_days)
        return ended & (col(Topic.state) != ContentState.ERASED)

    def old(at: datetime) -> ColumnElement[bool]:
        return aged(at) & ~is_held(at.date())

    def part(tx: Transaction, at: datetime) -> int:
        spaces = dict(tx.look(select(col(Topic.id), col(Topic.space_id)).where(old(at)).limit(TOPICS_AT_ONCE)).all())
        there = (col(Message.topic_id).in_(spaces)) & (col(Message.state) != ContentState.ERASED)
        wanted = (col(Message.id), col(Message.public_id), col(Message.topic_id), col(Message.title), col(Message.text))
        found = tx.look(select(*wanted).where(there).limit(BATCH)).all()
        if found:
            _forget_messages(tx, spaces, found)
        if len(found) < BATCH:
            for topic_id, space_id in spaces.items():
                _forget_topic(tx, topic_id, space_id)
        return len(found) or len(spaces)

    def due(tx: Transaction, at: datetime) -> int:
        return _in_topics(tx, old(at), col(Message.state) != ContentState.ERASED)

    def held(tx: Transaction, at: datetime) -> int:
        return _in_topics(tx, aged(at), is_held(at.date()), col(Message.state) != ContentState.ERASED)

    return Step("message", "messages_days", part, due, also=_WITH_MESSAGES, held=held)


def _in_topics(tx: Transaction, *where: ColumnElement[bool]) -> int:
    """How many messages, by what is so of them and of their topics."""
    wanted = select(func.count()).select_from(Message).join(Topic, col(Topic.id) == col(Message.topic_id))
    return int(tx.look(wanted.where(*where)).scalar_one())


def _forget_messages(tx: Transaction, spaces: Mapping[int, int], found: Sequence[Any]) -> None:
    keys = [row.id for row in found]
    places = [
        {"b_word": word_hash(spaces[row.topic_id], term), "b_message": row.id}
        for row in found
        for term in terms_of(row.title, row.text)
    ]
    if places:
        tx.run(_UNLEARN, places)
    for table in (Picture, Screening, Bookmark, Flag):
        tx.run(delete(table).where(col(table.message_id).in_(keys)))
    answers = [row.public_id for row in found]
    told = (col(Notice.kind) == NoticeKind.ANSWERED) & col(Notice.message_public_id).in_(answers)
    tx.run(delete(Notice).where(told))
    kept_words = (col(DecisionEffect.kind).in_(_WORDS)) & (col(DecisionEffect.target).in_(keys))
    tx.run(update(DecisionEffect).where(kept_words).values(before={}, wipe_at=None))
    waits = (col(Case.message_id).in_(keys)) & (col(Case.state) == CaseState.OPEN)
    tx.run(update(Case).where(waits).values(state=CaseState.CLOSED, claimed_by=None, claimed_until=None))
    tx.run(update(Case).where(col(Case.message_id).in_(keys)).values(membership_id=None))
    tx.run(update(LedgerEntry).where(col(LedgerEntry.message_id).in_(keys)).values(message_id=None))
    gone = {**_EMPTY, "state": ContentState.ERASED, "membership_id": None, "reply_to_id": None}
    tx.run(update(Message).where(col(Message.id).in_(keys)).values(**gone))
    tx.erases = True


def _forget_topic(tx: Transaction, topic_id: int, space_id: int) -> None:
    tx.run(delete(ReadMark).where(col(ReadMark.topic_id) == topic_id))
    tx.run(delete(Draft).where(col(Draft.topic_id) == topic_id))
    gone = {"title": "", "state": ContentState.ERASED, "membership_id": None, "messages": 0}
    tx.run(update(Topic).where(col(Topic.id) == topic_id).values(**gone, version=col(Topic.version) + 1))
    tx.announce(TopicChanged(topic_audience(topic_id), topic_id))
    tx.announce(SpaceChanged(space_audience(space_id), space_id))


def _short_lives(kept: Retention) -> Step:
    """Messages that their authors or their spaces want to be forgotten sooner than their topics, one by one.

    One that somebody has flagged waits until a person has looked: nobody escapes by a short time.
    """

    def aged(at: datetime) -> ColumnElement[bool]:
        over = [
            or_(col(Message.lasts_days) == days, col(Space.messages_days) == days)
            & (col(Message.written_at) < at - timedelta(days=days))
            for days in sorted(ALL_DAYS)
        ]
        waits = exists().where(col(Case.message_id) == col(Message.id), col(Case.state) == CaseState.OPEN)
        young = col(Topic.last_message_at) >= at - timedelta(days=kept.messages_days)  # the others go with their topic
        return or_(*over) & (col(Message.state) == ContentState.PUBLISHED) & ~waits.correlate(Message) & young

    def wanted(what: Any, *where: ColumnElement[bool]) -> Any:
        within = select(*what).join(Topic, col(Topic.id) == col(Message.topic_id))
        return within.join(Space, col(Space.id) == col(Topic.space_id)).where(*where)

    def part(tx: Transaction, at: datetime) -> int:
        columns = (
            col(Message.id),
            col(Message.public_id),
            col(Message.topic_id),
            col(Message.title),
            col(Message.text),
        )
        found = tx.look(wanted((*columns, col(Topic.space_id)), aged(at), ~is_held(at.date())).limit(BATCH)).all()
        if found:
            _forget_one_by_one(tx, found)
        return len(found)

    def count(tx: Transaction, *where: ColumnElement[bool]) -> int:
        return int(tx.look(wanted((func.count(col(Message.id)),), *where)).scalar_one())

    return Step(
        "message",
        "messages_days",
        part,
        lambda tx, at: count(tx, aged(at), ~is_held(at.date())),
        also=_WITH_MESSAGES,
        held=lambda tx, at: count(tx, aged(at), is_held(at.date())),
    )


def _forget_one_by_one(tx: Transaction, found: Sequence[Any]) -> None:
    """Their words, and the same words where others quote them; a topic of which nothing is left goes too."""
    for row in found:
        forget_kept_words(tx, row.id)
    _forget_messages(tx, {row.topic_id: row.space_id for row in found}, found)
    for row in found:
        check_quotations(tx, row.id)
    for topic_id, space_id in sorted({(row.topic_id, row.space_id) for row in found}):
        recount(tx, topic_id)
        there = (col(Message.topic_id) == topic_id) & (col(Message.state) != ContentState.ERASED)
        if tx.look(select(col(Message.id)).where(there).limit(1)).first() is None:
            _forget_topic(tx, topic_id, space_id)


def _empty_places() -> Step:
    """Rows of erased messages and topics, as soon as no decision hangs on them any more."""
    free = (
        (col(Message.state) == ContentState.ERASED)
        & ~exists().where(col(Case.message_id) == col(Message.id))
        & ~exists().where(col(_Answer.reply_to_id) == col(Message.id))
    )
    bare = (col(Topic.state) == ContentState.ERASED) & ~exists().where(col(Message.topic_id) == col(Topic.id))

    def part(tx: Transaction, at: datetime) -> int:
        done = 0
        for table, where in ((Message, free), (Topic, bare)):
            keys = tx.look(select(col(table.id)).where(where).limit(BATCH)).scalars().all()
            done += changed(tx.run(delete(table).where(col(table.id).in_(keys)))) if keys else 0
        return done

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Message).where(free)).scalar_one())

    return Step("topic", "messages_days", part, due)


def _removed_words(kept: Retention) -> Step:
    """The words of what a moderator took out: later nobody can read them, and an appeal goes by the reason alone."""

    def aged(at: datetime) -> ColumnElement[bool]:
        by = (col(Case.message_id) == col(Message.id)) & (col(Decision.case_id) == col(Case.id))
        late = col(Decision.decided_at) >= at - timedelta(days=kept.removed_days)
        asked = (col(Appeal.decision_id) == col(Decision.id)) & (col(Appeal.state) == AppealState.OPEN)
        keeps = exists().where(by, or_(late, exists().where(asked).correlate(Decision))).correlate(Message)
        return (col(Message.state) == ContentState.REMOVED) & (col(Message.text) != "") & ~keeps

    def in_held_topic(at: datetime) -> ColumnElement[bool]:
        return exists().where(col(Topic.id) == col(Message.topic_id), is_held(at.date())).correlate(Message)

    def old(at: datetime) -> ColumnElement[bool]:
        return aged(at) & ~in_held_topic(at)

    def part(tx: Transaction, at: datetime) -> int:
        keys = tx.look(select(col(Message.id)).where(old(at)).limit(BATCH)).scalars().all()
        if not keys:
            return 0
        for table in (Picture, Screening):
            tx.run(delete(table).where(col(table.message_id).in_(keys)))
        tx.erases = True
        values = {**_EMPTY, "version": col(Message.version) + 1}
        return changed(tx.run(update(Message).where(col(Message.id).in_(keys)).values(**values)))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Message).where(old(at))).scalar_one())

    def held(tx: Transaction, at: datetime) -> int:
        return _in_topics(tx, aged(at), is_held(at.date()))

    return Step("message", "removed_days", part, due, also=("picture", "screening"), held=held)
