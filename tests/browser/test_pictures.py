"""Pictures of the surface, for people to look at: `TEST_PICTURES=folder`. One is the README's."""

import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser import walks
from tests.browser.houses import Demo
from tests.browser.surfing import in_language, presses
from tests.browser.walks import Stop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("TEST_PICTURES" not in os.environ, reason="TEST_PICTURES names no folder for the pictures"),
]
WIDTHS = {360: 740, 1280: 800}
WHOLE_PAGE_PIXELS = 2400
"""Nobody looks at more of a long page."""


def stops(browser: Browser, demo: Demo, states: dict[str, StorageState]) -> Iterator[tuple[str, Stop]]:
    """Who is shown what."""
    context = browser.new_context(base_url=demo.address)
    topic = walks.hrefs(context.new_page(), "/s/questions", ".topic a")[0]
    context.close()
    context = browser.new_context(base_url=demo.address, storage_state=states["bo"])
    case = walks.hrefs(context.new_page(), "/review", "[data-case]")[3]
    context.close()
    member = demo.account("member")
    held = walks.writes("Call me on +1 202 555 0147, my sister is there too")
    for name, path in (("home", "/"), ("spaces", "/spaces"), ("space", "/s/questions"), ("topic", topic)):
        yield "visitor", Stop(name, path)
    for name, path in (("join", "/join"), ("sign-in", "/sign-in"), ("policy", "/policies/guidelines")):
        yield "visitor", Stop(name, path)
    yield "visitor", Stop("error-404", "/nowhere")
    yield "visitor", Stop("mistakes", "/join", walks.sends_nothing)
    yield "amina", Stop("me", "/me")
    yield "amina", Stop("topic-member", f"{topic}?page=2")
    yield "amina", Stop("card", "/me/recovery-code", walks.shows_the_card(member.passphrase))
    yield "amina", Stop("new-topic", "/s/questions/new")
    yield "bo", Stop("queue", "/review")
    yield "bo", Stop("case", case, walks.unveils)
    yield "amina", Stop("held", f"{topic}?page=99", held)


def test_the_surface_can_be_looked_at(chromium: Browser, demo: Demo) -> None:
    folder = Path(os.environ["TEST_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    states = {
        "amina": walks.signed_in(chromium, demo, demo.account("member")),
        "bo": walks.signed_in(chromium, demo, demo.account("moderator")),
    }
    taken = 0
    for who, stop in list(stops(chromium, demo, states)):
        for language in ("en", "ar"):
            context = chromium.new_context(base_url=demo.address, storage_state=states.get(who))
            page = context.new_page()
            page.goto(in_language(stop.path, language))
            if stop.act is not None:
                stop.act(page)
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                whole = int(page.evaluate("document.documentElement.scrollHeight"))
                page.set_viewport_size({"width": width, "height": min(max(height, whole), WHOLE_PAGE_PIXELS)})
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme)
                    page.screenshot(path=folder / f"{stop.name}-{language}-{width}-{scheme}.png")
                    taken += 1
            context.close()
    assert taken == 16 * 2 * 2 * 2


def test_the_picture_of_the_readme_is_taken_from_what_is(chromium: Browser, demo: Demo) -> None:
    """A topic in English, and a town hall in Arabic on a telephone in the dark: to be copied over `picture.png`."""
    folder = Path(os.environ["TEST_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(base_url=demo.address, viewport={"width": 900, "height": 740})
    page = context.new_page()
    page.goto(walks.hrefs(page, "/s/questions", ".topic a")[0])
    left = b64encode(page.screenshot()).decode()
    context.close()
    context = chromium.new_context(base_url=demo.address, viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"/h/{demo.hall('open')}?lang=ar")
    presses(page, "form[action*='/join'] button")
    right = b64encode(page.screenshot()).decode()
    page.close()
    page = context.new_page()  # without the rules of a page of ours, which would let no such picture in
    shown = "".join(f'<img src="data:image/png;base64,{each}">' for each in (left, right))
    page.set_viewport_size({"width": 1280, "height": 740})
    page.set_content(f'<body style="margin:0;display:flex;gap:20px;background:#fff">{shown}')
    page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth)")
    page.screenshot(path=folder / "picture.png")
    context.close()
