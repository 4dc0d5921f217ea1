"""Which page and which step of the desk is which."""

from collections.abc import Mapping

from server.errors import say
from server.private import desk, desk_ends, intake, leave
from server.private import desk_acts as acts
from server.private.desk import Step
from server.private.desk_forms import ask_original, copy_of, drop_original, original_of

PAGES: Mapping[str, Step] = {
    desk.ADDRESS: desk.shown,
    desk.SIGN_IN: desk.sign_in_page,
    desk.JOIN: desk.second_factor_page,
    desk.UNLOCK: desk.unlock_page,
    desk.SECOND: desk.second_page,
    desk.PAPER: desk.paper_page,
    intake.ADDRESS: desk.signed_in(intake.page),
    leave.ADDRESS: desk.with_keys(leave.page),
}
NAMES: Mapping[str, str] = {
    desk.ADDRESS: "desk",
    desk.SIGN_IN: "desk_sign_in",
    desk.JOIN: "desk_join",
    desk.UNLOCK: "desk_unlock",
    desk.SECOND: "desk_second",
    desk.PAPER: "desk_paper",
    intake.ADDRESS: "desk_intake",
    leave.ADDRESS: "desk_away",
    desk.ADDRESS + "/{alias}": "desk_case",
}
STEPS: Mapping[str, Step] = {
    "sign_in": desk.sign_in,
    "join": desk.join,
    "second_factor": desk.second_factor,
    "unlock": desk.unlock,
    "second": desk.second,
    "ask_for_paper": desk.ask_for_paper,
    "save_paper": desk.save_paper,
    "paper": desk.paper,
    "lock": desk.lock,
    "sign_out": desk.sign_out,
    "answer": desk.acting(
        acts.answer, say("Your answer is sealed. The reporter reads it when they come back."), "text"
    ),
    "note": desk.acting(acts.note, say("The note is there for those who read this case."), "note"),
    "move": desk.acting(acts.move, say("It is noted, and the reporter is told."), "state", "reason"),
    "support": desk.acting(acts.support, say("It is noted, and the reporter is told."), "support", "support_reason"),
    "hand_over": desk.acting(
        acts.hand_over, say("This person can read the case from now on."), "person", "hand_reason"
    ),
    "look": desk.giving(copy_of, shown=True),
    "download": desk.giving(copy_of),
    "ask_original": desk.acting(
        ask_original, say("Your half is handed on. A colleague can open the original for a day.")
    ),
    "drop_original": desk.acting(
        drop_original, say("The original stays closed. What was handed on to open it is gone.")
    ),
    "open_original": desk.giving(original_of),
    "pass_on": desk.acting(
        desk_ends.pass_on, say("It is noted, and the reporter is told. Now fetch the sealed file below.")
    ),
    "passed_file": desk.giving(desk_ends.passed_file),
    "ask_hold": desk.acting(desk_ends.ask_hold, say("It is noted. Another person who reads this case must agree.")),
    "agree_hold": desk.acting(desk_ends.agree_hold, say("This case is kept longer.")),
    "end_hold": desk.acting(desk_ends.end_hold, say("This case is no longer kept because of the law.")),
    "recuse": desk.recuse,
    "recuse_sure": desk.leaves,
    "practise": desk.with_keys(desk.practise),
    "erase_practice": desk.with_keys(desk.erase_practice),
    "away": desk.with_keys(leave.goes),
    "back": desk.with_keys(leave.back),
    "intake_check": desk.signed_in(intake.check),
    "intake_change": desk.signed_in(intake.change),
    "intake_send": desk.signed_in(intake.send),
    "intake_handed": desk.signed_in(intake.handed),
}
