"""Certificates: two officers make a reader, one takes the right away, and the database has no say."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, certificates, plain_json
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate, Officer, Revocation, Signed, Trust, countersigned, unsigned
from server.crypto.sealed.signatures import signature, verify_of

CLEO = bytes([9]) * 32
NADIA, OMAR, PETRA, STRANGER = (bytes([number]) * 32 for number in range(1, 5))
TODAY = date(2026, 5, 1)
SERIAL = UUID(int=0xABC << 90)
PAPER = Certificate(
    serial=SERIAL,
    person=UUID(int=0xDEF << 90),
    name="كليو",
    public=boxes.public_of(CLEO),
    verify=verify_of(CLEO),
    desk="sea",
    organisation="IRC",
    site="Kakuma 3",
    roles=("focal point",),
    languages=("en", "ar"),
    ties=("office:nairobi", "person:bo"),
    starts=TODAY,
    ends=TODAY + timedelta(days=90),
)


def officer(name: str, seed: bytes) -> Officer:
    return Officer(name, boxes.public_of(seed), verify_of(seed), "Ombuds", "Nairobi", ("organisation:IRC",))


TRUST = Trust({"nadia": officer("nadia", NADIA), "omar": officer("omar", OMAR), "petra": officer("petra", PETRA)})


def signed_by(*seeds: bytes, paper: certificates.Paper = PAPER) -> str:
    text = unsigned(paper)
    for seed in seeds:
        text = countersigned(text, seed)
    return text


def accepted(text: str, *, trust: Trust = TRUST, today: date = TODAY, revoked: frozenset[UUID] = frozenset()) -> Any:
    return certificates.accepted(text, trust, today=today, revoked=revoked)


def test_two_officers_make_a_reader() -> None:
    assert accepted(signed_by(NADIA, OMAR)) == PAPER
    assert accepted(signed_by(OMAR, PETRA)) == PAPER
    assert accepted(signed_by(NADIA, OMAR, PETRA, STRANGER)) == PAPER
    assert signed_by(NADIA, OMAR) == signed_by(OMAR, NADIA) == signed_by(OMAR, NADIA, OMAR)


@pytest.mark.parametrize("seeds", [(), (NADIA,), (NADIA, NADIA), (NADIA, STRANGER), (STRANGER, CLEO)])
def test_one_officer_makes_nobody_a_reader(seeds: tuple[bytes, ...]) -> None:
    assert accepted(signed_by(*seeds)) is None


def test_more_may_be_demanded_but_never_nobody() -> None:
    strict = replace(TRUST, needed=3)
    assert accepted(signed_by(NADIA, OMAR), trust=strict) is None
    assert accepted(signed_by(NADIA, OMAR, PETRA), trust=strict) == PAPER
    assert accepted(signed_by(NADIA), trust=replace(TRUST, needed=1)) == PAPER
    assert TRUST.needed == 2
    with pytest.raises(Damaged):
        replace(TRUST, needed=0)
    assert accepted(signed_by(NADIA, OMAR), trust=Trust()) is None


def test_a_certificate_holds_from_its_first_day_to_its_last() -> None:
    text = signed_by(NADIA, OMAR)
    for days, holds in ((-1, False), (0, True), (90, True), (91, False)):
        assert (accepted(text, today=TODAY + timedelta(days=days)) is not None) == holds


def test_what_is_revoked_says_nothing() -> None:
    text = signed_by(NADIA, OMAR)
    assert accepted(text, revoked=frozenset({SERIAL})) is None
    assert accepted(text, revoked=frozenset({UUID(int=1)})) == PAPER


def test_one_officer_is_enough_to_revoke() -> None:
    today, tomorrow = Revocation(SERIAL, TODAY), Revocation(UUID(int=5), TODAY + timedelta(days=1))
    texts = [
        signed_by(NADIA, paper=today),
        signed_by(OMAR, PETRA, paper=tomorrow),
        signed_by(NADIA, OMAR),
        "nothing",
        "",
    ]
    assert certificates.revocations(texts, TRUST, today=TODAY) == {SERIAL}
    assert certificates.revocations(texts, TRUST, today=TODAY + timedelta(days=1)) == {SERIAL, UUID(int=5)}
    assert certificates.revocations(texts, TRUST, today=TODAY - timedelta(days=1)) == frozenset()
    for text in (unsigned(today), signed_by(STRANGER, paper=today), signed_by(CLEO, paper=today)):
        assert certificates.revocations([text], TRUST, today=TODAY) == frozenset()


def test_a_revocation_is_no_certificate() -> None:
    assert accepted(signed_by(NADIA, OMAR, paper=Revocation(SERIAL, TODAY))) is None


def test_a_signature_under_one_kind_of_paper_is_none_under_another() -> None:
    paper = Revocation(SERIAL, TODAY)
    content = {"v": 1, "kind": "revocation", "serial": str(SERIAL), "day": TODAY.isoformat()}
    marks = [
        signature(NADIA, plain_json.written(content), purpose=f"baraza/{kind}")
        for kind in ("certificate", "revocation")
    ]
    found = [
        certificates.revocations([Signed(paper, {verify_of(NADIA): mark}).text()], TRUST, today=TODAY) for mark in marks
    ]
    assert found == [frozenset(), {SERIAL}]


@pytest.mark.parametrize(
    "change",
    [
        {"serial": UUID(int=1)},
        {"person": UUID(int=1)},
        {"name": "Cleo"},
        {"public": boxes.public_of(STRANGER)},
        {"verify": verify_of(STRANGER)},
        {"desk": "fraud"},
        {"organisation": "other"},
        {"site": "other"},
        {"roles": ("interpreter",)},
        {"languages": ("en",)},
        {"ties": ()},
        {"starts": TODAY - timedelta(days=1)},
        {"ends": TODAY + timedelta(days=99)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_word_is_signed(change: dict[str, Any]) -> None:
    honest = certificates.read(signed_by(NADIA, OMAR))
    changed = Signed(replace(PAPER, **change), honest.marks).text()
    assert certificates.read(changed).paper == replace(PAPER, **change)
    assert accepted(changed) is None
    assert accepted(signed_by(NADIA, OMAR, paper=replace(PAPER, **change))) == replace(PAPER, **change)


def test_any_changed_sign_is_noticed() -> None:
    text = signed_by(NADIA, OMAR)
    for at in range(len(text) - 1):
        assert accepted(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]) is None, at
    for broken in (text[:-2], text[1:], text * 2, text.replace(",", ", "), ""):
        assert accepted(broken) is None
    assert accepted(text + "\ud800") is None, "half a sign, as a broken browser may send it"
    assert accepted(f"\r\n {text.strip()} \r\n") == PAPER, "what a form adds around it does not matter"


def with_content(**change: Any) -> str:
    content = json.loads(signed_by(NADIA, OMAR)) | change
    kept = {key: value for key, value in content.items() if value is not ...}
    return plain_json.written(kept).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"more": 1},
        {"v": 2},
        {"kind": "other"},
        {"kind": ...},
        {"signatures": ...},
        {"signatures": 5},
        {"signatures": {"officer": "signature"}},
        {"signatures": [{"officer": verify_of(NADIA).hex()}]},
        {"signatures": [{"officer": verify_of(NADIA).hex(), "signature": 5}]},
        {"signatures": [{"officer": "00", "signature": "00"}]},
        {"name": 5},
        {"name": ...},
        {"roles": "focal point"},
        {"roles": [5]},
        {"ties": None},
        {"public": "00"},
        {"verify": "zz" * 32},
        {"serial": 5},
        {"serial": SERIAL.hex},
        {"starts": 5},
        {"ends": "20260501"},
        {"ends": "never"},
    ],
    ids=repr,
)
def test_a_paper_has_one_form_only(change: dict[str, Any]) -> None:
    assert accepted(with_content()) == PAPER
    text = with_content(**change)
    assert accepted(text) is None
    assert certificates.revocations([text], TRUST, today=TODAY) == frozenset()
    with pytest.raises(Damaged):
        certificates.read(text)


def test_signatures_stand_in_one_order() -> None:
    content = json.loads(signed_by(NADIA, OMAR))
    text = with_content(signatures=content["signatures"][::-1])
    assert accepted(text) is None
    assert accepted(with_content(signatures=content["signatures"] + content["signatures"][-1:])) is None


def test_a_forged_mark_beside_honest_ones_does_no_harm() -> None:
    marks = {**certificates.read(signed_by(NADIA, OMAR)).marks, verify_of(PETRA): bytes(64)}
    text = Signed(PAPER, marks).text()
    backwards = replace(TRUST, officers=dict(reversed(TRUST.officers.items())))
    assert certificates.signers(text, TRUST) == certificates.signers(text, backwards) == ("nadia", "omar")
    assert accepted(text) == PAPER


def test_half_a_sign_in_a_name_breaks_nothing() -> None:
    paper = replace(PAPER, name="Cleo \ud800")
    assert accepted(signed_by(NADIA, OMAR, paper=paper)) == paper


def test_only_a_whole_paper_is_signed() -> None:
    with pytest.raises(Damaged):
        countersigned("{}", NADIA)
    for part in ("public", "verify"):
        with pytest.raises(Damaged):
            unsigned(replace(PAPER, **{part: b"short"}))


OFFICER_FILE = """
name = "{name}"
organisation = "Ombuds"
site = "Nairobi"
ties = ["organisation:IRC"]
public = "{public}"
verify = "{verify}"
"""


def officer_file(name: str, seed: bytes) -> str:
    return OFFICER_FILE.format(name=name, public=boxes.public_of(seed).hex(), verify=verify_of(seed).hex())


def test_officers_are_read_from_a_folder(tmp_path: Path) -> None:
    assert Trust.load(tmp_path) == Trust({})
    (tmp_path / "b.toml").write_text(officer_file("nadia", NADIA), "utf-8")
    (tmp_path / "a.toml").write_text(officer_file("omar", OMAR), "utf-8")
    (tmp_path / "notes.txt").write_text("not an officer", "utf-8")
    assert Trust.load(tmp_path) == Trust({"nadia": TRUST.officers["nadia"], "omar": TRUST.officers["omar"]}, 2)
    assert Trust.load(tmp_path, needed=1).needed == 1
    assert accepted(signed_by(NADIA, OMAR), trust=Trust.load(tmp_path)) == PAPER
    (tmp_path / "c.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(Damaged):
        Trust.load(tmp_path)


def test_officers_stand_in_one_order_on_every_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seed in (("nadia", NADIA), ("omar", OMAR), ("petra", PETRA)):
        (tmp_path / f"{name}.toml").write_text(officer_file(name, seed), "utf-8")
    glob = Path.glob
    for backwards in (False, True):
        monkeypatch.setattr(Path, "glob", lambda this, what, last=backwards: sorted(glob(this, what), reverse=last))
        assert list(Trust.load(tmp_path).officers) == ["nadia", "omar", "petra"]


def test_two_officers_are_two_people() -> None:
    for texts in (
        [officer_file("nadia", NADIA), officer_file("nadia", OMAR)],
        [officer_file("nadia", NADIA), officer_file("omar", NADIA)],
    ):
        with pytest.raises(Damaged):
            Trust.of(texts)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('name = "nadia"', ""),
        ('name = "nadia"', "name = 5"),
        ('"Nairobi"', "["),
        ('["organisation:IRC"]', '"organisation:IRC"'),
        ('verify = "', 'verify = "00'),
        ('public = "', 'public = "zz'),
    ],
)
def test_a_broken_officer_is_nobody(before: str, after: str) -> None:
    text = officer_file("nadia", NADIA)
    assert before in text
    with pytest.raises(Damaged):
        Trust.of([text.replace(before, after)])


def test_a_fingerprint_is_read_aloud_in_ten_groups() -> None:
    shown = certificates.fingerprint(PAPER.public, PAPER.verify)
    assert shown == "1087 4433 6223 7947 3441 2047 8706 4778 4110 3897"
    assert shown != certificates.fingerprint(PAPER.verify, PAPER.public)
    many = [certificates.fingerprint(bytes([number]) * 32, PAPER.verify) for number in range(60)]
    assert {len(one) for one in many} == {49} and any(one.startswith("0") for one in many)
    public, verify = PAPER.public, PAPER.verify
    for keys in (
        (public[:31], b"x" + verify),
        (public + b"x", verify[1:]),
        (public[:31], verify),
        (public, verify[:31]),
    ):
        with pytest.raises(Damaged):
            certificates.fingerprint(*keys)
