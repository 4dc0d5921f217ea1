"""A question from a seat: read first, told to its author, gone when it is taken back."""

import re
from html import unescape
from uuid import uuid4

import pytest
from sqlalchemy import text

from server.townhall.halls import rules
from server.townhall.halls.states import HallState
from tests.people import Community
from tests.townhall.scene import HallScene


def test_nobody_but_the_team_finds_a_hall_that_is_prepared(community: Community) -> None:
    scene = HallScene(community)
    assert community.browser().get(f"/h/{scene.code}").status_code == 404
    assert scene.fatou.gets(f"/h/{scene.code}/console").status_code == 200
    assert community.member("amina").gets(f"/h/{scene.code}/console").status_code == 404


def test_a_question_waits_until_a_moderator_lets_it_through(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina, yara = scene.attendee(), scene.attendee()
    assert amina.asks("When does the water come?").status_code == 303
    assert "When does the water come?" in amina.page() and "A moderator will read it first." in amina.page()
    assert yara.questions() == [] and "When does the water come?" not in yara.page("/list")
    (question,) = scene.waiting()
    assert scene.lets_through(question).status_code == 303
    assert yara.questions() == [question] and "Question 1" in yara.page("/list")
    assert "Everybody in the hall can read it." in amina.page()


def test_the_same_form_sent_twice_asks_once(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina, command = scene.attendee(), str(uuid4())
    first, second = (amina.asks("Where is the school?", command=command) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(scene.waiting()) == 1


def test_without_a_seat_one_is_led_to_the_door_and_loses_nothing(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    answer = community.browser().post(
        f"/h/{scene.code}/ask", data={"text": "Do you hear me?"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 409
    assert "Come in" in answer.text and "Do you hear me?" in answer.text


def test_what_is_taken_back_is_nowhere(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina = scene.attendee()
    amina.asks("My block has no lamp")
    (question,) = scene.waiting()
    scene.lets_through(question)
    assert amina.posts(f"questions/{question}/take-back").status_code == 303
    assert amina.questions() == [] and "My block has no lamp" not in amina.page()
    with community_on_both.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT count(*) FROM hall_question_text")).scalar_one() == 0


def test_nobody_takes_back_what_another_asked(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    scene.attendee().asks("Who decides?")
    (question,) = scene.waiting()
    assert scene.attendee().posts(f"questions/{question}/take-back").status_code == 404
    assert scene.waiting() == [question]


def test_an_endorsement_counts_once_and_can_be_taken_back(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina, yara = scene.attendee(), scene.attendee()
    amina.asks("Is the clinic open on Friday?")
    (question,) = scene.waiting()
    scene.lets_through(question)
    for _ in range(2):
        assert yara.posts(f"questions/{question}/endorse").status_code == 303
    assert "data-count>1<" in amina.page("/list")
    yara.posts(f"questions/{question}/endorse-no-more")
    assert "data-count" not in amina.page("/list")


def test_endorsements_of_one_seat_have_nothing_in_common(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina, yara = scene.attendee(), scene.attendee()
    for words in ("One?", "Two?", "Three?"):
        amina.asks(words)
    for question in scene.waiting():
        scene.lets_through(question)
        yara.posts(f"questions/{question}/endorse")
    with community.services.db.reading() as tx:
        keys = tx.session.execute(text("SELECT voter_key FROM hall_endorsement")).scalars().all()
    assert len(set(keys)) == 3


def test_a_stop_takes_everything_away_and_two_people_open_again(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina = scene.attendee()
    amina.asks("When do we eat?")
    scene.lets_through(scene.waiting()[0])
    assert scene.bo.sends(f"/h/{scene.code}/stop").status_code == 303
    for page in (amina.page(), amina.page("/list")):
        assert "When do we eat?" not in page
    assert "The hall has stopped" in amina.page()
    refused = amina.asks("And now?")
    assert refused.status_code == 409 and "And now?" in refused.text
    with community_on_both.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT count(*) FROM hall_event WHERE kind <> 'state'")).scalar_one() == 0
    with pytest.raises(rules.Refused), scene.writing() as tx:
        rules.move(tx, scene.hall, HallState.OPEN, scene.as_facilitator(tx))
    with scene.writing() as tx:
        rules.ask_to_reopen(tx, scene.hall, scene.as_facilitator(tx))
    with pytest.raises(rules.Refused), scene.writing() as tx:
        rules.agree_to_reopen(tx, scene.hall, scene.as_facilitator(tx))
    with scene.writing() as tx:
        rules.agree_to_reopen(tx, scene.hall, scene.as_moderator(tx))
    assert scene.hall.state == HallState.PAUSED and "When do we eat?" in amina.page("/list")


def test_a_hall_does_not_open_before_two_people_have_signed(community: Community) -> None:
    scene = HallScene(community)
    assert scene.fatou.sends(f"/h/{scene.code}/move", to="open").status_code == 409
    with scene.writing() as tx:
        rules.write_risks(tx, scene.hall, {"who": "x"}, scene.as_facilitator(tx))
    with pytest.raises(rules.Refused), scene.writing() as tx:
        rules.sign_risks(tx, scene.hall, scene.as_facilitator(tx))
    scene.opens()
    assert scene.hall.state == HallState.OPEN


def test_events_are_numbered_without_a_gap(community_on_both: Community) -> None:
    from concurrent.futures import ThreadPoolExecutor

    scene = HallScene(community_on_both)
    scene.opens()
    seats = [scene.attendee() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda seat: [seat.asks(f"Question {n}?").status_code for n in range(4)], seats))
    with community_on_both.services.db.reading() as tx:
        numbers = (
            tx.session.execute(text("SELECT number FROM hall_event WHERE channel = 'mod' ORDER BY number"))
            .scalars()
            .all()
        )
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 24


def test_a_button_in_the_frame_leads_back_into_the_frame_in_every_language(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina = scene.attendee()
    scene.readable(amina, "Who repairs the pump?")
    for page in ("/list", "/list?lang=ar", "/list?paused=1&lang=en"):
        (action,) = re.findall(r'action="([^"]+/endorse(?:-no-more)?[^"]*)"', unescape(amina.page(page)))
        answer = amina.browser.post(action, headers={"sec-fetch-site": "same-origin"})
        assert answer.headers["location"].partition("?")[0] == f"/h/{scene.code}/list"


def test_a_long_list_is_fetched_less_often_so_that_an_hour_stays_cheap(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina = scene.attendee()

    def every() -> int:
        return int(amina.browser.get(f"/h/{scene.code}/list").headers["refresh"])

    assert every() == 15
    seen = []
    for number in range(60):
        scene.readable(amina, f"{uuid4()} and {uuid4()}, number {number}?")
        seen.append(every())
    assert seen == sorted(seen) and seen[-1] == 30


def test_a_refused_form_comes_back_on_its_page_in_a_chosen_language_too(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina = scene.attendee()
    answer = amina.posts("ask?lang=en", {"text": "Where? " * 400})
    assert answer.status_code == 422 and '<textarea id="text"' in answer.text and "data-refused" in answer.text
