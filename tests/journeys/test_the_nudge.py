"""Private details: the form asks once, and what its author hides is nowhere."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from moderation import policy as screening_policy
from moderation.private_data import HIDDEN
from moderation.screening import Screener
from server import places
from server.app import build
from server.crypto import keyring
from server.permissions import Role
from server.settings import Settings
from tests.doubles import StillClock, quick_passwords
from tests.people import ADDRESS, Community, Person, last_message

NUMBER = "+44 20 7946 0123"
FORMS = ("topic", "message", "edit")


class CalmJudge:
    """A model that never minds."""

    name = "calm"

    def scores(self, texts: list[str], language: str) -> list[dict[str, float]]:
        labels = ("toxicity", "insult", "threat", "identity_attack", "profanity")
        return [dict.fromkeys(labels, 0.01) for _ in texts]

    def sits(self, language: str) -> "CalmJudge":
        return self

    def explain(self, text: str, language: str) -> list[tuple[str, float]]:
        return []


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener(screening_policy.load(places.shipped("policies") / "moderation.toml"), CalmJudge())


@pytest.fixture
def community(sqlite_url: str, tmp_path: Path, screener: Screener) -> Iterator[Community]:
    clock = StillClock()
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url, public_url=ADDRESS)
    keyring.create(settings.keys_dir)
    house = build(settings, clock=clock, screen=screener.screen, details=screener.details, passwords=quick_passwords)
    with Community(house, clock, screener) as made:  # type: ignore[arg-type]
        yield made


@pytest.fixture
def amina(community: Community) -> Person:
    return community.member("amina")


def way(amina: Person, form: str):
    """How the words are sent in each of the forms: a function of the words and whatever else."""
    if form == "topic":
        return lambda text, **more: amina.sends("/s/questions/new", **{"title": "A ride", "text": text, **more})
    topic = amina.opens_topic("A ride", "Who goes to town?")
    if form == "message":
        return lambda text, **more: amina.posts(topic, text, **more)
    message = last_message(amina.community)
    return lambda text, **more: amina.sends(
        f"/messages/{message}/edit", **{"title": "A ride", "version": "1", "text": text, **more}
    )


def box(page: str) -> str:
    found = re.search(r'<textarea[^>]* name="text"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return unescape(found.group(1))


def carried(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(nudged)" value="([^"]*)"', page))


def on_disk(community: Community, words: str) -> bool:
    name = community.services.db.engine.url.database
    assert name is not None
    base = Path(name)
    return any(words.encode() in file.read_bytes() for file in base.parent.glob(base.name + "*"))


@pytest.mark.parametrize("form", FORMS)
def test_words_with_a_number_come_back_once_with_two_buttons(amina, form):
    send = way(amina, form)
    answer = send(f"Call me on {NUMBER} & come")
    assert answer.status_code == 200
    page = unescape(answer.text)
    assert "Nothing is sent yet. Please look at this once." in page
    assert box(answer.text) == f"Call me on {NUMBER} & come", "nothing typed is lost"
    assert f"how to find or reach you: “{NUMBER}”" in page
    shown = re.findall(r'<button name="details" value="(\w+)"', page)
    assert shown == ["hide", "change", "hotline", "send"]
    assert page.index("<summary>Other choices</summary>") < page.index('value="hotline"')
    assert not on_disk(amina.community, "7946")


@pytest.mark.parametrize("form", FORMS)
def test_hidden_details_are_stored_nowhere(amina, community, form):
    if form == "topic":
        amina.sends("/s/questions/draft", title="A ride", text=f"Call me on {NUMBER}", language="auto")
        assert on_disk(community, "7946"), "kept for later, by its author's wish"
    send = way(amina, form)
    first = send(f"Call me on {NUMBER} for a ride, or sam@example.org")
    answer = send(f"Call me on {NUMBER} for a ride, or sam@example.org", details="hide", **carried(first.text))
    assert answer.status_code == 303
    page = community.visitor().reads(answer.headers["location"])
    assert f"Call me on {HIDDEN} for a ride, or {HIDDEN}" in page, "and others can read it at once"
    assert not on_disk(community, "7946")
    assert not on_disk(community, "sam@example.org")


def test_a_number_in_the_title_is_hidden_too(amina, community):
    answer = amina.sends("/s/questions/new", title=f"Call {NUMBER}", text="I repair shoes", details="hide")
    assert answer.status_code == 303
    assert f"Call {HIDDEN}" in community.visitor().reads(answer.headers["location"])
    assert not on_disk(community, "7946")


def test_an_edit_that_hides_wipes_the_number_that_stood_there(amina, community):
    topic = amina.opens_topic("A ride", "Who goes to town?")
    amina.posts(topic, f"Call me on {NUMBER}", details="send")
    assert on_disk(community, "7946")
    message = last_message(community)
    amina.sends(f"/messages/{message}/edit", text=f"Call me on {NUMBER}", version="1", details="hide")
    assert not on_disk(community, "7946")


@pytest.mark.parametrize("form", FORMS)
def test_change_it_gives_the_box_back_without_posting(amina, community, form):
    send = way(amina, form)
    answer = send(f"Call me on {NUMBER}", details="change", nudged="17")
    assert answer.status_code == 200
    assert box(answer.text) == f"Call me on {NUMBER}"
    assert "Nothing is sent yet" in unescape(answer.text)
    assert 'value="hide"' not in answer.text
    assert carried(answer.text) == {"nudged": "17"}
    assert not on_disk(community, "7946")


@pytest.mark.parametrize("choice", ["send", "hotline"])
def test_kept_details_wait_for_a_person(amina, community, choice):
    send = way(amina, "message")
    answer = send(f"Call me on {NUMBER}", details=choice)
    assert answer.status_code == 303
    assert "done=held" in answer.headers["location"]
    assert "7946" not in community.visitor().reads(answer.headers["location"])
    assert f"it shows private details (“{NUMBER}”)" in amina.reads(answer.headers["location"])


def test_the_same_details_are_asked_about_once_and_others_again(amina):
    send = way(amina, "message")
    first = send(f"Call me on {NUMBER}")
    mark = carried(first.text)
    assert send(f"Please, call me on {NUMBER}", **mark).status_code == 303
    again = send("Call me on +1 202 555 0147", **mark)
    assert again.status_code == 200
    assert carried(again.text) != mark


def test_somebody_elses_details_are_spoken_of_in_other_words(amina):
    page = unescape(way(amina, "message")(f"This man cheats. His number is {NUMBER}").text)
    assert "private details of another person" in page
    assert "how to find or reach you" not in page


def test_words_without_details_are_not_asked_about(amina):
    assert way(amina, "message")("The office opens at 8:00 on 12.05.2026").status_code == 303


def test_a_mark_that_is_none_of_ours_does_no_harm(amina):
    send = way(amina, "message")
    for mark in ("", "x", "9" * 40, "<b>", "\u0661"):
        answer = send(f"Call me on {NUMBER}", nudged=mark)
        assert (answer.status_code, 'value="hide"' in answer.text) == (200, True)
    assert send(f"Call me on {NUMBER}", details="publish").status_code == 422


def test_a_picture_with_details_is_asked_about_and_must_be_chosen_again(amina):
    topic = amina.opens_topic("A ride", "Who goes to town?")
    answer = amina.posts_a_picture(topic, "Here it is", alt=f"My card with {NUMBER}")
    page = unescape(answer.text)
    assert answer.status_code == 200
    assert 'value="hide"' in page and "Please choose the picture again" in page
    assert f"My card with {NUMBER}" in page


def test_a_finder_that_fails_finds_nothing_and_the_text_waits(screener, monkeypatch):
    from moderation import screening

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(screening, "find", broken)
    assert screener.details(f"Call me on {NUMBER}") == []
    assert screener.screen(f"Call me on {NUMBER}").outcome == "hold"


# What else follows from what was found -----------------------------------------------------------------


def test_whoever_tells_of_harm_is_shown_help_at_once_and_a_trained_reader(amina, community):
    dina = community.staff("dina", Role.PROTECTION_LEAD)
    clinic = {"kind": "health", "area": "Lake", "telephones": "+1 202 555 0142", "cost": "free", "name_en": "Clinic"}
    for fields in (clinic, {**clinic, "kind": "legal", "name_en": "Lawyer", "telephones": "+1 202 555 0143"}):
        assert dina.sends("/help-near-you/manage/new", **fields).status_code == 303
    answer = way(amina, "message")("A worker said I get the card only if I sleep with him")
    page = amina.reads(answer.headers["location"])
    assert "a person trained for this reads it first" in page
    assert "Clinic" in page and "+1 202-555-0142" in page
    assert "Lawyer" not in page
    assert "sleep with him" not in community.visitor().reads(answer.headers["location"])


def test_whoever_complains_of_a_bribe_is_published_and_told_who_can_act(amina, community):
    answer = way(amina, "message")("The guard asked me for money to enter the registration office.")
    assert "done=complained" in answer.headers["location"]
    assert "The guard asked me for money" in community.visitor().reads(answer.headers["location"])
    assert "Did somebody want money or a favour from you?" in amina.reads(answer.headers["location"])


def test_testimony_of_war_stays_published(amina, community):
    answer = way(amina, "message")("They burned our house and killed my brother, so we fled at night.")
    assert "They burned our house" in community.visitor().reads(answer.headers["location"])
