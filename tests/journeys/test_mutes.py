"""Not wanting to read somebody in a space, and not to be answered by them: it is felt, and told to nobody."""

import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select
from sqlmodel import col

from server.database import metadata
from server.forum.models import Message
from server.spaces.models import Access, Joining
from tests.asked import asked_of
from tests.people import Community, Person, last_message, pseudonym_of

SUMMARY = "A message by somebody you do not want to read"
NOT_DIRECTLY = "You cannot answer this message directly. You can write to everybody in the topic."


def folded(page: str) -> list[str]:
    """What stands inside of the folds, whole."""
    return re.findall(r'<details class="folded">(.*?)</article></details>', page, re.DOTALL)


def open_part(page: str) -> str:
    """What is to be read without opening a fold."""
    return re.sub(r'<details class="folded">.*?</article></details>', SUMMARY, page, flags=re.DOTALL)


def rows(community: Community, table: str) -> list[tuple[object, ...]]:
    with community.services.db.reading() as tx:
        return [tuple(row) for row in tx.session.execute(select(metadata.tables[table]))]


def puts_away(person: Person, message: object, act: str = "mute") -> None:
    answer = person.sends(f"/messages/{message}/{act}")
    assert answer.status_code == 303, answer.text


def person_on_the_list(reader: Person, act: str) -> str:
    """The address that takes it back."""
    found = re.search(rf'action="(/s/questions/mutes/[0-9a-f-]{{36}}/{act})"', reader.reads("/s/questions/choices"))
    assert found is not None
    return found.group(1)


def test_a_muted_persons_messages_are_folded_for_one_reader_only(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo, celia = (community.member(name) for name in ("amina", "bo", "celia"))
    topic = amina.opens_topic("Bus", "Which line?")
    bo.posts(topic, "Words of bo")
    message = last_message(community)
    name = pseudonym_of(community, "questions", "Bo")
    assert folded(amina.reads(topic)) == []
    puts_away(amina, message)
    page = amina.reads(topic)
    assert len(folded(page)) == 1
    assert "Words of bo" in folded(page)[0] and name in folded(page)[0]
    assert "Words of bo" not in open_part(page) and name not in open_part(page)
    for other in (bo, celia, community.visitor()):
        assert folded(other.reads(topic)) == []
        assert "Words of bo" in other.reads(topic)
    amina.sends(person_on_the_list(amina, "show"))
    assert folded(amina.reads(topic)) == []
    assert rows(community, "mute") == []


def test_what_others_answer_a_muted_person_has_neither_name_nor_words(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo, celia = (community.member(name) for name in ("amina", "bo", "celia"))
    topic = bo.opens_topic("Bus", "Words of bo")
    question = last_message(community)
    celia.posts(topic, "Words of celia", reply_to=str(question), quoted="Words of bo")
    puts_away(amina, question)
    page = open_part(amina.reads(topic))
    assert "Words of celia" in page
    assert "Words of bo" not in page and pseudonym_of(community, "questions", "Bo") not in page
    assert "Words of bo</span>" in celia.reads(topic)


def test_the_fold_is_in_that_space_only(community: Community) -> None:
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina, bo = community.member("amina", "questions", "garden"), community.member("bo", "questions", "garden")
    bo.opens_topic("Bus", "Hello")
    puts_away(amina, last_message(community))
    other = bo.opens_topic("Seeds", "Who has some?", "garden")
    assert folded(amina.reads(other)) == []
    amina.posts(other, "I have", reply_to=str(last_message(community)))


def test_search_leaves_out_whom_one_does_not_want_to_read(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = bo.opens_topic("Bus", "kumquat of bo")
    message = last_message(community)
    amina.posts(topic, "kumquat of amina")
    assert "of bo" in amina.reads("/search?q=kumquat")
    puts_away(amina, message)
    page = amina.reads("/search?q=kumquat")
    assert "of amina" in page and "of bo" not in page
    assert "of bo" in bo.reads("/search?q=kumquat") and "of bo" in community.visitor().reads("/search?q=kumquat")


def test_a_moderator_finds_and_reviews_everything(community: Community) -> None:
    mo, bo = community.moderator("mo"), community.member("bo")
    topic = bo.opens_topic("Bus", "kumquat of bo")
    puts_away(mo, last_message(community), "block")
    assert "of bo" in mo.reads("/search?q=kumquat")
    bo.posts(topic, "an idiot wrote this")
    assert "an idiot wrote this" in mo.reads(mo.opens_the_queue()[0])


@pytest.mark.parametrize("act", ["mute", "block"])
def test_their_answers_make_no_news_and_those_that_wait_go(community_on_both: Community, act: str) -> None:
    community = community_on_both
    amina, bo, celia = (community.member(name) for name in ("amina", "bo", "celia"))
    topic = amina.opens_topic("Bus", "Which line?")
    question = last_message(community)
    bo.posts(topic, "Line 7", reply_to=str(question))
    assert "Somebody answered you" in amina.reads("/me")
    puts_away(amina, last_message(community), act)
    assert "Somebody answered you" not in amina.reads("/me")
    assert bo.posts(topic, "Line 8", reply_to=str(question)).status_code == (303 if act == "mute" else 409)
    assert "Somebody answered you" not in amina.reads("/me")
    celia.posts(topic, "Line 9", reply_to=str(question))
    assert amina.reads("/me").count("Somebody answered you") == 1, "celia's answer is told as ever"


def test_a_blocked_persons_answer_is_refused_with_its_words_and_goes_to_everybody_then(
    community_on_both: Community,
) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = amina.opens_topic("Bus", "Ask Samira at the gate")
    question = last_message(community)
    bo.posts(topic, "Hello")
    puts_away(amina, last_message(community), "block")
    refused = bo.posts(topic, "Carefully typed", reply_to=str(question), quoted="Samira")
    page = unescape(refused.text)
    assert refused.status_code == 409 and NOT_DIRECTLY in page
    assert ">\nCarefully typed</textarea>" in page
    assert 'name="reply_to"' not in page, "sending again writes to everybody"
    assert "Carefully typed" not in amina.reads(topic)
    for query in (f"?reply={question}", f"?reply={question}&quote=1"):
        asked = bo.reads(topic + query)
        assert NOT_DIRECTLY in asked and 'name="reply_to"' not in asked and 'name="quoted"' not in asked
    assert bo.posts(topic, "Carefully typed").status_code == 303
    assert len(folded(amina.reads(topic))) == 2
    amina.sends(person_on_the_list(amina, "answer"))
    assert bo.posts(topic, "Now it goes", reply_to=str(question)).status_code == 303
    assert len(folded(amina.reads(topic))) == 3, "they may answer, and are still folded"
    with community.services.db.reading() as tx:
        told = tx.session.execute(select(col(Message.quoted)).where(col(Message.quoted) != "")).all()
    assert told == []


def test_a_mute_never_weakens_a_block_and_both_can_be_pressed_twice(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    bo.opens_topic("Bus", "Hello")
    message = last_message(community)
    for act in ("mute", "mute", "block", "block", "mute"):
        puts_away(amina, message, act)
    assert [row[-1] for row in rows(community, "mute")] == [True]
    show = person_on_the_list(amina, "show")
    for _ in range(2):
        assert amina.sends(show).status_code == 303
    assert rows(community, "mute") == []


def test_nobody_mutes_oneself(community: Community) -> None:
    amina = community.member("amina")
    amina.opens_topic("Bus", "Hello")
    message = last_message(community)
    for act in ("mute", "block"):
        assert amina.sends(f"/messages/{message}/{act}").status_code == 409
    assert "person's messages" not in amina.reads(f"/messages/{message}/more")
    assert rows(community, "mute") == []


def test_a_full_list_says_so(community: Community) -> None:
    amina = community.member("amina")
    most = community.services.policies.accounts.mutes_per_space
    assert most >= 100
    bo, celia = community.member("bo"), community.member("celia")
    bo.opens_topic("Bus", "Hello")
    theirs = last_message(community)
    celia.opens_topic("Train", "Hello")
    policies = community.services.policies
    small = replace(policies, accounts=replace(policies.accounts, mutes_per_space=1))
    object.__setattr__(community.services, "policies", small)
    puts_away(amina, theirs)
    refused = amina.sends(f"/messages/{last_message(community)}/mute")
    assert refused.status_code == 409 and "too many people" in refused.text


def test_nothing_anywhere_shows_it_to_the_other_person(community: Community) -> None:
    """Every page of theirs is the same before and after, but for the tokens in the forms."""
    amina, bo = community.member("amina"), community.member("bo")
    topic = amina.opens_topic("Bus", "Which line?")
    question = last_message(community)
    bo.posts(topic, "Hello")
    message = last_message(community)

    def all_pages() -> list[str]:
        paths = (topic, "/", "/spaces", "/s/questions", "/me", f"/messages/{question}/more", "/s/questions/choices")
        paths += (f"{topic}?reply={message}", "/search?q=line", f"/messages/{question}/flag")
        return [re.sub(r'name="form_token" value="[^"]+"', "", bo.reads(path)) for path in paths]

    before = all_pages()
    puts_away(amina, message, "block")
    assert all_pages() == before


def test_a_member_without_mutes_pays_nothing_and_one_with_them_one_question(community: Community) -> None:
    amina, bo = community.member("amina"), community.member("bo")
    topic = bo.opens_topic("Bus", "Hello")

    def asks() -> list[str]:
        amina.reads(topic)
        with asked_of(community) as asked:
            amina.reads(topic)
        return [one for one in asked if one.startswith("SELECT")]

    without = asks()
    assert not any("mute." in one for one in without)
    puts_away(amina, last_message(community))
    assert len(asks()) == len(without) + 1


@pytest.mark.parametrize("act", ["answer", "show"])
def test_the_list_of_somebody_else_stays_as_it_is(community: Community, act: str) -> None:
    amina, bo, celia = (community.member(name) for name in ("amina", "bo", "celia"))
    bo.opens_topic("Bus", "Hello")
    puts_away(amina, last_message(community), "block")
    before = rows(community, "mute")
    celia.sends(person_on_the_list(amina, act))
    bo.sends(person_on_the_list(amina, act))
    assert rows(community, "mute") == before
