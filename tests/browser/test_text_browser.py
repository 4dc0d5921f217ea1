"""Every page in w3m, a browser that knows no style and no script."""

import html
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest

from tests.browser.houses import Account, Demo
from tests.browser.surfing import in_language
from tests.conftest import missing

pytestmark = pytest.mark.browser
LEAST_CHARACTERS = 150
WAYS_ON = {"en": ("Leave quickly", "Spaces", "Guidelines"), "ar": ("اخرج بسرعة", "المساحات", "قواعد المجتمع")}


@dataclass
class TextReader:
    """Somebody at w3m, signed in or not."""

    demo: Demo
    cookie: str = ""

    def dumps(self, path: str) -> str:
        """The page as w3m prints it."""
        more = ["-header", f"Cookie: session={self.cookie}"] if self.cookie else []
        command = ["w3m", "-dump", "-cols", "80", "-I", "UTF-8", "-O", "UTF-8", *more, self.demo.address + path]
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
        return done.stdout.decode("utf-8")

    def source(self, path: str) -> str:
        """The page as it is sent."""
        more = {"Cookie": f"session={self.cookie}"} if self.cookie else {}
        with build_opener().open(Request(self.demo.address + path, headers=more)) as answer:
            return answer.read().decode("utf-8")

    def finds(self, path: str, pattern: str) -> str:
        """The first address of this kind on a page."""
        found = re.search(f'href="({pattern})', self.source(path))
        assert found is not None, f"no {pattern} on {path}"
        return found.group(1)


def signs_in(demo: Demo, account: Account) -> TextReader:
    """With a plain form, as w3m sends it: no header says where it comes from."""
    jar = CookieJar()
    browser: OpenerDirector = build_opener(HTTPCookieProcessor(jar))
    with browser.open(f"{demo.address}/sign-in") as page:
        token = re.search(r'name="form_token" value="([^"]+)"', page.read().decode("utf-8"))
    assert token is not None
    fields = {"login": account.login, "passphrase": account.passphrase, "code": account.code}
    body = urlencode({**fields, "form_token": token.group(1)}).encode()
    with browser.open(f"{demo.address}/sign-in", body) as answer:
        assert answer.url == f"{demo.address}/spaces"
    if account.role == "moderator":
        with browser.open(f"{demo.address}/review/conduct") as page:
            token = re.search(r'name="form_token" value="([^"]+)"', page.read().decode("utf-8"))
        assert token is not None
        browser.open(f"{demo.address}/review/conduct", urlencode({"form_token": token.group(1)}).encode()).close()
    return TextReader(demo, next(str(cookie.value) for cookie in jar))


@pytest.fixture(scope="module")
def readers(demo: Demo) -> dict[str, TextReader]:
    """A visitor, a member, and somebody who looks after a space."""
    if shutil.which("w3m") is None:
        missing("w3m")
    return {
        "visitor": TextReader(demo),
        "amina": signs_in(demo, demo.account("member")),
        "salma": signs_in(demo, [one for one in demo.accounts if one.role == "moderator"][1]),
    }


def pages(readers: dict[str, TextReader]) -> Iterator[tuple[str, str]]:
    """Who opens what."""
    visitor, amina, salma = readers.values()
    topic = visitor.finds("/s/questions", "/topics/[0-9a-f-]+")
    others = amina.finds(f"{topic}?page=2", "/messages/[0-9a-f-]+/flag")
    guests = ("/", "/spaces", "/s/questions", topic, f"{topic}?page=2", "/join", "/sign-in", "/recover")
    yield from (("visitor", path) for path in (*guests, "/policies/guidelines", "/policies/privacy"))
    members = ("/spaces", topic, "/s/questions/new", "/me", "/me/recovery-code", others)
    yield from (("amina", path) for path in members)
    yield from (("salma", path) for path in ("/review", salma.finds("/review", "/review/[0-9a-f-]{36}")))


def plain(text: str) -> str:
    """Words alone, however lines are broken."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", text)))


@pytest.mark.parametrize("language", WAYS_ON)
def test_every_page_reads_well_in_a_text_browser(readers: dict[str, TextReader], language: str) -> None:
    seen = 0
    for who, plain_path in pages(readers):
        path = in_language(plain_path, language)
        source, shown = readers[who].source(path), readers[who].dumps(path)
        main = re.search(r"<main.*?</main>", source, re.DOTALL)
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", source, re.DOTALL)
        assert main is not None and heading is not None
        words = plain(shown)
        assert plain(heading.group(1)) in words, (who, path)
        for way_on in WAYS_ON[language]:
            assert plain(way_on) in words, (who, path, way_on)
        for paragraph in re.findall(r"<(?:p|label|li|legend|summary)\b[^>]*>([^<]{8,})</", main.group()):
            assert plain(paragraph) in words, (who, path, paragraph)
        assert len(shown) > LEAST_CHARACTERS, (who, path)
        assert shown.index(WAYS_ON[language][0]) < 200, "the way out stands first"
        seen += 1
    assert seen >= 18


def test_a_member_posts_with_a_plain_form(readers: dict[str, TextReader]) -> None:
    amina = readers["amina"]
    topic = amina.finds("/s/questions", "/topics/[0-9a-f-]+")
    page = amina.source(topic)
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    body = urlencode({"form_token": token.group(1), "text": "Read and written without any picture"}).encode()
    request = Request(f"{amina.demo.address}{topic}/messages", body, {"Cookie": f"session={amina.cookie}"})
    with build_opener().open(request) as answer:
        address = answer.url
    assert "Read and written without any picture" in amina.dumps(address.removeprefix(amina.demo.address))


@dataclass
class TextForm:
    """Somebody who fills in forms in w3m: what it shows is what is read at an old telephone."""

    demo: Demo
    home: Path
    language: str
    source: str = ""

    def opens(self, path: str) -> str:
        """A page, as it is shown."""
        return self._shows(in_language(path, self.language))

    def sends(self, step: str, **fields: str) -> str:
        """The form of the page that is open, by one of its buttons; w3m follows where the answer leads."""
        assert f'value="{step}"' in self.source, "the page has such a button"
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.source)
        form = self.home / "form"
        form.write_text(urlencode({**{name: html.unescape(value) for name, value in hidden}, **fields, "step": step}))
        return self._shows("/help", "-post", str(form))

    def _shows(self, path: str, *more: str) -> str:
        self.source = self._w3m("-cookie", *more, "-dump_source", self.demo.address + path)
        page = self.home / "page.html"
        page.write_text(self.source, "utf-8")
        return self._w3m("-T", "text/html", "-dump", str(page))

    def _w3m(self, *words: str) -> str:
        command = ["w3m", "-I", "UTF-8", "-O", "UTF-8", "-cols", "80", *words]
        environment = {**os.environ, "HOME": str(self.home)}
        return subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment).stdout.decode()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "He wants me to come alone."), ("fa", "می\u200cخواهد تنها بیایم.")]
)
def test_the_door_is_walked_through_in_a_text_browser(demo: Demo, tmp_path: Path, language: str, words: str) -> None:
    if shutil.which("w3m") is None:
        missing("w3m")
    door = TextForm(demo, tmp_path, language)
    assert len(door.opens("/help")) > LEAST_CHARACTERS
    door.sends("tell")
    door.sends("write", topic="sea")
    summary = door.sends("check", text=words, who="self", exclude="nobody")
    assert plain(words) in plain(summary)
    number = re.search(r"\d{4}(-\d{4}){4}", door.sends("send", release="yes"))
    assert number is not None
    door.opens("/help")
    door.sends("number")
    conversation = door.sends("return", receipt=number.group())
    assert 'value="add"' in door.source
    assert plain(words) not in plain(conversation), "what was told is never shown again"
