"""What can go wrong with a file in a form: it is said in words, the text stays, and nothing touches the disk."""

import asyncio
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from server.darkroom import workshop
from server.darkroom.workshop import Workshop
from server.forum.models import Message
from server.pictures.models import Picture
from tests.attack.originals import MARK, phone_jpeg, photo, saved
from tests.people import Community, Person, drawing

CAP = 8 * 1024 * 1024
OURS = {"sec-fetch-site": "same-origin"}
TYPED = "The whole long story of the well"


@pytest.fixture
def amina(community: Community) -> Person:
    return community.member("amina")


@pytest.fixture
def topic(amina: Person) -> str:
    return amina.opens_topic("Water", "Where is the well?")


def kept(community: Community) -> tuple[int, int]:
    """Messages and pictures."""
    with community.services.db.reading() as tx:
        count = [tx.session.execute(select(func.count()).select_from(t)).scalar_one() for t in (Message, Picture)]
    return count[0], count[1]


def part(name: str, body: bytes, filename: str | None = None) -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    return f'--x\r\ncontent-disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + body + b"\r\n"


def form(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(parts) + end


WORDS = part("text", TYPED.encode()) + part("alt", b"The well") + part("people", b"nobody")


def posts(person: Person, topic: str, body: bytes) -> Any:
    kind = {"content-type": "multipart/form-data; boundary=x", **OURS}
    return person.browser.post(f"{topic}/messages", content=body, headers=kind)


def refused(answer: Any, sentence: str, status: int = 422) -> None:
    assert answer.status_code == status, answer.text
    assert sentence in answer.text
    assert f"{TYPED}</textarea>" in answer.text
    assert 'enctype="multipart/form-data"' in answer.text, "the page for a picture comes back, not the topic"


@pytest.mark.parametrize("body", [b"<html>", b"", b"\xff\xd8\xff\xe0", saved(photo(), "GIF")])
def test_what_is_no_picture_comes_back_with_the_text(
    community: Community, amina: Person, topic: str, body: bytes
) -> None:
    refused(amina.posts_a_picture(topic, TYPED, file=body), "could not be read as a picture")
    assert kept(community) == (1, 0)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"alt": ""}, "what the picture shows"),
        ({"alt": "x" * 301}, "301 characters"),
        ({"people": ""}, "Please choose one"),
        ({"people": "cats"}, "Please choose one"),
        ({"language": "<b>"}, "Please choose one"),
        ({"reply_to": "7"}, "could not be understood"),
    ],
)
def test_whatever_is_wrong_the_picture_must_be_chosen_again(
    community: Community, amina: Person, topic: str, more: dict[str, str], sentence: str
) -> None:
    answer = amina.posts_a_picture(topic, TYPED, **more)
    refused(answer, sentence)
    assert "Please choose the picture again" in answer.text
    assert kept(community) == (1, 0)


def test_a_picture_needs_words(community: Community, amina: Person, topic: str) -> None:
    answer = amina.posts_a_picture(topic, "  ")
    assert answer.status_code == 422
    assert "Please choose the picture again" in answer.text
    assert kept(community) == (1, 0)


def test_an_empty_file_field_means_no_picture(community: Community, amina: Person, topic: str) -> None:
    body = form(part("text", TYPED.encode()), part("alt", b""), part("image", b"", ""))
    assert posts(amina, topic, body).status_code == 303
    assert kept(community) == (2, 0)


def test_words_about_a_picture_without_one_are_asked_about(community: Community, amina: Person, topic: str) -> None:
    refused(posts(amina, topic, form(WORDS, part("image", b"", ""))), "No picture was chosen")
    assert kept(community) == (1, 0)


def test_the_name_of_a_file_is_not_a_file(community: Community, amina: Person, topic: str) -> None:
    answer = amina.posts(topic, TYPED, image="IMG_0001.jpg", alt="The well", people="nobody")
    refused(answer, "The picture did not arrive")
    assert kept(community) == (1, 0)


def test_two_files_are_one_too_many(community: Community, amina: Person, topic: str) -> None:
    file = part("image", drawing(), "a.png")
    refused(posts(amina, topic, form(WORDS, file, file)), "Only one picture")
    assert posts(amina, topic, form(WORDS, *[file] * 9)).status_code == 422
    assert kept(community) == (1, 0)


@pytest.mark.parametrize("name", ["text", "alt", "form_token", "other", ""])
def test_a_file_under_another_name_is_refused(community: Community, amina: Person, topic: str, name: str) -> None:
    body = form(WORDS, part(name, drawing(), "a.png"))
    assert posts(amina, topic, body).status_code == 422
    assert kept(community) == (1, 0)


@pytest.mark.parametrize("path", ["/s/questions/new", "/join", "{topic}/picture"])
def test_forms_without_a_picture_take_no_file(community: Community, amina: Person, topic: str, path: str) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x", **OURS}
    body = form(WORDS, part("title", b"A"), part("image", drawing(), "a.png"))
    answer = amina.browser.post(path.format(topic=topic), content=body, headers=kind)
    assert answer.status_code == 422
    assert "could not be read as a form" in answer.text
    large = form(part("text", b"x" * (community.services.policies.text.body_bytes + 1)))
    assert amina.browser.post(path.format(topic=topic), content=large, headers=kind).status_code == 413


def test_eight_megabytes_fit_and_not_more(community: Community, amina: Person, topic: str) -> None:
    assert community.services.policies.pictures.body_bytes == CAP
    file = drawing()
    fits = file + bytes(CAP - len(file) - len(TYPED) - len("The well") - len("nobody"))
    refused(posts(amina, topic, form(WORDS, part("image", fits + b"0", "a.png"))), "At most 8 MB", 413)
    assert posts(amina, topic, form(WORDS, part("image", fits, "a.png"))).status_code == 303
    assert kept(community) == (2, 1)
    after = form(part("image", bytes(CAP + 1), "a.png"), WORDS)
    refused(posts(amina, topic, after), "At most 8 MB", 413)
    assert posts(amina, topic, form(WORDS, part("image", bytes(4 * CAP), "a.png"))).status_code == 413
    assert posts(amina, topic, form(part("text", bytes(4 * 1024**2 + 1)), part("image", file, "a"))).status_code == 413


def test_a_session_that_ended_costs_no_word(community: Community, amina: Person, topic: str) -> None:
    answer = community.visitor().posts_a_picture(topic, TYPED, file=saved(photo(), "PNG") + bytes(5_000_000))
    assert answer.status_code == 403
    assert TYPED in answer.text


def test_an_upload_that_is_cut_off_is_told_and_not_kept(community: Community, amina: Person, topic: str) -> None:
    whole = form(WORDS, part("image", phone_jpeg(), "a.jpg"))
    for tenth in range(10):
        answer = posts(amina, topic, whole[: len(whole) * tenth // 10])
        assert answer.status_code == 422, tenth
    refused(posts(amina, topic, whole[:-8]), "did not arrive whole")
    assert kept(community) == (1, 0)
    assert posts(amina, topic, whole).status_code == 303


def test_a_browser_that_goes_away_leaves_nothing(community: Community, amina: Person, topic: str) -> None:
    whole = form(WORDS, part("image", phone_jpeg(), "a.jpg"))
    heard: list[dict[str, Any]] = []
    waiting = [
        {"type": "http.request", "body": whole[: len(whole) // 2], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        heard.append(message)

    session = f"session={amina.browser.cookies['session']}".encode()
    headers = [
        (b"content-type", b"multipart/form-data; boundary=x"),
        (b"cookie", session),
        (b"host", b"localhost:8000"),
        (b"sec-fetch-site", b"same-origin"),
    ]
    path = f"{topic}/messages"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": headers, "scheme": "http", "server": ("localhost", 8000), "client": ("127.0.0.1", 1)}
    scope |= {"http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}}
    asyncio.run(community.house.app(scope, receive, send))  # type: ignore[arg-type]
    assert heard[0]["status"] == 422
    assert kept(community) == (1, 0)


# The disk ------------------------------------------------------------------------------------------------


class Watch:
    """Hears of every file that Python opens to write, with a name or without, however short it is there."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._listening = False
        sys.addaudithook(self._heard)  # cannot be taken away again; outside of the block it is deaf

    def __enter__(self) -> "Watch":
        self._listening = True
        return self

    def __exit__(self, *problem: object) -> None:
        self._listening = False

    def _heard(self, what: str, about: tuple[Any, ...]) -> None:
        if not self._listening or what != "open" or isinstance(about[0], int):  # a number is a pipe that is open
            return
        if about[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.written.append(str(about[0]))


def test_no_file_ever_appears_on_the_disk(
    community: Community, amina: Person, topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with Watch() as watch:
        for size in (10, 2_000_000, 7_000_000):
            amina.posts_a_picture(topic, f"{TYPED} {size}", file=saved(photo(), "JPEG") + MARK * (size // len(MARK)))
        by_uploads = [path for path in watch.written if path != os.devnull]
        with tempfile.SpooledTemporaryFile(max_size=1) as control:
            control.write(b"12")
    assert kept(community) == (4, 3)
    assert by_uploads == []
    assert str(folder) in watch.written, "a file would have been heard"


# Many at once --------------------------------------------------------------------------------------------


def test_many_at_once_are_told_to_come_back(
    community: Community, amina: Person, topic: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The children wait for a file to appear: so they are all at work at the same time, and then all refuse."""
    go = tmp_path / "go"
    wait = f"import os, sys, time; sys.stdin.buffer.read()\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)"
    monkeypatch.setattr(workshop, "COMMAND", (sys.executable, "-I", "-S", "-c", wait))
    shop = Workshop(at_once=2, waiting=1)
    object.__setattr__(community.services, "darkroom", shop)
    answers: list[Any] = []
    senders = [
        threading.Thread(target=lambda n=n: answers.append(amina.posts_a_picture(topic, f"{TYPED} {n}")))
        for n in range(3)
    ]
    for sender in senders:
        sender.start()
    until = time.monotonic() + 30
    while shop._places._value and time.monotonic() < until:  # type: ignore[attr-defined]  # all places are taken
        time.sleep(0.01)
    try:
        late = amina.posts_a_picture(topic, TYPED)
        refused(late, "Many pictures are being made ready", 429)
        assert int(late.headers["retry-after"]) > 0
        assert amina.posts(topic, "Words go through meanwhile").status_code == 303
    finally:
        go.touch()
        for sender in senders:
            sender.join()
    assert [answer.status_code for answer in answers] == [422] * 3
    assert kept(community) == (2, 0)


def test_one_member_cannot_send_pictures_without_end(community: Community, amina: Person, topic: str) -> None:
    limit = int(community.services.policies.rates.picture_per_member.partition("/")[0])
    for _ in range(limit):
        community.services.limits.spend(community.services.policies.rates.picture_per_member, "picture", "1")
    answer = amina.posts_a_picture(topic, TYPED)
    refused(answer, "That was very quick", 429)
