"""PDFs as people and attackers make them. All are written here, by code."""

import zlib
from collections.abc import Iterator, Sequence

from tests.attack.originals import MARK, noise, phone_jpeg, photo, saved, zipped

A4 = (595, 842)


def pdf(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A file of these objects; the first one is the catalogue."""
    made, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    return made + b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """An object with bytes."""
    return b"<< /Length %d %b >>\nstream\n" % (len(content), entries) + content + b"\nendstream"


def page_of(
    drawing: bytes, *more: bytes, size: tuple[float, float] = A4, resources: bytes = b"", catalogue: bytes = b""
) -> bytes:
    """A PDF of one page; `more` are objects 5, 6 and so on."""
    box = b"[0 0 %g %g]" % size
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources << %b >> >>" % (box, resources)
    root = b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalogue
    return pdf([root, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream(drawing), *more])


def scanned() -> bytes:
    """A page that is a photograph, with everything that its camera noted."""
    jpeg = phone_jpeg()
    image = stream(
        jpeg,
        b"/Type /XObject /Subtype /Image /Width 320 /Height 240 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
        b"/Filter /DCTDecode",
    )
    return page_of(b"q 320 0 0 240 100 400 cm /P Do Q", image, resources=b"/XObject << /P 5 0 R >>")


def telling() -> bytes:
    """A page with an author, XMP, an attached file, a script, a hidden layer and bytes after the end."""
    attached = stream(MARK * 4 + zipped(), b"/Type /EmbeddedFile")
    spec = b"<< /Type /Filespec /F (%b.zip) /EF << /F 5 0 R >> /AFRelationship /Data >>" % MARK
    xmp = stream(b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>", b"/Type /Metadata /Subtype /XML")
    info = b"<< /Author (%b) /Producer (%b) /CreationDate (D:20260304) >>" % (MARK, MARK)
    script = b"<< /S /JavaScript /JS (app.alert('%b')) >>" % MARK
    root = (
        b"/AF [6 0 R] /Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >> /Metadata 7 0 R /OpenAction 9 0 R "
        b"/AcroForm << /XFA (%b) >>" % MARK
    )
    made = page_of(b"1 0 0 rg 100 100 200 200 re f %" + MARK, attached, spec, xmp, info, script, catalogue=root)
    return made.replace(b"/Root 1 0 R", b"/Root 1 0 R /Info 8 0 R") + MARK


def of_pages(count: int) -> bytes:
    """So many empty pages."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(count))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count),
            *[page] * count,
        ]
    )


def locked() -> bytes:
    """Closed with a password that nobody here knows."""
    closed = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <%b> /U <%b> >> /ID [<00><00>]" % (
        b"ab" * 32,
        b"cd" * 32,
    )
    return page_of(b"").replace(b"/Root 1 0 R", b"/Root 1 0 R " + closed)


def laughing() -> bytes:
    """Ten drawings of ten drawings of ten drawings, nine times."""
    inner = stream(b"0 0 500 500 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 600 600]")
    levels = [inner]
    for number in range(9):
        uses = b"/X Do " * 10
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 600 600] /Resources << /XObject << /X %d 0 R >> >>"
        levels.append(stream(uses, entries % (5 + number)))
    return page_of(b"/X Do", *levels, resources=b"/XObject << /X 14 0 R >>")


def swollen() -> bytes:
    """A drawing that unpacks to a gigabyte, and a picture that says it is larger than any."""
    packed = zlib.compress(b"0 0 m " * 1_000_000, 9)
    twice = zlib.compress(packed * 200, 9)
    drawing = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(twice) + twice + b"\nendstream"
    image = stream(
        zlib.compress(bytes(1_000_000), 9),
        b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
        b"/Filter /FlateDecode",
    )
    made = page_of(b"q 500 0 0 500 0 0 cm /P Do Q", image, drawing, resources=b"/XObject << /P 5 0 R >>")
    return made.replace(b"/Contents 4 0 R", b"/Contents [4 0 R 6 0 R]")


def cleanable() -> Iterator[tuple[str, bytes]]:
    """PDFs with something in them that must not be kept."""
    yield "a page that is a photograph", scanned()
    yield "a telling page", telling()
    yield "a page that is ZIP too", scanned() + zipped()
    yield "a page of a billboard", page_of(b"1 0 0 rg 0 0 9000 9000 re f", size=(14_400, 14_400))
    yield "fifty pages", of_pages(50)
    yield "pictures that Pillow put into a PDF", saved(photo(), "PDF", save_all=True, append_images=[noise(64, 48)])


def refusable() -> Iterator[tuple[str, bytes, str]]:
    """PDFs that are not taken, with a word of why."""
    yield "locked", locked(), "locked"
    yield "fifty-one pages", of_pages(51), "too many pages"
    yield "no page", pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]), "opened"
    yield "a head alone", b"%PDF-1.7\n", "could not be opened"
    yield "broken", b"%PDF-1.7\n" + bytes(range(256)) * 40, "could not be opened"
