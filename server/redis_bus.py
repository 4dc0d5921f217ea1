"""The bus over Redis or Valkey. Only loaded where one is named."""

import hashlib
import logging
import secrets
import threading
import time
from collections import deque
from typing import Any

import redis
from pydantic import ValidationError

from server.bus import BusAway, Hear, Letters
from server.errors import BootRefused
from server.events import Event

log = logging.getLogger("baraza")

BEAT_SECONDS = 0.5
DEAF_AFTER_SECONDS = 2.0
"""Without a beat of its own for so long, this process takes it that it hears nobody."""
PATIENCE_SECONDS = 1.0
MOST_WAITING = 10_000
"""What waits while the bus is away. What falls out is found again by looking."""

SECRET_BYTES = 32


class RedisBus:
    """The bus over Redis or Valkey: publish and subscribe, nothing kept there."""

    alone = False

    def __init__(self, url: str, key: bytes) -> None:
        """Raises BootRefused when nobody answers there: then nothing would be heard from the beginning."""
        self._letters = Letters(key)
        self._client: Any = connected(url)
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._something = threading.Event()
        self._over = threading.Event()
        self._heard_at = time.monotonic()
        self._threads: list[threading.Thread] = []

    @property
    def hears(self) -> bool:
        """Whether its own beat came back lately."""
        return time.monotonic() - self._heard_at < DEAF_AFTER_SECONDS

    def pass_on(self, event: Event) -> None:
        """Put it where the speaking thread finds it."""
        self._waiting.append(self._letters.of(event))
        self._something.set()

    def begin(self, hear: Hear) -> None:
        """Start both threads."""
        for name, work in (("bus-out", self._speak), ("bus-in", lambda: self._listen(hear))):
            thread = threading.Thread(target=work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def secret(self, name: str, seconds: int) -> bytes:
        """32 random bytes that every process has alike, for so long; they are in memory only, here and there."""
        key = f"{self._letters.channel}:secret:{name}"
        try:
            self._client.set(key, secrets.token_bytes(SECRET_BYTES), nx=True, ex=seconds)
            found: Any = self._client.get(key)
        except redis.RedisError as error:
            raise BusAway from error
        if not isinstance(found, bytes) or len(found) != SECRET_BYTES:
            raise BusAway
        return found

    def once(self, name: bytes, seconds: int) -> bool:
        """Whether no process has said this within so many seconds. Raises BusAway when nobody can tell."""
        key = f"{self._letters.channel}:once:{hashlib.blake2b(name, digest_size=16).hexdigest()}"
        try:
            return bool(self._client.set(key, b"1", nx=True, ex=seconds))
        except redis.RedisError as error:
            raise BusAway from error

    def end(self) -> None:
        """Stop both threads."""
        self._over.set()
        self._something.set()
        for thread in self._threads:
            thread.join(3 * PATIENCE_SECONDS)
        self._client.close()

    def _speak(self) -> None:
        while not self._over.is_set():
            self._something.wait(BEAT_SECONDS)
            self._something.clear()
            letters = [self._letters.beat()]
            while self._waiting:
                letters.append(self._waiting.popleft())
            try:
                with self._client.pipeline(transaction=False) as pipe:
                    for letter in letters:
                        pipe.publish(self._letters.channel, letter)
                    pipe.execute()
            except redis.RedisError:
                self._waiting.extendleft(reversed(letters[1:]))
                self._over.wait(BEAT_SECONDS)

    def _listen(self, hear: Hear) -> None:
        while not self._over.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=True) as ear:
                    ear.subscribe(self._letters.channel)
                    while not self._over.is_set():
                        message = ear.get_message(timeout=BEAT_SECONDS)
                        if message is not None:
                            self._take(message["data"], hear)
                        elif not self.hears:
                            break  # a line that only seems to be there: begin anew
            except redis.RedisError:
                pass
            self._over.wait(BEAT_SECONDS)

    def _take(self, letter: bytes, hear: Hear) -> None:
        try:
            own, event = self._letters.read(letter)
        except (ValueError, KeyError, TypeError, ValidationError):
            log.error("something on the bus is not ours; it was not listened to")
            return
        if own:
            self._heard_at = time.monotonic()
        elif event is not None:
            hear(event)


def connected(url: str) -> Any:
    """A client that answered. Raises BootRefused when nobody does, or when it would write to a disk."""
    try:
        client: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  the library types it in part
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        )
        client.ping()
    except (redis.RedisError, ValueError) as error:
        raise BootRefused(f"BARAZA_REDIS_URL: nobody answers there ({type(error).__name__}).") from None
    if _writes(client):
        raise BootRefused("BARAZA_REDIS_URL: this server writes to its disk. Start it with: --save '' --appendonly no")
    return client


def _writes(client: Any) -> bool:
    """Whether it keeps what it holds: counts of addresses must never lie on a disk."""
    try:
        found: Any = client.config_get("save", "appendonly")
    except redis.RedisError:  # it may not be asked; the operator's guide says how it must be started
        return False
    kept = {_plain(name): _plain(value) for name, value in found.items()}
    return bool(kept.get("save")) or kept.get("appendonly") == "yes"


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
