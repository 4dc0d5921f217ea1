"""The part of the walk that leads through town halls: what each stop is, and what is done there before the look."""

from collections.abc import Iterator

from playwright.sync_api import Browser, Page, StorageState

from tests.browser.houses import Demo
from tests.browser.surfing import presses
from tests.browser.walks import Stop, sends_nothing_at_all, unveils, unveils_parts

POLL = "Which tap first?"


def seated(browser: Browser, demo: Demo) -> StorageState:
    """The cookie of somebody without an account who has come into the hall that is open."""
    context = browser.new_context(base_url=demo.address)
    page = context.new_page()
    page.goto(f"/h/{demo.hall('open')}")
    presses(page, "form[action*='/join'] button")
    state = context.storage_state()
    context.close()
    return state


def holds_still(page: Page) -> None:
    """Stop the page from fetching itself anew while somebody looks."""
    page.evaluate("stop()")


def types_a_wrong_hall(page: Page) -> None:
    """Six signs that open no hall."""
    page.fill("[name=code]", "AAAAAA")
    presses(page, "main form button")


def types_a_wrong_receipt(page: Page) -> None:
    """Six signs that no helper gave."""
    page.fill("[name=receipt]", "AAA-AAA")
    presses(page, "main form button")


def asks(page: Page) -> None:
    """Ask something that a moderator reads first."""
    page.fill("[name=text]", "Who repairs the tap at the market?")
    presses(page, "form[action*='/ask'] button")


def asks_nothing(page: Page) -> None:
    """Press the button of an empty question."""
    page.fill("[name=text]", "")
    presses(page, "form[action*='/ask'] button")


def calls_somebody(page: Page) -> None:
    """Ask for a counsellor, and look at what the page says then."""
    if page.locator("form[action*='/counsellor'] button").count():
        presses(page, "form[action*='/counsellor'] button >> nth=0")


def asks_for_others(page: Page) -> None:
    """Enter a question from the room; a receipt comes."""
    page.fill("[name=text]", "When is the school open for small children?")
    presses(page, "form[action*='/help-desk'] button >> nth=0")


def ends_without_being_sure(page: Page) -> None:
    """End the hall, and do not say that one is sure."""
    unveils(page)
    presses(page, "form[action*='/close'] button")


def makes_a_screen(page: Page) -> None:
    """A link for a projector."""
    presses(page, "form[action$='/screens'] button, form[action*='/screens?'] button")


def visitor_stops(page: Page, demo: Demo) -> Iterator[Stop]:
    """What anybody finds who has a code, and who has none."""
    on, over = f"/h/{demo.hall('open')}", f"/h/{demo.hall('closed')}"
    yield Stop("halls", "/halls")
    yield Stop("halls, wrongly", "/halls", types_a_wrong_hall, 422)
    yield Stop("hall, before one comes in", on)
    yield Stop("list without a seat", f"{on}/list", status=404)
    yield Stop("receipt", f"{on}/receipt")
    yield Stop("receipt, wrongly", f"{on}/receipt", types_a_wrong_receipt, 422)
    yield Stop("hall that is over", over)
    yield Stop("hall_record", f"{over}/record", unveils)
    yield Stop("record of a hall that is on", f"{on}/record")


def seat_stops(page: Page, demo: Demo) -> Iterator[Stop]:
    """What somebody with a seat can open."""
    on = f"/h/{demo.hall('open')}"
    yield Stop("hall", on)
    yield Stop("hall with an own question", on, asks)
    yield Stop("nothing asked", on, asks_nothing, 422)
    yield Stop("hall_list", f"{on}/list?paused=1")
    yield Stop("hall_captions", f"{on}/captions/en?paused=1")
    yield Stop("captions, wide and large", f"{on}/captions/en?paused=1&wide=1&size=larger")
    yield Stop("captions from the beginning", f"{on}/captions/ar?whole=1")
    yield Stop("counsellor", f"{on}/counsellor")
    yield Stop("counsellor, called", f"{on}/counsellor", calls_somebody)


def prepares_a_poll(page: Page, hall: str) -> None:
    """One poll that is open, for everybody who comes later in this walk."""
    page.goto(f"{hall}/polls")
    if POLL in page.inner_text("main"):
        return
    page.fill("[name=title_en]", POLL)
    page.check("[name=kind] >> nth=0")
    page.check("[name=results] >> nth=0")
    for place, box in enumerate(page.locator("textarea[name=options_en]").all()):
        box.fill(f"Tap {place}\nThe other")
    presses(page, "form[action$='/polls'] button, form[action*='/polls?'] button")
    presses(page, "form[action*='/open'] button")


def prepares_a_hall(page: Page) -> str:
    """One more hall, not open yet; gives where it is."""
    page.goto("/s/questions/halls/new")
    page.fill("[name=title_en]", "Buses on Fridays")
    presses(page, "main form[action*='/halls/new'] button")
    return page.url.partition("?")[0].removesuffix("/console")


def facilitator_stops(page: Page, demo: Demo) -> Iterator[Stop]:
    """What somebody who runs halls can open."""
    on, over = f"/h/{demo.hall('open')}", f"/h/{demo.hall('closed')}"
    prepares_a_poll(page, on)
    new = prepares_a_hall(page).removeprefix(demo.address)
    yield Stop("halls of a facilitator", "/halls")
    yield Stop("new_hall", "/s/questions/halls/new", unveils_parts)
    yield Stop("new hall, wrongly", "/s/questions/halls/new", sends_nothing_at_all, 422)
    yield Stop("hall_console", f"{on}/console", unveils)
    yield Stop("end, wrongly", f"{on}/console", ends_without_being_sure, 409)
    yield Stop("console of a hall that is over", f"{over}/console", unveils)
    yield Stop("console of a hall that is prepared", f"{new}/console", unveils)
    for name, path in PREPARED.items():
        yield Stop(name, f"{new}/{path}", unveils)
        yield Stop(f"{name} of a hall that is on", f"{on}/{path}", unveils)
    yield Stop("one screen", f"{on}/screens", makes_a_screen)
    yield Stop("hall_polls", f"{on}/polls", unveils)
    yield Stop("hall_stage", f"{on}/stage", holds_still)
    yield Stop("edit_record", f"{over}/record/edit", unveils)
    yield Stop("record that is not written yet", f"{on}/record/edit")


PREPARED = {
    "prepare_hall": "prepare",
    "hall_agenda": "agenda",
    "hall_speakers": "speakers",
    "hall_risks": "risks",
    "hall_team": "team",
    "hall_screens": "screens",
}
"""Pages on which a hall is prepared."""


def signs_the_conduct(page: Page) -> None:
    """Read the rules of this hall, and say so."""
    console = page.url
    page.goto(console.replace("/console", "/conduct"))
    presses(page, "form[action*='/conduct'] button")
    page.goto(console)
    unveils(page)


def moderator_stops(page: Page, demo: Demo) -> Iterator[Stop]:
    """What somebody can open who reads the questions of a hall, and answers calls."""
    on = f"/h/{demo.hall('open')}"
    yield Stop("hall_conduct", f"{on}/conduct")
    yield Stop("console of a moderator", f"{on}/console", signs_the_conduct)
    yield Stop("risks for a moderator", f"{on}/risks")
    yield Stop("calls", f"{on}/calls")


def helper_stops(page: Page, demo: Demo) -> Iterator[Stop]:
    """What a helper in a room can open."""
    on = f"/h/{demo.hall('open')}"
    yield Stop("help_desk", f"{on}/help-desk", unveils)
    yield Stop("help desk, wrongly", f"{on}/help-desk", sends_nothing_at_all, 422)
    yield Stop("a receipt", f"{on}/help-desk", asks_for_others)
    yield Stop("hall_hands", f"{on}/hands")


def captioner_stops(page: Page, demo: Demo) -> Iterator[Stop]:
    """What somebody can open who writes in Arabic what is said."""
    on = f"/h/{demo.hall('open')}"
    yield Stop("captions, written", f"{on}/captions/ar", unveils)
    yield Stop("hall_words", f"{on}/words/ar")
