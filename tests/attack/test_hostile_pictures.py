"""A picture leaves the darkroom as a new one, or not at all; nothing of the original file comes with it."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from server.darkroom import child, walls, workshop
from server.darkroom.workshop import CleanPicture, Workshop, nothing_but_a_drawing
from server.errors import Invalid, TooFast
from tests.attack import originals
from tests.attack.originals import MARK, noise, phone_jpeg, photo, saved
from tests.conftest import missing

CLEANABLE = dict(originals.cleanable())
REFUSABLE = dict(originals.refusable())
TELLING = (MARK, b"Exif", b"http", b"ICC_PROFILE", b"Photoshop", b"Ducky", b"xmpmeta", b"<?php", b"PK\x03\x04", b"acsp")
STRUCTURE = {
    *("SourceFile", "ExifToolVersion", "FileName", "Directory", "FileSize", "FileModifyDate", "FileAccessDate"),
    *("FileInodeChangeDate", "FilePermissions", "FileType", "FileTypeExtension", "MIMEType", "JFIFVersion"),
    *("ResolutionUnit", "XResolution", "YResolution", "ImageWidth", "ImageHeight", "EncodingProcess"),
    *("BitsPerSample", "ColorComponents", "YCbCrSubSampling", "ImageSize", "Megapixels"),
}
"""What any JPEG has: how it is to be drawn, and what the file system says of the test's own file."""
MOST_CHILD_KIB = 120 * 1024


def developed(original: bytes) -> CleanPicture:
    return Workshop(at_once=1, waiting=0).cleaned(original)


def pixels(clean: CleanPicture) -> Image.Image:
    image = Image.open(io.BytesIO(clean.content))
    image.load()
    return image


def exiftool() -> str:
    found = shutil.which("exiftool")
    if found is None:
        missing("exiftool (libimage-exiftool-perl)")
    assert found is not None
    return found


@pytest.mark.parametrize("name", CLEANABLE)
def test_a_kept_picture_holds_nothing_of_the_original(name: str, tmp_path: Path) -> None:
    clean = developed(CLEANABLE[name])
    image = pixels(clean)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (clean.width, clean.height))
    assert max(image.size) <= 1280
    assert [sign for sign in TELLING if sign in clean.content] == []
    assert nothing_but_a_drawing(clean.content)
    file = tmp_path / "kept.jpg"
    file.write_bytes(clean.content)
    listed = subprocess.run([exiftool(), "-json", "-a", "-u", str(file)], capture_output=True, check=True).stdout
    assert set(json.loads(listed)[0]) - STRUCTURE == set()


@pytest.mark.parametrize("name", REFUSABLE)
def test_what_is_no_picture_is_refused_in_plain_words(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        developed(REFUSABLE[name])
    assert refused.value.sentence in (workshop.UNREADABLE, workshop.TOO_MANY_PIXELS)
    assert refused.value.field == "image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_off_anywhere_is_cleaned_or_refused(kind: str) -> None:
    whole = saved(noise(90, 60), kind)
    for tenth in range(10):
        with pytest.raises(Invalid):
            developed(whole[: len(whole) * tenth // 10])
    assert developed(whole).width == 90


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_the_camera_was_held(orientation: int) -> None:
    """Red in the corner where the top left of the scene is, however the file is turned."""
    scene = Image.new("RGB", (120, 80), "white")
    scene.paste((220, 20, 20), (0, 0, 40, 30))
    turn = child.TURNS.get(orientation)
    undo = {
        Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
        Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
    }
    as_filed = scene if turn is None else scene.transpose(undo.get(turn, turn))
    image = pixels(developed(saved(as_filed, "JPEG", exif=originals.exif(orientation), quality=95)))
    assert image.size == (120, 80)
    red, green, _ = image.getpixel((10, 10))  # type: ignore[misc]  # a pixel of RGB
    assert red > 150 > green
    assert min(image.getpixel((110, 70))) > 200  # type: ignore[type-var]


def test_colours_are_as_the_profile_says() -> None:
    red_called_green = saved(Image.new("RGB", (40, 40), (230, 20, 20)), "PNG", icc_profile=originals.swapped_profile())
    red, green, _ = pixels(developed(red_called_green)).getpixel((20, 20))  # type: ignore[misc]
    assert green > 180 > red


def test_what_is_see_through_becomes_white() -> None:
    clean = pixels(developed(saved(originals.see_through(), "PNG")))
    assert min(clean.getpixel((50, 20))) > 240  # type: ignore[type-var]
    assert clean.getpixel((10, 20))[0] > 150  # type: ignore[index]


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    for kind in ("WEBP", "PNG"):
        red, _, blue = pixels(developed(originals.animated(kind))).getpixel((300, 10))  # type: ignore[misc]
        assert blue > red


def test_sixteen_bits_of_grey_keep_their_lightness() -> None:
    grey = pixels(developed(CLEANABLE["grey of sixteen bits"])).getpixel((5, 5))[0]  # type: ignore[index]
    assert abs(grey - 40_000 // 256) < 4


def test_a_large_photo_of_a_telephone_needs_little_memory(tmp_path: Path) -> None:
    """Asked of the kernel about the child alone, started by a small process that has never been larger."""
    grain = noise(2000, 1500).resize((4000, 3000), Image.Resampling.BICUBIC)
    ask = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[2:], stdin=open(sys.argv[1], 'rb'), stdout=subprocess.DEVNULL, env={}, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    for how in ({"progressive": False}, {"progressive": True}):
        original = saved(grain, "JPEG", quality=75, exif=originals.exif(6), **how)
        assert 4_000_000 < len(original) < 7_000_000
        clean = developed(original)
        assert (clean.width, clean.height) == (960, 1280)
        assert clean.child_kib < MOST_CHILD_KIB
        file = tmp_path / "photo.jpg"
        file.write_bytes(original)
        said = subprocess.run(
            [sys.executable, "-I", "-S", "-c", ask, str(file), *workshop.COMMAND], capture_output=True, check=True
        )
        assert int(said.stdout) < MOST_CHILD_KIB


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_largest_screenshot_needs_bounded_memory(kind: str) -> None:
    """These have to be opened whole, transparency and all."""
    screen = photo(3840, 2160).convert("RGBA")
    assert developed(saved(screen, kind)).child_kib < 200 * 1024


# The child, and those who do not trust it -----------------------------------------------------------------


def confined(code: str) -> subprocess.CompletedProcess[str]:
    """Run something in the state in which a picture is opened."""
    if not walls.possible():
        pytest.skip("this kernel has no Landlock: a picture has the limits alone")
    enter = f"import sys; sys.path.append({workshop.ROOT!r}); from server.darkroom import child; child.confine(); "
    return subprocess.run(
        [sys.executable, "-I", "-B", "-c", enter + code], capture_output=True, text=True, env={}, check=False
    )


@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/hostname')",
        "import socket; socket.socket()",
        "import os; os.pipe()",
        "import os; os.close(0); open('/etc/hostname')",
        "import os; os.close(0); open('/usr/bin/env')",
        "bytearray(400 * 1024 * 1024)",
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))"
        if os.geteuid()
        else "open('/etc/hosts')",
    ],
)
def test_the_child_can_open_nothing_and_take_nothing(act: str) -> None:
    assert confined("print('here')").stdout == "here\n"
    result = confined(act)
    assert result.returncode != 0
    refusals = ("Too many open files", "MemoryError", "not allowed", "No module", "denied", "not permitted")
    assert any(word in result.stderr for word in refusals)


def test_the_child_is_stopped_by_its_own_clock() -> None:
    assert child.CPU_SECONDS <= 5
    result = confined("import resource; print(*resource.getrlimit(resource.RLIMIT_CPU))")
    assert result.stdout.split() == ["5", "5"]


def played(monkeypatch: pytest.MonkeyPatch, code: str) -> Workshop:
    """A workshop whose child does this instead."""
    monkeypatch.setattr(workshop, "COMMAND", (sys.executable, "-I", "-S", "-c", code))
    return Workshop(at_once=1, waiting=0, wall_seconds=1.0)


READ = "import sys, struct, os; sys.stdin.buffer.read(); say = sys.stdout.buffer.write; "
HEAD = "struct.pack('>4sc3I', b'BZP1', b'K', 8, 8, 1)"
CARRIER = saved(photo(8, 8), "JPEG", comment=MARK)


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.abort()",
        "import os; os._exit(3)",
        "while True: pass",
        "import sys; sys.stdin.close(); import time; time.sleep(60)",
        READ + "say(b'x' * 9_000_000)",
        READ + "say(b'BZP1')",
        READ + f"say({HEAD} + b'<script>')",
        READ + f"say({HEAD} + bytes.fromhex('{CARRIER.hex()}'))",
        READ + f"say({HEAD.replace('8, 8', '9000, 8')} + bytes.fromhex('{saved(photo(8, 8), 'JPEG').hex()}'))",
        READ + f"say({HEAD} + bytes.fromhex('{saved(photo(8, 8), 'JPEG').hex()}') + b'tail')",
    ],
)
def test_a_child_that_dies_hangs_or_lies_means_no_picture(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = played(monkeypatch, code)
    with pytest.raises(Invalid) as refused:
        shop.cleaned(phone_jpeg())
    assert refused.value.sentence == workshop.UNREADABLE
    with pytest.raises(Invalid):
        shop.cleaned(phone_jpeg())  # and its place is free again


def test_a_child_that_tells_the_truth_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    code = READ + f"say({HEAD} + bytes.fromhex('{saved(photo(8, 8), 'JPEG').hex()}'))"
    assert played(monkeypatch, code).cleaned(b"").width == 8


def test_more_than_a_few_at_once_are_told_to_come_back() -> None:
    shop = Workshop(at_once=1, waiting=0)
    with shop._places, pytest.raises(TooFast) as refused:
        shop.cleaned(phone_jpeg())
    assert refused.value.retry_after > 0
    assert shop.cleaned(phone_jpeg()).width == 320


def test_the_child_gets_no_environment_and_no_open_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it could see, it says in place of a picture."""
    told: list[bytes] = []
    monkeypatch.setattr(workshop, "_taken", told.append)
    monkeypatch.setenv("BARAZA_SECRET", "1")
    with (tmp_path / "key").open("w") as key:
        os.set_inheritable(key.fileno(), True)
        code = "import os, sys; sys.stdin.read(); print(sorted(os.environ), os.getcwd(), os.listdir('/proc/self/fd'))"
        played(monkeypatch, code).cleaned(b"")
    said = told[0].decode()
    assert "BARAZA" not in said
    assert "PATH" not in said
    assert said.split("] ", 1)[1].startswith("/ ")
    assert len(said.rpartition("[")[2].split(",")) == 4  # in, out, errors, and the listing itself
