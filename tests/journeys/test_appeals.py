"""Appeals: told with a code, made signed in or out, decided by somebody else, and everything put back."""

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from moderation.states import ContentState
from server.accounts.models import Membership
from server.appeals.models import Appeal
from server.forum.models import Message
from server.ledger import checking
from server.review.models import Decision, Restriction, Strike
from tests.people import Community, Person, last_message

CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}")


def removed(community: Community, **more: str) -> tuple[Person, Person, str, str]:
    """The author, the moderator, the topic and the code, after a removal that can no longer be undone."""
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = community.member("nadia").opens_topic("Queue", "How long today?")
    amina.posts(topic, "This queue is killing me, idiot queue")
    [case] = bo.opens_the_queue()
    assert bo.decides(case, "remove", reason="threat", **more).status_code == 303
    assert not CODE.search(amina.reads("/me")), "nothing is told while it can be undone"
    community.clock.goes_on(minutes=11)
    found = CODE.search(amina.reads("/me"))
    assert found
    return amina, bo, topic, found[0]


def appeals(person: Person, code: str, text: str = "It is a way to say that I am tired.") -> None:
    answer = person.sends(f"/appeal/{code}", text=text)
    assert answer.status_code == 303, answer.text


def answers(person: Person, appeal: str, how: str, answer: str) -> int:
    """Answer an appeal as its page shows it."""
    found = re.search(r'name="version" value="(\d+)"', person.gets(appeal).text)
    return person.sends(f"{appeal}/{how}", answer=answer, version=found[1] if found else "1").status_code


def waiting(person: Person) -> list[str]:
    return re.findall(r'href="(/review/appeals/[0-9a-f-]{36})"', person.reads("/review/appeals"))


def test_another_person_puts_everything_back(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo, topic, code = removed(community, strike="yes")
    chadi = community.moderator("chadi")
    page = amina.reads(f"/appeal/{code}")
    assert "it threatens somebody" in page
    appeals(amina, code)
    assert "Another person will read it" in amina.reads(f"/appeal/{code}")

    assert waiting(bo) == [], "whoever decided first is not even shown it"
    [appeal] = waiting(chadi)
    assert answers(bo, appeal, "overturn", "I was right") == 404
    shown = chadi.reads(appeal)
    assert "This queue is killing me" in shown
    assert "a way to say that I am tired" in shown
    assert answers(chadi, appeal, "overturn", "It is a saying. We are sorry.") == 303

    assert "This queue is killing me" in community.visitor().reads(topic)
    assert "the decision is put back" in amina.reads("/me")
    answered = amina.reads(f"/appeal/{code}")
    assert "You were right" in answered
    assert "It is a saying" in answered
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(col(Strike.id))).first() is None
        assert tx.session.execute(select(col(Restriction.id))).first() is None
        assert checking.check(tx).wrong == []
    assert answers(chadi, appeal, "uphold", "Again") == 409


def test_an_appeal_that_is_lost_says_why_and_changes_nothing(community: Community) -> None:
    amina, _, topic, code = removed(community)
    chadi = community.moderator("chadi")
    appeals(amina, code)
    [appeal] = waiting(chadi)
    empty = chadi.sends(f"{appeal}/uphold", answer="", version="1")
    assert empty.status_code == 422, "nobody is told nothing"
    assert answers(chadi, appeal, "uphold", "It was aimed at the man in front.") == 303
    assert "The decision stays" in amina.reads("/me")
    assert "aimed at the man in front" in amina.reads(f"/appeal/{code}")
    assert "killing me" not in community.visitor().reads(topic)
    again = amina.sends(f"/appeal/{code}", text="Once more")
    assert again.status_code == 409
    assert "Once more" not in chadi.reads("/review/appeals")


def test_a_code_on_paper_is_enough(community: Community) -> None:
    amina, _, _, code = removed(community)
    stranger = community.visitor()
    typed = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    opened = stranger.sends("/appeal", code=typed)
    assert opened.status_code == 303
    assert opened.headers["location"] == f"/appeal/{code}"
    page = stranger.reads(f"/appeal/{code}")
    assert "it threatens somebody" in page
    assert "killing me" not in page, "the paper shows the reason, never the words"
    assert "amina" not in page.lower()
    appeals(stranger, code, "I cannot sign in any more")
    [appeal] = waiting(community.moderator("chadi"))
    assert appeal
    wrong = stranger.sends("/appeal", code="AAAA-BBBB-CCCC-DDDD")
    assert wrong.status_code == 409
    assert "AAAA-BBBB-CCCC-DDDD" in wrong.text, "what was typed is still there"
    assert amina.gets("/appeal/AAAA-BBBB-CCCC-DDDD").status_code == 404
    assert amina.gets("/appeal/nonsense").status_code == 404


def test_whoever_may_not_write_may_appeal(community: Community) -> None:
    amina, _, _, code = removed(community)
    with community.services.db.transaction() as tx:
        tx.session.execute(
            update(Membership)
            .where(col(Membership.member_id) == community.account("amina"))
            .values(suspended_until=community.clock.now().replace(year=2099))
        )
    appeals(amina, code)
    assert waiting(community.moderator("chadi"))


def test_the_database_itself_refuses_the_same_person_twice(community_on_both: Community) -> None:
    community = community_on_both
    amina, _, _, code = removed(community)
    appeals(amina, code)
    with pytest.raises(IntegrityError), community.services.db.transaction() as tx:
        tx.session.execute(update(Appeal).values(decided_by=col(Appeal.first_decider)))


def test_nobody_decides_about_their_own_text(community: Community) -> None:
    bo, dana, chadi = (community.moderator(name) for name in ("bo", "dana", "chadi"))
    topic = community.member("nadia").opens_topic("Queue", "How long today?")
    dana.posts(topic, "What an idiot queue")
    [case] = bo.opens_the_queue()
    bo.decides(case, "remove", reason="insult")
    community.clock.goes_on(minutes=11)
    found = CODE.search(dana.reads("/me"))
    assert found
    appeals(dana, found[0])
    assert waiting(dana) == []
    [appeal] = waiting(chadi)
    assert dana.gets(appeal).status_code == 404
    assert answers(dana, appeal, "overturn", "Mine") == 404


def test_an_appeal_about_a_disclosure_is_for_trained_people(community: Community) -> None:
    amina, _, _, code = removed(community)
    appeals(amina, code)
    chadi = community.moderator("chadi")
    from server.content import Case, Lane

    with community.services.db.transaction() as tx:
        tx.session.execute(update(Case).values(lane=Lane.PROTECTION))
    assert waiting(chadi) == []
    with community.services.db.reading() as tx:
        appeal = tx.session.execute(select(col(Appeal.public_id))).scalar_one()
    assert chadi.gets(f"/review/appeals/{appeal}").status_code == 404


def test_too_long_ago_or_put_back_cannot_be_appealed(community: Community) -> None:
    amina, _, _, code = removed(community)
    community.clock.goes_on(minutes=60 * 24 * 181)
    amina.signs_in("amina")
    assert "cannot be appealed now" in amina.reads(f"/appeal/{code}")
    assert amina.sends(f"/appeal/{code}", text="Late").status_code == 409


def test_what_was_taken_back_meanwhile_stays_taken_back(community: Community) -> None:
    amina, _, topic, code = removed(community)
    appeals(amina, code)
    assert amina.sends(f"/messages/{last_message(community)}/withdraw").status_code == 303
    chadi = community.moderator("chadi")
    [appeal] = waiting(chadi)
    assert answers(chadi, appeal, "overturn", "You were right.") == 303
    assert "killing me" not in community.visitor().reads(topic)
    with community.services.db.reading() as tx:
        state = tx.session.execute(select(col(Message.state)).order_by(col(Message.id).desc()).limit(1)).scalar_one()
        assert state == ContentState.WITHDRAWN
        assert checking.check(tx).wrong == []
        assert tx.session.execute(select(col(Decision.undone_at)).order_by(col(Decision.id))).first() is not None


def test_an_answer_cannot_be_undone_and_new_words_are_not_published_unread(community: Community) -> None:
    bo, amina, chadi = community.moderator("bo"), community.member("amina"), community.moderator("chadi")
    topic = community.member("nadia").opens_topic("Queue", "How long today?")
    amina.posts(topic, "Call Omar idiot at the gate")
    [case] = bo.opens_the_queue()
    assert bo.decides(case, "redact", parts="Omar").status_code == 303
    community.clock.goes_on(minutes=11)
    found = CODE.search(amina.reads("/me"))
    assert found
    appeals(amina, found[0])
    [appeal] = waiting(chadi)
    opened = re.search(r'name="version" value="(\d+)"', chadi.reads(appeal))
    assert opened
    message = last_message(community)
    shown = re.search(r'name="version" value="(\d+)"', amina.reads(f"/messages/{message}/edit"))
    assert shown
    amina.sends(f"/messages/{message}/edit", text="You idiot, other words", version=shown[1])
    late = chadi.sends(f"{appeal}/overturn", answer="Right", version=opened[1])
    assert late.status_code == 409
    assert "other words" not in community.visitor().reads(topic)
    assert answers(chadi, appeal, "overturn", "You were right.") == 303
    assert "other words" not in community.visitor().reads(topic), "nobody has read them yet"


def test_the_second_person_cannot_undo_the_answer(community: Community) -> None:
    amina, _, topic, code = removed(community)
    chadi = community.moderator("chadi")
    appeals(amina, code)
    [appeal] = waiting(chadi)
    assert answers(chadi, appeal, "overturn", "You were right.") == 303
    with community.services.db.reading() as tx:
        from server.content import Case

        case = tx.session.execute(select(col(Case.public_id)).order_by(col(Case.id)).limit(1)).scalar_one()
    assert chadi.decides(f"/review/{case}", "undo").status_code == 409
    assert "killing me" in community.visitor().reads(topic)


def test_a_complaint_about_a_moderator_is_not_appealed_to_moderators(community: Community) -> None:
    from server.content import Case, Lane

    amina, _, _, code = removed(community)
    appeals(amina, code)
    chadi, hani = community.moderator("chadi"), community.host("hani")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Case).values(lane=Lane.AROUND))
    assert waiting(chadi) == []
    assert len(waiting(hani)) == 1
