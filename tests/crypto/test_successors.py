"""Which keys followed on which: both must have signed, a chain has one end, and others' steps are not in it."""

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from server.crypto.sealed import plain_json, successors
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.signatures import signature, verify_of
from server.crypto.sealed.successors import Successor

CLEO, DARA = UUID(int=1 << 100), UUID(int=2 << 100)
SEEDS = [bytes([number]) * 32 for number in range(5)]
KEYS = [verify_of(seed) for seed in SEEDS]
DAY = date(2026, 3, 4)


def step(before: int, after: int, person: UUID = CLEO) -> Successor:
    return Successor(person, KEYS[before], bytes([after]) * 32, KEYS[after], DAY)


def line(before: int, after: int) -> str:
    return successors.written(step(before, after), old_seed=SEEDS[before], new_seed=SEEDS[after])


def test_what_both_keys_have_signed_is_read_as_it_was_written() -> None:
    assert successors.read(line(0, 1)) == step(0, 1)
    assert line(0, 1).endswith("}\n") and line(0, 1).count("\n") == 1
    assert successors.read(f"  {line(0, 1).strip()}  ") == step(0, 1)


def test_a_line_that_one_of_them_has_not_signed_is_none() -> None:
    one, other = line(0, 1), line(2, 3)
    for name in ("old", "new"):
        mark = one.partition(f'"{name}":"')[2].partition('"')[0]
        for wrong in (other.partition(f'"{name}":"')[2].partition('"')[0], "00" * 64, "", "zz"):
            with pytest.raises(Damaged):
                successors.read(one.replace(mark, wrong))


@pytest.mark.parametrize(
    ("what", "other"),
    [("person", str(DARA)), ("public", "07" * 32), ("day", "2026-03-05"), ("before", KEYS[3].hex()), ("v", "x")],
)
def test_a_line_of_which_something_was_changed_is_none(what: str, other: str) -> None:
    text = line(0, 1)
    value = text.partition(f'"{what}":')[2].partition(",")[0].strip("}\n")
    with pytest.raises(Damaged):
        successors.read(text.replace(f'"{what}":{value}', f'"{what}":"{other}"'))


@pytest.mark.parametrize("other", ['"v":true', '"v":1.0', '"v":2', '"more":1,"v":1'])
def test_a_line_has_one_spelling(other: str) -> None:
    """Else two lines that differ would both be the one step that was signed."""
    text = line(0, 1)
    assert text.count('"v":1') == 1
    with pytest.raises(Damaged):
        successors.read(text.replace('"v":1', other))


@pytest.mark.parametrize("name", ["v", "kind", "person", "before", "public", "verify", "day", "old", "new"])
def test_every_part_is_needed_and_is_a_word(name: str) -> None:
    content = json.loads(line(0, 1))
    for value in (5, None, [], {}):
        with pytest.raises(Damaged):
            successors.read(plain_json.written({**content, name: value}).decode())
    del content[name]
    with pytest.raises(Damaged):
        successors.read(plain_json.written(content).decode())


def test_half_a_sign_is_no_line() -> None:
    for text in ("\ud800", ""):
        with pytest.raises(Damaged):
            successors.read(text)


@pytest.mark.parametrize("part", ["before", "public", "verify"])
def test_only_whole_keys_follow(part: str) -> None:
    for wrong in (b"", KEYS[1][:31], KEYS[1] + b"x"):
        with pytest.raises(Damaged):
            successors.written(replace(step(0, 1), **{part: wrong}), old_seed=SEEDS[0], new_seed=SEEDS[1])
        content = {name: part for name, part in json.loads(line(0, 1)).items() if name not in ("old", "new")}
        raw = plain_json.written({**content, part: wrong.hex()})
        marks = {
            name: signature(SEEDS[at], raw, purpose="baraza/successor").hex() for at, name in enumerate(("old", "new"))
        }
        with pytest.raises(Damaged):
            successors.read(plain_json.written({**json.loads(raw), **marks}).decode())


def test_a_line_is_spelt_as_older_versions_spelt_it() -> None:
    """By hand: a new version must still find both signatures under what an older one wrote."""
    raw = (
        f'{{"before":"{KEYS[0].hex()}","day":"2026-03-04","kind":"successor","person":"{CLEO}",'
        f'"public":"{"01" * 32}","v":1,"verify":"{KEYS[1].hex()}"}}'
    ).encode()
    marks = [signature(SEEDS[at], raw, purpose="baraza/successor").hex() for at in (0, 1)]
    by_hand = {**json.loads(raw), "old": marks[0], "new": marks[1]}
    assert line(0, 1) == plain_json.written(by_hand).decode() + "\n"


def test_only_the_seeds_of_the_keys_it_names_can_write_it() -> None:
    for old, new in ((2, 1), (0, 2), (1, 0)):
        with pytest.raises(Damaged):
            successors.written(step(0, 1), old_seed=SEEDS[old], new_seed=SEEDS[new])


def test_a_chain_goes_from_key_to_key_in_whatever_order_the_steps_come() -> None:
    steps = [step(0, 1), step(1, 2), step(2, 3)]
    assert successors.chain(CLEO, KEYS[0], steps[::-1]) == steps
    assert successors.chain(CLEO, KEYS[2], steps) == steps[2:]
    assert successors.chain(CLEO, KEYS[3], steps) == []
    assert successors.chain(CLEO, KEYS[0], [*steps, *steps]) == steps, "the same step twice is one"
    assert successors.chain(DARA, KEYS[0], steps) == []


def test_two_steps_from_one_key_anywhere_and_a_circle_are_no_chain() -> None:
    steps = [step(0, 1), step(1, 2)]
    for wrong in (step(0, 3), step(1, 3), step(2, 0), replace(step(0, 1), day=date(2026, 3, 5))):
        assert successors.chain(CLEO, KEYS[0], [*steps, wrong]) is None
    assert successors.chain(CLEO, KEYS[0], [*steps, step(0, 3, DARA)]) == steps


def test_what_leads_to_a_key_is_what_came_before_it_of_the_same_person() -> None:
    steps = [step(0, 1), step(1, 2), step(2, 3)]
    theirs = [step(0, 1, DARA), step(1, 2, DARA)]
    assert successors.leading_to([(CLEO, KEYS[2])], [*steps, *theirs]) == set(steps[:2])
    assert successors.leading_to([(CLEO, KEYS[0])], steps) == set()
    assert successors.leading_to([(CLEO, KEYS[3]), (DARA, KEYS[1])], [*steps, *theirs]) == {*steps, theirs[0]}
    assert successors.leading_to([(CLEO, KEYS[1])], [step(0, 1), step(1, 0)]) == {step(0, 1), step(1, 0)}, "it ends"
