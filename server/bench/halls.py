"""`baraza bench halls`: an open hall full of people, each with a socket, on this machine alone."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import col

from server import settings
from server.accounts import rules as accounts
from server.accounts.models import RoleGrant
from server.bench.content import people
from server.bench.figures import Figure, absolute
from server.bench.limits import without_limits
from server.bench.process import Target, target
from server.crypto import keyring
from server.crypto.tokens import new_session_token, token_hash
from server.database import Database, Transaction
from server.migrations import history
from server.permissions import Role
from server.townhall.asking.models import Endorsement, Question, QuestionState, QuestionText
from server.townhall.halls import rules
from server.townhall.halls.models import Hall, Seat
from server.townhall.halls.rules import NewHall
from server.townhall.halls.states import HallState, Risk

QUESTIONS = 20
ROUNDS = 12
COMING_BACK = 2_000
FEW = 50
TICK = 0.5


def halls(attendees: int) -> list[Figure]:
    """Deliveries, memory, bursts, people who come back, people who stall, and the stop."""
    raise_files()
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as name:
        folder = Path(name)
        questions = prepared(folder, attendees)
        with target("house", folder) as house, crowd_of(house, folder) as crowd:
            return _Measured(house, crowd, folder, attendees, questions).figures()


def raise_files() -> None:
    """As many open files as the machine allows: each attendee is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Attendees in a process of their own."""

    process: "subprocess.Popen[str]"

    def __call__(self, act: str, *given: object) -> dict[str, Any]:
        """Tell them what to do, and wait until it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([act, *given]) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def crowd_of(house: Target, folder: Path) -> Generator[Crowd]:
    """People for the hall that was prepared there; they end with this."""
    process = subprocess.Popen(  # noqa: S603  our own module, our own arguments
        [sys.executable, "-m", "server.bench.attendees", str(house.port), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Crowd(process)
    finally:
        process.terminate()
        process.wait(15)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Processor time of the server, and what it sent for it."""

    seconds: float
    frames: int


@dataclass(frozen=True, slots=True)
class _Measured:
    house: Target
    crowd: Crowd
    folder: Path
    attendees: int
    questions: list[str]

    def figures(self) -> list[Figure]:
        """In this order: each needs what the one before has left."""
        found = self._coming_and_hearing()
        found += [*self._asked(), *self._endorsed(), *self._back(), *self._stalled()]
        stopped = self.crowd("stop")
        return [*found, _all_reached("a stop reaches everybody within", stopped, stopped["last"], most=1.0)]

    def _coming_and_hearing(self) -> list[Figure]:
        """One question is asked and judged however many listen: what a delivery costs is what more listeners cost."""
        self.crowd("come", FEW)  # everything is loaded
        self.crowd("ask", "first.")
        few, _ = self._heard("few")
        before = self.house.memory_mb()
        came = self.crowd("come", self.attendees - FEW)
        time.sleep(2)
        each = (self.house.memory_mb() - before) * 1024 / (self.attendees - FEW)
        full, rounds = self._heard("marker")
        delivery = (full.seconds - few.seconds) / (full.frames - few.frames)
        question = (few.seconds - delivery * few.frames) / ROUNDS
        rounds.sort(key=lambda one: one["p99"])
        middle, slowest = rounds[len(rounds) // 2], rounds[-1]
        rate = (self.attendees - FEW) / came["seconds"]
        return [
            Figure("people who come in, a second", round(rate), "", None, None, "", True),
            absolute("memory for each of them", each, "KiB", most=40),
            _all_reached("asked, and read by the middle one of all", middle, middle["p50"], most=1.0),
            _all_reached("the same, by 99 of 100, in the slowest round", slowest, slowest["p99"], most=1.5),
            absolute("processor time for each delivery", delivery * 1e6, "µs", most=15),
            Figure("the same for a question itself: judged, kept, read", question * 1e3, "ms", None, None, "", True),
        ]

    def _heard(self, word: str) -> tuple["_Spent", list[dict[str, Any]]]:
        """Some questions, one after the other: what they cost the server, and how they came to people."""
        before = self.house.cpu_seconds()
        rounds = [self.crowd("ask", f"{word}{number:04}.") for number in range(ROUNDS)]
        return _Spent(self.house.cpu_seconds() - before, sum(one["frames"] for one in rounds)), rounds

    def _asked(self) -> list[Figure]:
        asked = self.crowd("burst", "q.ask", 200, 10, [])
        with _reading(self.folder) as tx:
            stand = tx.look(
                select(func.count())
                .select_from(QuestionText)
                .where(col(QuestionText.text).startswith("Burst question number"))
            ).scalar_one()
        lost = asked["sent"] - min(asked["kept"], stand)
        return [
            absolute("200 questions a second for 10 s: lost", lost, "", most=0),
            absolute("the last of them kept after", asked["within"], "s", most=15),
        ]

    def _endorsed(self) -> list[Figure]:
        with _reading(self.folder) as tx:
            before = tx.look(select(func.count()).select_from(Endorsement)).scalar_one()
        done = self.crowd("burst", "q.endorse", 2_000, 5, self.questions)
        with _reading(self.folder) as tx:
            stand = tx.look(select(func.count()).select_from(Endorsement)).scalar_one() - before
            counted = tx.look(select(func.sum(col(Question.endorsed)))).scalar_one()
        lost = done["sent"] - done["kept"] + abs(done["kept"] - stand) + abs(counted - stand - before)
        rate = done["kept"] / done["within"]
        return [
            absolute("2,000 endorsements a second for 5 s: lost", lost, "", most=0),
            Figure("kept a second", round(rate), "", None, None, "≥ 1,800", rate >= 1_800),
        ]

    def _back(self) -> list[Figure]:
        count = min(COMING_BACK, self.attendees)
        before = self._pictures()
        back = self.crowd("come_back", count)
        pictures = (self._pictures() - before) / max(back["seconds"], 1)
        return [
            absolute(f"{count:,} lose the line and are all back within", back["seconds"], "s", most=20),
            absolute("whole pictures read for them, a second", pictures, "", most=5),
        ]

    def _pictures(self) -> int:
        """The server writes it down when it is asked."""
        path = self.folder / "pictures"
        path.unlink(missing_ok=True)
        os.kill(self.house.pid, signal.SIGUSR1)
        for _ in range(100):
            if path.exists() and (text := path.read_text()):
                return int(text)
            time.sleep(0.05)
        return 0

    def _stalled(self) -> list[Figure]:
        before = self._p99("calm")
        self.crowd("stall", max(1, self.attendees // 100))
        for number in range(20):
            self.crowd("ask", f"filling{number:04}.")
        after = self._p99("stalled")
        change = (after - before) / before * 100
        return [absolute("1 % read nothing: others wait longer by", max(0.0, change), "%", most=20)]

    def _p99(self, name: str) -> float:
        """Without the wait for the tick, which is another one each time."""
        rounds = [self.crowd("ask", f"{name}{number:04}.") for number in range(ROUNDS)]
        return sorted(one["p99"] - min(one["acknowledged"], one["p99"]) for one in rounds)[ROUNDS // 2]


def _all_reached(name: str, round_: dict[str, Any], value: float, *, most: float) -> Figure:
    everybody = round_["reached"] == round_["wanted"]
    return Figure(name, round(value, 3), "s", None, None, f"≤ {most:g} s", everybody and value <= most)


@contextmanager
def _reading(folder: Path) -> Generator[Transaction]:
    db = Database(settings.load({}, data_dir=folder).database)
    with db.reading() as tx:
        yield tx
    db.close()


def prepared(folder: Path, attendees: int) -> list[str]:
    """A space, an open hall in which questions are read at once, and a seat for each attendee."""
    chosen = settings.load({}, data_dir=folder)
    keyring.create(chosen.keys_dir)
    without_limits(folder)
    db = Database(chosen.database)
    history.upgrade(db)
    now = datetime.now(UTC)
    with db.transaction() as tx:
        space_id, _ = people(tx)
        tx.session.add(RoleGrant(member_id=1, space_id=space_id, role=str(Role.HOST)))
        host = accounts.start_session(tx, 1, at=now, lifetime=timedelta(days=1), persistent=True, second_factor=True)
        new = NewHall(["en"], "en", {"en": "Water"}, {}, Risk.ORDINARY, rehearsal=False, timezone="UTC")
        hall = rules.begin(tx, space_id, new)
        tx.session.flush()
        tx.run(Hall.__table__.update().values(state=HallState.OPEN, premoderated=False, watched_at=now))  # type: ignore[attr-defined]
        seats = [new_session_token() for _ in range(attendees)]
        ends = now + timedelta(hours=8)
        rows = [
            Seat(hall_id=hall.id, name=f"Seat {n}", token_hash=token_hash(seat), language="en", expires_at=ends)
            for n, seat in enumerate(seats)
        ]
        tx.run(insert(Seat), [row.model_dump(exclude={"id"}) for row in rows])
        questions = _questions(tx, hall.id, now)
    db.close()
    told = {"code": hall.code, "seats": [f"seat={seat}" for seat in seats], "host": f"session={host}"}
    (folder / "hall.json").write_text(json.dumps(told), "utf-8")
    return questions


def _questions(tx: Any, hall_id: int, at: datetime) -> list[str]:
    found: list[str] = []
    for number in range(1, QUESTIONS + 1):
        row = Question(
            hall_id=hall_id, number=number, state=QuestionState.APPROVED, language="en", rules=[], asked_at=at
        )
        tx.session.add(row)
        tx.session.flush()
        assert row.id is not None
        tx.session.add(QuestionText(question_id=row.id, language="en", kind="original", text=f"Question {number}?"))
        found.append(str(row.public_id))
    return found
