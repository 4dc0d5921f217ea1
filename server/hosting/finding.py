"""What the addresses of hosts and stewards point at."""

from dataclasses import dataclass

from server.database import Transaction
from server.hosting import queries
from server.hosting.forms import is_language
from server.hosting.queries import ChangeRow
from server.permissions import Place
from server.spaces.queries import SpaceRow, space_by_slug
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The words of a space in one language."""

    space: SpaceRow
    language: str

    @property
    def place(self) -> Place:
        """Where the space is."""
        return self.space.place


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change of a space, proposed or decided."""

    space: SpaceRow
    change: ChangeRow

    @property
    def place(self) -> Place:
        """Where the space is."""
        return self.space.place


def the_space(tx: Transaction, visit: Visit) -> SpaceRow | None:
    """The space in the address."""
    return space_by_slug(tx, visit.request.path_params["space"])


def the_words(tx: Transaction, visit: Visit) -> InLanguage | None:
    """The space and the language in the address."""
    space, language = the_space(tx, visit), visit.request.path_params["language"]
    return InLanguage(space, language) if space is not None and is_language(language) else None


def the_change(tx: Transaction, visit: Visit) -> Proposed | None:
    """The change in the address; it belongs to the space in the address, or is not there."""
    space = the_space(tx, visit)
    change = queries.change_of(tx, space.id, visit.reference("change")) if space is not None else None
    return Proposed(space, change) if space is not None and change is not None else None
