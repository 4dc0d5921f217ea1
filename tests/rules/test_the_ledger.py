"""The ledger: every change of what others can read is in it, and nobody changes a line unseen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, delete, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.crypto.case_codes import code_of, names_of
from server.database import Transaction
from server.forum.models import Message
from server.ledger.checking import check
from server.ledger.models import Hand, LedgerEntry
from server.ledger.rules import record
from tests.people import Community, last_message


def a_life(community: Community) -> None:
    """Held, released, flagged, removed, put back, changed, held again, taken back: every kind of move."""
    bo, amina, nadia = community.moderator("bo"), community.member("amina"), community.member("nadia")
    topic = nadia.opens_topic("Bus", "Which one?")
    amina.posts(topic, "you idiot")
    [case] = bo.opens_the_queue()
    bo.decides(case, "remove", reason="insult")
    bo.decides(case, "undo")
    bo.decides(case, "release")
    nadia.sends(f"/messages/{last_message(community)}/flag", reason="insult")
    [case] = bo.opens_the_queue()
    bo.decides(case, "hide")
    bo.decides(case, "release")
    amina.posts(topic, "The green one")
    message = last_message(community)
    amina.sends(f"/messages/{message}/edit", text="The green one, idiot", version="1")
    amina.sends(f"/messages/{message}/withdraw")


def _lines(tx: Transaction) -> list[tuple[str, str, str]]:
    rows = tx.session.execute(
        select(col(LedgerEntry.before), col(LedgerEntry.after), col(LedgerEntry.hand)).order_by(col(LedgerEntry.id))
    )
    return [(before, after, hand) for before, after, hand in rows]


def test_a_whole_life_is_in_the_ledger(community_on_both: Community) -> None:
    a_life(community_on_both)
    with community_on_both.services.db.reading() as tx:
        assert _lines(tx) == [
            ("draft", "held", "machine"),
            ("held", "removed", "moderator"),
            ("removed", "held", "moderator"),
            ("held", "published", "moderator"),
            ("published", "hidden", "moderator"),
            ("hidden", "published", "moderator"),
            ("published", "held", "machine"),
            ("held", "withdrawn", "author"),
        ]
        found = check(tx)
    assert found.wrong == []
    assert found.lines == 8


def _change_a_reason(tx: Transaction) -> None:
    tx.session.execute(update(LedgerEntry).where(col(LedgerEntry.id) == 2).values(reason="other"))


def _change_a_state(tx: Transaction) -> None:
    tx.session.execute(update(LedgerEntry).where(col(LedgerEntry.id) == 4).values(after=ContentState.REMOVED))


def _take_a_line_out(tx: Transaction) -> None:
    tx.session.execute(delete(LedgerEntry).where(col(LedgerEntry.id) == 3))


def _take_the_end_off(tx: Transaction) -> None:
    tx.session.execute(delete(LedgerEntry).where(col(LedgerEntry.id) == 8))


def _point_at_another_message(tx: Transaction) -> None:
    other = tx.session.execute(select(col(Message.id)).order_by(col(Message.id)).limit(1)).scalar_one()
    tx.session.execute(update(LedgerEntry).where(col(LedgerEntry.id) == 1).values(message_id=other))


def _publish_behind_its_back(tx: Transaction) -> None:
    newest = tx.session.execute(select(col(Message.id)).order_by(col(Message.id).desc()).limit(1)).scalar_one()
    tx.session.execute(update(Message).where(col(Message.id) == newest).values(state=ContentState.PUBLISHED))


@pytest.mark.parametrize(
    "tamper",
    [
        _change_a_reason,
        _change_a_state,
        _take_a_line_out,
        _take_the_end_off,
        _point_at_another_message,
        _publish_behind_its_back,
    ],
)
def test_whoever_tampers_is_seen(community: Community, tamper: Callable[[Transaction], None]) -> None:
    a_life(community)
    with community.services.db.transaction() as tx:
        tamper(tx)
    with community.services.db.reading() as tx:
        assert check(tx).wrong


def test_what_is_published_at_once_is_not_in_it(community: Community) -> None:
    amina = community.member("amina")
    amina.posts(amina.opens_topic("Sport", "Who plays?"), "I do")
    with community.services.db.reading() as tx:
        assert _lines(tx) == []


def test_many_at_once_make_one_chain(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    topic = amina.opens_topic("Sport", "Who plays?")
    for number in range(10):
        amina.posts(topic, f"Number {number}")
    with community.services.db.reading() as tx:
        found = tx.session.execute(select(col(Message.id), col(Message.public_id)).order_by(col(Message.id))).all()

    def held(row: tuple[int, UUID]) -> None:
        with community.services.db.transaction() as tx:
            tx.session.execute(update(Message).where(col(Message.id) == row[0]).values(state=ContentState.HELD))
            record(
                tx,
                message_id=row[0],
                public_id=row[1],
                before=ContentState.PUBLISHED,
                after=ContentState.HELD,
                hand=Hand.MACHINE,
                at=community.clock.now(),
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(held, [(row[0], row[1]) for row in found]))
    with community.services.db.reading() as tx:
        walked = check(tx)
    assert walked.wrong == []
    assert walked.lines == len(found)


def test_no_line_holds_words_names_or_a_moment(community: Community) -> None:
    columns = LedgerEntry.__table__  # type: ignore[attr-defined]
    assert isinstance(columns, Table)
    assert {"text", "html", "member_id", "membership_id", "title"}.isdisjoint(columns.c.keys())
    a_life(community)
    with community.services.db.reading() as tx:
        hours = tx.session.execute(select(col(LedgerEntry.hour))).scalars().all()
    assert all(hour.minute == hour.second == 0 for hour in hours)


@given(st.uuids(version=4))
def test_a_case_code_leads_back_to_its_decision(decision: UUID) -> None:
    names = names_of(code_of(decision))
    assert names is not None
    assert names[0] <= decision <= names[1]


@pytest.mark.parametrize("typed", ["", "4F7K", "4F7K-9QTX-2HVB-NEW!", "U" * 16, "4F7K9QTX2HVBNEWD7", "\u0000" * 16])
def test_what_is_no_case_code_opens_nothing(typed: str) -> None:
    assert names_of(typed) is None


def test_two_decisions_have_two_codes() -> None:
    assert len({code_of(uuid4()) for _ in range(500)}) == 500
