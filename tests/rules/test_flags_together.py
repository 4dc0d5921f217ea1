"""Many flags at once move nothing out of sight, weigh little when they come from new members, and are told of."""

from sqlalchemy import select
from sqlmodel import col

from server.content import Case
from tests.people import Community, last_message


def test_a_crowd_of_new_members_is_damped_and_shown(community_on_both: Community) -> None:
    community = community_on_both
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    amina.posts(topic, "We Kurds say hello")
    message = last_message(community)
    weights: list[float] = []
    for number in range(9):
        newcomer = community.member(f"new-{number}", known=False)
        assert newcomer.sends(f"/messages/{message}/flag", reason="insult").status_code == 303
        with community.services.db.reading() as tx:
            weights.append(tx.session.execute(select(col(Case.weight))).scalar_one())
    assert weights == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    assert "We Kurds say hello" in community.visitor().reads(topic), "flags hide nothing"
    [case] = bo.opens_the_queue()
    assert "may be an attack on its author" in bo.reads(case)


def test_flags_of_known_members_are_no_crowd(community: Community) -> None:
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    amina.posts(topic, "Hello you all")
    message = last_message(community)
    for number in range(6):
        community.member(f"known-{number}").sends(f"/messages/{message}/flag", reason="insult")
    [case] = bo.opens_the_queue()
    assert "may be an attack" not in bo.reads(case)


def test_whoever_was_right_weighs_more_and_whoever_was_wrong_less(community: Community) -> None:
    bo, amina = community.moderator("bo"), community.member("amina")
    right, wrong = community.member("right"), community.member("wrong")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    for number in range(6):
        amina.posts(topic, f"Fish number {number}")
        message = last_message(community)
        by, act = (right, "remove"), (wrong, "release")
        for (person, decision), text in ((by, "bad"), (act, "good")):
            if text == "good":
                amina.posts(topic, f"Bread number {number}")
                message = last_message(community)
            person.sends(f"/messages/{message}/flag", reason="insult")
            [case] = bo.opens_the_queue()
            bo.decides(case, decision, **({"reason": "insult"} if decision == "remove" else {}))
    found: list[float] = []
    hani = community.member("hani")
    for person in (right, wrong):
        assert hani.posts(topic, f"One more for {len(found)}").status_code == 303
        person.sends(f"/messages/{last_message(community)}/flag", reason="insult")
        with community.services.db.reading() as tx:
            found.append(
                tx.session.execute(select(col(Case.weight)).order_by(col(Case.id).desc()).limit(1)).scalar_one()
            )
    assert found == [2.0, 0.5]
