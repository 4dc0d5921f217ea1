"""A shift at the desk: what a moderator is given, does, hands on, and what the author notices of it."""

import re

from sqlalchemy import select, update
from sqlmodel import col

from server.accounts import rules as accounts
from server.accounts.models import AccountSession
from server.app import ROOMS
from server.content import Case
from server.permissions import Permission, Role
from server.review.models import Restriction, Strike
from tests.people import Community, Person, last_message


def writes(community: Community, *texts: str, login: str = "amina") -> tuple[Person, str]:
    """A topic by nadia, and somebody's messages in it."""
    person = community.member(login)
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    for text in texts:
        assert person.posts(topic, text).status_code == 303
    return person, topic


def flags(person: Person, community: Community, reason: str) -> None:
    assert person.sends(f"/messages/{last_message(community)}/flag", reason=reason).status_code == 303


def trained(community: Community, login: str) -> None:
    with community.services.db.transaction() as tx:
        accounts.grant(tx, community.account(login), Role.PROTECTION, community.row("questions").id)


# The shift -----------------------------------------------------------------------------------------------------


def test_the_code_of_conduct_comes_before_the_first_case_of_a_shift(community: Community) -> None:
    bo, _ = community.moderator("bo"), writes(community, "you idiot")
    [case] = bo.opens_the_queue()
    assert bo.gets(case).status_code == 200
    with community.services.db.transaction() as tx:
        tx.session.execute(update(AccountSession).values(shift_began_at=None))
    assert bo.gets(case).headers["location"].startswith("/review/conduct?case=")
    assert bo.sends(f"{case}/release", version="1").status_code in (303, 409)
    assert "you idiot" not in community.visitor().reads("/s/questions")
    assert bo.sends("/review/next").status_code == 409
    page = bo.reads(case)
    assert "What moderators promise" in page and "you idiot" not in page
    assert bo.sends("/review/conduct", case=case.rpartition("/")[2]).headers["location"] == case
    assert "you idiot" in bo.reads(case)


def test_the_next_case_fits_the_moderator(community_on_both: Community) -> None:
    community = community_on_both
    bo, chadi = community.moderator("bo"), community.moderator("chadi")
    amina, topic = writes(community, "you idiot")
    bo_topic = bo.opens_topic("Mine", "Hello")
    amina.posts(bo_topic, "idiot in the topic of bo")
    taken = bo.sends("/review/next").headers["location"]
    assert "you idiot" in bo.reads(taken)
    other = chadi.sends("/review/next").headers["location"]
    assert "idiot in the topic of bo" in chadi.reads(other), "a colleague has the first one"
    went_on = bo.decides(taken.partition("?")[0], "release", on="yes")
    assert went_on.headers["location"].startswith("/review?done=released&undo="), "nothing else is for bo"
    assert "The case before" in bo.reads(went_on.headers["location"])
    amina.posts(topic, "one more idiot")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Case).where(col(Case.state) == "open").values(language="ar"))
    assert bo.sends("/review/choices", reads_en="yes").status_code == 303
    assert bo.sends("/review/next").headers["location"] == "/review?done=nothing_fits"
    assert bo.sends("/review/choices", reads_ar="yes", without_hate="yes").status_code == 303
    assert bo.sends("/review/next").headers["location"] == "/review?done=nothing_fits"
    assert "you leave these out" in bo.reads("/review")
    bo.sends("/review/choices")
    assert "one more idiot" in bo.reads(bo.sends("/review/next").headers["location"])


def test_a_case_left_to_others_is_not_offered_again_and_pressure_names_nobody(community: Community) -> None:
    bo, chadi, hani = community.moderator("bo"), community.moderator("chadi"), community.host("hani")
    writes(community, "you idiot")
    [case] = bo.opens_the_queue()
    bo.decides(case, "claim")
    assert bo.sends(f"{case}/skip", why="pressure").status_code == 303
    assert bo.opens_the_queue() == [] and bo.gets(case).status_code == 404
    assert chadi.opens_the_queue() == [case]
    told = hani.reads("/me")
    assert "feels under pressure" in told and "Amina" not in told and "Bo 1" not in told
    assert "feels under pressure" not in chadi.reads("/me")


def test_two_heavy_cases_do_not_come_in_a_row_and_a_break_is_suggested(community: Community) -> None:
    bo = community.moderator("bo")
    amina, topic = writes(community, "first idiot", "second idiot", "third idiot")
    with community.services.db.transaction() as tx:
        keys = list(tx.session.execute(select(col(Case.id)).order_by(col(Case.id))).scalars())
        tx.session.execute(update(Case).where(col(Case.id).in_(keys[:2])).values(severity=100, rank=10.0**6))
    assert "first idiot" in bo.reads(bo.sends("/review/next").headers["location"])
    bo.decides(bo.opens_the_queue()[0], "release")
    assert "third idiot" in bo.reads(bo.sends("/review/next").headers["location"])
    assert "Stand up" not in bo.reads("/review")
    community.clock.goes_on(minutes=41)
    assert "Stand up" in bo.reads("/review")
    assert bo.sends("/review/break").status_code == 303
    assert "Stand up" not in bo.reads("/review")
    assert amina and topic


# Whose a case is -----------------------------------------------------------------------------------------------


def test_a_disclosure_is_opened_by_trained_people_only(community: Community) -> None:
    bo, chadi = community.moderator("bo"), community.moderator("chadi")
    nadia = community.member("zahra")
    writes(community, "My neighbour is beaten every night")
    trained(community, "chadi")
    flags(nadia, community, "danger")
    [case] = chadi.opens_the_queue()
    page = bo.reads("/review")
    assert bo.opens_the_queue() == [] and "For trained people" in page and "danger" not in page
    assert "Nobody here may open" not in page
    assert bo.gets(case).status_code == 404 and bo.sends(f"{case}/release", version="1").status_code == 404
    assert bo.sends("/review/next").headers["location"] == "/review?done=nothing_fits"
    assert "My neighbour is beaten" in chadi.reads(case)


def test_a_complaint_about_a_moderator_goes_around_them(community: Community) -> None:
    bo, hani, stella = community.moderator("bo"), community.host("hani"), community.steward("stella")
    hani.begins_a_shift()
    stella.begins_a_shift()
    nadia = community.member("nadia")
    bo.opens_topic("Rules", "I remove what I like")
    flags(nadia, community, "moderator")
    assert bo.opens_the_queue() == [] and "With the hosts" not in bo.reads("/review")
    [case] = hani.opens_the_queue()
    assert bo.gets(case).status_code == 404
    assert "I remove what I like" in hani.reads(case) and "I remove what I like" in stella.reads(case)
    community.moderator("chadi").opens_topic("Other", "A word by chadi")
    flags(nadia, community, "insult")
    assert len(hani.opens_the_queue()) == 2, "a host sees what is flagged of a moderator"
    assert len(bo.opens_the_queue()) == 1, "and so does a colleague"


def test_what_is_handed_up_is_with_the_hosts(community: Community) -> None:
    bo, hani = community.moderator("bo"), community.host("hani")
    hani.begins_a_shift()
    writes(community, "you idiot")
    [case] = bo.opens_the_queue()
    assert hani.opens_the_queue() == [] and hani.gets(case).status_code == 404
    bo.decides(case, "escalate")
    assert bo.opens_the_queue() == [] and "With the hosts" in bo.reads("/review")
    assert hani.opens_the_queue() == [case]
    community.clock.goes_on(minutes=11)
    assert bo.gets(case).status_code == 404
    assert hani.decides(case, "release").status_code == 303


# What the author notices ---------------------------------------------------------------------------------------


def test_a_returned_message_is_changed_and_read_again(community: Community) -> None:
    bo = community.moderator("bo")
    amina, topic = writes(community, "the driver is an idiot")
    message = last_message(community)
    [case] = bo.opens_the_queue()
    assert bo.decides(case, "return", advice="kind", advice_note="Say what happened").status_code == 303
    assert bo.opens_the_queue() == []
    assert "asks you to change it" not in amina.reads(topic)
    community.clock.goes_on(minutes=11)
    assert "a moderator asks you to change it first" in amina.reads(topic)
    told = amina.reads("/me")
    assert "Please say it without words that hurt." in told and "Say what happened" in told
    version = re.search(r'name="version" value="(\d+)"', amina.gets(f"/messages/{message}/edit").text)
    assert version is not None
    assert amina.sends(f"/messages/{message}/edit", text="He did not stop", version=version.group(1)).status_code == 303
    [again] = bo.opens_the_queue()
    assert "He did not stop" in bo.reads(again)
    bo.decides(again, "release")
    assert "He did not stop" in community.visitor().reads(topic)


def test_hidden_words_are_told_and_the_rest_is_read(community: Community) -> None:
    bo = community.moderator("bo")
    amina, topic = writes(community, "Call the idiot at 0791234567 tomorrow")
    [case] = bo.opens_the_queue()
    wrong = bo.decides(case, "redact", parts="not in it")
    assert wrong.status_code == 422 and "not in it" in wrong.text
    bo.decides(case, "redact", parts="0791234567\nidiot")
    assert "Call the ▇▇▇ at ▇▇▇ tomorrow" in community.visitor().reads(topic)
    community.clock.goes_on(minutes=11)
    assert "A moderator hid some words" in amina.reads("/me")


def test_a_slow_topic_takes_one_message_in_ten_minutes(community_on_both: Community) -> None:
    community = community_on_both
    bo = community.moderator("bo")
    amina, topic = writes(community, "you idiot")
    [case] = bo.opens_the_queue()
    bo.decides(case, "measures", reason="insult", topic="slow")
    community.clock.goes_on(minutes=11)
    assert amina.posts(topic, "One").status_code == 303
    assert amina.posts(topic, "One").status_code == 303, "the same press twice"
    slow = amina.posts(topic, "Two")
    assert slow.status_code == 409 and "Two" in slow.text and "10 minutes" in slow.text
    community.clock.goes_on(minutes=10)
    assert amina.posts(topic, "Two").status_code == 303


def test_a_limited_member_writes_on_and_waits(community: Community) -> None:
    bo = community.moderator("bo")
    amina, topic = writes(community, "you idiot")
    bo.decides(bo.opens_the_queue()[0], "remove", reason="insult", author="limit", days="7", strike="yes")
    amina.posts(topic, "An ordinary word")
    assert "for some days a person reads your messages in this space first" in amina.reads(topic)
    assert "An ordinary word" not in community.visitor().reads(topic)
    community.clock.goes_on(days=8)
    amina.signs_in("amina")
    amina.posts(topic, "A free word")
    assert "A free word" in community.visitor().reads(topic)


def test_a_strike_is_named_and_waits_for_a_tick_and_a_missing_reason_is_a_choice(community: Community) -> None:
    bo = community.moderator("bo")
    writes(community, "first idiot")
    [case] = bo.opens_the_queue()
    page = bo.reads(case)
    assert "Count it as a strike" in page and "What the computer says" not in page
    assert not re.search(r'name="strike"[^>]* checked', page)
    again = bo.decides(case, "remove")
    assert again.status_code == 422
    assert "Please choose one." in again.text and "Please write something here." not in again.text
    ticked = bo.decides(case, "remove", strike="yes")
    assert re.search(r'name="strike"[^>]* checked', ticked.text), "what was chosen comes back"


def test_strikes_are_given_by_people_expire_and_only_propose(community: Community) -> None:
    bo = community.moderator("bo")
    _, topic = writes(community, "first idiot")
    amina = community.visitor()
    amina.signs_in("amina")
    bo.decides(bo.opens_the_queue()[0], "remove", reason="hate", strike="yes")
    amina.posts(topic, "second idiot")
    [case] = bo.opens_the_queue()
    assert "A person could read theirs first" in bo.reads(case)
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(col(Restriction.id))).first() is None, "nothing follows by itself"
        assert tx.session.execute(select(col(Strike.weight))).scalars().all() == [4]
    community.clock.goes_on(days=181)
    with community.services.db.transaction() as tx:
        late = community.clock.now().replace(year=2030)
        tx.session.execute(update(AccountSession).values(started_at=community.clock.now(), expires_at=late))
    bo.begins_a_shift()
    assert "A person could read theirs first" not in bo.reads(case)


def test_nobody_is_known_after_one_evening(community: Community) -> None:
    bo, omar = community.moderator("bo"), community.member("omar", known=False)
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    omar.posts(topic, "My very first")
    bo.decides(bo.opens_the_queue()[0], "release")
    for number in range(4):
        omar.posts(topic, f"Answer {number}")
        assert f"Answer {number}" in community.visitor().reads(topic), "only the first message waits"
    assert "known here" not in omar.reads("/me") and "new here" in omar.reads(topic)
    community.clock.goes_on(days=1)
    omar.posts(topic, "On another day")
    page = omar.reads(topic)
    assert "known here" in page.split("Omar")[1][:200]


# Suspended, never exiled ---------------------------------------------------------------------------------------


def test_a_longer_suspension_takes_a_second_person(community: Community) -> None:
    bo, chadi = community.moderator("bo"), community.moderator("chadi")
    amina, topic = writes(community, "you idiot")
    too_long = bo.decides(bo.opens_the_queue()[0], "remove", reason="threat", author="pause", days="30")
    assert too_long.status_code == 409
    bo.decides(bo.opens_the_queue()[0], "remove", reason="threat", author="suspend", days="30")
    assert amina.posts(topic, "I still write").status_code == 303
    found = re.search(r'href="(/review/proposals/[0-9a-f-]+)"', bo.reads("/review"))
    assert found is not None
    assert bo.sends(f"{found.group(1)}/agree").status_code == 409
    assert chadi.sends(f"{found.group(1)}/agree").status_code == 303
    amina.signs_in("amina")
    assert amina.posts(topic, "No more").status_code == 409
    community.clock.goes_on(days=31)
    amina.signs_in("amina")
    assert amina.posts(topic, "Back again").status_code == 303


def proposal(person: Person) -> str | None:
    """The address of the suspension that waits in this queue."""
    found = re.search(r'href="(/review/proposals/[0-9a-f-]+)"', person.reads("/review"))
    return found and found.group(1)


def test_whoever_may_not_open_a_case_sees_no_suspension_proposed_from_it(community: Community) -> None:
    bo, chadi, dana = (community.moderator(name) for name in ("bo", "chadi", "dana"))
    writes(community, "My neighbour is beaten every night")
    trained(community, "chadi")
    trained(community, "dana")
    flags(community.member("zahra"), community, "danger")
    [case] = chadi.opens_the_queue()
    assert chadi.decides(case, "remove", reason="threat", author="suspend", days="30").status_code == 303
    page = proposal(chadi)
    assert page is not None and proposal(bo) is None and proposal(dana) == page
    assert bo.gets(page).status_code == 404
    for act in ("agree", "put-away"):
        assert bo.sends(f"{page}/{act}").status_code == 404, act
    assert dana.sends(f"{page}/agree").status_code == 303


def test_a_suspension_proposed_around_the_moderators_is_for_hosts_and_stewards(community_on_both: Community) -> None:
    community = community_on_both
    bo, chadi = community.moderator("bo"), community.moderator("chadi")
    hani, stella = community.host("hani"), community.steward("stella")
    hani.begins_a_shift()
    bo.opens_topic("Rules", "I remove what I like")
    flags(community.member("nadia"), community, "moderator")
    [case] = hani.opens_the_queue()
    assert hani.decides(case, "remove", reason="threat", author="suspend", days="30").status_code == 303
    page = proposal(hani)
    assert page is not None and proposal(chadi) is None and proposal(bo) is None
    assert chadi.sends(f"{page}/put-away").status_code == 404
    assert proposal(stella) == page and stella.sends(f"{page}/agree").status_code == 303


def test_a_suspended_member_reads_writes_letters_and_keeps_their_page(community: Community) -> None:
    """Every page that is open to a member is open to a suspended one."""
    bo = community.moderator("bo")
    amina, topic = writes(community, "you idiot")
    amina.posts(topic, "A public word")
    message = last_message(community)
    slots = {"topic": topic.rpartition("/")[2], "space": "questions", "message": str(message), "policy": "privacy"}
    needs = (Permission.ENTER, Permission.SEE_SPACE, Permission.READ_SPACE, Permission.KEEP_ACCOUNT)
    needs += (Permission.POST_MESSAGE,)

    def walk() -> dict[str, int]:
        seen: dict[str, int] = {}
        for room in ROOMS:
            names = re.findall(r"\{(\w+)\}", room.path)
            if room.method == "GET" and room.needs in needs and set(names) <= set(slots) and not room.always:
                path = room.path
                for name in names:
                    path = path.replace("{" + name + "}", slots[name])
                seen[room.name] = amina.gets(path).status_code
        return seen

    before = walk()
    assert set(before.values()) <= {200, 303, 404} and len(before) > 25
    case = next(case for case in bo.opens_the_queue())
    bo.decides(case, "remove", reason="threat", author="pause", days="7")
    assert amina.posts(topic, "Not now").status_code == 409
    assert walk() == before
    assert amina.sends("/s/questions/letters", text="Why?").status_code == 303
    assert amina.sends(f"/messages/{message}/withdraw").status_code == 303
    community.clock.goes_on(minutes=11)
    told = amina.reads("/me")
    assert "You cannot write in Questions until" in told and "You can still read" in told
    assert amina.sends("/sign-out").status_code == 303
