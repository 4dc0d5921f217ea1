"""What a page costs, what it tells to whom, and that two names of one person stay two names."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import AccountSession, Member, Membership
from server.database import metadata
from server.forum.models import Message, Topic
from server.review.models import Decision
from server.spaces.models import Access, Joining
from tests.asked import asked_of
from tests.people import PASSPHRASE, Community, Person, last_message
from tests.roads import ROOMS, without_limits, world


def forget(community: Community) -> None:
    """As after a start: nothing is remembered."""
    community.services.remembered.forget_all()
    community.services.fragments.clear()


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


# Cost ----------------------------------------------------------------------------------------------------


def long_topic(community: Community) -> tuple[Person, str]:
    """A topic with more than one page of messages by several people, answers among them."""
    people = [community.member(name) for name in ("amina", "bo", "chadi")]
    topic = people[0].opens_topic("Water", "Where is it?")
    for number in range(30):
        answered = last_message(community)
        community.clock.goes_on(minutes=1)
        sent = people[number % 3].posts(topic, f"Message {number}", reply_to=str(answered))
        assert sent.status_code == 303
    return people[0], topic


@pytest.fixture
def thread(_no_limits: None, community_on_both: Community) -> tuple[Community, Person, str]:
    amina, topic = long_topic(community_on_both)
    return community_on_both, amina, topic


def test_a_topic_costs_few_queries_however_long_it_is(thread):
    community, amina, topic = thread
    for person, most in ((community.visitor(), 4), (amina, 8)):
        for path in (topic, f"{topic}?page=2"):
            forget(community)
            with asked_of(community) as asked:
                assert person.gets(path).status_code == 200
            assert 0 < len(asked) <= most, asked


def test_a_guests_page_of_a_moment_ago_costs_no_query(thread):
    community, _, topic = thread
    visitor = community.visitor()
    first = visitor.gets(topic)
    with asked_of(community) as asked:
        again = visitor.gets(topic)
        same = visitor.gets(topic, headers={"if-none-match": first.headers["etag"]})
    assert asked == []
    assert again.text == first.text
    assert same.status_code == 304 and same.content == b""


@pytest.mark.parametrize("path", ["/", "/spaces", "/s/questions", "/me", "/join", "/s/questions/new", "/review"])
def test_a_page_costs_as_many_queries_with_much_as_with_little(community, path):
    """No query is made once for each line of a list."""
    bo = community.moderator("bo")
    amina = community.member("amina")

    def cost(person: Person) -> int:
        forget(community)
        with asked_of(community) as asked:
            person.gets(path)
        return len(asked)

    amina.opens_topic("Water 0", "Words")
    amina.posts(amina.opens_topic("Held 0", "Words 0"), "you idiot")
    little = [cost(person) for person in (community.visitor(), amina, bo)]
    for number in range(1, 6):
        amina.opens_topic(f"Water {number}", f"Words {number}")
        community.space(f"space{number}", Access.OPEN, Joining.OPEN)
        amina.posts(amina.opens_topic(f"Held {number}", f"idiot {number}"), "you idiot")
        community.visitor().signs_in("amina")
        community.clock.goes_on(minutes=2)
    much = [cost(person) for person in (community.visitor(), amina, bo)]
    assert much == little
    desk = 2 if path == "/review" else 0  # whose shift it is, and what waits for a second person
    assert max(much) <= 12 + desk


# Held text -----------------------------------------------------------------------------------------------


def guest_sees(community: Community, path: str) -> tuple[str, bytes]:
    forget(community)
    answer = community.visitor().gets(path)
    assert answer.status_code == 200
    return answer.headers["etag"], answer.content


def test_a_held_message_changes_nothing_for_guests(community_on_both):
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = amina.opens_topic("Water", "Where is it?")
    paths = ("/", "/spaces", "/s/questions", topic, f"{topic}?page=2", f"{topic}?lang=ar")
    before = {path: guest_sees(community, path) for path in paths}
    assert amina.posts(topic, "you idiot").status_code == 303
    amina.opens_topic("A held topic", "another idiot")
    message = last_message(community)
    amina.sends(f"/messages/{message}/edit", text="still an idiot", title="A held topic", version="1")
    bo.sends(f"/messages/{message}/flag", reason="scam")
    assert {path: guest_sees(community, path) for path in paths} == before
    bos = [bo.gets(path).text for path in paths]
    assert not any("idiot" in unescape(page) for page in bos)


def test_a_guest_is_told_not_modified_until_something_public_changes(community_on_both):
    community = community_on_both
    amina, visitor = community.member("amina"), community.visitor()
    topic = amina.opens_topic("Water", "Where is it?")
    etag = visitor.gets(topic).headers["etag"]
    for _ in range(3):
        assert visitor.gets(topic, headers={"if-none-match": etag}).status_code == 304
        forget(community)
    amina.posts(topic, "you idiot")
    assert visitor.gets(topic, headers={"if-none-match": etag}).status_code == 304
    amina.posts(topic, "Behind the school.")
    fresh = visitor.gets(topic, headers={"if-none-match": etag})
    assert fresh.status_code == 200 and "Behind the school." in fresh.text
    message = last_message(community)
    amina.sends(f"/messages/{message}/withdraw")
    gone = visitor.gets(topic, headers={"if-none-match": fresh.headers["etag"]})
    assert gone.status_code == 200 and "Behind the school." not in gone.text


def test_a_page_for_members_is_never_kept_for_guests(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is it?")
    pages = [amina.gets(topic), amina.gets("/"), amina.gets("/s/questions")]
    for page in pages:
        assert "etag" not in page.headers and page.headers["cache-control"] == "no-store"
    assert "Amina" not in community.visitor().gets("/").text
    assert "You write here as" not in community.visitor().gets(topic).text


def test_a_removed_or_hidden_message_is_on_no_page_of_another_person(community):
    walk = world(community)
    secret = "Words that were taken out again"
    walk.amina.posts(walk.topic, secret)
    message = last_message(community)
    chadi = community.member("chadi")
    for state in (ContentState.HELD, ContentState.HIDDEN, ContentState.REMOVED):
        with community.services.db.transaction() as tx:
            tx.session.execute(update(Message).where(col(Message.public_id) == message).values(state=state))
            tx.session.execute(update(Topic).values(version=col(Topic.version) + 1))
        forget(community)
        for person in (community.visitor(), chadi):
            for act in ("", "/flag", "/edit", "/withdraw"):
                answer = person.gets(f"/messages/{message}{act}")
                assert answer.status_code in (303, 404) and "/sign-in" in answer.headers.get("location", "/sign-in")
                assert secret not in answer.text
            assert person.gets(f"/messages/{message}").status_code == 404
            assert secret not in person.reads(walk.topic)
            assert secret not in person.reads(f"{walk.topic}?reply={message}")
            sent = person.sends(f"/messages/{message}/flag", reason="scam")
            assert sent.status_code in (403, 404)


# Closed circles ------------------------------------------------------------------------------------------


def circle(community: Community) -> tuple[Person, str, Any]:
    community.space("shelter", Access.MEMBERS, Joining.INVITATION)
    dalia = community.member("dalia", "shelter")
    topic = dalia.opens_topic("Only for us", "Words of the shelter", space="shelter")
    dalia.posts(topic, "More words of the shelter")
    return dalia, topic, last_message(community)


def test_everything_of_a_closed_circle_is_unknown_outside(community_on_both):
    community = community_on_both
    dalia, topic, message = circle(community)
    assert "Words of the shelter" in dalia.reads(topic)
    outside = [community.visitor(), community.member("amina"), community.moderator("bo")]
    slots = {"space": "shelter", "topic": topic.removeprefix("/topics/"), "message": str(message)}
    nothing = {"space": "nothing", "topic": str(message), "message": topic.removeprefix("/topics/")}
    for room in ROOMS:
        if not any("{" + slot + "}" in room.path for slot in slots):
            continue
        path = room.path.replace("{language}", "en").replace("{change}", str(message)).replace("{member}", str(message))
        path = path.replace("{person}", str(message)).replace("{hold}", str(message))
        other = path
        for slot, value in slots.items():
            path, other = path.replace("{" + slot + "}", value), other.replace("{" + slot + "}", nothing[slot])
        for person in outside:
            fields = {"text": "x", "title": "x", "reason": "scam", "version": "1", "pseudonym": "Blue Kite 9"}
            there, elsewhere = (
                (person.gets(p) if room.method == "GET" else person.sends(p, **fields)) for p in (path, other)
            )
            assert there.status_code == elsewhere.status_code == 404, (room.name, there.status_code)
            assert plain(there.text, path) == plain(elsewhere.text, other), room.name
    for person in outside:
        for page in ("/", "/spaces", "/join", "/join?space=shelter", "/me", "/sign-in?next=/s/shelter"):
            text = (
                person.reads(page)
                .replace(quote("/s/shelter", safe=""), "")
                .replace("/s/shelter", "")
                .replace('value="shelter"', "")
                .replace("space=shelter", "")
            )
            assert "shelter" not in text.lower(), page


def plain(page: str, path: str) -> str:
    """A page without its own address and without the token of the moment."""
    return re.sub(r'value="[^"]*"', "", page.replace(path, ""))


def test_joining_does_not_tell_whether_a_closed_circle_exists(community_on_both):
    community = community_on_both
    circle(community)
    for invite in ("", "WRNG-WRNG-WRNG-WRNG-WRNG"):
        answers = []
        for number, space in enumerate(("shelter", "nothing")):
            fields = {"login": f"new{number}{len(invite)}", "passphrase": PASSPHRASE, "pseudonym": "Blue Kite 9"}
            answers.append(community.visitor().sends("/join", space=space, invite=invite, **fields))
        assert [a.status_code for a in answers] == [422, 422]
        told = [re.findall(r'<p class="error"[^>]*>(.*?)</p>', a.text) for a in answers]
        assert told[0] == told[1]
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(func.count()).select_from(Member)).scalar_one() == 1


def test_a_reply_cannot_quote_a_message_of_another_space(community):
    _, _, message = circle(community)
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is it?")
    amina.posts(topic, "An answer across", reply_to=str(message))
    for page in (amina.reads(topic), amina.reads(f"{topic}?reply={message}")):
        assert "Words of the shelter" not in page and "More words" not in page


# Two names -----------------------------------------------------------------------------------------------

UUID_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def pages_of(person: Person, start: str, limit: int = 60) -> dict[str, str]:
    """Every page that the person reaches by links from here."""
    seen: dict[str, str] = {}
    waiting = [start]
    while waiting and len(seen) < limit:
        path = waiting.pop(0).split("#")[0]
        if path in seen or "lang=" in path or path.startswith(("/leave", "/static")):
            continue
        answer = person.gets(path)
        seen[path] = answer.text
        waiting.extend(unescape(link) for link in re.findall(r'href="(/[^"]*)"', answer.text))
        if "location" in answer.headers:
            waiting.append(answer.headers["location"])
    return seen


def test_no_page_links_the_two_names_of_one_person(community):
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina = community.member("amina", "questions", "garden")
    bo = community.moderator("bo", "questions", "garden")
    topics = {
        space: amina.opens_topic(f"In {space}", f"Words in the {space}", space=space)
        for space in ("questions", "garden")
    }
    for topic in topics.values():
        amina.posts(topic, "you idiot")
    with community.services.db.reading() as tx:
        names = dict(
            tx.session.execute(
                select(col(Membership.pseudonym), col(Membership.public_id)).where(col(Membership.member_id) == 1)
            ).all()
        )
        sessions = {str(found) for found in tx.session.execute(select(col(AccountSession.public_id))).scalars()}
        members = set(tx.session.execute(select(col(Member.id))).scalars())
    assert len(names) == 2 and members
    chadi = community.member("chadi", "questions", "garden")
    for person in (community.visitor(), chadi, bo):
        pages = pages_of(person, "/spaces")
        assert {*topics.values()} <= pages.keys()
        for path, page in pages.items():
            assert not all(name in page for name in names), path
            assert not any(str(public_id) in page for public_id in names.values()), path
            if path != "/me":
                assert not any(session in page for session in sessions), path
            assert not re.search(r"member[_-]?id|data-member|data-author", page), path
        found = [set(UUID_SHAPE.findall(page)) for path, page in pages.items() if path in topics.values()]
        assert not set.intersection(*found), "the same id in two spaces"


def test_no_page_shows_a_number_of_the_database(community):
    """Public ids are random; nothing says how many there are or who came first."""
    walk = world(community)
    for person in (walk.visitor, walk.amina, walk.bo):
        for path, page in pages_of(person, "/spaces").items():
            for link in re.findall(r'(?:href|action)="(/[^"]*)"', page):
                assert not re.search(r"/\d+(?:[/?#]|$)", link), (path, link)
            for value in re.findall(r'\bid="([^"]*)"', page):
                assert not re.search(r"^[a-z]-?\d+$", value), (path, value)


def test_a_pseudonym_taken_in_one_space_is_free_in_another(community):
    """Otherwise a refusal would tell that somebody of that name is elsewhere."""
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina, bo = community.member("amina"), community.member("bo")
    assert amina.sends("/s/garden/join", pseudonym="Night Lamp 3").status_code == 303
    community.space("roof", Access.OPEN, Joining.OPEN)
    assert bo.sends("/s/roof/join", pseudonym="Night Lamp 3").status_code == 303


def test_decisions_name_no_text(community):
    walk = world(community)
    walk.bo.decides(f"/review/{walk.case}", "remove", reason="insult")
    with community.services.db.reading() as tx:
        rows = tx.session.execute(select(*metadata.tables[str(Decision.__tablename__)].columns)).all()
    assert rows and "idiot" not in str(rows)
