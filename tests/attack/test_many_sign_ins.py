"""Two hundred people who sign in at once: some wait, some are told to come back, and readers notice nothing."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient

from server.app import House, build
from server.crypto import keyring
from server.crypto.passwords import PassphraseHash, Passwords
from server.settings import Settings
from tests.doubles import StillClock, WordScreen
from tests.people import ADDRESS, PASSPHRASE, Community
from tests.roads import OURS, without_limits

PEOPLE = 200
WORKERS = max(1, (os.cpu_count() or 2) - 1)
WAITING = 8


class SlowPasswords(Passwords):
    """Checks nothing before it is let go, and remembers how many checks were running at once."""

    def __init__(self, pepper: bytes) -> None:
        self.go, self.lock = threading.Event(), threading.Lock()
        self.running = self.most = self.done = 0
        self.go.set()
        super().__init__(pepper, memory_kib=8, passes=1)

    def matches(self, stored: PassphraseHash | None, secret: str) -> bool:
        """The same answer, when it is time."""
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.go.wait(60)
        try:
            return super().matches(stored, secret)
        finally:
            with self.lock:
                self.running -= 1
                self.done += 1


@pytest.fixture
def slow(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Community, SlowPasswords]]:
    """A community whose door is slow."""
    without_limits(tmp_path)
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url)
    keyring.create(settings.keys_dir)
    clock, screen = StillClock(), WordScreen()
    house = build(settings, clock=clock, screen=screen, passwords=SlowPasswords)
    passwords = house.services.passwords
    assert isinstance(passwords, SlowPasswords)
    with Community(house, clock, screen) as made:
        yield made, passwords


async def _storm(house: House, passwords: SlowPasswords) -> tuple[Counter[int], list[int], list[int]]:
    """The first statuses of everybody, what a reader got meanwhile, and what the patient ones got in the end."""
    transport = ASGITransport(app=house.app, client=("192.0.2.1", 1))
    async with AsyncClient(transport=transport, base_url=ADDRESS, headers=OURS, timeout=60) as client:
        passwords.go.clear()
        before = passwords.done
        tries = [
            asyncio.create_task(client.post("/sign-in", data={"login": f"person{n}", "passphrase": PASSPHRASE}))
            for n in range(PEOPLE)
        ]
        waiting, refused = set(tries), Counter[int]()
        while len(waiting) > WORKERS + WAITING:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=60)
            assert done, f"{len(waiting)} wait, and nobody is told anything"
            refused.update(task.result().status_code for task in done)
            assert all(int(task.result().headers["retry-after"]) > 0 for task in done)
        reader = [
            (await client.get(path)).status_code for path in ("/", "/spaces", "/s/questions", "/join", "/healthz")
        ]
        assert passwords.done == before
        passwords.go.set()
        patient = [(await task).status_code for task in waiting]
    return refused, reader, patient


def test_most_are_told_to_come_back_and_nobody_meets_a_fault(slow):
    community, passwords = slow
    for number in range(PEOPLE):
        if number % 50 == 0:
            community._make(f"person{number}", ("questions",), known=True, roles={})
    refused, reader, patient = asyncio.run(_storm(community.house, passwords))
    assert refused == {429: PEOPLE - WORKERS - WAITING}
    assert reader == [200] * 5
    assert len(patient) == WORKERS + WAITING
    assert set(patient) <= {303, 409}
    assert passwords.done == WORKERS + WAITING
    assert passwords.most <= WORKERS
    assert 303 in patient, "whoever has an account and waits gets in"


def test_the_door_is_open_again_afterwards(slow):
    community, passwords = slow
    community._make("amina", ("questions",), known=True, roles={})
    for _ in range(3):
        asyncio.run(_storm(community.house, passwords))
        community.visitor().signs_in("amina")


def test_whoever_is_told_to_come_back_keeps_what_they_typed(slow):
    community, passwords = slow

    async def one_too_many() -> str:
        transport = ASGITransport(app=community.house.app)
        async with AsyncClient(transport=transport, base_url=ADDRESS, headers=OURS, timeout=60) as client:
            passwords.go.clear()
            form = {"passphrase": PASSPHRASE, "next": "/s/questions"}
            tries = [
                asyncio.create_task(client.post("/sign-in", data={**form, "login": f"person number {n}"}))
                for n in range(WORKERS + WAITING + 1)
            ]
            done, _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED, timeout=60)
            passwords.go.set()
            await asyncio.gather(*tries)
            answer = done.pop().result()
            assert answer.status_code == 429
            return answer.text

    page = asyncio.run(one_too_many())
    assert "person number" in page and 'value="/s/questions"' in page
    assert PASSPHRASE not in page


def test_one_network_that_tries_and_tries_keeps_nobody_else_out(slow):
    community, passwords = slow
    for number in range(WAITING // 2):
        community._make(f"person{number}", ("questions",), known=True, roles={})

    async def tries(address: str, logins: list[str]) -> list[asyncio.Task[int]]:
        async def one(login: str) -> int:
            transport = ASGITransport(app=community.house.app, client=(address, 1))
            async with AsyncClient(transport=transport, base_url=ADDRESS, headers=OURS, timeout=60) as client:
                return (await client.post("/sign-in", data={"login": login, "passphrase": PASSPHRASE})).status_code

        return [asyncio.create_task(one(login)) for login in logins]

    async def storm() -> list[int]:
        passwords.go.clear()
        hostile = await tries("192.0.2.1", [f"nobody{number}" for number in range(PEOPLE)])
        while sum(task.done() for task in hostile) < PEOPLE - WORKERS - WAITING:
            await asyncio.wait([task for task in hostile if not task.done()], return_when=asyncio.FIRST_COMPLETED)
        honest = [
            task for number in range(WAITING // 2) for task in await tries(f"198.51.{number}.1", [f"person{number}"])
        ]
        while sum(task.done() for task in hostile) < PEOPLE - WORKERS - WAITING // 2:
            assert not any(task.done() for task in honest), "somebody is told to come back"
            await asyncio.wait([task for task in hostile if not task.done()], return_when=asyncio.FIRST_COMPLETED)
        passwords.go.set()
        await asyncio.gather(*hostile)
        return list(await asyncio.gather(*honest))

    assert asyncio.run(storm()) == [303] * (WAITING // 2)
