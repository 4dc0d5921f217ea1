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
from server.crypto.sealed.recovery import Bundle, Part
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
    return recovery.read(recovery.bundle((BINDINGS[number], pairs_of(number)) for number in range(2)))


def handed_over(one: OfficerKeys, other: OfficerKeys) -> list[bytes | None]:
    half = recovery.read(recovery.half_opened(a_bundle(), one.box_secret).text())
    done = recovery.read(recovery.resealed(half, other.box_secret, SUCCESSOR).text())
    assert done.stage == recovery.SLOTS
    assert [len(part.boxes) for part in done.parts] in ([], [1, 1])
    return [slots.opened(part.boxes[0], CLEO, part.binding) for part in done.parts]


@pytest.mark.parametrize(("one", "other"), [(FIRST, SECOND), (FIRST, THIRD), (SECOND, THIRD)], ids=["12", "13", "23"])
def test_any_two_officers_hand_the_cases_over(one: OfficerKeys, other: OfficerKeys) -> None:
    assert handed_over(one, other) == list(SECRETS)
    assert handed_over(other, one) == []


@pytest.mark.parametrize("alone", [FIRST, SECOND, THIRD], ids=["1", "2", "3"])
def test_one_officer_alone_opens_nothing(alone: OfficerKeys) -> None:
    assert handed_over(alone, alone) == []


def test_the_half_opened_bundle_holds_no_secret() -> None:
    half = recovery.half_opened(a_bundle(), FIRST.box_secret)
    assert [len(part.boxes) for part in half.parts] == [2, 2]
    assert half.stage == recovery.INNER
    for secret in SECRETS:
        assert secret.hex() not in half.text()


def test_cases_that_are_not_for_an_officer_are_left_out() -> None:
    mixed = Bundle(recovery.PAIRS, (Part(BINDINGS[0], (slots.pair_dummy(),)), a_bundle().parts[1]))
    half = recovery.half_opened(mixed, FIRST.box_secret)
    assert [part.binding for part in half.parts] == [BINDINGS[1]]


def test_one_slot_is_enough_for_each_case() -> None:
    twice = tuple(Part(part.binding, part.boxes * 2) for part in a_bundle().parts)
    half = recovery.half_opened(Bundle(recovery.PAIRS, twice), FIRST.box_secret)
    done = recovery.resealed(half, SECOND.box_secret, SUCCESSOR)
    assert [len(part.boxes) for part in done.parts] == [1, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"kind": "other"},
        {"stage": "other"},
        {"stage": []},
        {"cases": 5},
        {"cases": ["case"]},
        {"more": 1},
    ],
    ids=repr,
)
def test_what_is_no_bundle_is_refused(change: dict[str, Any]) -> None:
    content = json.loads(a_bundle().text())
    assert recovery.read(plain_json.written(content).decode()) == a_bundle_of(content)
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
        {"boxes": 5},
        {"boxes": [5]},
        {"boxes": ["ZZ"]},
        {"boxes": ["AB"]},
        {"more": 1},
    ],
    ids=repr,
)
def test_what_is_no_case_is_refused(change: dict[str, Any]) -> None:
    content = json.loads(a_bundle().text())
    content["cases"][0] |= change
    with pytest.raises(Damaged):
        recovery.read(plain_json.written(content).decode())
    del content["cases"][0]
    del content["cases"][0]["boxes"]
    with pytest.raises(Damaged):
        recovery.read(plain_json.written(content).decode())


def test_a_bundle_on_a_stick_is_still_read_after_an_update() -> None:
    text = '{"cases":[{"boxes":["00ff"],"case":"00000000-0000-0000-0000-000000000abc","epoch":0,"reporter":"%s"}],'
    text += '"kind":"recovery","stage":"%s","v":1}'
    for stage in (recovery.PAIRS, recovery.INNER, recovery.SLOTS):
        found = recovery.read(text % (BINDINGS[0].reporter.hex(), stage))
        assert found == Bundle(stage, (Part(BINDINGS[0], (b"\0\xff",)),))
    assert (recovery.PAIRS, recovery.INNER, recovery.SLOTS) == ("pairs", "inner", "slots")
    with pytest.raises(Damaged):
        recovery.read("\ud800")


def test_the_highest_epoch_is_still_read() -> None:
    widest = Bundle(recovery.PAIRS, (Part(replace(BINDINGS[0], epoch=(1 << 32) - 1), ()),))
    assert recovery.read(widest.text()) == widest


def a_bundle_of(content: dict[str, Any]) -> Bundle:
    parts = tuple(
        Part(
            Binding(UUID(case["case"]), case["epoch"], bytes.fromhex(case["reporter"])),
            tuple(bytes.fromhex(box) for box in case["boxes"]),
        )
        for case in content["cases"]
    )
    return Bundle(content["stage"], parts)
