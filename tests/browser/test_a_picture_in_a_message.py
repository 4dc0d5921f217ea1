"""Sending a picture without script on a narrow phone, and seeing it only when one asks for it."""

import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.attack.originals import phone_jpeg
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer, path_of, presses
from tests.conftest import missing
from tests.people import Community, last_picture

pytestmark = pytest.mark.browser
TEXT = "The pump is behind the school"
ALT = "A blue pump"


def asked_for(page: Page) -> list[str]:
    """The pictures that the browser asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    return asked


def pictures_among(asked: list[str]) -> list[str]:
    return [path for path in asked if path.startswith("/pictures/")]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_picture_is_sent_without_script_and_fetched_on_tap(
    community: Community, opens: NewBrowser, language: str
) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    sender = Surfer(opens(script=False, width=360), language)
    sender.signs_in("amina")
    sender.goes(topic)
    sender.page.fill("[name=text]", TEXT)
    presses(sender.page, "button[formaction*='/picture']")
    page = sender.page
    assert path_of(page) == f"{topic}/picture"
    assert page.input_value("[name=text]") == TEXT
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 if language == "en" else True
    page.set_input_files("[name=image]", [{"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": phone_jpeg(6)}])
    page.fill("[name=alt]", ALT)
    presses(page, "form[enctype='multipart/form-data'] button")
    assert page.input_value("[name=text]") == TEXT, "who is in the picture was not said, so nothing was sent"
    assert page.locator("form[enctype='multipart/form-data'] .error").count() >= 2
    page.set_input_files("[name=image]", [{"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": phone_jpeg(6)}])
    page.check("[name=people][value=nobody]")
    presses(page, "form[enctype='multipart/form-data'] button")
    assert path_of(page) == topic
    assert sender.sees("Your message is here. Everybody who may read this topic can see it.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_picture_is_fetched_when_somebody_taps_and_not_before(
    community: Community, opens: NewBrowser, script: bool
) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    amina.posts_a_picture(topic, TEXT, alt=ALT, file=phone_jpeg(6))
    amina.posts(topic, "An answer that stands after the picture")
    reader = Surfer(opens(script=script, width=360))
    page, asked = reader.page, asked_for(reader.page)
    reader.goes(topic)
    page.wait_for_load_state("networkidle")
    assert asked
    assert pictures_among(asked) == []
    assert reader.reads("An answer that stands after the picture")
    summary = page.locator(".picture > summary")
    assert ALT in summary.inner_text()
    assert summary.bounding_box()["height"] >= 44  # type: ignore[index]
    summary.click()
    if script:
        image = page.locator(".picture img")
        image.evaluate("one => one.decode()")
        box = image.bounding_box()
        assert box is not None
        assert box["width"] <= 360
        assert box["height"] > box["width"], "it stands upright, as the telephone was held"
    else:
        assert page.locator(".picture img").count() == 0
        presses(page, ".picture a")
        assert page.locator("img").evaluate("one => one.naturalWidth") == 240
    assert len(pictures_among(asked)) == 1


def test_w3m_shows_what_is_in_it_and_a_link(community: Community, address: str) -> None:
    if shutil.which("w3m") is None:
        missing("w3m")
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    amina.posts_a_picture(topic, TEXT, alt=ALT)
    command = ["w3m", "-dump", "-cols", "80", "-o", "display_link_number=1", address + topic]
    page = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")
    assert f"Picture: {ALT} (1 kB)" in page
    assert last_picture(community) in page
