"""Envelopes: whose words these are, in which place, and that nobody has moved or changed them."""

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.crypto.sealed import boxes, plain_json
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.envelopes import Envelope, closed, opened
from server.crypto.sealed.signatures import signed, verify_of

CLEO, STRANGER = bytes([1]) * 32, bytes([2]) * 32
CASE, MESSAGE = UUID(int=0xABC << 90), UUID(int=0xDEF << 90)
LETTER = Envelope(
    case=CASE,
    message=MESSAGE,
    seq=4,
    direction="in",
    author=verify_of(CLEO),
    day=date(2026, 3, 1),
    manifest=bytes(range(32)),
    body={"text": "قالوا لي أن أدفع", "consent": {"share": False}},
)
CONTENT = json.loads(plain_json.written({"v": 1, "case": str(CASE), "message": str(MESSAGE), "seq": 4}))
CONTENT |= {"direction": "in", "day": "2026-03-01", "manifest": LETTER.manifest.hex(), "body": LETTER.body}
words = st.text(st.characters(), max_size=20)
bodies = st.dictionaries(
    words,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=4,
)


def read(raw: bytes, *, case: UUID = CASE, message: UUID = MESSAGE) -> Envelope:
    return opened(raw, case=case, message=message, authors=lambda key: key == verify_of(CLEO))


def forged(content: Any) -> bytes:
    """Signed by Cleo with whatever content, as only a faulty program of ours would make it."""
    raw = content if isinstance(content, bytes) else plain_json.written(content)
    return boxes.padded(signed(CLEO, raw, purpose="baraza/envelope"))


@given(bodies, st.integers(0, 1 << 40), st.sampled_from(["in", "out", "note"]), st.dates())
def test_what_was_closed_is_opened(body: dict[str, Any], seq: int, direction: Any, day: date) -> None:
    letter = replace(LETTER, body=body, seq=seq, direction=direction, day=day)
    raw = closed(letter, CLEO)
    assert read(raw) == letter
    assert len(raw) % 1024 == 0


def test_short_letters_have_one_size() -> None:
    assert {len(closed(replace(LETTER, body={"text": "x" * size}), CLEO)) for size in range(0, 500, 50)} == {1024}


def test_a_letter_stays_in_its_place() -> None:
    raw = closed(LETTER, CLEO)
    for wrong in ({"case": UUID(int=3)}, {"message": UUID(int=3)}, {"case": MESSAGE, "message": CASE}):
        with pytest.raises(Damaged):
            read(raw, **wrong)


def test_only_authors_write() -> None:
    with pytest.raises(Damaged):
        read(closed(replace(LETTER, author=verify_of(STRANGER)), STRANGER))
    with pytest.raises(Damaged):
        closed(LETTER, STRANGER)


def test_any_changed_or_missing_byte_is_noticed() -> None:
    raw = closed(LETTER, CLEO)
    for at in range(len(raw)):
        with pytest.raises(Damaged):
            read(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    for broken in (b"", raw[:-1], raw[1:], raw + raw):
        with pytest.raises(Damaged):
            read(broken)


def test_a_signature_for_something_else_is_none() -> None:
    with pytest.raises(Damaged):
        read(boxes.padded(signed(CLEO, plain_json.written(CONTENT), purpose="baraza/manifest")))
    assert read(forged(CONTENT)) == LETTER


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"seq": -1},
        {"seq": True},
        {"seq": 4.0},
        {"seq": "4"},
        {"case": str(CASE).upper()},
        {"case": CASE.hex},
        {"case": 7},
        {"message": None},
        {"direction": "both"},
        {"direction": ["in"]},
        {"day": "20260301"},
        {"day": "2026-W09-7"},
        {"day": "2026-02-30"},
        {"day": 5},
        {"manifest": "00"},
        {"manifest": LETTER.manifest.hex().upper()},
        {"manifest": "zz" * 32},
        {"manifest": 1},
        {"body": []},
        {"body": "text"},
        {"body": None},
        {"more": 1},
    ],
    ids=repr,
)
def test_a_letter_has_one_form_only(change: dict[str, Any]) -> None:
    with pytest.raises(Damaged):
        read(forged({**CONTENT, **change}))


@pytest.mark.parametrize("missing", CONTENT)
def test_every_part_is_needed(missing: str) -> None:
    with pytest.raises(Damaged):
        read(forged({name: part for name, part in CONTENT.items() if name != missing}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"a":NaN}',
        b'{"a":1,"a":1}',
        plain_json.written(CONTENT) + b" ",
        plain_json.written(CONTENT).replace(b",", b", "),
        json.dumps(CONTENT, sort_keys=True, separators=(",", ":")).encode(),
        json.dumps(CONTENT, separators=(",", ":"), ensure_ascii=False).encode(),
        b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=range(13),
)
def test_what_is_not_written_as_we_write_is_refused(raw: bytes) -> None:
    with pytest.raises(Damaged):
        read(forged(raw))


def test_numbers_that_nobody_could_read_are_not_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        closed(replace(LETTER, body={"n": float("nan")}), CLEO)
    with pytest.raises(Damaged):
        closed(replace(LETTER, manifest=b"short"), CLEO)
