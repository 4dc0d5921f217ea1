"""Receipts: twenty digits in any script, from a filing key, that open the answers and nothing else."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.crypto.sealed import boxes, receipts
from server.crypto.sealed.receipts import Derivation, FilingKeys, Receipt

PEPPER = bytes(range(32))
OTHER_PEPPER = bytes(range(1, 33))
SALT = bytes(16)
SCRIPTS = {"arabic": "٠١٢٣٤٥٦٧٨٩", "persian": "۰۱۲۳۴۵۶۷۸۹", "devanagari": "०१२३४५६७८९", "wide": "０１２３４５６７８９"}
filing_keys = st.binary(min_size=32, max_size=32)


def a_receipt(number: int = 7) -> Receipt:
    return receipts.receipt_for(number.to_bytes(32, "big"), PEPPER)


def in_script(text: str, digits: str) -> str:
    return text.translate({ord("0") + value: sign for value, sign in enumerate(digits)})


@given(filing_keys)
def test_the_same_filing_gives_the_same_receipt(filing_key: bytes) -> None:
    receipt = receipts.receipt_for(filing_key, PEPPER)
    assert receipt == receipts.receipt_for(filing_key, PEPPER)
    assert re.fullmatch(r"[0-9]{20}", receipt)
    assert receipts.read(receipt) == receipt
    assert receipts.read(receipts.grouped(receipt)) == receipt


def test_receipts_are_as_written_down_once() -> None:
    """A restart, or a new version, must find the receipts of the old one."""
    assert receipts.receipt_for(bytes(32), PEPPER) == "07455942575328560714"


def test_without_the_pepper_a_filing_gives_another_receipt() -> None:
    assert receipts.receipt_for(bytes(32), PEPPER) != receipts.receipt_for(bytes(32), OTHER_PEPPER)


def test_every_digit_comes_everywhere() -> None:
    made = [a_receipt(number) for number in range(600)]
    assert len(set(made)) == 600
    for place in range(20):
        counts = [sum(receipt[place] == digit for receipt in made) for digit in "0123456789"]
        assert min(counts) > 25 and max(counts) < 110, (place, counts)


@given(filing_keys)
def test_a_wrong_digit_and_swapped_neighbours_are_noticed(filing_key: bytes) -> None:
    receipt = receipts.receipt_for(filing_key, PEPPER)
    for place in range(20):
        for digit in "0123456789":
            if digit != receipt[place]:
                assert receipts.read(receipt[:place] + digit + receipt[place + 1 :]) is None
    for place in range(19):
        swapped = receipt[:place] + receipt[place + 1] + receipt[place] + receipt[place + 2 :]
        assert (receipts.read(swapped) is None) == (swapped != receipt)


@pytest.mark.parametrize("digits", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_digits_of_every_script_are_read(digits: str) -> None:
    assert receipts.read(in_script(receipts.grouped(a_receipt()), digits)) == a_receipt()


@pytest.mark.parametrize(
    "between", [*"-‐‑‒–—―−－﹣־⁃\u00ad", *" \t\n\u00a0\u202f\u3000", *"\u200e\u200f\u061c\u2066\u2069\ufeff"]
)
def test_what_stands_between_the_groups_does_not_matter(between: str) -> None:
    groups = receipts.grouped(a_receipt()).split("-")
    assert receipts.read(between + between.join(groups) + between) == a_receipt()


@pytest.mark.parametrize("between", [*".,/_xX²①½Ⅷ+ー", "e", "%"])
def test_anything_else_is_no_receipt(between: str) -> None:
    groups = receipts.grouped(a_receipt()).split("-")
    assert receipts.read(between.join(groups)) is None


def test_a_receipt_has_twenty_digits_and_is_not_looked_for_in_a_book() -> None:
    receipt = a_receipt()
    zeros = "0" * 20
    assert receipts.read(zeros) == zeros
    for typed in ("", "0", "0" * 19, "0" * 21, receipt[:19], receipt + "0", "0" + receipt):
        assert receipts.read(typed) is None
    assert receipts.read(receipt + " " * 180) == receipt
    assert receipts.read(receipt + " " * 181) is None


def test_a_receipt_is_shown_in_five_groups_of_four() -> None:
    assert receipts.grouped(Receipt("01234567890123456789")) == "0123-4567-8901-2345-6789"


def test_a_text_that_gives_the_receipt_away_is_noticed() -> None:
    receipt = a_receipt()
    shown = receipts.grouped(receipt)
    for text in (
        f"my number is {shown}, please",
        receipt,
        shown.replace("-", ". "),
        in_script(shown, SCRIPTS["persian"]),
        shown.replace("-", " and then "),
        shown[:19],
        shown[5:],
        f"9{receipt[1:17]}9",
    ):
        assert receipts.mentioned(text, receipt), text
    for text in ("", "call 0123456789", shown[:18], shown[6:], receipts.grouped(a_receipt(8)), receipt[::-1]):
        assert not receipts.mentioned(text, receipt), text


def test_only_this_server_makes_filing_keys() -> None:
    ours, again, theirs = FilingKeys(PEPPER), FilingKeys(PEPPER), FilingKeys(OTHER_PEPPER)
    issued = ours.issue()
    filing_key = ours.read(issued)
    assert filing_key is not None and len(filing_key) == 32
    assert again.read(issued) == filing_key, "after a restart"
    assert theirs.read(issued) is None
    assert ours.issue() != issued
    assert re.fullmatch(r"[A-Za-z0-9_-]{64}", issued)
    raw = base64.urlsafe_b64decode(issued)
    for at in range(len(raw)):
        forged = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert ours.read(base64.urlsafe_b64encode(forged).decode()) is None
    for text in (
        "",
        "x",
        "é" * 64,
        "\ud800",
        issued[:-1],
        issued[:-4],
        issued + "AAAA",
        issued[:60],
        "A" * 64,
        f"!{issued}",
    ):
        assert ours.read(text) is None


def test_the_keys_of_a_receipt_are_always_the_same_and_all_different() -> None:
    derivation = Derivation(PEPPER, SALT, memory_kib=8, passes=1)
    keys = derivation.keys(a_receipt())
    assert keys == Derivation(PEPPER, SALT, memory_kib=8, passes=1).keys(a_receipt())
    made = [keys.lookup, keys.box_secret, keys.box_public, keys.signing_seed, keys.verify_key]
    assert len(set(made)) == 5 and {len(key) for key in made} == {32}
    assert boxes.unsealed(keys.box_secret, boxes.sealed(keys.box_public, b"an answer")) == b"an answer"
    assert keys.lookup.hex() == "e6a663519bf1a75ff7ef1dba65850b3f178654550cac7ff120e48bf6241926d8"


def test_the_keys_change_with_receipt_pepper_salt_and_cost() -> None:
    made = [
        Derivation(PEPPER, SALT, memory_kib=8, passes=1).keys(a_receipt()),
        Derivation(PEPPER, SALT, memory_kib=8, passes=1).keys(a_receipt(8)),
        Derivation(OTHER_PEPPER, SALT, memory_kib=8, passes=1).keys(a_receipt()),
        Derivation(PEPPER, bytes(15) + b"x", memory_kib=8, passes=1).keys(a_receipt()),
        Derivation(PEPPER, SALT, memory_kib=16, passes=1).keys(a_receipt()),
        Derivation(PEPPER, SALT, memory_kib=8, passes=2).keys(a_receipt()),
    ]
    assert len({keys.lookup for keys in made}) == len(made)
    assert len({keys.verify_key for keys in made}) == len(made)


def test_secrets_are_not_printed() -> None:
    keys = Derivation(PEPPER, SALT, memory_kib=8, passes=1).keys(a_receipt())
    for secret in (keys.lookup, keys.box_secret, keys.signing_seed):
        assert repr(secret) not in repr(keys)


def test_the_cost_of_a_guess_is_as_decided() -> None:
    keys = Derivation(PEPPER, SALT).keys(a_receipt())
    assert keys == Derivation(PEPPER, SALT, memory_kib=128 * 1024, passes=3).keys(a_receipt())
