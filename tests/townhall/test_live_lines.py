"""Lines that break, stall or go another way: nothing is missed, nothing comes twice, nobody waits for another."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from server.clockwork import Due
from server.crypto import keyring
from server.crypto.tokens import new_session_token, token_hash
from server.database import Database
from server.migrations import history
from server.places import CHECKOUT
from server.settings import Settings
from server.spaces.models import Access, Joining
from server.spaces.queries import Duty, SpaceWords
from server.spaces.rules import open_space
from server.townhall.halls import rules
from server.townhall.halls.models import Hall, Seat
from server.townhall.halls.rules import NewHall
from server.townhall.halls.states import HallState, Risk
from server.townhall.live.frames import Frame
from server.townhall.live.pipes import MOST_HELD, Inbox
from server.townhall.live.watching import Watch
from tests.people import Community
from tests.townhall.listening import Ear, Picture
from tests.townhall.scene import HallScene
from tests.townhall.test_live_sockets import public_question


@pytest.fixture
def scene(community: Community) -> HallScene:
    made = HallScene(community)
    made.opens()
    return made


def test_after_an_outage_nothing_is_missed_and_nothing_comes_twice(scene: HallScene, community: Community) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    first = public_question(scene, amina, "First?")
    with Ear(community, yara.browser, scene.code) as hers:
        hers.is_told_everything()
        public_question(scene, amina, "Second?")
        hers.hears_of("Second?")
    scene.community.clock.goes_on(minutes=1)
    third = public_question(scene, amina, "Third, while nobody hears?")
    yara.posts(f"questions/{first}/endorse")
    with Ear(community, yara.browser, scene.code, picture=hers.picture) as back:
        back.hears_of("Third, while nobody hears?")
        fourth = public_question(scene, amina, "Fourth?")
        back.hears_of("Fourth?")
    numbers = [number for channel, number in back.picture.numbers if channel == "pub"]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)) and len(numbers) == 4
    assert {str(third), str(fourth)} <= set(back.picture.questions)
    assert back.picture.stands == Picture().asks_since(yara.browser, scene.code).stands


def test_a_stop_empties_every_page_and_no_line_gives_it_back(scene: HallScene, community: Community) -> None:
    amina, yara = scene.attendee(), scene.attendee()
    with Ear(community, yara.browser, scene.code) as hers:
        hers.is_told_everything()
        public_question(scene, amina, "Where do they hide?")
        hers.hears_of("Where do they hide?")
        known = json.dumps(hers.picture.at)
        with scene.writing() as tx:
            rules.stop(tx, scene.hall, scene.as_moderator(tx))
        hers.shows(lambda picture: picture.state == "stopped" and not picture.questions)
    for since in ("", "pub:0,me:0", ",".join(f"{c}:{n}" for c, n in json.loads(known).items())):
        for epoch in (0, 1, 2):
            for way in ("since", "events"):
                answer = yara.browser.get(f"/h/{scene.code}/{way}?epoch={epoch}&since={since}")
                assert "Where do they hide?" not in answer.text
    with Ear(community, yara.browser, scene.code, picture=hers.picture) as back:
        back.shows(lambda picture: picture.state == "stopped")
    assert not back.picture.questions


def test_somebody_who_is_ahead_of_the_log_sees_everything_anew(scene: HallScene) -> None:
    amina = scene.attendee()
    public_question(scene, amina)
    answer = amina.browser.get(f"/h/{scene.code}/since?epoch=1&since=pub:999999,me:-1,mod:1,x:y,fac:0,pub:7777777")
    assert [frame["op"] for frame in answer.json()["frames"]] == ["snapshot", "snapshot"]
    assert {frame["ch"] for frame in answer.json()["frames"]} == {"me", "pub"}


def test_a_reader_who_takes_nothing_holds_little_and_sees_everything_anew() -> None:
    async def run() -> None:
        inbox = Inbox()
        taken = sum(inbox.write(Frame({"op": "batch", "x": "y" * 1000})) for _ in range(500))
        assert taken == MOST_HELD and not inbox.is_free
        assert len(await inbox.fetch()) == MOST_HELD and inbox.is_free
        inbox.write(Frame({"op": "batch", "secret": "words"}))
        inbox.close(4401)
        assert await inbox.fetch() == [] and inbox.code == 4401

    asyncio.run(run())


def test_a_hall_that_nobody_watches_pauses_and_never_stops(scene: HallScene, community: Community) -> None:
    watch: Due = Watch(community.services.db, community.services.policies.halls).run
    watch(community.clock.now())
    assert scene.hall.state == HallState.OPEN
    community.clock.goes_on(minutes=2)
    scene.bo.gets(f"/h/{scene.code}/console")
    scene.bo.gets(f"/h/{scene.code}")
    community.clock.goes_on(minutes=2)
    watch(community.clock.now())
    assert scene.hall.state == HallState.OPEN
    community.clock.goes_on(minutes=4)
    watch(community.clock.now())
    assert scene.hall.state == HallState.PAUSED and scene.hall.paused_alone
    community.clock.goes_on(hours=4)
    watch(community.clock.now())
    assert scene.hall.state == HallState.PAUSED
    assert scene.attendee().asks("Is somebody there?").status_code == 303


def test_a_question_that_waits_too_long_pauses_the_hall(scene: HallScene, community: Community) -> None:
    watch: Due = Watch(community.services.db, community.services.policies.halls).run
    scene.attendee().asks("Is somebody there?")
    for _ in range(11):
        community.clock.goes_on(minutes=1)
        with scene.writing() as tx:
            rules.watched(tx, scene.hall, community.clock.now())
        watch(community.clock.now())
    assert scene.hall.state == HallState.PAUSED


# The real server --------------------------------------------------------------------------------------------


def prepared(folder: Path) -> tuple[str, str]:
    """A data directory with an open hall and one seat."""
    settings = Settings(data_dir=folder)
    keyring.create(settings.keys_dir)
    db = Database(settings.database)
    history.upgrade(db)
    now = datetime.now(UTC)
    with db.transaction() as tx:
        space = open_space(
            tx, slug="questions", access=Access.OPEN, joining=Joining.OPEN, host="Bridge", languages=["en"],
            timezone="UTC", words=[SpaceWords("en", "Q", "About", "")], duty=[Duty("en", "18:00", "20:00")],
        )  # fmt: skip
        new = NewHall(["en"], "en", {"en": "Water"}, {}, Risk.ORDINARY, rehearsal=False, timezone="UTC")
        hall = rules.begin(tx, space, new)
        tx.run(update(Hall).where(col(Hall.id) == hall.id).values(state=HallState.OPEN, watched_at=now))
        token = new_session_token()
        seat = Seat(
            hall_id=hall.id,
            name="Heron",
            token_hash=token_hash(token),
            language="en",
            expires_at=now + timedelta(hours=1),
        )
        tx.run(insert(Seat), [seat.model_dump(exclude={"id"})])
    db.close()
    return hall.code, token


def opened(port: int, code: str, token: str, origin: str) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), 10)
    head = (
        f"GET /h/{code}/live HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        f"Cookie: seat={token}\r\n\r\n"
    )
    line.sendall(head.encode())
    return line


def said(text: bytes) -> bytes:
    size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + text


def read_until(line: socket.socket, words: bytes) -> bytes:
    found = b""
    line.settimeout(10)
    while words not in found:
        piece = line.recv(65536)
        if not piece:
            return found
        found += piece
    return found


def test_the_server_writes_finished_frames_and_no_address_into_its_log(tmp_path: Path) -> None:
    code, token = prepared(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    with log.open("wb") as errors, ExitStack() as lines:
        server = subprocess.Popen(
            [sys.executable, "-m", "server.bench.targets", "house", str(port), str(tmp_path)],
            stdout=subprocess.PIPE, stderr=errors, cwd=CHECKOUT,
        )  # fmt: skip
        try:
            assert server.stdout is not None and server.stdout.readline() == b"ready\n"
            line = lines.enter_context(opened(port, code, token, "http://localhost"))
            assert b"101 Switching" in read_until(line, b"\r\n\r\n")
            line.sendall(said(b'{"op":"hello","p":1}'))
            assert b'"ch":"pub"' in read_until(line, b'"questions":[]}}')
            ask = {"op": "cmd", "id": "11111111-1111-4111-8111-111111111111", "do": "q.ask", "d": {"text": "Where?"}}
            line.sendall(said(json.dumps(ask).encode()))
            read_until(line, b"A moderator will read it first.")
            wrong = lines.enter_context(opened(port, code, token, "https://elsewhere.example"))
            assert b" 403 " in read_until(wrong, b"\r\n\r\n")
            large = lines.enter_context(opened(port, code, token, "http://localhost"))
            read_until(large, b"\r\n\r\n")
            large.sendall(b"\x81\xfe" + (9000).to_bytes(2, "big") + bytes(4) + b"x" * 9000)
            assert b"\x03\xf1" in read_until(large, b"\x03\xf1")  # 1009: too large
            broken = lines.enter_context(opened(port, code, token, "http://localhost"))
            read_until(broken, b"\r\n\r\n")
            broken.sendall(said(b"{"))
            assert (4400).to_bytes(2, "big") in read_until(broken, (4400).to_bytes(2, "big"))
            line.sendall(said(b'{"op":"beat"}'))
            began = time.monotonic()
            server.terminate()
            assert b'"bye"' in read_until(line, b'"bye"') and server.wait(15) is not None
            assert time.monotonic() - began < 8
        finally:
            server.kill()
            server.communicate(timeout=10)
    text = log.read_text("utf-8")
    assert "127.0.0.1" not in text and code not in text and token not in text and "Where?" not in text, text
