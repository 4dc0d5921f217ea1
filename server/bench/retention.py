"""`baraza bench retention`: what it costs to let go of half a forum while people read the other half."""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update
from sqlmodel import col

from server.bench.content import prepare
from server.bench.figures import Figure, absolute
from server.bench.load import request, times
from server.bench.process import Target, target
from server.database import Database
from server.forum.models import Topic
from server.settings import Settings

TOPICS, EACH = 5_000, 20
OLD_DAYS = 400
MOST_SECONDS_PER_THOUSAND = 1.2
"""Ten minutes for half a million."""
LOOK_SECONDS = 4.0


def retention() -> list[Figure]:
    """Half of a hundred thousand messages, let go of by the command beside a running server."""
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as name:
        folder = Path(name)
        community = prepare(folder, topics=TOPICS, messages_each=EACH)
        _grow_old(folder)
        young = community.topics[1::2]
        pages = [request(f"/topics/{topic}?{number}") for number, topic in enumerate(young * 20)]
        random.Random(3).shuffle(pages)  # noqa: S311  an order for measuring
        with target("house", folder) as house:
            before = _slowest_of_twenty(house, pages)
            began = time.perf_counter()
            run = subprocess.Popen(  # noqa: S603  our own command
                [sys.executable, "-m", "server", "forget", "--data", name], stdout=subprocess.DEVNULL
            )
            meanwhile = _slowest_of_twenty(house, pages)
            most_mb = 0.0
            while run.poll() is None:
                most_mb = max(most_mb, _most_mb(run.pid))
                time.sleep(0.05)
            took = time.perf_counter() - began
    each = took / (TOPICS * EACH / 2 / 1000)
    return [
        absolute("a thousand messages let go of", each, "s", most=MOST_SECONDS_PER_THOUSAND),
        absolute("memory of the command", most_mb, "MB", most=200),
        absolute("p95 of readers meanwhile, beside before", meanwhile / before, "×", most=1.5),
    ]


def _grow_old(folder: Path) -> None:
    db = Database(Settings(data_dir=folder).database)
    old = datetime.now(UTC) - timedelta(days=OLD_DAYS)
    with db.transaction() as tx:
        tx.run(update(Topic).where(col(Topic.id) % 2 == 1).values(last_message_at=old))
    db.close()


def _slowest_of_twenty(house: Target, pages: list[bytes]) -> float:
    """The 95th percentile, in seconds."""
    took = sorted(asyncio.run(times(house, pages, expect=200, seconds=LOOK_SECONDS)))
    return took[len(took) * 95 // 100]


def _most_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
