"""Draws a photograph or a PDF anew in its full size, in a process of its own that knows nothing and may do nothing.

As `child.py` does for small pictures: everything is imported first, then no file and no socket can be opened any
more. Of a PDF nothing is kept but how its pages look. What it answers is written in `agreed.py`.
"""

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from io import BytesIO
from typing import Any

from PIL import Image

from server.darkroom.agreed import (
    ADDRESS_SPACE,
    ANSWER,
    CPU_SECONDS,
    DOTS_PER_INCH,
    MAGIC,
    MOST_ANSWER_BYTES,
    MOST_PIXELS,
    PAGE,
    PAPER,
    POINTS_PER_INCH,
)
from server.darkroom.child import (
    confine,
    dimensions_of_webp,
    fits_a_side,
    in_few_modes,
    in_srgb,
    on_white,
    orientation_of,
    upright,
)

MOST_BYTES = 25 * 1024 * 1024
PAGE_PIXELS = 9_000_000
"""A page of A3 at 150 dots to the inch has 4.4 million; a larger one is drawn more coarsely."""
QUALITIES = (88, 70, 50)
ENOUGH_BYTES = 12 * 1024 * 1024
PAGE_QUALITY = 80

Page = tuple[int, int, bytes]


class Refused(Exception):
    """Why it is not taken, as one letter."""

    def __init__(self, letter: bytes) -> None:
        super().__init__(letter.decode())
        self.letter = letter


def photograph(original: bytes) -> Iterator[Page]:
    """The picture, as the camera was held."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    if original[:4] == b"RIFF" and original[8:12] == b"WEBP":
        _check(*dimensions_of_webp(original))
    image = Image.open(BytesIO(original), formats=["JPEG", "PNG", "WEBP"])
    _check(*image.size)
    image.load()
    orientation, profile = orientation_of(image), image.info.get("icc_profile")
    made = upright(in_srgb(on_white(in_few_modes(image)), profile), orientation)
    yield *made.size, _drawn(made)


def _check(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or not fits_a_side(width, height):
        raise Refused(b"L")


def _drawn(image: Image.Image) -> bytes:
    """A new JPEG of nothing but the pixels."""
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    made = b""
    for quality in QUALITIES:
        out = BytesIO()
        bare.save(out, "JPEG", quality=quality)
        made = out.getvalue()
        if len(made) <= ENOUGH_BYTES:
            break
    return made


def paper(original: bytes, pdfium: Any, most_pages: int) -> Iterator[Page]:
    """Every page as it looks. `pdfium` is the library: it is not loaded for a photograph."""
    try:
        document = pdfium.PdfDocument(original)
    except pdfium.PdfiumError as error:
        locked = getattr(error, "err_code", None) in (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY)
        raise Refused(b"E" if locked else b"N") from None
    if len(document) > most_pages:
        raise Refused(b"P")
    document.init_forms()  # or what somebody has filled in would be missing
    for page in document:
        width, height = page.get_size()
        if not (width > 0 and height > 0):
            raise Refused(b"N")
        finest = (PAGE_PIXELS / (width * height)) ** 0.5
        image = page.render(scale=min(DOTS_PER_INCH / POINTS_PER_INCH, finest)).to_pil().convert("RGB")
        if not fits_a_side(*image.size):
            raise Refused(b"L")
        out = BytesIO()
        image.save(out, "JPEG", quality=PAGE_QUALITY)
        page.close()
        yield *image.size, out.getvalue()


def answer(pages: Callable[[], Iterator[Page]], write: Callable[[bytes], object]) -> None:
    """Say what became of it."""
    kept: list[Page] = []
    verdict, total = b"K", ANSWER.size
    try:
        for page in pages():
            kept.append(page)
            total += PAGE.size + len(page[2])
            if total > MOST_ANSWER_BYTES:
                raise Refused(b"L")
    except Refused as error:
        verdict = error.letter
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        verdict = b"L"
    except Exception:  # whatever a hostile file makes a decoder say, it is nothing for us
        verdict = b"N"
    shown = kept if verdict == b"K" else []
    write(ANSWER.pack(MAGIC, verdict, len(shown)))
    for width, height, jpeg in shown:
        write(PAGE.pack(width, height, len(jpeg)) + jpeg)


def _pdfium() -> Any:
    """The library with everything that it would load later, when no file can be opened any more."""
    library: Any = import_module("pypdfium2")  # only here: half of a photograph's time would go into it
    library.PdfDocument.new().new_page(9, 9).render(scale=1).to_pil()
    return library


def main(kind: str, most_pages: str) -> None:
    """Read, draw, answer; then end at once, without tidying up."""
    pdfium = _pdfium() if kind == PAPER else None
    confine(ADDRESS_SPACE, CPU_SECONDS)
    original = sys.stdin.buffer.read(MOST_BYTES + 1)
    whole = original if len(original) <= MOST_BYTES else b""
    if kind == PAPER:
        answer(lambda: paper(whole, pdfium, int(most_pages)), sys.stdout.buffer.write)
    else:
        answer(lambda: photograph(whole), sys.stdout.buffer.write)
    sys.stdout.buffer.flush()
    os._exit(0)
