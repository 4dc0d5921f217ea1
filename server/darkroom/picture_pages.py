"""Puts drawn pages together into a PDF that holds them and nothing else: no text, no name, no date, no program."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.darkroom.agreed import DOTS_PER_INCH, POINTS_PER_INCH

HEAD = b"%PDF-1.4\n"
FIRST_PAGE = 3
"""Object 1 is the catalogue, 2 the list of pages; each page has three: itself, its drawing, its picture."""


@dataclass(frozen=True, slots=True, repr=False)
class DrawnPage:
    """A JPEG, and its size in dots."""

    width: int
    height: int
    jpeg: bytes


def pdf_of(pages: Sequence[DrawnPage]) -> bytearray:
    """The file."""
    made, places = bytearray(HEAD), list[int]()

    def add(*parts: bytes) -> None:
        places.append(len(made))
        made.extend(b"%d 0 obj\n" % len(places) + b"".join(parts) + b"\nendobj\n")

    kids = b" ".join(b"%d 0 R" % (FIRST_PAGE + 3 * number) for number in range(len(pages)))
    add(b"<< /Type /Catalog /Pages 2 0 R >>")
    add(b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(pages), kids))
    for page in pages:
        own = len(places) + 1
        across, down = (_points(side) for side in (page.width, page.height))
        add(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R " % (across, down, own + 1),
            b"/Resources << /XObject << /P %d 0 R >> >> >>" % (own + 2),
        )
        drawing = b"q %d 0 0 %d 0 0 cm /P Do Q" % (across, down)
        add(b"<< /Length %d >>\nstream\n" % len(drawing), drawing, b"\nendstream")
        add(
            b"<< /Type /XObject /Subtype /Image /Width %d /Height %d " % (page.width, page.height),
            b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\n" % len(page.jpeg),
            b"stream\n",
            page.jpeg,
            b"\nendstream",
        )
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start)
    return made


def _points(dots: int) -> int:
    return max(1, round(dots * POINTS_PER_INCH / DOTS_PER_INCH))
