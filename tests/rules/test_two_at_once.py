"""When several people do the same at the same moment, exactly one of them does it, on both databases."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from moderation.states import ContentState
from server.accounts import rules as accounts
from server.accounts.models import AccountSession, Invitation, Member, Membership, Notice
from server.content import Case, CaseState
from server.errors import Refused
from server.forum.models import Flag, Message, Topic
from server.permissions import Role, Viewer
from server.review import measures, queries, rules, shifts
from server.review.acts import Act, Measures
from server.review.models import Action, Decision, DecisionEffect, Restriction
from server.spaces.models import Access, Joining
from tests.people import PASSPHRASE, Community, Person, last_message
from tests.roads import without_limits

Result = TypeVar("Result")
EIGHT = 8
ROUNDS = 200


@pytest.fixture
def community(tmp_path: Path, database_url: str, request: pytest.FixtureRequest) -> Community:
    without_limits(tmp_path)
    made: Community = request.getfixturevalue("community_on_both")
    return made


def at_once(*works: Callable[[], Result]) -> list[Result | Refused]:
    """Do all of it from one starting gun; a refusal is an answer like any other."""
    gun = threading.Barrier(len(works))

    def wait_and_do(work: Callable[[], Result]) -> Result | Refused:
        gun.wait(10)
        try:
            return work()
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as threads:
        return [done.result(60) for done in [threads.submit(wait_and_do, work) for work in works]]


def count(community: Community, kind: type, *where: object) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(select(func.count()).select_from(kind).where(*where)).scalar_one()  # type: ignore[arg-type]


def statuses(answers: list[object]) -> list[int]:
    return sorted(answer.status_code for answer in answers)  # type: ignore[attr-defined]


def test_of_two_moderators_exactly_one_decides_two_hundred_times(community):
    """Each has read the same version; one releases while the other removes."""
    for login in ("bo", "chadi"):
        community.moderator(login)
    amina = community.member("amina")
    amina.posts(amina.opens_topic("Water", "Hello"), "you idiot")
    policy = community.services.policies.moderation
    with community.services.db.reading() as tx:
        moderators = list(
            tx.session.execute(
                select(col(Member.id)).where(col(Member.totp_confirmed)).order_by(col(Member.id))
            ).scalars()
        )
        case_id, message_id = tx.session.execute(select(col(Case.public_id), col(Case.message_id))).one()
    winners: list[str] = []
    for turn in range(ROUNDS):
        with community.services.db.reading() as tx:
            case = queries.case_by_id(tx, case_id)
        assert case is not None

        def releases(case: queries.CaseRow = case) -> str:
            with community.services.db.transaction() as tx:
                at = community.clock.now()
                rules.release(tx, case, moderators[0], version=case.version, at=at, policy=policy)
            return "released"

        def removes(case: queries.CaseRow = case) -> str:
            with community.services.db.transaction() as tx:
                at = community.clock.now()
                version = case.version
                rules.remove(
                    tx, case, moderators[1], version=version, reason="insult", at=at, policy=policy
                )  # fmt: skip
            return "removed"

        answers = at_once(*((releases, removes) if turn % 2 else (removes, releases)))
        won = [answer for answer in answers if isinstance(answer, str)]
        assert len(won) == 1, answers
        winners += won
        assert count(community, Decision) == 1
        with community.services.db.transaction() as tx:
            state = tx.session.execute(select(col(Message.state)).where(col(Message.id) == message_id)).scalar_one()
            told = tx.session.execute(select(func.count()).select_from(Notice)).scalar_one()
            assert (state, told) == (ContentState.PUBLISHED if won == ["released"] else ContentState.REMOVED, 1)
            tx.session.execute(delete(Notice))
            tx.session.execute(delete(DecisionEffect))
            tx.session.execute(delete(Decision))
            tx.session.execute(update(Case).values(state=CaseState.OPEN, version=col(Case.version) + 1))
            held = update(Message).where(col(Message.id) == message_id)
            tx.session.execute(held.values(state=ContentState.HELD, version=col(Message.version) + 1))
    assert len(winners) == ROUNDS


def test_no_update_is_lost_when_eight_read_and_then_write(community):
    """Forty times eight: whoever reads within a transaction writes on what is true then."""
    topic = community.member("amina").opens_topic("Water", "Hello")
    each, lost = 40, [0]

    def reads_then_writes() -> None:
        for _ in range(each):
            while True:
                with community.services.db.transaction() as tx:
                    before = tx.session.execute(select(col(Topic.version))).scalar_one()
                    written = tx.session.execute(
                        update(Topic).where(col(Topic.version) == before).values(version=before + 1)
                    )
                    if written.rowcount == 1:  # type: ignore[attr-defined]
                        break
                lost[0] += 1

    with community.services.db.reading() as tx:
        start = tx.session.execute(select(col(Topic.version))).scalar_one()
    at_once(*[reads_then_writes] * EIGHT)
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(col(Topic.version))).scalar_one() == start + EIGHT * each
    if community.services.db.is_sqlite:
        assert lost == [0], "BEGIN IMMEDIATE waits before it reads"
    assert topic


def test_on_sqlite_a_transaction_needs_no_version_check(sqlite_url: str, tmp_path: Path, request):
    """The plainest way to lose an update: read, add one, write back."""
    made: Community = request.getfixturevalue("community_plain")
    made.member("amina").opens_topic("Water", "Hello")

    def adds() -> None:
        for _ in range(40):
            with made.services.db.transaction() as tx:
                before = tx.session.execute(select(col(Topic.messages))).scalar_one()
                tx.session.execute(update(Topic).values(messages=before + 1))

    at_once(*[adds] * EIGHT)
    with made.services.db.reading() as tx:
        assert tx.session.execute(select(col(Topic.messages))).scalar_one() == 1 + 40 * EIGHT


@pytest.fixture
def community_plain(request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path):
    from tests.conftest import community_at

    with community_at(sqlite_url, tmp_path) as made:
        yield made


def test_readers_see_a_snapshot_while_others_write(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Hello")
    with community.services.db.reading() as tx:
        before = tx.session.execute(select(func.count()).select_from(Message)).scalar_one()
        amina.posts(topic, "One more")
        assert tx.session.execute(select(func.count()).select_from(Message)).scalar_one() == before
    assert count(community, Message) == before + 1


def test_eight_who_join_under_one_name_become_one_account(community):
    fields = {"login": "newcomer", "passphrase": PASSPHRASE, "pseudonym": "Blue Kite 7", "space": "questions"}
    people = [community.visitor() for _ in range(EIGHT)]
    answers = at_once(*[lambda person=person: person.sends("/join", **fields) for person in people])
    assert set(statuses(answers)) <= {200, 409, 422, 429}, statuses(answers)
    assert 200 in statuses(answers)
    assert count(community, Member) == count(community, Membership) == 1
    again = community.visitor()
    again.signs_in("newcomer")
    assert "Blue Kite 7" in again.reads("/me")


def test_eight_different_people_who_want_one_name_get_it_once(community):
    people = [community.visitor() for _ in range(EIGHT)]
    answers = at_once(
        *[
            lambda person=person, number=number: person.sends(
                "/join", login=f"login{number}", passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions"
            )
            for number, person in enumerate(people)
        ]
    )
    assert statuses(answers).count(200) == 1
    assert set(statuses(answers)) <= {200, 409, 422, 429}
    assert count(community, Member) == count(community, Membership) == 1, "nobody is left with half an account"


def test_one_invitation_lets_one_of_eight_in(community):
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    with community.services.db.transaction() as tx:
        code = accounts.invite(
            tx, space_id=community.row("circle").id, role=None, code_key=community.services.code_key,
            expires_on=date(2026, 4, 1),
        )  # fmt: skip
    people = [community.member(f"person{number}") for number in range(EIGHT)]
    answers = at_once(
        *[
            lambda person=person, number=number: person.sends(
                "/s/circle/join", pseudonym=f"Blue Kite {number}", invite=code
            )
            for number, person in enumerate(people)
        ]
    )
    assert statuses(answers).count(303) == 1
    assert set(statuses(answers)) <= {303, 404, 422}, "too late, or too late to know of the space at all"
    circle = community.row("circle").id
    assert count(community, Membership, col(Membership.space_id) == circle) == 1
    assert count(community, Invitation) == 0


def test_one_invitation_makes_one_of_eight_new_accounts(community):
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    with community.services.db.transaction() as tx:
        code = accounts.invite(
            tx, space_id=community.row("circle").id, role=None, code_key=community.services.code_key,
            expires_on=date(2026, 4, 1),
        )  # fmt: skip
    people = [community.visitor() for _ in range(EIGHT)]
    answers = at_once(
        *[
            lambda person=person, number=number: person.sends(
                "/join", login=f"new{number}", passphrase=PASSPHRASE, pseudonym=f"Blue Kite {number}", invite=code
            )
            for number, person in enumerate(people)
        ]
    )
    assert statuses(answers).count(200) == 1
    circle = community.row("circle").id
    assert count(community, Membership, col(Membership.space_id) == circle) == 1


def test_one_staff_link_makes_one_moderator(community):
    with community.services.db.transaction() as tx:
        code = accounts.invite(
            tx, space_id=community.row("questions").id, role=accounts.Role.MODERATOR,
            code_key=community.services.code_key, expires_on=date(2026, 4, 1),
        )  # fmt: skip
    people = [community.member(f"person{number}") for number in range(EIGHT)]
    answers = at_once(*[lambda person=person: person.sends(f"/staff/{code}") for person in people])
    assert statuses(answers).count(303) == 1, statuses(answers)
    assert count(community, accounts.RoleGrant) == 1


def test_one_recovery_code_opens_once(community):
    visitor = community.visitor()
    fields = {"login": "newcomer", "passphrase": PASSPHRASE, "pseudonym": "Blue Kite 7", "space": "questions"}
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', visitor.sends("/join", **fields).text)
    assert found is not None
    people = [community.visitor() for _ in range(4)]
    answers = at_once(
        *[
            lambda person=person, number=number: person.sends(
                "/recover", login="newcomer", recovery_code=found.group(1), passphrase=f"new secret words {number}"
            )
            for number, person in enumerate(people)
        ]
    )
    assert statuses(answers).count(200) == 1, statuses(answers)
    assert set(statuses(answers)) <= {200, 409, 429}
    assert count(community, AccountSession) == 1


def test_one_flag_of_one_person_counts_once(community):
    bo, amina = community.member("bo"), community.member("amina")
    bo.opens_topic("Water", "Hello")
    message = last_message(community)
    tabs = [Person(community, amina.browser) for _ in range(EIGHT)]
    answers = at_once(*[lambda tab=tab: tab.sends(f"/messages/{message}/flag", reason="scam") for tab in tabs])
    assert statuses(answers) == [303] + [409] * (EIGHT - 1)
    assert count(community, Flag) == count(community, Case) == 1


def test_flags_of_eight_people_make_one_case(community):
    """Several times, because a ring of people who wait for each other does not form each time."""
    bo = community.member("bo")
    people = [community.member(f"person{number}") for number in range(EIGHT)]
    for turn in range(1, 7):
        bo.opens_topic(f"Water {turn}", f"Hello {turn}")
        message = last_message(community)
        answers = at_once(*[lambda p=p, m=message: p.sends(f"/messages/{m}/flag", reason="scam") for p in people])
        assert statuses(answers) == [303] * EIGHT, "eight people flagged, and each must be heard"
        assert (count(community, Case), count(community, Flag)) == (turn, turn * EIGHT)


def test_no_message_of_eight_authors_is_lost_or_counted_wrongly(community):
    people = [community.member(f"person{number}") for number in range(EIGHT)]
    topic = people[0].opens_topic("Water", "Hello")
    answers = at_once(
        *[lambda person=person, n=n: person.posts(topic, f"Message of {n}") for n, person in enumerate(people)]
    )
    assert statuses(answers) == [303] * EIGHT
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(col(Topic.messages))).scalar_one() == EIGHT + 1
    page = community.visitor().reads(topic)
    assert all(f"Message of {number}" in page for number in range(EIGHT))


def test_one_double_press_at_the_same_moment_posts_once(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Hello")
    answers = at_once(*[lambda: amina.posts(topic, "Only once")] * 4)
    assert statuses(answers) == [303] * 4
    assert count(community, Message, col(Message.text) == "Only once") == 1


def test_an_edit_and_a_decision_at_once_never_publish_unseen_words(community):
    """The moderator released what was on the screen, not what the author wrote a moment later."""
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = amina.opens_topic("Water", "Hello")
    for turn in range(20):
        amina.posts(topic, f"idiot {turn}")
        message = last_message(community)
        case = bo.opens_the_queue()[0]
        seen = re.search(r'name="version" value="(\d+)"', bo.gets(case).text)
        assert seen is not None
        on_screen = seen.group(1)
        at_once(
            lambda case=case, version=on_screen: bo.sends(f"{case}/release", version=version),
            lambda m=message, t=turn: amina.sends(f"/messages/{m}/edit", text=f"worse idiot {t}", version="1"),
        )
        community.services.remembered.forget_all()
        assert f"worse idiot {turn}" not in community.visitor().reads(topic)
        for waiting in bo.opens_the_queue():
            bo.decides(waiting, "remove", reason="other")


def test_two_withdrawals_and_an_edit_leave_no_words(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Hello")
    for turn in range(10):
        amina.posts(topic, f"Words {turn}")
        message = last_message(community)
        taken = at_once(
            lambda m=message: amina.sends(f"/messages/{m}/withdraw"),
            lambda m=message: amina.sends(f"/messages/{m}/withdraw"),
            lambda m=message, t=turn: amina.sends(f"/messages/{m}/edit", text=f"Other {t}", version="1"),
        )
        assert 303 in statuses(taken) and set(statuses(taken)) <= {303, 404, 409}
        with community.services.db.reading() as tx:
            state, text = tx.session.execute(
                select(col(Message.state), col(Message.text)).where(col(Message.public_id) == message)
            ).one()
        if state == ContentState.WITHDRAWN:
            assert text == ""


def test_of_two_who_want_the_next_case_each_gets_another_two_hundred_times(community):
    """The last one goes to exactly one of them."""
    for login in ("bo", "chadi"):
        community.moderator(login)
    amina = community.member("amina")
    topic = community.member("nadia").opens_topic("Water", "Hello")
    amina.posts(topic, "you idiot")
    policy = community.services.policies.moderation
    for turn in range(ROUNDS):

        def takes(session: AccountSession) -> str:
            viewer = Viewer(
                member_id=session.member_id,
                session_id=session.id,
                grants=frozenset({(Role.MODERATOR, community.row("questions").id)}),
            )
            with community.services.db.transaction() as tx:
                line = shifts.next_case(tx, viewer, at=community.clock.now(), policy=policy)
            return "" if line is None else str(line.public_id)

        with community.services.db.reading() as tx:
            moderating = AccountSession.shift_began_at.is_not(None)  # type: ignore[union-attr]
            sessions = list(tx.session.execute(select(AccountSession).where(moderating)).scalars())
        answers = at_once(*[lambda session=session: takes(session) for session in sessions])
        assert len(sessions) == 2 and sorted(map(bool, answers)) == [False, True], (turn, answers)
        with community.services.db.transaction() as tx:
            tx.session.execute(update(Case).values(claimed_by=None, claimed_until=None))


def test_of_three_who_agree_to_a_suspension_exactly_one_begins_it(community):
    """Whoever proposed it never does, whatever the moment; the table itself refuses that."""
    for login in ("bo", "chadi", "dora", "eva"):
        community.moderator(login)
    amina = community.member("amina")
    amina.posts(amina.opens_topic("Water", "Hello"), "you idiot")
    policy, at = community.services.policies.moderation, community.clock.now()
    with community.services.db.transaction() as tx:
        case = queries.case_by_id(tx, tx.session.execute(select(col(Case.public_id))).scalar_one())
        assert case is not None
        act = Act(Action.REMOVE, "threat", measures=Measures(suspend_days=30))
        rules.decide(tx, case, community.account("bo"), act, version=case.version, at=at, policy=policy)
    with community.services.db.reading() as tx:
        found = queries.proposal_by_id(tx, tx.session.execute(select(col(Restriction.public_id))).scalar_one())
    assert found is not None

    def agrees(member_id: int) -> str:
        with community.services.db.transaction() as tx:
            measures.confirm(tx, found, member_id, at=at, policy=policy)
        return "agreed"

    for _ in range(50):
        accounts_at = [community.account(login) for login in ("bo", "chadi", "dora", "eva")]
        answers = at_once(*[lambda one=one: agrees(one) for one in accounts_at])
        assert [answer for answer in answers if isinstance(answer, str)] == ["agreed"]
        with community.services.db.transaction() as tx:
            by = tx.session.execute(select(col(Restriction.confirmed_by))).scalar_one()
            assert by != community.account("bo")
            tx.session.execute(update(Restriction).values(state="proposed", confirmed_by=None, until=None))
    with pytest.raises(IntegrityError), community.services.db.transaction() as tx:
        tx.session.execute(update(Restriction).values(state="in_force", confirmed_by=community.account("bo")))
    with pytest.raises(IntegrityError), community.services.db.transaction() as tx:
        tx.session.execute(update(Restriction).values(state="in_force"))
