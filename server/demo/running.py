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
    table(
        "Sign-ins of the demonstration (staff also need a code from the TOTP secret)",
        ("Role", "Sign-in name", "Secret words", "TOTP secret", "Seen as", "Spaces"),
        [(s.role, s.login, s.passphrase, s.totp_secret, s.pseudonym, ", ".join(s.spaces)) for s in seeded.sign_ins],
    )
    table(
        f"Town halls ({address}/halls; the code is enough to come in)",
        ("Code", "State", "Title"),
        [(hall.code, hall.state, hall.title) for hall in seeded.halls],
    )
    table(
        f"At the desks ({address}/desk; the secret words open the keys too)",
        ("Sign-in name", "Secret words", "TOTP secret", "Seen as", "Desks"),
        [(s.login, s.words, s.totp_secret, s.name, ", ".join(s.desks)) for s in told.sign_ins],
    )
    typer.echo(f"A number that opens an answer at {address}/help: {told.receipt}")
    run(house, listener, ready=lambda: typer.echo(f"Open {address}  (plain http: for a demonstration only)"))


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
