"""`baraza received`: for an organisation to which cases are passed on, on its own computer."""

from pathlib import Path
from typing import Annotated

import typer

received_app = typer.Typer(
    help="For organisations that receive cases: keys, and opening what came. Run it on your own computer.",
    no_args_is_help=True,
)
Phrase = Annotated[Path | None, typer.Option("--passphrase-file", help="Take the passphrase from a file, ask nobody.")]


@received_app.command()
def new(
    name: Annotated[str, typer.Argument(help="A short name: small letters, digits, hyphens.")],
    organisation: Annotated[str, typer.Option(help="Whom you work for.")],
    site: Annotated[str, typer.Option(help="Where you work.")] = "",
    tie: Annotated[list[str] | None, typer.Option(help="Whom you are close to; may be given several times.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the two files.")] = Path(),
    passphrase_file: Phrase = None,
) -> None:
    """Make your keys: NAME.key stays with you, NAME.request goes to two recovery officers to be signed."""
    from server.received_work import make

    make(name, organisation=organisation, site=site, ties=tie or [], folder=out, phrase=passphrase_file)


@received_app.command("open")
def open_received(
    file: Annotated[Path, typer.Argument(help="What you were given.")],
    key: Annotated[Path, typer.Option("--key", help="Your key file.")],
    certificate: Annotated[Path, typer.Option(help="Your certificate, as the officers signed it.")],
    officers: Annotated[Path, typer.Option("--officers", help="Folder with the public files of their officers.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder for what is in it.")],
    passphrase_file: Phrase = None,
) -> None:
    """Check who sent it and that it is whole, and lay what is in it into a new folder."""
    from server.received_work import open_received as run

    run(file, key=key, certificate=certificate, officers=officers, out=out, phrase=passphrase_file)
