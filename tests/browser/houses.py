"""Houses that a browser can be pointed at: the demonstration in a process of its own, and the community of a test."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp
import uvicorn

from server.logs import CONFIG
from server.places import CHECKOUT
from server.serving import bound
from server.wire import WiredProtocol
from tests.people import Community

START_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Account:
    """A sign-in that the demonstration prints."""

    role: str
    login: str
    passphrase: str
    totp_secret: str
    pseudonym: str
    spaces: list[str]

    @property
    def code(self) -> str:
        """The code of this half minute; empty for somebody who needs none."""
        return pyotp.TOTP(self.totp_secret).now() if self.totp_secret else ""


@dataclass(frozen=True, slots=True)
class FocalPoint:
    """Somebody at a desk of the demonstration."""

    role: str
    login: str
    passphrase: str
    totp_secret: str
    unlock_phrase: str
    pseudonym: str
    desks: list[str]

    @property
    def code(self) -> str:
        """The code of this half minute."""
        return pyotp.TOTP(self.totp_secret).now()


@dataclass(frozen=True, slots=True)
class Demo:
    """The demonstration, running."""

    address: str
    data: Path
    accounts: list[Account]
    desks: dict[str, "FocalPoint"]
    halls: dict[str, str]
    """The code of a town hall, by how it stands."""
    receipt: str
    pid: int

    def account(self, role: str) -> Account:
        """The first account of this role."""
        return next(account for account in self.accounts if account.role == role)

    def hall(self, state: str) -> str:
        """The code of the hall that is `open`, or of the one that is `closed`."""
        return self.halls[state]

    def says(self, *words: str) -> str:
        """What the command line answers about this installation."""
        command = [sys.executable, "-m", "server", *words, "--data", str(self.data)]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout

    def staff_link(self) -> str:
        """The path of a one-time link for a new moderator."""
        found = re.search(r"/staff/\S+", self.says("staff", "add", "moderator", "--space", "questions"))
        assert found is not None
        return found.group()


@contextmanager
def demonstration(folder: Path) -> Iterator[Demo]:
    """Start it as people start it, and wait until it says where it is."""
    data, accounts = folder / "data", folder / "accounts.json"
    command = [sys.executable, "-m", "server", "demo", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--accounts-json", str(accounts)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    impatience = threading.Timer(START_SECONDS, process.kill)
    impatience.start()
    try:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"Open (http://\S+)", line)
            if found:
                impatience.cancel()
                told = json.loads(accounts.read_text("utf-8"))
                listed = [Account(**entry) for entry in told if "spaces" in entry]
                desks = {entry["login"]: FocalPoint(**entry) for entry in told if "desks" in entry}
                halls = {entry["state"]: entry["code"] for entry in told if entry["role"] == "hall"}
                receipt = next(entry["receipt"] for entry in told if entry["role"] == "reporter")
                yield Demo(found.group(1), data, listed, desks, halls, receipt, process.pid)
                return
        raise AssertionError("The demonstration did not start:\n" + "".join(said))
    finally:
        impatience.cancel()
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def served(community: Community, listener: socket.socket | None = None) -> Iterator[str]:
    """The community of a test on a port of its own, so that the test can move its clock; gives the address."""
    listener = listener or bound("127.0.0.1", 0)
    config = uvicorn.Config(
        community.house.app, lifespan="off", access_log=False, log_config=CONFIG, ws=WiredProtocol,
        ws_per_message_deflate=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = community.portal.start_task_soon(server.serve, [listener])  # in the loop that knows its halls
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        serving.result()
        listener.close()
