"""A space and an author may only make words last shorter; the shortest counts, and pages say when they are gone."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from moderation.states import ContentState
from server.forum.models import Message, Topic
from server.permissions import Role
from server.retention import running
from server.spaces.models import Access, Joining, Space
from tests.people import Community, Person, last_message
from tests.roads import newest_change

KEY = bytes(range(32))


def forget(community: Community) -> tuple[int, int]:
    """Run it now: how many messages went because of what was chosen, and how many are held."""
    kept, at = community.services.policies.retention, community.clock.now()
    would = running.would_forget(community.services.db, kept, at=at)
    lets = running.forget(community.services.db, kept, KEY, at=at, rest=lambda _: None)
    of_messages = [(let.rows, let.held) for let in lets if (let.table, let.lifetime) == ("message", "messages_days")]
    expected = [(let.rows, let.held) for let in would if (let.table, let.lifetime) == ("message", "messages_days")]
    assert of_messages == expected
    (_, one_by_one) = of_messages
    return one_by_one


def words(community: Community) -> list[str]:
    """The words that are there."""
    with community.services.db.reading() as tx:
        found = tx.look(select(col(Message.text)).where(col(Message.text) != "").order_by(col(Message.id)))
        return list(found.scalars())


def again(community: Community, login: str) -> Person:
    """Sessions end in seven days."""
    person = community.visitor()
    person.signs_in(login)
    return person


def lasting(community: Community, days: int, *, slug: str = "questions") -> None:
    """Two hosts choose how long messages last."""
    name = f"hani{days}"
    hani, hala = community.host(name, slug), community.host(name + "b", slug)
    assert hani.sends(f"/s/{slug}/host/lifetime", days=str(days)).status_code == 303
    assert hala.sends(f"/s/{slug}/host/changes/{newest_change(community)}/agree").status_code == 303


def test_an_author_chooses_seven_days_and_the_words_go(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    assert amina.posts(topic, "Kurzkanarie by the well", lasts="7").status_code == 303
    short = last_message(community)
    assert amina.posts(topic, "An answer to it", reply_to=short, quoted="Kurzkanarie").status_code == 303
    assert "until March 11" in amina.reads(topic)
    assert "until March 11" not in community.visitor().reads(topic)
    community.clock.goes_on(days=7)
    assert forget(community) == (0, 0)
    community.clock.goes_on(days=1)
    assert forget(community) == (1, 0)
    assert words(community) == ["Where is the bread", "An answer to it"]
    shown = community.visitor().reads(topic)
    assert "Kurzkanarie" not in shown
    assert "An answer to it" in shown
    with community.services.db.reading() as tx:
        assert tx.look(select(col(Topic.messages))).scalar_one() == 2
        assert tx.look(select(col(Message.quoted)).where(col(Message.quoted) != "")).all() == []
        assert tx.look(text("SELECT count(*) FROM message")).scalar_one() == 3  # type: ignore[call-overload]
    assert "by the well" not in again(community, "amina").reads("/search?q=Kurzkanarie")


def test_nothing_of_it_is_left_in_the_files(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    amina.posts_a_picture(topic, "Bildkanarie at the gate", lasts="7")
    amina.posts(topic, "Zitat", reply_to=last_message(community), quoted="Bildkanarie at")

    def raw() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(tmp_path.glob("community.sqlite3*")))

    assert b"Bildkanarie" in raw()
    community.clock.goes_on(days=8)
    assert forget(community) == (1, 0)
    assert b"Bildkanarie" not in raw()
    with community.services.db.reading() as tx:
        assert tx.look(text("SELECT count(*) FROM picture")).scalar_one() == 0  # type: ignore[call-overload]


def test_a_new_topic_that_lasts_shortly_goes_whole_when_nobody_answered(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    alone = amina.sends("/s/questions/new", title="Kurztitel", text="Kurzkanarie", lasts="30")
    assert alone.status_code == 303
    answered = amina.sends("/s/questions/new", title="Kurzfrage", text="Also short", lasts="30")
    assert answered.status_code == 303
    with community.services.db.reading() as tx:
        newest = tx.look(select(col(Topic.public_id)).order_by(col(Topic.id).desc()).limit(1)).scalar_one()
    amina.posts(f"/topics/{newest}", "It stays")
    community.clock.goes_on(days=31)
    assert forget(community) == (2, 0)
    assert words(community) == ["It stays"]
    listed = community.visitor().reads("/s/questions")
    assert "Kurz" not in listed
    assert "It stays" in community.visitor().reads(f"/topics/{newest}")
    with community.services.db.reading() as tx:
        assert tx.look(select(col(Topic.messages))).scalars().all() == [1]


def test_a_space_lasts_shorter_for_what_is_written_already(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    lasting(community, 30)
    amina.posts(topic, "A second one")
    assert "Messages here are forgotten 30 days after they were written." in amina.reads("/s/questions")
    assert "What is written today stays until April 3." in amina.reads("/s/questions")
    assert amina.reads(topic).count("until April 3") == 2
    community.clock.goes_on(days=30)
    assert forget(community) == (0, 0)
    community.clock.goes_on(days=1)
    assert forget(community) == (2, 0)
    assert words(community) == []


def test_the_shortest_wins_and_a_longer_life_later_changes_nothing_that_is_written(community: Community) -> None:
    lasting(community, 30)
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Thirty days by the space")
    amina.posts(topic, "Seven days by the author", lasts="7")
    assert "until March 11" in amina.reads(topic)
    lasting(community, 180)
    amina.posts(topic, "A hundred and eighty days")
    assert "until March 11" in amina.reads(topic)
    assert "until April 3" in amina.reads(topic)
    community.clock.goes_on(days=8)
    assert forget(community) == (1, 0)
    community.clock.goes_on(days=23)
    assert forget(community) == (1, 0)
    assert words(community) == ["A hundred and eighty days"]


@pytest.mark.parametrize("lasts", ["365", "8", "-7", "0", "x", "7\n", "٧", "99999999999999999999"])
def test_a_longer_or_another_life_is_refused_and_nothing_is_lost(community: Community, lasts: str) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    for place, more in ((f"{topic}/messages", {}), ("/s/questions/new", {"title": "Bus"})):
        answer = amina.sends(place, text="Words that I typed", lasts=lasts, **more)
        assert answer.status_code == 422, (place, lasts)
        assert "A message can last shorter here, not longer. Please choose one." in answer.text
        assert "Words that I typed" in answer.text
    assert words(community) == ["Where is the bread"]


def test_an_author_cannot_choose_what_the_space_does_not_keep(community: Community) -> None:
    lasting(community, 30)
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    for page in (topic, "/s/questions/new"):
        shown = amina.reads(page)
        options = re.findall(r'<option value="(\d*)"[^>]*>', shown.split('name="lasts"')[1].split("</select>")[0])
        assert options == ["", "7"], page
        assert "As usual here: 30 days" in shown
    for days in ("30", "180"):
        assert amina.posts(topic, "Longer than here", lasts=days).status_code == 422
    assert amina.posts(topic, "Shorter", lasts="7").status_code == 303


def test_one_host_alone_changes_nothing_and_the_longest_is_the_longest(community: Community) -> None:
    hani = community.host("hani", "questions")
    page = "/s/questions/host/lifetime"
    assert "365 days after the last message of the topic" in hani.reads(page)
    assert hani.sends(page, days="7").status_code == 303
    with community.services.db.reading() as tx:
        assert tx.look(select(col(Space.messages_days))).scalar_one() is None
    assert hani.sends(f"/s/questions/host/changes/{newest_change(community)}/agree").status_code == 409
    for days in ("366", "8", "0", "-1", "", "x"):
        assert hani.sends(page, days=days).status_code == 422, days
    assert hani.sends(page).status_code == 422
    assert hani.sends(page, days="longest").status_code == 409
    assert "How long messages last: 7 days after it was written" in hani.reads("/s/questions/host")


def test_what_waits_or_was_flagged_does_not_go_unseen(community: Community) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Bread", "Where is the bread")
    amina.posts(topic, "you idiot, held", lasts="7")
    amina.posts(topic, "A trick that somebody flags", lasts="7")
    emi = community.member("emi")
    assert emi.sends(f"/messages/{last_message(community)}/flag", reason="scam").status_code == 303
    community.clock.goes_on(days=9)
    assert forget(community) == (0, 0)
    bo = community.moderator("bea")
    for case in bo.opens_the_queue():
        bo.decides(case, "release")
    assert forget(community) == (2, 0)
    assert words(community) == ["Where is the bread"]


def test_a_hold_keeps_what_was_to_go_soon(community: Community) -> None:
    from tests.journeys.test_holds import asks

    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    amina.posts(topic, "Seven days", lasts="7")
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    stella.sends(f"{asks(community, gus, days=20)}/agree")
    community.clock.goes_on(days=10)
    assert forget(community) == (0, 1)
    community.clock.goes_on(days=11)
    assert forget(community) == (1, 0)


def test_only_the_space_that_chose_it_forgets_sooner(community: Community) -> None:
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina = community.member("amina", "questions", "garden")
    amina.opens_topic("Bread", "In the questions")
    amina.opens_topic("Seeds", "In the garden", space="garden")
    lasting(community, 7, slug="garden")
    community.clock.goes_on(days=8)
    assert forget(community) == (1, 0)
    assert words(community) == ["In the questions"]


def test_the_choice_is_in_the_members_own_file(community: Community) -> None:
    from server import privacy
    from server.own_data.gathering import in_a_space
    from server.places import shipped

    amina = community.member("amina")
    amina.posts(amina.opens_topic("Bread", "Where is the bread"), "Seven days", lasts="7")
    with community.services.db.reading() as tx:
        mine = tx.look(select(col(Message.membership_id)).limit(1)).scalar_one()
        assert mine is not None
        parts = in_a_space(tx, privacy.load_map(shipped("policies")), mine)
    rows = next(part.rows for part in parts if part.table == "message")
    assert [row["lasts_days"] for row in rows] == [None, 7]
    assert [row["state"] for row in rows if "state" in row] in ([], [ContentState.PUBLISHED] * 2)
