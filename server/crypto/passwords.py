"""Passphrases and recovery codes: Argon2id over a keyed hash.

The keyed hash (pepper) means that a stolen database without the key file cannot be guessed at. The work
runs in a small pool of its own, so that many sign-ins exhaust neither memory nor the readers' threads.
"""

import asyncio
import hashlib
import hmac
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash takes."""

    memory_kib: int
    passes: int


EARLIER: Sequence[Cost] = ()
"""What hashes took before. Whoever raises the numbers above puts the old ones here: then a name that nobody has takes
as long as one whose words were hashed then."""


class Passwords:
    """Hashes and checks secrets that people remember or copy."""

    def __init__(
        self,
        pepper: bytes,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        earlier: Sequence[Cost] = EARLIER,
    ) -> None:
        self._pepper = pepper
        self._hasher = _hasher(Cost(memory_kib, passes))
        self._nobodys = [
            (hasher, hasher.hash(self._peppered("nobody has this passphrase")))
            for hasher in (self._hasher, *map(_hasher, earlier))
        ]

    def hash(self, secret: str) -> PassphraseHash:
        """The stored form. Takes about 0.2 s of one core and 64 MiB."""
        return PassphraseHash(self._hasher.hash(self._peppered(secret)))

    def matches(self, stored: PassphraseHash | None, secret: str) -> bool:
        """Whether the secret fits. Nobody's hash costs the same as a wrong one, so names cannot be probed.

        For each cost that was ever usual one hash is worked out: the stored one for its own, nobody's for the others.
        """
        known, peppered = stored or "", self._peppered(secret)
        ours = judged = False
        for hasher, nobodys in self._nobodys:
            own = not _is_of_another_cost(hasher, known)
            fits = self._fits(known if own else nobodys, peppered)
            ours, judged = ours or (own and fits), judged or own
        return ours if judged or not known else self._fits(known, peppered)

    def is_outdated(self, stored: PassphraseHash) -> bool:
        """Whether the words should be hashed anew, because a hash takes something else today."""
        return _is_of_another_cost(self._hasher, stored)

    def _fits(self, stored: str, peppered: bytes) -> bool:
        try:
            return self._hasher.verify(stored, peppered)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    def _peppered(self, secret: str) -> bytes:
        return hmac.digest(self._pepper, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _hasher(cost: Cost) -> argon2.PasswordHasher:
    return argon2.PasswordHasher(
        time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=LANES, type=argon2.Type.ID
    )


def _is_of_another_cost(hasher: argon2.PasswordHasher, stored: str) -> bool:
    try:
        return hasher.check_needs_rehash(stored)
    except argon2.exceptions.InvalidHashError:
        return True


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
