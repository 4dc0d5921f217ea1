"""Search: what was said is found again, by everybody who may read it and by nobody else."""

import re

import pytest
from sqlalchemy import func, select

from server.database import metadata
from server.spaces.models import Access, Joining
from tests.people import Community, Person, last_message


def found(person: Person, words: str, **more: str) -> list[str]:
    """The messages that a search shows, as ids."""
    answer = person.gets("/search", params={"q": words, **more})
    assert answer.status_code == 200, answer.text
    part = answer.text.partition('<ol class="list found">')[2].partition("</ol>")[0]
    return re.findall(r'href="/messages/([0-9a-f-]{36})', part)


def said(community: Community, person: Person, topic: str, text: str) -> str:
    """Write it; gives the message's id."""
    assert person.posts(topic, text).status_code == 303
    return str(last_message(community))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("The clinic opens its doors early", "clinics"),
        ("Where are the registration addresses?", "address"),
        ("تفتح المَدْرَسَةُ غداً", "مدرسة"),
        ("ذهبت إلى مدرسة قريبة", "المدرسه"),
        ("أين كارت های غذا", "کارت‌ها"),
        ("У селищі немає води", "вода"),
        ("У селищі немає води", "voda"),
        ("Мы ищем школу", "школа"),
        ("ትምህርት ቤት የት ነው", "ቤት"),
        ("ሠላም ለሁሉም", "ሰላም"),
        ("ကျောင်း ဘယ်မှာလဲ ရေ", "ရေ"),
        ("မနက်ဖြန်ကျောင်းဖွင့်မယ်", "ကျောင်း"),
        ("La réunion à l’école", "ecole reunion"),
        ("Line number ٣٤٥ at gate", "345"),
        ("Ｗｉｄｅ letters", "wide"),
    ],
)
def test_words_are_found_however_they_are_written(community_on_both: Community, written: str, asked: str) -> None:
    amina = community_on_both.member("amina")
    topic = amina.opens_topic("Something else", "Nothing of this kind")
    wanted = said(community_on_both, amina, topic, written)
    assert found(community_on_both.visitor(), asked) == [wanted]


def test_all_the_words_must_stand_there_and_a_title_counts(community_on_both: Community) -> None:
    amina = community_on_both.member("amina")
    topic = amina.opens_topic("Broken pump", "The well gives no water")
    opening = str(last_message(community_on_both))
    answer = said(community_on_both, amina, topic, "Our pump is fine")
    assert found(amina, "pump") == [answer, opening]
    assert found(amina, "pump water") == [opening]
    assert found(amina, "pump bicycle") == []


def test_nobody_finds_what_they_may_not_read(community_on_both: Community) -> None:
    community = community_on_both
    community.space("hideout", Access.MEMBERS, Joining.INVITATION)
    zahra, amina = community.member("zahra", "hideout"), community.member("amina")
    topic = zahra.opens_topic("Between us", "A secret lighthouse", space="hideout")
    assert found(zahra, "lighthouse") != []
    for stranger in (amina, community.visitor()):
        assert found(stranger, "lighthouse") == []
        assert found(stranger, "lighthouse", space="hideout") == []
        assert "hideout" not in stranger.gets("/search").text
    held = community.member("newcomer", known=False)
    public = amina.opens_topic("Lights", "Nothing here")
    assert held.posts(public, "The lighthouse keeper").status_code == 303
    assert found(amina, "keeper") == []
    assert found(held, "keeper") == []
    assert zahra.reads(topic)


def test_what_changes_is_found_by_its_new_words_only(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Weather", "Clouds")
    message = said(community, amina, topic, "A purple umbrella")
    sent = amina.sends(f"/messages/{message}/edit", text="A yellow umbrella", version="1")
    assert sent.status_code == 303
    assert found(bo, "purple") == []
    assert found(bo, "yellow") == [message]
    assert bo.sends(f"/messages/{message}/flag", reason="other").status_code == 303
    case = bo.opens_the_queue()[0]
    assert bo.decides(case, "remove", reason="other").status_code == 303
    assert found(amina, "yellow") == []
    assert bo.decides(case, "undo").status_code == 303
    assert found(amina, "yellow") == [message]
    amina.sends(f"/messages/{message}/withdraw")
    assert found(amina, "yellow") == []


def test_the_index_keeps_nothing_of_what_went(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    topic = amina.opens_topic("Weather", "Clouds")
    places = metadata.tables["word_place"]

    def rows() -> int:
        with community.services.db.reading() as tx:
            return tx.session.execute(select(func.count()).select_from(places)).scalar_one()

    before = rows()
    message = said(community, amina, topic, "Seven green umbrellas stand outside")
    assert rows() == before + 5
    amina.sends(f"/messages/{message}/edit", text="Seven red umbrellas", version="1")
    assert rows() == before + 3
    amina.sends(f"/messages/{message}/withdraw")
    assert rows() == before


def test_a_held_message_is_found_when_it_is_released(community_on_both: Community) -> None:
    community = community_on_both
    newcomer, bo = community.member("newcomer", known=False), community.moderator("bo")
    topic = bo.opens_topic("Weather", "Clouds")
    message = said(community, newcomer, topic, "Hailstones")
    assert bo.decides(bo.opens_the_queue()[0], "release").status_code == 303
    assert found(community.visitor(), "hailstone") == [message]


@pytest.mark.parametrize(
    "asked",
    [
        '" OR 1=1 --',
        "AND OR NOT NEAR(",
        "* ^ % _ \\",
        "مدرسة\u202e\u200f\u200eabc",
        "a" * 200,
        "\x00 null",
        "'; DROP TABLE message; --",
        "\ud800",
        "&|!:*<->()",
        "🦆 🦆",
    ],
)
def test_strange_questions_are_no_fault(community_on_both: Community, asked: str) -> None:
    amina = community_on_both.member("amina")
    amina.opens_topic("Words", "Some words to find")
    query = asked.encode("utf-8", "surrogatepass")
    answer = amina.browser.get("/search", params={"q": query})
    assert answer.status_code in (200, 422)
    assert found(amina, "words") != []


def test_a_question_of_ten_thousand_signs_comes_back_whole(community: Community) -> None:
    amina = community.member("amina")
    asked = "umbrella " * 1250
    answer = amina.gets("/search", params={"q": asked})
    assert answer.status_code == 422
    assert asked.strip() in answer.text
    assert "10,000" in answer.text or "11249" in answer.text or "11,249" in answer.text


def test_older_results_have_pages_of_their_own(community_on_both: Community) -> None:
    amina = community_on_both.member("amina")
    topic = amina.opens_topic("Words", "Nothing")
    people = [community_on_both.member(name) for name in ("bo", "celia", "dalia")]
    wanted = [said(community_on_both, people[n % 3], topic, f"Umbrella number {n}") for n in range(25)]
    assert found(amina, "umbrella") == wanted[:4:-1]
    assert found(amina, "umbrella", page="2") == wanted[4::-1]
    assert found(amina, "umbrella", page="99") == []


def test_the_words_are_marked_and_nothing_in_them_is_markup(community: Community) -> None:
    amina = community.member("amina")
    amina.opens_topic("Signs", "Look <b>behind</b> the MARKET-hall & wait")
    page = amina.gets("/search", params={"q": "market <b>"}).text
    assert "<mark>MARKET</mark>" in page
    assert "<b>" not in page.partition("<main")[2]


def test_too_many_questions_are_asked_to_wait(community: Community) -> None:
    amina = community.member("amina")
    answers = [amina.gets("/search", params={"q": "water"}).status_code for _ in range(41)]
    assert answers[-1] == 429
    assert set(answers[:-1]) == {200}
    assert amina.gets("/search").status_code == 200
