"""What the page of a case shows of keeping it longer than usual."""

from collections.abc import Mapping

from server.private.call import Call
from server.private.casework import Opened
from server.private.facts import day_of, half_day
from server.web.words import full_day

_CHOICES = (30, 60, 90, 120, 180)
"""Days; no line of one row, in which Enter would send what is half written."""


def holding(call: Call, found: Opened) -> Mapping[str, object]:
    """Until when it is kept, and what somebody asked for."""
    until = found.case.facts.held_until
    until = None if until is None or until <= half_day(call.now) else until
    most = call.work.reporting.keeping.legal_hold_days
    asked = call.work.holding.asked(found, at=call.now)
    return {
        "held_until": "" if until is None else full_day(day_of(until)),
        "hold_asked": None
        if asked is None
        else {
            "id": str(asked.id),
            "name": asked.name,
            "days": asked.days,
            "reason": asked.reason,
            "mine": _is_mine(call, asked.person),
        },
        "hold_most": most,
        "hold_choices": [("", "—"), *((str(days), str(days)) for days in _CHOICES if days <= most)],
    }


def _is_mine(call: Call, person: object) -> bool:
    return call.kept is not None and call.kept.get("person") == str(person)
