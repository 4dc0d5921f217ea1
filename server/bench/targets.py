"""What is measured, in a process of its own: a raw ASGI hello, or the house on a prepared community."""

import resource
import signal
import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from server import settings
from server.app import build
from server.serving import bound, run
from server.workers import Workers

HELLO = [
    {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"text/plain"), (b"content-length", b"5")],
    },
    {"type": "http.response.body", "body": b"hello"},
]


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that an ASGI application can do."""
    if scope["type"] == "http":
        for message in HELLO:
            await send(message)


def main(kind: str, port: int, data_dir: str) -> None:
    """Serve until killed; says "ready" on standard output."""
    listener = bound("127.0.0.1", port)
    if kind == "yardstick":
        config = uvicorn.Config(
            hello, loop="uvloop", http="httptools", access_log=False, log_level="error", lifespan="off"
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        uvicorn.Server(config).run(sockets=[listener])
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chosen = settings.load({}, data_dir=Path(data_dir))
    if kind == "workers":
        sys.stdout.write("ready\n")  # whoever comes now waits at the socket
        sys.stdout.flush()
        Workers(chosen, listener, Path(data_dir) / "no room", "127.0.0.1", 2).run()
        return
    house = build(chosen)

    def count(*_: object) -> None:
        (Path(data_dir) / "pictures").write_text(str(house.live.pictures))

    signal.signal(signal.SIGUSR1, count)

    def ready() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    run(house, listener, ready=ready)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
