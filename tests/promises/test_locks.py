"""The lock files hold what every supported Python needs, and not only the one that they were made with."""

import os
import re
import subprocess
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from server.places import CHECKOUT

PYTHONS = ("3.11.0", "3.11.2", "3.11.9", "3.12.0", "3.13.0", "3.14.0")


def locked(name: str) -> dict[str, set[str]]:
    """The names in a lock file, each with its extras."""
    lines = re.findall(r"^([a-z0-9._-]+)(?:\[(.*)\])?==", (CHECKOUT / name).read_text("utf-8"), re.MULTILINE)
    return {found: set(extras.split(",")) - {""} for found, extras in lines}


def wanted(name: str, python: str, extras: set[str]) -> set[str]:
    """What an installed library asks for on this Python, with these of its extras."""
    around = {"python_full_version": python, "python_version": ".".join(python.split(".")[:2])}
    asked = [Requirement(line) for line in requires(name) or ()]
    return {
        canonicalize_name(one.name)
        for one in asked
        if one.marker is None or any(one.marker.evaluate({**around, "extra": extra}) for extra in ("", *extras))
    }


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_library_that_a_locked_one_needs_is_locked(lock: str, python: str) -> None:
    """pip refuses the whole file when one is missing: a machine with an older Python could install nothing."""
    there = locked("requirements.lock") | locked(lock)
    assert len(there) > 30
    missing: set[str] = set()
    for name, extras in locked(lock).items():
        try:
            missing |= {f"{name} needs {other}" for other in wanted(name, python, extras) - set(there)}
        except PackageNotFoundError:  # for another system than this one
            continue
    assert missing == set()


def test_the_script_runs_nothing_that_lies_in_the_folder_it_is_called_in(tmp_path: Path) -> None:
    """A service's folder is one that the service may write to, and an operator calls commands in it as root."""
    if not (CHECKOUT / ".venv/bin/python").exists():
        pytest.skip("this checkout was not started by its own script")
    for name in ("server", "moderation", "pip", "venv", "ensurepip"):
        (tmp_path / name).mkdir()
        for file in ("__init__.py", "__main__.py"):
            (tmp_path / name / file).write_text('raise SystemExit("taken over")')
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [str(CHECKOUT / "baraza"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "taken over" not in done.stdout + done.stderr
