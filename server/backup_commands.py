"""`baraza backup`, `backup-keys` and `restore`: copies that two recovery officers open together."""

from pathlib import Path
from typing import Annotated

import typer

from server.errors import BootRefused

DataDir = Annotated[Path | None, typer.Option("--data", help="The data directory (else BARAZA_DATA_DIR, else ./var).")]
Folder = Annotated[Path | None, typer.Argument(help="Folder for the copy; else BARAZA_BACKUP_DIR.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands among the others."""
    app.command()(backup)
    app.command("backup-keys")(backup_keys)
    app.command()(restore)


def backup(folder: Folder = None, data: DataDir = None) -> None:
    """A copy of everything but the keys, while the server serves; sealed to the recovery officers. Older ones end."""
    from server.backups.keeping import kept
    from server.settings import load

    for line in kept(load(data_dir=data), folder):
        print(line)


def backup_keys(
    folder: Annotated[Path, typer.Argument(help="Folder for the copy, apart from every backup.")], data: DataDir = None
) -> None:
    """A copy of the keys alone, PEPPER and salts among them; sealed to the recovery officers, kept apart."""
    from server.backups.writing import backup_of_keys
    from server.clock import SystemClock
    from server.settings import load

    path = backup_of_keys(load(data_dir=data), folder, at=SystemClock().now())
    print(f"Written: {path}. Keep it apart from the backups: together they are the whole house.")


def restore(
    file: Annotated[Path, typer.Argument(help="A copy: of the keys first, then a backup.")],
    ask: Annotated[Path | None, typer.Option(help="Write here what the officers need to open it.")] = None,
    opened: Annotated[Path | None, typer.Option(help="What the second officer answered.")] = None,
    forgotten: Annotated[list[Path] | None, typer.Option(help="A newer forget list, if you have one.")] = None,
    data: DataDir = None,
) -> None:
    """Lay a copy into an empty data directory; what was erased since does not return. First --ask, then --opened."""
    from server.backups import restoring
    from server.clock import SystemClock
    from server.settings import load

    chosen = load(data_dir=data)
    if (ask is None) == (opened is None):
        raise BootRefused("First --ask REQUEST for the officers, then --opened with what the second one wrote.")
    if ask is not None:
        lines = restoring.ask(chosen, file, ask)
    else:
        assert opened is not None
        lines = restoring.restore(chosen, file, opened, at=SystemClock().now(), forgotten=forgotten or ())
    for line in lines:
        print(line)
