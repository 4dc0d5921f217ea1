"""Starts a target and asks the kernel what it cost. Linux only: the numbers come from /proc."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.errors import BootRefused
from server.places import CHECKOUT

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Target:
    """A running server process."""

    port: int
    pid: int
    seconds_to_ready: float

    def cpu_seconds(self) -> float:
        """Processor time of the process, of the workers that it keeps, and all their threads so far."""
        ticks = 0
        for pid in (self.pid, *Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS_PER_SECOND

    def memory_mb(self) -> float:
        """Resident memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def target(kind: str, data_dir: Path) -> Generator[Target]:
    """A server process of this kind, stopped at the end."""
    if not Path("/proc/self/stat").exists():
        raise BootRefused("The benchmarks read /proc and so run on Linux only.")
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BARAZA_")}
    environment["PYTHONPATH"] = f"{CHECKOUT}{os.pathsep}{environment.get('PYTHONPATH', '')}"
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  our own module, our own arguments
        [sys.executable, "-m", "server.bench.targets", kind, str(port), str(data_dir)],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise BootRefused("The server to be measured did not start.")
        yield Target(port, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
