"""People in a hall, for measuring: thousands of sockets in a process of their own, told what to do line by line."""

import asyncio
import contextlib
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from server.bench.load import post

AT_ONCE = 100
"""Connections that are being made at the same moment."""
PATIENCE = 60.0
TEXT = 0x81
UNMASKED = bytes(4)
"""A mask of noughts: allowed, and nothing has to be masked."""


class Attendee(asyncio.Protocol):
    """One socket."""

    __slots__ = ("acks", "crowd", "greeted", "held", "is_open", "transport")

    def __init__(self, crowd: "Crowd") -> None:
        self.crowd = crowd
        self.held = b""
        self.is_open = False
        self.greeted: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.acks: dict[str, Callable[[dict[str, Any]], None]] = {}
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """The line is there."""
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The line is gone."""
        if not self.greeted.done():
            self.greeted.set_exception(ConnectionError("closed"))

    def opens(self, code: str, cookie: str) -> None:
        """Ask for a socket."""
        lines = [
            f"GET /h/{code}/live HTTP/1.1",
            "Host: localhost",
            "Origin: http://localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
            f"Cookie: {cookie}",
        ]
        self.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def says(self, message: dict[str, Any]) -> None:
        """Send a message."""
        text = json.dumps(message).encode()
        size = bytes((0x80 | len(text),)) if len(text) < 126 else bytes((0xFE,)) + len(text).to_bytes(2, "big")
        self.transport.write(bytes((TEXT,)) + size + UNMASKED + text)

    def data_received(self, data: bytes) -> None:
        """Take what came apart into messages."""
        now = time.monotonic()
        data = self.held + data if self.held else data
        if not self.is_open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.held = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.transport.abort()
                return
            self.is_open = True
            self.says({"op": "hello", "p": 1})
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + size:
                break
            self._message(data[start : start + size], now)
            data = data[start + size :]
        self.held = data

    def _message(self, message: bytes, now: float) -> None:
        if message.startswith(b'{"op":"ack"'):
            ack = json.loads(message)
            self.acks.pop(ack["id"], lambda _: None)(ack)
            return
        self.crowd.frames += 1
        if self.crowd.needle in message:
            self.crowd.seen(self, now)
        if not self.greeted.done() and b'"ch":"pub"' in message:
            self.greeted.set_result(now)


class Crowd:
    """All of them, and what they are looking for just now."""

    def __init__(self, port: int, code: str, cookies: list[str], host: str) -> None:
        self.port, self.code, self.cookies, self.host = port, code, cookies, host
        self.people: list[Attendee] = []
        self.stalled: set[Attendee] = set()
        self.frames = 0
        self.needle = b"\0"
        self._times: dict[int, float] = {}
        self._wanted = 0
        self._all = asyncio.Event()

    def seen(self, who: Attendee, now: float) -> None:
        """Somebody has it."""
        self._times.setdefault(id(who), now)
        if len(self._times) >= self._wanted:
            self._all.set()

    async def _seen_by_all(self, needle: str, act: Callable[[], Awaitable[object]]) -> dict[str, Any]:
        """Do it, and measure from the moment before until each of those who read has it."""
        self._times, self._wanted = {}, len(self.people) - len(self.stalled)
        self._all.clear()
        self.needle = needle.encode()
        began = time.monotonic()
        await asyncio.wait_for(act(), PATIENCE)
        kept = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all.wait(), PATIENCE)
        times = sorted(at - began for at in self._times.values())
        return {
            "reached": len(times),
            "wanted": self._wanted,
            "acknowledged": kept - began,
            "p50": times[len(times) // 2],
            "p99": times[int(len(times) * 0.99) - 1],
            "last": times[-1],
        }

    async def come(self, count: int) -> dict[str, Any]:
        """So many more come in."""
        gate = asyncio.Semaphore(AT_ONCE)
        first = len(self.people)
        began = time.monotonic()
        new = await asyncio.gather(*(self._one(first + number, gate) for number in range(count)))
        self.people.extend(new)
        return {"seconds": time.monotonic() - began}

    async def _one(self, number: int, gate: asyncio.Semaphore) -> Attendee:
        async with gate:
            loop = asyncio.get_running_loop()
            _, attendee = await loop.create_connection(lambda: Attendee(self), "127.0.0.1", self.port)
            attendee.opens(self.code, self.cookies[number])
        await asyncio.wait_for(attendee.greeted, PATIENCE)
        return attendee

    async def come_back(self, count: int) -> dict[str, Any]:
        """So many lose the line at once, and come back at once."""
        lost, kept = self.people[:count], self.people[count:]
        for attendee in lost:
            attendee.transport.abort()
        await asyncio.sleep(0.5)
        gate = asyncio.Semaphore(AT_ONCE)
        began = time.monotonic()
        back = await asyncio.gather(*(self._one(number, gate) for number in range(count)))
        self.people = [*back, *kept]
        return {"seconds": time.monotonic() - began}

    async def ask(self, needle: str) -> dict[str, Any]:
        """One asks, and everybody reads it."""
        speaker = self.people[-1]
        fields = {"text": f"{needle} " + "When does the water come to our part of the camp? " * 6, "lang": "en"}
        return await self._seen_by_all(needle, lambda: self._does(speaker, "q.ask", fields))

    async def stop(self) -> dict[str, Any]:
        """The facilitator stops the hall."""
        return await self._seen_by_all('"st":"stopped"', self._stop)

    async def _stop(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(post(f"/h/{self.code}/stop", {}, f"Cookie: {self.host}", "Connection: close"))
        answer = await reader.read(15)
        assert b" 303" in answer, answer
        writer.close()

    def _does(self, who: Attendee, what: str, fields: dict[str, Any]) -> "asyncio.Future[dict[str, Any]]":
        done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        command = str(uuid4())
        who.acks[command] = lambda ack: None if done.done() else done.set_result(ack)
        who.says({"op": "cmd", "id": command, "do": what, "d": fields})
        return done

    async def burst(self, what: str, rate: int, seconds: int, questions: list[str]) -> dict[str, Any]:
        """So many commands a second from different people; how many were acknowledged, and how soon."""
        waiting: list[asyncio.Future[dict[str, Any]]] = []
        delays: list[float] = []
        began = time.monotonic()
        for number in range(rate * seconds):
            who = self.people[number % len(self.people)]
            fields = {"text": f"Burst question number {number}"}
            if what == "q.endorse":
                fields = {"q": questions[number // len(self.people) % len(questions)]}
            sent = time.monotonic()
            one = self._does(who, what, fields)
            one.add_done_callback(lambda _, sent=sent: delays.append(time.monotonic() - sent))
            waiting.append(one)
            ahead = began + number / rate - time.monotonic()
            if ahead > 0.002:
                await asyncio.sleep(ahead)
        sent_within = time.monotonic() - began
        await asyncio.wait(waiting, timeout=PATIENCE)
        done = [one.result() for one in waiting if one.done()]
        delays.sort()
        return {
            "sent": len(waiting),
            "kept": sum(bool(ack["ok"]) for ack in done),
            "sent_within": sent_within,
            "within": time.monotonic() - began,
            "p99": delays[int(len(delays) * 0.99) - 1] if delays else 0.0,
        }

    async def stall(self, count: int) -> dict[str, Any]:
        """So many read nothing any more."""
        for attendee in self.people[:count]:
            attendee.transport.pause_reading()
            self.stalled.add(attendee)
        return {}


async def _serve(crowd: Crowd) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        act, *given = json.loads(line)
        crowd.frames = 0
        found = await getattr(crowd, act)(*given)
        sys.stdout.write(json.dumps({**found, "frames": crowd.frames}) + "\n")
        sys.stdout.flush()


def main(port: int, folder: str) -> None:
    """Do what the lines on standard input say, until it ends."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    told = json.loads((Path(folder) / "hall.json").read_text("utf-8"))

    async def run() -> None:
        await _serve(Crowd(port, told["code"], told["seats"], told["host"]))

    import uvloop  # noqa: PLC0415  the crowd must not be slower than the server

    uvloop.run(run())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
