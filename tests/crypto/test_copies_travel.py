"""What travels of a sealed copy: its first line and the request, as older versions wrote them, and nothing forged."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, copies, plain_json
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.copies import BACKUP, KEYS, Head, Label, Request
from tests.crypto.test_copies import KEY, LABEL, MACHINE, OFFICERS

FIRST, SECOND = OFFICERS[:2]
TO = boxes.public_of(MACHINE)
HEAD = Head(LABEL, (b"\0\xff", b"\x01"))
ASKED = copies.request(HEAD, TO)
COPY = f'{{"day":"2026-03-04","id":"{LABEL.id}","kind":"backup"}}'
STAGES = (copies.OUTER, copies.INNER, copies.OPEN)


def nested(content: bytes) -> Request:
    """A request about a copy that somebody put together by hand."""
    box = boxes.sealed(boxes.public_of(FIRST), boxes.sealed(boxes.public_of(SECOND), content))
    return copies.request(Head(LABEL, (box,)), TO)


def both_opened(asked: Request) -> Request:
    return copies.resealed(copies.half_opened(asked, FIRST), SECOND)


def content_of(key: bytes = KEY, *, start: bytes = b"baraza/copy\0", label: bytes = COPY.encode()) -> bytes:
    return start + boxes.hashed(label, "copy/label") + key


def test_lines_are_spelt_as_older_versions_spelt_them() -> None:
    """By hand: a copy is opened years later, and by another version than the one that made it."""
    assert HEAD.text() == f'{{"boxes":["00ff","01"],"copy":{COPY},"v":1}}\n'
    assert copies.read_head(HEAD.text().encode()) == HEAD
    for stage in STAGES:
        text = f'{{"boxes":["00ff","01"],"copy":{COPY},"kind":"open","stage":"{stage}","to":"{TO.hex()}","v":1}}\n'
        assert replace(ASKED, stage=stage).text() == text
        assert copies.read_request(f"  {text}\n") == replace(ASKED, stage=stage)
    assert (BACKUP, KEYS, *STAGES) == ("backup", "keys", "outer", "inner", "open")


def test_boxes_of_older_versions_open() -> None:
    assert copies.opened(both_opened(nested(content_of())), LABEL, MACHINE) == KEY
    assert copies.mark(bytes(32), LABEL, KEY) == boxes.keyed(bytes(32), content_of(start=b""), "copy/mark")
    copy = copies.head(LABEL, KEY, [boxes.public_of(secret) for secret in OFFICERS])
    inner = boxes.unsealed(FIRST, copy.boxes[0])
    assert inner is not None and boxes.unsealed(SECOND, inner) == content_of()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        KEY,
        content_of(b""),
        content_of(KEY[:31]),
        content_of(KEY + b"x"),
        content_of(start=b"baraza/case\0"),
        content_of(label=COPY.replace(BACKUP, KEYS).encode()),
    ],
    ids=["empty", "bare", "no key", "short", "long", "for something else", "of another copy"],
)
def test_what_is_no_key_of_this_copy_is_neither_sealed_anew_nor_taken(content: bytes) -> None:
    """Anybody can seal something to officers, and anything to the machine that asks."""
    assert both_opened(nested(content)).boxes == ()
    with pytest.raises(Damaged):
        copies.opened(replace(ASKED, stage=copies.OPEN, boxes=(boxes.sealed(TO, content),)), LABEL, MACHINE)


def test_a_key_is_found_among_boxes_that_others_put_beside_it() -> None:
    answer = replace(ASKED, stage=copies.OPEN, boxes=(b"", *(boxes.sealed(TO, one) for one in (KEY, content_of()))))
    assert copies.opened(answer, LABEL, MACHINE) == KEY


def test_the_key_is_handed_on_in_one_box() -> None:
    asked = nested(content_of())
    assert len(both_opened(replace(asked, boxes=asked.boxes * 3)).boxes) == 1


@pytest.mark.parametrize("key", [b"", KEY[:31], KEY + b"x"])
def test_only_whole_keys_are_laid_and_marked_and_asked_for(key: bytes) -> None:
    with pytest.raises(Damaged):
        copies.head(LABEL, key, [boxes.public_of(secret) for secret in OFFICERS])
    with pytest.raises(Damaged):
        copies.mark(bytes(32), LABEL, key)
    with pytest.raises(Damaged):
        copies.request(HEAD, key).text()
    with pytest.raises(Damaged):
        copies.read_request(plain_json.written({**json.loads(ASKED.text()), "to": key.hex()}).decode())


LABELS: list[dict[str, Any]] = [
    {"id": 5},
    {"id": "x"},
    {"id": LABEL.id.hex},
    {"day": 5},
    {"day": "x"},
    {"day": "20260304"},
    {"kind": "other"},
    {"kind": []},
    {"more": 1},
]
LINES: list[dict[str, Any]] = [
    {"v": 2},
    {"v": True},
    {"boxes": 5},
    {"boxes": [5]},
    {"boxes": ["zz"]},
    {"boxes": ["FF"]},
    {"copy": 5},
    {"copy": None},
    {"more": 1},
    *({"copy": {**json.loads(COPY), **change}} for change in LABELS),
]


@pytest.mark.parametrize("change", LINES, ids=repr)
def test_a_first_line_has_one_form_only(change: dict[str, Any]) -> None:
    raw = plain_json.written({**json.loads(HEAD.text()), **change})
    with pytest.raises(Damaged):
        copies.read_head(raw + b"\n")


@pytest.mark.parametrize(
    "change", [*LINES, {"kind": "x"}, {"stage": "x"}, {"stage": []}, {"to": 5}, {"to": "zz"}], ids=repr
)
def test_a_request_has_one_form_only(change: dict[str, Any]) -> None:
    with pytest.raises(Damaged):
        copies.read_request(plain_json.written({**json.loads(ASKED.text()), **change}).decode())


@pytest.mark.parametrize("name", ["v", "kind", "stage", "copy", "to", "boxes"])
def test_every_part_is_needed(name: str) -> None:
    for text in (HEAD.text(), ASKED.text()):
        left = plain_json.written({part: value for part, value in json.loads(text).items() if part != name})
        with pytest.raises(Damaged):
            copies.read_request(left.decode())
        if name in json.loads(HEAD.text()):
            with pytest.raises(Damaged):
                copies.read_head(left + b"\n")


def test_half_a_sign_and_two_lines_are_no_request() -> None:
    for text in ("\ud800", ASKED.text() * 2, ASKED.text().replace(",", ", ")):
        with pytest.raises(Damaged):
            copies.read_request(text)


def test_a_label_stands_for_all_that_it_says() -> None:
    others = [replace(LABEL, id=UUID(int=1)), replace(LABEL, kind=KEYS), replace(LABEL, day=LABEL.day.replace(day=5))]
    assert len({Label.raw(one) for one in (LABEL, *others)}) == 4
