"""Transfers as bytes: what was signed is what is read; what was changed, swapped, cut or said by others is not."""

import json
import struct
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, plain_json, streams, successors, transfers
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Agency
from server.crypto.sealed.signatures import signed, verify_of
from server.crypto.sealed.successors import Successor
from server.crypto.sealed.transfers import Item, Replaced, Statement
from tests.crypto.test_certificates import CLEO, NADIA, OMAR, PAPER, SERIAL, TODAY, TRUST, signed_by

THEIRS = bytes([77]) * 32
AGENCY = Agency(
    serial=UUID(int=5 << 100),
    name="safeline",
    public=boxes.public_of(THEIRS),
    verify=verify_of(THEIRS),
    organisation="Safe Line",
    site="",
    ties=(),
    starts=TODAY,
    ends=TODAY + timedelta(days=90),
)
NAME = UUID(int=9 << 100)
ITEMS = [Item("case.json", b'{"words": "canary"}'), Item("photo.jpg", bytes(range(256)) * 800), Item("empty", b"")]
OF_READER = signed_by(NADIA, OMAR)
NEW, OTHER = bytes([31]) * 32, bytes([32]) * 32


def statement(**more: Any) -> Statement:
    told = {"id": NAME, "day": TODAY, "agency": AGENCY.serial, "sender": (OF_READER,), "said_yes_to": ("agency",)}
    return transfers.of(ITEMS, **{**told, **more})


def file_of(about: Statement | None = None, *, seed: bytes = CLEO, items: list[Item] = ITEMS) -> bytes:
    return b"".join(transfers.written(about or statement(), items, seed=seed, to=AGENCY))


def opened(raw: bytes, **more: Any) -> Any:
    return transfers.opened(raw, THEIRS, **{"to": AGENCY, "trust": TRUST, **more})


def followed(before: bytes, after: bytes) -> Successor:
    return Successor(PAPER.person, verify_of(before), boxes.public_of(after), verify_of(after), TODAY)


def line_of(before: bytes, after: bytes) -> str:
    return successors.written(followed(before, after), old_seed=before, new_seed=after)


def forged(
    content: object,
    *,
    after: bytes = b"".join(item.content for item in ITEMS),
    length: int | None = None,
    key: bytes = bytes(range(32)),
    **more: Any,
) -> bytes:
    """A file like one of ours about any content at all, signed by a reader."""
    said = signed(CLEO, plain_json.written(content), purpose="baraza/transfer")  # type: ignore[arg-type]
    pieces = [struct.pack(">I", len(said) if length is None else length), said, after]
    return head(key, **more) + b"".join(streams.encrypted(pieces, key, case=NAME, file=NAME))


def head(key: bytes, *, name: UUID = NAME, **more: Any) -> bytes:
    box = boxes.sealed(AGENCY.public, b"baraza/transfer\0" + name.bytes + key)
    return plain_json.written({"v": 1, "kind": "transfer", "id": str(name), "box": box.hex(), **more}) + b"\n"


CONTENT: dict[str, Any] = {
    "v": 1,
    "id": str(NAME),
    "day": TODAY.isoformat(),
    "agency": str(AGENCY.serial),
    "sender": [OF_READER],
    "said_yes_to": ["agency"],
    "items": [{"name": name, "bytes": size, "hash": seal.hex()} for name, size, seal in statement().items],
}


def test_what_was_sent_is_what_is_read() -> None:
    sender, about, items = opened(file_of())
    assert (sender, about, items) == (PAPER, statement(), ITEMS)
    assert about.items[0] == ("case.json", 19, boxes.hashed(ITEMS[0].content, "transfer/item"))


def test_what_anybody_sees_of_the_file_is_one_line_with_a_name() -> None:
    raw = file_of()
    line, _, body = raw.partition(b"\n")
    assert set(json.loads(line)) == {"v", "kind", "id", "box"}
    assert (json.loads(line)["v"], json.loads(line)["kind"], json.loads(line)["id"]) == (1, "transfer", str(NAME))
    assert b"canary" not in raw and b"case.json" not in raw
    assert len(body) > 200_000


def test_a_file_that_was_forged_as_ours_are_made_is_read() -> None:
    """The forger of these tests makes what the next ones change."""
    assert opened(forged(CONTENT))[1] == statement()


def test_nobody_else_reads_it() -> None:
    with pytest.raises(Damaged):
        transfers.opened(file_of(), bytes([78]) * 32, to=AGENCY, trust=TRUST)


def test_it_is_for_one_receiver_only() -> None:
    elsewhere = replace(AGENCY, serial=UUID(int=6 << 100))
    with pytest.raises(Damaged):
        opened(file_of(), to=elsewhere)
    with pytest.raises(Damaged):
        list(transfers.written(statement(), ITEMS, seed=CLEO, to=elsewhere))


def test_it_is_about_these_items_only() -> None:
    for items in (ITEMS[:2], [*ITEMS, ITEMS[0]], [ITEMS[1], ITEMS[0], ITEMS[2]], []):
        with pytest.raises(Damaged):
            file_of(items=items)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_item_whose_content_is_another_is_not_taken(at: int) -> None:
    changed = [replace(item, content=b"x" + item.content[1:]) if n == at else item for n, item in enumerate(ITEMS)]
    with pytest.raises(Damaged):
        opened(file_of(items=changed))


def test_nothing_more_and_nothing_less_may_follow() -> None:
    whole = b"".join(item.content for item in ITEMS)
    for after in (whole + b"x", whole[:-1], b"", b"x" + whole):
        with pytest.raises(Damaged):
            opened(forged(CONTENT, after=after))
    for length in (0, 1, 1 << 31, (1 << 32) - 1):
        with pytest.raises(Damaged):
            opened(forged(CONTENT, length=length))


def test_a_file_that_is_cut_changed_or_empty_is_none() -> None:
    raw = file_of()
    first = raw.index(b"\n") + 1
    for cut in (0, 1, first - 1, first, first + 10, len(raw) - 1):
        with pytest.raises(Damaged):
            opened(raw[:cut])
    for at in (first, first + 30, len(raw) // 2, len(raw) - 1):
        with pytest.raises(Damaged):
            opened(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    with pytest.raises(Damaged):
        opened(raw + b"x")


def test_a_stream_too_short_for_a_length_is_none() -> None:
    key = boxes.new_key()
    for content in (b"", b"\0", b"\0\0\0"):
        with pytest.raises(Damaged):
            opened(head(key) + b"".join(streams.encrypted([content], key, case=NAME, file=NAME)))


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{}", b"[]", b'"x"', b"null", b"not json",
        b'{"id": "x", "box": "00"}', b'{"id": 5, "box": "00"}',
        b'{"id": "00000000-0000-0000-0000-000000000009", "box": "zz"}',
        b'{"id": "00000000-0000-0000-0000-000000000009", "box": 5}',
        b'{"box": "00"}', b'{"id": "00000000-0000-0000-0000-000000000009"}',
    ],
)  # fmt: skip
def test_a_first_line_that_is_none_of_ours_is_refused(line: bytes) -> None:
    with pytest.raises(Damaged):
        opened(line + b"\n" + file_of().partition(b"\n")[2])


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2}, {"v": True}, {"kind": "other"}, {"id": NAME.hex}, {"id": "x"}, {"id": 5}, {"id": None},
        {"box": "zz"}, {"box": 5}, {"box": None}, {"more": 1},
    ],
    ids=repr,
)  # fmt: skip
def test_the_first_line_has_one_form_only(change: dict[str, Any]) -> None:
    raw = file_of()
    line, _, body = raw.partition(b"\n")
    changed = plain_json.written({**json.loads(line), **change})
    with pytest.raises(Damaged):
        opened(changed + b"\n" + body)
    name = next(iter(change))
    left = plain_json.written({part: value for part, value in json.loads(line).items() if part != name})
    if left != line:
        with pytest.raises(Damaged):
            opened(left + b"\n" + body)


@pytest.mark.parametrize(
    "start", [b"baraza/transfer\0" + bytes(16), b"baraza/somethin\0" + NAME.bytes, NAME.bytes, b""]
)
def test_a_key_that_was_sealed_for_something_else_is_not_taken(start: bytes) -> None:
    """Even though it is the right one: what was sealed to the receiver elsewhere must not be opened here."""
    key = boxes.new_key()
    box = boxes.sealed(AGENCY.public, start + key).hex()
    line, _, body = forged(CONTENT, key=key, box=box).partition(b"\n")
    assert json.loads(line)["box"] == box
    with pytest.raises(Damaged):
        opened(line + b"\n" + body)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"baraza/transfer\0" + NAME.bytes,
        b"baraza/transfer\0" + NAME.bytes + bytes(31),
        b"baraza/transfer\0" + NAME.bytes + bytes(33),
        b"baraza/transfer\0" + bytes(16) + bytes(32),
        b"baraza/somethin\0" + NAME.bytes + bytes(32),
    ],
)
def test_a_box_that_holds_no_key_for_this_file_is_refused(content: bytes) -> None:
    line = plain_json.written(
        {"v": 1, "kind": "transfer", "id": str(NAME), "box": boxes.sealed(AGENCY.public, content).hex()}
    )
    body = b"".join(streams.encrypted([b"x"], bytes(32), case=NAME, file=NAME))
    with pytest.raises(Damaged):
        opened(line + b"\n" + body)


def test_a_key_of_another_file_opens_nothing() -> None:
    key = boxes.new_key()
    other = UUID(int=10 << 100)
    pieces = streams.encrypted([b"anything"], key, case=other, file=other)
    with pytest.raises(Damaged):
        opened(head(key) + b"".join(pieces))


def test_the_name_in_front_is_the_one_that_was_signed() -> None:
    with pytest.raises(Damaged):
        opened(forged({**CONTENT, "id": str(UUID(int=10 << 100))}))
    with pytest.raises(Damaged):
        opened(forged({**CONTENT, "agency": str(UUID(int=10 << 100))}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2), ("id", "x"), ("id", 5), ("day", "x"), ("day", 5), ("day", "2026-W18-5"), ("agency", "x"),
        ("agency", None), ("sender", 5), ("sender", []), ("sender", OF_READER), ("said_yes_to", 5),
        ("said_yes_to", "agency"), ("items", 5), ("items", [5]), ("items", [{}]), ("items", {}),
    ],
)  # fmt: skip
def test_a_statement_that_is_not_sound_is_refused(name: str, value: object) -> None:
    with pytest.raises(Damaged):
        opened(forged({**CONTENT, name: value}))
    with pytest.raises(Damaged):
        opened(forged({key: kept for key, kept in CONTENT.items() if key != name}))


@pytest.mark.parametrize("size", [-1, 19.0, "19", True, None, 20, 18])
def test_a_length_that_is_no_length_is_refused(size: object) -> None:
    first, *others = CONTENT["items"]
    with pytest.raises(Damaged):
        opened(forged({**CONTENT, "items": [{**first, "bytes": size}, *others]}))


def test_a_length_below_zero_is_refused_before_anything_is_cut() -> None:
    """Two lengths whose sum is right, one of them below zero, would read one item from inside another."""
    empty = boxes.hashed(b"", "transfer/item").hex()
    items = [{"name": "a", "bytes": 0, "hash": empty}, {"name": "b", "bytes": -0, "hash": empty}]
    assert opened(forged({**CONTENT, "items": items}, after=b""))[2] == [Item("a", b""), Item("b", b"")]
    items = [{"name": "a", "bytes": -1, "hash": empty}, {"name": "b", "bytes": 1, "hash": empty}]
    with pytest.raises(Damaged):
        opened(forged({**CONTENT, "items": items}, after=b""))


def test_something_unknown_in_a_statement_is_refused() -> None:
    with pytest.raises(Damaged):
        opened(forged({**CONTENT, "more": 1}))


def test_only_a_reader_whose_paper_holds_on_that_day_sends() -> None:
    for sender in ((), ("",), (signed_by(NADIA),), (OF_READER[:-3],)):
        with pytest.raises(Damaged):
            opened(file_of(statement(sender=sender)))
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=91)):
        with pytest.raises(Damaged):
            opened(file_of(statement(day=day)))
    with pytest.raises(Damaged):
        opened(file_of(), revoked=frozenset({SERIAL}))
    assert opened(file_of(), revoked=frozenset({UUID(int=1)}))[0] == PAPER


def test_somebody_elses_signature_under_a_readers_paper_is_worth_nothing() -> None:
    with pytest.raises(Damaged):
        opened(file_of(seed=OTHER))


def test_keys_that_followed_are_the_readers_and_the_ones_before_no_more() -> None:
    about = statement(sender=(OF_READER, line_of(CLEO, NEW)))
    sender, found, _ = opened(file_of(about, seed=NEW))
    assert sender == replace(PAPER, verify=verify_of(NEW))
    assert transfers.told(found) == [followed(CLEO, NEW)] and transfers.told(statement()) == []
    with pytest.raises(Damaged) as damaged:
        opened(file_of(about, seed=CLEO))
    assert not isinstance(damaged.value, Replaced), "what it says itself is wrong; nobody need have told the receiver"


def test_the_keys_that_came_last_are_the_readers() -> None:
    lines = (line_of(CLEO, NEW), line_of(NEW, OTHER))
    for sender in ((OF_READER, *lines), (OF_READER, *lines[::-1])):
        about = statement(sender=sender)
        assert opened(file_of(about, seed=OTHER))[0] == replace(PAPER, verify=verify_of(OTHER))
        for seed in (CLEO, NEW):
            with pytest.raises(Damaged):
                opened(file_of(about, seed=seed))
    with pytest.raises(Replaced):
        opened(file_of(statement(sender=(OF_READER, lines[0])), seed=NEW), known=[followed(NEW, OTHER)])


def test_a_receiver_who_knows_newer_keys_says_that_these_were_replaced() -> None:
    with pytest.raises(Replaced):
        opened(file_of(), known=[followed(CLEO, NEW)])
    about = statement(sender=(OF_READER, line_of(CLEO, NEW)))
    assert opened(file_of(about, seed=NEW), known=[followed(CLEO, NEW)])[0].verify == verify_of(NEW)
    with pytest.raises(Replaced):  # two claim to follow on one
        opened(file_of(about, seed=NEW), known=[followed(CLEO, OTHER)])


def test_two_successors_of_one_key_in_the_statement_itself_are_refused() -> None:
    about = statement(sender=(OF_READER, line_of(CLEO, NEW), line_of(CLEO, OTHER)))
    for seed in (NEW, OTHER, CLEO):
        with pytest.raises(Damaged):
            opened(file_of(about, seed=seed))


def test_a_successor_that_is_no_line_of_ours_is_refused() -> None:
    with pytest.raises(Damaged):
        opened(file_of(statement(sender=(OF_READER, "nonsense"))))
