"""The words in which the team reads states, roles and what was done."""

from collections.abc import Mapping

from server.errors import Sentence, say
from server.permissions import Role
from server.townhall.halls.states import HallState, SessionKind, SessionState
from server.townhall.halls.team import ITSELF

STATES: Mapping[HallState, Sentence] = {
    HallState.PREPARING: say("Being prepared: only the team sees it"),
    HallState.EARLY: say("Taking questions before it begins"),
    HallState.OPEN: say("The hall is open"),
    HallState.PAUSED: say("Paused: people read, and their questions wait"),
    HallState.FROZEN: say("Held still: people read, and nothing changes"),
    HallState.STOPPED: say("Stopped: nothing public can be read"),
    HallState.CLOSED: say("Over"),
}
MOVES: Mapping[HallState, Sentence] = {
    HallState.EARLY: say("Take questions before it begins"),
    HallState.OPEN: say("Open the hall"),
    HallState.PAUSED: say("Pause"),
    HallState.FROZEN: say("Hold everything still"),
}
"""What the buttons say. Stopping, opening again after a stop, and closing have forms of their own."""
ROLES: Mapping[Role, Sentence] = {
    Role.FACILITATOR: say("facilitator"),
    Role.MODERATOR: say("moderator"),
    Role.HELPER: say("helper"),
    Role.CAPTIONER: say("captioner or interpreter"),
    Role.COUNSELLOR: say("counsellor"),
    Role.PROTECTION: say("protection"),
}
LABELS: Mapping[str, Sentence] = {
    Role.FACILITATOR: say("Facilitator %(number)s"),
    Role.MODERATOR: say("Moderator %(number)s"),
    Role.HELPER: say("Helper %(number)s"),
    Role.CAPTIONER: say("Captioner %(number)s"),
    Role.COUNSELLOR: say("Counsellor %(number)s"),
    Role.PROTECTION: say("Protection %(number)s"),
}
BY_ITSELF = say("The hall, by itself")
SESSION_KINDS: Mapping[SessionKind, Sentence] = {
    SessionKind.TALK: say("Somebody speaks"),
    SessionKind.QUESTIONS: say("Questions and answers"),
    SessionKind.POLL: say("Poll"),
    SessionKind.BREAK: say("Break"),
}
SESSION_STATES: Mapping[SessionState, Sentence] = {
    SessionState.COMING: say("to come"),
    SessionState.ON: say("now"),
    SessionState.OVER: say("over"),
}
ACTS: Mapping[str, Sentence] = {
    "early": say("let questions come before the beginning"),
    "open": say("opened the hall"),
    "paused": say("paused the hall"),
    "frozen": say("held everything still"),
    "stopped": say("stopped everything"),
    "begun": say("began to prepare the hall"),
    "closed": say("closed the hall"),
    "asks_to_reopen": say("asked to open again"),
    "approved": say("let everybody read a question"),
    "edited": say("hid details in a question and let everybody read it"),
    "declined": say("did not take a question"),
    "merged": say("merged a question into another"),
    "diverted": say("led a question to the private door"),
    "removed": say("took a question out"),
    "quietened": say("quietened the seat behind a question"),
    "on_stage": say("brought a question on stage"),
    "answered": say("marked a question as answered"),
    "later": say("put a question off until after the hall"),
    "appointed": say("gave a role"),
    "dismissed": say("took a role away"),
    "conduct": say("signed the code of conduct"),
    "signed_risks": say("signed the page about risks"),
    "described": say("changed what the hall says of itself"),
    "slowed": say("changed how long people wait between questions"),
    "reading_chosen": say("chose how questions are read"),
    "screen_made": say("made a link for a screen"),
    "screen_taken_back": say("took the link of a screen back"),
    "poll_prepared": say("prepared a poll"),
    "poll_opened": say("opened a poll"),
    "poll_closed": say("closed a poll"),
    "poll_results_later": say("put the results of a poll off"),
    "hands_counted": say("counted hands"),
    "hands_confirmed": say("confirmed hands that another helper counted"),
}
SOMETHING = say("did something")
RISK_QUESTIONS: Mapping[str, Sentence] = {
    "harmed": say("Who could be harmed by this hall, and how?"),
    "watching": say("Who could be watching or listening who should not?"),
    "languages": say("In which languages do people speak here, and who reads them?"),
    "focal_person": say("Who is there for people in danger while the hall runs? Write the role, not the name."),
    "disclosure": say("What does the team do if somebody tells of abuse?"),
}
"""What two people answer for before a hall opens."""


def label_words(label: str) -> Sentence:
    """A label of the log, such as "moderator 2", as people read it."""
    role, _, digits = label.rpartition(" ")
    if label == ITSELF or role not in LABELS or not digits.isdigit():
        return BY_ITSELF
    return say(LABELS[role].english, number=int(digits))


def act_words(act: str) -> Sentence:
    """What a line of the log says was done."""
    return ACTS.get(act, SOMETHING)
