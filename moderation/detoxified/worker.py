"""Keeps one child that judges, and a short queue before it. Whoever waits too long goes without."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from moderation.classifier import Unavailable
from moderation.policy import DetoxifyPolicy

CHILD = Path(__file__).with_name("child.py")
Rows = list[list[float]]


def _command(folder: Path, policy: DetoxifyPolicy) -> list[str]:
    numbers = (policy.threads, policy.overlap_tokens)
    return [sys.executable, "-I", "-B", str(CHILD), str(folder), *map(str, numbers)]


def _environment(threads: int) -> dict[str, str]:
    """Nothing of ours, no way to the network for libraries that ask, and few threads."""
    alone = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    return {**alone, "OMP_NUM_THREADS": str(threads), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}


@dataclass(slots=True)
class _Job:
    """Texts that somebody waits for. `is_over` when there is an answer, or will be none."""

    texts: Sequence[str]
    answer: Rows | None = None
    is_over: threading.Event = field(default_factory=threading.Event)
    is_given_up: bool = False


class Worker:
    """One child process and the thread that talks to it. Safe to ask from many threads."""

    def __init__(
        self,
        folder: Path,
        policy: DetoxifyPolicy,
        *,
        command: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = list(command or _command(folder, policy))
        self._policy = policy
        self._clock = clock
        self._jobs: queue.Queue[_Job | None] = queue.Queue(maxsize=policy.waiting)
        self._starts: deque[float] = deque(maxlen=policy.restarts + 1)
        self._child: subprocess.Popen[bytes] | None = None
        self._is_ready = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, name="detoxify", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """The child that lives now."""
        return self._child.pid if self._child else None

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether the child has its weights in memory, after waiting at most so long."""
        return self._is_ready.wait(seconds)

    def ask(self, texts: Sequence[str]) -> Rows:
        """The scores of each text by label. Raises Unavailable: not ready, too many wait, too late, or failed."""
        if not self._is_ready.is_set():
            raise Unavailable("Detoxify is not ready.")
        job = _Job(texts)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise Unavailable("Too many texts wait for Detoxify.") from None
        if not job.is_over.wait(self._policy.deadline_seconds):
            job.is_given_up = True
            raise Unavailable("Detoxify is too slow.")
        if job.answer is None:
            raise Unavailable("Detoxify failed.")
        return job.answer

    def close(self) -> None:
        """End the child; nothing can be asked any more."""
        self._is_closed = True
        self._is_ready.clear()
        self._end()

    def _work(self) -> None:
        while not self._is_closed:
            # The child died or talked nonsense: what waits goes without, and another one is started.
            with contextlib.suppress(OSError, ValueError):
                self._live()
            self._is_ready.clear()
            self._end()
            self._send_away()

    def _live(self) -> None:
        """Start a child and serve until it fails. Raises OSError, ValueError."""
        self._rest_if_it_keeps_failing()
        if self._is_closed:
            return
        self._child = subprocess.Popen(  # noqa: S603  our own file and our own numbers
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(self._policy.threads),
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
        if self._heard(self._policy.start_seconds) != "ready":
            raise ValueError
        self._is_ready.set()
        while not self._is_closed:
            try:
                job = self._jobs.get(timeout=1)
            except queue.Empty:
                if self._child.poll() is not None:
                    raise ValueError from None
                continue
            if job is not None and not job.is_given_up:
                self._serve(job)

    def _serve(self, job: _Job) -> None:
        """One question, one answer. Raises OSError, ValueError when there is none."""
        child = cast("subprocess.Popen[bytes]", self._child)
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps(list(job.texts)).encode() + b"\n")
            child.stdin.flush()
            rows = _rows(self._heard(self._policy.patience_seconds))
            if len(rows) != len(job.texts):
                raise ValueError
            job.answer = rows
        finally:
            job.is_over.set()

    def _heard(self, seconds: float) -> Any:
        """The next line of the child, which is killed when it takes longer. Raises ValueError."""
        child = cast("subprocess.Popen[bytes]", self._child)
        assert child.stdout is not None
        impatience = threading.Timer(seconds, child.kill)
        impatience.daemon = True
        impatience.start()
        try:
            return json.loads(child.stdout.readline())
        finally:
            impatience.cancel()

    def _rest_if_it_keeps_failing(self) -> None:
        """After `restarts` new beginnings in the window, wait until the oldest is out of it."""
        starts = self._starts
        window = self._policy.restart_window_seconds
        while len(starts) == starts.maxlen and self._clock() - starts[0] < window and not self._is_closed:
            self._send_away()
            time.sleep(0.05)
        starts.append(self._clock())

    def _send_away(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job.is_over.set()

    def _end(self) -> None:
        child = self._child
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            # What was still to be written to a dead child cannot be.
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


def _rows(answer: Any) -> Rows:
    """Believe nothing: lists of probabilities. Raises ValueError."""
    if not isinstance(answer, list):
        raise ValueError
    rows: Rows = []
    for row in cast("list[Any]", answer):
        if not isinstance(row, list):
            raise ValueError
        scores = [float(score) for score in cast("list[Any]", row)]
        if not all(0 <= score <= 1 for score in scores):
            raise ValueError
        rows.append(scores)
    return rows
