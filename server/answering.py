"""What an operator starts: the server, in one process or several, and the private room beside it."""

import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import typer

from moderation.policy import PolicyError
from server.app import House, build
from server.crypto import keyring
from server.errors import BootRefused
from server.findings import judge, tried
from server.private.keeping import RoomKeeper, refuse_unready
from server.serving import bound, run
from server.settings import Settings
from server.workers import Workers, end_with


def serve(chosen: Settings, *, host: str, port: int, workers: int = 1) -> None:
    """Run the server until it is told to stop."""
    if workers > 1 and not (chosen.redis_url and chosen.database.startswith("postgresql")):
        raise BootRefused("More than one worker needs PostgreSQL (BARAZA_DATABASE_URL) and Redis (BARAZA_REDIS_URL).")
    if chosen.private_socket is None:
        keyring.load(chosen.keys_dir)
        refuse_unready(chosen)
    listener = bound(host, port)
    with private_room(chosen) as room:
        if workers > 1:
            Workers(chosen, listener, room, host, workers).run()
        else:
            _answer(chosen, _built(chosen, room, listener), listener, host)


def work(chosen: Settings, *, fd: int, life: int, room: Path, host: str, announce: bool) -> None:
    """Be one of several processes, until told to stop or until the one that keeps them has gone."""
    end_with(life)
    listener = socket.socket(fileno=fd)
    house = _built(chosen, room, listener)
    _answer(chosen, house, listener, host) if announce else run(house, listener, ready=lambda: None)


def _built(chosen: Settings, room: Path, listener: socket.socket) -> House:
    try:
        return build(chosen, room=room)
    except PolicyError as error:
        listener.close()
        raise BootRefused(f"The policies cannot be used. {error} A folder of your own must be complete.") from None


@contextmanager
def private_room(chosen: Settings, *, operator: str = "Baraza", demonstration: bool = False) -> Generator[Path]:
    """Where the private room listens: at the operator's socket, or in a process that is kept for this long.

    Only a demonstration makes what it needs without being asked.
    """
    if chosen.private_socket is not None:
        yield chosen.private_socket
        return
    signal.signal(signal.SIGTERM, _end)
    with RoomKeeper(chosen, operator=operator, demonstration=demonstration, prepares=demonstration) as keeper:
        yield keeper.path


def _end(_signal: int, _frame: object) -> None:
    """The server has stopped by then and says so with the same signal: the room is ended in good order, too."""
    raise SystemExit(128 + signal.SIGTERM)


def serve_private(chosen: Settings) -> None:
    """Keep the private room, for a community that only connects; until told to stop."""
    if chosen.private_socket is None:
        raise BootRefused("BARAZA_PRIVATE_SOCKET must name the socket at which the community finds the room.")
    told = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        told.set()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, stop)
    with RoomKeeper(chosen, prepares=True) as keeper:
        typer.echo(f"The private room answers at {keeper.path}")
        told.wait()


def _answer(chosen: Settings, house: House, listener: socket.socket, host: str) -> None:
    address = chosen.public_url or f"http://{'localhost' if host == '127.0.0.1' else host}:{listener.getsockname()[1]}"

    def ready() -> None:
        typer.echo(f"Baraza answers at {address}")
        if not chosen.public_url.startswith("https://"):
            typer.echo("Over plain http anybody on the network can read along. Put a TLS proxy in front.")
        if chosen.classifier != "embedded":
            finding = tried("classifier", lambda: judge(chosen))
            instead = "" if finding.fine else " The embedded model judges in its place."
            typer.echo(f"Texts are judged by {finding.sentence}" if finding.fine else finding.sentence + instead)
        for language in house.services.policies.languages:
            if language.reviewed == "machine-drafted":
                typer.echo(f"Not yet read by a person: the texts in {language.native_name} ({language.code}).")

    run(house, listener, ready=ready)
