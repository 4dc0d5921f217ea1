"""The private room in a real browser: on a narrow phone, without script, in the languages of those who come."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.attack.originals import phone_jpeg, zipped
from tests.browser.houses import Demo
from tests.browser.surfing import Surfer, in_language, presses
from tests.browser.walks import AXE, INLINE, LOOK, SMALL, WCAG, WIDER

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
STEP = 8192
WORDS = {
    "en": "He wants me to come alone.",
    "ar": "يريد أن آتي وحدي.",
    "fa": "می‌خواهد تنها بیایم.",
    "uk": "Він хоче, щоб я прийшла сама.",
}


@dataclass
class Reporter(Surfer):
    """Somebody at the door, who looks closely at every page if the browser has script."""

    looks: bool = False

    def arrives(self) -> None:
        """A page has come: it must be readable, and its size one of a few."""
        if not self.looks:
            return
        page = self.page
        page.evaluate(AXE)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(LOOK, list(WCAG)) == []
        assert page.evaluate(WIDER) == []
        assert page.evaluate(SMALL) == []
        assert page.evaluate(INLINE) == []

    def steps(self, value: str) -> None:
        """Press the button of this step."""
        presses(self.page, f"main button[value={value}]")
        self.arrives()

    def tells(self, words: str) -> str:
        """From the first page to the number."""
        self.goes("/help")
        self.arrives()
        assert self.sees("Talk to us")
        self.steps("tell")
        self.page.check("input[value=sea]")
        self.steps("write")
        self.page.fill("#text", words)
        self.page.check("#urgent")
        self.steps("check")
        assert self.reads(words)
        self.page.check("input[name=release][value=yes]")
        self.steps("send")
        number = self.page.inner_text("#receipt")
        assert re.fullmatch(r"\d{4}(-\d{4}){4}", number)
        self.steps("kept")
        return number

    def returns(self, number: str) -> None:
        """Open the answers."""
        self.goes("/help")
        self.steps("number")
        self.page.fill("#receipt", number)
        self.steps("return")


def opened_desk(page: Page, demo: Demo, login: str) -> None:
    """Sign in and open the keys."""
    who = demo.desks[login]
    page.goto("/desk")
    page.fill("#login", login)
    page.fill("#passphrase", who.passphrase)
    page.fill("#code", who.code)
    presses(page, "main button[value=sign_in]")
    page.fill("#phrase", who.unlock_phrase)
    presses(page, "main button[value=unlock]")


@pytest.mark.parametrize("language", WORDS)
def test_telling_and_returning_need_no_script(chromium: Browser, demo: Demo, language: str) -> None:
    context = chromium.new_context(
        base_url=demo.address, java_script_enabled=False, viewport={"width": 320, "height": 640}
    )
    amal = Reporter(context.new_page(), language)
    number = amal.tells(WORDS[language])
    amal.returns(number)
    assert amal.sees("There is no answer yet.")
    assert not amal.reads(WORDS[language])
    amal.page.fill("#text", WORDS[language] + " 2")
    amal.steps("add")
    assert amal.sees("Your message is here. It is not shown again.")
    presses(amal.page, "header button[value=leave]")
    assert "/help" not in amal.page.url
    context.close()


@pytest.mark.parametrize(
    "language", ["en", "ar", *(pytest.param(code, marks=pytest.mark.full) for code in ("fa", "uk"))]
)
def test_every_page_of_the_door_can_be_used_by_everybody(chromium: Browser, demo: Demo, language: str) -> None:
    context = chromium.new_context(base_url=demo.address, viewport={"width": 320, "height": 640})
    amal = Reporter(context.new_page(), language, looks=True)
    sizes: list[int] = []
    amal.page.on("response", lambda answer: sizes.append(len(answer.body())) if answer.request.is_navigation_request()
                 and answer.status == 200 else None)  # fmt: skip
    amal.tells(WORDS[language])
    amal.returns(demo.receipt)
    assert sizes
    assert {size % STEP for size in sizes} == {0}
    context.close()


def test_the_desk_can_be_used_by_everybody_and_the_answer_arrives(chromium: Browser, demo: Demo) -> None:
    context = chromium.new_context(base_url=demo.address, viewport={"width": 320, "height": 640})
    dara = Reporter(context.new_page(), "en", looks=True)
    dara.goes("/desk")
    dara.arrives()
    opened_desk(dara.page, demo, "dara")
    dara.arrives()
    presses(dara.page, "main article a")
    dara.arrives()
    dara.page.fill("#text", "A woman of the clinic can meet you on Tuesday.")
    dara.steps("answer")
    assert dara.sees("Your answer is sealed. The reporter reads it when they come back.")
    for path in ("/desk/paper", "/desk/away"):
        dara.page.goto(path)
        dara.arrives()
    dara.page.goto("/desk")
    dara.steps("practise")
    dara.page.click("main article:has(.badge:text('practice')) a")
    dara.arrives()
    assert "you cannot leave it yet" in dara.page.inner_text("main"), "nobody else reads what one practises with"
    dara.page.goto("/desk")
    presses(dara.page, "main article:not(:has(.badge:text('practice'))) a")
    dara.arrives()
    dara.steps("recuse")
    assert dara.sees("Leave this case?")
    context.close()


def test_what_somebody_says_is_written_down_and_the_card_alone_is_printed(chromium: Browser, demo: Demo) -> None:
    context = chromium.new_context(base_url=demo.address, viewport={"width": 320, "height": 640})
    ines = Reporter(context.new_page(), "en", looks=True)
    opened_desk(ines.page, demo, "ines")
    ines.page.goto("/desk/intake")
    ines.arrives()
    ines.page.select_option("#spoken", "ar")
    ines.page.select_option("#topic", "sea")
    ines.page.fill("#text", WORDS["ar"])
    ines.page.check("input[name=release][value=yes]")
    ines.steps("intake_check")
    assert ines.reads(WORDS["ar"])
    ines.steps("intake_send")
    number = ines.page.inner_text("#receipt")
    ines.page.emulate_media(media="print")
    assert ines.page.locator("body").inner_text().strip() == number
    ines.page.emulate_media(media="screen")
    ines.steps("intake_handed")
    ines.looks = False
    ines.returns(number)
    ines.looks = True
    ines.arrives()
    assert ines.page.inner_text("#receipt") != number
    context.close()


def test_keys_alone_reach_every_step(chromium: Browser, demo: Demo) -> None:
    context = chromium.new_context(base_url=demo.address, java_script_enabled=False)
    page = context.new_page()
    page.goto(in_language("/help", "en"))
    page.focus("main button[value=tell]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.focus("input[value=question]")
    page.keyboard.press("Space")
    page.focus("main button[value=write]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#text").is_visible()
    context.close()


@pytest.mark.parametrize("language", WORDS)
def test_the_first_page_is_light(chromium: Browser, demo: Demo, language: str) -> None:
    context = chromium.new_context(base_url=demo.address)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    kinds: dict[str, str] = {}
    received: dict[str, int] = {}
    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    wire.on("Network.loadingFinished", lambda event: received.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(f"/help?lang={language}")
    page.wait_for_load_state("networkidle")
    weights = {kind: received[request] for request, kind in kinds.items()}
    assert weights.keys() <= {"Document", "Stylesheet", "Image", "Other"}
    assert 0 < weights["Document"] + weights["Stylesheet"] <= 2 * STEP, weights
    context.close()


def test_a_photo_reaches_the_desk_without_script_and_without_what_the_telephone_wrote(
    chromium: Browser, demo: Demo, tmp_path: Path
) -> None:
    photo, office = tmp_path / "IMG_1.jpg", tmp_path / "notes.docx"
    photo.write_bytes(phone_jpeg() + bytes(1_200_000))  # more than a small post, and more than the room passes at once
    office.write_bytes(zipped())
    context = chromium.new_context(base_url=demo.address, java_script_enabled=False)
    amal = Reporter(context.new_page(), "en")
    amal.goes("/help")
    amal.steps("tell")
    amal.page.check("input[value=sea]")
    amal.steps("write")
    amal.page.fill("#text", WORDS["en"])
    amal.steps("check")
    amal.page.check("input[name=release][value=yes]")
    amal.page.set_input_files("#files", [photo, office])
    amal.steps("send")
    assert amal.sees("“notes.docx” is an Office file")
    assert amal.reads(WORDS["en"])
    assert amal.page.is_checked("input[name=release][value=yes]")
    amal.page.set_input_files("#files", [photo])
    amal.steps("send")
    assert amal.sees("Files that came with it: 1.")
    context.close()


def test_a_file_is_looked_at_at_the_desk_and_its_page_can_be_used_by_everybody(chromium: Browser, demo: Demo) -> None:
    context = chromium.new_context(base_url=demo.address, viewport={"width": 320, "height": 640})
    farah = Reporter(context.new_page(), "en", looks=True)
    opened_desk(farah.page, demo, "farah")
    presses(farah.page, "main article a")
    farah.page.click("summary")
    farah.arrives()
    assert farah.reads("IMG_0412.png")
    farah.page.fill("#text", "Half an answer")
    with context.expect_page() as shown:
        farah.page.click("main button[value=look]")
    shown.value.wait_for_load_state()
    assert shown.value.locator("img").evaluate("picture => picture.naturalWidth") == 960
    assert farah.page.input_value("#text") == "Half an answer", "looking costs no word"
    with farah.page.expect_download() as kept:
        farah.page.click("main button[value=download]")
    assert kept.value.suggested_filename == "file-1.jpg"
    context.close()
