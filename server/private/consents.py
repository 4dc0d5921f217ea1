"""What the reporter has said yes to. A change shows at once and has its effect some days later, because somebody may
have been made to do it; until then it can be taken back."""

from dataclasses import dataclass
from enum import StrEnum

from server.private.facts import Facts, halves


class Consent(StrEnum):
    """What can be said yes or no to."""

    SERVICES = "services"
    """Pass what is needed to a service that can help."""
    INVESTIGATOR = "investigator"
    """Show it to whoever looks into it, without a name."""
    AGENCY = "agency"
    """Pass it to the organisation that is concerned."""
    INTERPRETER = "interpreter"
    """Let a certified interpreter read it."""
    OUTSIDE = "outside"
    """Let the office outside read it when nobody answers; the word in the first form counts until it is changed."""


@dataclass(frozen=True, slots=True)
class Said:
    """One consent as it stands: None when it was never asked. `coming` has its effect from the half-day `since`."""

    value: bool | None
    coming: bool | None = None
    since: int | None = None


def standing(known: Facts, *, now: int, hours: int) -> dict[Consent, Said]:
    """Every consent as it is now."""
    return {name: _one(known, name, now, hours) for name in Consent}


def holds(known: Facts, name: Consent, *, now: int, hours: int) -> bool:
    """Whether a yes is in force. A no stops it from the moment when it is said."""
    said = _one(known, name, now, hours)
    return bool(said.value) and said.coming is not False


def _one(known: Facts, name: Consent, now: int, hours: int) -> Said:
    value = known.consents.get(name.value)
    if value is None and name is Consent.OUTSIDE:
        value = known.may_release
    change = known.changes.get(name.value)
    if change is None:
        return Said(value)
    since = change + halves(hours=hours)
    coming = not value
    return Said(coming) if now >= since else Said(value, coming, since)


def changed(known: Facts, name: Consent, value: bool, *, now: int, hours: int) -> Facts:
    """The reporter says something else; saying the old thing again takes the change back."""
    is_now = _one(known, name, now, hours)
    consents = dict(known.consents)
    if is_now.value is not None:
        consents[name.value] = is_now.value
    changes = {key: half for key, half in known.changes.items() if key != name.value}
    if is_now.value is None and not value:
        return known.changed(consents={**consents, name.value: False}, changes=changes)
    if bool(is_now.value) != value:
        changes[name.value] = now
        consents = {**consents, name.value: bool(is_now.value)}
    return known.changed(consents=consents, changes=changes)
