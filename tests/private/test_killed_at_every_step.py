"""The room's process is killed at every step of what it does: nothing that was acknowledged is lost, nothing is left
by halves, and nobody comes to a case or leaves one without a line in the trail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.places import CHECKOUT

FEWEST = {"file": 10, "recuse": 12, "erase": 8, "add": 4, "answer": 10, "note": 10, "withdraw": 4}
"""So many steps at least: a count that falls below has lost sight of something."""
OFTEN = ("file", "recuse")


def deaths_of(act: str, folder: Path) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.private.dying", str(folder), act]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("act", OFTEN)
def test_what_was_acknowledged_outlives_every_death(act: str, tmp_path: Path) -> None:
    assert deaths_of(act, tmp_path)["steps"] >= FEWEST[act]


@pytest.mark.full
@pytest.mark.parametrize("act", [act for act in FEWEST if act not in OFTEN])
def test_the_same_for_every_other_act(act: str, tmp_path: Path) -> None:
    assert deaths_of(act, tmp_path)["steps"] >= FEWEST[act]
