"""Static files, read once at boot: one style sheet made of its parts, scripts, the icon.

Addresses carry a hash of the content, so a browser asks for each edition once.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.web.headers import PART

PREFIX = "/static"
LAYERS = ("tokens.css", "base.css", "layout.css")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
COMMENT = re.compile(rb"^[ \t]*(?://[^\n]*|/\*\*(?:[^*]|\*(?!/))*\*/)[ \t]*\n", re.MULTILINE)
"""One that has its lines for itself. A poor line need not carry what is written for those who read the source."""
IMPORTED = re.compile(rb'from "\./([a-z]+\.js)"')
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, plain and compressed."""

    address: str
    kind: str
    body: bytes
    packed: bytes


class Shelf:
    """Answers under /static from memory."""

    def __init__(self, folder: Path) -> None:
        self._by_name: dict[str, Asset] = {}
        self._put("css", ".css", _style_sheet(folder / "css"))
        for path in sorted((folder / "img").glob("*.svg")):
            self._put(path.name, path.suffix, path.read_bytes())
        for path in sorted((folder / "js").glob("*.js")):
            self._put_script(path)
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def address(self, name: str) -> str:
        """Where the present edition of a file is. Raises KeyError for a file that does not exist."""
        return self._by_name[name].address

    def _put_script(self, path: Path) -> None:
        """A script names others as they lie beside it; what is sent names their present editions."""
        if path.name in self._by_name:
            return
        source = COMMENT.sub(b"", path.read_bytes())
        for other in dict.fromkeys(IMPORTED.findall(source)):
            self._put_script(path.with_name(other.decode()))
        body = IMPORTED.sub(lambda found: b'from "%s"' % self.address(found[1].decode()).encode(), source)
        self._put(path.name, path.suffix, body)

    def _put(self, name: str, suffix: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()[:10]
        stem = "baraza" if name == "css" else name.removesuffix(suffix)
        packed = gzip.compress(body, 9, mtime=0)
        self._by_name[name] = Asset(f"{PREFIX}/{stem}.{digest}{suffix}", TYPES[suffix], body, packed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        await self._answer(Request(scope))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        asset = self._by_address.get(request.url.path)
        if asset is None:
            return Response("Not found", 404, media_type="text/plain")
        if request.method not in ("GET", "HEAD"):
            return Response("Method not allowed", 405, {"allow": "GET, HEAD"}, media_type="text/plain")
        headers = {"cache-control": FOREVER, "vary": "Accept-Encoding", "content-security-policy": PART}
        packs = "gzip" in request.headers.get("accept-encoding", "")
        if packs:
            headers["content-encoding"] = "gzip"
        return Response(asset.packed if packs else asset.body, headers=headers, media_type=asset.kind)


def _style_sheet(folder: Path) -> bytes:
    parts = [folder / name for name in LAYERS] + sorted((folder / "parts").glob("*.css"))
    return b"\n".join(path.read_bytes() for path in parts)
