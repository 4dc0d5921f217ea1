"""The console: each of the team sees what is theirs, and no deed of one is lost by another."""

import re
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import text

from server.permissions import Permission, Role
from server.townhall.asking import moderating
from server.townhall.halls import rules, team
from server.townhall.halls.states import HallState
from server.townhall.polling.routes import routes as poll_routes
from server.townhall.running.every_route import routes as running_routes
from server.web.rooms import Room
from tests.people import Community, Person, pseudonym_of
from tests.townhall.roads import HallRoads
from tests.townhall.scene import HallScene

URGENT = "I have rape to tell of"


@pytest.fixture
def scene(community: Community) -> HallScene:
    made = HallScene(community)
    made.opens()
    return made


def console(person: Person, scene: HallScene) -> str:
    answer = person.gets(f"/h/{scene.code}/console", headers={"accept-language": "en"})
    assert answer.status_code == 200, answer.status_code
    return unescape(answer.text)


def is_urgent(scene: HallScene, question: UUID) -> None:
    """As the machine marks what tells of somebody in danger."""
    with scene.writing() as tx:
        tx.session.execute(text("UPDATE hall_question SET urgent = true WHERE public_id = :id"), {"id": question.hex})


def trains(scene: HallScene, login: str) -> None:
    from server.accounts import rules as accounts

    with scene.writing() as tx:
        accounts.grant(tx, scene.community.account(login), Role.PROTECTION, scene.hall.space_id)


def test_the_queue_is_the_moderators_and_others_see_only_how_many_wait(scene: HallScene) -> None:
    amina = scene.attendee()
    scene.asked(amina, "When does the water come?")
    assert "When does the water come?" in console(scene.bo, scene)
    for person in (scene.fatou, scene.gives("hawa", Role.HELPER)):
        page = console(person, scene)
        assert "When does the water come?" not in page and "Waiting · 1" in page


def test_a_moderator_reads_nothing_before_signing_the_code_of_conduct(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    amina = scene.attendee()
    question = scene.asked(amina, "Where is the school?")
    zoe = community.moderator("zoe")
    assert "Where is the school?" not in console(zoe, scene)
    refused = scene.decides(zoe, question, "approve")
    assert refused.status_code == 409 and "code of conduct" in refused.text
    assert zoe.sends(f"/h/{scene.code}/conduct").status_code == 303
    assert "Where is the school?" in console(zoe, scene)
    assert scene.decides(zoe, question, "approve").status_code == 303
    assert zoe.sends(f"/h/{scene.code}/conduct").status_code == 303
    with community.services.db.reading() as tx:
        lines = tx.session.execute(text("SELECT label FROM hall_line WHERE act = 'conduct'")).scalars().all()
    assert sorted(lines) == ["moderator 1", "moderator 2"]


def test_of_an_urgent_question_only_trained_people_see_a_word(scene: HallScene) -> None:
    question = scene.asked(scene.attendee(), URGENT)
    calm = scene.asked(scene.attendee(), "Where is the tap?")
    is_urgent(scene, question)
    page = console(scene.bo, scene)
    assert URGENT not in page and "This waits for a trained person." in page
    assert page.index("This waits for a trained person.") < page.index("Where is the tap?"), "urgent ones come first"
    refused = scene.decides(scene.bo, question, "approve")
    assert refused.status_code == 409 and URGENT not in refused.text
    trains(scene, "bo")
    assert URGENT in console(scene.bo, scene)
    cleo = scene.community.moderator("cleo", "questions")
    assert URGENT not in console(cleo, scene)
    assert scene.decides(scene.bo, question, "divert").status_code == 303
    assert scene.waiting() == [calm]


def test_whoever_is_trained_and_no_moderator_decides_on_urgent_ones_and_sees_no_other(scene: HallScene) -> None:
    question, calm = (scene.asked(scene.attendee(), words) for words in (URGENT, "Where is the tap?"))
    is_urgent(scene, question)
    trains(scene, "fatou")
    assert scene.fatou.sends(f"/h/{scene.code}/conduct").status_code == 303
    page = console(scene.fatou, scene)
    assert URGENT in page and "Where is the tap?" not in page
    assert scene.decides(scene.fatou, calm, "approve").status_code == 404
    assert scene.decides(scene.fatou, question, "divert").status_code == 303


def test_two_moderators_at_once_lose_nothing(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    zoe = community_on_both.moderator("zoe")
    zoe.sends(f"/h/{scene.code}/conduct")
    question = scene.asked(scene.attendee(), "Who decides?")
    assert scene.decides(scene.bo, question, "claim").status_code == 303
    kept = scene.decides(zoe, question, "approve")
    assert kept.status_code == 409 and "A colleague is reading this question" in kept.text
    community_on_both.clock.goes_on(seconds=61)
    address = f"/h/{scene.code}/questions/{question}"
    assert zoe.sends(f"{address}/approve", version="1").status_code == 303
    late = scene.bo.sends(f"{address}/decline", version="1", reason="off_topic", note="Please ask the school")
    assert late.status_code == 409 and "Somebody else has decided" in late.text
    assert scene.attendee().questions() == [question]


def test_a_form_that_is_refused_comes_back_filled(scene: HallScene) -> None:
    question = scene.asked(scene.attendee(), "Call 0700 900 123 about the well")
    refused = scene.decides(scene.bo, question, "decline", note="Please write it without the number")
    assert refused.status_code == 409
    assert "Please choose a reason." in refused.text and "Please write it without the number" in refused.text
    message = scene.bo.sends(f"/h/{scene.code}/notes", message="x" * 600)
    assert message.status_code == 422 and "x" * 600 in message.text


def test_details_are_hidden_beforehand_and_the_author_keeps_the_own_words(scene: HallScene) -> None:
    from moderation.private_data import HIDDEN, Kind, Span

    services = scene.community.services
    object.__setattr__(services, "details", lambda words: [Span(words.index("0700"), len(words), Kind.PHONE)])
    amina = scene.attendee()
    question = scene.asked(amina, "My number is 0700900123")
    page = console(scene.bo, scene)
    found = re.search(r"<textarea id=\"text-[^>]+>\s*([^<]+)</textarea>", page)
    assert found is not None and found.group(1) == f"My number is {HIDDEN}"
    assert scene.decides(scene.bo, question, "approve", text=found.group(1)).status_code == 303
    reads = scene.attendee().page("/list")
    assert HIDDEN in reads and "0700900123" not in reads and "hid private details" in reads
    assert "My number is 0700900123" in amina.page()


def test_a_question_merged_counts_where_it_went_and_its_author_is_told(scene: HallScene) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    first = scene.readable(amina, "When is the water back?")
    second = scene.asked(yara, "Water when?")
    assert scene.decides(scene.bo, second, "merge", into=str(first)).status_code == 303
    assert "Somebody asked the same" in yara.page() and "data-count>1<" in yara.page("/list")
    assert scene.decides(scene.bo, scene.asked(yara, "And now?"), "merge").status_code == 409


def test_the_seat_behind_a_question_can_be_quietened_and_nobody_learns_whose_it_is(scene: HallScene) -> None:
    amina = scene.attendee()
    question = scene.asked(amina, "Spam!")
    assert scene.decides(scene.bo, question, "quieten", minutes="10").status_code == 303
    assert amina.asks("Again!").status_code == 409
    assert scene.attendee().asks("I am somebody else").status_code == 303
    scene.community.clock.goes_on(minutes=11)
    assert amina.asks("Now I may").status_code == 303


def test_what_is_taken_out_is_on_no_page_any_more(scene: HallScene) -> None:
    amina = scene.attendee()
    question = scene.readable(amina, "A rumour about my neighbour")
    scene.fatou.sends(f"/h/{scene.code}/questions/{question}/stage", version="2")
    assert scene.decides(scene.bo, question, "remove").status_code == 409, "a reason is asked for"
    assert scene.decides(scene.bo, question, "remove", reason="about_a_person").status_code == 303
    for page in (amina.page(), amina.page("/list"), console(scene.bo, scene), stage(scene)):
        assert "A rumour about my neighbour" not in page
    assert "It was taken out." in amina.page()


def stage(scene: HallScene) -> str:
    return scene.fatou.gets(f"/h/{scene.code}/stage").text


def test_the_facilitator_brings_on_stage_answers_and_puts_off(scene: HallScene) -> None:
    amina = scene.attendee()
    first, second = scene.readable(amina, "Who pays?"), scene.readable(amina, "Who knows?")
    acts = f"/h/{scene.code}/questions/"
    assert scene.fatou.sends(f"{acts}{first}/stage", version="1").status_code == 409, "seen in another version"
    assert scene.fatou.sends(f"{acts}{first}/stage", version="2").status_code == 303
    assert scene.fatou.sends(f"{acts}{second}/stage", version="2").status_code == 303
    assert "Who knows?" in stage(scene) and "Who pays?" not in stage(scene)
    answered = {"version": "3", "said": "The water office.", "language": "en"}
    assert scene.fatou.sends(f"{acts}{second}/answered", **answered).status_code == 303
    assert "The water office." in amina.page("/list")
    assert scene.fatou.sends(f"{acts}{first}/later", version="4").status_code == 303
    assert "answer comes after the hall" in amina.page("/list")


def test_a_role_that_was_taken_away_counts_for_nothing_at_once(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    hawa = scene.gives("hawa", Role.HELPER)
    assert hawa.gets(f"/h/{scene.code}/console").status_code == 200
    with scene.writing() as tx:
        by = scene.acts_as(tx, "hawa", Role.HELPER)
        team.dismiss(tx, scene.hall, community_on_both.account("hawa"), Role.HELPER, "", scene.as_facilitator(tx))
    assert hawa.gets(f"/h/{scene.code}/console").status_code == 404
    assert hawa.sends(f"/h/{scene.code}/notes", message="Hello?").status_code == 404
    with pytest.raises(moderating.NotFound), scene.writing() as tx:
        scene.acts_as(tx, "hawa", by.role)


def test_roles_are_given_by_a_name_in_the_space_and_shown_without_it(scene: HallScene) -> None:
    scene.community.member("hawa")
    name = pseudonym_of(scene.community, "questions", "Hawa")
    address = f"/h/{scene.code}/team"
    unknown = scene.fatou.sends(address, pseudonym="Nobody 99", role="helper")
    assert unknown.status_code == 422 and "Nobody in this space has this name." in unknown.text
    assert scene.fatou.sends(address, pseudonym=name, role="steward").status_code == 409
    assert scene.fatou.sends(address, pseudonym=name, role="captioner").status_code == 409, "which language?"
    assert scene.fatou.sends(address, pseudonym=name, role="captioner", language="ar").status_code == 303
    page = scene.fatou.gets(address, headers={"accept-language": "en"}).text
    assert "Captioner 1" in page and name not in page
    assert scene.fatou.sends(f"{address}/take", role="captioner", number="1", language="ar").status_code == 303
    assert "Captioner 1" not in scene.fatou.gets(address).text


def test_an_urgent_message_stands_on_top_until_it_is_read(scene: HallScene) -> None:
    hawa = scene.gives("hawa", Role.HELPER)
    assert hawa.sends(f"/h/{scene.code}/notes", message="A man films the room", urgent="yes").status_code == 303
    page = console(scene.fatou, scene)
    assert "Urgent, from Helper 1:" in page
    note = re.search(r"/notes/([0-9a-f-]{36})/read", page)
    assert note is not None
    assert hawa.sends(f"/h/{scene.code}/notes/{note.group(1)}/read").status_code == 404
    assert scene.fatou.sends(f"/h/{scene.code}/notes/{note.group(1)}/read").status_code == 303
    page = console(scene.fatou, scene)
    assert "Urgent, from" not in page and "A man films the room" in page


def test_states_are_read_in_words_and_the_stop_needs_no_reason(scene: HallScene) -> None:
    page = console(scene.fatou, scene)
    assert ">paused<" not in page and ">frozen<" not in page and "Hold everything still" in page
    assert page.index("Stop everything now") < page.index("<h1")
    assert scene.bo.sends(f"/h/{scene.code}/stop").status_code == 303
    assert "Ask to open it again" in console(scene.fatou, scene)
    assert scene.fatou.sends(f"/h/{scene.code}/reopen").status_code == 303
    assert scene.fatou.sends(f"/h/{scene.code}/reopen").status_code == 303
    assert scene.hall.state == HallState.STOPPED, "the same person twice is one person"
    assert "Another person must agree" in console(scene.fatou, scene)
    assert scene.bo.sends(f"/h/{scene.code}/reopen").status_code == 303
    assert scene.hall.state == HallState.PAUSED


def test_moderators_hold_a_hall_and_only_facilitators_open_or_end_it(community: Community) -> None:
    scene = HallScene(community)
    with scene.writing() as tx:
        rules.write_risks(tx, scene.hall, {"harmed": "x"}, scene.as_facilitator(tx))
        rules.sign_risks(tx, scene.hall, scene.as_moderator(tx))
    move = f"/h/{scene.code}/move"
    assert scene.bo.sends(move, to="open").status_code == 404
    assert scene.fatou.sends(move, to="open").status_code == 303
    assert scene.bo.sends(move, to="paused").status_code == 303
    assert scene.bo.sends(move, to="open").status_code == 303
    assert scene.bo.sends(f"/h/{scene.code}/close", sure="yes").status_code == 404
    assert scene.fatou.sends(move, to="closed").status_code == 409, "the end has a form of its own"


def test_the_list_says_what_is_missing_and_two_people_sign(community: Community) -> None:
    scene = HallScene(community)
    risks = f"/h/{scene.code}/risks"
    assert "needed" in console(scene.fatou, scene)
    answers = dict.fromkeys(("harmed", "watching", "languages", "focal_person", "disclosure"), "We talked about it")
    refused = scene.fatou.sends(risks, **answers)
    assert refused.status_code == 409 and "We talked about it" in refused.text
    assert scene.fatou.sends(risks, **answers, retention="yes").status_code == 303
    assert scene.fatou.sends(f"{risks}/sign").status_code == 409
    assert scene.fatou.sends(f"/h/{scene.code}/move", to="open").status_code == 409
    assert scene.bo.sends(f"{risks}/sign").status_code == 303
    assert scene.fatou.sends(f"/h/{scene.code}/move", to="open").status_code == 303


def test_settings_hold_and_a_hall_of_high_risk_stays_one(scene: HallScene) -> None:
    code = scene.code
    about = {"title_en": "Water", "title_fr": "L'eau", "link": "98.5 FM"}
    assert scene.fatou.sends(f"/h/{code}/prepare", **about).status_code == 303
    assert "98.5 FM" in scene.attendee().page() and "fr" in scene.hall.languages
    assert scene.fatou.sends(f"/h/{code}/reading", risk="high", premoderated="yes").status_code == 303
    assert scene.fatou.sends(f"/h/{code}/reading", risk="ordinary", premoderated="yes").status_code == 409
    assert scene.bo.sends(f"/h/{code}/pace", seconds="60").status_code == 303
    amina = scene.attendee()
    assert amina.asks("One?").status_code == 303 and amina.asks("Two?").status_code == 429


def test_the_agenda_is_ordered_begun_and_timed(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    agenda = f"/h/{scene.code}/agenda"
    for title in ("Welcome", "Answers"):
        fields = {"title_en": title, "kind": "questions", "minutes": "20"}
        assert scene.fatou.sends(agenda, **fields).status_code == 303
    first, second = items(scene)
    assert scene.fatou.sends(f"{agenda}/{second}/earlier").status_code == 303
    assert items(scene) == [second, first]
    assert scene.fatou.sends(f"{agenda}/{second}/begin").status_code == 303
    community_on_both.clock.goes_on(minutes=7)
    assert "7 of 20 minutes of this item are over." in console(scene.fatou, scene)
    community_on_both.clock.goes_on(minutes=16)
    late = console(scene.fatou, scene)
    assert "This item is 3 minutes over its time." in late and "of 20 minutes" not in late
    assert '<option value="300">5 minutes</option>' in late
    assert scene.fatou.sends(f"{agenda}/{second}/drop").status_code == 409
    assert scene.fatou.sends(f"{agenda}/{first}/drop").status_code == 303
    assert items(scene) == [second]


def items(scene: HallScene) -> list[UUID]:
    from server.townhall.halls.queries import sessions_of

    with scene.community.services.db.reading() as tx:
        return [row.public_id for row in sessions_of(tx, scene.hall.id)]


# Who may what --------------------------------------------------------------------------------------------

MAY = {
    Permission.RUN_HALL: {"fatou", "facilitator"},
    Permission.HOLD_HALL: {"fatou", "facilitator", "bo", "moderator", "trained"},
    Permission.MODERATE_HALL: {"bo", "moderator", "fatou"},  # who moderates in this hall, too
    Permission.DECIDE_IN_HALL: {"bo", "moderator", "trained", "fatou"},
    Permission.WORK_IN_HALL: {
        "fatou", "facilitator", "bo", "moderator", "helper", "captioner", "counsellor", "trained",
    },
    Permission.ENTER_FOR_OTHERS: {"helper"},
    Permission.WATCH_STAGE: {"fatou", "facilitator", "bo", "moderator"},
}  # fmt: skip


def people(roads: HallRoads) -> dict[str, Person]:
    """One person for each role, a member with a seat, a member without, and a visitor."""
    community, scene = roads.scene.community, roads.scene
    community.space("elsewhere", *spaces_open())
    found = {
        "fatou": scene.fatou,
        "bo": scene.bo,
        "amina": roads.amina,
        "member": community.member("yara"),
        "visitor": community.visitor(),
        "host elsewhere": community.host("hani", "elsewhere"),
        "moderator elsewhere": community.moderator("mo", "elsewhere"),
        "steward": community.steward("stella"),
    }
    for role in ("facilitator", "moderator"):
        found[role] = community.moderator(f"{role}2", "elsewhere")
    found["trained"] = community.moderator("cleo", "elsewhere")
    found |= {role: scene.gives(f"{role}3", Role(role)) for role in ("helper", "captioner", "counsellor")}
    with scene.writing() as tx:
        from server.accounts import rules as accounts

        by = scene.as_facilitator(tx)
        for role in ("facilitator", "moderator"):
            team.appoint(tx, scene.hall, community.account(f"{role}2"), Role(role), "", by)
        accounts.grant(tx, community.account("cleo"), Role.PROTECTION, scene.hall.space_id)
    return found


def spaces_open():  # type: ignore[no-untyped-def]
    from server.spaces.models import Access, Joining

    return Access.OPEN, Joining.OPEN


def test_every_address_of_the_team_is_shut_for_everybody_else(community: Community) -> None:
    """Table-driven: for each address and each role whether it is open, by the permission that the address names."""
    roads = HallRoads(community, community.moderator("bo"), community.member("amina"))
    cast = people(roads)
    for room in (*running_routes, *poll_routes):
        for who, person in cast.items():
            allowed = who in MAY[room.needs]
            if allowed and room.method == "POST":
                continue  # it would do something; what it does is promised elsewhere
            status = knocks(roads, room, person)
            shut = status == 404 or (who == "visitor" and status in (303, 403))
            if not allowed:
                assert shut, (room.name, who, status)
            elif room.method == "GET":
                assert status == 200, (room.name, who, status)


def knocks(roads: HallRoads, room: Room, person: Person) -> int:  # type: ignore[type-arg]
    """What this person is answered at the address: with a form that would be taken from somebody who may."""
    path = room.path
    for name, value in roads.slots(room).items():
        path = path.replace("{" + name + "}", value)
    if room.method == "GET":
        return person.gets(path).status_code
    return person.sends(path, **(roads.fields(room) or {})).status_code


def test_what_is_missing_leads_whoever_runs_the_hall_to_where_it_is_mended(community: Community) -> None:
    scene = HallScene(community)
    page = console(scene.fatou, scene)
    for name, sentence in (
        ("risks", "The questions about risks are answered"),
        ("team", "Each language has a captioner or interpreter"),
        ("agenda", "There is an agenda"),
        ("prepare", "It says where people can listen"),
    ):
        assert re.search(rf'<a href="/h/{scene.code}/{name}[^"]*">{sentence}</a>', page), sentence
        assert scene.fatou.gets(f"/h/{scene.code}/{name}").status_code == 200
    assert "There is an agenda</a>" not in console(scene.bo, scene), "who cannot open the page is not sent there"
