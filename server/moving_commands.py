"""`baraza export` and `baraza import`: a whole community in a folder of plain files."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option("--data", help="The data directory (else BARAZA_DATA_DIR, else ./var).")]


def add_to(app: typer.Typer) -> None:
    """Put these commands among the others."""
    app.command("export")(export)
    app.command("import")(import_)


def export(folder: Annotated[Path, typer.Argument(help="A new or empty folder.")], data: DataDir = None) -> None:
    """The community as plain files, to be laid into another installation or the other kind of database; no keys."""
    from server.clock import SystemClock
    from server.moving import writing
    from server.settings import load

    for line in writing.export(load(data_dir=data), folder, clock=SystemClock()):
        print(line)


def import_(
    folder: Annotated[Path, typer.Argument(help="A folder that `baraza export` wrote.")],
    without_sign_ins: Annotated[
        bool, typer.Option("--without-sign-ins", help="The keys are lost: nobody can sign in with their words.")
    ] = False,
    old: Annotated[bool, typer.Option("--old", help="Also an export that is older than a backup may be.")] = False,
    forgotten: Annotated[
        list[Path] | None, typer.Option(help="A newer forget list of that installation, or a folder with lists.")
    ] = None,
    data: DataDir = None,
) -> None:
    """Lay an exported community into an empty database: all of it, or nothing."""
    from server.clock import SystemClock
    from server.moving import laying
    from server.settings import load

    at, lists = SystemClock().now(), forgotten or ()
    for line in laying.import_(
        load(data_dir=data), folder, at=at, without_sign_ins=without_sign_ins, old=old, forgotten=lists
    ):
        print(line)
