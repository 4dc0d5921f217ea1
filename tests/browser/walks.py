"""A walk through every page of the demonstration: what each stop is, and what is looked at there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, StorageState

from tests.browser.houses import Account, Demo
from tests.browser.surfing import in_language, presses, sign_in
from tests.people import drawing

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOK = """async (only) => (await axe.run(document, {runOnly: only, resultTypes: ['violations']})).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 300)}`))"""
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.body.querySelectorAll('*')].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && (box.right > innerWidth + 1 || box.left < -1);
  }).slice(0, 5).map((one) => one.outerHTML.slice(0, 160))"""
SMALL = """() => [...document.querySelectorAll(
  'button, .button, summary, input, select, textarea, nav a, h2 > a, h3 > a')]
  .filter((one) => one.type !== 'hidden' && !one.closest('label.choice') && one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => `${Math.round(one.getBoundingClientRect().height)} px: ${one.outerHTML.slice(0, 160)}`)"""
INLINE = "() => [...document.querySelectorAll('[style], script:not([src]), style')].map((one) => one.outerHTML)"
WIDTHS = (1280, 320, 360)
MOVED = (301, 302, 303)


@dataclass(frozen=True, slots=True)
class Stop:
    """A page to look at: the name of its room or of what it shows, and what is done there before the look."""

    name: str
    path: str
    act: Callable[[Page], None] | None = None
    status: int = 200


@dataclass(slots=True)
class Sight:
    """What was seen at a stop."""

    stop: Stop
    who: str
    language: str
    path: str = ""
    direction: str = ""
    titles: list[str] = field(default_factory=list[str])
    light: list[str] = field(default_factory=list[str])
    dark: list[str] = field(default_factory=list[str])
    strong: list[str] = field(default_factory=list[str])
    wide: list[str] = field(default_factory=list[str])
    small: list[str] = field(default_factory=list[str])
    inline: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])
    cookies: list[str] = field(default_factory=list[str])
    sizes: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """Bytes on the wire, headers included, by kind and address."""

    def weight(self, kind: str) -> int:
        """All of this kind together; of the pages on the way, the heaviest."""
        sizes = [size for (its_kind, _), size in self.sizes.items() if its_kind == kind]
        return max(sizes, default=0) if kind == "Document" else sum(sizes)

    def __str__(self) -> str:
        return f"{self.stop.name} for {self.who} in {self.language} ({self.stop.path})"


class Walker:
    """One person with one browser, who looks closely at every page."""

    def __init__(self, context: BrowserContext, who: str, language: str, origin: str) -> None:
        self._context, self._who, self._language, self._origin = context, who, language, origin
        self.page = context.new_page()
        self._wire = context.new_cdp_session(self.page)
        self._wire.send("Network.enable")
        self._wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self._kinds: dict[str, str] = {}
        self._urls: dict[str, str] = {}
        self._wire.on("Network.responseReceived", self._received)
        self._wire.on("Network.loadingFinished", self._finished)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self._complaint(str(error)))
        self.sight = Sight(Stop("", ""), who, language)
        self._statuses: list[int] = []

    def looks(self, stop: Stop) -> Sight:
        """Go there, do what is to be done, and look."""
        self.sight = sight = Sight(stop, self._who, self._language)
        page = self.page
        page.set_viewport_size({"width": WIDTHS[-1], "height": 740})
        page.emulate_media(color_scheme="light", contrast="no-preference")
        page.goto(in_language(stop.path, self._language))
        if stop.act is not None:
            stop.act(page)
        sight.path = urlsplit(page.url).path
        if self._statuses and self._statuses[-1] != stop.status:
            sight.complaints.append(f"status {self._statuses[-1]}, not {stop.status}")
        sight.cookies = [str(cookie.get("name")) for cookie in self._context.cookies()]
        sight.direction = page.evaluate("document.documentElement.dir") or ""
        sight.titles = page.eval_on_selector_all("h1", "all => all.map(one => one.innerText)")
        sight.inline = page.evaluate(INLINE)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 740})
            sight.wide += [f"{width}: {html}" for html in page.evaluate(WIDER)]
        page.evaluate("scrollTo(0, 0)")
        sight.small = page.evaluate(SMALL)
        page.evaluate(AXE)
        sight.light = page.evaluate(LOOK, [*WCAG])
        page.emulate_media(color_scheme="dark")
        sight.dark = page.evaluate(LOOK, ["color-contrast"])
        # Colours are the same in every language, so each language looks at one of the two sheets of strong contrast.
        page.emulate_media(color_scheme="dark" if self._language == "en" else "light", contrast="more")
        sight.strong = page.evaluate(LOOK, ["color-contrast"])
        return sight

    def _received(self, event: dict[str, Any]) -> None:
        self._kinds[event["requestId"]] = event["type"]
        self._urls[event["requestId"]] = event["response"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        kind = self._kinds.get(event["requestId"], "Other")
        url = self._urls.get(event["requestId"], "")
        sizes, size = self.sight.sizes, int(event["encodedDataLength"])
        sizes[kind, url] = max(size, sizes.get((kind, url), 0))  # what a frame asks for again weighs nothing

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:")):
            self.sight.foreign.append(request.url)

    def _answered(self, response: Response) -> None:
        asked = response.request
        if asked.is_navigation_request() and asked.frame == self.page.main_frame and response.status not in MOVED:
            self._statuses.append(response.status)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaint(message.text)

    def _complaint(self, text: str) -> None:
        if not re.search(r"Failed to load resource: the server responded with a status of 4\d\d", text):
            self.sight.complaints.append(text)


def signed_in(browser: Browser, demo: Demo, account: Account) -> StorageState:
    """The cookies of somebody who has signed in; a code works only once, so this is done once."""
    context = browser.new_context(base_url=demo.address)
    page = context.new_page()
    sign_in(page, account.login, account.passphrase, account.code)
    if account.role == "moderator":
        reads_the_conduct(page)
    state = context.storage_state()
    context.close()
    return state


def reads_the_conduct(page: Page) -> None:
    """Begin a shift."""
    page.goto("/review/conduct")
    presses(page, "form[action^='/review/conduct'] button")


# What is done at a stop --------------------------------------------------------------------------------


def sends_nothing(page: Page) -> None:
    """Send the form with every field empty."""
    for box in page.locator("main form input:not([type=hidden]):not([type=checkbox]):not([type=radio])").all():
        box.fill("")
    for box in page.locator("main form textarea").all():
        box.fill("")
    presses(page, "main form:has(input:not([type=hidden]), textarea) button")


def unveils(page: Page) -> None:
    """Open what is folded away."""
    folded = page.locator("main details:not([open]) > summary:visible")
    while folded.count():
        folded.first.click()


def removes_without_a_reason(page: Page) -> None:
    """Press the button alone."""
    presses(page, "form[action*='/remove'] button")


def writes(text: str) -> Callable[[Page], None]:
    """Write this in the topic."""

    def act(page: Page) -> None:
        page.fill("[name=text]", text)
        presses(page, "form[action*='/messages'] button")

    return act


def keeps(flag: str) -> Callable[[Page], None]:
    """Keep this message, and look at the list."""

    def act(page: Page) -> None:
        listing = page.url
        page.goto(flag.replace("/flag", "/more"))
        if page.locator("form[action*='/keep'] button").count():
            presses(page, "form[action*='/keep'] button")
        page.goto(listing)

    return act


def adds_a_picture(text: str) -> Callable[[Page], None]:
    """Write in the topic, then go on to the page for a picture."""

    def act(page: Page) -> None:
        page.fill("[name=text]", text)
        presses(page, "button[formaction*='/picture']")

    return act


def asks_the_team(page: Page) -> None:
    """Write to the moderators."""
    page.fill("[name=text]", "Why does my message wait?")
    presses(page, "form[action*='/letters'] button")


def opens_the_first(page: Page) -> None:
    """Open the first of a list."""
    presses(page, ".case > a")


def virtual_device(page: Page) -> None:
    """Give the browser a device that makes passkeys and is unlocked at once."""
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def adds_a_passkey(passphrase: str) -> Callable[[Page], None]:
    """Add the device of this browser."""

    def act(page: Page) -> None:
        virtual_device(page)
        page.fill("[name=passphrase]", passphrase)
        presses(page, "form[data-passkey] button")

    return act


def goes_to_remove_it(page: Page) -> None:
    """To the page that asks for the words before a passkey is removed."""
    presses(page, "main a[href*='/remove']")


def puts_away_the_first(page: Page) -> None:
    """Do not show me this person's messages."""
    topic = page.url
    page.goto((page.locator(".message a[href*='/flag']").first.get_attribute("href") or "").replace("/flag", "/more"))
    if page.locator("form[action*='/mute'] button").count():
        presses(page, "form[action*='/mute'] button")
    page.goto(topic)
    unveils(page)


def begins(topic: str) -> Callable[[Page], None]:
    """Begin an answer, and look at the list of drafts."""

    def act(page: Page) -> None:
        listing = page.url
        page.goto(topic)
        page.fill("[name=text]", "I wanted to say")
        presses(page, "button[formaction*='/draft']")
        page.goto(listing)

    return act


def sends_no_words(page: Page) -> None:
    """Choose a picture and say nothing."""
    picture = {"name": "IMG_0001.png", "mimeType": "image/png", "buffer": drawing()}
    page.set_input_files("[name=image]", [picture])  # type: ignore[list-item]
    presses(page, "form[enctype='multipart/form-data'] button")


def shows_the_card(passphrase: str) -> Callable[[Page], None]:
    """Ask for a new recovery code."""

    def act(page: Page) -> None:
        page.fill("[name=passphrase]", passphrase)
        presses(page, "form[action*='/recovery-code'] button")

    return act


def writes_after_the_session_ended(page: Page) -> None:
    """The cookie goes between opening the form and sending it; it comes back afterwards."""
    cookies = page.context.cookies()
    page.fill("[name=text]", "The green one, from the school")
    page.context.clear_cookies()
    presses(page, "form[action*='/messages'] button")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # what was given comes back


def claims(page: Page) -> None:
    """Keep the case, and give it back so that the other language finds it as it was."""
    presses(page, "form[action*='/claim'] button")


def decides_and_looks(page: Page) -> None:
    """Remove the first case that is open; its decision can still be undone."""
    page.check("[name=reason] >> nth=0")
    presses(page, "form[action*='/remove'] button")


def undoes(page: Page) -> None:
    """Take the decision back."""
    presses(page, "form[action*='/undo'] button")


# Where the stops are -----------------------------------------------------------------------------------


def hrefs(page: Page, path: str, selector: str) -> list[str]:
    """The links of a page, without language."""
    page.goto(path)
    return page.eval_on_selector_all(selector, "all => all.map(one => one.getAttribute('href'))")


def types_a_wrong_code(page: Page) -> None:
    """Sixteen signs that nobody was given."""
    page.fill("[name=code]", "AAAA-BBBB-CCCC-DDDD")
    presses(page, "main form button")


def guest_stops(page: Page, staff_link: str) -> Iterator[Stop]:
    """What anybody can open."""
    topics = hrefs(page, "/s/questions", ".topic a")
    yield Stop("home", "/")
    yield Stop("spaces", "/spaces")
    for space in hrefs(page, "/spaces", ".space h2 > a"):
        yield Stop("space", space)
    yield Stop("rules of a space", "/s/questions", unveils)
    for topic in topics[:2]:
        yield Stop("topic", topic)
    yield Stop("topic, in the middle", f"{topics[0]}?page=3")
    yield Stop("topic, at its end", f"{topics[0]}?page=99")
    yield Stop("message", hrefs(page, topics[0], ".message header a")[0])
    yield Stop("join", "/join")
    yield Stop("join a space", "/join?space=questions")
    yield Stop("join, wrongly", "/join", sends_nothing, 422)
    yield Stop("sign_in", "/sign-in")
    yield Stop("sign in, wrongly", "/sign-in", sends_nothing, 422)
    yield Stop("recover", "/recover")
    yield Stop("recover, wrongly", "/recover", sends_nothing, 422)
    yield Stop("staff_link", staff_link)
    yield Stop("help_near_you", "/help-near-you")
    yield Stop("help, chosen", "/help-near-you?area=Lakeview+City&language=uk")
    yield Stop("scam_alerts", "/scam-alerts")
    yield Stop("announcements", "/s/questions/announcements")
    yield Stop("policy", "/policies/guidelines")
    yield Stop("privacy", "/policies/privacy")
    yield Stop("incidents", "/policies/incidents")
    yield Stop("transparency", "/transparency")
    yield Stop("case_code", "/appeal")
    yield Stop("a code that opens nothing", "/appeal", types_a_wrong_code, 409)
    yield Stop("nothing here", "/nowhere", status=404)
    yield Stop("wrong method", "/me/card", status=405)
    yield Stop("neutral", "/weather")
    yield Stop("leave_page", "/leave")
    yield Stop("left", "/left")


def member_stops(page: Page, account: Account) -> Iterator[Stop]:
    """What a member can open."""
    topics = hrefs(page, "/s/questions", ".topic a")
    page.goto(topics[1])
    page.fill("[name=text]", "We saw the same at the school")
    presses(page, "form[action*='/messages'] button")
    own = page.locator(".message a[href*='/withdraw']").last.get_attribute("href") or ""
    others = page.locator(".message a[href*='/flag']").first.get_attribute("href") or ""
    elsewhere = hrefs(page, "/spaces", ".space h2 > a")
    yield Stop("spaces", "/spaces")
    for decision in hrefs(page, "/me", "a[href*='/appeal/']")[:1]:
        yield Stop("decision", decision)
    yield Stop("space", "/s/questions")
    yield Stop("topic", topics[0])
    yield Stop("topic with an own message", f"{topics[1]}?done=posted")
    yield Stop("an answer to somebody", others.replace("/flag", "?reply=1"))
    yield Stop("nothing written", topics[1], sends_nothing, 422)
    yield Stop("new_topic", "/s/questions/new")
    yield Stop("new topic, wrongly", "/s/questions/new", sends_nothing, 422)
    yield Stop("picture_form", f"{topics[1]}/picture")
    yield Stop("a picture for words typed before", topics[1], adds_a_picture("The pump is behind the school"))
    yield Stop("picture form, wrongly", f"{topics[1]}/picture", sends_no_words, 422)
    yield Stop("flag_message", others)
    yield Stop("flag, wrongly", others, sends_nothing, 422)
    yield Stop("edit_message", own.replace("/withdraw", "/edit"))
    yield Stop("edit, wrongly", own.replace("/withdraw", "/edit"), sends_nothing, 422)
    yield Stop("withdraw_message", own)
    for space in elsewhere:
        if space.removeprefix("/s/") not in account.spaces:
            yield Stop("join_space", f"{space}/join")
            break
    yield Stop("held", topics[1], writes("Call me on +1 202 555 0147, my sister is there too"))
    yield Stop("search", "/search")
    yield Stop("what was found", "/search?q=the")
    yield Stop("nothing found", "/search?q=qqqqqq")
    yield Stop("search, too long", "/search?q=" + "word " * 50, status=422)
    yield Stop("more", others.replace("/flag", "/more"))
    yield Stop("a quotation", others.replace("/flag", "?reply=1&quote=1"))
    yield Stop("kept_messages", "/me/kept", keeps(others))
    yield Stop("drafts", "/me/drafts", begins(topics[1]))
    yield Stop("letters", "/s/questions/letters", asks_the_team)
    yield Stop("an empty letter", "/s/questions/letters", sends_nothing, 422)
    yield Stop("choices", "/s/questions/choices")
    yield Stop("first_new", f"{topics[1]}/first-new")
    yield Stop("calendar", "/me/calendar")
    yield Stop("me", "/me")
    yield Stop("passkeys", "/me/passkeys")
    yield Stop("passkeys, with one", "/me/passkeys", adds_a_passkey(account.passphrase))
    yield Stop("remove_passkey", "/me/passkeys", goes_to_remove_it)
    yield Stop("a topic with a fold", topics[1], puts_away_the_first)
    yield Stop("choices with a list", "/s/questions/choices")
    yield Stop("new_recovery_code", "/me/recovery-code")
    yield Stop("new card, wrongly", "/me/recovery-code", sends_nothing, 422)
    yield Stop("card", "/me/recovery-code", shows_the_card(account.passphrase))
    yield Stop("own_data", "/me/data")
    yield Stop("leave_for_good", "/me/leave")
    yield Stop("leave for good, wrongly", "/me/leave", sends_nothing, 422)
    yield Stop("session ended while writing", topics[0], writes_after_the_session_ended, 403)
    yield Stop("not for members", "/review", status=404)


def sends_nothing_at_all(page: Page) -> None:
    """Press the button of an empty form."""
    presses(page, "main form[method=post] button")


def looks_first(page: Page) -> None:
    """Write an announcement and ask how it will look."""
    page.fill("[name=title_en]", "Water on Monday")
    page.fill("[name=text_en]", "There is none from eight to twelve.")
    presses(page, "main button[value=preview]")


def types_no_number(page: Page) -> None:
    """Fill in a telephone number that is none."""
    page.fill("[name=telephones]", "call me")
    presses(page, "main form[method=post] button")


def sender_stops(page: Page) -> Iterator[Stop]:
    """What somebody who speaks for an organisation can open."""
    items = hrefs(page, "/s/questions/announcements", ".topic a")
    own = next(item for item in items if hrefs(page, item, "a[href*='/correct']"))
    alert = hrefs(page, "/scam-alerts", ".announcement h2 > a")[-2]
    yield Stop("space", "/s/questions")
    yield Stop("announcements", "/s/questions/announcements")
    for item in items:
        yield Stop("announcement", item)
    yield Stop("new_announcement", "/s/questions/announcements/new", unveils_parts)
    yield Stop("announcement, wrongly", "/s/questions/announcements/new", sends_nothing_at_all, 422)
    yield Stop("announcement, looked at", "/s/questions/announcements/new", looks_first)
    yield Stop("correct_announcement", f"{own}/correct")
    yield Stop("withdraw_announcement", f"{own}/withdraw")
    yield Stop("scam_alerts", "/scam-alerts")
    yield Stop("new_scam_alert", "/scam-alerts/new")
    yield Stop("correct_scam_alert", f"/scam-alerts/{alert.rpartition('/')[2]}/correct")
    yield Stop("me", "/me")


def unveils_parts(page: Page) -> None:
    """Open every language of a form."""
    folded = page.locator("details:not([open]) > summary:visible")
    while folded.count():
        folded.first.click()


def steward_stops(page: Page) -> Iterator[Stop]:
    """What somebody who runs the place can open."""
    yield Stop("me", "/me")
    yield Stop("steward", "/steward")
    yield Stop("senders", "/steward/senders")
    yield Stop("ready", "/steward/ready")
    yield Stop("ready_line", "/steward/ready/assessment")
    yield Stop("a line, wrongly", "/steward/ready/disk", confirms_in_no_role, 422)
    yield Stop("a line that the server looks at", "/steward/ready/channel")
    yield Stop("protection", "/steward/protection")
    yield Stop("protection, wrongly", "/steward/protection", adds_nobody_trained, 422)
    yield Stop("senders, wrongly", "/steward/senders", adds_nobody, 422)
    yield Stop("new_steward_announcement", "/steward/announcements/new")
    yield Stop("start_space", "/steward/spaces/new")
    yield Stop("beginning, wrongly", "/steward/spaces/new", begins_a_space, 422)
    yield Stop("steward_space", "/steward/spaces/questions")
    yield Stop("holds", "/steward/spaces/questions/holds")
    yield Stop("holds, wrongly", "/steward/spaces/questions/holds", holds_nothing, 422)
    yield Stop("steward's space that is not open", "/steward/spaces/new-arrivals")


def confirms_in_no_role(page: Page) -> None:
    """Send the form of a line without a role."""
    presses(page, "form[action^='/steward/ready']:has(#role) button")


def holds_nothing(page: Page) -> None:
    """Ask for a hold without a word."""
    presses(page, "form:has([name=office]) button")


def adds_nobody_trained(page: Page) -> None:
    """Send the form for somebody trained without a name."""
    presses(page, "form[action^='/steward/protection']:has(select) button")


def adds_nobody(page: Page) -> None:
    """Send the form for a verified sender without a name."""
    presses(page, "form[action^='/steward/senders']:has(select) button")


def protection_stops(page: Page) -> Iterator[Stop]:
    """What somebody who keeps the help contacts right can open."""
    entry = hrefs(page, "/help-near-you/manage", ".entry")[0]
    yield Stop("manage_help", "/help-near-you/manage")
    yield Stop("new_help_contact", "/help-near-you/manage/new", unveils_parts)
    yield Stop("help contact, wrongly", "/help-near-you/manage/new", types_no_number, 422)
    yield Stop("edit_help_contact", entry)
    yield Stop("remove_help_contact", f"{entry}/remove")


def answers_nothing(page: Page) -> None:
    """Keep a decision without telling its author why."""
    presses(page, "main form [data-weight=quiet]")


def moderator_stops(page: Page) -> Iterator[Stop]:
    """What a moderator can open."""
    cases = hrefs(page, "/review", "[data-case]")
    yield Stop("conduct", "/review/conduct")
    yield Stop("review", "/review")
    yield Stop("part of the queue", "/review?show=flagged")
    yield Stop("keys", "/review", unveils)
    yield Stop("desk_choices", "/review/choices")
    for proposal in hrefs(page, "/review", "a[href*='/proposals/']")[:1]:
        yield Stop("proposal", proposal)
    yield Stop("appeals", "/review/appeals")
    for appeal in hrefs(page, "/review/appeals", "main .queue a")[:1]:
        yield Stop("second_look", appeal)
        yield Stop("an answer without words", appeal, answers_nothing, 422)
    yield Stop("team_letters", "/letters")
    yield Stop("conversation", "/letters", opens_the_first)
    yield Stop("author_letter", f"{cases[0]}/letter")
    for case in cases:
        yield Stop("case", case, unveils)
    yield Stop("removal without a reason", cases[-1], removes_without_a_reason, 422)
    yield Stop("case that is mine", cases[-1], claims)
    yield Stop("case that is decided", cases[-1], decides_and_looks)
    yield Stop("case that is open again", cases[-1], undoes)
    yield Stop("me", "/me")


def makes_cards(page: Page) -> None:
    """Print four cards."""
    page.fill("[name=count]", "4")
    presses(page, "form:has([name=count]) button")


def makes_a_link(page: Page) -> None:
    """A link for one more moderator."""
    page.check("input[name=role] >> nth=0")
    presses(page, "form:has(input[name=role]) button")


def begins_a_space(page: Page) -> None:
    """Press the button with an address that cannot be."""
    page.fill("[name=slug]", "Not An Address")
    presses(page, "main form button")


def host_stops(page: Page) -> Iterator[Stop]:
    """What a host can open."""
    changes = hrefs(page, "/s/questions/host", "a[href*='/changes/']")
    yield Stop("space of a host", "/s/questions", unveils)
    yield Stop("host", "/s/questions/host", unveils)
    yield Stop("host of a space that is not open", "/s/new-arrivals/host")
    yield Stop("space that is not open", "/s/new-arrivals")
    yield Stop("host of an archived space", "/s/winter-clothes/host")
    for change in changes[:3]:
        yield Stop("change", change)
    yield Stop("host_words", "/s/questions/host/words/en")
    yield Stop("words in another direction", "/s/questions/host/words/ar")
    yield Stop("words, wrongly", "/s/questions/host/words/so", sends_nothing, 422)
    yield Stop("host_safety", "/s/questions/host/safety")
    yield Stop("host_lifetime", "/s/questions/host/lifetime")
    yield Stop("host_hours", "/s/questions/host/hours")
    yield Stop("hours, wrongly", "/s/questions/host/hours", sends_nothing_at_the_end, 422)
    yield Stop("host_people", "/s/questions/host/people")
    yield Stop("link", "/s/questions/host/people", makes_a_link)
    yield Stop("cards", "/s/questions/host/invitations", makes_cards)
    yield Stop("host_invitations", "/s/questions/host/invitations")
    yield Stop("host_archive", "/s/questions/host/archive")
    yield Stop("host_export", "/s/questions/host/export")
    yield Stop("former_rules", "/s/questions/former-rules")


def sends_nothing_at_the_end(page: Page) -> None:
    """Send the last form of the page with its boxes empty."""
    presses(page, "main form:has(select) button")


def fresh_staff_stops() -> Iterator[Stop]:
    """What somebody sees who has just joined the team."""
    yield Stop("second_factor", "/me/second-factor")
    yield Stop("second factor, wrongly", "/me/second-factor", sends_nothing, 422)
    yield Stop("me", "/me")
