"""Shred keys: what is forgotten is gone, what is not stays, also when the power fails in between."""

import os
import stat
import threading
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.shredding import RECORD_BYTES, Disk, ShredKeys

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


class PowerFails(Exception):
    pass


class WatchedDisk(Disk):
    """Counts the acts, keeps what was overwritten, and stops before or after the one it is told."""

    def __init__(self, stop_at: int = 0, *, done: bool = False) -> None:
        super().__init__()
        self.stop_at, self.done, self.acts, self.wiped = stop_at, done, 0, list[tuple[bytes, bytes]]()

    def _act(self, act, *arguments) -> None:
        self.acts += 1
        if self.acts == self.stop_at:
            if self.done:
                act(*arguments)
            raise PowerFails
        act(*arguments)

    def write(self, path: Path, content: bytes) -> None:
        if self.acts + 1 == self.stop_at and not self.done:
            self.acts += 1
            super().write(path, content[: len(content) // 2])
            raise PowerFails
        self._act(super().write, path, content)

    def overwrite(self, path: Path) -> None:
        before = path.read_bytes()
        self._act(super().overwrite, path)
        self.wiped.append((before, path.read_bytes()))

    def link(self, path: Path, other: Path) -> None:
        self._act(super().link, path, other)

    def replace(self, path: Path, other: Path) -> None:
        self._act(super().replace, path, other)

    def remove(self, path: Path) -> None:
        self._act(super().remove, path)

    def settle(self, folder: Path) -> None:
        self._act(super().settle, folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shred.keys"


def test_a_key_stays_until_its_case_is_forgotten(path: Path) -> None:
    keys = ShredKeys(path)
    assert keys.key(ONE) is None
    key = keys.add(ONE)
    assert len(key) == 32
    assert keys.key(ONE) == ShredKeys(path).key(ONE) == key
    assert keys.add(ONE) == key, "a case keeps its key"
    other = keys.add(TWO)
    assert other != key
    keys.forget(ONE)
    assert keys.key(ONE) is None
    assert keys.key(TWO) == ShredKeys(path).key(TWO) == other
    assert keys.add(ONE) != key


def test_a_key_made_elsewhere_is_taken_in_whole_and_once(path: Path) -> None:
    keys, own = ShredKeys(path), bytes(range(32))
    assert keys.add(ONE, own) == keys.add(ONE, bytes(32)) == keys.key(ONE) == own
    with pytest.raises(Damaged):
        keys.add(TWO, own[:31])
    assert keys.key(TWO) is None


def test_many_cases_get_keys_in_one_writing_and_keep_those_they_have(path: Path) -> None:
    keys = ShredKeys(path)
    own = keys.add(ONE)
    keys.add_many([ONE, TWO, THREE])
    found = keys.keys()
    assert found.keys() == {ONE, TWO, THREE}
    assert found[ONE] == own and len(set(found.values())) == 3


def test_several_are_forgotten_at_once(path: Path) -> None:
    keys = ShredKeys(path)
    kept = {case: keys.add(case) for case in (ONE, TWO, THREE)}
    keys.forget(ONE, THREE, uuid4())
    assert [keys.key(case) for case in (ONE, TWO, THREE)] == [None, kept[TWO], None]
    assert keys.keys() == {TWO: kept[TWO]}


def test_a_name_is_not_looked_for_in_the_keys(path: Path) -> None:
    """The bytes of a name can stand anywhere; only at the start of a record are they a name."""
    ShredKeys(path).add(ONE)
    other = path.read_bytes()[16:32]
    assert ShredKeys(path).key(UUID(bytes=other)) is None
    assert ShredKeys(path).key(UUID(bytes=other[1:] + path.read_bytes()[32:33])) is None
    path.write_bytes(ONE.bytes + TWO.bytes * 2 + TWO.bytes + b"k" * 32)
    assert ShredKeys(path).key(TWO) == b"k" * 32
    assert ShredKeys(path).keys() == {ONE: TWO.bytes * 2, TWO: b"k" * 32}
    alike = UUID(bytes=b"\1" * 16)
    path.write_bytes(TWO.bytes + b"k" + b"\1" * 31 + alike.bytes + b"k" * 32)
    assert ShredKeys(path).key(alike) == b"k" * 32


def test_nothing_is_written_when_nothing_changes(path: Path) -> None:
    ShredKeys(path).add(ONE)
    disk = WatchedDisk()
    keys = ShredKeys(path, disk=disk)
    keys.add(ONE)
    keys.forget()
    keys.forget(TWO)
    assert disk.acts == 0


def test_the_file_is_for_its_owner_and_tells_only_how_many(path: Path) -> None:
    keys = ShredKeys(path)
    for number in range(5):
        keys.add(UUID(int=number))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 5 * RECORD_BYTES == 5 * 48
    assert os.listdir(path.parent) == [path.name]


def test_the_order_in_the_file_is_not_the_order_of_the_cases(path: Path) -> None:
    keys = ShredKeys(path)
    orders = set[tuple[bytes, ...]]()
    for number in range(8):
        keys.add(UUID(int=number))
        raw = path.read_bytes()
        orders.add(tuple(raw[at : at + 16] for at in range(0, len(raw), RECORD_BYTES)))
    came = [tuple(UUID(int=number).bytes for number in range(most + 1)) for most in range(8)]
    assert len(orders.intersection(came)) < 6


def test_nothing_that_lies_there_already_is_written_into(path: Path) -> None:
    """Not even through a link that somebody laid to a file of theirs."""
    other = path.with_name("other")
    other.write_bytes(b"theirs")
    path.symlink_to(other)
    for there in (other, path):
        with pytest.raises(FileExistsError):
            Disk().write(there, b"keys")
    assert other.read_bytes() == b"theirs"


def test_what_lay_there_before_is_overwritten(path: Path) -> None:
    key = ShredKeys(path).add(ONE)
    disk = WatchedDisk()
    ShredKeys(path, disk=disk).forget(ONE)
    [(before, afterwards)] = disk.wiped
    assert key in before and key not in afterwards
    assert len(before) == len(afterwards) and afterwards != bytes(len(afterwards))


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_power_may_fail_at_any_moment(path: Path, done: bool) -> None:
    counting = WatchedDisk()
    for case in (ONE, TWO):
        ShredKeys(path).add(case)
    ShredKeys(path, disk=counting).forget(ONE)
    assert counting.acts == 7
    for stop_at in range(1, counting.acts + 1):
        path.unlink()
        kept = {case: ShredKeys(path).add(case) for case in (ONE, TWO)}
        with pytest.raises(PowerFails):
            ShredKeys(path, disk=WatchedDisk(stop_at, done=done)).forget(ONE)
        lying_about = [other.read_bytes() for other in path.parent.iterdir() if not other.samefile(path)]
        swept = WatchedDisk()
        keys = ShredKeys(path, disk=swept)
        assert keys.key(ONE) in (None, kept[ONE])
        assert keys.key(TWO) == kept[TWO]
        assert os.listdir(path.parent) == [path.name], "nothing forgotten lies about"
        assert sorted(before for before, _ in swept.wiped) == sorted(lying_about), "and nothing else is wiped"
        assert all(before != afterwards for before, afterwards in swept.wiped if before)
        keys.forget(ONE)
        assert (keys.key(ONE), keys.key(TWO)) == (None, kept[TWO])


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_power_may_fail_at_the_first_key(path: Path, done: bool) -> None:
    counting = WatchedDisk()
    ShredKeys(path, disk=counting).add(ONE)
    assert counting.acts == 4
    for stop_at in range(1, counting.acts + 1):
        path.unlink()
        disk = WatchedDisk(stop_at, done=done)
        with suppress(PowerFails):
            ShredKeys(path, disk=disk).add(ONE)
        keys = ShredKeys(path)
        assert set(os.listdir(path.parent)) <= {path.name}
        assert keys.add(ONE) == keys.key(ONE)


def test_everything_is_on_the_disk_before_the_next_step(path: Path) -> None:
    synced = list[tuple[str, bytes]]()

    def sync(handle: int) -> None:
        found = Path(os.readlink(f"/proc/self/fd/{handle}"))
        synced.append((found.name, b"" if found.is_dir() else found.read_bytes()))

    ShredKeys(path).add(ONE)
    old = path.read_bytes()
    ShredKeys(path, disk=Disk(sync=sync)).add(TWO)
    folder = path.parent.name
    assert [name for name, _ in synced] == ["shred.keys.new", folder, "shred.keys.old", folder]
    assert synced[0][1] == path.read_bytes()
    assert len(synced[2][1]) == len(old) and synced[2][1] != old


def test_no_file_stays_open(path: Path) -> None:
    keys = ShredKeys(path)
    before = len(os.listdir("/proc/self/fd"))
    for number in range(5):
        keys.add(UUID(int=number))
        keys.forget(UUID(int=number))
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_names_settle_before_the_old_content_is_wiped(path: Path) -> None:
    """Else a power failure could bring back the name of a file that holds noise by now."""

    class Order(Disk):
        def __init__(self) -> None:
            super().__init__()
            self.acts = list[str]()

        def replace(self, path: Path, other: Path) -> None:
            self.acts.append("replace")
            super().replace(path, other)

        def settle(self, folder: Path) -> None:
            self.acts.append("settle")
            super().settle(folder)

        def overwrite(self, path: Path) -> None:
            self.acts.append("overwrite")
            super().overwrite(path)

    ShredKeys(path).add(ONE)
    disk = Order()
    ShredKeys(path, disk=disk).forget(ONE)
    assert disk.acts == ["replace", "settle", "overwrite", "settle"]


def test_a_file_that_is_replaced_and_wiped_while_it_is_read_is_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, opens = ShredKeys(path), Path.open
    keys.add(ONE)

    def opened(this: Path, mode: str = "r"):
        file = opens(this, mode)
        monkeypatch.setattr(Path, "open", opens)
        ShredKeys(path).add(TWO)
        return file

    monkeypatch.setattr(Path, "open", opened)
    assert keys.keys().keys() == {ONE, TWO}


def test_a_list_of_cases_reads_the_file_once_and_again_when_it_is_another(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, opens, opened = ShredKeys(path), Path.open, list[Path]()
    kept = {case: keys.add(case) for case in (ONE, TWO)}
    monkeypatch.setattr(Path, "open", lambda this, mode="r": opened.append(this) or opens(this, mode))
    for _ in range(3):
        assert {case: keys.key(case) for case in (ONE, TWO)} == kept and keys.key(THREE) is None
    assert opened == [path]
    monkeypatch.undo()
    ShredKeys(path).forget(ONE)
    assert keys.key(ONE) is None and keys.key(TWO) == kept[TWO], "another writer, another file"


def test_a_broken_file_is_refused_and_left_alone(path: Path) -> None:
    ShredKeys(path).add(ONE)
    broken = path.read_bytes()[:-1]
    path.write_bytes(broken)
    keys = ShredKeys(path)
    for act in (lambda: keys.key(ONE), lambda: keys.add(TWO), lambda: keys.forget(ONE)):
        with pytest.raises(Damaged):
            act()
    assert path.read_bytes() == broken


def test_it_can_be_made_before_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "shred.keys"
    keys = ShredKeys(path)
    assert keys.key(ONE) is None and keys.folder == path.parent
    path.parent.mkdir()
    assert keys.add(ONE) == keys.key(ONE)


def test_threads_lose_no_key_and_readers_see_every_one(path: Path) -> None:
    steady = ShredKeys(path).add(ONE)
    wrong, stop = list[object](), threading.Event()

    def reads() -> None:
        keys = ShredKeys(path)
        while not stop.is_set():
            if (found := keys.key(ONE)) != steady:
                wrong.append(found)

    made = dict[UUID, bytes]()

    def writes(keys: ShredKeys, start: int) -> None:
        for number in range(start, start + 8):
            case = UUID(int=number)
            made[case] = keys.add(case)

    shared = ShredKeys(path)
    writers = [threading.Thread(target=writes, args=(shared, 100)), threading.Thread(target=writes, args=(shared, 200))]
    writers.append(threading.Thread(target=writes, args=(ShredKeys(path), 300)))
    reader = threading.Thread(target=reads)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert wrong == []
    assert {case: shared.key(case) for case in made} == made and len(made) == 24
