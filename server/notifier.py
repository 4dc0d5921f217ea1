"""Tells the duty phone to look in: at fixed hours, with the same words every day, whether anything came or not.

The community's process does it, which knows nothing of what is filed. The command is run as it is written, without a
shell, with nothing of this process's environment, and is ended when it takes too long.
"""

import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from server.clock import rounded_to_the_hour
from server.errors import BootRefused

log = logging.getLogger("baraza")

WORDS = "Please look in."
"""The last argument, always: urgent or not, news or none."""
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
SECONDS = 30.0
WITHIN_MINUTES = 5
"""A server that begins later in the hour says nothing: when it began is nobody's business."""


@dataclass(slots=True)
class Notifier:
    """Runs the operator's command at the operator's hours (UTC)."""

    command: Sequence[str]
    hours: Sequence[int]
    seconds: float = SECONDS
    _done: datetime | None = None

    def run(self, at: datetime) -> None:
        """What is due now: once in each of the hours."""
        hour = rounded_to_the_hour(at)
        if hour.hour not in self.hours or at.minute >= WITHIN_MINUTES or self._done == hour:
            return
        self._done = hour
        failed = tell(self.command, seconds=self.seconds)
        if failed:
            log.error("the notifier %s", failed)


def tell(command: Sequence[str], *, seconds: float = SECONDS) -> str:
    """Run the command once; gives what went wrong, or nothing."""
    try:
        child = subprocess.Popen(  # noqa: S603  the operator's own command, and our own words
            [*command, WORDS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(ENVIRONMENT),
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        return f"could not be started: {error.strerror}"
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # what it has begun ends with it
        child.wait()
        return f"took longer than {seconds:g} seconds and was ended"
    return "" if status == 0 else f"ended with status {status}"


def told(command: Sequence[str], hours: Sequence[int]) -> str:
    """For `baraza check`. Raises BootRefused when it could not run."""
    if not command and not hours:
        return "none: somebody must look in by themselves"
    if not command or not hours:
        raise BootRefused("BARAZA_NOTIFIER_COMMAND and BARAZA_NOTIFIER_HOURS need each other.")
    if shutil.which(command[0], path=ENVIRONMENT["PATH"]) is None:
        raise BootRefused(f"The notifier's command {command[0]} cannot be found or run. Name it with its whole path.")
    return f"at {', '.join(f'{hour:02}:00' for hour in hours)} UTC; try it: baraza notify"
