"""Two stewards hold what is written somewhere: the daily forgetting passes it by, its readers are told, and it ends."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlmodel import col
from typer.testing import CliRunner

from moderation.states import ContentState
from server.accounts.models import RoleGrant
from server.cli import app as commands
from server.database import metadata
from server.forum.models import Message
from server.permissions import Role
from server.retention import running
from server.spaces.models import Hold, HoldState
from tests.people import Community, Person, last_message

KEY = bytes(range(32))
OFFICE = "Legal office of the Bridge Network"


def asks(community: Community, steward: Person, space: str = "questions", *, days: int = 60, topic: str = "") -> str:
    """Ask for a hold; gives the address under which others agree or end it."""
    until = (community.clock.now() + timedelta(days=days)).date().isoformat()
    form = {"reason": "law", "office": OFFICE, "until": until, "topic": topic}
    answer = steward.sends(f"/steward/spaces/{space}/holds", **form)
    assert answer.status_code == 303, answer.text
    with community.services.db.reading() as tx:
        newest = tx.look(select(col(Hold.public_id)).order_by(col(Hold.id).desc()).limit(1)).scalar_one()
    return f"/steward/spaces/{space}/holds/{newest}"


def forget(community: Community) -> dict[str, tuple[int, int]]:
    """Run it now: what went and what stayed because it is held."""
    kept, at = community.services.policies.retention, community.clock.now()
    would = running.would_forget(community.services.db, kept, at=at)
    lets = running.forget(community.services.db, kept, KEY, at=at, rest=lambda _: None)
    for before, after in zip(would, lets, strict=True):
        assert before.held == after.held
    counts: dict[str, tuple[int, int]] = {}
    for let in lets:
        rows, held = counts.get(f"{let.table} {let.lifetime}", (0, 0))
        counts[f"{let.table} {let.lifetime}"] = (rows + let.rows, held + let.held)
    return counts


def words(community: Community) -> list[str]:
    """The words of all messages."""
    with community.services.db.reading() as tx:
        return list(tx.look(select(col(Message.text)).order_by(col(Message.id))).scalars())


def old_topics(community: Community) -> tuple[str, str]:
    """Two topics in which nobody has written for 360 days."""
    amina = community.member("amina")
    topics = amina.opens_topic("Bread", "Where is the bread"), amina.opens_topic("Bus", "Where is the bus")
    community.clock.goes_on(days=360)
    return topics


def test_what_is_held_stays_and_goes_when_the_day_has_passed(community_on_both: Community) -> None:
    community = community_on_both
    old_topics(community)
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    hold = asks(community, gus, days=20)
    assert stella.sends(f"{hold}/agree").status_code == 303
    community.clock.goes_on(days=20)
    assert forget(community)["message messages_days"] == (0, 2)
    assert words(community) == ["Where is the bread", "Where is the bus"]
    community.clock.goes_on(days=1)
    assert forget(community)["message messages_days"] == (2, 0)
    assert words(community) == []


def test_one_topic_is_held_and_its_neighbour_goes(community_on_both: Community) -> None:
    community = community_on_both
    bread, _ = old_topics(community)
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    hold = asks(community, gus, topic=f"http://localhost:8000{bread}?page=1#m-1")
    stella.sends(f"{hold}/agree")
    community.clock.goes_on(days=20)
    assert forget(community)["message messages_days"] == (1, 1)
    assert words(community) == ["Where is the bread"]


def test_a_proposal_alone_holds_nothing(community: Community) -> None:
    old_topics(community)
    gus = community.staff("gus", Role.STEWARD)
    hold = asks(community, gus)
    own = gus.sends(f"{hold}/agree")
    assert own.status_code == 409
    assert "Another steward must agree" in own.text
    community.clock.goes_on(days=10)
    assert forget(community)["message messages_days"] == (2, 0)


def test_removed_words_stay_while_they_are_held(community: Community) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Bus", "Where is the bus?")
    community.clock.goes_on(minutes=2)
    amina.posts(topic, "you idiot")
    assert bo.decides(bo.opens_the_queue()[0], "remove", reason="insult").status_code == 303
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    stella.sends(f"{asks(community, gus, days=40)}/agree")
    community.clock.goes_on(days=31)
    assert forget(community)["message removed_days"] == (0, 1)
    assert "you idiot" in words(community)
    community.clock.goes_on(days=10)
    assert forget(community)["message removed_days"] == (1, 0)


def test_readers_are_told_until_when_and_for_whom(community: Community) -> None:
    amina = community.member("amina")
    bread, bus = amina.opens_topic("Bread", "Where is the bread"), amina.opens_topic("Bus", "Where is the bus")
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    hold = asks(community, gus, days=28)  # the first of April
    for page in ("/s/questions", bread):
        assert OFFICE not in amina.reads(page)
    stella.sends(f"{hold}/agree")
    for reader in (amina, community.visitor()):
        for page in ("/s/questions", bread, bus):
            shown = reader.reads(page)
            assert "What is written in this space is kept until April 1, longer than usual." in shown
            assert OFFICE in shown
            assert "a court or an authority has asked under the law" in shown
    stella.sends(f"{hold}/end")
    for page in ("/s/questions", bread):
        assert OFFICE not in amina.reads(page)
    one = asks(community, stella, topic=bread)
    gus.sends(f"{one}/agree")
    assert "What is written in this topic is kept until" in amina.reads(bread)
    assert OFFICE not in amina.reads(bus)
    assert f'href="{bread}">One topic of this space is kept until' in amina.reads("/s/questions")


def test_what_was_taken_back_is_gone_in_spite_of_a_hold(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Bread", "Where is the bread")
    amina.posts(topic, "Haltekanarie by the river")
    message = last_message(community)
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    stella.sends(f"{asks(community, gus)}/agree")
    assert amina.sends(f"/messages/{message}/withdraw").status_code == 303
    assert "Haltekanarie by the river" not in words(community)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("community.sqlite3*"))
    assert b"Haltekanarie" not in raw
    with community.services.db.reading() as tx:
        state = tx.look(select(col(Message.state)).where(col(Message.public_id) == message)).scalar_one()
    assert state == ContentState.WITHDRAWN


def test_a_day_too_late_a_foreign_topic_and_an_empty_form_are_refused(community: Community) -> None:
    community.member("amina")
    gus = community.staff("gus", Role.STEWARD)
    page, today = "/steward/spaces/questions/holds", community.clock.now().date()
    form = {"reason": "law", "office": OFFICE, "topic": ""}
    for days in (0, -1, 91, 4000):
        late = gus.sends(page, **form, until=(today + timedelta(days=days)).isoformat())
        assert late.status_code == 422, days
        assert "Choose a day after today, at most 90 days from now." in late.text
        assert OFFICE in late.text
    strange = gus.sends(page, **{**form, "topic": "/topics/00000000-0000-4000-8000-000000000000"}, until="2026-03-20")
    assert strange.status_code == 422
    assert "There is no topic of this space at this address." in strange.text
    assert gus.sends(page, **{**form, "topic": "behind the school"}, until="2026-03-20").status_code == 422
    assert gus.sends(page).status_code == 422
    with community.services.db.reading() as tx:
        assert tx.look(select(col(Hold.id))).all() == []
    assert gus.sends(page, **form, until=(today + timedelta(days=90)).isoformat()).status_code == 303
    twice = gus.sends(page, **form, until=(today + timedelta(days=30)).isoformat())
    assert twice.status_code == 409
    assert "waits for a second steward" in twice.text


def test_it_is_renewed_by_two_again_and_ended_by_one(community: Community) -> None:
    old_topics(community)
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    stella.sends(f"{asks(community, gus, days=6)}/agree")
    second = asks(community, stella, days=80)
    assert gus.sends(f"{second}/agree").status_code == 303
    community.clock.goes_on(days=10)
    assert forget(community)["message messages_days"] == (0, 2)
    gus = community.staff("grete", Role.STEWARD)  # a session of staff ends in a night
    assert gus.sends(f"{second}/end").status_code == 303
    assert gus.sends(f"{second}/end").status_code == 409
    assert forget(community)["message messages_days"] == (2, 0)


def test_who_has_left_the_office_cannot_have_asked(community: Community) -> None:
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    hold = asks(community, gus)
    with community.services.db.transaction() as tx:
        asker = tx.look(select(col(Hold.asked_by))).scalar_one()
        tx.run(delete(RoleGrant).where(col(RoleGrant.member_id) == asker))
    answer = stella.sends(f"{hold}/agree")
    assert answer.status_code == 409
    assert "not a steward any more" in answer.text
    with community.services.db.reading() as tx:
        assert tx.look(select(col(Hold.state))).scalar_one() == HoldState.ASKED


def test_only_stewards_find_the_page_and_hosts_read_of_it_in_the_history(community: Community) -> None:
    hani = community.host("hani", "questions")
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    hold = asks(community, gus)
    for person in (hani, community.member("amina"), community.visitor()):
        assert person.gets("/steward/spaces/questions/holds").status_code in (303, 403, 404)
        assert person.sends(f"{hold}/agree").status_code in (303, 403, 404)
    assert "Keep content longer" in gus.reads("/steward/spaces/questions")
    assert re.search("You asked for this", gus.reads("/steward/spaces/questions/holds"))
    stella.sends(f"{hold}/agree")
    assert "What is written here is kept until" in hani.reads("/s/questions/host")


def test_the_command_says_how_many_rows_are_held(
    community: Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", int)  # the command steps back for readers; the other tests of this process do not
    old_topics(community)
    gus, stella = community.staff("gus", Role.STEWARD), community.staff("stella", Role.STEWARD)
    stella.sends(f"{asks(community, gus, days=90)}/agree")
    with community.services.db.transaction() as tx:
        topics, holds, long = metadata.tables["topic"], metadata.tables["space_hold"], timedelta(days=4000)
        before, after = community.clock.now() - long, community.clock.now() + long  # the command has the real clock
        tx.run(topics.update().values(last_message_at=before))
        tx.run(holds.update().values(asked_on=before.date(), until=after.date()))
    done = CliRunner().invoke(commands, ["forget", "--dry-run", "--json", "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert sum(line["held"] for line in lines if line["table"] == "message") == 2
    done = CliRunner().invoke(commands, ["forget", "--data", str(tmp_path)])
    assert "0  message (messages_days), and 2 held" in done.output
    assert len(words(community)) == 2
