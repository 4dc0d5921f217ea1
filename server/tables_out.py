"""Tables on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under headings; plain when the output is no terminal."""
    console = Console(width=None if Console().is_terminal else 140)
    made = Table(*(Column(heading, overflow="fold") for heading in headings), title=title)
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    console.print(made)
