"""The law of what is sent: what a page knew, and what happened since, is what it would see if it came only now."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col
from starlette.testclient import TestClient

from moderation.verdict import Outcome, Verdict
from server.database import Transaction
from server.errors import NotFound, Refused
from server.townhall.asking import moderating, staging
from server.townhall.asking import rules as asking
from server.townhall.asking.models import Question, Reason
from server.townhall.asking.queries import question_by_id
from server.townhall.asking.rules import Asking, seat_asker
from server.townhall.halls import rules, telling
from server.townhall.halls.models import Hall, Seat
from server.townhall.halls.queries import HallRow, SeatRow, hall_by_code, seats_by_ids
from server.townhall.halls.rules import NewHall
from server.townhall.halls.states import HallState, Risk, SessionKind
from tests.people import Community
from tests.townhall.listening import Picture
from tests.townhall.scene import HallScene

FINE = Verdict(Outcome.PUBLISH, False, "en", True, {"toxicity": 0.0}, (), "test", "words")
SECRET = "only its author and the team may read this"


class Run:
    """One hall in which things happen by the rules; amina and yara sit in it, bo and fatou work in it."""

    def __init__(self, scene: HallScene) -> None:
        self.scene = scene
        self.count = 0
        new = NewHall(["en", "ar"], "en", {"en": "Water"}, {}, Risk.ORDINARY, rehearsal=False, timezone="UTC")
        with scene.writing() as tx:
            hall = rules.begin(tx, scene.hall.space_id, new)
            tx.run(update(Hall).where(col(Hall.id) == hall.id).values(state=HallState.OPEN))
            self.item = rules.add_session(
                tx, hall, SessionKind.QUESTIONS, {"en": "Talk"}, 5, most=5, by=scene.as_facilitator(tx)
            )
        scene.code = hall.code
        self.amina, self.yara = scene.attendee(), scene.attendee()
        with scene.writing() as tx:
            keys = tx.look(select(col(Seat.id)).where(col(Seat.hall_id) == hall.id).order_by(col(Seat.id))).scalars()
            self.seats = list(seats_by_ids(tx, list(keys), at=scene.community.clock.now()).values())

    def does(self, act: str, which: int, who: int) -> None:
        """One thing happens, unless the rules say no: then nothing has happened."""
        self.scene.community.clock.goes_on(seconds=1)
        with contextlib.suppress(Refused, NotFound), self.scene.writing() as tx:
            hall = hall_by_code(tx, self.scene.code)
            assert hall is not None
            ids = list(
                tx.look(
                    select(col(Question.public_id)).where(col(Question.hall_id) == hall.id).order_by(col(Question.id))
                )
                .scalars()
                .all()
            )
            one, other = (ids[which % len(ids)], ids[(which + 1) % len(ids)]) if ids else (UUID(int=1), UUID(int=2))
            ACTS[act](self, tx, hall, one, other, self.seats[who % 2])

    def by(self, tx: Transaction):  # type: ignore[no-untyped-def]
        return self.scene.as_moderator(tx)

    def asks(self, tx: Transaction, hall: HallRow, seat: SeatRow) -> None:
        self.count += 1
        text = f"Question {self.count}: {SECRET}"
        asking.ask(tx, hall, seat_asker(tx, hall, seat), Asking(text, "en", FINE), at=self.scene.community.clock.now())

    @property
    def listeners(self) -> list[tuple[TestClient, Picture]]:
        browsers = [self.amina.browser, self.yara.browser, self.scene.bo.browser, self.scene.fatou.browser]
        return [(browser, Picture()) for browser in browsers]


def version(tx: Transaction, hall: HallRow, question: UUID) -> int:
    row = question_by_id(tx, hall.id, question)
    return row.version if row is not None else 1


ACTS: dict[str, Callable[[Run, Transaction, HallRow, UUID, UUID, SeatRow], object]] = {
    "ask": lambda r, tx, h, q, o, s: r.asks(tx, h, s),
    "approve": lambda r, tx, h, q, o, s: moderating.approve(tx, h, q, version(tx, h, q), r.by(tx)),
    "edit": lambda r, tx, h, q, o, s: moderating.approve(tx, h, q, version(tx, h, q), r.by(tx), public_text="Hidden."),
    "decline": lambda r, tx, h, q, o, s: moderating.decline(
        tx, h, q, version(tx, h, q), Reason.OFF_TOPIC, "Not here.", r.by(tx)
    ),
    "merge": lambda r, tx, h, q, o, s: moderating.merge(tx, h, q, version(tx, h, q), o, r.by(tx)),
    "divert": lambda r, tx, h, q, o, s: moderating.divert(tx, h, q, version(tx, h, q), r.by(tx)),
    "remove": lambda r, tx, h, q, o, s: moderating.remove(tx, h, q, Reason.HURTFUL, "", r.by(tx)),
    "claim": lambda r, tx, h, q, o, s: moderating.claim(tx, h, q, r.by(tx), seconds=1),
    "quieten": lambda r, tx, h, q, o, s: moderating.quieten(tx, h, q, 0, r.by(tx)),
    "stage": lambda r, tx, h, q, o, s: staging.bring_on_stage(tx, h, q, r.by(tx)),
    "leave stage": lambda r, tx, h, q, o, s: staging.leave_stage(tx, h, q, r.by(tx)),
    "answer": lambda r, tx, h, q, o, s: staging.answer(tx, h, q, "en", "On Monday.", r.by(tx)),
    "later": lambda r, tx, h, q, o, s: staging.answer_later(tx, h, q, r.by(tx)),
    "endorse": lambda r, tx, h, q, o, s: asking.endorse(tx, h, s, q, at=r.scene.community.clock.now()),
    "endorse no more": lambda r, tx, h, q, o, s: asking.endorse_no_more(tx, h, s, q, at=r.scene.community.clock.now()),
    "take back": lambda r, tx, h, q, o, s: asking.take_back(tx, h, s, q, at=r.scene.community.clock.now()),
    "pause": lambda r, tx, h, q, o, s: rules.move(tx, h, HallState.PAUSED, r.by(tx)),
    "open": lambda r, tx, h, q, o, s: rules.move(tx, h, HallState.OPEN, r.by(tx)),
    "freeze": lambda r, tx, h, q, o, s: rules.move(tx, h, HallState.FROZEN, r.by(tx)),
    "stop": lambda r, tx, h, q, o, s: rules.stop(tx, h, r.by(tx)),
    "reopen": lambda r, tx, h, q, o, s: rules.ask_to_reopen(tx, h, r.by(tx)),
    "agree": lambda r, tx, h, q, o, s: rules.agree_to_reopen(tx, h, r.scene.as_facilitator(tx)),
    "slow": lambda r, tx, h, q, o, s: rules.slow_down(tx, h, 0, r.by(tx)),
    "agenda": lambda r, tx, h, q, o, s: rules.begin_session(tx, h, r.item, r.by(tx)),
    "forget": lambda r, tx, h, q, o, s: telling.forget_old(tx, at=r.scene.community.clock.now() + timedelta(hours=1)),
}
OFTEN = ("ask", "approve", "endorse", "stage")
STEPS = st.tuples(st.sampled_from([*ACTS, *OFTEN, *OFTEN]), st.integers(0, 5), st.integers(0, 1))


@pytest.fixture
def scene(community: Community) -> HallScene:
    return HallScene(community)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(STEPS, st.booleans()), min_size=3, max_size=30))
def test_the_old_picture_and_what_happened_are_the_new_picture(scene: HallScene, steps: list) -> None:  # type: ignore[type-arg]
    run = Run(scene)
    listeners = run.listeners
    for (act, which, who), looks in steps:
        run.does(act, which, who)
        for browser, picture in listeners if looks else listeners[:0]:
            picture.asks_since(browser, scene.code)
    for browser, picture in listeners:
        picture.asks_since(browser, scene.code)
        fresh = Picture().asks_since(browser, scene.code)
        assert picture.stands == fresh.stands
        assert picture.at == fresh.at
        assert len(set(picture.numbers)) == len(picture.numbers)


EVERY = [[("ask", 0, 0), ("approve", 0, 0), (act, 0, who)] for act in ACTS for who in (0, 1)]


@pytest.mark.parametrize("steps", EVERY, ids=[f"{steps[-1][0]} {steps[-1][2]}" for steps in EVERY])
def test_every_kind_of_change_is_told_as_it_stands(scene: HallScene, steps: list[tuple[str, int, int]]) -> None:
    run = Run(scene)
    listeners = run.listeners
    for step in [*steps, ("ask", 0, 1)]:
        run.does(*step)
        for browser, picture in listeners:
            picture.asks_since(browser, scene.code)
    for browser, picture in listeners:
        assert picture.stands == Picture().asks_since(browser, scene.code).stands


SECRETS = st.sampled_from(["decline", "divert", "remove", "merge", "take back", "stop", "edit"])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(after=st.lists(SECRETS, min_size=1, max_size=3), public=st.booleans())
def test_what_is_not_for_everybody_is_on_no_channel(scene: HallScene, after: list[str], public: bool) -> None:
    run = Run(scene)
    heard = {name: Picture() for name in ("amina", "yara", "bo", "fatou")}
    browsers = dict(zip(heard, [browser for browser, _ in run.listeners], strict=True))

    def all_hear() -> None:
        for name, picture in heard.items():
            picture.asks_since(browsers[name], scene.code)

    run.does("ask", 0, 0)
    all_hear()
    assert SECRET not in "".join(picture.said for picture in heard.values())
    if public:
        run.does("approve", 0, 0)
        all_hear()
        assert SECRET in heard["yara"].said and SECRET in heard["bo"].said
    before = {name: picture.said for name, picture in heard.items()}
    for act in after:
        run.does(act, 0, 0)
        all_hear()
    stands = scene.hall.state == HallState.OPEN and any(
        SECRET in q["html"] for q in Picture().asks_since(browsers["yara"], scene.code).questions.values()
    )
    for name, picture in heard.items():
        late = Picture().asks_since(browsers[name], scene.code)
        resumed = Picture()
        resumed.epoch, resumed.at = 1, {"pub": 0, "me": 0, "mod": 0, "fac": 0}
        resumed.asks_since(browsers[name], scene.code)
        if not stands:
            assert SECRET not in picture.said.removeprefix(before[name])
            assert SECRET not in late.said and SECRET not in resumed.said
    assert all("Not here." not in heard[name].said for name in ("yara", "bo", "fatou"))
    assert str(run.seats[0].public_id) not in "".join(picture.said for picture in heard.values())
