"""The record of who opened what: read by officers, changed by nobody, and silent on how much was done."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from server.crypto.sealed import audit, boxes
from server.crypto.sealed.audit import Head, Leaf
from server.crypto.sealed.boxes import Damaged

NADIA, OMAR, STRANGER = (bytes([number]) * 32 for number in (1, 2, 3))
TO = (boxes.public_of(NADIA), boxes.public_of(OMAR))
FILLER = bytes(range(32))
FIRST = date(2026, 5, 1)
ENTRY = {"act": "read", "case": "K7QF2M", "person": "Cleo", "why": "تابع"}


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def leaves_of(day: date, count: int) -> list[Leaf]:
    return [audit.leaf({**ENTRY, "n": place}, day=day, place=place, to=TO) for place in range(count)]


LEAVES = {day_of(0): leaves_of(day_of(0), 3), day_of(2): leaves_of(day_of(2), 2), day_of(3): leaves_of(day_of(3), 1)}


def heads_of(leaves: dict[date, list[Leaf]], days: int = 3) -> list[Head]:
    heads, before = list[Head](), audit.NOTHING_BEFORE
    for day in map(day_of, range(days)):
        heads.append(audit.head(day, leaves.get(day, []), before=before, filler_key=FILLER))
        before = heads[-1].hash()
    return heads


HEADS = heads_of(LEAVES)


def wrong(heads: list[Head] = HEADS, leaves: dict[date, list[Leaf]] = LEAVES, **more: Any) -> tuple[date, ...]:
    return audit.verify(heads, leaves, filler_key=more.pop("filler_key", FILLER), **more)


def test_officers_read_what_was_entered() -> None:
    [leaf] = leaves_of(FIRST, 1)
    assert audit.opened(leaf, NADIA) == audit.opened(leaf, OMAR) == {**ENTRY, "n": 0}
    assert audit.opened(leaf, STRANGER) is None


def test_an_officer_whom_it_concerns_reads_nothing_and_it_does_not_show() -> None:
    open_to_all = audit.leaf(ENTRY, day=FIRST, place=0, to=TO)
    concerns_omar = audit.leaf(ENTRY, day=FIRST, place=0, to=(TO[0], None))
    assert audit.opened(concerns_omar, OMAR) is None
    assert audit.opened(concerns_omar, NADIA) == ENTRY
    assert len(open_to_all.box) == len(concerns_omar.box)
    assert audit.opened(audit.leaf(ENTRY, day=FIRST, place=0, to=()), NADIA) is None


def test_all_entries_have_one_size() -> None:
    longest = {"t": "x" * (1023 - len('{"t":""}'))}
    sizes = {len(audit.leaf(entry, day=FIRST, place=0, to=TO).box) for entry in ({}, ENTRY, longest)}
    assert sizes == {2 * 80 + 32 + 1024 + 40}
    with pytest.raises(Damaged):
        audit.leaf({"t": longest["t"] + "x"}, day=FIRST, place=0, to=TO)


def test_the_same_entry_never_looks_the_same() -> None:
    assert len({leaf.seal for leaf in (audit.leaf(ENTRY, day=FIRST, place=0, to=TO) for _ in range(20))}) == 20


def test_a_changed_entry_is_noticed_by_who_reads_it() -> None:
    [leaf] = leaves_of(FIRST, 1)
    for at in range(len(leaf.box)):
        broken = replace(leaf, box=leaf.box[:at] + bytes([leaf.box[at] ^ 1]) + leaf.box[at + 1 :])
        if at < 80:
            assert audit.opened(broken, NADIA) is None, "somebody else's share, for all that can be told"
        elif at >= 160:
            with pytest.raises(Damaged):
                audit.opened(broken, NADIA)
    for changed in ({"seal": bytes(32)}, {"place": 1}, {"day": day_of(1)}):
        with pytest.raises(Damaged):
            audit.opened(replace(leaf, **changed), NADIA)
    assert audit.opened(replace(leaf, box=b""), NADIA) is None


def test_a_whole_record_holds() -> None:
    assert wrong() == ()
    assert wrong([], {}) == ()
    assert wrong([], LEAVES) == ()
    assert wrong(published={head.day: head.hash() for head in HEADS}) == ()
    assert wrong(HEADS[1:], {day: LEAVES[day] for day in LEAVES if day > FIRST}, before=HEADS[0].hash()) == ()


def changed_leaves(day: date, leaves: list[Leaf]) -> dict[date, list[Leaf]]:
    return {**LEAVES, day: leaves}


def test_leaves_cannot_be_changed_taken_added_or_moved() -> None:
    one, two, three = LEAVES[FIRST]
    for leaves in (
        [],
        [one, two],
        [two, three],
        [one, three, two],
        [one, two, three, three],
        [one, two, three, *leaves_of(FIRST, 4)[3:]],
        [one, two, replace(three, seal=bytes(32))],
        [one, two, replace(three, box=three.box[:-1] + bytes([three.box[-1] ^ 1]))],
        [one, two, replace(three, day=day_of(1))],
        leaves_of(FIRST, 3),
        [replace(two, place=0), replace(one, place=1), three],
    ):
        assert wrong(leaves=changed_leaves(FIRST, leaves)) == (FIRST,)
    assert wrong(leaves=changed_leaves(day_of(1), leaves_of(day_of(1), 1))) == (day_of(1),)
    early = changed_leaves(day_of(-1), leaves_of(day_of(-1), 1))
    assert wrong(leaves=early) == wrong(leaves=early, kept_since=day_of(-1)) == (day_of(-1),)
    assert wrong(leaves=early, kept_since=FIRST) == ()


def test_days_cannot_be_changed_taken_or_moved() -> None:
    one, two, three = HEADS
    assert wrong([two, three]) == (FIRST, day_of(1))
    assert wrong([one, three]) == (day_of(2),)
    assert wrong([one, replace(two, root=bytes(32)), three]) == (day_of(1), day_of(2))
    assert wrong([one, two, replace(three, before=bytes(32))]) == (day_of(2),)
    assert wrong([replace(one, before=bytes([1]) * 32), two, three]) == (FIRST, day_of(1))
    assert wrong([one, three, two])
    assert wrong([one, replace(two, day=day_of(2))])
    skipped = audit.head(day_of(2), LEAVES[day_of(2)], before=one.hash(), filler_key=FILLER)
    assert wrong([one, skipped]) == (day_of(2),), "a day was never closed"


def test_a_past_written_anew_does_not_match_what_others_noted() -> None:
    anew = {**LEAVES, FIRST: leaves_of(FIRST, 1)}
    noted = {day_of(1): HEADS[1].hash()}
    assert wrong(heads_of(anew), anew) == ()
    assert wrong(heads_of(anew), anew, published=noted) == (day_of(1),)
    assert wrong(HEADS[:1], published=noted) == (day_of(1),), "the newest day was taken away"


def test_what_is_no_longer_kept_leaves_the_chain() -> None:
    pruned = {day: leaves for day, leaves in LEAVES.items() if day > FIRST}
    assert wrong(leaves=pruned) == (FIRST,)
    assert wrong(leaves=pruned, kept_since=day_of(1)) == ()
    assert wrong(leaves=pruned, kept_since=FIRST) == (FIRST,)
    broken = [HEADS[0], HEADS[1], replace(HEADS[2], before=bytes(32))]
    assert wrong(broken, pruned, kept_since=day_of(3)) == (day_of(2),)
    assert wrong(HEADS[1:], LEAVES, before=HEADS[0].hash(), kept_since=day_of(1)) == ()


def test_a_root_says_nothing_of_how_much_was_done() -> None:
    empty = [audit.head(FIRST, [], before=audit.NOTHING_BEFORE, filler_key=key) for key in (FILLER, STRANGER)]
    assert empty[0].root != empty[1].root, "without the filler key, an empty day cannot be told"
    other_day = audit.head(day_of(1), [], before=audit.NOTHING_BEFORE, filler_key=FILLER)
    assert other_day.root != empty[0].root
    assert wrong(filler_key=STRANGER) == tuple(map(day_of, range(3)))


@pytest.mark.parametrize("count", [0, 1, audit.PLACES - 1, audit.PLACES, audit.PLACES + 1])
def test_a_day_may_be_fuller_than_others(count: int) -> None:
    leaves = [Leaf(FIRST, place, b"box", bytes([place % 251]) * 32) for place in range(count)]
    head = audit.head(FIRST, leaves, before=audit.NOTHING_BEFORE, filler_key=FILLER)
    assert audit.verify([head], {FIRST: leaves}, filler_key=FILLER) == ()
    if leaves:
        assert audit.verify([head], {FIRST: leaves[:-1]}, filler_key=FILLER) == (FIRST,)
        last = replace(leaves[-1], box=b"other")
        assert audit.verify([head], {FIRST: [*leaves[:-1], last]}, filler_key=FILLER) == (FIRST,)


def test_only_whole_days_are_closed() -> None:
    one, two, three = LEAVES[FIRST]
    for leaves in ([two, three], [one, three], [two, one], [one, one], LEAVES[day_of(2)]):
        with pytest.raises(Damaged):
            audit.head(FIRST, leaves, before=audit.NOTHING_BEFORE, filler_key=FILLER)


def test_who_knows_the_words_and_the_salt_can_show_that_they_are_in_the_record() -> None:
    [leaf] = leaves_of(FIRST, 1)
    key = boxes.unsealed(NADIA, leaf.box[:80])
    assert key is not None
    where = FIRST.toordinal().to_bytes(4, "big") + bytes(4)
    salted = boxes.unlocked(key, leaf.box[160:], about=where)
    assert len(salted) == 32 + audit.ENTRY_BYTES
    assert boxes.hashed(where + salted, "audit/seal") == leaf.seal


def test_roots_are_as_they_were_once() -> None:
    """A new version must find the record of the old one whole."""
    leaves = [Leaf(FIRST, place, b"box", bytes([place]) * 32) for place in range(3)]
    head = audit.head(FIRST, leaves, before=audit.NOTHING_BEFORE, filler_key=FILLER)
    assert head.hash().hex() == "9416f71f7b45fd1b9445dd55b9294327b42d932332faa0084e8af6a77b81fcfa"
    full = [Leaf(FIRST, place, b"box", bytes([place % 251]) * 32) for place in range(audit.PLACES)]
    assert (
        audit.head(FIRST, full, before=audit.NOTHING_BEFORE, filler_key=FILLER).hash().hex()
        == "3418ce10855307d0c0839cf7d52c16476314944d668fc402260b3fdba0abbb41"
    )


def test_hashes_of_another_length_are_none() -> None:
    for part in ("root", "before"):
        with pytest.raises(Damaged):
            replace(HEADS[0], **{part: b"short"}).hash()
    with pytest.raises(Damaged):
        replace(LEAVES[FIRST][0], seal=b"short").hash()
