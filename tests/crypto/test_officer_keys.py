"""Recovery officers: their key file opens with their passphrase, and two of them give a case to a successor."""

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, officers, plain_json, recovery, slots
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate, Officer, officer_in
from server.crypto.sealed.officers import OfficerKeys
from server.crypto.sealed.recovery import Bundle, Laid
from server.crypto.sealed.signatures import verify_of
from server.crypto.sealed.slots import Binding

KEYS = OfficerKeys(bytes([1]) * 32, bytes([2]) * 32)
PHRASE = "lamp river seven moon"


def quick_file() -> str:
    return officers.key_file(KEYS, PHRASE, memory_kib=8, passes=1)


def test_a_key_file_opens_with_its_passphrase() -> None:
    text = quick_file()
    assert officers.opened_key_file(text, PHRASE) == KEYS
    assert officers.opened_key_file(f" {text}\n", PHRASE) == KEYS
    assert officers.opened_key_file(text, PHRASE + "x") is None
    assert text.endswith("}\n") and text.count("\n") == 1
    assert KEYS.box_secret.hex() not in text and KEYS.signing_seed.hex() not in text
    assert officers.new_keys() != officers.new_keys()


def test_a_key_file_costs_what_was_decided() -> None:
    content = json.loads(officers.key_file(KEYS, PHRASE))
    assert (content["memory_kib"], content["passes"]) == (262_144, 3)


def test_the_public_half_belongs_to_the_secret() -> None:
    assert KEYS.public == boxes.public_of(KEYS.box_secret)
    assert KEYS.verify == verify_of(KEYS.signing_seed)
    assert repr(KEYS) == "OfficerKeys()"


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"kind": "other"},
        {"box": 5},
        {"box": "zz"},
        {"memory_kib": 0},
        {"memory_kib": True},
        {"memory_kib": "8"},
        {"memory_kib": 4 * 1024 * 1024 + 1},
        {"passes": 0},
        {"passes": 101},
        {"passes": None},
    ],
    ids=repr,
)
def test_what_is_no_key_file_is_refused(change: dict[str, Any]) -> None:
    text = plain_json.written({**json.loads(quick_file()), **change}).decode()
    with pytest.raises(Damaged):
        officers.opened_key_file(text, PHRASE)


def test_the_widest_cost_is_still_read() -> None:
    for text in ("", "\ud800"):
        with pytest.raises(Damaged):
            officers.opened_key_file(text, PHRASE)
    content = json.loads(quick_file())
    assert officers.opened_key_file(plain_json.written({**content, "passes": 100}).decode(), PHRASE) is None
    assert officers.opened_key_file(plain_json.written({**content, "box": "00"}).decode(), PHRASE) is None
    assert officers.MOST_MEMORY_KIB == 4 * 1024 * 1024


def test_a_public_file_is_read_as_it_was_written() -> None:
    officer = Officer("nadia", KEYS.public, KEYS.verify, 'The "Ombuds" \\ office', "مكتب نيروبي", ("a", "b's #1"))
    assert officer_in(officers.public_file(officer)) == officer
    assert officers.public_file(officer).endswith('"\n'), "whole lines, as other programs write them"
    assert officer_in(officers.public_file(replace(officer, ties=()))).ties == ()
    pulaar = replace(officer, site="𞤀𞤣𞤤𞤢𞤥")
    assert officer_in(officers.public_file(pulaar)) == pulaar


@pytest.mark.parametrize("part", ["name", "organisation", "site"])
def test_invisible_signs_are_not_taken_into_a_public_file(part: str) -> None:
    officer = Officer("nadia", KEYS.public, KEYS.verify, "Ombuds", "Nairobi", ())
    for word in ("a\nb", "a\u202eb", "a\x7f"):
        with pytest.raises(Damaged):
            officers.public_file(replace(officer, **{part: word}))
        with pytest.raises(Damaged):
            officers.public_file(replace(officer, ties=("fine", word)))


FIRST, SECOND, THIRD = (OfficerKeys(bytes([number]) * 32, bytes([number + 9]) * 32) for number in (3, 4, 5))
CLEO = bytes([7]) * 32
SECRETS = (bytes([21]) * 32, bytes([22]) * 32)
BINDINGS = tuple(Binding(UUID(int=0xABC + number), number, bytes([number + 40]) * 32) for number in range(2))
SUCCESSOR = Certificate(
    serial=UUID(int=1),
    person=UUID(int=2),
    name="Cleo",
    public=boxes.public_of(CLEO),
    verify=verify_of(CLEO),
    desk="sea",
    organisation="IRC",
    site="Kakuma",
    roles=(),
    languages=("en",),
    ties=(),
    starts=date(2026, 1, 1),
    ends=date(2026, 12, 31),
)


def pairs_of(number: int) -> list[bytes]:
    """Every pair of three officers, and a dummy."""
    pairs = [(FIRST, SECOND), (FIRST, THIRD), (SECOND, THIRD)]
    made = [slots.pair_blob(one.public, other.public, SECRETS[number], BINDINGS[number]) for one, other in pairs]
    return [*made, slots.pair_dummy()]


def a_bundle() -> Bundle:
    pairs = [box for number in range(2) for box in pairs_of(number)]
    return recovery.read(recovery.bundle(pairs, lambda number: slots.pair_decoy(number.to_bytes(32, "big"))))


def test_a_bundle_is_written_from_any_row_of_pairs_and_leaves_it_alone() -> None:
    pairs = sorted(pairs_of(0))
    decoys = [slots.pair_decoy(number.to_bytes(32, "big")) for number in range(recovery.PLACES)]
    text = recovery.bundle(iter(pairs), decoys.__getitem__)
    assert recovery.bundle(pairs, decoys.__getitem__) == text and len(pairs) == 4
    assert list(recovery.read(text).boxes) == sorted(pairs + decoys[: recovery.PLACES - 4]), "no place tells a decoy"


def handed_over(one: OfficerKeys, other: OfficerKeys) -> list[bytes | None]:
    half = recovery.read(recovery.half_opened(a_bundle(), one.box_secret).bundle.text())
    done = recovery.resealed(half, other.box_secret, SUCCESSOR)
    read = recovery.read(done.bundle.text())
    assert (read.stage, len(read.laid), read.boxes) == (recovery.SLOTS, done.opened, ())
    laid = sorted(read.laid, key=lambda one: one.binding.epoch)
    return [slots.opened(one.box, CLEO, one.binding) for one in laid]


@pytest.mark.parametrize(("one", "other"), [(FIRST, SECOND), (FIRST, THIRD), (SECOND, THIRD)], ids=["12", "13", "23"])
def test_any_two_officers_hand_the_cases_over(one: OfficerKeys, other: OfficerKeys) -> None:
    assert handed_over(one, other) == list(SECRETS)
    assert handed_over(other, one) == []


@pytest.mark.parametrize("alone", [FIRST, SECOND, THIRD], ids=["1", "2", "3"])
def test_one_officer_alone_opens_nothing(alone: OfficerKeys) -> None:
    assert handed_over(alone, alone) == []


def test_the_half_opened_bundle_holds_no_secret() -> None:
    half = recovery.half_opened(a_bundle(), FIRST.box_secret)
    assert (half.bundle.stage, half.opened) == (recovery.INNER, 4)
    for secret in SECRETS:
        assert secret.hex() not in half.bundle.text()


def test_a_bundle_has_one_size_whatever_is_in_it_and_whatever_opened() -> None:
    def decoy(number: int) -> bytes:
        return slots.pair_decoy(number.to_bytes(32, "big"))

    empty, full = recovery.bundle([], decoy), recovery.bundle([slots.pair_dummy()] * recovery.PLACES, decoy)
    assert len(empty) == len(full) == len(a_bundle().text())
    assert len(recovery.read(recovery.bundle([slots.pair_dummy()] * (recovery.PLACES + 1), decoy)).boxes) == 2048
    halves = [recovery.half_opened(a_bundle(), one.box_secret) for one in (FIRST, SECOND, THIRD)]
    assert [half.opened for half in halves] == [4, 2, 0]
    assert {len(half.bundle.boxes) for half in halves} == {recovery.PLACES}
    assert {len(box) for half in halves for box in half.bundle.boxes} == {slots.INNER_BYTES}
    assert all(list(half.bundle.boxes) == sorted(half.bundle.boxes) for half in halves), "no place tells what opened"


def test_one_slot_is_enough_for_each_case() -> None:
    half = recovery.half_opened(Bundle(recovery.PAIRS, a_bundle().boxes * 2), FIRST.box_secret)
    assert recovery.resealed(half.bundle, SECOND.box_secret, SUCCESSOR).opened == 2


BOXES = Bundle(recovery.PAIRS, (b"\0\xff", b"\x01"))
LAID = Bundle(recovery.SLOTS, laid=(Laid(BINDINGS[0], b"\0\xff"), Laid(BINDINGS[1], b"")))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 1},
        {"kind": "other"},
        {"stage": "other"},
        {"stage": []},
        {"boxes": 5},
        {"boxes": [5]},
        {"boxes": ["ZZ"]},
        {"boxes": ["AB"]},
        {"cases": 5},
        {"cases": ["case"]},
        {"more": 1},
    ],
    ids=repr,
)
def test_what_is_no_bundle_is_refused(change: dict[str, Any]) -> None:
    content = json.loads(BOXES.text())
    assert recovery.read(plain_json.written(content).decode()) == BOXES
    with pytest.raises(Damaged):
        recovery.read(plain_json.written({**content, **change}).decode())


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": -1},
        {"epoch": 1 << 32},
        {"epoch": True},
        {"epoch": "0"},
        {"case": 5},
        {"case": "x"},
        {"reporter": "00"},
        {"reporter": None},
        {"box": 5},
        {"box": "ZZ"},
        {"box": "AB"},
        {"more": 1},
    ],
    ids=repr,
)
def test_what_is_no_case_is_refused(change: dict[str, Any]) -> None:
    content = json.loads(LAID.text())
    content["cases"][0] |= change
    with pytest.raises(Damaged):
        recovery.read(plain_json.written(content).decode())
    del content["cases"][0]
    del content["cases"][0]["box"]
    with pytest.raises(Damaged):
        recovery.read(plain_json.written(content).decode())


def test_a_bundle_on_a_stick_is_still_read_after_an_update() -> None:
    closed = '{"boxes":["00ff","01"],"cases":[],"kind":"recovery","stage":"%s","v":2}'
    for stage in (recovery.PAIRS, recovery.INNER):
        assert recovery.read(closed % stage) == replace(BOXES, stage=stage)
    text = '{"boxes":[],"cases":[{"box":"00ff","case":"00000000-0000-0000-0000-000000000abc","epoch":0,"reporter":"%s"}'
    text += '],"kind":"recovery","stage":"slots","v":2}'
    assert recovery.read(text % BINDINGS[0].reporter.hex()) == replace(LAID, laid=LAID.laid[:1])
    assert (recovery.PAIRS, recovery.INNER, recovery.SLOTS) == ("pairs", "inner", "slots")
    with pytest.raises(Damaged):
        recovery.read("\ud800")


def test_the_highest_epoch_is_still_read() -> None:
    widest = replace(LAID, laid=(Laid(replace(BINDINGS[0], epoch=(1 << 32) - 1), b""),))
    assert recovery.read(widest.text()) == widest
