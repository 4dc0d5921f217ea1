"""How long an answer takes says nothing: a wrong number, one that is over and one that is erased are alike, and a leak
of a fiftieth of a second would be found."""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from server.crypto.sealed import receipts
from server.crypto.sealed.receipts import ReporterKeys
from server.private.app import build
from server.private.facts import State, Support
from server.private.work import BEAT_SECONDS, LIST_BEAT_SECONDS
from tests.private.scene import CHEAP, Scene, send

TOLERANCE = 0.005
LEAK = 0.02
Numbers = dict[str, str]


def numbers(scene: Scene) -> Numbers:
    """A wrong number, one whose case is over for its reporter, and one whose case is erased."""
    over, reporter = scene.filed("over")
    erased, other = scene.filed("erased")
    work, now, cleo = scene.work, scene.clock.now(), scene.people["cleo"].me
    gone, closed = work.conversations.find(other, at=now), work.conversations.find(reporter, at=now)
    assert gone is not None and closed is not None
    work.erasing.erase(gone)
    alias = work.casework.alias_of(closed)
    work.casework.support(cleo, alias, Support.OFFERED, "", at=now)
    for state in (State.ACKNOWLEDGED, State.FEEDBACK_GIVEN, State.CLOSED):
        work.casework.move(cleo, alias, state, "", at=now)
    scene.clock.goes_on(days=91)
    return {"wrong": receipts.receipt_for(bytes(32), bytes(32)), "over": over, "erased": erased}


def taken(scene: Scene, those: Numbers, *, rounds: int, watch: Callable[[], float]) -> dict[str, list[float]]:
    """How long each took, one after the other in turn."""
    took: dict[str, list[float]] = {name: [] for name in those}
    for _ in range(rounds):
        for name, number in those.items():
            browser = scene.browser()
            browser.headers["x-room-bucket"] = name + str(_)
            began = watch()
            assert send(browser, "return", receipt=number).status_code == 404
            took[name].append(watch() - began)
    return took


def apart(took: dict[str, list[float]]) -> float:
    """The largest distance between what is usual for two of them."""
    usual = [statistics.median(one) for one in took.values()]
    return max(usual) - min(usual)


class Slow:
    """Looks for a case, and takes longer for this one."""

    def __init__(self, scene: Scene, keys: ReporterKeys, seconds: float) -> None:
        self._scene, self._keys, self._seconds = scene, keys, seconds
        self._find = scene.work.conversations.find

    def __call__(self, keys: ReporterKeys, **more: object) -> object:
        if keys.lookup == self._keys.lookup:
            self._scene.ticking.goes_on(seconds=self._seconds)
        return self._find(keys, **more)


def slower(scene: Scene, number: str, seconds: float) -> None:
    """Plant it: what is done for this number takes longer than for others."""
    keys = scene.work.derivation.keys(receipts.Receipt(number))
    scene.work.conversations.find = Slow(scene, keys, seconds)  # type: ignore[method-assign]


def test_wrong_and_ended_and_erased_numbers_are_answered_at_the_same_beat(scene: Scene) -> None:
    those = numbers(scene)
    took = taken(scene, those, rounds=3, watch=scene.ticking)
    assert apart(took) <= TOLERANCE
    assert {round(seconds, 6) for one in took.values() for seconds in one} == {BEAT_SECONDS}
    slower(scene, those["over"], LEAK)
    assert apart(taken(scene, those, rounds=3, watch=scene.ticking)) <= TOLERANCE, "the beat hides it"


def test_a_leak_of_a_fiftieth_of_a_second_is_found(scene: Scene) -> None:
    """The same measure on a room whose beat is taken away."""
    those = numbers(scene)
    slower(scene, those["over"], LEAK)

    async def at_once(_seconds: float) -> None:
        """No beat."""

    object.__setattr__(scene.work, "pace", replace(scene.work.pace, sleep=at_once))
    assert apart(taken(scene, those, rounds=3, watch=scene.ticking)) > TOLERANCE


def test_under_load_an_answer_comes_at_the_next_whole_beat(scene: Scene) -> None:
    those = numbers(scene)
    slower(scene, those["over"], 1.3)
    took = taken(scene, those, rounds=1, watch=scene.ticking)
    assert [round(one[0], 6) for one in took.values()] == [1.0, 2.0, 1.0]


def test_a_list_with_cases_takes_as_long_as_an_empty_one(scene: Scene) -> None:
    scene.filed()
    took: list[float] = []
    for name in ("cleo", "ines"):
        browser = scene.sign_in(name)
        began = scene.ticking.at
        assert browser.get("/desk").status_code == 200
        took.append(round(scene.ticking.at - began, 6))
    assert took == [LIST_BEAT_SECONDS, LIST_BEAT_SECONDS]


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("leak", [0.0, LEAK], ids=["as it is", "with a leak"])
def test_real_seconds_say_the_same(scene: Scene, leak: float) -> None:
    """On a machine that has little else to do: no virtual seconds, and a leak behind the beat is found."""
    those = numbers(scene)
    scene.close()
    scene.house = build(scene.settings, clock=scene.clock, costs=CHEAP, demonstration=True)
    work, number = scene.work, scene.work.derivation.keys(receipts.Receipt(those["over"]))
    find = work.conversations.find
    last: list[bytes] = []

    def noted(keys: ReporterKeys, **more: object) -> object:
        last[:] = [keys.lookup]
        return find(keys, **more)  # type: ignore[arg-type]

    async def late(seconds: float) -> None:
        await asyncio.sleep(seconds + (leak if last == [number.lookup] else 0))

    work.conversations.find = noted  # type: ignore[method-assign]
    object.__setattr__(work, "pace", replace(work.pace, sleep=late))
    took = taken(scene, those, rounds=15, watch=time.perf_counter)
    assert (apart(took) <= TOLERANCE) is (leak == 0.0), {name: statistics.median(one) for name, one in took.items()}
