"""Captions: written line by line by people, read at everybody's own pace, taken along before the hall is forgotten."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from server.permissions import Role
from server.townhall.captions import queries
from server.townhall.captions.exporting import Piece, plain, webvtt
from server.townhall.halls import telling
from server.townhall.halls.models import Hall
from server.townhall.halls.states import HallState, captions_in
from tests.people import Community, Person
from tests.townhall.scene import HallScene


def write(scene: HallScene, who: Person, words: str, language: str = "en", **more: str) -> int:
    """Send a line; gives the status."""
    return who.sends(f"/h/{scene.code}/captions/{language}", text=words, **more).status_code


def stream(scene: HallScene, language: str = "en") -> list[str]:
    """What is written in a language."""
    with scene.community.services.db.reading() as tx:
        return [row.text for row in queries.stream(tx, scene.hall.id, language)]


@pytest.fixture
def scene(community_on_both: Community) -> HallScene:
    """An open hall in English and Arabic with an item that is on."""
    scene = HallScene(community_on_both)
    scene.opens()
    scene.session()
    return scene


def test_a_line_is_a_segment_and_everybody_with_a_seat_reads_it(scene: HallScene) -> None:
    kofi, amina = scene.appoints("kofi", Role.CAPTIONER, "en"), scene.attendee()
    assert write(scene, kofi, "Good evening.") == 303
    assert "Good evening." in amina.page("/captions/en") and "Good evening." not in amina.page("/captions/ar")
    assert amina.browser.get(f"/h/{scene.code}/captions/en").headers["refresh"]
    assert "refresh" not in amina.browser.get(f"/h/{scene.code}/captions/en?paused=1").headers
    with scene.community.services.db.reading() as tx:
        (happened,) = telling.since(tx, scene.hall.id, captions_in("en"), _before_last(scene)) or []
    assert happened.kind == "caption" and re.fullmatch(r"[0-9a-f]{32}/1", happened.target)


def _before_last(scene: HallScene) -> int:
    with scene.community.services.db.reading() as tx:
        return telling.last_of(tx, scene.hall.id, captions_in("en")) - 1


def test_without_a_seat_one_is_led_to_the_door(scene: HallScene) -> None:
    write(scene, scene.appoints("kofi", Role.CAPTIONER, "en"), "Good evening.")
    for path in ("/captions/en", "/captions/en?framed=1", "/captions/en/as/txt"):
        answer = scene.community.browser().get(f"/h/{scene.code}{path}")
        assert answer.status_code == 303 and "Good evening." not in answer.text


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_nobody_writes_another_language_than_their_own(scene: HallScene, language: str) -> None:
    kofi = scene.appoints("kofi", Role.CAPTIONER, "en")
    assert write(scene, kofi, "Hello", language) == 404
    assert write(scene, scene.community.member("yara"), "Hello") == 404 and write(scene, scene.bo, "Hello") == 404
    assert stream(scene) == []


def test_the_last_three_can_be_mended_by_whoever_wrote_them(scene: HallScene) -> None:
    kofi, mina = (scene.appoints(name, Role.CAPTIONER, "en") for name in ("kofi", "mina"))
    for words in ("One.", "Two.", "Three.", "Four."):
        write(scene, kofi, words)
    session = re.search(r'name="session" value="([^"]+)"', kofi.reads(f"/h/{scene.code}/captions/en"))
    assert session is not None

    def mends(who: Person, number: int, words: str) -> int:
        fields = {"session": session.group(1), "number": str(number), "words": words}
        return who.sends(f"/h/{scene.code}/captions/en/mend", **fields).status_code

    assert mends(kofi, 4, "Fourth.") == 303 and mends(kofi, 2, "") == 303
    assert mends(kofi, 1, "First.") == 409 and mends(mina, 3, "Third.") == 404
    assert stream(scene) == ["One.", "Three.", "Fourth."]
    with scene.community.services.db.reading() as tx:
        revisions = tx.session.execute(text("SELECT revision FROM hall_caption ORDER BY number")).scalars().all()
    assert revisions == [1, 2, 1, 2]


def test_two_captioners_of_one_language_leave_no_gap(scene: HallScene) -> None:
    pair = [scene.appoints(name, Role.CAPTIONER, "en") for name in ("kofi", "mina")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda who: [write(scene, who, f"Line {n}.") for n in range(8)], pair))
    with scene.community.services.db.reading() as tx:
        numbers = tx.session.execute(text("SELECT number FROM hall_caption ORDER BY number")).scalars().all()
    assert numbers == list(range(1, 17))


def test_a_stopped_hall_shows_no_caption_and_takes_none(scene: HallScene) -> None:
    kofi, amina = scene.appoints("kofi", Role.CAPTIONER, "en"), scene.attendee()
    write(scene, kofi, "The office is at the gate.")
    scene.bo.sends(f"/h/{scene.code}/stop")
    for path in ("/captions/en", "/captions/en?whole=1", "/captions/en?framed=1"):
        assert "at the gate" not in amina.page(path)
    for kind in ("vtt", "txt", "html"):
        assert "at the gate" not in amina.page(f"/captions/en/as/{kind}")
    assert "at the gate" not in kofi.reads(f"/h/{scene.code}/captions/en")
    refused = kofi.sends(f"/h/{scene.code}/captions/en", text="Still typed.")
    assert refused.status_code == 409 and "Still typed." in refused.text


def test_a_role_that_is_taken_away_counts_at_once(scene: HallScene) -> None:
    from server.townhall.halls.team import dismiss

    kofi = scene.appoints("kofi", Role.CAPTIONER, "en")
    assert write(scene, kofi, "Hello.") == 303
    with scene.writing() as tx:
        kofi_id = scene.community.account("kofi")
        dismiss(tx, scene.hall, kofi_id, Role.CAPTIONER, "en", scene.as_facilitator(tx))
    assert write(scene, kofi, "Hello again.") == 404


def test_a_machines_words_say_so_everywhere(scene: HallScene) -> None:
    kofi, amina = scene.appoints("kofi", Role.CAPTIONER, "en"), scene.attendee()
    write(scene, kofi, "Water on Tuesday.", origin="machine")
    assert "by a machine" in amina.page("/captions/en")
    for kind in ("vtt", "txt"):
        assert "(written by a machine, not checked) Water on" in amina.page(f"/captions/en/as/{kind}").replace(
            "\n", " "
        )


def test_an_interpreter_reads_beside_and_gives_words_to_questions(scene: HallScene) -> None:
    hawa, amina = scene.appoints("hawa", Role.CAPTIONER, "ar"), scene.attendee()
    assert f"/h/{scene.code}/captions/en?framed=1" in hawa.reads(f"/h/{scene.code}/captions/ar")
    amina.asks("When does the water come?")
    (question,) = scene.waiting()
    page = f"/h/{scene.code}/words/ar"
    assert "When does the water come?" not in hawa.reads(page)
    assert hawa.sends(f"{page}/{question}", text="متى؟").status_code == 404
    scene.lets_through(question)
    assert "When does the water come?" in hawa.reads(page)
    assert hawa.sends(f"{page}/{question}", text="متى يأتي الماء؟").status_code == 303
    assert "When does the water come?" not in hawa.reads(page)
    shown = amina.browser.get(f"/h/{scene.code}/list", headers={"accept-language": "ar"}).text
    assert "متى يأتي الماء؟" in shown and "When does the water come?" in shown
    assert scene.bo.gets(page).status_code == 404


def test_captions_that_are_kept_can_be_read_after_the_close_by_whoever_reads_the_space(scene: HallScene) -> None:
    write(scene, scene.appoints("kofi", Role.CAPTIONER, "en"), "Good evening.")
    scene.closes()
    stranger = scene.community.browser()
    assert stranger.get(f"/h/{scene.code}/captions/en").status_code == 303
    with scene.writing() as tx:
        tx.run(Hall.__table__.update().values(captions_kept=True))  # type: ignore[attr-defined]
    assert "Good evening." in stranger.get(f"/h/{scene.code}/captions/en").text
    with scene.community.services.db.reading() as tx:
        assert tx.look(select(col(Hall.state))).scalar_one() == HallState.CLOSED
        assert tx.session.execute(text("SELECT writer FROM hall_caption")).scalar_one() is None


# Files, as pure functions --------------------------------------------------------------------------------

CUE = re.compile(r"(\d\d):(\d\d):(\d\d)\.(\d{3}) --> (\d\d):(\d\d):(\d\d)\.(\d{3})")


def cues(body: str) -> list[tuple[int, int]]:
    """The times of a file in milliseconds."""
    found = [tuple(map(int, match.groups())) for match in CUE.finditer(body)]
    return [
        (((h * 60 + m) * 60 + s) * 1000 + ms, ((h2 * 60 + m2) * 60 + s2) * 1000 + ms2)
        for h, m, s, ms, h2, m2, s2, ms2 in found
    ]


def vtt(*pieces: Piece) -> str:
    """The file of these pieces."""
    return webvtt(pieces, language="en", origin="written by a captioner", machine="machine")


def test_no_words_can_end_a_cue_or_become_a_tag() -> None:
    body = vtt(Piece(0, 4000, "a & b <i>c</i> 00:00:01.000 --> 00:00:02.000\n\nNOTE x"))
    assert body.count("-->") == 1 and "&amp; b &lt;i&gt;c" in body
    assert body.startswith("WEBVTT\n\nNOTE\nlanguage: en\norigin: written by a captioner\n\n1\n")
    assert not re.search(r"^NOTE x", body, re.MULTILINE)


def test_a_cue_has_two_lines_of_forty_two_signs_at_most() -> None:
    body = vtt(Piece(1000, 9000, "word " * 60), Piece(9000, 9001, "x" * 200))
    blocks = body.strip().split("\n\n")[2:]
    for block in blocks:
        _, _, *lines = block.split("\n")
        assert 1 <= len(lines) <= 2 and all(len(line) <= 42 for line in lines)
    assert "".join(re.findall("[a-z]", body.split("\n\n", 2)[2])) == "word" * 60 + "x" * 200


def test_cues_come_one_after_the_other() -> None:
    body = vtt(Piece(0, 9000, "One."), Piece(3000, 3000, "Two."), Piece(2000, 90_000_000, "Three."))
    times = cues(body)
    assert all(start < end for start, end in times)
    assert all(before[1] <= after[0] for before, after in zip(times, times[1:], strict=False))
    assert "25:00:00.000" in body


def test_plain_text_has_one_segment_a_line() -> None:
    assert plain([Piece(0, 1, "One\ntwo."), Piece(1, 2, "Three.")], machine="m") == "One two.\nThree.\n"
