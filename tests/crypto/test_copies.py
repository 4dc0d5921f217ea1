"""Sealed copies and forget lists: who opens them, and that nothing else does."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from server import whole_files
from server.crypto.sealed import boxes, copies, forget_lists, plain_json
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.copies import BACKUP, KEYS, Head, Label
from server.crypto.sealed.forget_lists import KEPT_DAYS, ForgetList

LABEL = Label(UUID(int=7 << 100), BACKUP, date(2026, 3, 4))
KEY = bytes([5]) * 32
OFFICERS = [bytes([number]) * 32 for number in (1, 2, 3)]
MACHINE = bytes([9]) * 32
HEAD = copies.head(LABEL, KEY, [boxes.public_of(secret) for secret in OFFICERS])
AT = datetime(2026, 3, 4, 10, tzinfo=UTC)


def asked(head: Head = HEAD) -> copies.Request:
    return copies.request(head, boxes.public_of(MACHINE))


@pytest.mark.parametrize(("first", "second"), [(0, 1), (1, 0), (2, 0)])
def test_any_two_officers_open_a_copy_for_the_machine_that_asked(first: int, second: int) -> None:
    half = copies.read_request(copies.half_opened(asked(), OFFICERS[first]).text())
    done = copies.read_request(copies.resealed(half, OFFICERS[second]).text())
    assert copies.opened(done, LABEL, MACHINE) == KEY
    with pytest.raises(Damaged):
        copies.opened(done, LABEL, OFFICERS[0])
    with pytest.raises(Damaged):
        copies.opened(done, replace(LABEL, kind=KEYS), MACHINE)
    with pytest.raises(Damaged):
        copies.opened(half, LABEL, MACHINE)


def test_one_officer_alone_opens_nothing() -> None:
    half = copies.half_opened(asked(), OFFICERS[0])
    assert copies.resealed(half, OFFICERS[0]).boxes == ()
    assert copies.resealed(asked(), OFFICERS[0]).boxes == ()
    assert copies.half_opened(asked(), MACHINE).boxes == ()


def test_a_key_laid_under_another_label_does_not_open() -> None:
    """Somebody puts the boxes of a copy of the keys behind the label of a backup."""
    swapped = Head(replace(LABEL, kind=KEYS), HEAD.boxes)
    half = copies.half_opened(asked(swapped), OFFICERS[0])
    assert copies.resealed(half, OFFICERS[1]).boxes == ()
    answer = replace(asked(), stage=copies.OPEN, boxes=(boxes.sealed(boxes.public_of(MACHINE), b"short"),))
    with pytest.raises(Damaged):
        copies.opened(answer, LABEL, MACHINE)


def test_the_first_line_is_read_as_it_was_written_and_no_other() -> None:
    line = HEAD.text().encode()
    assert copies.read_head(line) == HEAD
    for other in (b"", b"{}\n", line.replace(b'"v":1', b'"v":2'), line + b"\n", line.replace(b"backup", b"other")):
        with pytest.raises(Damaged):
            copies.read_head(other)
    with pytest.raises(Damaged):
        copies.head(LABEL, KEY, [boxes.public_of(OFFICERS[0])])


@pytest.mark.parametrize(
    "text", ["", "{}", asked().text().replace("outer", "other"), asked().text().replace(":1", ":2")]
)
def test_what_is_no_request_is_none(text: str) -> None:
    with pytest.raises(Damaged):
        copies.read_request(text)


def test_only_the_installation_can_mark_its_copies() -> None:
    mine = copies.mark(bytes(32), LABEL, KEY)
    assert mine == copies.mark(bytes(32), LABEL, KEY)
    assert len({mine, copies.mark(KEY, LABEL, KEY), copies.mark(bytes(32), replace(LABEL, kind=KEYS), KEY)}) == 3


def test_a_forget_list_opens_only_where_it_was_written_and_its_size_tells_little() -> None:
    name = forget_lists.name_of(KEY, "case", b"x")
    found = ForgetList(AT, {name: AT.date()}, {"role": frozenset({name})}, frozenset({"paper"}), frozenset({"step"}))
    raw = forget_lists.closed(found, KEY, part="private")
    assert forget_lists.opened(raw, KEY, part="private") == found
    assert len(raw) == len(forget_lists.closed(ForgetList(AT), KEY, part="private"))
    for key, part, box in ((bytes(32), "private", raw), (KEY, "community", raw), (KEY, "private", raw[:-1])):
        with pytest.raises(Damaged):
            forget_lists.opened(box, key, part=part)
    other = boxes.locked(
        KEY, boxes.padded_to(plain_json.written({"v": 1}), forget_lists.STEP_BYTES), about=b"baraza/forgotten/private"
    )
    with pytest.raises(Damaged):
        forget_lists.opened(other, KEY, part="private")


@pytest.mark.parametrize(
    "change",
    [
        {"v": 3},
        {"v": "1"},
        {"v": None},
        {"at": "x"},
        {"at": 5},
        {"gone": 5},
        {"gone": {"zz": "2026-03-04"}},
        {"gone": {"00": "x"}},
        {"gone": {"00": 5}},
        {"standing": 5},
        {"standing": {"role": 5}},
        {"standing": {"role": ["zz"]}},
        {"papers": 5},
        {"papers": [[]]},
        {"followed": 5},
    ],
    ids=repr,
)
def test_a_list_of_a_version_that_wrote_otherwise_is_refused(change: dict[str, object]) -> None:
    def laid(content: dict[str, object]) -> bytes:
        raw = boxes.padded_to(plain_json.written(content), forget_lists.STEP_BYTES)
        return boxes.locked(KEY, raw, about=b"baraza/forgotten/private")

    content = {"v": 1, "at": AT.isoformat(), "gone": {}, "standing": {}, "papers": [], "followed": []}
    assert forget_lists.opened(laid(content), KEY, part="private") == ForgetList(AT)
    with pytest.raises(Damaged):
        forget_lists.opened(laid({**content, **change}), KEY, part="private")


def test_a_line_goes_when_no_copy_can_need_it() -> None:
    old, last, new = b"o" * 32, b"l" * 32, b"n" * 32
    days = {old: KEPT_DAYS + 1, last: KEPT_DAYS, new: 0}
    gone = {name: AT.date() - timedelta(days=ago) for name, ago in days.items()}
    found = ForgetList(AT, gone, {"role": frozenset({old})}, frozenset({"paper"}), frozenset({"step"}))
    younger = forget_lists.younger(found, AT.date())
    assert younger == replace(found, gone={name: gone[name] for name in (last, new)})
    assert KEPT_DAYS == 60, "longer than the fourteen days of a copy, and than the month that an account is of"


def test_of_several_lists_everything_is_gone_and_what_stands_is_as_the_newest_says() -> None:
    names, days = [bytes([number]) * 32 for number in range(3)], [AT.date() - timedelta(days=n) for n in range(3)]
    newer = ForgetList(
        AT, {names[0]: days[2], names[1]: days[0]}, {"role": frozenset({b"a"})}, frozenset({"p"}), frozenset({"s"})
    )
    older = ForgetList(
        AT - timedelta(hours=1), {names[0]: days[1], names[2]: days[2]}, {"role": frozenset({b"b"})},
        frozenset({"q"}), frozenset({"t"}),
    )  # fmt: skip
    whole = replace(
        newer,
        gone={names[0]: days[1], names[1]: days[0], names[2]: days[2]},
        papers=frozenset({"p", "q"}),
    )
    assert forget_lists.united([older, newer]) == whole == forget_lists.united([newer, older])
    assert forget_lists.united([newer, replace(older, at=AT)]).followed == newer.followed, "of two as old, the first"


def test_two_officers_are_enough_and_one_twice_is_not() -> None:
    one, other = (boxes.public_of(secret) for secret in OFFICERS[:2])
    assert copies.head(LABEL, KEY, [one, other])
    with pytest.raises(Damaged):
        copies.head(LABEL, KEY, [one, one])


def test_a_list_lies_on_the_disk_as_lists_of_older_versions_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: a version that wrote anything else could not read what the one before it left."""
    name = boxes.keyed(KEY, b"case\0x", "forgotten")
    assert forget_lists.name_of(KEY, "case", b"x") == name
    raw = forget_lists.closed(ForgetList(AT, {name: AT.date()}), KEY, part="private")
    plain = boxes.unpadded_from(boxes.unlocked(KEY, raw, about=b"baraza/forgotten/private"), 16_384)
    content = {"at": AT.isoformat(), "followed": [], "gone": {name.hex(): AT.date().isoformat()}}
    assert json.loads(plain) == {"v": 1, "papers": [], "standing": {}, **content}
    assert forget_lists.STEP_BYTES == 16_384
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))
    whole_files.laid(tmp_path / "list", raw)
    whole_files.laid(tmp_path / "list", b"small")
    assert synced == [len(raw), 5], "all of it, before it takes the other's place"
    assert (tmp_path / "list").stat().st_mode & 0o777 == 0o600
