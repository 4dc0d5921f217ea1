"""Captions and screens over the feed: new lines come, and nobody hears what their page would not show."""

import json

import pytest

from server.permissions import Role
from server.townhall.halls.states import HallState
from tests.people import Community, Person
from tests.townhall.listening import Ear
from tests.townhall.scene import HallScene
from tests.townhall.test_live_sockets import public_question
from tests.townhall.test_stage import makes_a_link


@pytest.fixture
def scene(community_on_both: Community) -> HallScene:
    """An open hall with an item that is on."""
    made = HallScene(community_on_both)
    made.opens()
    made.session()
    return made


@pytest.fixture
def kofi(scene: HallScene) -> Person:
    """Who writes captions in English."""
    return scene.appoints("kofi", Role.CAPTIONER, "en")


def writes(scene: HallScene, who: Person, words: str, language: str = "en") -> None:
    assert who.sends(f"/h/{scene.code}/captions/{language}", text=words).status_code == 303


class Reader(Ear):
    """Somebody who reads along in a language."""

    def __init__(self, scene: HallScene, browser: object, *languages: str, query: str = "") -> None:
        super().__init__(scene.community, browser, scene.code, query=query)  # type: ignore[arg-type]
        self._languages = list(languages)

    def sends(self, message: object) -> None:
        """The greeting asks for captions."""
        if isinstance(message, dict) and message.get("op") == "hello":
            message = {**message, "captions": self._languages}
        super().sends(message)


def test_lines_come_as_they_are_written_mended_and_taken_out(scene: HallScene, kofi: Person) -> None:
    writes(scene, kofi, "Good evening.")
    with Reader(scene, scene.attendee().browser, "en") as reader:
        stands = reader.hears_of('"ch": "cap.en"')
        assert [line["n"] for line in stands["d"]["captions"]] == [1] and "Good evening." in reader.picture.said
        writes(scene, kofi, "The water <b>comes</b> on Monday.")
        (told,) = reader.hears_of("on Monday")["ev"]
        assert told["t"] == "caption" and "&lt;b&gt;" in told["d"]["html"] and told["d"]["n"] == 2
        session = told["d"]["of"]
        mend = {"session": f"{session[:8]}-{session[8:12]}-{session[12:16]}-{session[16:20]}-{session[20:]}"}
        path = f"/h/{scene.code}/captions/en/mend"
        assert kofi.sends(path, **mend, number="2", words="On Tuesday.").status_code == 303
        assert "On Tuesday." in json.dumps(reader.hears_of("On Tuesday."))
        assert kofi.sends(path, **mend, number="2", words="").status_code == 303
        assert reader.hears_of('"html": ""')["ev"][0]["d"]["id"] == told["d"]["id"]


def test_whoever_asked_for_none_or_for_another_language_hears_none(scene: HallScene, kofi: Person) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    hers = Ear(scene.community, amina.browser, scene.code)
    with Reader(scene, yara.browser, "ar", "fr", "en.x", "") as other, hers as none:
        other.hears_of('"ch": "cap.ar"')
        none.is_told_everything()
        writes(scene, kofi, "Only in English.")
        public_question(scene, amina, "Where is the school?")
        other.hears_of("Where is the school?")
        none.hears_of("Where is the school?")
    assert "Only in English." not in other.picture.said and "cap." not in none.picture.said
    assert "cap.fr" not in other.picture.said
    with Reader(scene, scene.community.browser(), "en") as stranger:
        assert stranger.is_closed_with() == 4401
    assert stranger.picture.said == ""


def test_after_a_stop_no_way_gives_a_line_back(scene: HallScene, kofi: Person) -> None:
    amina = scene.attendee()
    writes(scene, kofi, "The office is at the gate.")
    with Reader(scene, amina.browser, "en") as reader:
        reader.hears_of("at the gate")
        before = len(reader.picture.said)
        scene.bo.sends(f"/h/{scene.code}/stop")
        reader.shows(lambda picture: picture.state == HallState.STOPPED)
    assert "at the gate" not in reader.picture.said[before:]
    for since in ("", "cap.en:0", "cap.en:1", "cap.en:99"):
        for epoch in (0, 1, 2):
            answer = amina.browser.get(f"/h/{scene.code}/since?captions=en&epoch={epoch}&since={since}")
            assert "at the gate" not in answer.text and '"op"' in answer.text


def test_a_screen_hears_what_everybody_reads_until_its_link_is_taken_back(scene: HallScene) -> None:
    link, amina = makes_a_link(scene), scene.attendee()
    screen, query = scene.community.browser(), "?" + link.partition("?")[2]
    with Ear(scene.community, screen, scene.code, query=query) as wall:
        wall.hears_of('"ch": "stage"')
        amina.asks("Pending words, and a name")
        question = public_question(scene, amina, "Who repairs the pump?")
        scene.decides(scene.fatou, question, "stage")
        wall.hears_of("Who repairs the pump?")
        page = scene.fatou.reads(f"/h/{scene.code}/screens")
        (row,) = [part for part in page.split(chr(34)) if part.endswith("/take-back")]
        assert scene.fatou.sends(row).status_code == 303
        assert wall.is_closed_with() == 4401
    assert "Pending words" not in wall.picture.said and "waiting" not in wall.picture.said
    assert {channel for channel, _ in wall.picture.at.items()} == {"stage"}
    with Ear(scene.community, screen, scene.code, query=query) as late:
        assert late.is_closed_with() == 4401


def test_a_link_that_ends_by_itself_ends_its_line(scene: HallScene) -> None:
    link = makes_a_link(scene)
    with Ear(scene.community, scene.community.browser(), scene.code, query="?" + link.partition("?")[2]) as wall:
        wall.hears_of('"ch": "stage"')
        scene.community.clock.goes_on(hours=13)
        scene.community.portal.call(scene.community.house.live._beat)
        assert wall.is_closed_with() == 4401


@pytest.mark.parametrize(("who", "hears"), [("fatou", {"pub", "fac", "stage"}), ("bo", {"pub", "mod", "stage"})])
def test_the_team_hears_the_stage_where_it_looks_at_it(scene: HallScene, who: str, hears: set[str]) -> None:
    browser = getattr(scene, who).browser
    said = browser.get(f"/h/{scene.code}/since?stage=1").json()["frames"]
    assert hears <= {frame["ch"] for frame in said}
    said = browser.get(f"/h/{scene.code}/since").json()["frames"]
    assert "stage" not in {frame["ch"] for frame in said}


def test_nobody_else_hears_the_stage_by_asking(scene: HallScene) -> None:
    amina, hawa = scene.attendee(), scene.gives("hawa", Role.HELPER)
    for browser in (amina.browser, hawa.browser):
        said = browser.get(f"/h/{scene.code}/since?stage=1&screen=made-up").json()["frames"]
        assert "stage" not in {frame["ch"] for frame in said}
