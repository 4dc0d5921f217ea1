"""What is measured, in a process of its own: a raw ASGI hello, or the house on a prepared community."""

import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from server.app import build
from server.serving import bound, run
from server.settings import Settings

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
    house = build(Settings(data_dir=Path(data_dir)))

    def ready() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    run(house, listener, ready=ready)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
