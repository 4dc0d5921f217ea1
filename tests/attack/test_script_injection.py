"""Nothing that a person types becomes markup of ours: not in a message, not beside a form, not in an address."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, urlsplit

import bleach
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col

from server.accounts.models import Membership
from server.forum.models import Message
from server.web.text import rendered
from tests.attack.vectors import SCHEMES, VECTORS
from tests.people import PASSPHRASE, Community, Person, last_message
from tests.roads import without_limits

TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "code", "pre", "a", "bdi", "span", "hr"}
ATTRIBUTES = {"a": {"href", "rel"}, "span": {"class", "dir"}}
PAGE_TAGS = TAGS | set(
    "html head meta title link script body header form button nav svg circle path main h1 h2 h3 section article aside"
    " details summary div small q label input textarea select option fieldset legend footer kbd output time noscript"
    .split()
)  # fmt: skip
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
REL = {"nofollow", "ugc", "noopener", "noreferrer"}


class Parts(HTMLParser):
    """A document as a list of what stands in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.shape: list[object] = []
        self.comments: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.shape.append((tag, sorted((n, v or "") for n, v in attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.shape.append(("/", tag))

    def handle_data(self, data: str) -> None:
        if self.shape and isinstance(self.shape[-1], str):
            data = str(self.shape.pop()) + data
        self.shape.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def harm_in_text(html: str) -> Iterable[str]:
    """What must not be in the HTML of a message."""
    parts = Parts(html)
    if parts.comments:
        yield f"a comment {parts.comments}"
    for tag, attributes in parts.elements:
        if tag not in TAGS:
            yield f"<{tag}>"
        for name, value in attributes.items():
            if name not in ATTRIBUTES.get(tag, set()):
                yield f"{name}={value!r} on <{tag}>"
        if tag == "a":  # one without an address is no link: the sanitiser took out what no browser could follow
            if "href" in attributes and urlsplit(attributes.get("href", "")).scheme.lower() not in ("http", "https"):
                yield f"a link to {attributes.get('href')!r}"
            if set(attributes.get("rel", "").split()) != REL:
                yield f"a link with rel={attributes.get('rel')!r}"
        if tag == "span" and attributes != {"class": "domain", "dir": "ltr"}:
            yield f"a span {attributes}"


def host_as_browsers_read_it(href: str) -> str:
    """What stands between the slashes and the first of /, ?, # or a backslash, behind the last @."""
    rest = re.sub(r"^[a-zA-Z]+:[/\\]*", "", href)
    return re.split(r"[/\\?#]", rest)[0].rpartition("@")[2]


def domains_that_lie(html: str) -> Iterable[str]:
    """Links whose shown domain is not where they lead."""
    links = re.findall(r'<a (?:href="([^"]*)" )?rel[^>]*>', html)
    shown = re.findall(r'</a> <span class="domain" dir="ltr">\(([^<]*)\)</span>', html)
    if len(links) != len(shown):
        yield f"{len(links)} links, {len(shown)} domains"
    for href, domain in zip(links, shown, strict=False):
        if not href:
            continue
        host = host_as_browsers_read_it(href.replace("&amp;", "&")).lower()
        name = host if host.startswith("[") else re.sub(r":\d*$", "", host)
        name = name.strip("[]")
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            continue
        if name != domain:
            yield f"{href} shows {domain}, leads to {name}"


def unchanged_by_bleach(html: str) -> bool:
    """A second sanitiser, of another make, finds nothing to take out."""
    html = CONTROLS.sub("?", html)  # bleach does so itself, and means no harm by it
    cleaned = bleach.clean(
        html,
        tags=TAGS,
        attributes={tag: list(names) for tag, names in ATTRIBUTES.items()},
        protocols={"http", "https"},
        strip=True,
        strip_comments=True,
    )
    return Parts(cleaned).shape == Parts(html).shape


def test_there_are_enough_vectors_and_each_is_there_once():
    assert len(VECTORS) >= 200
    assert len(set(VECTORS)) == len(VECTORS)
    assert sum(len(vector) <= 150 for vector in VECTORS) >= len(VECTORS) - 4


def test_the_lookouts_see_harm():
    """So that a clean bill of health means something."""
    for html in (
        "<script>x</script>",
        "<p onclick=x>",
        "<p style=x>",
        "<!-- x -->",
        '<a href="javascript:x" rel="nofollow ugc noopener noreferrer">',
        '<a href="https://x">',
        "<span class=masthead>",
        "<svg>",
    ):
        assert list(harm_in_text(html)), html
    assert list(
        domains_that_lie(
            '<a href="https://evil.example" rel="">x</a> <span class="domain" dir="ltr">(unhcr.org)</span>'
        )
    )
    assert list(domains_that_lie('<a href="https://evil.example" rel="">x</a>'))
    assert not unchanged_by_bleach("<p>a<img src=x></p>")
    assert not unchanged_by_bleach('<a href="javascript:x">x</a>')


@pytest.mark.parametrize("vector", VECTORS)
def test_a_vector_stays_words(vector):
    for written in (
        vector,
        f"before {vector} after",
        f"**{vector}**",
        f"> {vector}",
        f"- {vector}",
        f"{vector}\n{vector}",
    ):
        html = str(rendered(written))
        assert list(harm_in_text(html)) == []
        assert list(domains_that_lie(html)) == []
        assert unchanged_by_bleach(html)


MARKUP = st.sampled_from(
    [
        *"<>/\"'`=&;:#![](){}*_\\- \n\t",
        "script",
        "img",
        "svg",
        "onerror=",
        "href=",
        "javascript:",
        "https://a.b",
        "alert(1)",
        "&lt;",
        "&#x3c;",
        "<!--",
        "-->",
        "]]>",
        "\u202e",
        "\u200b",
        "data:",
        "style",
        "math",
        "/leave",
        "@",
        "www.a.b",
    ]
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.lists(MARKUP | st.text(max_size=3), max_size=40).map("".join))
def test_no_jumble_of_markup_becomes_markup(written):
    html = str(rendered(written))
    assert list(harm_in_text(html)) == []
    assert list(domains_that_lie(html)) == []
    assert unchanged_by_bleach(html)


# Through the pages ---------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


class Pages:
    """What the pages of this house are made of when nobody attacks: every page is held against it."""

    def __init__(self, community: Community) -> None:
        self.scripts = {
            community.services.shelf.address(name) for name in ("leave.js", "queue.js", "draft.js", "passkey.js")
        }

    def harm(self, html: str) -> Iterable[str]:
        """What must not be on a page."""
        parts = Parts(html)
        if parts.comments:
            yield f"a comment {parts.comments}"
        for tag, attributes in parts.elements:
            if tag not in PAGE_TAGS:
                yield f"<{tag}>"
            for name, value in attributes.items():
                if name.startswith("on") or name in ("style", "srcdoc", "xlink:href", "http-equiv"):
                    yield f"{name}={value!r} on <{tag}>"
                if name in ("href", "src", "action", "formaction") and not self._leads_well(tag, value):
                    yield f"{name}={value!r} on <{tag}>"
            if tag == "script" and attributes.get("src") not in self.scripts:
                yield f"a script {attributes}"

    @staticmethod
    def _leads_well(tag: str, value: str) -> bool:
        if tag == "a" and value.startswith(("http://", "https://")):
            return True
        return value.startswith(("/", "#")) and not value.startswith(("//", "/\\"))


def problems(pages: Pages, html: str, where: str) -> list[str]:
    return [f"{where}: {harm}" for harm in pages.harm(html)]


def titled(pages: Pages, amina: Person, chadi: Person, vector: str) -> list[str]:
    """The vector as the title of a topic, in an edit, and in a note beside a flag."""
    opened = amina.sends("/s/questions/new", title=vector, text=vector)
    wrong = problems(pages, opened.text, f"title {vector!r}")
    if opened.status_code != 303:
        return wrong
    message = last_message(amina.community)
    edited = amina.sends(f"/messages/{message}/edit", title=vector, text=f"{vector} again", version="1")
    flagged = chadi.sends(f"/messages/{message}/flag", reason="other", note=vector)
    form = amina.gets(f"/messages/{message}/edit")
    visitor = amina.community.visitor()
    topic = visitor.gets(visitor.gets(opened.headers["location"]).headers["location"])
    for where, answer in {"edit": edited, "note": flagged, "edit page": form, "topic": topic}.items():
        wrong += problems(pages, answer.text, f"{where} of {vector!r}")
    return wrong


def test_a_vector_in_a_message_a_title_an_edit_and_a_note_stays_words(community):
    """Read by the author, by another member, by a visitor and by a moderator."""
    pages = Pages(community)
    amina, chadi, bo = community.member("amina"), community.member("chadi"), community.moderator("bo")
    wrong: list[str] = []
    for start in range(0, len(VECTORS), 19):
        some = VECTORS[start : start + 19]
        topic = amina.opens_topic(f"A topic {start}", "Words")
        for vector in some[::3]:
            posted = amina.posts(topic, f"{vector}")
            assert posted.status_code in (303, 422), vector
            wrong += problems(pages, posted.text, f"refusal of {vector!r}")
        for vector in some:
            wrong += titled(pages, amina, chadi, vector)
        for person in (amina, chadi, community.visitor()):
            for path in (topic, "/s/questions"):
                wrong += problems(pages, person.gets(path).text, path)
    for number in range(1, 40):
        found = dict.fromkeys(re.findall(r'href="(/review/[0-9a-f-]{36})"', bo.gets(f"/review?page={number}").text))
        for case in found:
            wrong += problems(pages, bo.gets(case).text, case)
        if not found:
            break
    assert number > 5
    assert wrong == [], "\n".join(wrong[:20])
    with community.services.db.reading() as tx:
        stored = list(tx.session.execute(select(col(Message.html))).scalars())
    assert len(stored) > len(VECTORS)
    for html in stored:
        assert list(harm_in_text(html)) == [], html
        assert unchanged_by_bleach(html), html


def test_a_vector_as_a_name_stays_words(community):
    """Names are checked when they are taken; whatever got into the table all the same must be escaped too."""
    pages = Pages(community)
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Water", "Where is it?")
    amina.posts(topic, "you idiot")
    first = last_message(community)
    case = bo.opens_the_queue()[0]
    wrong: list[str] = []
    for number, vector in enumerate(VECTORS):
        fields = {"login": f"new{number}", "passphrase": PASSPHRASE, "pseudonym": vector, "space": "questions"}
        joined = community.visitor().sends("/join", **fields)
        wrong += problems(pages, joined.text, f"joining as {vector!r}")
        with community.services.db.transaction() as tx:
            tx.session.execute(update(Membership).where(col(Membership.id) == 1).values(pseudonym=vector))
        community.services.fragments.clear()
        community.services.remembered.forget_all()
        for person, path in ((community.visitor(), topic), (amina, "/me"), (bo, case)):
            wrong += problems(pages, person.gets(path).text, f"{path} of {vector!r}")
        if number % 10 == 0:
            wrong += problems(pages, bo.gets(f"/messages/{first}/flag").text, vector)
            wrong += problems(pages, amina.gets(f"{topic}?reply={first}").text, vector)
    assert wrong == [], "\n".join(wrong[:20])


def test_a_vector_in_any_reflected_field_stays_words(community):
    pages = Pages(community)
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is it?")
    wrong: list[str] = []
    for vector in VECTORS[::2]:
        visitor = community.visitor()
        fields = dict.fromkeys(
            ("login", "passphrase", "pseudonym", "invite", "space", "next", "target", "code", "recovery_code", "text",
             "title", "kept_text", "kept_title", "note", "language", "reply_to", "version", "onward", "shared_phone"),
            vector,
        )  # fmt: skip
        foreign = {"sec-fetch-site": "cross-site"}
        for where, answer in {
            "joining": visitor.sends("/join", **fields),
            "signing in": visitor.sends("/sign-in", **fields),
            "resuming": visitor.sends("/sign-in", **{**fields, "target": "/topics/x/messages"}),
            "recovering": visitor.sends("/recover", **fields),
            "not signed in": visitor.sends(f"{topic}/messages", **fields),
            "another site": visitor.browser.post("/join", data=fields, headers=foreign),
            "a field of this name": visitor.browser.post("/join", data={vector: vector}, headers=foreign),
            "nothing there": amina.sends("/topics/x/messages", **fields),
            "a new topic": amina.sends("/s/questions/new", **{**fields, "title": ""}),
            "a message": amina.sends(f"{topic}/messages", **{**fields, "text": ""}),
        }.items():
            assert answer.status_code < 500, (where, vector)
            wrong += problems(pages, answer.text, f"{where} {vector!r}")
    assert wrong == [], "\n".join(wrong[:20])


def test_a_vector_in_an_address_stays_words(community):
    pages = Pages(community)
    amina = community.member("amina")
    wrong: list[str] = []
    for number, vector in enumerate(VECTORS):
        asked = quote(vector, safe="")
        query = "&".join(
            f"{name}={asked}" for name in ("next", "space", "invite", "lang", "page", "reply", "done", "q", asked)
        )
        for person in (community.visitor(),) if number % 4 else (community.visitor(), amina):
            some = ("/sign-in", "/join", "/s/questions")[number % 3]
            for path in (f"{some}?{query}", f"/s/{asked}?{query}"):
                answer = person.gets(path)
                assert answer.status_code in (200, 303, 404), path
                wrong += problems(pages, answer.text, f"{path[:20]} {vector!r}")
                place = answer.headers.get("location", "/")
                assert place.startswith("/") and not place.startswith(("//", "/\\")), (path, place)
                assert "\n" not in place and "\r" not in place
    assert wrong == [], "\n".join(wrong[:20])


def test_a_message_is_never_a_way_to_leave_or_sign_out():
    """A link into this site could end the session of whoever presses it."""
    for address in (*SCHEMES[-3:], "/sign-out", "leave", "./leave", "../leave", "http:/leave", "https:leave"):
        html = str(rendered(f"[look]({address})"))
        for href in re.findall(r'href="([^"]*)"', html):
            assert urlsplit(href).netloc, address
