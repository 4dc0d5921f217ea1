"""Nobody waits in a ring: whoever writes and whoever decides at the same moment both come through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from server.appeals import rules as appeals
from server.appeals.models import Appeal
from server.content import Case, CaseState
from server.errors import Refused
from server.ledger.checking import check
from server.review import queries, rules
from server.review.acts import Act
from server.review.models import Action, Decision
from server.web.limits import SWEEP_SECONDS, Counted
from tests.people import Community
from tests.roads import without_limits

ROUNDS = 40


@pytest.fixture
def community(tmp_path: Path, database_url: str, request: pytest.FixtureRequest) -> Community:
    without_limits(tmp_path)
    made: Community = request.getfixturevalue("community_on_both")
    return made


def together(*works: Callable[[], None]) -> None:
    """From one starting gun; whatever goes wrong in one of them is raised here."""
    gun = Barrier(len(works))

    def wait_and_do(work: Callable[[], None]) -> None:
        gun.wait(10)
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(wait_and_do, work) for work in works]:
            done.result(120)


def test_who_posts_and_who_decides_in_one_topic_never_wait_in_a_ring(community: Community) -> None:
    """Texts that must wait go in while cases of the same author and topic are decided, and put back."""
    community.moderator("bo")
    bo, amina = community.account("bo"), community.member("amina")
    topic = amina.opens_topic("Water", "Hello")
    for number in range(ROUNDS):
        amina.posts(topic, f"idiot {number}")
    policy, at = community.services.policies.moderation, community.clock.now()
    with community.services.db.reading() as tx:
        waiting = list(tx.session.execute(select(col(Case.public_id)).order_by(col(Case.id))).scalars())
    assert len(waiting) == ROUNDS

    def posts() -> None:
        for number in range(ROUNDS):
            assert amina.posts(topic, f"another idiot {number}").status_code == 303
            assert amina.posts(topic, f"Kind words {number}").status_code == 303

    def decides() -> None:
        for number, public_id in enumerate(waiting):
            act = Act(Action.RELEASE) if number % 2 else Act(Action.REMOVE, "insult")
            with community.services.db.transaction() as tx:
                case = queries.case_by_id(tx, public_id)
                assert case is not None
                rules.decide(tx, case, bo, act, version=case.version, at=at, policy=policy)
            with community.services.db.transaction() as tx:
                case = queries.case_by_id(tx, public_id)
                assert case is not None
                last = queries.last_decision(tx, case.id)
                assert last is not None
                rules.undo(tx, case, last, bo, version=case.version, at=at, policy=policy)

    together(posts, decides)
    with community.services.db.reading() as tx:
        found = check(tx)
        open_cases = tx.session.execute(
            select(func.count()).select_from(Case).where(col(Case.state) == CaseState.OPEN)
        ).scalar_one()
    assert found.wrong == []
    assert found.lines == ROUNDS * 4, "held, decided and put back, and held"
    assert open_cases == ROUNDS * 2


def test_the_second_press_on_an_appeal_is_told_that_there_is_one(community_on_both: Community) -> None:
    """Both pages were read before either was sent: the table says no, and a person reads why."""
    community = community_on_both
    bo, amina = community.moderator("bo"), community.member("amina")
    amina.posts(amina.opens_topic("Water", "Hello"), "you idiot")
    bo.decides(bo.opens_the_queue()[0], "remove", reason="insult")
    with community.services.db.reading() as tx:
        row = tx.session.execute(select(Decision)).scalar_one()
        case = tx.session.execute(select(Case)).scalar_one()
    assert row.id is not None and case.membership_id is not None

    def once_more() -> None:
        with community.services.db.transaction() as tx:
            tx.session.add(
                Appeal(
                    decision_id=row.id or 0,
                    membership_id=case.membership_id or 0,
                    space_id=case.space_id,
                    text="Please look again",
                    first_decider=row.member_id,
                    made_at=community.clock.now(),
                )
            )

    once_more()
    with pytest.raises(Refused) as refused:
        once_more()
    assert refused.value.sentence == appeals.ONCE


def test_old_counts_are_swept_while_others_count() -> None:
    """A new name while the sweep looks through the names must not stop the act that sweeps."""
    now = [0.0]
    counted = Counted(seconds=lambda: now[0])

    class Interrupted(list[Any]):
        """An empty window; somebody new is counted just while the sweep looks at it."""

        def __len__(self) -> int:
            counted.events[f"newcomer {len(counted.events)}"] = []
            return 0

    for number in range(5):
        counted.events[f"old {number}"] = Interrupted()
    now[0] = SWEEP_SECONDS + 1
    assert counted.acquire_entry("amina", 3, 60)
    assert "amina" in counted.events
    assert not any(name.startswith("old") for name in counted.events)
