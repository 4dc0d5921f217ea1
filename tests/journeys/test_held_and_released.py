"""The first walk of the house: a message is held, released, answered, flagged, and its outcome told."""

import re

from tests.people import Community, last_message


def test_somebody_joins_posts_is_held_and_is_released(community_on_both: Community) -> None:
    bo = community_on_both.moderator("bo")
    topic = bo.opens_topic("Clinic cards", "Where do we renew them?")
    amina, visitor = community_on_both.visitor(), community_on_both.visitor()

    joined = amina.sends(
        "/join", login="amina-lamp", passphrase="red kettle under table", pseudonym="River 27", space="questions"
    )
    assert joined.status_code == 200
    assert re.search(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}", joined.text), "the recovery code is shown"

    assert amina.posts(topic, "At the second window, mornings").status_code == 303
    own = amina.reads(topic)
    assert "Others cannot see it yet" in own
    assert "it is your first message here" in own
    assert "At the second window" not in visitor.reads(topic)

    [case] = bo.opens_the_queue()
    assert "At the second window" not in bo.reads("/review")
    assert "At the second window" in bo.reads(case)
    assert bo.decides(case, "release").status_code == 303
    assert "At the second window" in visitor.reads(topic)
    assert "Others can see it now" in amina.reads("/me")

    assert amina.posts(topic, "Bring the old card too").status_code == 303
    assert "Bring the old card too" in visitor.reads(topic)


def test_a_flag_is_decided_and_the_flagger_is_told(community_on_both: Community) -> None:
    bo, amina = community_on_both.moderator("bo"), community_on_both.member("amina")
    nadia = community_on_both.member("nadia")
    topic = amina.opens_topic("Water", "The tap is broken again")
    nadia.posts(topic, "You people always complain")
    message = last_message(community_on_both)

    assert amina.sends(f"/messages/{message}/flag", reason="insult", note="rude").status_code == 303
    [case] = bo.opens_the_queue()
    page = bo.reads(case)
    assert "Flag: insult or threat" in page
    assert "rude" in page
    assert bo.decides(case, "remove", reason="insult").status_code == 303

    assert "You people always complain" not in community_on_both.visitor().reads(topic)
    assert "took it out" not in amina.reads("/me"), "nobody is told while the decision can be undone"
    community_on_both.clock.goes_on(minutes=11)
    assert "A moderator took it out. Thank you." in amina.reads("/me")
    told = nadia.reads("/me")
    assert "was taken out by a moderator" in told
    assert "it insults or hurts somebody" in told


def test_an_undone_decision_leaves_no_trace_for_readers(community_on_both: Community) -> None:
    bo, amina = community_on_both.moderator("bo"), community_on_both.member("amina")
    topic = amina.opens_topic("Bus", "Which bus goes to the market?")
    amina.posts(topic, "He is an idiot driver")
    [case] = bo.opens_the_queue()
    bo.decides(case, "remove", reason="insult")
    assert bo.opens_the_queue() == []

    assert bo.decides(case, "undo").status_code == 303
    assert bo.opens_the_queue() == [case]
    community_on_both.clock.goes_on(minutes=20)
    assert "taken out" not in amina.reads("/me")
    assert bo.decides(case, "release").status_code == 303
    assert "idiot driver" in community_on_both.visitor().reads(topic)
