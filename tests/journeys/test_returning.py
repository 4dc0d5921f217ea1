"""Coming back to a place: kept messages, drafts, quotations, answers told, and marks for those who want them."""

import re

import pytest
from sqlalchemy import select

from server.database import metadata
from tests.people import Community, Person, last_message


def rows(community: Community, table: str) -> list[tuple[object, ...]]:
    """All rows of a table."""
    with community.services.db.reading() as tx:
        return [tuple(row) for row in tx.session.execute(select(metadata.tables[table]))]


def news(person: Person) -> list[str]:
    """The sentences under "News for you"."""
    part = person.reads("/me").partition('id="notices"')[2].partition("</section>")[0]
    return [re.sub(r"<[^>]+>", "", line).strip() for line in re.findall(r"<span>(.*?)<small>", part, re.DOTALL)]


# Kept messages -----------------------------------------------------------------------------------------


def test_a_kept_message_is_on_ones_own_list_only(community_on_both: Community) -> None:
    amina, bo = community_on_both.member("amina"), community_on_both.member("bo")
    topic = bo.opens_topic("Bus", "Line seven goes to the market")
    message = last_message(community_on_both)
    assert "Keep it" in amina.reads(f"/messages/{message}/more")
    for _ in range(2):
        assert amina.sends(f"/messages/{message}/keep").status_code == 303
    assert "Line seven" in amina.reads("/me/kept")
    assert "Line seven" not in bo.reads("/me/kept")
    assert topic
    assert amina.sends(f"/messages/{message}/let-go").status_code == 303
    assert "Line seven" not in amina.reads("/me/kept")
    assert rows(community_on_both, "bookmark") == []


def test_a_kept_message_shows_nothing_once_it_went(community_on_both: Community) -> None:
    amina, bo = community_on_both.member("amina"), community_on_both.member("bo")
    topic = bo.opens_topic("Bus", "First words")
    bo.posts(topic, "Line seven goes to the market")
    message = last_message(community_on_both)
    amina.sends(f"/messages/{message}/keep")
    bo.sends(f"/messages/{message}/withdraw")
    assert "Line seven" not in amina.reads("/me/kept")


# Drafts ------------------------------------------------------------------------------------------------


def test_a_draft_waits_in_its_box_until_it_is_sent(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = bo.opens_topic("Bus", "Which line?")
    assert amina.sends(f"{topic}/draft", text="I think line 7").status_code == 303
    assert ">\nI think line 7</textarea>" in amina.reads(topic)
    assert "I think line 7" not in bo.reads(topic)
    assert "I think line 7" in amina.reads("/me/drafts")
    amina.sends("/sign-out")
    amina.signs_in("amina")
    assert "I think line 7" in amina.reads(topic)
    assert amina.sends(f"{topic}/draft", text="I am sure: line 7").status_code == 303
    assert len(rows(community, "draft")) == 1
    assert amina.posts(topic, "I am sure: line 7").status_code == 303
    assert rows(community, "draft") == []
    assert "</textarea>" in amina.reads(topic)
    assert ">\nI am sure" not in amina.reads(topic)


def test_a_draft_of_a_new_topic_keeps_its_title(community_on_both: Community) -> None:
    amina = community_on_both.member("amina")
    assert amina.sends("/s/questions/draft", title="Shoes", text="Who repairs them?", language="ar").status_code == 303
    page = amina.reads("/s/questions/new")
    assert 'value="Shoes"' in page
    assert "Who repairs them?" in page
    assert '<option value="ar" selected>' in page
    amina.opens_topic("Shoes", "Who repairs them?")
    assert rows(community_on_both, "draft") == []


def test_thrown_away_words_are_in_no_file(community: Community) -> None:
    amina = community.member("amina")
    amina.sends("/s/questions/draft", title="", text="unforgettable-kumquat", language="auto")
    folder = community.services.db.engine.url.database
    assert folder is not None

    def on_disk() -> bool:
        from pathlib import Path

        base = Path(folder)
        return any(b"unforgettable-kumquat" in file.read_bytes() for file in base.parent.glob(base.name + "*"))

    assert on_disk()
    draft = re.search(r"/me/drafts/([0-9a-f-]{36})/throw-away", amina.reads("/me/drafts"))
    assert draft is not None
    stranger = community.member("stranger")
    stranger.sends(f"/me/drafts/{draft.group(1)}/throw-away")
    assert rows(community, "draft") != []
    amina.sends(f"/me/drafts/{draft.group(1)}/throw-away")
    assert rows(community, "draft") == []
    assert not on_disk()


# Quotations --------------------------------------------------------------------------------------------


def quotes(person: Person, topic: str, message: object, quoted: str, text: str = "Yes, indeed") -> int:
    """Answer with words of the message above; gives the status."""
    return person.posts(topic, text, reply_to=str(message), quoted=quoted).status_code


def test_a_quotation_is_the_very_words_and_goes_with_them(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = bo.opens_topic("Bus", "Hello")
    bo.posts(topic, "Take the old bridge\nand ask for Samira at the gate")
    message = last_message(community)
    form = amina.gets(f"{topic}?reply={message}&quote=1").text
    assert "Take the old bridge and ask for Samira at the gate</textarea>" in form
    assert quotes(amina, topic, message, "ask for Samira") == 303
    assert "ask for Samira</span>" in community.visitor().reads(topic)
    bo.sends(f"/messages/{message}/edit", text="Take the old bridge\nand ask at the gate", version="1")
    assert "Samira" not in community.visitor().reads(topic)
    assert not any("Samira" in str(row) for row in rows(community, "message"))


def test_nobody_is_quoted_with_words_they_did_not_write(community_on_both: Community) -> None:
    amina, bo = community_on_both.member("amina"), community_on_both.member("bo")
    topic = bo.opens_topic("Bus", "I do not like the new line")
    message = last_message(community_on_both)
    answer = amina.posts(topic, "You like it", reply_to=str(message), quoted="I like the new line")
    assert answer.status_code == 422
    assert "You can shorten them, but not change them." in answer.text
    assert "You like it" in answer.text
    assert "I like the new line" in answer.text


def test_a_withdrawn_message_is_quoted_nowhere(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = bo.opens_topic("Bus", "Hello")
    bo.posts(topic, "My brother lives at the blue house")
    message = last_message(community)
    quotes(amina, topic, message, "the blue house")
    bo.sends(f"/messages/{message}/withdraw")
    assert "blue house" not in amina.reads(topic)
    assert not any("blue house" in str(row) for row in rows(community, "message"))


def test_the_quotation_of_a_removed_message_is_not_shown(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = bo.opens_topic("Bus", "Hello")
    amina.posts(topic, "Some unkind words here")
    message = last_message(community)
    quotes(bo, topic, message, "unkind words", "Please do not")
    celia = community.member("celia")
    celia.sends(f"/messages/{message}/flag", reason="insult")
    case = bo.opens_the_queue()[0]
    assert bo.decides(case, "remove", reason="insult").status_code == 303
    assert "unkind words" not in community.visitor().reads(topic)


# Answers -----------------------------------------------------------------------------------------------


def test_an_answer_is_told_once_and_not_to_oneself(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo, celia = (community.member(name) for name in ("amina", "bo", "celia"))
    topic = amina.opens_topic("Bus", "Which line?")
    question = last_message(community)
    amina.posts(topic, "I mean today", reply_to=str(question))
    assert news(amina) == []
    bo.posts(topic, "Line 7", reply_to=str(question))
    first = last_message(community)
    celia.posts(topic, "Line 9", reply_to=str(question))
    assert news(amina) == ["Somebody answered you in Questions."]
    assert f"/messages/{first}" in amina.reads("/me")
    bo.sends(f"/messages/{first}/withdraw")
    assert news(amina) == []


def test_whoever_wants_no_such_news_gets_none(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = amina.opens_topic("Bus", "Which line?")
    amina.sends("/s/questions/choices", shown="1")
    bo.posts(topic, "Line 7", reply_to=str(last_message(community)))
    assert news(amina) == []
    assert " checked" not in amina.gets("/s/questions/choices").text


def test_a_held_answer_is_told_when_it_is_released(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    newcomer = community.member("newcomer", known=False)
    topic = amina.opens_topic("Bus", "Which line?")
    newcomer.posts(topic, "Line 7", reply_to=str(last_message(community)))
    assert news(amina) == []
    case = bo.opens_the_queue()[0]
    bo.decides(case, "release")
    assert news(amina) == ["Somebody answered you in Questions."]
    bo.decides(case, "undo")
    assert news(amina) == []


# Marks -------------------------------------------------------------------------------------------------


def test_nothing_is_remembered_unless_it_is_asked_for(community_on_both: Community) -> None:
    amina, bo = community_on_both.member("amina"), community_on_both.member("bo")
    topic = bo.opens_topic("Bus", "Which line?")
    amina.reads(topic)
    assert rows(community_on_both, "read_mark") == []


def test_marks_lead_to_the_first_new_message_and_go_when_switched_off(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.member("bo")
    topic = bo.opens_topic("Bus", "Which line?")
    amina.sends("/s/questions/choices", shown="1", keeps_marks="yes", told_of_answers="yes")
    amina.reads(topic)
    assert "first-new" not in amina.reads("/s/questions")
    bo.posts(topic, "Line 7?")
    first = last_message(community)
    bo.posts(topic, "Or line 9?")
    assert "2 new" in amina.reads("/s/questions")
    assert amina.gets(f"{topic}/first-new").headers["location"] == f"/messages/{first}"
    assert "Go to the first new message" in amina.reads(topic)
    assert "Go to the first new message" not in amina.reads(topic)
    assert "first-new" not in bo.reads("/s/questions")
    amina.sends("/s/questions/choices", shown="1", told_of_answers="yes")
    assert rows(community, "read_mark") == []
    amina.reads(topic)
    assert rows(community, "read_mark") == []


@pytest.mark.parametrize("path", ["more", "keep", "let-go"])
def test_a_message_that_one_cannot_read_cannot_be_kept(community: Community, path: str) -> None:
    amina, newcomer = community.member("amina"), community.member("newcomer", known=False)
    topic = amina.opens_topic("Bus", "Which line?")
    newcomer.posts(topic, "Held words")
    held = last_message(community)
    address = f"/messages/{held}/{path}"
    answer = amina.gets(address) if path == "more" else amina.sends(address)
    assert answer.status_code == 404


# Dates -------------------------------------------------------------------------------------------------


def test_whoever_wants_it_reads_persian_dates_and_nobody_else_does(community: Community) -> None:
    amina, bo = community.member("amina"), community.member("bo")
    topic = amina.opens_topic("Bus", "Which line?")
    community.clock.goes_on(days=3)
    assert amina.sends("/me/calendar", calendar="persian").status_code == 303
    assert "1404/12/13" in amina.reads(topic)
    assert "۱۴۰۴/۱۲/۱۳" in amina.reads(f"{topic}?lang=fa") or "1404/12/13" in amina.reads(f"{topic}?lang=ar")
    assert "March 4" in bo.reads(topic)
    assert "March 4" in community.visitor().reads(topic)
    amina.sends("/me/calendar", calendar="gregorian")
    assert "March 4" in amina.reads(topic)
