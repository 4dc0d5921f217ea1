"""The commands `baraza officer`, for recovery officers on their own computers. They need no data directory."""

from pathlib import Path
from typing import Annotated

import typer

officer_app = typer.Typer(
    help="Recovery officers: keys that never touch the server, and what they sign. Run it on your own computer.",
    no_args_is_help=True,
)

Key = Annotated[Path, typer.Option("--key", help="Your key file.")]
Out = Annotated[Path, typer.Option("--out", help="Where the result is written.")]
Phrase = Annotated[Path | None, typer.Option("--passphrase-file", help="Take the passphrase from a file, ask nobody.")]
Officers = Annotated[Path | None, typer.Option("--officers", help="Folder with the public files of all officers.")]
Yes = Annotated[bool, typer.Option("--yes", help="You have compared everything already: ask nothing.")]


@officer_app.command()
def new(
    name: Annotated[str, typer.Argument(help="A short name: small letters, digits, hyphens.")],
    organisation: Annotated[str, typer.Option(help="Whom you work for.")],
    site: Annotated[str, typer.Option(help="Where you work.")],
    tie: Annotated[
        list[str] | None,
        typer.Option(help="An office that you are close to; may be given more than once."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the two files.")] = Path(),
    passphrase_file: Phrase = None,
) -> None:
    """Make your keys: NAME.key stays with you, NAME.toml goes to the server and to the other officers."""
    from server.officer_work import make

    make(name, organisation=organisation, site=site, ties=tie or [], folder=out, phrase=passphrase_file)


@officer_app.command()
def show(
    file: Annotated[Path, typer.Argument(help="An officer's public file, a request, a certificate or a revocation.")],
    officers: Officers = None,
) -> None:
    """What a file says, and who signed it."""
    from server.officer_work import show as run

    run(file, officers=officers)


@officer_app.command()
def certify(
    request: Annotated[Path, typer.Argument(help="The request of a focal point, or one that others signed before.")],
    key: Key,
    out: Annotated[Path | None, typer.Option("--out", help="Where it is written; else REQUEST is extended.")] = None,
    officers: Officers = None,
    passphrase_file: Phrase = None,
    yes: Yes = False,
) -> None:
    """Sign that these keys belong to this person, who may read for this desk. Two officers must."""
    from server.officer_work import certify as run

    run(request, key=key, out=out or request, officers=officers, phrase=passphrase_file, asked=yes)


@officer_app.command()
def revoke(
    certificate: Annotated[Path, typer.Argument(help="The certificate that must say nothing any more.")],
    key: Key,
    out: Out,
    day: Annotated[str, typer.Option(help="From this day on (2026-05-31); else from today.")] = "",
    passphrase_file: Phrase = None,
    yes: Yes = False,
) -> None:
    """Take a certificate back. One officer is enough."""
    from server.officer_work import revoke as run

    run(certificate, key=key, out=out, day=day, phrase=passphrase_file, asked=yes)


@officer_app.command()
def recover(
    bundle: Annotated[Path, typer.Argument(help="What the server wrote, or what the first officer made of it.")],
    key: Key,
    certificate: Annotated[Path, typer.Option(help="The certificate of the successor.")],
    officers: Annotated[Path, typer.Option("--officers", help="Folder with the officers' files and all revocations.")],
    out: Out,
    passphrase_file: Phrase = None,
    yes: Yes = False,
) -> None:
    """Hand cases to a successor when no reader is left: the first officer opens half, the second the rest."""
    from server.officer_work import recover as run

    run(bundle, key=key, certificate=certificate, officers=officers, out=out, phrase=passphrase_file, asked=yes)


@officer_app.command("open")
def open_copy(
    request: Annotated[Path, typer.Argument(help="What the restoring machine wrote, or the first officer.")],
    key: Key,
    out: Out,
    passphrase_file: Phrase = None,
    yes: Yes = False,
) -> None:
    """Open a sealed copy for the machine that restores: the first officer begins, the second ends."""
    from server.officer_opening import open_copy as run

    run(request, key=key, out=out, phrase=passphrase_file, asked=yes)
