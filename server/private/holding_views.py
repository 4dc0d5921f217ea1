"""What the page of a case shows of keeping it longer than usual."""

from collections.abc import Mapping

from server.private.call import Call
from server.private.casework import Opened
from server.private.facts import day_of
from server.web.words import full_day


def holding(call: Call, found: Opened) -> Mapping[str, object]:
    """Until when it is kept, and what somebody asked for."""
    until = found.case.facts.held_until
    asked = call.work.holding.asked(found, at=call.now)
    return {
        "held_until": "" if until is None else full_day(day_of(until)),
        "hold_asked": None
        if asked is None
        else {"name": asked.name, "days": asked.days, "reason": asked.reason, "mine": _is_mine(call, asked.person)},
        "hold_most": call.work.reporting.keeping.legal_hold_days,
    }


def _is_mine(call: Call, person: object) -> bool:
    return call.kept is not None and call.kept.get("person") == str(person)
