"""Pictures as they come from telephones, and files that only look like pictures. All are made here, by code."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

from PIL import Image, ImageCms, ImageDraw
from PIL.Image import Exif
from PIL.PngImagePlugin import PngInfo

MARK = b"ZQXJ-marker-7719"
"""Put into every corner of an original; no kept picture may hold it."""
GPS, ORIENTATION = 0x8825, 0x0112


def photo(width: int = 320, height: int = 240) -> Image.Image:
    """Something with edges and a calm part."""
    image = Image.new("RGB", (width, height), (90, 140, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 2 // 3, width, height), fill=(180, 150, 90))
    draw.ellipse((width // 8, height // 8, width // 3, height // 2), fill=(240, 220, 60))
    return image


def noise(width: int, height: int) -> Image.Image:
    """What compresses worst."""
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    """The file."""
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def exif(orientation: int = 1) -> Exif:
    """What a telephone notes: where, who, with what, and how it was held."""
    notes = Exif()
    notes[ORIENTATION] = orientation
    notes[0x010F] = "Camera " + MARK.decode()  # maker
    notes[0x013B] = "Somebody " + MARK.decode()  # artist
    notes[0x9286] = "Comment " + MARK.decode()
    notes.get_ifd(GPS).update({1: "N", 2: (4.0, 51.0, 12.25), 3: "E", 4: (31.0, 34.0, 8.5), 29: "2026:03:04"})
    return notes


def xmp() -> bytes:
    """A packet that names the author."""
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf>' + MARK + b"</rdf></x:xmpmeta>"


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with the right sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def swapped_profile() -> bytes:
    """A colour profile in which what is called red is green: shown without it, the picture is wrong.

    Made of the sRGB profile by exchanging two entries of its table, so that it is a whole profile otherwise.
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    places = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    for one, other in ((b"rXYZ", b"gXYZ"), (b"rTRC", b"gTRC")):
        profile[places[one] : places[one] + 4], profile[places[other] : places[other] + 4] = other, one
    return bytes(profile)


def phone_jpeg(orientation: int = 1) -> bytes:
    """A JPEG with everything that gives somebody away."""
    thumbnail = saved(photo(64, 48), "JPEG", comment=MARK)
    plain = saved(photo(), "JPEG", exif=exif(orientation), xmp=xmp(), comment=MARK, quality=90)
    more = segment(0xED, b"Photoshop 3.0\0" + MARK) + segment(0xEF, thumbnail) + segment(0xEC, b"Ducky" + MARK)
    return plain[:2] + more + plain[2:] + b"trailing" + MARK


def telling_png() -> bytes:
    """A PNG with text, time, EXIF and bytes after its end."""
    info = PngInfo()
    info.add_text("Author", MARK.decode())
    info.add_text("Comment", MARK.decode() * 20, zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp().decode())
    return saved(photo(), "PNG", pnginfo=info, exif=exif()) + MARK


def telling_webp() -> bytes:
    """A WebP with EXIF and XMP."""
    return saved(photo(), "WEBP", exif=exif(), xmp=xmp(), quality=90) + MARK


def zipped() -> bytes:
    """An archive; its directory is at the end, so anything may stand before it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", b"<script>alert(1)</script>" + MARK)
    return out.getvalue()


def animated(kind: str) -> bytes:
    """Two frames: the second one is red."""
    return saved(photo(), kind, save_all=True, append_images=[Image.new("RGB", (320, 240), "red")], duration=100)


def several_in_one() -> bytes:
    """An MPO, as many telephones write: two JPEGs in a file."""
    return saved(photo(), "MPO", save_all=True, append_images=[noise(64, 48)])


def see_through() -> Image.Image:
    """A palette in which one colour is not there."""
    image = Image.new("P", (60, 40), 0)
    image.putpalette([0, 0, 0, 200, 30, 30])
    image.paste(1, (0, 0, 30, 40))
    image.info["transparency"] = 0
    return image


def cleanable() -> Iterator[tuple[str, bytes]]:
    """Files that are pictures, each with something that must not be kept or is hard to read."""
    yield "a telephone's JPEG", phone_jpeg()
    yield "a telling PNG", telling_png()
    yield "a telling WebP", telling_webp()
    for name, tail in (("ZIP", zipped()), ("HTML", b"<html><script>1</script>" + MARK), ("PHP", b"<?php" + MARK)):
        yield f"a JPEG that is {name} too", saved(photo(), "JPEG") + tail
        yield f"a PNG that is {name} too", saved(photo(), "PNG") + tail
    yield "PHP in a comment", saved(photo(), "JPEG", comment=b"<?php system($_GET[0]); ?>" + MARK)
    yield "CMYK", saved(photo().convert("CMYK"), "JPEG", comment=MARK)
    yield "grey", saved(photo().convert("L"), "JPEG")
    yield "black and white", saved(photo().convert("1"), "PNG")
    yield "grey of sixteen bits", saved(Image.new("I;16", (80, 60), 40_000), "PNG")
    yield "grey with transparency", saved(photo().convert("LA"), "PNG")
    yield "palette", saved(photo().quantize(16), "PNG")
    yield "palette with transparency", saved(see_through(), "PNG")
    yield "a broken profile", saved(photo(), "JPEG", icc_profile=b"not a profile" + MARK)
    yield "a profile that lies about its length", saved(photo(), "PNG", icc_profile=b"\xff" * 200 + MARK)
    yield "broken EXIF", saved(photo(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff" + MARK)
    yield "progressive", saved(photo(), "JPEG", progressive=True)
    yield "one pixel", saved(photo(1, 1), "PNG")
    yield "very wide", saved(photo(6000, 3), "PNG")
    yield "MPO", several_in_one()
    yield "moving WebP", animated("WEBP")
    yield "moving PNG", animated("PNG")
    yield "lossless WebP", saved(photo(), "WEBP", lossless=True)


def png_head(width: int, height: int, *, bits: int = 8, colours: int = 2) -> bytes:
    """The beginning of a PNG that says how large it is."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, bits, colours, 0, 0, 0))


def png_bomb() -> bytes:
    """A small file that unpacks to ten thousand times ten thousand pixels of one colour."""
    row = b"\0" + bytes(10_000 // 8)
    packed = zlib.compress(row * 10_000, 9)
    return png_head(10_000, 10_000, bits=1, colours=0) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def lying_jpeg() -> bytes:
    """A JPEG whose frame says 65500 by 65500."""
    plain = saved(photo(), "JPEG")
    at = plain.index(b"\xff\xc0")
    return plain[: at + 5] + struct.pack(">2H", 65_500, 65_500) + plain[at + 9 :]


def lying_webp() -> bytes:
    """A WebP whose canvas says 16384 by 16384."""
    plain = bytearray(saved(photo().convert("RGBA"), "WEBP", exif=exif()))
    plain[24:30] = b"\xff\x3f\x00\xff\x3f\x00"
    return bytes(plain)


def refusable() -> Iterator[tuple[str, bytes]]:
    """Files that are no picture of ours, or one that nobody should open."""
    huge = zlib.compress(bytes(60_000_000), 9)
    plain = saved(photo(), "PNG")
    after_head = 33
    yield "nothing", b""
    yield "one byte", b"\xff"
    yield "words", b"This is not a picture."
    yield "HTML called .jpg", b"<!doctype html><script>alert(1)</script>"
    yield "SVG", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "GIF", saved(photo(), "GIF")
    yield "BMP", saved(photo(), "BMP")
    yield "TIFF", saved(photo(), "TIFF")
    yield "PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n"
    yield "PDF", saved(photo(), "PDF")
    yield "ZIP first", zipped() + saved(photo(), "JPEG")
    yield "PNG bomb", png_bomb()
    yield "PNG that says it is huge", png_head(2_000_000_000, 2_000_000_000) + plain[after_head:]
    yield "PNG without a side", png_head(0, 10) + plain[after_head:]
    yield "JPEG that says it is huge", lying_jpeg()
    yield "WebP that says it is huge", lying_webp()
    yield "JPEG of more pixels than are opened", saved(Image.new("L", (8000, 7000)), "JPEG")
    yield "long and thin", saved(Image.new("L", (30_000, 2)), "PNG")
    yield "text bomb", plain[:after_head] + chunk(b"zTXt", b"a\0\0" + huge) + plain[after_head:]
    yield "profile bomb", plain[:after_head] + chunk(b"iCCP", b"a\0\0" + huge) + plain[after_head:]
    yield "PNG with a wrong sum", plain[:40] + bytes((plain[40] ^ 255,)) + plain[41:]
    yield "JPEG head alone", saved(photo(), "JPEG")[:300]
