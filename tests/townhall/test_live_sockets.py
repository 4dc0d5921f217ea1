"""Sockets of a hall: who is let in, what they may send, what closes them, and that nobody else suffers."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from starlette.websockets import WebSocketDisconnect

from server.permissions import Role
from server.townhall.halls import rules, team
from server.townhall.halls.states import HallState
from tests.people import Community
from tests.townhall.listening import OURS, Ear
from tests.townhall.scene import Attendee, HallScene


@pytest.fixture
def scene(community: Community) -> HallScene:
    made = HallScene(community)
    made.opens()
    return made


def ear(scene: HallScene, who: Attendee) -> Ear:
    return Ear(scene.community, who.browser, scene.code)


def public_question(scene: HallScene, who: Attendee, text: str = "When does the water come?"):  # type: ignore[no-untyped-def]
    before = set(scene.waiting())
    assert who.asks(text).status_code == 303
    (question,) = set(scene.waiting()) - before
    scene.lets_through(question)
    return question


def test_what_is_let_through_comes_to_those_who_are_there(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    with ear(scene, yara) as hers:
        hers.is_told_everything()
        question = public_question(scene, amina)
        frame = hers.hears_of("When does the water come?")
    assert frame["op"] == "batch" and frame["ch"] == "pub"
    assert str(question) in hers.picture.questions and hers.picture.own == {}


def test_the_author_is_told_what_became_of_it_and_nobody_else(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    with ear(scene, amina) as hers, ear(scene, yara) as others:
        hers.is_told_everything()
        others.is_told_everything()
        amina.asks("Is this right?")
        (question,) = scene.waiting()
        hers.hears_of("A moderator will read it first.")
        scene.decides(scene.bo, question, "decline", reason="off_topic", note="Ask the school.")
        told = hers.hears_of("It was not taken.")
        assert "Ask the school." in json.dumps(told)
        public_question(scene, amina, "And the lamp?")
        others.hears_of("And the lamp?")
    assert "Ask the school" not in others.picture.said and "Is this right" not in others.picture.said


@pytest.mark.parametrize(
    "origin",
    [{"origin": "https://elsewhere.example"}, {"origin": "null"}, {}, {**OURS, "sec-fetch-site": "cross-site"}],
)
def test_a_page_of_another_site_opens_no_socket(scene: HallScene, origin: dict[str, str]) -> None:
    amina = scene.attendee()
    address = f"ws://localhost:8000/h/{scene.code}/live"
    with pytest.raises(WebSocketDisconnect) as closed, amina.browser.websocket_connect(address, headers=origin):
        pass
    assert closed.value.code == 4403


def test_without_a_seat_nothing_is_heard(scene: HallScene, community: Community) -> None:
    with Ear(community, community.browser(), scene.code) as stranger:
        assert stranger.is_closed_with() == 4401
    with Ear(community, scene.attendee().browser, "ZZZZZZ") as lost:
        assert lost.is_closed_with() == 4403
    member = community.member("dalia")
    with Ear(community, member.browser, scene.code) as also:
        assert also.is_closed_with() == 4401
    assert also.picture.said == stranger.picture.said == ""


COMMAND = {"op": "cmd", "id": str(uuid4()), "do": "q.ask", "d": {"text": "Hm?"}}
BAD: list[tuple[str, Callable[[Ear], None]]] = [
    ("no JSON", lambda e: e.sends("{")),
    ("a list", lambda e: e.sends([1])),
    ("deep", lambda e: e.sends("[" * 4000)),
    ("unknown op", lambda e: e.sends({"op": "dump"})),
    ("hello again", lambda e: e.sends({"op": "hello", "p": 1})),
    ("unknown act", lambda e: e.sends({**COMMAND, "do": "q.approve"})),
    ("more than asked", lambda e: e.sends({**COMMAND, "as": "bo"})),
    ("no command id", lambda e: e.sends({**COMMAND, "id": "1"})),
    ("wrong kind", lambda e: e.sends({**COMMAND, "d": {"text": 7}})),
    ("numbers for names", lambda e: e.sends({**COMMAND, "d": {"text": ["a"]}})),
    ("binary", lambda e: e.line.send_bytes(b"\x00\x01")),
]


@pytest.mark.parametrize(("what", "sends"), BAD, ids=[name for name, _ in BAD])
def test_whoever_sends_something_else_is_cut_off_and_nobody_else(
    scene: HallScene, what: str, sends: Callable[[Ear], None]
) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    with ear(scene, amina) as calm, ear(scene, yara) as wild:
        calm.is_told_everything()
        wild.is_told_everything()
        sends(wild)
        assert wild.is_closed_with() == 4400
        public_question(scene, amina, "Are you still there?")
        calm.hears_of("Are you still there?")


@pytest.mark.parametrize(
    "hello",
    ["{}", '{"op":"cmd"}', '{"op":"hello","p":2}', '{"op":"hello","since":{"pub":"x"}}', '{"op":"hello","p":1,"x":1}'],
)
def test_a_greeting_that_is_none_is_not_answered(scene: HallScene, hello: str) -> None:
    amina = scene.attendee()
    with amina.browser.websocket_connect(f"ws://localhost:8000/h/{scene.code}/live", headers=OURS) as line:
        line.send_text(hello)
        with pytest.raises(WebSocketDisconnect) as closed:
            line.receive_text()
    assert closed.value.code == 4400


def test_a_command_does_what_the_form_does(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    question = public_question(scene, amina)
    with ear(scene, yara) as hers:
        hers.is_told_everything()
        command = str(uuid4())
        first = hers.does("q.ask", command, text="Where is the school?")
        again = hers.does("q.ask", command, text="Where is the school?")
        assert first["ok"] and first["d"] == again["d"] and len(scene.waiting()) == 1
        assert hers.does("q.endorse", q=str(question))["ok"] and hers.does("q.endorse", q=str(question))["ok"]
        hers.shows(lambda picture: picture.questions[str(question)]["n"] == 1)
        assert hers.does("q.take_back", q=first["d"]["q"])["ok"] and scene.waiting() == []


def test_what_is_not_allowed_is_refused_in_words(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    question = public_question(scene, amina)
    with ear(scene, yara) as hers:
        hers.is_told_everything()
        assert hers.does("q.take_back", q=str(question))["err"] == "not_found"
        assert hers.does("q.endorse", q=str(uuid4()))["err"] == "not_found"
        assert hers.does("q.endorse", q="1 OR 1")["err"] == "not_found"
        assert hers.does("q.ask", text="x" * 501)["err"] == "invalid"
        with scene.writing() as tx:
            rules.move(tx, scene.hall, HallState.FROZEN, scene.as_facilitator(tx))
        assert hers.does("q.ask", text="Now?")["err"] == "refused"
        assert hers.does("q.endorse", q=str(question))["err"] == "refused"


def test_twenty_commands_a_minute_and_whoever_goes_on_is_cut_off(scene: HallScene) -> None:
    amina = scene.attendee()
    with ear(scene, amina) as hers:
        hers.is_told_everything()
        answers = [hers.does("q.endorse", q=str(uuid4())) for _ in range(41)]
        assert [answer["err"] for answer in answers[:20]] == ["not_found"] * 20
        assert answers[20]["err"] == "too_fast" and answers[20]["retry_ms"] > 0
        hers.sends({"op": "cmd", "id": str(uuid4()), "do": "q.endorse", "d": {"q": str(uuid4())}})
        assert hers.is_closed_with() == 4429


def test_a_seat_has_three_sockets_and_the_fourth_is_closed(scene: HallScene) -> None:
    amina = scene.attendee()
    with ear(scene, amina) as one, ear(scene, amina) as two, ear(scene, amina) as three:
        for each in (one, two, three):
            each.is_told_everything()
        with ear(scene, amina) as four:
            assert four.is_closed_with() == 4409
        public_question(scene, amina, "Do all three hear?")
        for each in (one, two, three):
            each.hears_of("Do all three hear?")


def test_who_gives_up_the_seat_hears_nothing_more(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    with ear(scene, yara) as hers:
        hers.is_told_everything()
        yara.posts("leave")
        public_question(scene, amina, "Who is still here?")
        assert hers.is_closed_with() == 4401
    assert "Who is still here?" not in hers.picture.said


def test_leave_closes_the_sockets_of_this_browser_and_no_other(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    with ear(scene, yara) as hers, ear(scene, amina) as others:
        hers.is_told_everything()
        others.is_told_everything()
        yara.browser.post("/leave")
        assert hers.is_closed_with() == 4401
        public_question(scene, amina, "Still here?")
        others.hears_of("Still here?")


def test_a_role_that_is_taken_away_closes_what_hung_on_it(scene: HallScene, community: Community) -> None:
    nour = community.member("nour")
    member = community.account("nour")
    with scene.writing() as tx:
        team.appoint(tx, scene.hall, member, Role.HELPER, "", scene.as_facilitator(tx))
    with Ear(community, nour.browser, scene.code) as hers:
        hers.is_told_everything()
        with scene.writing() as tx:
            team.dismiss(tx, scene.hall, member, Role.HELPER, "", scene.as_facilitator(tx))
        assert hers.is_closed_with() == 4401
    with Ear(community, nour.browser, scene.code) as again:
        assert again.is_closed_with() == 4401


def test_a_moderator_who_signs_out_hears_nothing_more(scene: HallScene, community: Community) -> None:
    with Ear(community, scene.bo.browser, scene.code) as desk:
        desk.hears_of('"ch": "mod"')
        scene.bo.sends("/sign-out")
        assert desk.is_closed_with() == 4401
