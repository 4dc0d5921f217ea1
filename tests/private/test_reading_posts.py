"""What is sent to the private room is read in memory, however it comes, and no text in it is lost."""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from server import places, policies
from server.policies import PrivateLimits
from server.private.body import Cut, Intake, Sent, TooLarge, TooMuch, TooSlow
from server.web.body import Unreadable
from tests.private.rooms import BOUNDARY, MULTIPART, Ticking, multipart

LIMITS = policies.load(places.shipped("policies")).private
SMALL = replace(LIMITS, text_bytes=4_000, file_bytes=20_000, files=2, post_bytes=40_000, uploads_at_once=2)
FORM = {"content-type": "application/x-www-form-urlencoded"}
FIELDS = [("text", "ينتظر عند الباب"), ("desk", "sea"), ("empty", "")]


class Coming:
    """A body that comes in pieces, and then ends, stops or waits for ever."""

    def __init__(self, pieces: Sequence[bytes], *, stops: bool = False, pauses: float = 0, hangs: bool = False) -> None:
        self._pieces = list(pieces)
        self._stops, self._pauses, self._hangs = stops, pauses, hangs

    async def __call__(self) -> Message:
        """The next message of the server."""
        await asyncio.sleep(self._pauses)
        if self._pieces:
            more = len(self._pieces) > 1 or self._stops or self._hangs
            return {"type": "http.request", "body": self._pieces.pop(0), "more_body": more}
        if self._hangs:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}


def asking(coming: Callable[[], Awaitable[Message]], headers: dict[str, str], length: int | None = None) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    if length is not None:
        raw.append((b"content-length", str(length).encode()))
    return Request({"type": "http", "method": "POST", "headers": raw}, coming)


def taken(
    body: bytes, headers: dict[str, str], *, limits: PrivateLimits = SMALL, files: str = "files", step: int = 1 << 16
) -> tuple[Sequence[tuple[str, str]], list[tuple[str, bytes]]]:
    """The fields and files of a body that came whole."""
    pieces = [body[start : start + step] for start in range(0, len(body), step)] or [b""]

    async def read() -> tuple[Sequence[tuple[str, str]], list[tuple[str, bytes]]]:
        async with Intake(limits).form(asking(Coming(pieces), headers, len(body)), files=files) as sent:
            return sent.pairs, [(file.name, bytes(file.content)) for file in sent.files]

    return asyncio.run(read())


def test_fields_and_files_come_as_they_were_sent() -> None:
    body = multipart(FIELDS, [("files", "a.pdf", b"%PDF\r\n--\r\n\0"), ("files", "", b""), ("files", "ب.png", b"png")])
    for step in (1, 7, 1 << 16):
        pairs, files = taken(body, dict(MULTIPART), step=step)
        assert pairs == FIELDS
        assert files == [("a.pdf", b"%PDF\r\n--\r\n\0"), ("ب.png", b"png")]


def test_a_form_without_files_may_come_either_way() -> None:
    assert taken(multipart(FIELDS), dict(MULTIPART)) == (FIELDS, [])
    assert taken(b"text=a+b&text=%D9%8A&odd=%ff%00", FORM) == (
        [("text", "a b"), ("text", "ي"), ("odd", "\ufffd\0")],
        [],
    )
    assert taken(b"", {}) == ((), [])
    assert taken(multipart([]), dict(MULTIPART)) == ([], [])


def test_what_is_too_large_comes_back_without_its_files() -> None:
    big = b"x" * 30_000
    for files, what in [
        ([("files", "big", big)], TooMuch.FILE),
        ([("files", str(n), b"x") for n in range(3)], TooMuch.FILES),
        ([("files", "1", b"x" * 19_000), ("files", "2", b"x" * 19_900)], TooMuch.POST),
    ]:
        after = [("after", "words after the file")]
        body = multipart(FIELDS, files)[: -len(f"--{BOUNDARY}--\r\n")] + multipart(after)
        if what is TooMuch.POST:
            body = body.replace(b"words after the file", b"words after the file" * 100)
        with pytest.raises(TooLarge) as raised:
            taken(body, dict(MULTIPART))
        assert raised.value.what is what
        assert raised.value.pairs[:3] == FIELDS
        assert raised.value.pairs[3][1].startswith("words after the file")


def test_a_post_is_not_read_for_ever() -> None:
    body = multipart(FIELDS, [("files", "endless", b"x" * 400_000)])
    with pytest.raises(TooLarge) as raised:
        taken(body, dict(MULTIPART))
    assert raised.value.pairs == FIELDS


@pytest.mark.parametrize("headers", [FORM, dict(MULTIPART)])
def test_text_beyond_all_measure_is_too_large(headers: dict[str, str]) -> None:
    body = b"text=" + b"x" * 5_000 if headers is FORM else multipart([("text", "x" * 5_000)])
    with pytest.raises(TooLarge):
        taken(body, headers)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{}", {"content-type": "application/json"}),
        (b"", {"content-type": "application/json"}),
        (b"text=a", {}),
        (multipart(FIELDS), {"content-type": "multipart/form-data"}),
        (multipart(FIELDS), {"content-type": 'multipart/form-data; boundary=""'}),
        (multipart(FIELDS), {"content-type": "multipart/form-data; boundary=" + "b" * 300}),
        (multipart(FIELDS), {"content-type": "multipart/form-data; boundary=another"}),
        (multipart(FIELDS, [("text", "a.txt", b"words")]), MULTIPART),
        (multipart(FIELDS, [("files", "", b"words")]), MULTIPART),
        (multipart([(str(n), "") for n in range(61)]), MULTIPART),
        (b"&".join(b"a=b" for _ in range(61)), FORM),
        (multipart(FIELDS).replace(b"form-data", b"attachment"), MULTIPART),
        (multipart(FIELDS).replace(b'name="text"', b"nameless"), MULTIPART),
        (b"", MULTIPART),
    ],
)
def test_what_is_no_form_of_ours_is_refused(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        taken(body, dict(headers))


def test_where_no_file_is_welcome_none_is_taken() -> None:
    with pytest.raises(Unreadable):
        taken(multipart(FIELDS, [("files", "a.pdf", b"x")]), dict(MULTIPART), files="")


def test_a_body_cut_at_any_place_is_never_taken_for_a_whole_one() -> None:
    body = multipart(FIELDS[:2], [("files", "a.pdf", b"evidence")])
    last = len(body) - len("--\r\n")
    for at in range(len(body)):

        async def read(cut: int = at) -> Sent:
            async with Intake(SMALL).form(
                asking(Coming([body[:cut]], stops=True), dict(MULTIPART)), files="files"
            ) as s:
                return s

        with pytest.raises(Cut):
            asyncio.run(read())
        if at <= last:
            with pytest.raises(Unreadable):
                taken(body[:at], dict(MULTIPART))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([FORM, dict(MULTIPART)]), st.integers(1, 50))
def test_no_bytes_break_the_reader(noise: bytes, headers: dict[str, str], step: int) -> None:
    with suppress(Unreadable, TooLarge):
        taken(noise, headers, step=step)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_changed_byte_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(multipart(FIELDS, [("files", "a.pdf", b"evidence")]))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    with suppress(Unreadable, TooLarge):
        taken(bytes(body), dict(MULTIPART), step=data.draw(st.integers(1, 60)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.text(st.characters(codec="ascii", exclude_characters='"\\\r\n\0'), min_size=1), st.text())),
    st.lists(st.binary(max_size=200), max_size=2),
    st.integers(1, 80),
)
def test_whatever_a_browser_writes_is_read_as_it_was(
    fields: list[tuple[str, str]], contents: list[bytes], step: int
) -> None:
    files = [("files", f"{number}.bin", content) for number, content in enumerate(contents)]
    fields = [(name, value) for name, value in fields if BOUNDARY not in value]
    pairs, found = taken(multipart(fields, files), dict(MULTIPART), step=step)
    assert list(pairs) == fields
    assert found == [(name, content) for _, name, content in files]


def test_a_body_that_comes_too_slowly_is_given_up_with_its_text() -> None:
    limits = replace(SMALL, slow_seconds=1, least_bytes_per_second=5_000)
    body = multipart(FIELDS, [("files", "a", b"x" * 100)])

    async def read() -> None:
        async with Intake(limits).form(asking(Coming([body[:-20]], hangs=True), dict(MULTIPART)), files="files"):
            pass

    with pytest.raises(TooSlow) as raised:
        asyncio.run(read())
    assert raised.value.pairs == FIELDS


def test_a_slow_body_that_is_fast_enough_arrives() -> None:
    limits = replace(SMALL, slow_seconds=1, least_bytes_per_second=20)
    body = multipart(FIELDS, [("files", "a", b"x" * 100)])
    pieces = [body[start : start + 40] for start in range(0, len(body), 40)]

    async def read() -> Sequence[tuple[str, str]]:
        async with Intake(limits).form(asking(Coming(pieces, pauses=0.1), dict(MULTIPART)), files="files") as sent:
            return sent.pairs

    assert asyncio.run(read()) == FIELDS


@pytest.mark.parametrize("kind", [FORM, dict(MULTIPART)], ids=["urlencoded", "multipart"])
def test_a_text_that_drips_in_just_fast_enough_is_given_up_in_the_end_with_its_words(kind: dict[str, str]) -> None:
    """Whoever sends fifty bytes a second would hold a place for hours."""
    limits = replace(SMALL, slow_seconds=60, least_bytes_per_second=1, text_seconds=600, text_bytes=1_000_000)
    clock = Ticking()
    body = (
        b"text=first&more=" + b"x" * 90_000 if kind is FORM else multipart([("text", "first"), ("more", "x" * 90_000)])
    )

    class Dripping(Coming):
        async def __call__(self) -> Message:
            clock.goes_on(seconds=1)
            return await super().__call__()

    async def read() -> None:
        pieces = [body[start : start + 100] for start in range(0, len(body), 100)]
        async with Intake(limits, seconds=clock).form(asking(Dripping(pieces), kind)):
            pass

    with pytest.raises(TooSlow) as raised:
        asyncio.run(read())
    assert raised.value.pairs[0] == ("text", "first")
    assert clock.at - 1000 == 600


def test_few_large_posts_are_held_at_once_and_text_does_not_wait() -> None:
    body = multipart(FIELDS, [("files", "a", b"x" * 100)])

    async def scene() -> list[str]:
        intake, told, go_on = Intake(SMALL), list[str](), asyncio.Event()

        async def large(name: str) -> None:
            async with intake.form(asking(Coming([body]), dict(MULTIPART)), files="files"):
                told.append(name)
                await go_on.wait()

        holders = [asyncio.create_task(large(f"file {number}")) for number in range(3)]
        await asyncio.sleep(0.05)
        async with intake.form(asking(Coming([b"text=a"]), FORM, 6)) as sent:
            told.append(sent.pairs[0][0])
        go_on.set()
        await asyncio.gather(*holders)
        return told

    assert asyncio.run(scene()) == ["file 0", "file 1", "text", "file 2"]


def test_a_network_that_sends_many_files_waits_behind_its_own() -> None:
    body = multipart(FIELDS, [("files", "a", b"x" * 100)])

    async def scene() -> list[str]:
        intake, told = Intake(SMALL), list[str]()

        async def large(whose: str) -> None:
            async with intake.form(asking(Coming([body]), dict(MULTIPART)), files="files", whose=whose):
                told.append(whose)
                await asyncio.sleep(0.01)

        await asyncio.gather(*(large(whose) for whose in (*["flood"] * 20, "a tent", "a clinic")))
        return told

    told = asyncio.run(scene())
    assert len(told) == 22
    assert max(told.index("a tent"), told.index("a clinic")) <= 5


def test_a_file_just_fast_enough_gives_its_place_in_the_end_to_those_who_wait_and_else_keeps_it() -> None:
    limits = replace(SMALL, uploads_at_once=1, slow_seconds=60, least_bytes_per_second=1, least_when_others_wait=1)
    body = multipart(FIELDS, [("files", "a", b"x" * 18_000)])
    pieces = [body[start : start + 10] for start in range(0, len(body), 10)]

    async def scene(*, others: bool) -> tuple[str, float]:
        clock = Ticking()
        intake, begun = Intake(limits, seconds=clock), asyncio.Event()

        class Dripping(Coming):
            async def __call__(self) -> Message:
                begun.set()
                clock.goes_on(seconds=1)
                return await super().__call__()

        async def slow() -> tuple[str, float]:
            try:
                async with intake.form(asking(Dripping(pieces), dict(MULTIPART)), files="files", whose="a"):
                    return "arrived", clock.at - 1000
            except TooSlow as error:
                return error.pairs[0][1], clock.at - 1000

        holder = asyncio.create_task(slow())
        await begun.wait()
        if others:
            async with intake.form(asking(Coming([body]), dict(MULTIPART)), files="files", whose="b"):
                pass
        return await holder

    assert asyncio.run(scene(others=True)) == (FIELDS[0][1], 900)
    assert asyncio.run(scene(others=False)) == ("arrived", len(pieces))


def test_a_slow_file_gives_its_place_to_those_who_wait() -> None:
    limits = replace(SMALL, uploads_at_once=1, slow_seconds=1, least_bytes_per_second=0, least_when_others_wait=90_000)
    body = multipart(FIELDS, [("files", "a", b"x" * 100)])

    async def scene() -> str:
        intake = Intake(limits)

        async def slow() -> str:
            try:
                async with intake.form(asking(Coming([body[:-20]], hangs=True), dict(MULTIPART)), files="files"):
                    return "arrived"
            except TooSlow:
                return "given up"

        holder = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        async with intake.form(asking(Coming([body]), dict(MULTIPART)), files="files"):
            return await holder

    assert asyncio.run(asyncio.wait_for(scene(), 10)) == "given up"


def test_what_files_held_is_overwritten_afterwards() -> None:
    body = multipart(FIELDS, [("files", "a", b"evidence" * 100)])

    async def read() -> list[bytearray]:
        async with Intake(SMALL).form(asking(Coming([body]), dict(MULTIPART)), files="files") as sent:
            return [file.content for file in sent.files]

    assert asyncio.run(read()) == [bytearray()]


def open_files() -> set[str]:
    """What this process has open."""
    folder = Path("/proc/self/fd")
    return {os.readlink(entry) for entry in folder.iterdir() if entry.exists()}


def test_no_file_ever_goes_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    body = multipart(FIELDS, [("files", "a", os.urandom(20_000_000))])
    pieces = [body[start : start + 65_536] for start in range(0, len(body), 65_536)]

    async def read() -> set[str]:
        before = open_files()
        async with Intake(LIMITS).form(asking(Coming(pieces), dict(MULTIPART)), files="files") as sent:
            assert len(sent.files[0].content) == 20_000_000
            return open_files() - before

    assert asyncio.run(read()) == set()
    assert list(tmp_path.iterdir()) == []
