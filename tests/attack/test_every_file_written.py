"""What the system itself says was written: every file that the running server opens for writing is in the map of files.

`strace` looks on from outside while people join, write, send a picture, tell something at the door and read it at a
desk. So nothing that is typed or sent lies anywhere that no entry explains, not even for a moment.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from wave import open as wave_file

import pytest
from PIL import Image

from server import kept_files
from server.places import CHECKOUT, shipped
from tests.attack.papers import scanned
from tests.attack.test_a_crowd_at_the_door import Phone
from tests.browser.houses import Demo, demonstration
from tests.conftest import missing
from tests.private.scene import hidden, send, send_in_parts, told, words

CALLS = "openat,openat2,open,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,memfd_create,truncate"
OPENED = re.compile(r'(?:openat2?\([^,]+, |open\()"((?:[^"\\]|\\.)*)", ([^)]*)')
PLACED = re.compile(r'(?:rename|link|symlink)(?:at2?)?\([^"]*"(?:[^"\\]|\\.)*",[^"]*"((?:[^"\\]|\\.)*)"')
OTHER = re.compile(r'(?:creat|truncate)\("((?:[^"\\]|\\.)*)"')
COMPILED = "/__pycache__/"
"""Where a first run of the program writes its own code, compiled."""
NOWHERE = ("/dev/null", "/dev/urandom", "/dev/shm/sem.")
SOCKET = re.compile(re.escape(tempfile.gettempdir()) + r"/baraza-\w+/room")


@dataclass(frozen=True)
class Watched:
    """The demonstration, and what it wrote."""

    demo: Demo | None
    trace: Path
    held: frozenset[str] = frozenset()
    """What was open for writing already before anybody looked on."""

    def written(self) -> set[str]:
        """Every path that was opened for writing or put in place."""
        found = set(self.held)
        for line in self.trace.read_text("utf-8", "replace").splitlines():
            if " = -1 " in line:
                continue
            for path, flags in OPENED.findall(line):
                if re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE", flags):
                    found.add(path)
            found.update(PLACED.findall(line))
            found.update(OTHER.findall(line))
        return {path for path in found if not path.startswith(NOWHERE) and COMPILED not in path}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """People do what they do, and strace looks on."""
    if shutil.which("strace") is None:
        missing("strace")
    folder = tmp_path_factory.mktemp("watched")
    with demonstration(folder) as demo:
        trace = folder / "trace"
        command = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)]
        command += [part for pid in family(demo.pid) for part in ("-p", str(pid))]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as watcher:
            end = time.monotonic() + 60
            while watcher.poll() is None and not all(map(is_watched, family(demo.pid))):
                assert time.monotonic() < end, "strace does not begin"
                time.sleep(0.05)
            if watcher.poll() is not None:
                assert watcher.stderr is not None
                pytest.skip(f"strace may not look on here: {watcher.stderr.read().strip()[-200:]}")
            held = frozenset(path for pid in family(demo.pid) for path in open_for_writing(pid))
            try:
                lives(demo)
            finally:
                watcher.send_signal(signal.SIGINT)
        yield Watched(demo, trace, held)


def family(pid: int) -> list[int]:
    """A process and all that it has started."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    started = [int(child) for listing in children for child in listing.read_text().split()]
    return [pid, *(one for child in started for one in family(child))]


def is_watched(pid: int) -> bool:
    """Whether somebody looks on at every thread of a process."""
    told = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    return all(re.search(r"^TracerPid:\t[1-9]", one, re.MULTILINE) for one in told)


def open_for_writing(pid: int) -> Iterator[str]:
    """The files that a process holds open and may write to; also those that have no name any more."""
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            path = str(handle.readlink())
            told = Path(f"/proc/{pid}/fdinfo/{handle.name}").read_text()
        except FileNotFoundError:
            continue
        flags = int(next(line.split()[1] for line in told.splitlines() if line.startswith("flags:")), 8)
        if path.startswith("/") and flags & (os.O_WRONLY | os.O_RDWR):
            yield path


def signs_in(phone: Phone, demo: Demo) -> None:
    """A member comes in."""
    amina = demo.account("member")
    phone.get("/sign-in")
    fields = {"login": amina.login, "passphrase": amina.passphrase, "form_token": phone.token}
    answer = phone.post("/sign-in", data=fields, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 303, answer.text[:300]


def wave() -> bytes:
    """A second of silence."""
    out = io.BytesIO()
    with wave_file(out, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(bytes(16_000))
    return out.getvalue()


def lives(demo: Demo) -> None:
    """Somebody posts with a photograph, searches and keeps a draft; somebody tells something and is heard."""
    with Phone(demo.address) as amina:
        signs_in(amina, demo)
        page = amina.get("/s/questions").text
        topic = re.search(r"/topics/[0-9a-f-]+", page)
        assert topic is not None
        amina.get(topic[0])
        said = {"text": "Is the clinic open tomorrow?", "language": "en", "form_token": amina.token}
        posted = amina.post(f"{topic[0]}/messages", data=said)
        assert posted.status_code == 303, words(posted)[:400]
        assert amina.get("/search", params={"q": "clinic"}).status_code == 200
        photo = io.BytesIO()
        Image.effect_noise((1600, 1200), 90).convert("RGB").save(photo, "JPEG", quality=95)
        about = {**said, "text": "This letter came.", "alt": "a letter", "people": "nobody"}
        files = {"image": ("letter.jpg", photo.getvalue(), "image/jpeg")}
        sent = amina.post(f"{topic[0]}/messages", data=about, files=files)
        assert sent.status_code == 303, words(sent)[:400]
    with Phone(demo.address) as reporter:
        number = told(reporter)  # type: ignore[arg-type]
        assert send_in_parts(reporter, "return", receipt=number).status_code == 303  # type: ignore[arg-type]
        filing = hidden(reporter.get("/help"))["filing"]
        more = {"text": "Tomorrow, please.", "form": "conversation", "filing": filing, "originals": "keep"}
        chosen = [("card.jpg", photo.getvalue()), ("letter.pdf", scanned())]
        added = send_in_parts(reporter, "add", *chosen, **more)  # type: ignore[arg-type]
        assert added.status_code == 303, words(added)
        reporter.get("/help")
        heard = send_in_parts(reporter, "add", ("steps.wav", wave()), **more)  # type: ignore[arg-type]
        assert heard.status_code in (303, 422), words(heard)  # without ffmpeg it is refused, and not kept either
    with Phone(demo.address) as cleo:
        who = demo.desks["cleo"]
        cleo.get("/desk/sign-in")
        fields = {"login": who.login, "passphrase": who.passphrase, "code": who.code}
        assert send(cleo, "sign_in", "/desk/sign-in", **fields).status_code == 303  # type: ignore[arg-type]
        cleo.get("/desk/unlock")
        opened = send(cleo, "unlock", "/desk/unlock", phrase=who.unlock_phrase)  # type: ignore[arg-type]
        assert opened.status_code == 303, words(opened)
        assert cleo.get("/desk").status_code == 200


def test_every_file_that_is_written_has_a_reason_and_an_end(watched: Watched) -> None:
    assert watched.demo is not None
    data = watched.demo.data.as_posix()
    written = watched.written()
    inside = [path.removeprefix(data + "/") for path in written if path.startswith(data + "/")]
    assert {"community.sqlite3-wal", "private/shred.keys"} <= set(inside), "this is how one sees it"
    assert kept_files.unexplained(kept_files.load(shipped("policies")), inside) == []
    elsewhere = [path for path in written if not path.startswith(data + "/") and not SOCKET.fullmatch(path)]
    assert elsewhere == []


def test_nothing_lies_there_that_nobody_has_explained(watched: Watched) -> None:
    assert watched.demo is not None
    assert kept_files.strays(kept_files.load(shipped("policies")), watched.demo.data) == []


def test_the_one_who_looks_on_sees_a_file_that_is_written(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        missing("strace")
    path, trace = tmp_path / "canary", tmp_path / "trace"
    script = f"open({str(path)!r}, 'w').close(); import os; os.rename({str(path)!r}, {str(path) + '.new'!r})"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(trace), sys.executable, "-c", script],
        capture_output=True, text=True, check=False, cwd=CHECKOUT,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"strace may not look on here: {done.stderr[-200:]}")
    seen = Watched(None, trace).written()
    assert {str(path), f"{path}.new"} <= seen
