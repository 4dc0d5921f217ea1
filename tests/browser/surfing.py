"""People at a real browser. They find their way by what is on the page, in the language they read."""

import gettext
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page

from server.places import shipped
from tests.people import PASSPHRASE

LISTEN_SECONDS = 30


def said(english: str, language: str) -> str:
    """A sentence of the interface in a language."""
    return gettext.translation("messages", shipped("locale"), [language], fallback=True).gettext(english)


def presses(page: Page, selector: str) -> None:
    """Press a button or a link, and wait for the page that comes."""
    with page.expect_navigation():
        page.click(selector)


@contextmanager
def hears(page: Page, channel: str) -> Iterator[None]:
    """What is done inside brings a page that hears of this channel; waits until it has.

    The first word may come before the page is there: whoever began to listen only then would miss it.
    """
    heard: list[str] = []
    page.on("websocket", lambda line: line.on("framereceived", lambda frame: heard.append(str(frame))))
    yield
    until = time.monotonic() + LISTEN_SECONDS
    while not any(f'"ch":"{channel}"' in frame for frame in heard):
        assert time.monotonic() < until, f"the page heard nothing of {channel}"
        page.wait_for_timeout(20)


def sign_in(page: Page, login: str, passphrase: str, code: str) -> None:
    """Fill in the form and send it."""
    page.goto("/sign-in")
    page.fill("[name=login]", login)
    page.fill("[name=passphrase]", passphrase)
    page.fill("[name=code]", code)
    presses(page, "main form button")
    assert urlsplit(page.url).path != "/sign-in", page.inner_text("main")


@dataclass
class Surfer:
    """Somebody who reads one language."""

    page: Page
    language: str = "en"

    def goes(self, path: str) -> None:
        """Open an address in one's language."""
        self.page.goto(in_language(path, self.language))

    def sees(self, english: str) -> bool:
        """Whether a sentence, known by its English words, is on the page."""
        return said(english, self.language) in self.page.inner_text("body")

    def reads(self, text: str) -> bool:
        """Whether these very words are on the page."""
        return text in self.page.inner_text("body")

    def joins(self, login: str, pseudonym: str) -> str:
        """Make an account in the only open space; gives the recovery code of the card."""
        page = self.page
        self.goes("/")
        presses(page, "main a[href^='/join']")
        page.fill("[name=login]", login)
        page.fill("[name=passphrase]", PASSPHRASE)
        page.fill("[name=pseudonym]", pseudonym)
        presses(page, "form[action^='/join'] button")
        code = page.inner_text("#recovery + code")
        presses(page, "form[action^='/me/card'] button")
        return code

    def signs_in(self, login: str, code: str = "") -> None:
        """With name and words."""
        self.goes("/sign-in")
        sign_in_here(self.page, login, code)

    def posts(self, topic: str, text: str) -> None:
        """Write in a topic."""
        self.goes(topic)
        self.page.fill("[name=text]", text)
        presses(self.page, "form[action*='/messages'] button")

    def flags(self, topic: str, text: str, reason: str) -> None:
        """Flag the message with these words."""
        self.goes(topic)
        with self.page.expect_navigation():
            self.page.locator(".message").filter(has_text=text).locator("a[href*='/flag']").click()
        self.page.check(f"[name=reason][value={reason}]")
        presses(self.page, "form[action*='/flag'] button")

    def opens_the_first_case(self) -> None:
        """From the queue, by its link; the text is unveiled by hand."""
        self.goes("/review")
        presses(self.page, "[data-case]")
        if "/conduct" in self.page.url:
            presses(self.page, "form[action^='/review/conduct'] button")
        self.page.click("[data-veil] > summary")

    def decides(self, act: str, reason: str = "") -> None:
        """Release or remove, with the buttons."""
        if reason:
            self.page.check(f"[name=reason][value={reason}]")
        presses(self.page, f"form[action*='/{act}'] button")


def sign_in_here(page: Page, login: str, code: str = "") -> None:
    """On the page with the form."""
    page.fill("[name=login]", login)
    page.fill("[name=passphrase]", PASSPHRASE)
    page.fill("[name=code]", code)
    presses(page, "form[action^='/sign-in'] button")


def path_of(page: Page) -> str:
    """Where the page is, without its query."""
    return urlsplit(page.url).path


def in_language(path: str, language: str) -> str:
    """The address that asks for a language."""
    return f"{path}{'&' if '?' in path else '?'}lang={language}"
