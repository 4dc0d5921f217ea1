"""Evidence leaves the darkroom drawn anew, or not at all: nothing of the file that was sent comes with it."""

import asyncio
import io
import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from server.darkroom import agreed, safe_copies, walls
from server.darkroom.safe_copies import SafeCopies, SafeCopy
from server.darkroom.workshop import nothing_but_a_drawing
from server.errors import Sentence
from tests.attack import originals, papers
from tests.attack.originals import MARK, noise, phone_jpeg, photo, saved
from tests.attack.test_hostile_pictures import STRUCTURE, TELLING, exiftool

PICTURES = dict(originals.cleanable())
PAPERS = dict(papers.cleanable())
NOT_OPENED = {
    name: raw for name, raw in originals.refusable() if name not in ("PDF", "JPEG of more pixels than are opened")
}
OF_A_PDF = {"PDFVersion", "Linearized", "PageCount"}


def copies(*originals_: bytes, shop: SafeCopies | None = None) -> list[SafeCopy | Sentence]:
    found = shop or SafeCopies(at_once=2, most_pages=50)
    try:
        return asyncio.run(found.made(originals_))
    finally:
        found.close()


def copy_of(original: bytes) -> SafeCopy:
    (made,) = copies(original)
    assert isinstance(made, SafeCopy), made
    return made


def why_not(original: bytes, **how: object) -> Sentence:
    (made,) = copies(original, shop=SafeCopies(at_once=1, most_pages=50, **how) if how else None)
    assert isinstance(made, Sentence)
    return made


def tags(content: Sequence[bytes], folder: Path) -> list[set[str]]:
    """What exiftool finds in each of these, in one run."""
    for number, one in enumerate(content):
        (folder / f"{number:03}.{'pdf' if one.startswith(b'%PDF') else 'jpg'}").write_bytes(one)
    listed = subprocess.run([exiftool(), "-json", "-a", "-u", "-ee", str(folder)], capture_output=True, check=True)
    found = json.loads(listed.stdout)
    assert len(found) == len(content)
    return [set(one) for one in sorted(found, key=lambda one: one["SourceFile"])]


def test_a_photograph_keeps_its_size_and_nothing_else(tmp_path: Path) -> None:
    names = list(PICTURES)
    made = copies(*PICTURES.values())
    for name, copy in zip(names, made, strict=True):
        assert isinstance(copy, SafeCopy), name
        image = Image.open(io.BytesIO(copy.content))
        image.load()
        assert (image.format, image.mode) == ("JPEG", "RGB"), name
        assert [sign for sign in TELLING if sign in copy.content] == [], name
        assert nothing_but_a_drawing(copy.content), name
    for name, found in zip(names, tags([copy.content for copy in made], tmp_path), strict=True):
        assert found - STRUCTURE == set(), name
    assert Image.open(io.BytesIO(copy_of(saved(photo(3000, 2000), "JPEG")).content)).size == (3000, 2000)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_as_the_camera_was_held(orientation: int) -> None:
    turned = copy_of(saved(photo(60, 40), "JPEG", exif=originals.exif(orientation)))
    assert Image.open(io.BytesIO(turned.content)).size == ((60, 40) if orientation < 5 else (40, 60))


def test_what_an_original_is_called_is_read_from_its_first_bytes() -> None:
    wanted = {"jpg": phone_jpeg(), "png": PNG, "webp": saved(photo(9, 9), "WEBP"), "pdf": papers.scanned()}
    assert {safe_copies.suffix_of(raw): raw for raw in wanted.values()} == wanted
    assert safe_copies.suffix_of(b"") == safe_copies.suffix_of(b"MZ") == "bin"


def test_a_paper_becomes_pictures_of_its_pages(tmp_path: Path) -> None:
    names = list(PAPERS)
    made = copies(*PAPERS.values())
    for name, copy in zip(names, made, strict=True):
        assert isinstance(copy, SafeCopy), (name, copy)
        assert [
            sign for sign in (*TELLING, b"/AF", b"/Names", b"/JavaScript", b"/Info") if sign in copy.content
        ] == [], name
        assert copy.content.endswith(b"%%EOF\n"), name
    for name, found in zip(names, tags([copy.content for copy in made], tmp_path), strict=True):
        assert found - STRUCTURE - OF_A_PDF == set(), name
    pages = pypdfium2.PdfDocument(bytes(made[names.index("fifty pages")].content))
    assert len(pages) == 50
    first = pypdfium2.PdfDocument(bytes(made[names.index("a telling page")].content))
    assert [round(side) for side in first[0].get_size()] == list(papers.A4)
    red = first[0].render(scale=1).to_pil().getpixel((200, 842 - 200))
    assert red[0] > 200 > 60 > red[1], "how the page looks is kept"


@pytest.mark.parametrize("name", NOT_OPENED)
def test_what_is_no_picture_is_refused(name: str) -> None:
    assert "%(name)s" in why_not(NOT_OPENED[name]).english


def test_a_paper_that_cannot_be_drawn_is_refused_in_its_own_words() -> None:
    refused = list(papers.refusable())
    for (name, _, word), why in zip(refused, copies(*(raw for _, raw, _ in refused)), strict=True):
        assert isinstance(why, Sentence), name
        assert word in why.english, name


@pytest.mark.parametrize("name", ["laughing", "swollen"])
def test_a_bomb_of_a_paper_ends_in_its_time_and_memory(name: str) -> None:
    (made,) = copies(getattr(papers, name)(), shop=SafeCopies(at_once=1, most_pages=50, wall_seconds=1.5))
    if isinstance(made, SafeCopy):
        assert len(made.content) < 10_000_000
    else:
        assert made in (safe_copies.NO_TIME, safe_copies.UNREADABLE, safe_copies.TOO_LARGE)


def test_more_pixels_than_forty_million_are_not_opened() -> None:
    assert why_not(saved(Image.new("L", (8000, 5001)), "JPEG")) == safe_copies.TOO_LARGE
    assert isinstance(copies(saved(Image.new("L", (8000, 5000)), "JPEG"))[0], SafeCopy)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_that_was_cut_is_never_taken_for_a_whole_one(kind: str) -> None:
    whole = saved(noise(90, 60), kind)
    made = copies(*(whole[: len(whole) * tenth // 10] for tenth in range(10)), whole)
    assert [isinstance(one, SafeCopy) for one in made] == [False] * 10 + [True]


class Saying(SafeCopies):
    """A child that was taken over, and says whatever it likes."""

    says = b""

    def _command(self, kind: str) -> Sequence[str]:
        return ("/bin/sh", "-c", 'cat >/dev/null; printf "$0"', "".join(f"\\{byte:03o}" for byte in self.says))


def said_by_a_child(says: bytes, original: bytes = phone_jpeg()) -> SafeCopy | Sentence:
    shop = Saying(at_once=1, most_pages=2)
    shop.says = says
    return copies(original, shop=shop)[0]


def test_nothing_that_a_child_says_is_believed() -> None:
    sound = bytes(copy_of(saved(photo(40, 30), "JPEG")).content)
    page = agreed.PAGE.pack(40, 30, len(sound)) + sound
    head = agreed.ANSWER.pack(agreed.MAGIC, b"K", 1)
    assert isinstance(said_by_a_child(head + page), SafeCopy), "the test itself speaks as a child does"
    lies = [
        b"",
        head,
        head[:-1],
        head + page[:10],
        head + page[:-1],
        head + page + b"<script>",
        head + agreed.PAGE.pack(40, 30, len(PNG)) + PNG,
        head + agreed.PAGE.pack(40, 30, 2**32 - 1) + sound,
        head + agreed.PAGE.pack(0, 30, len(sound)) + sound,
        head + agreed.PAGE.pack(2**31, 2**31, len(sound)) + sound,
        head + agreed.PAGE.pack(40, 30, len(sound) + 20) + sound[:2] + b"\xff\xe1\x00\x12" + MARK[:16] + sound[2:],
        agreed.ANSWER.pack(agreed.MAGIC, b"K", 0),
        agreed.ANSWER.pack(agreed.MAGIC, b"K", 2) + page,
        agreed.ANSWER.pack(agreed.MAGIC, b"K", 3) + page * 3,
        agreed.ANSWER.pack(b"XXXX", b"K", 1) + page,
        agreed.ANSWER.pack(agreed.MAGIC, b"?", 1) + page,
    ]
    for number, lie in enumerate(lies):
        assert isinstance(said_by_a_child(lie), Sentence), number
        assert isinstance(said_by_a_child(lie, papers.scanned()), Sentence) or lie[5:9] == (2).to_bytes(4, "big"), (
            number
        )


PNG = saved(photo(9, 9), "PNG")


def test_a_child_that_says_nothing_in_time_is_no_picture() -> None:
    class Silent(SafeCopies):
        def _command(self, kind: str) -> Sequence[str]:
            return ("/bin/sleep", "30")

    shop = Silent(at_once=1, most_pages=1, wall_seconds=0.6)
    assert copies(phone_jpeg(), phone_jpeg(), shop=shop) == [safe_copies.NO_TIME] * 2


def test_a_process_that_a_child_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    class Leaving(SafeCopies):
        def _command(self, kind: str) -> Sequence[str]:
            return ("/bin/sh", "-c", 'sleep 20 & echo $! > "$0"; exit 0', str(tmp_path / "left"))

    begun = time.monotonic()
    assert copies(phone_jpeg(), shop=Leaving(at_once=1, most_pages=1, wall_seconds=0.6)) == [safe_copies.NO_TIME]
    assert time.monotonic() - begun < 10, "it held the pipe open"


def test_where_no_walls_can_be_built_no_paper_is_opened() -> None:
    shop = SafeCopies(at_once=1, most_pages=50)
    shop._walls = False
    taken, refused = copies(phone_jpeg(), papers.scanned(), shop=shop)
    assert isinstance(taken, SafeCopy)
    assert refused == safe_copies.UNREADABLE


@pytest.mark.parametrize("kind", ["photograph", "paper"])
def test_a_child_can_open_nothing_and_write_nothing(kind: str) -> None:
    """The very child, asked from within: after the door is closed no file and no socket opens, nor a new process.

    Not even in the place of a file that it closes itself.
    """
    if not walls.possible():
        pytest.skip("this kernel has no Landlock: a photograph has the limits alone, and a PDF is not taken")
    tries = (
        "import os, resource, signal, socket, sys, threading\n"
        "sys.path.append(sys.argv[1])\n"
        "from server.darkroom import evidence\n"
        "def tried(act):\n"
        "    try:\n"
        "        act()\n"
        "    except OSError:\n"
        "        return 'no'\n"
        "    return 'yes'\n"
        "acts = (lambda: open('/etc/hostname'), socket.socket, os.pipe, lambda: os.open('/tmp', os.O_RDONLY))\n"
        "def spoken(pages, write):\n"
        "    shut = [tried(act) for act in acts]\n"
        "    os.close(0), os.close(2)\n"
        "    shut += [tried(act) for act in (acts[0], acts[1], acts[3], lambda: os.open('/usr', os.O_RDONLY),"
        " lambda: open('/proc/1/environ'), lambda: signal.pthread_kill(threading.get_ident(), 0), os.setsid,"
        " lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CORE))]\n"
        "    write(' '.join(shut).encode())\n"
        "evidence.answer = spoken\n"
        "evidence.main(*sys.argv[2:])\n"
    )
    command = (safe_copies.sys.executable, "-I", "-B", "-c", tries, safe_copies.ROOT, kind, "50")
    said = subprocess.run(command, input=b"x", capture_output=True, env={}, cwd="/", check=True).stdout
    assert said.split() == [b"no"] * 12
