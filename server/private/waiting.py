"""What waits for a second person: somebody who reads a case asks the others, and they see it on their list.

The room itself knows only that something may wait in a case, and until when. What it is, and for whom, stands in signed
letters, which are opened for the reader who looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from server.crypto.sealed.boxes import Damaged
from server.errors import NotFound, Refused
from server.private.casework import Casework, Line, Opened
from server.private.desk_files import DeskFiles
from server.private.holding import Holding
from server.private.people import Unlocked
from server.private.roster import Roster
from server.private.succession import LOOK_DAYS


class Asks(StrEnum):
    """What a colleague asks for."""

    ORIGINAL = "original"
    HOLD = "hold"
    GIVEN = "given"
    """To look at a case that they gave."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits for me: who asks, why, and which file it is about, if it is one."""

    what: Asks
    name: str
    reason: str
    file: int = 0


class Waits:
    """Finds what waits for somebody."""

    def __init__(self, roster: Roster, casework: Casework, files: DeskFiles, holding: Holding) -> None:
        self._roster = roster
        self._casework = casework
        self._files = files
        self._holding = holding

    def on_list(self, me: Unlocked, lines: Sequence[Line], *, at: datetime) -> frozenset[str]:
        """The cases of the list in which something waits for me, by what the desk calls them."""
        return frozenset(line.alias for line in lines if line.asks and self._in(me, line.alias, at))

    def of(self, me: Unlocked, found: Opened, *, at: datetime) -> list[Waiting]:
        """What waits for me in this case."""
        waiting = [
            Waiting(Asks.ORIGINAL, one.asked_by, one.reason, one.number)
            for one in self._files.listed(me, found, at=at)
            if one.may_open and not one.opened
        ]
        asked = self._holding.asked(found, at=at)
        if asked is not None and asked.person != me.person and not self._roster.only_interprets(me.person):
            waiting.append(Waiting(Asks.HOLD, asked.name, asked.reason))
        return [*waiting, *self._given(me, found, at)]

    def _in(self, me: Unlocked, alias: str, at: datetime) -> bool:
        try:
            return bool(self.of(me, self._casework.looked_at(me, alias, at=at), at=at))
        except (Refused, NotFound, Damaged):
            return False  # its page says what is wrong with it

    def _given(self, me: Unlocked, found: Opened, at: datetime) -> list[Waiting]:
        """A case that a colleague let me read, until I write something in it or two weeks are over."""
        readers: set[str] = set()
        given: Waiting | None = None
        for letter in found.letters:
            if self._roster.person_of(letter.author) == me.person:
                given = None
            named = letter.body.get("readers")
            if not isinstance(named, list):
                continue
            now = {str(one) for one in cast("list[object]", named)}
            fresh = at.date() - letter.day <= timedelta(days=LOOK_DAYS)
            if letter.body.get("why") == "handed_over" and fresh and str(me.person) in now - readers:
                given = Waiting(Asks.GIVEN, letter.name, str(letter.body.get("text", "")))
            readers = now
        return [] if given is None else [given]
