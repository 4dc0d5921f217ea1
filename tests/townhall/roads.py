"""The addresses of a hall, each with somebody who may go there and a form that would be taken."""

import re
from typing import Any
from uuid import UUID, uuid4

from server.permissions import Permission, Role
from server.townhall.asking import staging
from server.townhall.calling.queries import calls_of
from server.townhall.halls import arranging, backstage, rules
from server.townhall.halls.states import Results, SessionKind
from server.townhall.halls.team import appoint
from server.townhall.polling import rules as polling
from server.townhall.polling.models import PollKind
from server.townhall.record import queries as records
from server.townhall.running.words import RISK_QUESTIONS
from server.web.rooms import Room
from tests.people import Community, Person, pseudonym_of
from tests.townhall.scene import HallScene

OF_HALLS = (
    Permission.START_HALL,
    Permission.ENTER_HALL,
    Permission.ATTEND_HALL,
    Permission.RUN_HALL,
    Permission.MODERATE_HALL,
    Permission.DECIDE_IN_HALL,
    Permission.WORK_IN_HALL,
    Permission.HOLD_HALL,
    Permission.ENTER_FOR_OTHERS,
    Permission.WRITE_CAPTIONS,
    Permission.WATCH_STAGE,
    Permission.ANSWER_CALLS,
)
"""What is allowed in halls and nowhere else."""
ORDER = (
    "find_hall", "begin_hall", "take_seat", "ask", "endorse", "endorse_no_more", "take_question_back",
    "call_counsellor", "answer_call", "call_no_more",
    "write_caption", "mend_caption", "translate_question", "enter_question", "enter_message", "ask_with_receipt",
    "answer_afterwards", "owe_answer", "add_promise", "change_promise", "publish_record",
    "sign_conduct", "claim_question", "approve_question", "decline_question", "merge_question", "divert_question",
    "leave_stage", "bring_on_stage", "question_answered", "answer_later", "remove_question",
    "describe_hall", "choose_reading", "add_item", "item_earlier", "drop_item", "begin_item", "add_speaker",
    "drop_speaker", "write_risks", "sign_risks", "give_role", "take_hall_role", "make_screen", "take_screen_back",
    "prepare_poll", "open_poll", "vote", "answer_poll", "quieten_seat", "count_hands", "confirm_hands",
    "hide_poll", "show_poll",
    "poll_results_later", "close_poll", "write_note", "note_read", "set_pace",
    "move_hall", "stop_hall", "reopen_hall", "close_hall", "give_up_seat",
)  # fmt: skip
"""The forms of a hall in an order in which each of them does something."""
ONLY_LOOK = ("find_hall", "take_seat", "ask_with_receipt")
"""Forms that change nothing: two find something, the other finds somebody who has a seat already."""
AFTERWARDS = (
    "hall_record", "record_table", "edit_record", "add_promise", "change_promise", "owe_answer", "answer_afterwards",
    "publish_record",
)  # fmt: skip
"""What is done in a hall that is over."""


PROMISE = {
    "said_en": "The path is dark.",
    "do_en": "Four lamps come.",
    "owner": "Shelter team",
    "due_on": "2027-03-01",
    "standing": "planned",
}


class Over:
    """A hall that is over, with two questions that nobody answered, and a promise."""

    def __init__(self, community: Community, first: HallScene) -> None:
        self.scene = HallScene(community, bo=first.bo, fatou=first.fatou)
        self.scene.opens()
        attendee = self.scene.attendee()
        for number in (1, 2):
            attendee.asks(f"When does school {number} open?")
            (question,) = self.scene.waiting()
            self.scene.lets_through(question)
        self.scene.closes()
        assert first.fatou.sends(f"/h/{self.scene.code}/record/edit", **PROMISE).status_code == 303
        with community.services.db.reading() as tx:
            self.owed, self.later = records.owed(tx, self.scene.hall.id)
            self.promise = records.commitments_of(tx, self.scene.hall.id)[0].public_id

    def slots(self, room: Room[Any]) -> dict[str, str]:
        """What stands in the address of the room."""
        question = self.later if room.name == "answer_afterwards" else self.owed
        return {"code": self.scene.code, "question": str(question), "commitment": str(self.promise)}


class HallRoads:
    """An open hall with something in every state that an address can point at."""

    def __init__(self, community: Community, bo: Person, amina: Person) -> None:
        self.scene = scene = HallScene(community, bo=bo)
        scene.opens()
        self.amina = amina
        attendee = scene.attendee(amina.browser)
        self.public = scene.readable(attendee, "Where is the new well?")
        waits = ("approve_question", "decline_question", "take_question_back", "claim_question", "merge_question")
        self.questions = {act: scene.asked(attendee, f"Who decides, {act}?") for act in (*waits, "divert_question")}
        floor = ("leave_stage", "bring_on_stage", "question_answered", "answer_later", "remove_question")
        self.questions |= {act: scene.readable(attendee, f"Who pays, {act}?") for act in (*floor, "quieten_seat")}
        kinds = {"answer_poll": PollKind.OPEN, "count_hands": PollKind.YES_NO, "confirm_hands": PollKind.YES_NO}
        acts = ("vote", "close_poll", "hide_poll", "show_poll", "poll_results_later", *kinds)
        self.polls = {
            act: scene.polls(kinds.get(act, PollKind.SINGLE), results=Results.OPENLY, title=f"Which day, {act}?")
            for act in acts
        }
        self.polls["open_poll"] = scene.polls(opened=False)
        self.helper, _ = scene.gives("hawa", Role.HELPER), scene.gives("idris", Role.HELPER)
        self.slots_of_team = self._arranges()
        self.cora = scene.gives("cora", Role.COUNSELLOR)
        assert attendee.posts("counsellor").status_code == 303
        with community.services.db.reading() as tx:
            self.call = calls_of(tx, scene.hall.id)[0].public_id
        attendee.posts("counsellor/no-more")
        self._writers(community)
        self.over = Over(community, self.scene)

    def _arranges(self) -> dict[str, str]:
        scene, community = self.scene, self.scene.community
        with scene.writing() as tx:
            by = scene.as_facilitator(tx)
            appoint(tx, scene.hall, community.account("fatou"), Role.MODERATOR, "", by)
            staging.bring_on_stage(tx, scene.hall, self.questions["leave_stage"], by)
            polling.show(tx, scene.hall, self.polls["hide_poll"], 2, by, shown=True)
            idris = scene.acts_as(tx, "idris", Role.HELPER)
            polling.count_hands(tx, scene.hall, self.polls["confirm_hands"], {1: 4}, idris)
            items = [
                rules.add_session(tx, scene.hall, SessionKind.TALK, {"en": words}, 10, most=40, by=by).public_id
                for words in ("Welcome", "Answers", "Tea")
            ]
            arranging.add_speaker(tx, scene.hall, {"en": "Dr. Salma"}, {"en": "Water office"}, by)
            arranging.make_screen(tx, scene.hall, "en", by, hours=12)
            backstage.write_note(tx, scene.hall, "The line to the radio is down", by, urgent=True)
        with community.services.db.reading() as tx:
            hall = scene.hall.id
            return {
                "first": str(items[0]),
                "second": str(items[1]),
                "third": str(items[2]),
                "speaker": str(arranging.speakers_of(tx, hall)[0].public_id),
                "screen": str(arranging.screens_of(tx, hall, at=community.clock.now())[0].public_id),
                "note": str(backstage.notes_of(tx, hall)[0].public_id),
            }

    def _writers(self, community: Community) -> None:
        """Mina, who writes Arabic and has begun, and kofi, who has given a receipt."""
        self.session = self.scene.session()
        self.mina = self.scene.appoints("mina", Role.CAPTIONER, "ar")
        self.kofi = self.scene.appoints("kofi", Role.HELPER)
        assert self.mina.sends(f"/h/{self.scene.code}/captions/ar", text="مساء الخير").status_code == 303
        receipt = self.kofi.sends(f"/h/{self.scene.code}/help-desk", text="When do the old people eat?").text
        found = re.search(r'class="receipt" dir="ltr"><strong>([^<]+)<', receipt)
        assert found is not None
        self.receipt = found.group(1)

    def slots(self, room: Room[Any]) -> dict[str, str]:
        """What stands in the address of the room."""
        if room.name in AFTERWARDS:
            return self.over.slots(room)
        item = {"item_earlier": "second", "drop_item": "third"}.get(room.name, "first")
        return {
            **self.slots_of_team,
            "code": self.scene.code,
            "call": str(self._call()),
            "lang": "ar",
            "kind": "txt",
            "question": str(self.questions.get(room.name, self.public)),
            "poll": str(self.polls.get(room.name, self.polls["vote"])),
            "item": self.slots_of_team[item],
        }

    def _call(self) -> UUID:
        with self.scene.community.services.db.reading() as tx:
            found = calls_of(tx, self.scene.hall.id)
        return found[0].public_id if found else self.call

    def person(self, room: Room[Any]) -> Person:
        """Somebody who may do this."""
        if room.needs is Permission.ANSWER_CALLS:
            return self.cora
        if room.needs is Permission.WRITE_CAPTIONS:
            return self.mina
        if room.needs in (Permission.ENTER_HALL, Permission.ATTEND_HALL):
            return self.amina
        if room.needs is Permission.ENTER_FOR_OTHERS:
            return self.helper
        bos = room.needs in (Permission.MODERATE_HALL, Permission.DECIDE_IN_HALL) and room.name != "sign_conduct"
        return self.scene.bo if bos or room.name == "sign_risks" else self.scene.fatou

    def page(self, room: Room[Any]) -> str:
        """A page whose forms carry a token for this address."""
        return f"/h/{self.scene.code}" if self.person(room) is self.amina else "/me"

    def fields(self, room: Room[Any]) -> dict[str, str] | None:
        """A form that the room takes from that person; None when it is no address of a hall."""
        filled: dict[str, dict[str, str]] = {
            "find_hall": {"code": self.scene.code},
            "begin_hall": {"title_en": "Food", "purpose_en": "About the market", "risk": "ordinary"},
            "take_seat": {},
            "give_up_seat": {},
            "ask": {"text": "When does the school open?", "command": str(uuid4())},
            "endorse": {},
            "endorse_no_more": {},
            "take_question_back": {},
            "call_counsellor": {},
            "call_no_more": {},
            "answer_call": {"note": "I sit under the tree behind the school."},
            "write_caption": {"text": "نبدأ الآن"},
            "mend_caption": {"session": str(self.session.public_id), "number": "1", "words": "مساء الخير جميعا"},
            "translate_question": {"text": "أين البئر الجديدة؟"},
            "enter_question": {"text": "Who opens the gate?", "people": "3", "source": "room"},
            "enter_message": {"message": "Q Where is the doctor?"},
            "ask_with_receipt": {"receipt": self.receipt},
            "add_promise": PROMISE,
            "change_promise": {**PROMISE, "standing": "doing"},
            "owe_answer": {"owner": "School office", "due_on": "2027-02-01"},
            "answer_afterwards": {"answer_en": "On Monday."},
            "publish_record": {},
            "move_hall": {"to": "paused"},
            "stop_hall": {},
            "reopen_hall": {},
            "close_hall": {"sure": "yes"},
            "set_pace": {"seconds": "30"},
            "write_note": {"message": "Please slow down"},
            "note_read": {},
            "sign_conduct": {},
            "claim_question": {"version": "1"},
            "approve_question": {"version": "1"},
            "decline_question": {"version": "1", "reason": "off_topic", "note": "Please ask the school."},
            "merge_question": {"version": "1", "into": str(self.public)},
            "divert_question": {"version": "1"},
            "remove_question": {"reason": "private_details", "note": "Please ask without the name."},
            "quieten_seat": {"minutes": "5"},
            "leave_stage": {"version": "3"},
            "bring_on_stage": {"version": "2"},
            "question_answered": {"version": "2", "said": "On Monday.", "language": "en"},
            "answer_later": {"version": "2"},
            "begin_item": {},
            **self._prepared(),
            **self._polled(),
        }
        return filled.get(room.name)

    def _prepared(self) -> dict[str, dict[str, str]]:
        """Forms of the pages before a hall opens."""
        member = pseudonym_of(self.scene.community, "questions", "Idris")
        answers = dict.fromkeys(RISK_QUESTIONS, "Nobody that we know of")
        return {
            "describe_hall": {"title_en": "Water and light", "purpose_en": "What is planned", "link": "98.5 FM"},
            "choose_reading": {"premoderated": "yes", "risk": "high"},
            "add_item": {"title_en": "Closing words", "kind": "talk", "minutes": "5"},
            "item_earlier": {},
            "drop_item": {},
            "add_speaker": {"name_en": "Mr. Osman", "about_en": "Camp office"},
            "drop_speaker": {},
            "write_risks": {**answers, "retention": "yes"},
            "sign_risks": {},
            "give_role": {"pseudonym": member, "role": "captioner", "language": "ar"},
            "take_hall_role": {"role": "helper", "number": "2", "language": ""},
            "make_screen": {"language": "ar"},
            "take_screen_back": {},
        }

    def _polled(self) -> dict[str, dict[str, str]]:
        """Forms about polls."""
        return {
            "prepare_poll": {"title_en": "Which gate?", "options_en": "North\nSouth", "kind": "single"},
            "open_poll": {"version": "1"},
            "close_poll": {"version": "2"},
            "show_poll": {"version": "2"},
            "hide_poll": {"version": "3"},
            "poll_results_later": {"version": "2", "results": "after_closing"},
            "vote": {"choice": "2"},
            "answer_poll": {"text": "Near the school", "command": str(uuid4())},
            "count_hands": {"hands_1": "7", "hands_2": "3", "hands_3": "0"},
            "confirm_hands": {"label": "helper 2"},
        }
