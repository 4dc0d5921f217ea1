"""Papers of organisations that cases may be sealed to: two officers make one, and it makes nobody a reader."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, certificates, plain_json
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Agency, Revocation, Signed, Trust, unsigned
from server.crypto.sealed.signatures import verify_of
from tests.crypto.test_certificates import NADIA, OMAR, STRANGER, TODAY, TRUST, signed_by

THEIRS = bytes([11]) * 32
PAPER = Agency(
    serial=UUID(int=0xA6E << 90),
    name="safeline",
    public=boxes.public_of(THEIRS),
    verify=verify_of(THEIRS),
    organisation="خط آمن",
    site="Dadaab",
    ties=("organisation:UNHCR", "person:bo"),
    starts=TODAY,
    ends=TODAY + timedelta(days=90),
)
SIGNED = signed_by(NADIA, OMAR, paper=PAPER)


def accepted(text: str = SIGNED, *, days: int = 0, trust: Trust = TRUST, revoked: frozenset[UUID] = frozenset()) -> Any:
    return certificates.accepted_agency(text, trust, today=TODAY + timedelta(days=days), revoked=revoked)


def test_two_officers_make_an_organisation_that_cases_go_to() -> None:
    assert accepted() == certificates.granted(SIGNED, TRUST) == PAPER
    for seeds in ((), (NADIA,), (NADIA, STRANGER)):
        assert accepted(signed_by(*seeds, paper=PAPER)) is None
    assert accepted(trust=replace(TRUST, needed=3)) is None


@pytest.mark.parametrize(("days", "holds"), [(-1, False), (0, True), (90, True), (91, False)])
def test_its_paper_holds_from_its_first_day_to_its_last(days: int, holds: bool) -> None:
    assert accepted(days=days) == (PAPER if holds else None)


def test_one_officer_takes_it_away() -> None:
    revocation = signed_by(OMAR, paper=Revocation(PAPER.serial, TODAY))
    revoked = certificates.revocations([SIGNED, revocation], TRUST, today=TODAY)
    assert revoked == {PAPER.serial}
    assert accepted(revoked=revoked) is None
    assert accepted(revoked=frozenset({UUID(int=1)})) == PAPER


def test_an_organisation_is_no_reader_and_a_reader_no_organisation() -> None:
    assert certificates.accepted(SIGNED, TRUST, today=TODAY, revoked=()) is None
    revocation = signed_by(NADIA, OMAR, paper=Revocation(PAPER.serial, TODAY))
    for other in (signed_by(NADIA, OMAR), revocation, "", "{}"):
        assert accepted(other) is None
    assert certificates.granted(revocation, TRUST) is None, "it takes rights, and gives none"


@pytest.mark.parametrize(
    "change",
    [
        {"serial": UUID(int=1)},
        {"name": "other"},
        {"public": boxes.public_of(STRANGER)},
        {"verify": verify_of(STRANGER)},
        {"organisation": "other"},
        {"site": "other"},
        {"ties": ()},
        {"starts": TODAY - timedelta(days=1)},
        {"ends": TODAY + timedelta(days=99)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_word_is_signed(change: dict[str, Any]) -> None:
    other = replace(PAPER, **change)
    changed = Signed(other, certificates.read(SIGNED).marks).text()
    assert certificates.read(changed).paper == other
    assert accepted(changed) is None
    assert accepted(signed_by(NADIA, OMAR, paper=other)) == other


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"v": 2},
        {"kind": "certificate"},
        {"kind": "revocation"},
        {"name": 5},
        {"organisation": None},
        {"site": ["Dadaab"]},
        {"ties": "person:bo"},
        {"ties": [5]},
        {"public": "00"},
        {"verify": "zz" * 32},
        {"serial": 5},
        {"serial": PAPER.serial.hex},
        {"starts": 5},
        {"ends": "20260730"},
    ],
    ids=repr,
)
def test_its_paper_has_one_form_only(change: dict[str, Any]) -> None:
    content = json.loads(SIGNED)
    assert accepted(plain_json.written(content).decode()) == PAPER
    text = plain_json.written({**content, **change}).decode()
    assert accepted(text) is None
    with pytest.raises(Damaged):
        certificates.read(text)
    name = next(iter(change))
    if name in content:
        del content[name]
        with pytest.raises(Damaged):
            certificates.read(plain_json.written(content).decode())


@pytest.mark.parametrize("part", ["public", "verify"])
def test_only_whole_keys_stand_in_it(part: str) -> None:
    with pytest.raises(Damaged):
        unsigned(replace(PAPER, **{part: b"short"}))


def test_it_is_spelt_as_older_versions_spelt_it() -> None:
    """By hand: officers keep these lines, and a new version must still find their signatures under them."""
    assert unsigned(PAPER) == (
        f'{{"ends":"2026-07-30","kind":"agency","name":"safeline","organisation":"خط آمن",'
        f'"public":"{PAPER.public.hex()}","serial":"{PAPER.serial}","signatures":[],"site":"Dadaab","starts":"2026-05-01",'
        f'"ties":["organisation:UNHCR","person:bo"],"v":1,"verify":"{PAPER.verify.hex()}"}}\n'
    )
