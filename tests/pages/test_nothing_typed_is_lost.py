"""Whatever happens between opening a form and sending it, the words are still there."""

import re
from html import unescape

from sqlalchemy import func, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Member, Membership
from server.forum.models import Message, Topic
from server.spaces.models import Access, Joining, Space
from tests.people import PASSPHRASE, Community, last_message
from tests.roads import world

WORDS = "Long words that took an hour to write"


def textarea(page: str, name: str) -> str:
    """What stands in the box of this name."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None, f"no box for {name}"
    return unescape(found.group(1))


def hidden(page: str) -> dict[str, str]:
    return {
        unescape(n): unescape(v) for n, v in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    }


def count(community: Community, kind: type) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(select(func.count()).select_from(kind)).scalar_one()


def test_a_message_survives_the_end_of_the_session(community_on_both):
    community = community_on_both
    bo = community.member("bo")
    amina = community.member("amina")
    topic = bo.opens_topic("Water", "Where is it?")
    community.clock.goes_on(days=8)
    words = f'{WORDS}\n\n"quoted" & <b>bold</b>'
    ended = amina.posts(topic, words, language="ar")
    assert ended.status_code == 403
    assert textarea(ended.text, "kept_text") == words
    wrong = amina.sends("/sign-in", **{**hidden(ended.text), "kept_text": words}, login="amina", passphrase="not hers")
    assert wrong.status_code == 409
    assert textarea(wrong.text, "kept_text") == words, "after a mistake in the secret words"
    back = amina.sends("/sign-in", **{**hidden(wrong.text), "kept_text": words}, login="amina", passphrase=PASSPHRASE)
    assert back.status_code == 200
    assert textarea(back.text, "text") == words, "shown, so that it can be looked at before it is sent"
    action = re.search(r'<form method="post" action="([^"]+/messages)">', back.text)
    assert action is not None
    sent = amina.sends(action.group(1), **hidden(back.text), text=words)
    assert sent.status_code == 303
    assert WORDS in community.visitor().reads(topic)


def test_a_new_topic_survives_the_end_of_the_session_in_a_closed_circle(community):
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    amina = community.member("amina", "circle")
    community.clock.goes_on(days=8)
    answer = amina.sends("/s/circle/new", title="A careful title", text=WORDS)
    assert answer.status_code in (403, 404)
    assert WORDS in unescape(answer.text) and "A careful title" in unescape(answer.text)


def test_of_two_tabs_the_second_learns_of_the_first_and_keeps_its_words(community_on_both):
    amina = community_on_both.member("amina")
    topic = amina.opens_topic("Water", "First words")
    message = last_message(community_on_both)
    one = hidden(amina.gets(f"/messages/{message}/edit").text)
    two = hidden(amina.gets(f"/messages/{message}/edit").text)
    assert amina.sends(f"/messages/{message}/edit", **one, text="Words of tab one", title="Water").status_code == 303
    late = amina.sends(f"/messages/{message}/edit", **two, text="Words of tab two", title="Water two")
    assert late.status_code == 409
    assert textarea(late.text, "text") == "Words of tab two"
    assert "Water two" in late.text
    assert "Words of tab one" in late.text, "what changed must be on the page"
    assert "Words of tab one" in amina.reads(topic)
    again = amina.sends(f"/messages/{message}/edit", **hidden(late.text), text="Words of both", title="Water")
    assert again.status_code == 303, "the form that came back must be one that can be sent"
    assert "Words of both" in amina.reads(topic)


def test_a_message_for_a_topic_that_was_closed_meanwhile_comes_back(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "First words")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Topic).values(closed=True))
    answer = amina.posts(topic, WORDS)
    assert answer.status_code == 409
    assert WORDS in unescape(answer.text)


def test_a_message_for_a_space_that_is_read_only_by_now_comes_back(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "First words")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Space).values(read_only=True))
    for answer in (
        amina.posts(topic, WORDS),
        amina.sends("/s/questions/new", title="T", text=WORDS),
        amina.sends(f"/messages/{last_message(community)}/edit", title="T", text=WORDS, version="1"),
    ):
        assert answer.status_code == 409
        assert WORDS in unescape(answer.text)


def test_a_message_of_somebody_who_is_paused_comes_back(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "First words")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Membership).values(suspended_until=community.clock.now().replace(year=2027)))
    answer = amina.posts(topic, WORDS)
    assert answer.status_code == 409
    assert WORDS in unescape(answer.text)


def test_new_words_for_a_message_that_was_taken_out_meanwhile_come_back(community):
    amina = community.member("amina")
    amina.opens_topic("Water", "First words")
    message = last_message(community)
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Message).values(state=ContentState.REMOVED))
    answer = amina.sends(f"/messages/{message}/edit", title="T", text=WORDS, version="1")
    assert answer.status_code == 409
    assert WORDS in unescape(answer.text)


def test_words_sent_too_fast_come_back_with_the_time_to_wait(community):
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "First words")
    answer = amina.posts(topic, WORDS)
    for number in range(30):
        answer = amina.posts(topic, f"{WORDS} {number}")
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert WORDS in textarea(answer.text, "text")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_a_double_press_posts_one_message(community_on_both):
    amina = community_on_both.member("amina")
    topic = amina.opens_topic("Water", "First words")
    first, second = amina.posts(topic, WORDS), amina.posts(topic, WORDS)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert count(community_on_both, Message) == 2
    one = amina.sends("/s/questions/new", title="Once", text=WORDS)
    two = amina.sends("/s/questions/new", title="Once", text=WORDS)
    assert one.headers["location"] == two.headers["location"]
    assert count(community_on_both, Topic) == 2


def test_a_double_press_on_join_makes_one_account_and_a_card_that_works(community_on_both):
    visitor = community_on_both.visitor()
    fields = {"login": "newcomer", "passphrase": PASSPHRASE, "pseudonym": "Blue Kite 7", "space": "questions"}
    visitor.sends("/join", **fields)
    card = visitor.sends("/join", **fields)
    assert card.status_code == 200
    assert count(community_on_both, Member) == count(community_on_both, Membership) == 1
    code = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', card.text)
    assert code is not None
    elsewhere = community_on_both.visitor()
    opened = elsewhere.sends(
        "/recover", login="newcomer", recovery_code=code.group(1).lower(), passphrase="quite other words now"
    )
    assert opened.status_code == 200
    assert elsewhere.gets("/me").status_code == 200
    assert visitor.gets("/me").status_code == 303, "recovering ends every other session"
    assert community_on_both.visitor().sends("/recover", login="newcomer", recovery_code=code.group(1),
                                             passphrase="and others again").status_code == 409  # fmt: skip


def test_a_double_press_on_join_a_space_leads_into_the_space(community):
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina = community.member("amina")
    for _ in range(2):
        answer = amina.sends("/s/garden/join", pseudonym="Slow River 4")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/s/garden")
    with community.services.db.reading() as tx:
        assert (
            tx.session.execute(select(func.count()).where(col(Membership.pseudonym) == "Slow River 4")).scalar_one()
            == 1
        )


def test_a_second_press_on_flag_says_so_and_keeps_the_note(community):
    walk = world(community)
    for status in (303, 409):
        answer = walk.amina.sends(f"/messages/{walk.others}/flag", reason="scam", note=WORDS)
        assert answer.status_code == status
    assert textarea(answer.text, "note") == WORDS


def test_a_voucher_in_a_link_to_an_open_space_is_carried_along(community):
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina = community.member("amina")
    assert 'value="ABCD-EFGH"' in amina.gets("/s/garden/join?invite=ABCD-EFGH").text
