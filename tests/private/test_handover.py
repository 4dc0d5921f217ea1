"""Between community and private room: nothing is read, nobody learns the other's cookies, nothing is left hanging."""

import asyncio
import ipaddress
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.handover import Patience
from server.private.sessions import Side
from server.web.doorway import ROOM_COOKIES
from tests.private.passages import Answered, Community, FakeRoom, asked, listening, whole_door

Scene = Callable[[], Awaitable[None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the room listens."""
    return tmp_path / "room"


def test_the_rooms_addresses_go_to_the_room_and_all_others_to_the_community(path: Path) -> None:
    async def scene() -> None:
        room, community = FakeRoom(), Community()
        door = whole_door(path, community=community)
        async with listening(room, path):
            for address in ("/help", "/desk", "/desk/", "/desk/sign-in", "/help?lang=ar", "/desk/%D9%8A?a=b&c"):
                assert (await asked(door, address)).body == b"hello"
                assert room.heard[-1].startswith(b"GET " + address.encode() + b" HTTP/1.1\r\n")
            for address in ("/", "/help-near-you", "/help/", "/helpdesk", "/desks", "/s/help", "//help", "/Help"):
                assert (await asked(door, address)).status == 204
        assert len(room.heard) == 6
        assert len(community.scopes) == 8

    asyncio.run(scene())


def test_the_room_learns_only_what_is_on_the_short_list(path: Path) -> None:
    async def scene() -> None:
        room = FakeRoom()
        async with listening(room, path):
            await asked(
                whole_door(path),
                "/help",
                headers=[
                    ("User-Agent", "a rare telephone"),
                    ("Accept-Language", "ti, ar;q=0.5"),
                    ("Accept-Encoding", "gzip, br"),
                    ("Referer", "https://talk.example/s/questions"),
                    ("X-Forwarded-For", "198.51.100.9"),
                    ("Forwarded", "for=198.51.100.9"),
                    ("X-Real-IP", "198.51.100.9"),
                    ("X-Room-Scheme", "https"),
                    ("X-Room-Bucket", "another"),
                    ("Sec-Fetch-Site", "same-origin"),
                    ("Sec-Fetch-Dest", "document"),
                    ("Sec-CH-UA-Model", "rare"),
                    ("If-None-Match", "x"),
                    ("Authorization", "Basic x"),
                    ("Origin", "https://talk.example"),
                ],
            )
        lines = room.head.split("\r\n")[1:]
        names = [line.partition(":")[0] for line in lines]
        assert sorted(names) == sorted(
            "host accept-language sec-fetch-site sec-fetch-dest origin x-room-scheme x-room-bucket connection".split()
        )
        assert "x-room-scheme: http" in lines
        assert "another" not in room.head
        bucket = next(line for line in lines if line.startswith("x-room-bucket: "))
        assert len(bucket.partition(": ")[2]) == 24
        assert "192.0.2" not in room.head

    asyncio.run(scene())


@pytest.mark.parametrize(("trusted", "scheme"), [((ipaddress.ip_network("192.0.2.0/24"),), "https"), ((), "http")])
def test_only_a_trusted_proxy_is_believed_that_the_way_was_tls(path: Path, trusted: object, scheme: str) -> None:
    async def scene() -> None:
        room = FakeRoom()
        async with listening(room, path):
            await asked(whole_door(path, trusted=trusted), "/help", headers=[("X-Forwarded-Proto", "https")])
        assert f"x-room-scheme: {scheme}\r\n" in room.head

    asyncio.run(scene())


def test_the_room_does_not_see_the_communitys_cookies_nor_others(path: Path) -> None:
    async def scene() -> None:
        room = FakeRoom()
        async with listening(room, path):
            cookies = "session=S1; room=R; __Host-session=S2; __Host-desk=D; other=O; roomy=Y; __Host-room=H;desk=E"
            await asked(whole_door(path), "/help", headers=[("Cookie", cookies), ("Cookie", "session=S3")])
            assert "cookie: room=r; __host-desk=d; __host-room=h;desk=e\r\n" in room.head
            assert all(other not in room.head for other in ("s1", "s2", "s3", "other", "roomy"))
            await asked(whole_door(path), "/help", headers=[("Cookie", "session=S1")])
            assert "cookie" not in room.head

    asyncio.run(scene())


def test_the_community_does_not_see_the_rooms_cookies() -> None:
    async def scene() -> None:
        community = Community()
        door = whole_door(None, community=community)
        for cookies in ("session=S; room=R; x=desk", "__Host-room=R;__Host-desk=D", "desk=D; room=R", "a=b"):
            await asked(door, "/", headers=[("Cookie", cookies)])
        seen = [[value for name, value in scope["headers"] if name == b"cookie"] for scope in community.scopes]
        assert seen == [[b"session=S; x=desk"], [], [], [b"a=b"]]

    asyncio.run(scene())


def test_both_sides_mean_the_same_cookies() -> None:
    assert {name for side in Side for name in (side.value, f"__Host-{side.value}")} == ROOM_COOKIES


def test_the_room_can_set_no_cookie_but_its_own(path: Path) -> None:
    async def scene() -> None:
        answer = (
            b"HTTP/1.1 303 See Other\r\nlocation: /help\r\nset-cookie: room=a; Path=/\r\nset-cookie: session=x\r\n"
            b"connection: close\r\nserver: room\r\ncache-control: no-store\r\ncontent-length: 0\r\n\r\n"
        )
        async with listening(FakeRoom(answer=answer), path):
            answered = await asked(
                whole_door(path), "/help", method="POST", body=[b"x"], headers=[("content-length", "1")]
            )
        assert answered.status == 303
        assert dict(answered.headers) == {
            b"location": b"/help",
            b"set-cookie": b"room=a; Path=/",
            b"cache-control": b"no-store",
            b"content-length": b"0",
        }

    asyncio.run(scene())


def test_a_body_goes_through_as_it_came(path: Path) -> None:
    body = [b"a" * 70_000, b"", b"\0\r\n--", b"b" * 3]
    length = str(sum(map(len, body)))

    async def scene() -> None:
        room = FakeRoom()
        async with listening(room, path):
            headers = [("content-length", length), ("content-type", "multipart/form-data; boundary=x")]
            await asked(whole_door(path), "/help", method="POST", body=body, headers=headers)
            assert room.heard[-1].partition(b"\r\n\r\n")[2] == b"".join(body)
            assert "content-type: multipart/form-data; boundary=x\r\n" in room.head
            await asked(whole_door(path), "/help", method="POST", body=[b"no length", b" given"])
            assert room.heard[-1].partition(b"\r\n\r\n")[2] == b"9\r\nno length\r\n6\r\n given\r\n0\r\n\r\n"

    asyncio.run(scene())


def test_a_large_body_is_never_held(path: Path) -> None:
    """Twenty megabytes, to a room that reads them at its leisure."""
    piece, count = bytes(65_536), 320

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = len(piece) * count
        while left:
            left -= len(await reader.read(100_000))
            await asyncio.sleep(0)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def scene() -> int:
        async with listening(slow, path):
            headers = [("content-length", str(len(piece) * count))]
            tracemalloc.start()
            answered = await asked(whole_door(path), "/help", method="POST", body=[piece] * count, headers=headers)
            assert answered.status == 200
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return peak

    assert asyncio.run(scene()) < 2_000_000


def test_a_large_answer_is_passed_on_while_it_comes(path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n" + b"x" * 3_000_000

    async def scene() -> Answered:
        async with listening(FakeRoom(answer=answer), path):
            return await asked(whole_door(path), "/desk/file")

    assert len(asyncio.run(scene()).body) == 3_000_000


def test_a_browser_that_hangs_up_is_a_cut_request_for_the_room(path: Path) -> None:
    async def scene() -> None:
        room = FakeRoom()
        async with listening(room, path):
            headers = [("content-length", "1000")]
            door = whole_door(path, patience=Patience())
            request = asked(door, "/help", method="POST", body=[b"x" * 10], headers=headers, hangs_up=True)
            answered = await asyncio.wait_for(request, 0.5)  # at once, not when patience ends
            await asyncio.sleep(0.05)
        assert answered.status == 0
        assert room.cut == 1

    asyncio.run(scene())


def test_without_a_room_there_is_a_calm_page(path: Path) -> None:
    async def scene() -> None:
        gone = await asked(whole_door(path), "/help")
        never = await asked(whole_door(None), "/desk/sign-in", method="POST", body=[b"x"])
        assert gone == never
        assert (gone.status, gone.body) == (503, b"not here just now")

    asyncio.run(scene())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nhalf a page",
        b"HTTP/1.1 200 OK\r\nconte",
        b"\0\xff nonsense\r\n\r\n",
    ],
)
def test_a_room_that_dies_in_the_middle_shows_no_half_page(path: Path, answer: bytes) -> None:
    async def scene() -> Answered:
        async with listening(FakeRoom(answer=answer), path):
            return await asked(whole_door(path), "/help", method="POST", body=[b"x"], headers=[("content-length", "1")])

    answered = asyncio.run(scene())
    assert (answered.status, answered.body) == (503, b"not here just now")


def test_a_look_at_a_page_is_tried_again_and_an_act_is_not(path: Path) -> None:
    async def scene() -> None:
        async with listening(FakeRoom(dies_after=1), path):
            assert (await asked(whole_door(path), "/help")).body == b"hello"
        async with listening(FakeRoom(dies_after=2), path):
            assert (await asked(whole_door(path), "/help")).status == 503
        async with listening(FakeRoom(dies_after=1), path):
            act = await asked(whole_door(path), "/help", method="POST", body=[b"x"], headers=[("content-length", "1")])
            assert act.status == 503

    asyncio.run(scene())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_room_that_says_nothing_is_not_waited_for_long(path: Path, method: str) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def scene() -> Answered:
        async with listening(silent, path):
            door = whole_door(path, patience=Patience(connect=1, page=0.5, act=0.5, body=0.5))
            return await asyncio.wait_for(
                asked(door, "/help", method=method, body=[b"x"] if method == "POST" else []), timeout=5
            )

    assert asyncio.run(scene()).status == 503


def test_sockets_to_the_room_are_closed(path: Path) -> None:
    async def scene() -> None:
        room = FakeRoom()
        async with listening(room, path):
            answered = await asked(whole_door(path), "/desk/live", kind="websocket")
        assert b"websocket.close" in answered.body
        assert room.heard == []

    asyncio.run(scene())


def test_a_header_that_no_browser_sends_breaks_nothing(path: Path) -> None:
    async def scene() -> Answered:
        async with listening(FakeRoom(), path):
            return await asked(whole_door(path), "/help", headers=[("Accept-Language", "a\r\nx-room-scheme: https")])

    assert asyncio.run(scene()).status == 503
