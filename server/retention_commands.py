"""`baraza forget`: what is too old goes, at once instead of tonight."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option("--data", help="The data directory (else BARAZA_DATA_DIR, else ./var).")]


def add_to(app: typer.Typer) -> None:
    """Put the command among the others."""
    app.command()(forget)


def forget(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each line.")] = False,
    data: DataDir = None,
) -> None:
    """Let go of everything in the community's database that is too old. The private room does this by itself."""
    from server import places, policies
    from server.clock import SystemClock
    from server.crypto import keyring
    from server.crypto.keyring import Purpose
    from server.database import Database
    from server.migrations import history
    from server.retention import running
    from server.settings import load

    os.nice(10)  # who reads a page comes first
    chosen = load(data_dir=data)
    kept = policies.load(places.policies(chosen.data_dir)).retention
    key = keyring.load(chosen.keys_dir).key(Purpose.RETENTION)
    db, at = Database(chosen.database), SystemClock().now()
    try:
        history.check(db)
        lets = running.would_forget(db, kept, at=at) if dry_run else running.forget(db, kept, key, at=at)
        if not dry_run:
            running.rewrite(db, kept, at=at)
    finally:
        db.close()
    for let in lets:
        line = {"table": let.table, "lifetime": let.lifetime, "rows": let.rows, "held": let.held}
        kept_back = f", and {let.held} held" if let.held else ""
        print(json.dumps(line) if as_json else f"{let.rows:>9}  {let.table} ({let.lifetime}){kept_back}")
