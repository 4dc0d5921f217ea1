"""A picture comes with a message, is seen by those who may read it, and is gone when it is taken back."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from server.accounts.models import Membership
from server.pictures.models import Picture
from server.spaces.models import Access, Joining
from tests.attack.originals import MARK, phone_jpeg
from tests.people import Community, Person, drawing, last_message, last_picture

WAITS = "there is a picture in it"


def pictures_kept(community: Community) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(select(func.count()).select_from(Picture)).scalar_one()


def test_a_known_members_picture_is_there_at_once(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    answer = amina.posts_a_picture(topic, "Here it is", alt="A <b>blue</b> pump", file=phone_jpeg())
    assert answer.status_code == 303
    visitor = community.visitor()
    page = visitor.browser.get(topic).text
    assert "A &lt;b&gt;blue&lt;/b&gt; pump" in page
    shown = (
        r'<details class="picture"><summary>.*? kB\)</summary>\s*'
        r'<noscript><a href="(/pictures/[^"]+)">Show the picture</a>'
        r'<template></noscript>\s*<a href="\1">'
        r'<img loading="lazy" src="\1" width="320" height="240"'
    )
    found = re.search(shown, page)
    assert found is not None
    picture = visitor.gets(found.group(1))
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8\xff")
    assert MARK not in picture.content


def test_a_newcomers_picture_waits_and_is_released(community_on_both: Community) -> None:
    community = community_on_both
    bo, amina = community.moderator("bo"), community.member("amina")
    nadia = community.member("nadia", known=False)
    topic = amina.opens_topic("Water", "Where is the well?")
    nadia.posts(topic, "My first words")
    for case in bo.opens_the_queue():
        bo.decides(case, "release")
    with community.services.db.transaction() as tx:  # known again only after this: she is new for the picture
        tx.session.execute(update(Membership).where(Membership.pseudonym.startswith("Nadia")).values(released=0))  # type: ignore[attr-defined]
    assert nadia.posts_a_picture(topic, "And this is it").headers["location"].startswith(f"{topic}?done=held")
    picture = last_picture(community)
    own = nadia.reads(topic)
    assert WAITS in own
    assert picture in own
    visitor = community.visitor()
    assert picture not in visitor.reads(topic)
    assert visitor.gets(picture).status_code == 404
    assert amina.gets(picture).status_code == 404
    assert nadia.gets(picture).status_code == 200
    assert nadia.gets(picture).headers["cache-control"] == "no-store"
    [case] = bo.opens_the_queue()
    shown = bo.reads(case)
    assert "There is a picture in it" in shown
    assert picture in shown
    assert "nobody can be recognised in the picture" in shown
    assert bo.gets(picture).status_code == 200
    bo.decides(case, "release")
    assert visitor.gets(picture).status_code == 200
    assert picture in visitor.reads(topic)


def test_new_words_for_a_waiting_message_leave_its_picture_waiting(community: Community) -> None:
    amina, nadia = community.member("amina"), community.member("nadia", known=False)
    topic = amina.opens_topic("Water", "Where is the well?")
    nadia.posts_a_picture(topic, "This is it")
    message = last_message(community)
    nadia.sends(f"/messages/{message}/edit", text="This is the well", version="1")
    assert WAITS in nadia.reads(topic)
    assert community.visitor().gets(last_picture(community)).status_code == 404


def test_children_are_not_shown_where_anybody_reads(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("School", "The new school")
    answer = amina.posts_a_picture(topic, "The class of today", people="children")
    assert answer.status_code == 422
    assert "Please do not show children here" in answer.text
    assert "The class of today" in answer.text
    assert "Please choose the picture again" in answer.text
    assert pictures_kept(community) == 0


def test_children_wait_for_a_moderator_among_members(community: Community) -> None:
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    bo, amina = community.moderator("bo", "circle"), community.member("amina", "circle")
    topic = amina.opens_topic("School", "The new school", space="circle")
    assert "done=held" in amina.posts_a_picture(topic, "The class", people="children").headers["location"]
    [case] = bo.opens_the_queue()
    assert "there are children in the picture" in bo.reads(case)
    assert (
        amina.posts_a_picture(topic, "The house", people="adults_agreed").headers["location"].startswith("/messages/")
    )


def someone(community: Community, who: str) -> Person:
    if who == "a visitor":
        return community.visitor()
    return community.moderator(who) if who.startswith("mod") else community.member(who)


@pytest.mark.parametrize("who", ["a visitor", "stranger", "moderatorelsewhere"])
def test_in_a_closed_space_a_picture_does_not_exist_for_others(community: Community, who: str) -> None:
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    amina, dalia = community.member("amina", "circle"), community.member("dalia", "circle")
    topic = amina.opens_topic("Doors", "Which door?", space="circle")
    amina.posts_a_picture(topic, "This one")
    picture = last_picture(community)
    seen = dalia.gets(picture)
    assert seen.status_code == 200
    assert seen.headers["cache-control"] == "no-store"
    assert "etag" not in seen.headers
    other = someone(community, who)
    assert other.gets(picture).status_code == 404
    nothing = f"/pictures/{last_message(community)}"
    assert other.gets(picture).text.replace(picture, "") == other.gets(nothing).text.replace(nothing, "")


def test_a_removed_picture_is_for_its_author_and_moderators_only(community: Community) -> None:
    bo, amina, dalia = community.moderator("bo"), community.member("amina"), community.member("dalia")
    topic = amina.opens_topic("Water", "Where is the well?")
    amina.posts_a_picture(topic, "Here")
    picture = last_picture(community)
    dalia.sends(f"/messages/{last_message(community)}/flag", reason="insult", note="")
    [case] = bo.opens_the_queue()
    bo.decides(case, "remove", reason="insult")
    assert [p.gets(picture).status_code for p in (dalia, community.visitor(), amina, bo)] == [404, 404, 200, 200]
    bo.decides(case, "undo")
    assert dalia.gets(picture).status_code == 200


def test_the_headers_of_a_picture(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    amina.posts_a_picture(topic, "Here", name="Amina at home 1984.jpg")
    path = last_picture(community)
    visitor = community.visitor()
    answer = visitor.gets(path)
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"] == 'inline; filename="picture.jpg"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers
    again = visitor.gets(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = visitor.browser.head(path)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(answer.content)))
    amina.sends(f"/messages/{last_message(community)}/withdraw")
    assert visitor.gets(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 404


def test_the_same_words_with_another_picture_are_another_message(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    amina.posts(topic, "Here")
    for colour in ("green", "green", "red"):
        assert amina.posts_a_picture(topic, "Here", file=drawing(colour)).status_code == 303
    assert pictures_kept(community) == 2


def test_what_was_typed_goes_along_to_the_page_for_a_picture(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    assert f'formaction="{topic}/picture"' in amina.reads(topic)
    page = amina.sends(f"{topic}/picture", text="It is <here>", reply_to="")
    assert page.status_code == 200
    assert "It is &lt;here&gt;</textarea>" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert f"{topic}/picture?lang=ar" in page.text
    assert "It is" not in amina.gets(f"{topic}/picture").text
    assert community.visitor().gets(f"{topic}/picture").status_code == 303


def test_an_answer_to_somebody_stays_one(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    message = last_message(community)
    page = amina.sends(f"{topic}/picture", text="It is here", reply_to=str(message)).text
    assert f'name="reply_to" value="{message}"' in page
    amina.posts_a_picture(topic, "It is here", reply_to=str(message))
    assert f'<blockquote><a href="/messages/{message}">' in amina.browser.get(topic).text


def test_a_policy_can_let_every_picture_wait(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = community.services.policies
    strict = replace(policies, pictures=replace(policies.pictures, every_picture_waits=1))
    object.__setattr__(community.services, "policies", strict)
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    assert "done=held" in amina.posts_a_picture(topic, "Here").headers["location"]


def test_what_the_picture_shows_is_judged_like_words(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    assert "done=held" in amina.posts_a_picture(topic, "Here", alt="you idiot").headers["location"]
