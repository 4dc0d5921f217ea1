"""A passkey in a real Chromium, whose virtual device is unlocked at once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from server.app import build
from server.crypto import keyring
from server.serving import bound
from server.settings import Settings
from tests.browser.conftest import PATIENCE_MS
from tests.browser.houses import served
from tests.browser.surfing import Surfer, path_of, presses
from tests.browser.walks import virtual_device
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.people import PASSPHRASE, Community

pytestmark = pytest.mark.browser
BUTTON = "form[data-passkey=use] button"
OpensAt = Callable[..., Page]


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Community, str]]:
    """A community that knows its own address, which passkeys are made for."""
    listener = bound("127.0.0.1", 0)
    address = f"http://localhost:{listener.getsockname()[1]}"
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url, public_url=address)
    keyring.create(settings.keys_dir)
    clock, screen = StillClock(), WordScreen()
    house = build(settings, clock=clock, screen=screen, passwords=quick_passwords)
    with Community(house, clock, screen) as community, served(community, listener):
        yield community, address


@pytest.fixture
def phone(chromium: Browser, place: tuple[Community, str]) -> Iterator[OpensAt]:
    """Opens a browser that knows nobody."""
    contexts: list[BrowserContext] = []

    def new(*, script: bool = True) -> Page:
        context = chromium.new_context(
            base_url=place[1], java_script_enabled=script, viewport={"width": 360, "height": 740}
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()


def adds(page: Page) -> None:
    """Add the device on one's own page."""
    page.goto("/me")
    presses(page, "main a[href^='/me/passkeys']")
    page.fill("[name=label]", "The blue one")
    page.fill("[name=passphrase]", PASSPHRASE)
    presses(page, "form[data-passkey=make] button")
    assert "This device can open your account now." in page.inner_text("main")


def signs_out(page: Page) -> None:
    page.goto("/me")
    presses(page, "form[action^='/sign-out'] button")


def cookie_of(page: Page) -> float:
    """When the only cookie ends; -1 with the browser."""
    (cookie,) = page.context.cookies()
    return float(cookie.get("expires", 0))


def test_a_device_is_added_signs_in_is_removed_and_signs_in_no_more(
    place: tuple[Community, str], phone: OpensAt
) -> None:
    place[0].member("amina")
    page = phone()
    virtual_device(page)
    Surfer(page).signs_in("amina")
    adds(page)
    assert "The blue one" in page.inner_text("main")
    signs_out(page)
    page.goto("/sign-in")
    presses(page, BUTTON)
    assert path_of(page) == "/spaces"
    assert cookie_of(page) > 0
    page.goto("/me")
    assert "Amina 1" in page.inner_text("main")
    page.goto("/me/passkeys")
    presses(page, "main a[href*='/remove']")
    page.fill("[name=passphrase]", PASSPHRASE)
    presses(page, "form[action*='/remove'] button")
    assert "You have no passkey." in page.inner_text("main")
    signs_out(page)
    page.goto("/sign-in")
    presses(page, BUTTON)
    assert "This device could not sign you in here." in page.inner_text("main")
    assert page.context.cookies() == []
    expect(page.locator(BUTTON)).to_be_visible()


def test_the_same_device_is_not_added_twice(place: tuple[Community, str], phone: OpensAt) -> None:
    place[0].member("amina")
    page = phone()
    virtual_device(page)
    Surfer(page).signs_in("amina")
    adds(page)
    page.goto("/me/passkeys")
    page.fill("[name=passphrase]", PASSPHRASE)
    page.click("form[data-passkey=make] button")
    expect(page.locator("form[data-passkey] output")).to_have_text("It did not work. Nothing has changed.")
    assert page.locator(".persons li").count() == 1


def test_on_a_shared_phone_the_cookie_has_no_end_of_its_own_either_way(
    place: tuple[Community, str], phone: OpensAt
) -> None:
    place[0].member("amina")
    page = phone()
    virtual_device(page)
    page.goto("/sign-in")
    page.check("#shared_phone")
    page.fill("[name=login]", "amina")
    page.fill("[name=passphrase]", PASSPHRASE)
    presses(page, "form[action^='/sign-in'] button")
    assert cookie_of(page) == -1
    adds(page)
    signs_out(page)
    page.goto("/sign-in")
    page.check("form[data-passkey] [name=shared_phone]")
    presses(page, BUTTON)
    assert path_of(page) == "/spaces"
    assert cookie_of(page) == -1


def test_whoever_joins_on_a_shared_phone_is_forgotten_with_the_browser(
    place: tuple[Community, str], phone: OpensAt
) -> None:
    page = phone()
    page.goto("/join?space=questions")
    page.check("[name=shared_phone]")
    presses(page, "form[action^='/join'] button")
    assert cookie_of(page) == -1


def test_a_device_leads_back_to_where_somebody_was(place: tuple[Community, str], phone: OpensAt) -> None:
    place[0].member("amina")
    page = phone()
    virtual_device(page)
    Surfer(page).signs_in("amina")
    adds(page)
    signs_out(page)
    page.goto("/me/kept")
    assert path_of(page) == "/sign-in"
    presses(page, BUTTON)
    assert path_of(page) == "/me/kept"


def test_without_script_nothing_of_it_is_there(place: tuple[Community, str], phone: OpensAt) -> None:
    place[0].member("amina")
    page = phone(script=False)
    page.goto("/sign-in")
    assert "Sign in with this device" not in page.inner_text("body")
    assert page.locator("main button:visible").count() == 1
    Surfer(page).signs_in("amina")
    page.goto("/me/passkeys")
    assert "This browser cannot do that." in page.inner_text("main")
    assert not page.locator("main form").is_visible()


def test_where_the_browser_knows_no_passkeys_nothing_is_offered(place: tuple[Community, str], phone: OpensAt) -> None:
    page = phone()
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/sign-in")
    assert not page.locator("form[data-passkey]").is_visible()


def test_the_device_is_told_nothing_about_the_person(place: tuple[Community, str], phone: OpensAt) -> None:
    place[0].member("amina")
    page = phone()
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    device = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    Surfer(page).signs_in("amina")
    adds(page)
    (kept,) = wire.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert kept["isResidentCredential"] and kept["rpId"] == urlsplit(place[1]).hostname
    assert {kept.get("userName", "Baraza"), kept.get("userDisplayName", "Baraza")} == {"Baraza"}
    assert "amina" not in str(kept).lower()
