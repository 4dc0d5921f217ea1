"""The queue before Detoxify's child, with children that only pretend: no library is needed."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace

import pytest

from moderation.classifier import Unavailable
from moderation.detoxified.folder import Imported
from moderation.detoxified.judge import DetoxifyJudge
from moderation.detoxified.worker import Worker
from moderation.screening import Screener
from moderation.verdict import Rule

READY = "import sys, json, time\nprint('\"ready\"', flush=True)\n"
ANSWERS = READY + "for line in sys.stdin: print(json.dumps([[0.99, 0.1] for _ in json.loads(line)]), flush=True)"
SLEEPS = READY + "for line in sys.stdin: time.sleep(30)"
DIES = READY + "sys.stdin.readline(); sys.exit(1)"
RAVES = READY + "for line in sys.stdin: print('[[7]]', flush=True)"
SILENT = "import time; time.sleep(30)"
TEXT = "My children go to school every day and they like it."

IMPORTED = Imported("detoxify-test", "int8", ("toxicity", "insult"), ("en",), 512, (0,), (2,), 1, {})


@pytest.fixture
def workers(policy, tmp_path):
    """Workers with a pretended child, ended afterwards."""
    begun: list[Worker] = []

    def begin(script: str, **changes: float) -> Worker:
        numbers = {"deadline_seconds": 0.5, "patience_seconds": 1.0, "start_seconds": 20.0, **changes}
        chosen = replace(policy.detoxify, **numbers)
        begun.append(Worker(tmp_path, chosen, command=[sys.executable, "-I", "-c", script]))
        return begun[-1]

    yield begin
    for worker in begun:
        worker.close()


@pytest.fixture
def screened(model, policy):
    return lambda worker: Screener(policy, DetoxifyJudge(IMPORTED, worker, model, policy)).screen(TEXT)


def test_a_child_that_answers_is_believed(workers, screened, policy):
    worker = workers(ANSWERS, deadline_seconds=20)
    assert worker.wait_until_ready(20)
    verdict = screened(worker)
    assert verdict.model == "detoxify-test"
    assert Rule.TOXICITY in [reason.rule for reason in verdict.reasons]
    # 0.99 lies above its own hold, so the score lies above the hold of the language.
    assert verdict.scores["toxicity"] > policy.thresholds["en"].hold


@pytest.mark.parametrize("script", [SLEEPS, DIES, RAVES, SILENT])
def test_a_child_that_does_not_answer_well_is_replaced_by_the_embedded_model(workers, screened, model, script):
    worker = workers(script)
    worker.wait_until_ready(20 if script != SILENT else 0.2)
    began = time.monotonic()
    verdict = screened(worker)
    assert verdict.model == f"{model.name} in place of detoxify-test"
    assert time.monotonic() - began < 5


def test_more_texts_than_may_wait_are_turned_away_at_once(workers):
    worker = workers(SLEEPS, waiting=2, deadline_seconds=3, patience_seconds=10)
    assert worker.wait_until_ready(20)
    said: list[str] = []

    def ask() -> None:
        try:
            worker.ask([TEXT])
        except Unavailable as error:
            said.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    while sum("Too many" in each for each in said) < 4 and time.monotonic() - began < 2.5:
        time.sleep(0.02)
    assert sum("Too many" in each for each in said) >= 4
    assert time.monotonic() - began < 2.5
    for thread in threads:
        thread.join()


def test_a_child_killed_while_somebody_waits_leaves_nobody_waiting(workers):
    worker = workers(SLEEPS, deadline_seconds=15, patience_seconds=30)
    assert worker.wait_until_ready(20)
    threading.Timer(0.3, lambda: os.kill(worker.pid, signal.SIGKILL)).start()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        worker.ask([TEXT])
    assert time.monotonic() - began < 5


def test_a_child_that_keeps_failing_is_not_begun_for_ever(workers, tmp_path):
    counted = tmp_path / "starts"
    worker = workers(f"open({str(counted)!r}, 'a').write('x')", restarts=3)
    patience = time.monotonic() + 20
    while (not counted.exists() or len(counted.read_text()) < 4) and time.monotonic() < patience:
        time.sleep(0.05)
    time.sleep(1)  # long enough for a fifth start, if there were one
    assert counted.read_text() == "xxxx"
    with pytest.raises(Unavailable):
        worker.ask([TEXT])


def test_what_is_asked_of_a_closed_worker_is_refused(workers):
    worker = workers(ANSWERS)
    assert worker.wait_until_ready(20)
    worker.close()
    with pytest.raises(Unavailable):
        worker.ask([TEXT])
