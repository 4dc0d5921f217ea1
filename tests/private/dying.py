"""A room that is killed after every single step: run as a program, because it forks and its children die.

Each act is begun on a copy of the same room and killed at its first step, at its second, and so on until it comes to
its end; a step is a statement or a commit in the database, or a change among the room's files. After each death a new
process opens what is left and looks at it.
"""

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlmodel import col

from server.crypto.sealed import audit, receipts
from server.private import database, keys, records
from server.private.desks import Topic
from server.private.filing import Concern
from server.private.migrations import history
from server.private.models import Leaf
from server.settings import Settings
from tests.doubles import StillClock
from tests.private.rooms import Ticking
from tests.private.scene import Scene

MOST_STEPS = 400
TEXT, MORE, ANSWER = "He wants me to come alone.", "Tomorrow, please.", "We believe you."
FILE_EVENTS = ("os.rename", "os.link", "os.remove")


@dataclass
class Told:
    """What the acts are about: a case that is there, and the form of one that is not there yet."""

    scene: Scene
    reporter: receipts.ReporterKeys
    case: UUID
    alias: str
    filing_key: bytes
    new: receipts.ReporterKeys

    @property
    def work(self) -> Any:
        """What is done in the room."""
        return self.scene.work

    @property
    def now(self) -> Any:
        """The present moment."""
        return self.scene.clock.now()

    def me(self, name: str) -> Any:
        """Somebody's open keys."""
        return self.scene.people[name].me

    def file(self) -> None:
        """Send the form of the new case."""
        concern = Concern(topic=Topic.SEA, text=TEXT, language="en")
        self.work.filing.file(concern, self.new, filing_key=self.filing_key, at=self.now)

    def texts(self, name: str, alias: str) -> list[str]:
        """What somebody at the desk reads in a case."""
        found = self.work.casework.opened(self.me(name), alias, at=self.now)
        assert not found.missing, "no letter may be gone"
        return [str(letter.body["text"]) for letter in found.letters if letter.body.get("text")]

    def in_trail(self, word: str) -> bool:
        """Whether a recovery officer finds such a line in the trail."""
        with self.work.db.reading() as tx:
            rows = tx.look(select(col(Leaf.day), col(Leaf.place), col(Leaf.box), col(Leaf.seal))).all()
        secret = self.scene.officers[0].box_secret
        lines = [audit.opened(audit.Leaf(*row), secret) for row in rows]
        return any(line is not None and line["what"] == word for line in lines)


@dataclass(frozen=True)
class Act:
    """Something that is acknowledged when it returns, and how one sees whether it was done."""

    do: Callable[[Told], object]
    done: Callable[[Told], bool]
    """Whether it was done wholly. Raises when it was done by halves."""


def _filed(told: Told) -> bool:
    assert told.work.wholeness.look().whole, "a crash is no alarm"
    known = told.work.conversations.find(told.new, at=told.now)
    told.file()  # what a browser does that got no answer: the same form once more
    again = told.work.conversations.find(told.new, at=told.now)
    assert again is not None and known in (None, again), "the same form is the same case"
    told.work.erasing.forget(at=told.now)
    with told.work.db.reading() as tx:
        cases = {case.id for case in records.every_case(tx, told.work.vault)}
        rows = set(records.names_of_cases(tx))
    assert cases == rows == set(told.work.vault.shred.keys()) == {told.case, again}, "no case twice, no stray key"
    assert told.texts("cleo", told.work.casework.alias_of(again)) == [TEXT]
    return known is not None


def _once(name: str, words: str) -> Callable[[Told], bool]:
    def done(told: Told) -> bool:
        times = told.texts(name, told.alias).count(words)
        assert times <= 1
        return times == 1

    return done


def _answered(told: Told) -> bool:
    at_desk = _once("dara", ANSWER)(told)
    shown = [one.text for one in told.work.conversations.shown(told.reporter, at=told.now).answers]
    assert (ANSWER in shown) == at_desk, "what the desk has sent, the reporter reads"
    return at_desk


def _epoch(told: Told) -> int:
    return int(told.work.casework.opened(told.me("dara"), told.alias, at=told.now).manifest.epoch)


def _recused(told: Told) -> bool:
    aliases = [line.alias for line in told.work.casework.work_list(told.me("cleo"), at=told.now)]
    gone = told.alias not in aliases
    assert gone == (_epoch(told) == 1)
    assert told.texts("dara", told.alias)[0] == TEXT
    assert told.in_trail("recused") or not gone, "whoever leaves a case leaves a line"
    told.work.conversations.add(told.reporter, MORE, at=told.now)
    assert MORE in told.texts("dara", told.alias), "the conversation goes on under the keys of that day"
    return gone


def _erased(told: Told) -> bool:
    told.work.erasing.forget(at=told.now)
    key = told.work.vault.shred.key(told.case)
    with told.work.db.reading() as tx:
        found = records.case_by_id(tx, told.work.vault, told.case)
    if key is None:
        assert found is None
        return True
    assert told.texts("dara", told.alias) == [TEXT]
    return False


def _withdrawn(told: Told) -> bool:
    with told.work.db.reading() as tx:
        case = records.case_by_id(tx, told.work.vault, told.case)
    assert case is not None and told.texts("dara", told.alias)[0] == TEXT
    return case.facts.withdrawn_at is not None


ACTS = {
    "file": Act(lambda told: told.file(), _filed),
    "add": Act(lambda told: told.work.conversations.add(told.reporter, MORE, at=told.now), _once("dara", MORE)),
    "answer": Act(lambda told: told.work.casework.answer(told.me("cleo"), told.alias, ANSWER, at=told.now), _answered),
    "note": Act(
        lambda told: told.work.casework.note(told.me("cleo"), told.alias, MORE, at=told.now), _once("dara", MORE)
    ),
    "recuse": Act(lambda told: told.work.succession.recuse(told.me("cleo"), told.alias, at=told.now), _recused),
    "withdraw": Act(lambda told: told.work.conversations.withdraw(told.reporter, at=told.now), _withdrawn),
    "erase": Act(lambda told: told.work.erasing.erase(told.case), _erased),
}


def prepared(folder: Path) -> Told:
    """The room with one case in it, closed again."""
    settings = Settings(data_dir=folder)
    keys.create(settings.private_dir)
    db = database.opened(settings.private_database)
    history.upgrade(db)
    db.close()
    scene = Scene(settings, StillClock(), Ticking())
    scene.everybody()
    _, reporter = scene.filed(TEXT)
    case = scene.work.conversations.find(reporter, at=scene.clock.now())
    filing_key = scene.work.filing_keys.read(scene.work.filing_keys.issue())
    receipt = receipts.receipt_for(filing_key, scene.work.vault.pepper)
    new = scene.work.derivation.keys(receipt)
    told = Told(scene, reporter, case, scene.work.casework.alias_of(case), filing_key, new)
    scene.close()
    return told


def in_a_child(work: Callable[[], None]) -> tuple[int, str]:
    """Do it in a process of its own: how it ended, and what it said."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(theirs, 1)
        code = 0
        try:
            work()
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            code = 1
        sys.stdout.flush()
        os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as out:
        said = out.read()
    _, status = os.waitpid(pid, 0)
    return (-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)), said


def deadly(left: int, folder: Path) -> None:
    """From now on every step is counted, and the last one is never taken."""
    steps = [left]

    def step(*_: object) -> None:
        steps[0] -= 1
        if steps[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(name: str, told: tuple[object, ...]) -> None:
        if name in FILE_EVENTS or (name == "open" and _writes(told, folder)):
            step()

    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    sys.addaudithook(heard)


def _writes(told: tuple[object, ...], folder: Path) -> bool:
    path, _, flags = told
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR)) and str(path).startswith(str(folder))


def killed_at(act: Act, told: Told, step: int, folder: Path) -> tuple[bool, bool]:
    """Whether it was killed there, and whether all of it was done. Raises when it was left by halves."""
    shutil.copytree(told.scene.settings.data_dir, folder)
    told.scene.settings = Settings(data_dir=folder)

    def dies() -> None:
        told.scene.house = told.scene.opened()
        deadly(step, folder)
        act.do(told)
        os._exit(0)

    def looks() -> None:
        told.scene.house = told.scene.opened()
        print(int(act.done(told)))

    code, said = in_a_child(dies)
    assert code in (0, -signal.SIGKILL), said
    ended, said = in_a_child(looks)
    assert ended == 0, f"killed at step {step}:\n{said}"
    shutil.rmtree(folder)
    assert code != 0 or said == "1\n", "what was acknowledged is there"
    return code != 0, said == "1\n"


def main(folder: Path, names: list[str]) -> None:
    """Kill every act at every step; print for each how many steps it has, and how many of its deaths came too late."""
    told = prepared(folder / "whole")
    whole = told.scene.settings
    for name in names:
        late = 0
        for step in range(1, MOST_STEPS):
            told.scene.settings = whole
            killed, done = killed_at(ACTS[name], told, step, folder / f"{name}-{step}")
            if not killed:
                print(json.dumps({"act": name, "steps": step - 1, "late": late}), flush=True)
                break
            late += done
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / "whole")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
