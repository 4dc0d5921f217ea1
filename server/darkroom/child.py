"""Opens one picture and draws it anew, in a process of its own that knows nothing and may do nothing.

The server runs this with `python -I`, gives it the original on standard input and reads the answer on standard
output. Everything is imported first; then no file and no socket can be opened any more, so that a picture that takes
this process over finds an empty room. Only the standard library, Pillow and the walls.

The answer is MAGIC, a letter (K: a picture follows; anything else says why not), three numbers (width,
height, memory of this process in KiB) and the JPEG.
"""

import os
import resource
import struct
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

from PIL import (
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from server.darkroom import walls

MAGIC = b"BZP1"
ANSWER = struct.Struct(">4sc3I")
MOST_BYTES = 16 * 1024 * 1024
"""More than any form may carry."""
LONGEST_SIDE = 1280
"""Pixels of the picture that is kept."""
MOST_SIDE = 20_000
MOST_PIXELS = {"JPEG": 50_000_000, "MPO": 50_000_000, "PNG": 9_000_000, "WEBP": 9_000_000}
"""JPEG can be opened at a half, a quarter or an eighth of its size; the others need memory for every pixel, some
of them three times. A screen of 3840 × 2160 and a scanned page fit."""
MOST_ICC_BYTES = 1_000_000
QUALITIES = (78, 64, 50)
ENOUGH_BYTES = 350_000
"""A picture that is heavier is drawn again more coarsely: somebody pays for every kilobyte."""
ADDRESS_SPACE = 320 * 1024 * 1024
"""Python and Pillow have about 90 MB of it from the start; the rest bounds the memory for one picture."""
CPU_SECONDS = 5
ORIENTATION = 0x0112
TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
READERS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Imported before the door closes. TIFF is how EXIF is written; it is not among the formats that are opened."""


class TooManyPixels(Exception):
    """The picture says of itself that it is larger than what is opened."""


def confine(address_space: int = ADDRESS_SPACE, cpu_seconds: int = CPU_SECONDS) -> None:
    """Give up what a picture does not need. Soft and hard limit are the same, so nothing can be taken back.

    The limits alone leave a way out: whoever closes one of the three open files can open another in its place.
    """
    Image.preinit()  # imports what Image.open would import later, when no file can be opened any more
    if walls.possible():
        walls.build(())
    for limit, value in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),  # in, out and errors are open; nothing else ever is
    ):
        resource.setrlimit(limit, (value, value))


def dimensions_of_webp(original: bytes) -> tuple[int, int]:
    """Width and height as the head says, before a decoder makes room for them. Zeros for no such head."""
    kind, body = original[12:16], original[20:30]
    if len(body) < 10:
        return 0, 0
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF


def fits_a_side(width: int, height: int) -> bool:
    """Whether it is neither longer nor wider than anything that is opened."""
    return max(width, height) <= MOST_SIDE


def check_size(kind: str, width: int, height: int) -> None:
    """Raises TooManyPixels."""
    if not fits_a_side(width, height) or width * height > MOST_PIXELS[kind]:
        raise TooManyPixels


def fitting(width: int, height: int) -> tuple[int, int]:
    """The size that is kept: never larger than it was."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def opened(original: bytes) -> ImageFile.ImageFile:
    """The first frame, at about the size that is needed. What the file is called does not matter."""
    Image.MAX_IMAGE_PIXELS = max(MOST_PIXELS.values())
    if original[:4] == b"RIFF" and original[8:12] == b"WEBP":
        check_size("WEBP", *dimensions_of_webp(original))
    image = Image.open(BytesIO(original), formats=["JPEG", "PNG", "WEBP"])
    check_size(image.format or "", *image.size)
    image.draft(None, fitting(*image.size))  # type: ignore[arg-type]  # None leaves the colours as they are
    image.load()
    return image


def in_few_modes(image: Image.Image) -> Image.Image:
    """The same in a mode that keeps colours and transparency."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")  # sixteen bits of grey
    if image.mode not in ("L", "RGB", "CMYK"):
        see_through = "A" in image.mode or "transparency" in image.info
        return image.convert("RGBA" if see_through else "RGB")
    return image.convert("RGBA") if "transparency" in image.info else image


def small(image: Image.Image) -> Image.Image:
    """The picture at its last size."""
    return in_few_modes(image).resize(fitting(*image.size), Image.Resampling.LANCZOS, reducing_gap=2.0)


def on_white(image: Image.Image) -> Image.Image:
    """Without transparency."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _srgb() -> ImageCms.ImageCmsProfile:
    make: Callable[[str], Any] = cast(Any, ImageCms).createProfile  # Pillow does not say what it gives
    return ImageCms.ImageCmsProfile(make("sRGB"))


def in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The colours as every screen shows them. A profile that cannot be used is taken for sRGB."""
    if isinstance(profile, bytes) and 0 < len(profile) <= MOST_ICC_BYTES:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            turned = ImageCms.profileToProfile(image, source, _srgb(), outputMode="RGB")
            if turned is not None:
                return turned
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB")


def upright(image: Image.Image, orientation: object) -> Image.Image:
    """Turned as the camera was held."""
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def orientation_of(image: Image.Image) -> object:
    """What the camera noted; nothing else of its notes is looked at."""
    try:
        return cast(object, image.getexif().get(ORIENTATION))
    except Exception:  # notes can be broken in many ways, and a picture without them is still a picture
        return None


def drawn(image: Image.Image) -> bytes:
    """A new JPEG of nothing but the pixels."""
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    made = b""
    for quality in QUALITIES:
        out = BytesIO()
        bare.save(out, "JPEG", quality=quality, progressive=True, optimize=True)
        made = out.getvalue()
        if len(made) <= ENOUGH_BYTES:
            break
    return made


def cleaned(original: bytes) -> tuple[tuple[int, int], bytes]:
    """Size and bytes of the picture as it is kept."""
    image = opened(original)
    orientation, profile = orientation_of(image), image.info.get("icc_profile")
    made = upright(in_srgb(on_white(small(image)), profile), orientation)
    return made.size, drawn(made)


def answer(original: bytes, write: Callable[[bytes], object], memory: Callable[[], int]) -> None:
    """Say what became of it, and what it took."""
    verdict, size, made = b"N", (0, 0), b""
    try:
        size, made = cleaned(original)
        verdict = b"K"
    except (TooManyPixels, Image.DecompressionBombError, Image.DecompressionBombWarning):
        verdict = b"L"
    except MemoryError:
        verdict = b"M"
    except Exception:  # whatever a hostile file makes a decoder say, it is no picture for us
        verdict = b"N"
    write(ANSWER.pack(MAGIC, verdict, *size, memory()) + made)


def peak_memory() -> Callable[[], int]:
    """Tells the most memory, in KiB, that this process has had. To be made before files are out of reach.

    From the kernel's page about this very program: what getrusage tells begins with the size of the server
    that started it.
    """
    try:
        status = open("/proc/self/status", "rb", buffering=0)  # noqa: SIM115  stays open as long as the process
    except OSError:
        return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def peak() -> int:
        status.seek(0)
        lines = status.read(8192).splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(b"VmHWM:")), 0)

    return peak


def main() -> None:
    """Read, draw, answer; then end at once, without tidying up."""
    memory = peak_memory()
    confine()
    original = sys.stdin.buffer.read(MOST_BYTES + 1)
    answer(original if len(original) <= MOST_BYTES else b"", sys.stdout.buffer.write, memory)
    sys.stdout.buffer.flush()
    os._exit(0)
