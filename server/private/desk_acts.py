"""What is done in a case, from the fields of its form. Each raises Refused, and then every word comes back."""

from uuid import UUID

from server.errors import Invalid, say
from server.private.call import Call
from server.private.facts import State, Support
from server.private.people import Unlocked


def answer(call: Call, me: Unlocked, alias: str) -> None:
    """Write to the reporter."""
    text = call.text("text", call.work.reporting.form.text_characters, required=True)
    call.work.casework.answer(me, alias, text, at=call.now)


def note(call: Call, me: Unlocked, alias: str) -> None:
    """A note for those who read the case."""
    text = call.text("note", call.work.reporting.form.text_characters, required=True)
    call.work.casework.note(me, alias, text, at=call.now)


def move(call: Call, me: Unlocked, alias: str) -> None:
    """The next step of the concern."""
    state = call.value("state")
    if state not in set(State):
        raise Invalid(say("Please choose one."), field="state")
    told = State(state) is State.FEEDBACK_GIVEN or state.startswith(
        "outcome"
    )  # or the reporter reads only that it is so
    reason = call.text("reason", call.work.reporting.form.text_characters, required=told)
    call.work.casework.move(me, alias, State(state), reason, at=call.now)


def support(call: Call, me: Unlocked, alias: str) -> None:
    """The next step of the help."""
    support = call.value("support")
    if support not in set(Support):
        raise Invalid(say("Please choose one."), field="support")
    reason = call.text("support_reason", call.work.reporting.form.text_characters)
    call.work.casework.support(me, alias, Support(support), reason, at=call.now)


def hand_over(call: Call, me: Unlocked, alias: str) -> None:
    """Let one more person read it."""
    try:
        person = UUID(call.value("person"))
    except ValueError:
        raise Invalid(say("Please choose one."), field="person") from None
    reason = call.text("hand_reason", call.work.reporting.form.text_characters, required=True)
    call.work.succession.hand_over(me, alias, person, reason, at=call.now)
