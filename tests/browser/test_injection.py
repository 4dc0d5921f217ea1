"""What people write stays words, in a real browser: nothing runs, nothing is fetched, nothing listens."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import ConsoleMessage, Dialog, Page, Request
from sqlalchemy import update
from sqlmodel import col

from server.accounts.models import Membership
from tests.attack.vectors import VECTORS
from tests.browser.conftest import NewBrowser
from tests.browser.surfing import Surfer
from tests.browser.walks import unveils
from tests.people import Community, Person
from tests.roads import without_limits

pytestmark = pytest.mark.browser
TITLE_CHARACTERS = 150
LISTENING = """() => [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()
  .filter((name) => /^on|^style$|^srcdoc$/i.test(name)
    || (name !== 'value' && /^\\s*(javascript|data|vbscript):/i.test(one.getAttribute(name))))
  .map((name) => `${name}=${one.getAttribute(name)}`))"""
OURS = "p br em strong a ul ol li blockquote code pre hr span svg path"
STRANGERS = f"""() => [...document.querySelectorAll('.text *, h1 *, bdi *, .topic a *, q *, blockquote *')]
  .map((one) => one.tagName.toLowerCase()).filter((name) => !'{OURS} bdi'.split(' ').includes(name))"""


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


def watched(page: Page, origin: str) -> list[str]:
    """Everything that should not happen on this page, as it happens."""
    happened: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(f"{origin}/") or re.search(r"/(x|evil|\d)\b", request.url):
            happened.append(f"asked for {request.url}")

    def opened(dialog: Dialog) -> None:
        happened.append(f"opened a dialog: {dialog.message}")
        dialog.dismiss()

    def said(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            happened.append(message.text)

    page.on("dialog", opened)
    page.on("request", asked)
    page.on("popup", lambda other: happened.append(f"opened {other.url}"))
    page.on("download", lambda download: happened.append(f"saved {download.url}"))
    page.on("pageerror", lambda error: happened.append(f"ran and failed: {error}"))
    page.on("console", said)
    return happened


def rename(community: Community, name: str) -> None:
    """Give every member a name that no form would take: the pages may not rely on the forms."""
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Membership).where(col(Membership.pseudonym).like("Amina%")).values(pseudonym=name))


def writes_everything(community: Community, amina: Person) -> list[str]:
    """Every vector as a message and as a title; gives the addresses of the topics."""
    topics: list[str] = []
    for start in range(0, len(VECTORS), 60):
        topic = amina.opens_topic("Words", "Only words")
        for vector in VECTORS[start : start + 60]:
            amina.posts(topic, vector)
        topics.append(topic)
    for vector in VECTORS:
        title = " ".join(vector.split())[:TITLE_CHARACTERS]
        amina.sends("/s/questions/new", title=title, text=f"About this: {vector}"[:8000])
    return topics


def assert_calm(page: Page, path: str, happened: list[str]) -> None:
    """Nothing has happened, and nothing lies in wait."""
    page.goto(path, wait_until="load")
    unveils(page)
    assert page.evaluate(LISTENING) == [], path
    assert page.evaluate(STRANGERS) == [], path
    assert happened == [], path


def every_page(page: Page, path: str) -> list[str]:
    """The address, and all that follow with "later"."""
    page.goto(path)
    last = page.locator(".pager a").last.get_attribute("href") if page.locator(".pager a").count() else None
    number = int(re.search(r"page=(\d+)", last).group(1)) if last else 1  # type: ignore[union-attr]
    return [f"{path}{'&' if '?' in path else '?'}page={n}" for n in range(1, number + 1)]


def test_nothing_that_members_write_is_ever_run(community: Community, opens: NewBrowser, address: str) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topics = writes_everything(community, amina)
    message = re.search(r"/messages/([0-9a-f-]{36})/flag", bo.reads(topics[0]))
    assert message is not None
    bo.sends(f"/messages/{message.group(1)}/flag", reason="other", note=VECTORS[0])
    rename(community, '"><img src=/x onerror=alert(1)>')

    reader = opens()
    happened = watched(reader, address)
    for topic in topics:
        for path in every_page(reader, topic):
            assert_calm(reader, path, happened)
    for path in every_page(reader, "/s/questions"):
        assert_calm(reader, path, happened)
    for href in reader.eval_on_selector_all(".topic a", "all => all.slice(0, 8).map(one => one.getAttribute('href'))"):
        assert_calm(reader, href, happened)

    member = opens()
    happened = watched(member, address)
    Surfer(member).signs_in("amina")
    for path in ("/me", topics[0]):
        assert_calm(member, path, happened)
    member.goto(topics[0])
    for link in member.eval_on_selector_all(
        "a[href*='/edit'], a[href*='/withdraw']", "all => all.slice(0, 12).map(one => one.getAttribute('href'))"
    ):
        assert_calm(member, link, happened)


def test_what_waits_for_a_moderator_is_never_run_either(community: Community, opens: NewBrowser, address: str) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Words", "Only words")
    taken = [amina.posts(topic, f"{vector} idiot").status_code for vector in VECTORS[::14]]
    reader = opens()
    cookie = {"name": "session", "value": bo.browser.cookies["session"], "url": address}
    reader.context.add_cookies([cookie])  # type: ignore[list-item]  # the three that are needed
    happened = watched(reader, address)
    cases = bo.opens_the_queue()
    assert len(cases) == taken.count(303) > 20
    for path in ("/review", *cases):
        assert_calm(reader, path, happened)


IN_ADDRESSES = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)")
ADDRESSES = ("/s/{}", "/join?space={}", "/join?invite={}", "/sign-in?next={}", "/spaces?done={}", "/?lang={}", "/{}")


@pytest.mark.parametrize("vector", IN_ADDRESSES)
def test_nothing_in_an_address_is_run(opens: NewBrowser, address: str, vector: str) -> None:
    page = opens()
    happened = watched(page, address)
    for path in ADDRESSES:
        assert_calm(page, path.format(quote(vector, safe="")), happened)
