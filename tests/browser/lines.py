"""A line between a browser and the house that can be cut and mended, as telephones lose it: nobody is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Line:
    """Passes everything on to the house as long as it is whole."""

    def __init__(self, house: str) -> None:
        self._to = ("127.0.0.1", urlsplit(house).port or 80)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._whole = True
        self.address = f"http://localhost:{self._door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # the door is shut
            while True:
                here, _ = self._door.accept()
                if not self._whole:
                    here.close()
                    continue
                there = socket.create_connection(self._to)
                self._open |= {here, there}
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
        self._close({one, other})

    def _close(self, ends: set[socket.socket]) -> None:
        self._open -= ends
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def is_cut(self) -> None:
        """From now on nothing comes through, and what is open breaks."""
        self._whole = False
        self._close(set(self._open))

    def is_whole(self) -> None:
        """New connections come through again."""
        self._whole = True

    def ends(self) -> None:
        """No more of it."""
        self._whole = False
        self._door.close()
        self._close(set(self._open))


@contextmanager
def line_to(house: str) -> Iterator[Line]:
    """A line to the house at this address."""
    line = Line(house)
    try:
        yield line
    finally:
        line.ends()
