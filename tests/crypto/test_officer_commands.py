"""`baraza officer`: two people with two sticks, in a room without a network."""

import os
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from server.cli import app
from server.crypto.sealed import boxes, certificates, officers, recovery, slots
from server.crypto.sealed.certificates import Certificate, Officer, Trust
from server.crypto.sealed.officers import OfficerKeys
from server.crypto.sealed.signatures import verify_of
from server.crypto.sealed.slots import Binding
from server.errors import BootRefused
from server.officer_work import visible

CLEO = bytes([9]) * 32
PHRASE = "lamp river seven moon"
TODAY = date.today()
NADIA, OMAR = (OfficerKeys(bytes([number]) * 32, bytes([number + 9]) * 32) for number in (1, 2))
PAPER = Certificate(
    serial=UUID(int=0xABC << 90),
    person=UUID(int=0xDEF << 90),
    name="Cleo",
    public=boxes.public_of(CLEO),
    verify=verify_of(CLEO),
    desk="sea",
    organisation="IRC",
    site="Kakuma",
    roles=("focal point",),
    languages=("en", "ar"),
    ties=("person:bo",),
    starts=TODAY,
    ends=TODAY + timedelta(days=90),
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The officers' table: their sticks, a folder with their public files, and a request; no data directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BARAZA_DATA_DIR", raising=False)
    (tmp_path / "officers").mkdir()
    for name, keys in (("nadia", NADIA), ("omar", OMAR)):
        officer = Officer(name, keys.public, keys.verify, "Ombuds", "Nairobi", ())
        (tmp_path / "officers" / f"{name}.toml").write_text(officers.public_file(officer), "utf-8")
        (tmp_path / f"{name}.key").write_text(officers.key_file(keys, PHRASE, memory_kib=8, passes=1), "utf-8")
    (tmp_path / "phrase").write_text(PHRASE + "\n", "utf-8")
    (tmp_path / "cleo.json").write_text(certificates.unsigned(PAPER), "utf-8")
    return tmp_path


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["officer", *words], input=typed)


def refusal(*words: str, typed: str = "") -> str:
    result = run(*words, typed=typed)
    assert isinstance(result.exception, BootRefused), result.output
    return str(result.exception)


def signs(who: str, *more: str, typed: str = "y\n") -> Result:
    return run("certify", "cleo.json", "--key", f"{who}.key", "--passphrase-file", "phrase", *more, typed=typed)


def certificate(desk: Path, *seeds: OfficerKeys, paper: Certificate = PAPER) -> None:
    text = certificates.unsigned(paper)
    for keys in seeds:
        text = certificates.countersigned(text, keys.signing_seed)
    (desk / "cleo.json").write_text(text, "utf-8")


def test_keys_are_made_under_a_passphrase_that_nobody_sees(desk: Path) -> None:
    words = ("new", "petra", "--organisation", "Ombuds", "--site", "Nairobi", "--tie", "organisation:IRC")
    typed = f"{PHRASE}\n{PHRASE}\n"
    result = run(*words, "--out", ".", typed=typed)
    assert result.exit_code == 0, result.output
    assert PHRASE not in result.output
    assert stat.S_IMODE((desk / "petra.key").stat().st_mode) == 0o600
    keys = officers.opened_key_file((desk / "petra.key").read_text("utf-8"), PHRASE)
    assert keys is not None
    officer = certificates.officer_in((desk / "petra.toml").read_text("utf-8"))
    assert officer == Officer("petra", keys.public, keys.verify, "Ombuds", "Nairobi", ("organisation:IRC",))
    assert certificates.fingerprint(keys.public, keys.verify) in result.output
    before = (desk / "petra.key").read_bytes()
    assert "there already" in refusal(*words, "--passphrase-file", "phrase")
    assert (desk / "petra.key").read_bytes() == before


@pytest.mark.parametrize("name", ["", "Nadia", "../nadia", "a" * 41, "نادية"])
def test_a_name_is_short_and_plain(desk: Path, name: str) -> None:
    words = ("new", name, "--organisation", "Ombuds", "--site", "N", "--passphrase-file", "phrase")
    assert "small letters" in refusal(*words)


def test_a_short_passphrase_or_an_invisible_name_is_refused(desk: Path) -> None:
    (desk / "short").write_text("x" * 15, "utf-8")
    assert "16 signs" in refusal("new", "petra", "--organisation", "O", "--site", "N", "--passphrase-file", "short")
    assert "everybody can see" in refusal("new", "petra", "--organisation", "O\u202e", "--site", "N")
    assert not (desk / "petra.key").exists() and not (desk / "petra.toml").exists()


def test_two_officers_sign_one_after_the_other(desk: Path) -> None:
    first = signs("nadia")
    assert first.exit_code == 0, first.output
    trust = Trust.load(desk / "officers")
    text = (desk / "cleo.json").read_text("utf-8")
    assert certificates.signers(text, trust) == ("nadia",)
    second = signs("omar", "--officers", "officers")
    assert "Signed by:                      nadia" in second.output
    text = (desk / "cleo.json").read_text("utf-8")
    assert certificates.accepted(text, trust, today=TODAY, revoked=frozenset()) == PAPER
    assert not (desk / "cleo.json.new").exists()


def test_everything_is_shown_before_it_is_signed(desk: Path) -> None:
    shown = signs("nadia", typed="n\n").output
    wanted = [
        "Cleo",
        str(PAPER.person),
        "sea",
        "IRC",
        "Kakuma",
        "focal point",
        "en, ar",
        "person:bo",
        str(PAPER.serial),
    ]
    wanted += [TODAY.isoformat(), PAPER.ends.isoformat(), certificates.fingerprint(PAPER.public, PAPER.verify)]
    for word in wanted:
        assert word in shown
    assert (desk / "cleo.json").read_text("utf-8") == certificates.unsigned(PAPER)
    assert "Nothing was done" in refusal("certify", "cleo.json", "--key", "nadia.key", typed="n\n")


def test_the_signed_paper_can_lie_elsewhere(desk: Path) -> None:
    (desk / "signed.json.new").write_text("left over", "utf-8")
    assert signs("nadia", "--out", "signed.json", "--yes", typed="").exit_code == 0
    assert (desk / "cleo.json").read_text("utf-8") == certificates.unsigned(PAPER)
    assert len(certificates.read((desk / "signed.json").read_text("utf-8")).marks) == 1


def test_a_name_cannot_hide_what_a_terminal_shows(desk: Path) -> None:
    certificate(desk, paper=replace(PAPER, name="Cleo\u202e\x1b[2J\nDesk: other", site="می\u200cخواهم"))
    shown = run("show", "cleo.json").output
    assert "Cleo<202E><001B>[2J<000A>Desk: other" in shown
    assert "می\u200cخواهم" in shown
    assert visible("a b") == "a b"


def test_a_wrong_passphrase_signs_nothing(desk: Path) -> None:
    before = (desk / "cleo.json").read_bytes()
    assert "wrong" in refusal("certify", "cleo.json", "--key", "nadia.key", "--yes", typed="not the passphrase\n")
    assert (desk / "cleo.json").read_bytes() == before
    assert run("certify", "cleo.json", "--key", "nadia.key", "--yes", typed=f"{PHRASE}\n").exit_code == 0


def test_what_is_no_request_no_key_or_no_file_is_refused(desk: Path) -> None:
    (desk / "bad").write_text("{}", "utf-8")
    (desk / "binary").write_bytes(b"\xff")
    key = ("--key", "nadia.key", "--passphrase-file", "phrase", "--yes")
    assert "damaged" in refusal("certify", "bad", *key)
    assert "cannot be read" in refusal("certify", "missing", *key)
    assert "cannot be read" in refusal("show", "binary")
    assert "not a key file" in refusal("certify", "cleo.json", "--key", "bad", "--passphrase-file", "phrase", "--yes")
    assert "neither" in refusal("certify", revocation(desk), *key)
    assert "not of an officer" in refusal("certify", "cleo.json", *key, "--officers", two_of_the_same(desk))
    assert "cannot be written" in refusal("certify", "cleo.json", *key, "--out", "no/such/place")


def two_of_the_same(desk: Path) -> str:
    (desk / "twice").mkdir()
    for name in ("a", "b"):
        (desk / "twice" / f"{name}.toml").write_bytes((desk / "officers" / "nadia.toml").read_bytes())
    return "twice"


def revocation(desk: Path) -> str:
    words = ("revoke", "cleo.json", "--key", "nadia.key", "--passphrase-file", "phrase", "--out", "gone.revocation")
    result = run(*words, typed="y\n")
    assert result.exit_code == 0, result.output
    return "gone.revocation"


def test_one_officer_takes_a_certificate_back(desk: Path) -> None:
    texts = [(desk / revocation(desk)).read_text("utf-8")]
    trust = Trust.load(desk / "officers")
    assert certificates.revocations(texts, trust, today=date.today()) == {PAPER.serial}
    assert certificates.revocations(texts, trust, today=TODAY - timedelta(days=1)) == frozenset()
    shown = run("show", "gone.revocation", "--officers", "officers").output
    assert str(PAPER.serial) in shown and "nadia" in shown and TODAY.isoformat() in shown


def test_a_revocation_names_its_day(desk: Path) -> None:
    words = ("revoke", "cleo.json", "--key", "omar.key", "--passphrase-file", "phrase", "--out", "later")
    assert "2026-05-31" in refusal(*words, "--day", "tomorrow", "--yes")
    assert "Nothing was done" in refusal(*words, "--day", "2031-02-03", typed="n\n")
    assert run(*words, "--day", "2031-02-03", "--yes").exit_code == 0
    paper = certificates.read((desk / "later").read_text("utf-8")).paper
    assert paper == certificates.Revocation(PAPER.serial, date(2031, 2, 3))


def test_an_officer_is_shown(desk: Path) -> None:
    shown = run("show", "officers/nadia.toml").output
    for word in ("nadia", "Ombuds", "Nairobi", "none", certificates.fingerprint(NADIA.public, NADIA.verify)):
        assert word in shown
    (desk / "bad.toml").write_text("name = 5", "utf-8")
    assert "not the public file" in refusal("show", "bad.toml")
    assert "Signatures, not checked:        0" in run("show", "cleo.json").output


BINDING = Binding(UUID(int=0xABC), 2, bytes([40]) * 32)
SECRET = bytes([21]) * 32


@pytest.fixture
def bundle(desk: Path) -> Path:
    certificate(desk, NADIA, OMAR)
    pair = slots.pair_blob(NADIA.public, OMAR.public, SECRET, BINDING)
    text = recovery.bundle([pair, slots.pair_dummy()], lambda _: slots.pair_dummy())
    (desk / "bundle").write_text(text, "utf-8")
    return desk


def recovers(bundle: str, who: str, out: str) -> tuple[str, ...]:
    words = ("recover", bundle, "--key", f"{who}.key", "--passphrase-file", "phrase", "--certificate", "cleo.json")
    return (*words, "--officers", "officers", "--out", out)


def test_two_officers_hand_a_case_to_a_successor(bundle: Path) -> None:
    first = run(*recovers("bundle", "nadia", "half"), typed="y\n")
    assert "1 boxes opened" in first.output and "second officer" in first.output
    assert "1024" not in first.output, "how many there are is nobody's business"
    second = run(*recovers("half", "omar", "done"), typed="y\n")
    assert "1 cases opened" in second.output and "operator" in second.output
    [laid] = recovery.read((bundle / "done").read_text("utf-8")).laid
    assert slots.opened(laid.box, CLEO, laid.binding) == SECRET
    assert "Both officers" in refusal(*recovers("done", "omar", "more"))
    assert set(os.listdir(bundle)) >= {"half", "done"} and not (bundle / "more").exists()


def test_one_officer_alone_and_the_wrong_order_hand_over_nothing(bundle: Path) -> None:
    assert "other officer" in refusal(*recovers("bundle", "omar", "half"), "--yes")
    assert run(*recovers("bundle", "nadia", "half"), "--yes").exit_code == 0
    assert "other officer" in refusal(*recovers("half", "nadia", "done"), "--yes")
    assert "Nothing was done" in refusal(*recovers("half", "omar", "done"), typed="n\n")
    assert not (bundle / "done").exists()


def test_a_case_goes_only_to_who_is_certified_today(bundle: Path) -> None:
    words = (*recovers("bundle", "nadia", "half"), "--yes")
    certificate(bundle, NADIA)
    assert "holds today" in refusal(*words)
    certificate(bundle, NADIA, OMAR, paper=replace(PAPER, ends=TODAY - timedelta(days=1)))
    assert "holds today" in refusal(*words)
    certificate(bundle, NADIA, OMAR)
    (bundle / revocation(bundle)).rename(bundle / "officers" / "gone.revocation")
    assert "holds today" in refusal(*words)
    (bundle / "bundle").write_text("{}", "utf-8")
    assert "not a bundle" in refusal(*words)
