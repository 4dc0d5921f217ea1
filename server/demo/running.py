"""`baraza demo`: makes the community and serves it."""

import json
import os
import socket
from dataclasses import asdict
from pathlib import Path

import typer

from server.answering import private_room
from server.app import House, build
from server.clock import SystemClock
from server.crypto import keyring
from server.database import Database
from server.demo import content_files
from server.demo.reporting import RoomSeed, seed_room
from server.demo.seeding import Seeded, seed
from server.errors import BootRefused
from server.migrations import history
from server.serving import bound, run
from server.settings import Settings
from server.tables_out import table

OPERATOR = "Bridge Network"


def run_demo(*, host: str, port: int, data_dir: Path, accounts: Path | None) -> None:
    """Fill a new data directory, print the sign-ins, serve."""
    listener = bound(host, port)
    name = "localhost" if host == "127.0.0.1" else host
    address = f"http://{name}:{listener.getsockname()[1]}"
    settings = Settings(data_dir=data_dir, public_url=address)
    if (data_dir / "community.sqlite3").exists():
        raise BootRefused(f"{data_dir} holds a community already. Give the demonstration a folder of its own.")
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring.create(settings.keys_dir)
    database = Database(settings.database)
    history.upgrade(database)
    database.close()
    told = seed_room(settings, today=SystemClock().now().date())
    with private_room(settings, operator=OPERATOR, demonstration=True) as room:
        house = build(settings, operator=OPERATOR, demonstration=True, room=room)
        _seed_and_serve(house, listener, address, accounts, told)


def _seed_and_serve(house: House, listener: socket.socket, address: str, accounts: Path | None, told: RoomSeed) -> None:
    seeded = seed(house.services, content_files.read(), today=SystemClock().now().date())
    if accounts is not None:
        _write(accounts, seeded, told)
    typer.echo("Sign-ins of the demonstration (staff also need a code from the TOTP secret)\n")
    for s in seeded.sign_ins:
        _person(s.role, s.login, s.passphrase, s.totp_secret, f"{s.pseudonym}, in {', '.join(s.spaces)}")
    table(
        f"Town halls ({address}/halls; the code is enough to come in)",
        ("Code", "State", "Title"),
        [(hall.code, hall.state, hall.title) for hall in seeded.halls],
    )
    typer.echo(f"At the desks ({address}/desk; the secret words open the keys too)\n")
    for s in told.sign_ins:
        _person("focal_point", s.login, s.words, s.totp_secret, f"{s.name}, at {', '.join(s.desks)}")
    typer.echo(f"A number that opens an answer at {address}/help: {told.receipt}")
    run(house, listener, ready=lambda: typer.echo(f"Open {address}  (plain http: for a demonstration only)"))


def _person(role: str, login: str, words: str, secret: str, seen_as: str) -> None:
    """Each thing on a line of its own, so that it can be copied whole."""
    typer.echo(f"{role}: {login}")
    told = (("secret words", words), ("TOTP secret", secret), ("seen as", seen_as))
    typer.echo("".join(f"  {name:<13} {value}\n" for name, value in told if value))


def _write(path: Path, seeded: Seeded, told: RoomSeed) -> None:
    """For scripts; readable by its owner only."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        desks = [
            {
                "role": "focal_point",
                "login": entry.login,
                "passphrase": entry.words,
                "totp_secret": entry.totp_secret,
                "unlock_phrase": entry.words,
                "pseudonym": entry.name,
                "desks": entry.desks,
            }
            for entry in told.sign_ins
        ]
        reporter = {"role": "reporter", "receipt": told.receipt}
        members = [asdict(entry) for entry in seeded.sign_ins]
        halls = [{"role": "hall", **asdict(entry)} for entry in seeded.halls]
        json.dump([*members, *desks, *halls, reporter], file, ensure_ascii=False, indent=1)
