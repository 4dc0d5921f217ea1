"""The end of a hall: every question has an outcome, nothing tells who voted, and of a rehearsal nothing is left."""

import re
from html import unescape

from sqlalchemy import text

from server.database import metadata
from server.events import HallChanged
from server.permissions import Role
from server.spaces.rules import start_space
from server.spaces.safety import Safety
from server.townhall.halls import rules
from server.townhall.halls.states import HallState, SessionKind
from server.townhall.polling.models import PollKind
from server.townhall.running import closing
from tests.people import Community
from tests.townhall.scene import HallScene


def rows(scene: HallScene, table: str) -> int:
    with scene.community.services.db.reading() as tx:
        return int(tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # our names


def closes(scene: HallScene) -> None:
    refused = scene.fatou.sends(f"/h/{scene.code}/close")
    assert refused.status_code == 409 and "there is no way back" in unescape(refused.text)
    assert scene.fatou.sends(f"/h/{scene.code}/close", sure="yes").status_code == 303


def test_at_the_close_votes_and_the_key_behind_them_are_gone_and_numbers_stay(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina, yara = scene.attendee(), scene.attendee()
    question = scene.readable(amina, "Who pays?")
    yara.posts(f"questions/{question}/endorse")
    poll = scene.polls()
    yara.posts(f"polls/{poll}/vote", {"choice": "2"})
    assert rows(scene, "hall_endorsement") == rows(scene, "hall_ballot") == 1
    closes(scene)
    assert scene.hall.state == HallState.CLOSED
    assert rows(scene, "hall_endorsement") == rows(scene, "hall_ballot") == 0
    with community_on_both.services.db.reading() as tx:
        keys = tx.session.execute(text("SELECT purpose FROM hall_key")).scalars().all()
        counted = tx.session.execute(text("SELECT count FROM hall_option ORDER BY position")).scalars().all()
    assert keys == ["seats"], "by which authors still find their questions for a day"
    assert counted == [0, 1, 0]
    page = yara.page()
    assert "1 person wants to hear this" in yara.page("/list") and "This hall is over." in page
    assert "Who pays?" in amina.page() and 'class="results"' in page


def test_at_the_close_every_question_has_an_outcome_that_is_told(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    amina = scene.attendee()
    scene.asked(amina, "Nobody has read this")
    readable = scene.readable(amina, "Nobody has answered this")
    closes(scene)
    page = amina.page()
    assert "The hall ended before a moderator could read it." in page
    assert "It will be answered after the hall." in page
    with community_on_both.services.db.reading() as tx:
        told = tx.session.execute(
            text("SELECT count(*) FROM hall_event WHERE channel = 'pub' AND kind = 'question' AND target = :id"),
            {"id": str(readable)},
        ).scalar_one()
    assert told == 2, "when it was let through, and when it was put off"


def test_after_the_close_nobody_asks_votes_or_comes_in(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina, poll = scene.attendee(), scene.polls()
    closes(scene)
    assert amina.asks("One more?").status_code == 409
    assert amina.posts(f"polls/{poll}/vote", {"choice": "1"}).status_code == 409
    answer = community.browser().post(f"/h/{scene.code}/join", headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 409
    for act, fields in {"move": {"to": "open"}, "reopen": {}, "pace": {"seconds": "30"}}.items():
        assert scene.fatou.sends(f"/h/{scene.code}/{act}", **fields).status_code == 409, act


def test_what_nobody_has_read_can_still_be_decided_on(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina = scene.attendee()
    question = scene.asked(amina, "Read me later")
    closes(scene)
    assert "left over" in scene.bo.gets(f"/h/{scene.code}/console", headers={"accept-language": "en"}).text
    assert scene.decides(scene.bo, question, "approve").status_code == 303
    assert amina.questions() == [question]


def test_a_stopped_hall_can_be_closed_and_shows_what_was_public_again(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    scene.bo.sends(f"/h/{scene.code}/stop")
    closes(scene)
    assert scene.hall.state == HallState.CLOSED


def test_of_a_rehearsal_nothing_is_left_in_any_table(community_on_both: Community) -> None:
    other = HallScene(community_on_both)
    other.opens()
    other.readable(other.attendee(), "This one stays")
    before = everything(other)
    scene = HallScene(community_on_both, bo=other.bo, fatou=other.fatou, rehearsal=True)
    scene.opens()
    amina = scene.attendee()
    assert "This is a rehearsal." in amina.page()
    question = scene.readable(amina, "A question to try")
    amina.posts(f"questions/{question}/endorse")
    scene.fatou.sends(f"/h/{scene.code}/questions/{question}/stage", version="2")
    scene.fatou.sends(f"/h/{scene.code}/questions/{question}/answered", version="3", said="Yes.", language="en")
    scene.asked(amina, "One that waits")
    amina.posts(f"polls/{scene.polls()}/vote", {"choice": "1"})
    hands = scene.polls(PollKind.YES_NO)
    scene.gives("hawa", Role.HELPER).sends(f"/h/{scene.code}/hands/{hands}", hands_1="3")
    scene.fatou.sends(f"/h/{scene.code}/agenda", title_en="Welcome", kind=str(SessionKind.TALK), minutes="5")
    scene.fatou.sends(f"/h/{scene.code}/speakers", name_en="Dr. Salma")
    scene.fatou.sends(f"/h/{scene.code}/screens", language="en")
    scene.fatou.sends(f"/h/{scene.code}/notes", message="Can you hear me?")
    filled = {name for name, count in everything(scene).items() if count > before[name]}
    assert {"hall_ballot", "hall_room_count", "hall_answer", "hall_speaker", "hall_screen", "hall_note"} <= filled
    answer = scene.fatou.sends(f"/h/{scene.code}/close", sure="yes")
    assert answer.headers["location"] == "/halls?done=rehearsal_gone"
    assert everything(scene) == before
    assert scene.fatou.gets(f"/h/{scene.code}/console").status_code == 404
    assert amina.browser.get(f"/h/{scene.code}").status_code == 404
    assert "Everything of the rehearsal is gone." in scene.fatou.reads("/halls?done=rehearsal_gone&lang=en")


def test_whoever_listens_to_a_rehearsal_learns_that_it_is_gone(community: Community) -> None:
    scene = HallScene(community, rehearsal=True)
    scene.opens()
    with scene.writing() as tx:
        rules.slow_down(tx, scene.hall, 30, scene.as_facilitator(tx))
        closing.end_rehearsal(tx, scene.hall)
        heard = [event for event in tx.events if isinstance(event, HallChanged)]
    assert [event.channels for event in heard] == [frozenset()]
    assert rows(scene, "hall_event") == rows(scene, "hall") == 0


def everything(scene: HallScene) -> dict[str, int]:
    """How many rows there are in each table of halls."""
    names = [table.name for table in metadata.sorted_tables if re.match(r"hall(_|$)", table.name)]
    return {name: rows(scene, name) for name in names}


def test_a_rehearsal_opens_without_signatures_and_is_never_listed(community: Community) -> None:
    scene = HallScene(community, rehearsal=True)
    assert scene.fatou.sends(f"/h/{scene.code}/move", to="open").status_code == 303
    assert scene.code not in scene.fatou.gets("/halls").text


def test_no_hall_opens_in_a_space_that_is_not_open_a_rehearsal_neither(community: Community) -> None:
    """What the first space waits for (disks, copies, somebody who answers) protects those who sit in halls, too."""
    with community.services.db.transaction() as tx:
        start_space(tx, slug="burrow", host="Bridge", languages=["en"], timezone="UTC", safety=Safety.OPEN)
    hani = community.host("hani", "burrow")
    for fields in ({"rehearsal": "yes"}, {}):
        begun = hani.sends("/s/burrow/halls/new", title_en="Early", risk="ordinary", **fields)
        code = begun.headers["location"].split("/")[2]
        for state in ("open", "early"):
            refused = hani.sends(f"/h/{code}/move", to=state)
            assert refused.status_code == 409 and "when it has opened" in refused.text, (fields, state)
        visitor = community.visitor()
        assert visitor.sends(f"/h/{code}/join").status_code == 404
