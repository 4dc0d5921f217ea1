"""Forget lists of the old installation, laid over what came in: nobody's step back is undone by an older export.

A list that somebody names must open. One that does not is either torn or somebody else's, and to go on without it would
bring back what it speaks of.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from server.crypto.keyring import Keyring, Purpose
from server.crypto.sealed import forget_lists
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.forget_lists import ForgetList
from server.database import Transaction
from server.errors import BootRefused, Refused
from server.forgetting import rules
from server.forgetting.lists import COMMUNITY
from server.moving.reading import Export, opened

PATTERN = f"forgotten-{COMMUNITY}*.list"
"""Lists of the private room may lie in the same folder; they have their own way."""
MOST_BYTES = 256 * 1024 * 1024
TELLS_LESS = f"The list is of an older version: {rules.TELLS_LESS}"
NOT_OURS = "is torn, or no forget list of the community with these keys. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Lists:
    """What is laid over an export of a day: lists from that day on, the newest first; there may be none."""

    key: bytes
    exported: date
    found: tuple[ForgetList, ...]

    @classmethod
    def given(cls, places: Iterable[Path], keys: Keyring, export: Export, *, today: date) -> "Lists":
        """Every list among these files and folders, as long as it speaks of the time since. Raises BootRefused."""
        exported = export.day
        key = keys.key(Purpose.COPIES)
        every = [_list(file, key, today) for place in places for file in _files(place)]
        newer = sorted((one for one in every if one.at.date() >= exported), key=lambda one: one.at, reverse=True)
        if every and not newer:
            raise BootRefused("Every forget list that you named is from before the export. Nothing was changed.")
        if newer and newer[0].at.date() == exported:
            _one_knows(newer, rules.name_of(key, rules.EXPORT, export.checksums))
        return cls(key, exported, tuple(newer))

    def laid_over(self, tx: Transaction, *, at: datetime) -> list[str]:
        """Take away what went since the export. Gives the lines to print. Raises BootRefused."""
        day = self.exported.isoformat()
        if not self.found:
            return [f"This is as of {day}. What was taken back or erased since is here again: take it away now."]
        try:
            went = rules.take_away(tx, self.key, self.found, at=at)
        except Refused as refused:
            raise BootRefused(f"The forget list cannot be laid over it: {refused} Nothing was changed.") from None
        return list(self._told(went))

    def _told(self, went: Counter[str]) -> Iterator[str]:
        until, since = self.found[0].at, forget_lists.known_since(self.found).date()
        rights = sum(went[kind] for kind in (rules.ROLE, rules.HALL_ROLE, rules.BADGE, rules.PASSKEY, rules.DRAFT))
        yield (
            f"This is as of {self.exported.isoformat()};"
            f" what was taken back until {until:%Y-%m-%d %H:%M} UTC went again: {went[rules.MESSAGE]} messages,"
            f" {went[rules.NAME]} names, {went[rules.ACCOUNT]} accounts, {rights} roles, badges, passkeys and drafts,"
            f" {went[rules.QUESTION]} questions of halls."
        )
        if went[rules.HIDDEN]:
            yield (
                f"{went[rules.HIDDEN]} messages that were hidden or given back since are hidden,"
                " and wait for a moderator."
            )
        if self.found[0].version < rules.VERSION:
            yield TELLS_LESS
        if since > self.exported:
            yield (
                f"No list tells of messages that were taken back before {since.isoformat()}."
                " They are here again: take them away now."
            )


def _one_knows(found: Iterable[ForgetList], export: bytes) -> None:
    """An export tells its day only. A list of some hours before it knows nobody who came in these hours, and would take
    them away; the list that an export writes, and those of the same day after it, know the export."""
    if not any(export in one.standing.get(rules.EXPORT, ()) for one in found):
        raise BootRefused(
            "The newest forget list knows nothing of this export: it is from some hours before it, or from another"
            " folder than the one into which the export wrote its own. Take that one. Nothing was changed."
        )


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    if not (found := sorted(place.glob(PATTERN))):
        raise BootRefused(f"There is no forget list of the community in {place}. Nothing was changed.")
    return found


def _list(file: Path, key: bytes, today: date) -> ForgetList:
    with opened(file.parent, file.name) as open_file:
        raw = open_file.read(MOST_BYTES + 1)
    try:
        found = forget_lists.opened(raw, key, part=COMMUNITY)
    except Damaged:
        raise BootRefused(f"{file.name} {NOT_OURS}") from None
    if found.at.date() > today:
        raise BootRefused(f"{file.name} is from a day that has not come yet. Nothing was changed.")
    return found
