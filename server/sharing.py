"""What the processes of one community have in common besides the database. A single process has all of it alone."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.bus import Alone, Bus, BusAway
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.passkeys import Challenges
from server.settings import Settings
from server.web.limits import KEY_SECONDS, AddressBuckets, Limits, SharedLimits

if TYPE_CHECKING:
    from server.redis_bus import RedisBus


@dataclass(frozen=True, slots=True)
class Shared:
    """The bus; counts of acts; the key of addresses; questions to devices."""

    bus: Bus
    limits: Limits
    buckets: AddressBuckets
    challenges: Challenges


def shared(settings: Settings) -> Shared:
    """In memory, or in that of the Redis or Valkey that is named. Raises BootRefused when nobody answers there."""
    if not settings.redis_url:
        return Shared(Alone(), Limits(), AddressBuckets(), Challenges())
    from server.redis_bus import RedisBus  # noqa: PLC0415  only where one is named

    key = keyring.load(settings.keys_dir).key(Purpose.BUS)
    bus = RedisBus(settings.redis_url, _part(key, b"letters"))
    return Shared(
        bus,
        SharedLimits(settings.redis_url, _part(key, b"limits")),
        AddressBuckets(seconds=time.time, key_of=_keys_of_hours(bus)),
        Challenges(_part(key, b"challenges"), _once(bus)),
    )


def _part(key: bytes, name: bytes) -> bytes:
    return hashlib.blake2b(name, key=key, digest_size=32).digest()


def _keys_of_hours(bus: "RedisBus") -> Callable[[int], bytes]:
    def key_of(hour: int) -> bytes:
        try:
            return bus.secret(f"addresses:{hour}", KEY_SECONDS)
        except BusAway:  # each process then counts for itself, till the hour ends
            return secrets.token_bytes(32)

    return key_of


def _once(bus: "RedisBus") -> Callable[[bytes, int], bool]:
    def once(name: bytes, seconds: int) -> bool:
        try:
            return bus.once(name, seconds)
        except BusAway:  # an answer that may have counted already counts no more
            return False

    return once
