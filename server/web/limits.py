"""How often: in memory, under a keyed hash of a shortened address that nobody can turn back.

The key changes every hour and is never written down. Buckets are sized for five hundred people behind one
address, because a camp often has one.
"""

import hashlib
import ipaddress
import math
import secrets
import time
from collections.abc import Callable

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.errors import BootRefused, TooFast, say

KEY_SECONDS = 3600
PREFIX_V4, PREFIX_V6 = 24, 48
SWEEP_SECONDS = 60
"""Counts that are too old to matter stay in memory no longer than this."""
PATIENCE = 0.25
LONGEST_PAUSE = 60.0
"""For how many seconds a count that is kept elsewhere is waited for."""


class AddressBuckets:
    """Turns an address into a bucket name that is good for an hour."""

    def __init__(
        self, *, seconds: Callable[[], float] = time.monotonic, key_of: Callable[[int], bytes] | None = None
    ) -> None:
        """`key_of`: where several processes find the key of an hour that they have in common."""
        self._seconds = seconds
        self._key_of = key_of or _new_key
        self._hour = -1
        self._key = b""

    def bucket(self, address: str) -> str:
        """A short keyed hash of the network that the address is in."""
        hour = int(self._seconds()) // KEY_SECONDS
        if hour != self._hour:
            self._hour, self._key = hour, self._key_of(hour)
        return hashlib.blake2b(_network(address).encode(), key=self._key, digest_size=12).hexdigest()


def _new_key(_hour: int) -> bytes:
    return secrets.token_bytes(32)


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    prefix = PREFIX_V4 if ip.version == 4 else PREFIX_V6
    return f"{ip.version}:{int(ip) >> (ip.max_prefixlen - prefix):x}"


class Counted(MemoryStorage):
    """The library's counts in memory, without its thread.

    It starts a thread for nearly every act, which walks through all counts to throw the old ones away. Here
    whoever comes does that, once in a while.
    """

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._sweep_at = 0.0
        super().__init__()

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802  takes the place of the library's own
        now = self._seconds()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            sweep: Callable[[], None] = getattr(self, "_MemoryStorage__expire_events")  # noqa: B009  private there
            sweep()
            for key in [key for key, entries in list(self.events.items()) if not entries]:  # others go on counting
                with self.locks[key]:
                    if not self.events.get(key):  # the library keeps the names of empty windows for ever
                        self.clear(key)


class Limits:
    """Counts acts in moving windows. Nothing of it is stored."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(Counted())

    def spend(self, rate: str, *key: str) -> None:
        """Count one act. Raises TooFast, with the seconds to wait, when the window is full."""
        item = parsed(rate)
        if not self._hit(item, *key):
            wait = max(1, math.ceil(self._reset(item, *key) - time.time()))
            raise TooFast(say("That was very quick. Please wait a little and try again."), retry_after=wait)

    def pause(self, rate: str, *key: str) -> float:
        """Count one act, and say for how many seconds it should wait: none while the window has room."""
        item = parsed(rate)
        if self._hit(item, *key):
            return 0.0
        return max(0.0, self._reset(item, *key) - time.time())

    def _hit(self, item: RateLimitItem, *key: str) -> bool:
        return self._limiter.hit(item, *key)

    def _reset(self, item: RateLimitItem, *key: str) -> float:
        return self._limiter.get_window_stats(item, *key).reset_time


class SharedLimits(Limits):
    """Counts that several processes have in common, in the memory of Redis or Valkey, for an hour at most.

    Who acts is named there by a keyed hash. While nobody answers, each process counts for itself.
    """

    def __init__(self, url: str, key: bytes, *, again_after: float = 5.0) -> None:
        from limits.storage import RedisStorage  # noqa: PLC0415  only where one is named

        super().__init__()
        self._hash_key, self._again_after, self._pause = key, again_after, again_after
        storage = RedisStorage(
            url, key_prefix="baraza", wrap_exceptions=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._shared = MovingWindowRateLimiter(storage)
        self._away_until = 0.0

    def _hit(self, item: RateLimitItem, *key: str) -> bool:
        if time.monotonic() >= self._away_until:
            try:
                hit = self._shared.hit(item, self._named(key))
                self._pause = self._again_after
                return hit
            except StorageError:
                self._wait()
        return super()._hit(item, *key)

    def _reset(self, item: RateLimitItem, *key: str) -> float:
        if time.monotonic() >= self._away_until:
            try:
                return self._shared.get_window_stats(item, self._named(key)).reset_time
            except StorageError:
                self._wait()
        return super()._reset(item, *key)

    def _wait(self) -> None:
        """Longer each time: whoever asks a server that hangs stands still meanwhile, and everybody with them."""
        self._away_until = time.monotonic() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _named(self, key: tuple[str, ...]) -> str:
        return hashlib.blake2b("\0".join(key).encode(), key=self._hash_key, digest_size=16).hexdigest()


def parsed(rate: str) -> RateLimitItem:
    """ "10/900" as a limit: ten acts in nine hundred seconds."""
    count, _, seconds = rate.partition("/")
    try:
        return RateLimitItemPerSecond(int(count), int(seconds))
    except ValueError:
        raise BootRefused(f'A rate must look like "10/900", not "{rate}".') from None
