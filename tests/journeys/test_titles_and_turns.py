"""What an attacker found once stays mended: titles, turns, versions, ways out."""

import re
import sqlite3
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import func, select
from sqlmodel import col

from server.accounts import rules as accounts
from server.accounts.confusable import is_reserved, mixes_scripts
from server.accounts.models import AccountSession, Member
from server.permissions import Role
from server.spaces.models import Access, Joining
from tests.people import PASSPHRASE, Community, last_message


def test_a_waiting_topic_cannot_be_opened_by_writing_in_it(community_on_both: Community) -> None:
    amina, visitor = community_on_both.member("amina"), community_on_both.visitor()
    topic = amina.opens_topic("HELDTITLE", "you idiot")
    answer = amina.posts(topic, "harmless words")
    assert answer.status_code == 409
    assert "harmless words" in answer.text
    assert "HELDTITLE" not in visitor.reads("/s/questions")
    assert visitor.gets(topic).status_code == 404


def test_a_held_or_removed_title_is_read_by_nobody(community_on_both: Community) -> None:
    bo, amina, visitor = (
        community_on_both.moderator("bo"),
        community_on_both.member("amina"),
        community_on_both.visitor(),
    )
    topic = amina.opens_topic("FIRSTTITLE", "Where is the bus?")
    opening = last_message(community_on_both)
    community_on_both.member("nadia").posts(topic, "At the gate")
    assert "FIRSTTITLE" in visitor.reads("/s/questions")

    amina.sends(f"/messages/{opening}/edit", title="SECONDTITLE", text="you idiot", version="1")
    for page in ("/s/questions", topic):
        assert "SECONDTITLE" not in visitor.reads(page)
        assert "FIRSTTITLE" not in visitor.reads(page)
    [case] = bo.opens_the_queue()
    assert "SECONDTITLE" in bo.reads(case)
    bo.decides(case, "remove", reason="insult")
    assert "SECONDTITLE" not in visitor.reads(topic)
    bo.decides(case, "undo")
    bo.decides(case, "release")
    assert "SECONDTITLE" in visitor.reads("/s/questions")

    amina.sends(f"/messages/{opening}/withdraw")
    assert "SECONDTITLE" not in visitor.reads(topic)
    assert "The title was taken out" in visitor.reads("/s/questions")
    assert "At the gate" in visitor.reads(topic)


def test_an_undone_release_takes_a_new_flag_along(community_on_both: Community) -> None:
    bo, amina = community_on_both.moderator("bo"), community_on_both.member("amina")
    topic = amina.opens_topic("Bus", "Which one?")
    amina.posts(topic, "that idiot driver")
    [case] = bo.opens_the_queue()
    bo.decides(case, "release")
    community_on_both.member("nadia").sends(f"/messages/{last_message(community_on_both)}/flag", reason="scam", note="")
    assert bo.decides(case, "undo").status_code == 303
    assert bo.opens_the_queue() == [case]
    assert "Flag: a trick" in bo.reads(case)


def test_nobody_decides_on_words_that_they_did_not_see(community_on_both: Community) -> None:
    bo, amina = community_on_both.moderator("bo"), community_on_both.member("amina")
    topic = amina.opens_topic("Bus", "Which one?")
    amina.posts(topic, "words that somebody flags")
    message = last_message(community_on_both)
    community_on_both.member("nadia").sends(f"/messages/{message}/flag", reason="other", note="")
    [case] = bo.opens_the_queue()
    amina.sends(f"/messages/{message}/edit", text="better words", version="1")
    assert bo.sends(f"{case}/remove", version="1", reason="insult").status_code == 409
    assert "better words" in community_on_both.visitor().reads(topic)


def test_a_moderator_never_sees_a_case_about_themselves(community: Community) -> None:
    bo, salma, amina = community.moderator("bo"), community.moderator("salma"), community.member("amina")
    topic = bo.opens_topic("Bus", "I say what I like")
    amina.sends(f"/messages/{last_message(community)}/flag", reason="insult", note="She shouted at me at the tap")
    [case] = salma.opens_the_queue()
    assert bo.opens_the_queue() == []
    assert bo.gets(case).status_code == 404
    assert "Bus" in bo.reads(topic)


def test_the_author_of_a_held_answer_finds_it_when_the_topic_is_taken_back(community: Community) -> None:
    amina, nadia = community.member("amina"), community.member("nadia")
    topic = amina.opens_topic("Bus", "Which one?")
    opening = last_message(community)
    nadia.posts(topic, "no idea, idiot")
    amina.sends(f"/messages/{opening}/withdraw")
    assert "no idea, idiot" in nadia.reads(topic)
    assert topic in nadia.reads("/s/questions")
    assert topic not in amina.reads("/s/questions")


def test_guessing_by_joining_counts_like_signing_in(community: Community) -> None:
    visitor = community.visitor()
    joins = {"login": "lamp-river", "pseudonym": "River 27", "space": "questions"}
    assert community.visitor().sends("/join", passphrase="the right words are four", **joins).status_code == 200
    answers = [visitor.sends("/join", passphrase=f"wrong words number {n} here", **joins) for n in range(14)]
    assert {answer.status_code for answer in answers[:10]} == {422}
    assert {answer.status_code for answer in answers[10:]} == {429}
    community.clock.goes_on(hours=3)
    late = community.visitor().sends("/join", passphrase="the right words are four", **joins)
    assert late.status_code in (422, 409)
    assert "set-cookie" not in late.headers


def test_leaving_waits_for_nobody(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    other = sqlite3.connect(tmp_path / "community.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = amina.browser.post("/leave")
        assert answer.status_code == 303
        assert 'session=""' in answer.headers["set-cookie"]
        assert amina.gets("/spaces").status_code == 200
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_words_taken_back_are_in_no_file(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("UNIQUETITLE7141", "UNIQUEWORDS7141 in the opening")
    opening = last_message(community)
    amina.posts(topic, "UNIQUEANSWER7141")
    answer = last_message(community)

    def found() -> set[str]:
        raw = b"".join(path.read_bytes() for path in tmp_path.glob("community.sqlite3*"))
        return {word for word in ("UNIQUETITLE7141", "UNIQUEWORDS7141", "UNIQUEANSWER7141") if word.encode() in raw}

    assert len(found()) == 3, "the search can find them"
    amina.sends(f"/messages/{answer}/withdraw")
    amina.sends(f"/messages/{opening}/withdraw")
    assert found() == set()


@pytest.mark.parametrize(
    "name", ["UΝHCR", "Μoderator", "модератор", "Modérateur 3", "Staff1", "TheTeam", "WFP", "مدیر"]
)
def test_nobody_poses_as_staff(name: str, community: Community) -> None:
    assert is_reserved(name) or mixes_scripts(name)
    answer = community.visitor().sends(
        "/join", login="x-y-z", passphrase="four words are enough", pseudonym=name, space="questions"
    )
    assert answer.status_code == 422


def test_a_name_that_cannot_be_seen_is_no_name(community: Community) -> None:
    answer = community.visitor().sends(
        "/join", login="x-y-z", passphrase="four words are enough", pseudonym="\u3164\u3164", space="questions"
    )
    assert answer.status_code == 422


def test_a_circle_by_invitation_is_not_betrayed_by_any_answer(community: Community) -> None:
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    amina = community.member("amina")
    for headers in ({"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}, {}):
        there = amina.browser.post("/s/circle/join", data={"pseudonym": "Moon 3"}, headers=headers)
        nowhere = amina.browser.post("/s/nowhere/join", data={"pseudonym": "Moon 3"}, headers=headers)
        assert there.status_code == nowhere.status_code


def _expiry(community: Community) -> int:
    """When the newest session ends, in seconds since 1970."""
    with community.services.db.reading() as tx:
        ends = tx.session.execute(select(func.max(col(AccountSession.expires_at)))).scalar_one()
    return int(ends.timestamp())


def test_a_session_in_use_lives_on_and_a_busy_database_keeps_nobody_from_reading(
    community: Community, tmp_path: Path
) -> None:
    amina = community.member("amina")
    first = _expiry(community)
    community.clock.goes_on(days=2)
    other = sqlite3.connect(tmp_path / "community.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert amina.gets("/spaces").status_code == 200
        assert _expiry(community) == first
    finally:
        other.execute("ROLLBACK")
        other.close()
    amina.gets("/spaces")
    assert _expiry(community) > first


def test_a_member_who_becomes_staff_has_a_staff_session(community: Community) -> None:
    amina = community.member("amina")
    with community.services.db.transaction() as tx:
        member_id = tx.session.execute(select(col(Member.id))).scalar_one()
        accounts.grant(tx, member_id, Role.MODERATOR, community.row("questions").id)
    page = amina.reads("/me/second-factor")
    secret, sealed = re.search(r'dir="ltr">([A-Z2-7 ]+)</code>', page), re.search(r'name="sealed" value="(\w+)"', page)
    assert secret
    assert sealed
    code = pyotp.TOTP(secret.group(1).replace(" ", "")).at(community.clock.now())
    assert amina.sends("/me/second-factor", passphrase=PASSPHRASE, code=code, sealed=sealed.group(1)).status_code == 303
    assert _expiry(community) <= community.clock.now().timestamp() + 12 * 3600
