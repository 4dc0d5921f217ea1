"""A steward verifies, a sender announces in two languages, everybody reads, and what is over goes by itself."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from server.accounts.models import VerifiedSender
from server.announcements.models import Announcement, AnnouncementText
from server.permissions import Role
from server.spaces.models import Access, Joining
from tests.asked import asked_of
from tests.people import Community, Person, pseudonym_of

NEW = "/s/questions/announcements/new"
ARABIC = {"accept-language": "ar"}


def arabic(person: Person, path: str) -> str:
    return person.gets(path, headers=ARABIC).text


def count(community: Community, kind: type) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(select(func.count()).select_from(kind)).scalar_one()


def test_from_the_stewards_page_to_readers_in_two_languages(community_on_both: Community) -> None:
    community = community_on_both
    stella, hana, visitor = community.staff("stella", Role.STEWARD), community.member("hana"), community.visitor()
    assert hana.gets(NEW).status_code == 404
    until = community.clock.now().date() + timedelta(days=100)
    done = stella.sends(
        "/steward/senders",
        space="questions",
        pseudonym=pseudonym_of(community, "questions", "Hana"),
        organisation="Harbour Refugee Support",
        valid_until=until.isoformat(),
    )
    assert done.status_code == 303, done.text
    assert "Harbour Refugee Support" in stella.reads("/steward/senders")

    item = hana.announces(
        "Food on Friday", "Gates open at **seven**", title_ar="الغذاء يوم الجمعة", text_ar="الساعة السابعة"
    )
    assert "Food on Friday" in visitor.reads("/s/questions")
    assert "الغذاء يوم الجمعة" in arabic(visitor, "/s/questions")
    english = visitor.reads(item)
    assert "<strong>seven</strong>" in english
    assert "Verified:" in english and "(until June 12, 2026)" in english
    assert "Published: March 4, 2026, 12:00" in english and "Central Africa Time" in english
    assert f"{item}?language=ar" in english
    assert '<div class="text" lang="ar" dir="rtl">' in arabic(visitor, item)
    assert '<div class="text" lang="ar" dir="rtl">' in visitor.reads(f"{item}?language=ar")
    assert '<div class="text" lang="en" dir="ltr">' in visitor.reads(f"{item}?language=fr")
    assert "Food on Friday" in community.member("amina").reads("/me"), "told on the own page, with no row for anybody"


def test_a_correction_and_what_it_corrects_name_each_other(community_on_both: Community) -> None:
    hana, visitor = community_on_both.sender("hana"), community_on_both.visitor()
    old = hana.announces("Food on Friday", "At seven")
    assert "At seven" in hana.reads(f"{old}/correct"), "a correction begins with the old words"
    community_on_both.clock.goes_on(hours=1)
    new = hana.publishes(f"{old}/correct", title_en="Food on Saturday", text_en="At eight", pinned="yes")
    page = visitor.reads(old)
    assert "At seven" in page and "Corrected on March 4, 2026, 1:00" in page and new in page
    assert "This corrects:" in visitor.reads(new) and old in visitor.reads(new)
    space = visitor.reads("/s/questions")
    assert "Food on Saturday" in space and "Food on Friday" not in space
    twice = hana.sends(f"{old}/correct", title_en="Other words", text_en="At nine", step="publish")
    assert twice.status_code == 409 and "Other words" in twice.text


def test_after_its_last_day_it_is_no_longer_valid_and_leaves_the_top(community_on_both: Community) -> None:
    community = community_on_both
    hana, visitor = community.sender("hana"), community.visitor()
    today = community.clock.now().date()
    item = hana.announces("Food on Friday", "At seven", valid_until=(today + timedelta(days=2)).isoformat())
    assert "Food on Friday" in visitor.reads("/s/questions")
    community.clock.goes_on(days=2)
    assert "Food on Friday" in visitor.reads("/s/questions"), "the last day counts"
    community.clock.goes_on(hours=12, minutes=1)
    assert community.clock.now().date() == today + timedelta(days=2), "in UTC it is still that day"
    assert "Food on Friday" not in community.member("amina").reads("/s/questions")
    community.clock.goes_on(days=1)
    assert "Food on Friday" not in visitor.reads("/s/questions")
    assert "No longer valid. It was meant until March 6, 2026." in visitor.reads(item)
    assert "no longer valid" in visitor.reads("/s/questions/announcements")
    late = hana.sends(NEW, title_en="T", text_en="X", valid_until="2026-03-01", step="publish")
    assert late.status_code == 422 and "This day is over" in late.text


def test_a_remembered_page_of_guests_has_it_at_once(community: Community) -> None:
    hana, visitor = community.sender("hana"), community.visitor()
    first = visitor.gets("/s/questions")
    item = hana.announces("Food on Friday", "At seven")
    second = visitor.gets("/s/questions", headers={"if-none-match": first.headers["etag"]})
    assert second.status_code == 200 and "Food on Friday" in second.text
    visitor.gets(item)
    hana.sends(f"{item}/withdraw")
    assert "Food on Friday" not in visitor.reads("/s/questions")
    assert "This was taken back" in visitor.reads(item)
    community.staff("stella", Role.STEWARD).publishes(
        "/steward/announcements/new", title_en="To all", text_en="X", pinned="1"
    )
    for path in ("/", "/s/questions"):
        assert "To all" in visitor.reads(path)


def test_when_the_verification_ends_so_does_the_right(community_on_both: Community) -> None:
    community = community_on_both
    hana, amina = community.sender("hana", days=3), community.member("amina")
    item = hana.announces("Food on Friday", "At seven")
    topic = hana.opens_topic("Water", "I am here")
    assert "Verified:" in community.visitor().reads(topic)
    assert hana.gets(NEW).status_code == 200
    community.clock.goes_on(days=3, hours=12, minutes=1)
    assert hana.gets(NEW).status_code == 404
    for path in (NEW, f"{item}/correct", f"{item}/withdraw"):
        assert hana.sends(path, title_en="T", text_en="X", step="publish").status_code == 404, path
    assert "Announce something" not in hana.reads("/s/questions/announcements")
    for page in (item, topic):
        assert "Verified:" not in amina.reads(page), page
    assert "Harbour Refugee Support" in amina.reads(item), "who said it is still written there"


def test_whoever_is_paused_announces_nothing_and_may_still_take_back(community_on_both: Community) -> None:
    community = community_on_both
    hana, visitor, bo = community.sender("hana"), community.visitor(), community.moderator("bo")
    item = hana.announces("Food on Friday", "At seven")
    warning = {"title_en": "A false list", "text_en": "They ask for money", "truth_en": "It is free"}
    alert = hana.publishes("/scam-alerts/new", **warning).replace("/announcements/", "/scam-alerts/")
    hana.posts(bo.opens_topic("Bus", "Which one?"), "you idiot")
    bo.decides(bo.opens_the_queue()[0], "remove", reason="threat", author="pause", days="7")
    wrong = {"title_en": "Pay at the gate", "text_en": "To me", "truth_en": "To nobody else", "step": "publish"}
    for path in (NEW, f"{item}/correct", "/scam-alerts/new", f"{alert}/correct"):
        refused = hana.sends(path, **wrong)
        assert refused.status_code == 409, path
        assert "You cannot write in this space until" in refused.text and "Pay at the gate" in refused.text, path
    for path in ("/s/questions", "/s/questions/announcements", "/scam-alerts"):
        assert "Pay at the gate" not in visitor.reads(path), path
    assert hana.sends(f"{item}/withdraw").status_code == 303
    community.clock.goes_on(days=8)
    hana.signs_in("hana")
    assert hana.announces("Pay nobody", "At the gate")


def test_a_steward_ends_it_between_the_form_and_the_press(community_on_both: Community) -> None:
    community = community_on_both
    hana, stella = community.sender("hana"), community.staff("stella", Role.STEWARD)
    topic = hana.opens_topic("Water", "I am here")
    assert "Verified:" in community.visitor().reads(topic)
    with community.services.db.reading() as tx:
        sender = tx.session.execute(select(col(VerifiedSender.public_id))).scalar_one()
    assert stella.sends(f"/steward/senders/{sender}/end").status_code == 303
    assert stella.sends(f"/steward/senders/{sender}/end").status_code == 409
    assert hana.sends(NEW, title_en="T", text_en="X", step="publish").status_code == 404
    assert "Verified:" not in community.visitor().reads(topic)


def test_it_is_looked_at_before_it_is_published_and_nothing_is_lost(community: Community) -> None:
    hana = community.sender("hana")
    words = {
        "title_en": "A & <b>",
        "text_en": "One\n\n*two*",
        "title_ar": "ماء",
        "text_ar": "غدا",
        "valid_until": "2026-04-01",
    }
    look = hana.sends(NEW, **words, pinned="yes", step="preview")
    assert look.status_code == 200 and count(community, Announcement) == 0
    assert "<em>two</em>" in look.text and "A &amp; &lt;b&gt;" in look.text
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', look.text))
    assert set(words) | {"pinned"} <= set(sent)
    back = hana.sends(NEW, **words, pinned="yes", step="change")
    assert back.status_code == 200 and "One\n\n*two*" in back.text and 'value="2026-04-01"' in back.text
    half = hana.sends(NEW, title_en="Only a title", text_ar="نص بلا عنوان", step="publish")
    assert half.status_code == 422
    assert "Only a title" in half.text and "نص بلا عنوان" in half.text
    assert 'id="text_en-error"' in half.text and 'id="title_ar-error"' in half.text
    assert hana.sends(NEW, step="publish").status_code == 422
    assert count(community, Announcement) == 0


def test_a_button_pressed_twice_publishes_once(community_on_both: Community) -> None:
    hana = community_on_both.sender("hana")
    first = hana.announces("Food", "At seven")
    assert hana.announces("Food", "At seven") == first
    again = hana.publishes(f"{first}/correct", title_en="Food", text_en="At eight")
    assert hana.publishes(f"{first}/correct", title_en="Food", text_en="At eight") == again
    assert count(community_on_both, Announcement) == 2


def test_words_taken_back_are_erased_and_the_page_says_so(community_on_both: Community) -> None:
    community = community_on_both
    hana, bo, amina = community.sender("hana"), community.moderator("bo"), community.member("amina")
    item = hana.announces("Secret title", "Secret words")
    assert amina.gets(f"{item}/withdraw").status_code == 404
    assert amina.sends(f"{item}/withdraw").status_code == 404
    assert "We cannot bring them back" in bo.reads(f"{item}/withdraw"), "a moderator of the space can stop it"
    assert bo.sends(f"{item}/withdraw").status_code == 303
    page = community.visitor().reads(item)
    assert "Harbour Refugee Support published something here and took it back" in page and "Secret" not in page
    assert count(community, AnnouncementText) == 0
    assert hana.sends(f"{item}/withdraw").status_code == 409
    assert hana.sends(f"{item}/correct", title_en="T", text_en="X", step="publish").status_code == 409


def test_a_closed_circle_keeps_its_announcements(community: Community) -> None:
    community.space("circle", Access.MEMBERS, Joining.INVITATION)
    hana = community.sender("hana", "circle")
    item = hana.announces("For us", "Only", space="circle")
    amina, visitor, stella = community.member("amina"), community.visitor(), community.staff("stella", Role.STEWARD)
    for person in (amina, visitor, stella):
        for path in (item, "/s/circle/announcements", f"{item}/correct", f"{item}/withdraw"):
            assert person.gets(path).status_code == 404, path
        assert "For us" not in person.reads("/")
    assert "For us" not in amina.reads("/me")
    assert "For us" in hana.reads("/me")


def test_a_sender_of_one_space_is_nobody_in_another(community: Community) -> None:
    community.space("garden", Access.OPEN, Joining.OPEN)
    hana = community.sender("hana")
    other = community.sender("omar", "garden", organisation="Bridge Network")
    item = hana.announces("Food", "At seven")
    assert hana.gets("/s/garden/announcements/new").status_code == 404
    assert hana.gets("/steward/announcements/new").status_code == 404
    for path in (f"{item}/correct", f"{item}/withdraw", f"{item}/pin", f"{item}/unpin"):
        assert other.sends(path, title_en="T", text_en="X", step="publish").status_code == 404, path


def test_at_most_three_stand_on_top_and_a_page_asks_the_same_of_the_database(community: Community) -> None:
    hana = community.sender("hana")
    amina = community.member("amina")

    def asked(path: str) -> int:
        with asked_of(community) as statements:
            assert amina.gets(path).status_code == 200
        return len(statements)

    paths = ("/s/questions", "/s/questions/announcements", "/me", "/scam-alerts")
    hana.announces("Number 0", "x")
    hana.publishes("/scam-alerts/new", title_en="Alert 0", text_en="x", truth_en="y")
    for path in paths:
        amina.gets(path)
    before = [asked(path) for path in paths]
    for number in range(1, 5):
        community.clock.goes_on(minutes=1)
        hana.announces(f"Number {number}", "x")
        hana.publishes("/scam-alerts/new", title_en=f"Alert {number}", text_en="x", truth_en="y")
    assert [asked(path) for path in paths] == before
    top = re.findall(r"Number \d", amina.reads("/s/questions"))
    assert top == ["Number 4", "Number 3", "Number 2"]


def test_a_warning_says_what_they_say_and_what_is_true(community_on_both: Community) -> None:
    community = community_on_both
    bo, hana, amina, visitor = (
        community.moderator("bo"),
        community.sender("hana"),
        community.member("amina"),
        community.visitor(),
    )
    assert amina.gets("/scam-alerts/new").status_code == 404
    assert visitor.gets("/scam-alerts/new").headers["location"].startswith("/sign-in")
    fields = {"title_en": "A list", "text_en": "Pay 50 dollars", "truth_en": "There is no list"}
    first = bo.publishes("/scam-alerts/new", **fields)
    community.clock.goes_on(hours=1)
    second = hana.publishes("/scam-alerts/new", **{**fields, "title_en": "A fee"})
    page = visitor.reads("/scam-alerts")
    assert page.index("A fee") < page.index("A list")
    assert "The team of this place" in page and pseudonym_of(community, "questions", "Bo") not in page
    assert "What is true" in page and "There is no list" in page
    assert bo.sends(f"{first}/pin").status_code == 303
    page = visitor.reads("/scam-alerts")
    assert page.index("A list") < page.index("A fee")
    assert amina.sends(f"{first}/unpin").status_code == 404
    assert bo.sends(f"{first}/correct", title_en="T", text_en="X", step="publish").status_code == 404
    better = bo.publishes(f"/scam-alerts/{second.rpartition('/')[2]}/correct", **{**fields, "title_en": "A better fee"})
    assert "A better fee" in visitor.reads("/scam-alerts") and better in visitor.reads(second)
    no_truth = bo.sends("/scam-alerts/new", title_en="T", text_en="X", step="publish")
    assert no_truth.status_code == 422 and 'id="truth_en-error"' in no_truth.text


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "[x](javascript:alert(1))", '"><img src=x onerror=alert(1)>']
)
def test_hostile_words_do_nothing(words: str, community: Community) -> None:
    hana = community.sender("hana")
    look = hana.sends(NEW, title_en=words, text_en=words, step="preview")
    item = hana.announces(words, words)
    alert = hana.publishes("/scam-alerts/new", title_en=words, text_en=words, truth_en=words)
    pages = [
        look.text,
        *(community.visitor().gets(path).text for path in (item, alert, "/s/questions", "/scam-alerts")),
    ]
    for page in pages:
        assert "<script>alert" not in page and "<img src=x" not in page and 'href="javascript' not in page
