"""Where one is in a long list: the page asked for, and the links to the pages around it."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Pager:
    """Where one is in a long list."""

    number: int
    pages: int
    previous: str | None
    next: str | None
    last: str | None


def pager(
    visit: Visit, name: str, number: int, pages: int, *, query: Mapping[str, object] | None = None, **params: object
) -> Pager:
    """Links to the pages around this one; `query` is what the address asks for besides."""

    def link(to: int) -> str:
        return visit.url(name, {**(query or {}), **({"page": to} if to > 1 else {})} or None, **params)

    return Pager(
        number,
        pages,
        link(number - 1) if number > 1 else None,
        link(number + 1) if number < pages else None,
        link(pages) if number < pages - 1 else None,
    )


def wanted_page(visit: Visit, pages: int) -> int:
    """The page asked for in the address, kept within what exists."""
    asked = visit.query.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    return min(max(number, 1), pages)
