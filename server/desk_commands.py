"""`baraza desk`: what an operator does for the people at the desks. Nothing here opens anything that was told."""

from pathlib import Path
from typing import Annotated

import typer

desk_app = typer.Typer(help="The private room: its people, and what recovery officers need.", no_args_is_help=True)
DataDir = Annotated[Path | None, typer.Option("--data", help="The data directory (else BARAZA_DATA_DIR, else ./var).")]


@desk_app.command("invite")
def invite(data: DataDir = None) -> None:
    """A one-time code with which somebody makes keys at /desk/join; worth nothing without two officers' signatures."""
    from server.desk_work import room

    with room(data) as work:
        print(f"For one person, once: {work.people.invite()}")


@desk_app.command("people")
def people(data: DataDir = None) -> None:
    """Who holds a certificate today, and which desks lack readers. Status 1 when one does."""
    from server.desk_work import room, told

    with room(data) as work:
        fine, lines = told(work)
    for line in lines:
        print(line)
    raise SystemExit(0 if fine else 1)


@desk_app.command("revoke")
def revoke(
    paper: Annotated[Path, typer.Argument(help="A revocation, signed by an officer.")], data: DataDir = None
) -> None:
    """Take a signed revocation in: from its day on that certificate says nothing."""
    from server.desk_work import revoked, room

    with room(data) as work:
        print(revoked(work, paper))


@desk_app.command("agency")
def agency(
    paper: Annotated[Path, typer.Argument(help="An organisation's certificate, signed by two officers.")],
    data: DataDir = None,
) -> None:
    """Take an organisation in, to which a case may be passed on sealed when its reporter agrees."""
    from server.desk_work import agency_admitted, room

    with room(data) as work:
        print(agency_admitted(work, paper))


@desk_app.command("bundle")
def bundle(
    out: Annotated[Path, typer.Argument(help="A new file, for the first recovery officer.")], data: DataDir = None
) -> None:
    """Write what two officers need to give the open cases to a successor. It opens nothing by itself."""
    from server.desk_work import bundled, room

    with room(data) as work:
        print(bundled(work, out))


@desk_app.command("recovered")
def recovered(
    file: Annotated[Path, typer.Argument(help="What the second officer wrote.")],
    person: Annotated[str, typer.Option(help="The successor's number, as the certificate says.")],
    data: DataDir = None,
) -> None:
    """Lay the successor's keys in. Everybody who reads these cases sees it in them."""
    from server.desk_work import laid_in, room

    with room(data) as work:
        print(laid_in(work, file, person))


@desk_app.command("settle")
def settle(
    yes: Annotated[bool, typer.Option("--yes", help="An officer has looked into it: ask nothing.")] = False,
    data: DataDir = None,
) -> None:
    """Erase what is left of cases whose row or key is gone or was changed. Only after an officer has looked into it."""
    from server.desk_work import room, settled

    if not yes:
        typer.confirm("Has a recovery officer looked into it? A copy of the keys cannot bring these back.", abort=True)
    with room(data) as work:
        print(settled(work))
