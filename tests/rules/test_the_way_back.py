"""Whatever a decision does, all of it can be put back: the tables are then as they were before."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from server.content import Case, Screening
from server.database import metadata
from server.errors import Refused
from server.finding.models import WordPlace
from server.forum.models import Message
from server.review import measures, queries, reverting, rules
from server.review.acts import Act, Measures
from server.review.models import Action, DecisionEffect, EffectKind, Restriction
from tests.people import Community, last_message

UNTOUCHED = {"decision", "decision_effect", "account_session", "ledger_entry"}
RISING = {"version"}
SENSES = {"notice": {"id", "public_id"}}
EVERYTHING = Measures(strike=True, warn=True, limit_days=7, pause_days=3, suspend_days=30, lock=True, slow_minutes=10)
ACTS = {
    "release": Act(Action.RELEASE),
    "remove": Act(Action.REMOVE, "insult"),
    "remove and all else": Act(Action.REMOVE, "threat", "Please stop", measures=EVERYTHING),
    "redact": Act(Action.REDACT, parts=("idiot number five",)),
    "return": Act(Action.RETURN, "kind", "Please say it kindly"),
    "hide": Act(Action.HIDE),
    "escalate": Act(Action.ESCALATE),
    "measures": Act(Action.MEASURES, "insult", measures=EVERYTHING),
}


def tables(community: Community) -> dict[str, list[str]]:
    """Everything in the database but the decisions and the versions, which only rise."""
    found: dict[str, list[str]] = {}
    with community.services.db.reading() as tx:
        for table in metadata.sorted_tables:
            if table.name in UNTOUCHED:
                continue
            left_out = RISING | SENSES.get(table.name, set())
            columns = [column for column in table.columns if column.name not in left_out]
            found[table.name] = sorted(
                json.dumps([str(value) for value in row]) for row in tx.session.execute(select(*columns))
            )
    return found


def the_case(community: Community) -> queries.CaseRow:
    with community.services.db.reading() as tx:
        public_id = tx.session.execute(select(col(Case.public_id)).order_by(col(Case.id).desc()).limit(1)).scalar_one()
        case = queries.case_by_id(tx, public_id)
    assert case is not None
    return case


def decided(community: Community, act: Act, login: str = "bo") -> None:
    case, who = the_case(community), community.account(login)
    policy, at = community.services.policies.moderation, community.clock.now()
    with community.services.db.transaction() as tx:
        rules.decide(tx, case, who, act, version=case.version, at=at, policy=policy)


def reverted(community: Community, by: str = "chadi") -> frozenset[EffectKind]:
    case, who = the_case(community), community.account(by)
    with community.services.db.transaction() as tx:
        last = queries.last_decision(tx, case.id)
        assert last is not None
        return reverting.revert(tx, case, last, by=who, at=community.clock.now())


@pytest.fixture
def desk(community_on_both: Community) -> Community:
    """Two moderators, a member, and an answer with a quotation."""
    for login in ("bo", "chadi"):
        community_on_both.moderator(login)
    return community_on_both


def held(community: Community) -> None:
    """Amina's answer waits for a person."""
    nadia = community.member("nadia")
    topic = nadia.opens_topic("Bus", "Which bus goes to the market?")
    question = last_message(community)
    community.member("amina", known=False).posts(topic, "the idiot number five", reply_to=str(question))


def flagged(community: Community) -> None:
    """The same, public, answered with a quotation, and flagged by two."""
    nadia, omar = community.member("nadia"), community.member("omar")
    topic = nadia.opens_topic("Bus", "Which bus goes to the market?")
    question = last_message(community)
    community.member("amina").posts(topic, "An Idiot number  five, I say", reply_to=str(question))
    message = last_message(community)
    answer = nadia.posts(topic, "What?", reply_to=str(message), quoted="Idiot number five")
    assert answer.status_code == 303
    for person in (nadia, omar):
        assert person.sends(f"/messages/{message}/flag", reason="insult").status_code == 303


@pytest.fixture(params=[held, flagged], ids=["held", "public"])
def story(request: pytest.FixtureRequest, desk: Community) -> Community:
    desk.screen.idiots = request.param is held
    request.param(desk)
    return desk


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_put_back_whole(story: Community, name: str) -> None:
    if name == "hide" and the_case(story).message_state == "held":
        with pytest.raises(Refused):
            decided(story, ACTS[name])
        return
    before = tables(story)
    decided(story, ACTS[name])
    after = tables(story)
    assert after != before
    assert reverted(story) == frozenset()
    assert tables(story) == before
    with story.services.db.reading() as tx:
        assert tx.session.execute(select(col(reverting.Decision.undone_by))).scalar_one() == story.account("chadi")


def test_a_suspension_that_a_second_person_began_ends_with_its_decision(desk: Community) -> None:
    held(desk)
    before = tables(desk)
    decided(desk, Act(Action.REMOVE, "threat", measures=Measures(strike=True, suspend_days=30)))
    with desk.services.db.transaction() as tx:
        public_id = tx.session.execute(select(col(Restriction.public_id))).scalar_one()
        found = queries.proposal_by_id(tx, public_id)
        assert found is not None
        policy = desk.services.policies.moderation
        measures.confirm(tx, found, desk.account("chadi"), at=desk.clock.now(), policy=policy)
    assert tables(desk)["membership"] != before["membership"]
    desk.clock.goes_on(days=20)
    reverted(desk)
    assert tables(desk) == before


def test_two_decisions_about_one_member_are_put_back_one_by_one(desk: Community) -> None:
    held(desk)
    case = the_case(desk)
    before = tables(desk)
    decided(desk, Act(Action.MEASURES, "insult", measures=Measures(pause_days=7)))
    decided(desk, Act(Action.MEASURES, "insult", measures=Measures(pause_days=2)))
    with desk.services.db.reading() as tx:
        rows = tx.session.execute(select(col(reverting.Decision.id)).order_by(col(reverting.Decision.id))).scalars()
        first, _ = list(rows)
    with desk.services.db.transaction() as tx:
        tx.session.execute(
            update(reverting.Decision).where(col(reverting.Decision.id) != first).values(undone_at=desk.clock.now())
        )
        last = queries.last_decision(tx, case.id)
        assert last is not None
        reverting.revert(tx, case, last, by=desk.account("bo"), at=desk.clock.now())
        tx.session.execute(update(reverting.Decision).where(col(reverting.Decision.id) != first).values(undone_at=None))
    two_days = desk.clock.now() + timedelta(days=2)
    assert the_case(desk).suspended_until == two_days.replace(microsecond=0), "the shorter pause holds on"
    reverted(desk)
    assert tables(desk) == before


def test_what_its_author_took_back_stays_taken_back(desk: Community) -> None:
    held(desk)
    amina = desk.visitor()
    amina.signs_in("amina")
    decided(desk, Act(Action.RELEASE))
    message = last_message(desk)
    assert amina.sends(f"/messages/{message}/withdraw").status_code == 303
    assert EffectKind.MESSAGE in reverted(desk)
    with desk.services.db.reading() as tx:
        state, text = tx.session.execute(
            select(col(Message.state), col(Message.text)).where(col(Message.public_id) == message)
        ).one()
    assert (state, text) == ("withdrawn", "")


def test_hidden_words_are_nowhere_once_nobody_can_undo(desk: Community) -> None:
    """At once they leave the page and the index; after the undo time they leave the book and the machine's reasons."""
    desk.screen.idiots = False
    flagged(desk)
    case = the_case(desk)
    decided(desk, Act(Action.REDACT, parts=("number five",)))
    visitor = desk.visitor()
    with desk.services.db.reading() as tx:
        topic = tx.session.execute(select(col(reverting.Topic.public_id))).scalar_one()
    page = visitor.reads(f"/topics/{topic}")
    assert "▇▇▇, I say" in page and "number five" not in page
    assert "I say" not in visitor.reads("/search?q=five")
    desk.clock.goes_on(minutes=11)
    bo = desk.visitor()
    del bo
    with desk.services.db.transaction() as tx:
        assert reverting.forget(tx, at=desk.clock.now()) == 1
    with desk.services.db.reading() as tx:
        books = tx.session.execute(select(col(DecisionEffect.before), col(DecisionEffect.after))).all()
        assert "five" not in json.dumps([list(row) for row in books if "quoted" not in row[0]])
        reasons = tx.session.execute(select(col(Screening.reasons)).where(col(Screening.message_id) == case.message_id))
        assert "five" not in json.dumps(reasons.scalars().all())
        assert tx.session.execute(select(col(WordPlace.word))).first() is not None
    assert EffectKind.MESSAGE in reverted(desk), "the words cannot come back any more, and the answer says so"


def test_a_decision_is_put_back_once(desk: Community) -> None:
    held(desk)
    decided(desk, Act(Action.REMOVE, "insult"))
    case, who = the_case(desk), desk.account("bo")
    with desk.services.db.reading() as tx:
        last = queries.last_decision(tx, case.id)
    assert last is not None
    with desk.services.db.transaction() as tx:
        reverting.revert(tx, case, last, by=who, at=desk.clock.now())
    with pytest.raises(Refused), desk.services.db.transaction() as tx:
        reverting.revert(tx, case, last, by=who, at=desk.clock.now())


def test_an_overturned_removal_can_be_published_at_once(desk: Community) -> None:
    """What an appeal does with a text that was held before: put back, then released by somebody else."""
    held(desk)
    decided(desk, Act(Action.REMOVE, "insult", measures=Measures(strike=True)))
    desk.clock.goes_on(days=3)
    case, chadi = the_case(desk), desk.account("chadi")
    with desk.services.db.transaction() as tx:
        last = queries.last_decision(tx, case.id)
        assert last is not None
        reverting.revert(tx, case, last, by=chadi, at=desk.clock.now())
        again: Any = queries.case_by_id(tx, case.public_id)
        policy = desk.services.policies.moderation
        rules.release(tx, again, chadi, version=again.version, at=desk.clock.now(), policy=policy)
    assert the_case(desk).message_state == "published"
