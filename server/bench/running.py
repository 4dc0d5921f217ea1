"""`baraza bench`: numbers that mean something on any machine, because the yardstick is in the same run."""

import http.client
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from moderation import embedded
from moderation.policy import load as load_policy
from moderation.screening import Screener
from server import places
from server.bench.content import Prepared, prepare
from server.bench.figures import Figure, absolute, against
from server.bench.hall_hour import hour
from server.bench.halls import halls
from server.bench.limits import without_limits
from server.bench.load import cost, cost_once, post, request
from server.bench.photo import photo
from server.bench.process import Target, target
from server.bench.queueing import queue
from server.bench.retention import retention
from server.bench.room import private
from server.bench.searching import search
from server.bench.two_workers import workers
from server.darkroom.workshop import Workshop
from server.errors import BootRefused

TEXTS = {
    "en": "The clinic opens at eight and the queue is long, so bring water and your old card with you. ",
    "ar": "العيادة تفتح الساعة الثامنة والصف طويل، احضروا الماء والبطاقة القديمة معكم وتعالوا مبكرين من فضلكم. ",
}
BATCH = 150
"""Messages that are measured beside the yardstick each time."""


def run_bench(part: str, *, attendees: int = 5_000, database: str = "", memory: str = "") -> list[Figure]:
    """Run one part, or all; `attendees` sit in the hall. Raises BootRefused for a part that does not exist."""
    parts: dict[str, Callable[[], list[Figure]]] = {"pages": pages, "growth": growth}
    parts |= {
        "screening": screening,
        "posting": posting,
        "search": search,
        "pictures": pictures,
        "queue": queue,
        "private": private,
        "halls": lambda: halls(attendees) + hour(),
        "hour": hour,
        "retention": retention,
    }
    if part == "workers":
        return workers(database, memory)
    if part != "all" and part not in parts:
        raise BootRefused(f"There is no benchmark called {part}; there are {', '.join(parts)}, workers and all.")
    chosen = [run for name, run in parts.items() if part == name or (part == "all" and run is not hour)]
    return [figure for run in chosen for figure in run()]


def pages() -> list[Figure]:
    """What the busiest pages cost beside a raw hello under the same uvicorn."""
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as folder:
        community = prepare(Path(folder), topics=200, messages_each=20)
        with target("yardstick", Path(folder)) as hello:
            yardstick = cost(hello, [request("/")], expect=200).cpu_us
        with target("house", Path(folder)) as house:
            memory = house.memory_mb()
            return [
                Figure("yardstick: raw ASGI hello", round(yardstick, 2), "µs", round(yardstick, 2), 1.0, "", True),
                *_topic_pages(house, community, yardstick),
                absolute("idle memory, model loaded", memory, "MB", most=130),
                absolute("serve ready after", house.seconds_to_ready, "s", most=2),
            ]


def _topic_pages(house: Target, community: Prepared, yardstick: float) -> list[Figure]:
    topics = community.topics
    guest = [request(f"/topics/{topic}") for topic in topics]
    fresh = [request(f"/topics/{topic}?{n}") for n, topic in enumerate(topics * 100)]
    random.Random(2).shuffle(fresh)  # noqa: S311
    member = [request(f"/topics/{topic}", f"Cookie: {community.cookie}") for topic in topics]
    return [
        against("guest, topic of 20 messages", cost(house, guest, expect=200).cpu_us, yardstick, most=25),
        against("guest, made anew every time", cost(house, fresh, expect=200).cpu_us, yardstick, most=30),
        against("signed in, the same", cost(house, member, expect=200).cpu_us, yardstick, most=35),
        against("guest, not modified", cost(house, _again(house, topics[0]), expect=304).cpu_us, yardstick, most=4),
    ]


def _again(house: Target, topic: object) -> list[bytes]:
    """A browser that has the page and asks whether it is still good."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    connection.request("GET", f"/topics/{topic}", headers={"Accept-Encoding": "gzip", "Accept-Language": "en"})
    etag = connection.getresponse().headers["etag"]
    connection.close()
    return [request(f"/topics/{topic}", f"If-None-Match: {etag}")]


def posting() -> list[Figure]:
    """A message from the form to the page: screened, stored, indexed, its reader told.

    Batch by batch beside the yardstick, and the middle one counts: what else happens on a machine slows a large
    program more than a small one, and changes within a minute.
    """
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as folder:
        community = prepare(Path(folder), topics=20, messages_each=20)
        without_limits(Path(folder))
        posts = _posts(community)
        with target("yardstick", Path(folder)) as hello, target("house", Path(folder)) as house:
            pairs = [
                (
                    cost_once(house, posts[start : start + BATCH], expect=303).cpu_us,
                    cost(hello, [request("/")], expect=200, seconds=1.0).cpu_us,
                )
                for start in range(0, len(posts), BATCH)
            ]
    message, yardstick = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
    return [against("a message of 200 characters, posted", message, yardstick, most=60)]


def _posts(community: Prepared) -> list[bytes]:
    chance = random.Random(4)  # noqa: S311
    words = TEXTS["en"].split()
    return [
        post(
            f"/topics/{community.topics[number % 20]}/messages",
            {"text": f"{number} " + " ".join(chance.choices(words, k=36)), "language": "auto"},
            f"Cookie: {community.cookies[number % len(community.cookies)]}",
        )
        for number in range(BATCH * 11)
    ]


def growth() -> list[Figure]:
    """The same page in a forum of a thousand and of a million messages."""
    costs: dict[int, float] = {}
    for topics in (50, 50_000):
        with tempfile.TemporaryDirectory(prefix="baraza-bench-") as folder:
            community = prepare(Path(folder), topics=topics, messages_each=20)
            asked = random.Random(3).sample(community.topics, 50)  # noqa: S311
            paths = [request(f"/topics/{topic}?{n}") for n in range(200) for topic in asked]
            with target("house", Path(folder)) as house:
                costs[topics] = min(cost(house, paths, expect=200).cpu_us for _ in range(3))
    small, large = costs[50], costs[50_000]
    return [against("topic page at 1,000,000 messages, in pages at 1,000", large, small, most=1.2)]


def screening() -> list[Figure]:
    """The whole of screen() for 200 characters, and how soon it is ready."""
    began = time.perf_counter()
    policy = load_policy(places.shipped("policies") / "moderation.toml")
    screener = Screener(policy, embedded.load())
    loaded = time.perf_counter() - began
    figures = [absolute("model and policy loaded after", loaded, "s", most=1.5)]
    for language, sentence in TEXTS.items():
        texts = [f"{sentence * 3}"[:195] + f" {number}" for number in range(1500)]
        for text in texts[:100]:
            screener.screen(text)
        spent = time.process_time()
        for text in texts:
            screener.screen(text)
        each = (time.process_time() - spent) / len(texts) * 1000
        figures.append(absolute(f"screen() of 200 characters, {language}", each, "ms", most=1.0))
    return figures


def pictures() -> list[Figure]:
    """A photo of twelve megapixels and five megabytes, from arriving to being ready to be kept."""
    original, workshop = photo(), Workshop(at_once=1, waiting=0)
    times: list[float] = []
    clean = workshop.cleaned(original)
    for _ in range(5):
        began = time.perf_counter()
        clean = workshop.cleaned(original)
        times.append(time.perf_counter() - began)
    return [
        absolute("the photo that is sent", len(original) / 1e6, "MB", most=8),
        absolute("made ready within", sorted(times)[len(times) // 2], "s", most=3),
        absolute("memory of the child", clean.child_kib / 1024, "MB", most=120),
        absolute("the picture that is kept", len(clean.content) / 1000, "kB", most=350),
    ]
