"""Passphrases and recovery codes: Argon2id over a keyed hash.

The keyed hash (pepper) means that a stolen database without the key file cannot be guessed at. The work
runs in a small pool of its own, so that many sign-ins exhaust neither memory nor the readers' threads.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NewType, TypeVar

import argon2

from server.errors import TooFast, say
from server.turns import Crowded, Turns

PassphraseHash = NewType("PassphraseHash", str)
Result = TypeVar("Result")

MEMORY_KIB = 65_536
"""64 MiB: what a cheap server can give eight people at once; see the decision on passphrases."""
PASSES = 3
LANES = 1


class Passwords:
    """Hashes and checks secrets that people remember or copy."""

    def __init__(self, pepper: bytes, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._pepper = pepper
        self._hasher = argon2.PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=LANES, type=argon2.Type.ID
        )
        self._nobody = self.hash("nobody has this passphrase")

    def hash(self, secret: str) -> PassphraseHash:
        """The stored form. Takes about 0.2 s of one core and 64 MiB."""
        return PassphraseHash(self._hasher.hash(self._peppered(secret)))

    def matches(self, stored: PassphraseHash | None, secret: str) -> bool:
        """Whether the secret fits. Nobody's hash costs the same as a wrong one, so names cannot be probed."""
        try:
            self._hasher.verify(self._nobody if stored is None else stored, self._peppered(secret))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False
        return stored is not None

    def _peppered(self, secret: str) -> bytes:
        return hmac.digest(self._pepper, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)


class DerivationPool:
    """A few threads for slow derivations; the overflow is told to come back.

    `waiting` more than the workers wait by turns of their networks, at most `patience` seconds.
    """

    def __init__(self, *, waiting: int, workers: int | None = None, patience: float | None = None) -> None:
        workers = workers or max(1, (os.cpu_count() or 2) - 1)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="derive")
        self._turns = Turns(workers, waiting=waiting, patience=patience)

    async def run(self, work: Callable[[], Result], *, whose: str) -> Result:
        """Do the work in the pool. `whose`: the network that asks. Raises TooFast when too many wait already,
        or it takes too long."""
        try:
            await self._turns.take(whose)
        except Crowded:
            raise TooFast(
                say("Many people are signing in just now. Please try again in a few seconds."), retry_after=5
            ) from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._turns.give_back()

    def close(self) -> None:
        """Let running work end and take no more."""
        self._executor.shutdown(wait=False, cancel_futures=True)
