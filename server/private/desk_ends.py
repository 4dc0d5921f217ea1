"""What is typed at the end of a case: passing it on, and keeping it for a court."""

from uuid import UUID

from server.errors import Invalid, say
from server.private.call import Call
from server.private.desk_files import Download
from server.private.parts import parts_of
from server.private.passing_views import ticked_parts
from server.private.people import Unlocked
from server.private.transferring import passable


def pass_on(call: Call, me: Unlocked, alias: str) -> None:
    """To another organisation. Raises Refused."""
    to = agency(call)
    reason = call.text("pass_reason", call.work.reporting.form.text_characters, required=True)
    chosen, without = _chosen(call, me, alias)
    call.work.transferring.pass_on(me, alias, to, chosen, reason, at=call.now, without=without)


def _chosen(call: Call, me: Unlocked, alias: str) -> tuple[set[UUID], set[str]]:
    """The messages of which anything was ticked, and of these what was not. Raises NotFound."""
    found = call.work.casework.looked_at(me, alias, at=call.now)
    parts = [part for letter in passable(found.letters) for part in parts_of(letter)]
    ticked = ticked_parts(call)
    return {part.letter for part in parts if part.name in ticked}, {part.name for part in parts} - ticked


def agency(call: Call) -> UUID:
    """The organisation that was chosen. Raises Invalid."""
    try:
        return UUID(call.value("agency"))
    except ValueError:
        raise Invalid(say("Please choose one."), field="agency") from None


def passed_file(call: Call, me: Unlocked, alias: str) -> Download:
    """The sealed file for the organisation; nothing of it is kept here, and its name says nothing. Raises Refused."""
    made = call.work.transferring.file(me, alias, agency(call), at=call.now)
    return Download("sealed.transfer", "application/octet-stream", len(made), iter([made]))


def ask_hold(call: Call, me: Unlocked, alias: str) -> None:
    """Ask a colleague to keep it longer. Raises Refused."""
    typed = call.text("hold_days", 10, required=True)
    if not typed.isdecimal():
        raise Invalid(say("Please write a number of days."), field="hold_days")
    reason = call.text("hold_reason", call.work.reporting.form.text_characters, required=True)
    call.work.holding.ask(me, alias, int(typed), reason, at=call.now)


def agree_hold(call: Call, me: Unlocked, alias: str) -> None:
    """Agree to it. Raises Refused."""
    call.work.holding.agree(me, alias, call.value("asked"), at=call.now, to_reporter=call.ticked("tell"))


def end_hold(call: Call, me: Unlocked, alias: str) -> None:
    """It need not be kept longer. Raises Refused."""
    reason = call.text("end_reason", call.work.reporting.form.text_characters, required=True)
    call.work.holding.end(me, alias, reason, at=call.now, to_reporter=call.ticked("tell_end"))
