"""Files that several write: whole at every moment, through no link, and nobody waits at a pipe."""

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server import whole_files


def test_two_who_write_the_same_file_at_once_each_write_all_of_it(tmp_path: Path) -> None:
    path, each = tmp_path / "forgotten-community.list", [bytes([number]) * 300_000 for number in range(4)]

    def writes(raw: bytes) -> None:
        for _ in range(25):
            whole_files.laid(path, raw)
            assert path.read_bytes() in each

    with ThreadPoolExecutor(len(each)) as pool:
        list(pool.map(writes, each))  # raises what one of them raised
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_what_a_crash_left_half_written_goes_and_what_is_being_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = tmp_path / "forgotten-community.list", 1_800_000_000
    monkeypatch.setattr(time, "time", lambda: float(now))
    crashed, writing, other = (tmp_path / f"{name}.part" for name in (f"{path.name}.0a", f"{path.name}.0b", "x.0a"))
    for part, age in ((crashed, 3601), (writing, 3600), (other, 9999)):
        part.write_bytes(b"half")
        os.utime(part, (now - age, now - age))
    whole_files.laid(path, b"whole")
    assert {one.name for one in tmp_path.iterdir()} == {path.name, writing.name, other.name}


def test_what_cannot_be_laid_leaves_nothing_lying_about(tmp_path: Path) -> None:
    path = tmp_path / "forgotten-community.list"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        whole_files.laid(path, b"whole")
    assert list(tmp_path.iterdir()) == [path]


def test_a_list_is_laid_through_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who knew what it is called while it is written could have another file written over."""
    path, other = tmp_path / "list", tmp_path / "other"
    other.write_bytes(b"theirs")
    monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * size)
    path.with_name(f"list.{'0' * 8}.part").symlink_to(other)
    with pytest.raises(FileExistsError):
        whole_files.laid(path, b"whole")
    assert other.read_bytes() == b"theirs" and not path.exists()


def test_a_file_is_for_whom_it_should_be_whatever_the_mask_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        whole_files.laid(tmp_path / "shared", b"whole", mode=0o640)
        whole_files.laid(tmp_path / "own", b"whole")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("shared", "own")] == [0o640, 0o600]


def test_a_link_in_place_of_the_file_is_replaced_and_what_it_points_at_is_not_touched(tmp_path: Path) -> None:
    key = tmp_path / "a.key"
    key.write_bytes(b"theirs")
    (tmp_path / "told.json").symlink_to(key)
    with pytest.raises(OSError, match="symbolic links"):
        whole_files.read(tmp_path / "told.json", most=100)
    whole_files.laid(tmp_path / "told.json", b"{}")
    assert key.read_bytes() == b"theirs"
    assert whole_files.read(tmp_path / "told.json", most=100) == b"{}"


def test_nobody_waits_at_a_pipe_and_no_folder_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "missing"):
        with pytest.raises(OSError, match=r"pipe is no file|directory|No such file"):
            whole_files.read(tmp_path / name, most=100)


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"x" * 1000)
    assert len(whole_files.read(tmp_path / "long", most=10)) == 10
