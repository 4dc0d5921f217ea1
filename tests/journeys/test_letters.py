"""Letters between a member and the moderators' team: no names of moderators, nobody else reads them."""

import re

from tests.people import Community, Person, last_message


def first_letter(team: Person) -> str:
    """The address of the first conversation in the team's list."""
    found = re.search(r'href="(/letters/[0-9a-f-]{36})"', team.reads("/letters"))
    assert found is not None
    return found.group(1)


def test_a_member_asks_and_the_team_answers_as_a_team(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    assert amina.sends("/s/questions/letters", text="Why was I *not* answered?").status_code == 303
    assert "1 waits for an answer" in bo.reads("/review")
    conversation = first_letter(bo)
    assert "Why was I <em>not</em> answered?" in bo.reads(conversation)
    assert bo.sends(conversation, text="We are only two. Today at six.").status_code == 303
    page = amina.reads("/s/questions/letters")
    assert "Today at six" in page
    assert "The moderators" in page
    assert "Bo " not in page
    assert "The moderators of Questions wrote to you." in amina.reads("/me")
    assert "/s/questions/letters" in amina.reads("/me")
    assert "waits for an answer" not in bo.reads("/review")


def test_nobody_else_reads_or_answers_them(community_on_both: Community) -> None:
    community = community_on_both
    community.space("garden", community.row("questions").access, community.row("questions").joining)
    amina, bo = community.member("amina"), community.moderator("bo")
    amina.sends("/s/questions/letters", text="A quiet question")
    conversation = first_letter(bo)
    for other in (community.visitor(), community.member("celia"), community.moderator("zed", "garden")):
        assert other.gets(conversation).status_code in (303, 404)
        assert other.sends(conversation, text="I know").status_code in (403, 404)
        assert "quiet question" not in other.reads("/letters")
        assert "quiet question" not in other.reads("/s/questions/letters")


def test_a_moderator_does_not_answer_their_own_letter(community: Community) -> None:
    bo, ana = community.moderator("bo"), community.moderator("ana")
    bo.sends("/s/questions/letters", text="I am under pressure")
    assert "Bo " not in bo.reads("/letters")
    conversation = first_letter(ana)
    assert bo.gets(conversation).status_code == 404
    assert bo.sends(conversation, text="All is well").status_code == 404


def test_a_held_message_leads_to_a_letter_about_it(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = bo.opens_topic("Bus", "Which line?")
    amina.posts(topic, "you idiot")
    held = last_message(community)
    page = amina.reads(topic)
    assert f"/s/questions/letters?about={held}" in page
    assert f'name="about" value="{held}"' in amina.gets(f"/s/questions/letters?about={held}").text
    amina.sends("/s/questions/letters", text="I was joking with my cousin", about=str(held))
    assert f"/messages/{held}" in bo.reads(first_letter(bo))


def test_a_letter_is_not_about_somebody_elses_message(community: Community) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    bo.opens_topic("Bus", "Which line?")
    others = last_message(community)
    assert 'name="about"' not in amina.gets(f"/s/questions/letters?about={others}").text
    amina.sends("/s/questions/letters", text="Hello", about=str(others))
    assert str(others) not in bo.reads(first_letter(bo))


def test_the_team_writes_to_an_author_and_a_double_press_sends_once(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    amina.posts(bo.opens_topic("Bus", "Which line?"), "you idiot")
    case = bo.opens_the_queue()[0]
    for _ in range(2):
        assert bo.sends(f"{case}/letter", text="Please say it kindly.").status_code == 303
    assert amina.reads("/s/questions/letters").count("Please say it kindly.") == 1
    assert amina.reads("/me").count("wrote to you") == 1
