"""Asks for pages over kept connections, bounded in number and time, on this machine only."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from server.bench.process import Target
from server.errors import BootRefused

CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Load:
    """What a run cost: processor time for each request, in microseconds."""

    cpu_us: float
    requests: int
    median_ms: float


def cost(target: Target, requests: Sequence[bytes], *, expect: int, seconds: float = 3.0) -> Load:
    """Send the requests in turn for some seconds. Raises BootRefused on any other status than expected."""
    asyncio.run(_run(target, requests, expect, 0.5))
    before = target.cpu_seconds()
    times = asyncio.run(_run(target, requests, expect, seconds))
    spent = target.cpu_seconds() - before
    return Load(spent / len(times) * 1e6, len(times), sorted(times)[len(times) // 2] * 1000)


def cost_once(target: Target, requests: Sequence[bytes], *, expect: int) -> Load:
    """Send each request once, after a tenth of them as a beginning: for acts, which are not the same twice."""
    tenth = len(requests) // 10
    asyncio.run(_each(target, requests[:tenth], expect))
    before = target.cpu_seconds()
    times = asyncio.run(_each(target, requests[tenth:], expect))
    spent = target.cpu_seconds() - before
    return Load(spent / len(times) * 1e6, len(times), sorted(times)[len(times) // 2] * 1000)


def post(path: str, fields: Mapping[str, str], *headers: str) -> bytes:
    """A form as a browser sends it."""
    body = urlencode(fields).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def request(path: str, *headers: str) -> bytes:
    """A GET as a browser sends it."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip", "Accept-Language: en", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def times(target: Target, requests: Sequence[bytes], *, expect: int, seconds: float) -> list[float]:
    """How long each answer took, in seconds, asked over several connections for so long."""
    return await _run(target, requests, expect, seconds)


async def _run(target: Target, requests: Sequence[bytes], expect: int, seconds: float) -> list[float]:
    until = time.perf_counter() + seconds
    lanes = [
        _lane(target.port, requests[start::CONNECTIONS] or requests, expect, until) for start in range(CONNECTIONS)
    ]
    return [took for lane in await asyncio.gather(*lanes) for took in lane]


async def _each(target: Target, requests: Sequence[bytes], expect: int) -> list[float]:
    """One after the other: acts of one member do not overtake each other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    times: list[float] = []
    for message in requests:
        began = time.perf_counter()
        writer.write(message)
        await _answer(reader, f"HTTP/1.1 {expect} ".encode())
        times.append(time.perf_counter() - began)
    writer.close()
    return times


async def _lane(port: int, requests: Sequence[bytes], expect: int, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    wanted = f"HTTP/1.1 {expect} ".encode()
    try:
        while True:
            for message in requests:
                began = time.perf_counter()
                if began > until:
                    return times
                writer.write(message)
                await _answer(reader, wanted)
                times.append(time.perf_counter() - began)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, wanted: bytes) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(wanted):
        raise BootRefused(f"The server answered {head[:20]!r} instead of {wanted!r}.")
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at >= 0:
        length = int(lower[at + 15 : lower.index(b"\r\n", at)])
        if length and not head.startswith(b"HTTP/1.1 304"):
            await reader.readexactly(length)
