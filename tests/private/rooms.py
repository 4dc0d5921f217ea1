"""What the tests of the private room share: a browser without a community, seconds, forms in bytes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.testclient import TestClient

from server.private.app import PrivateHouse

BOUNDARY = "------------------------boundary"


class Ticking:
    """Seconds of a clock that only goes when it is told to."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.at

    def goes_on(self, *, seconds: float = 0, minutes: float = 0) -> None:
        """Let so much time pass."""
        self.at += seconds + 60 * minutes

    async def sleep(self, seconds: float) -> None:
        """Wait, without waiting."""
        self.at += seconds


class RoomBrowser(TestClient):
    """A browser that the handover has let through, over TLS. It knows the token of the last page with a form."""

    token = ""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """As ever; and remember the token."""
        answer = super().request(*args, **kwargs)
        found = re.search(r'name="form_token" value="([^"]*)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def __init__(self, house: PrivateHouse) -> None:
        super().__init__(
            house.app, base_url="https://talk.example", headers={"x-room-scheme": "https"}, follow_redirects=False
        )


def multipart(fields: Iterable[tuple[str, str]], files: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """A form as a browser writes it; files are (field, name, content)."""
    body = b""
    for name, value in fields:
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, called, content in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{called}"\r\n'
        body += head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


MULTIPART: Mapping[str, str] = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
