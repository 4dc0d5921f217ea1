"""Sound and video leave the darkroom without place, time and device, and ffmpeg works behind walls."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.darkroom import safe_copies, walls
from server.darkroom.safe_copies import SafeCopies, SafeCopy, whole_film
from server.errors import Sentence
from tests.attack.originals import MARK, phone_jpeg
from tests.attack.test_evidence import copies
from tests.attack.test_hostile_pictures import exiftool
from tests.conftest import missing

NOTES = {"title": MARK.decode(), "artist": MARK.decode(), "location": "+04.8530+031.5820/", "comment": MARK.decode()}
TELLING = ("gps", "location", "title", "artist", "comment", "make", "model", "software", "encoder", "author", "album")
PICTURE, SOUND = ("-f", "lavfi", "-i", "testsrc=d=1:s=160x120:r=5"), ("-f", "lavfi", "-i", "sine=d=1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Recordings as telephones and people make them, each with notes on who and where."""
    if shutil.which("ffmpeg") is None:
        missing("ffmpeg")
    if not walls.possible():
        pytest.skip("this kernel has no Landlock, so no sound or video is taken on this machine")
    folder = tmp_path_factory.mktemp("recordings")
    (folder / "cover.jpg").write_bytes(phone_jpeg())
    notes = [part for name, value in NOTES.items() for part in ("-metadata", f"{name}={value}")]
    cover = (
        "-i",
        str(folder / "cover.jpg"),
        "-map",
        "0:a",
        "-map",
        "1:v",
        "-c:v",
        "copy",
        "-disposition:v",
        "attached_pic",
    )
    wanted = {
        "video.mp4": (*PICTURE, *SOUND, "-movflags", "use_metadata_tags"),
        "video.mov": (*PICTURE, *SOUND),
        "video.webm": (*PICTURE, *SOUND),
        "sound.m4a": SOUND,
        "sound.mp3": (*SOUND, *cover),
        "sound.ogg": SOUND,
        "sound.wav": SOUND,
    }
    for name, how in wanted.items():
        command = ("ffmpeg", "-loglevel", "error", *how, *notes, str(folder / name))
        subprocess.run(command, check=True, capture_output=True)
    return {name: (folder / name).read_bytes() for name in wanted}


def test_a_recording_keeps_what_is_seen_and_heard_and_nothing_of_who_and_where(
    made: dict[str, bytes], tmp_path: Path
) -> None:
    assert MARK in made["video.mp4"]
    for (name, _), copy in zip(made.items(), copies(*made.values()), strict=True):
        assert isinstance(copy, SafeCopy), (name, copy)
        assert MARK not in copy.content, name
        assert b"Exif" not in copy.content, name
        file = tmp_path / f"{name}.mp4"
        file.write_bytes(copy.content)
        listed = subprocess.run([exiftool(), "-json", "-a", "-u", "-ee", str(file)], capture_output=True, check=True)
        tags = {tag.lower() for tag in json.loads(listed.stdout)[0] if tag not in ("FileName", "Directory")}
        assert [tag for tag in tags if any(word in tag for word in TELLING)] == [], name
        play = ("ffmpeg", "-v", "error", "-i", str(file), "-f", "null", "-")
        heard = subprocess.run(play, check=False, capture_output=True)
        assert (heard.returncode, heard.stderr) == (0, b""), name


def test_what_only_looks_like_a_recording_is_refused(made: dict[str, bytes]) -> None:
    video = made["video.mp4"]
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    concat = b"ffconcat version 1.0\nfile /etc/passwd\n"
    shown = copies(
        video[: len(video) // 2], b"ID3" + bytes(5000), b"OggS" + playlist, b"\x1aE\xdf\xa3" + concat, playlist, concat
    )
    assert [isinstance(one, Sentence) for one in shown] == [True] * 6


def test_where_no_walls_can_be_built_no_recording_is_taken(made: dict[str, bytes]) -> None:
    shop = SafeCopies(at_once=1, most_pages=1)
    shop._ffmpeg = None
    assert not shop.takes_recordings
    assert copies(made["sound.mp3"], shop=shop) == [safe_copies.NO_RECORDINGS]


def test_a_film_that_is_not_whole_is_not_taken(made: dict[str, bytes]) -> None:
    (copy,) = copies(made["video.mp4"])
    assert isinstance(copy, SafeCopy)
    whole = bytes(copy.content)
    assert whole_film(whole)
    for broken in (b"", whole[:-1], whole + b"<script>", whole[8:], whole[: whole.index(b"mfra") - 4]):
        assert not whole_film(broken)


def test_behind_the_walls_nothing_of_this_machine_can_be_read_or_told(tmp_path: Path) -> None:
    if not walls.possible():
        pytest.skip("this kernel has no Landlock")
    secret = tmp_path / "pepper"
    secret.write_text("secret")
    tries = (
        "import os, signal, socket, sys\n"
        "sys.path.append(sys.argv[1])\n"
        "from server.darkroom import walls\n"
        "acts = [lambda: open(sys.argv[2]), lambda: open(sys.argv[2], 'w'), lambda: os.listdir('/etc'),\n"
        "        lambda: open('/proc/1/environ'), lambda: os.mkdir(sys.argv[2] + '.d'), socket.socket,\n"
        "        lambda: os.kill(os.getppid(), 0), lambda: os.unlink(sys.argv[2])]\n"
        "def tried(act):\n"
        "    try:\n"
        "        act()\n"
        "    except OSError:\n"
        "        return 'no'\n"
        "    return 'yes'\n"
        "walls.build()\n"
        "print(*map(tried, acts), tried(lambda: open('/usr/bin/env', 'rb').read(1)))\n"
    )
    command = (sys.executable, "-I", "-B", "-c", tries, safe_copies.ROOT, str(secret))
    said = subprocess.run(command, capture_output=True, env={}, cwd="/", check=True, text=True).stdout
    assert said.split() == ["no"] * 8 + ["yes"]
    assert secret.read_text() == "secret"
