"""Letters between a member and the moderators' team: no names of moderators, nobody else reads them."""

import re
from importlib import import_module

import pytest
from sqlalchemy import text, update

from server.accounts import rules as accounts
from server.letters.models import Conversation
from server.permissions import Role
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


def a_disclosure(community: Community, opener: Person) -> tuple[Person, str]:
    """What nadia wrote and somebody flagged as danger: nadia, and the case, which only trained people open."""
    nadia = community.member("nadia")
    nadia.posts(community.member("emi").opens_topic("Bus", "Which line?"), "My neighbour is beaten every night")
    flag = f"/messages/{last_message(community)}/flag"
    assert community.member("zahra").sends(flag, reason="danger").status_code == 303
    [case] = opener.opens_the_queue()
    return nadia, case


def trains(community: Community, login: str) -> None:
    with community.services.db.transaction() as tx:
        accounts.grant(tx, community.account(login), Role.PROTECTION, community.row("questions").id)


@pytest.mark.parametrize("role", ["moderator", "host"])
def test_what_is_answered_about_a_disclosure_is_read_by_trained_people_only(
    community_on_both: Community, role: str
) -> None:
    """A host who is trained may open such a case, so the answer must not be lost on them."""
    community = community_on_both
    bo = community.moderator("bo")
    chadi = community.moderator("chadi") if role == "moderator" else community.host("chadi")
    trains(community, "chadi")
    chadi.begins_a_shift()
    nadia, case = a_disclosure(community, chadi)
    nadia.sends("/s/questions/letters", text="When do you read?")
    conversation = first_letter(bo)
    assert chadi.sends(f"{case}/letter", text="Are you safe today?").status_code == 303
    assert nadia.sends("/s/questions/letters", text="He has a knife").status_code == 303
    assert conversation not in bo.reads("/letters") and "waits for an answer" not in bo.reads("/review")
    assert bo.gets(conversation).status_code == 404
    for act in (conversation, f"{conversation}/done"):
        assert bo.sends(act, text="I know").status_code == 404, act
    assert "1 waits for an answer" in chadi.reads("/review")
    assert first_letter(chadi) == conversation and "He has a knife" in chadi.reads(conversation)
    assert chadi.sends(conversation, text="Come to the clinic").status_code == 303
    assert "Come to the clinic" in nadia.reads("/s/questions/letters")
    nadia.sends("/s/questions/letters", text="I am on my way")
    assert bo.gets(conversation).status_code == 404, "what was protected once stays so"


def test_a_host_who_is_not_trained_reads_no_letters(community: Community) -> None:
    hani, bo = community.host("hani"), community.moderator("bo")
    community.member("amina").sends("/s/questions/letters", text="A quiet question")
    assert hani.gets("/letters").status_code == 404
    assert hani.gets(first_letter(bo)).status_code == 404


def test_the_migration_protects_what_was_written_about_a_disclosure_before(community_on_both: Community) -> None:
    community = community_on_both
    bo, chadi, amina = community.moderator("bo"), community.moderator("chadi"), community.member("amina")
    trains(community, "chadi")
    nadia, case = a_disclosure(community, chadi)
    chadi.sends(f"{case}/letter", text="Are you safe today?")
    nadia.sends("/s/questions/letters", text="He has a knife")
    amina.sends("/s/questions/letters", text="A quiet question", about=str(last_message(community)))
    revision = import_module("server.migrations.versions.0012_protected_letters")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Conversation).values(protected=False))
    assert "Nadia" in bo.reads("/letters")
    with community.services.db.transaction() as tx:
        tx.session.execute(text(revision.WRITTEN_FROM_A_DISCLOSURE))
    page = bo.reads("/letters")
    assert "Nadia" not in page and "Amina" in page
