"""What recovery officers do on their own computers: make keys, look at papers, sign, revoke, recover.

A paper or a bundle comes from somebody else's hands: before anything is signed or opened it is shown in plain words,
and whatever a terminal would hide or turn round is made visible. A refusal is a BootRefused, one plain sentence.
"""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer

from server.crypto.sealed import officers as officer_keys
from server.crypto.sealed import recovery
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import (
    Agency,
    Certificate,
    Grant,
    Officer,
    Paper,
    Revocation,
    Trust,
    accepted,
    countersigned,
    fingerprint,
    officer_in,
    read,
    revocations,
    signers,
    unsigned,
)
from server.errors import BootRefused

SHORTEST_PHRASE = 16
LONGEST_NAME = 40
_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_JOINERS = "\u200c\u200d"
"""Words in Persian and Hindi need them, and they turn nothing round."""


def make(name: str, *, organisation: str, site: str, ties: Sequence[str], folder: Path, phrase: Path | None) -> None:
    """Make an officer's keys and write both files; neither may be there already."""
    if not 0 < len(name) <= LONGEST_NAME or not _NAME_SIGNS.issuperset(name):
        raise BootRefused(f"A short name has small letters, digits and hyphens, at most {LONGEST_NAME}.")
    keys = officer_keys.new_keys()
    officer = Officer(name, keys.public, keys.verify, organisation, site, tuple(ties))
    try:
        public = officer_keys.public_file(officer)
    except Damaged:
        raise BootRefused("Names must be words that everybody can see.") from None
    secret_path, public_path = folder / f"{name}.key", folder / f"{name}.toml"
    write_new(secret_path, officer_keys.key_file(keys, new_phrase(phrase)))
    write_new(public_path, public)
    print(f"Keep {secret_path} on a stick in a safe place: without it and the passphrase, nobody can help you.")
    print(f"Hand {public_path} to the operator and to the other officers.")
    print(f"Your keys, to be read aloud: {fingerprint(officer.public, officer.verify)}")


def show(file: Path, *, officers: Path | None) -> None:
    """Print what a file says."""
    if file.suffix == ".toml":
        _say_officer(file)
        return
    text = text_in(file)
    _say_paper(text, _paper(text, file), None if officers is None else trust_in(officers))


def certify(request: Path, *, key: Path, out: Path, officers: Path | None, phrase: Path | None, asked: bool) -> None:
    """Add a signature to a request or to a certificate, after showing it."""
    text, _ = _grant(request, None if officers is None else trust_in(officers))
    agree(asked, "Have you met them, compared the keys, and is every line true?")
    _write_over(out, countersigned(text, keys_in(key, phrase).signing_seed))
    print(f"Signed: {out}")


def revoke(certificate: Path, *, key: Path, out: Path, day: str, phrase: Path | None, asked: bool) -> None:
    """Write a signed revocation of a certificate, after showing it."""
    try:
        since = date.fromisoformat(day) if day else date.today()
    except ValueError:
        raise BootRefused("A day is written like 2026-05-31.") from None
    _, paper = _grant(certificate, None)
    agree(asked, f"Shall it say nothing from {since.isoformat()} on?")
    write_new(out, countersigned(unsigned(Revocation(paper.serial, since)), keys_in(key, phrase).signing_seed))
    print(f"Revoked: {out}. Hand it to the operator and to the other officers.")


def recover(
    bundle: Path, *, key: Path, certificate: Path, officers: Path, out: Path, phrase: Path | None, asked: bool
) -> None:
    """Open the outer boxes of a bundle, or the inner ones and seal their secrets to a successor."""
    try:
        found = recovery.read(text_in(bundle))
    except Damaged:
        raise BootRefused(f"{bundle} is not a bundle of cases, or it is damaged.") from None
    if found.stage == recovery.SLOTS:
        raise BootRefused("Both officers have done their part. Hand this bundle to the operator.")
    successor = _successor(certificate, officers)
    print("This person is to read what opens for two of you from now on.")
    agree(asked, "Do you know why, and is this the right person?")
    secret = keys_in(key, phrase).box_secret
    first = found.stage == recovery.PAIRS
    done = recovery.half_opened(found, secret) if first else recovery.resealed(found, secret, successor)
    if not done.opened:
        raise BootRefused("Nothing in it is for your key now. Perhaps the other officer must begin, or go on.")
    write_new(out, done.bundle.text())
    print(f"{done.opened} {'boxes' if first else 'cases'} opened for your key: {out}")
    print("The rest is filling, or not for you; nobody can tell which.")
    print("Hand it to the second officer." if first else "Hand it to the operator.")


def visible(word: str) -> str:
    """A word as a terminal may show it: what would hide, turn or colour other signs is shown as its number."""
    return "".join(sign if sign.isprintable() or sign in _JOINERS else f"<{ord(sign):04X}>" for sign in word)


def _successor(path: Path, folder: Path) -> Certificate:
    trust, today = trust_in(folder), date.today()
    text, _ = _grant(path, trust)
    revoked = revocations((text_in(other) for other in sorted(folder.glob("*.revocation"))), trust, today=today)
    found = accepted(text, trust, today=today, revoked=revoked)
    if found is None:
        raise BootRefused(f"{path} is not a certificate that holds today, signed by {trust.needed} officers.")
    return found


def _grant(path: Path, trust: Trust | None) -> tuple[str, Grant]:
    """A certificate or a request for one, of a reader or of another organisation; shown."""
    text = text_in(path)
    paper = _paper(text, path)
    if isinstance(paper, Revocation):
        raise BootRefused(f"{path} is neither a certificate nor a request for one.")
    _say_paper(text, paper, trust)
    return text, paper


def _say_officer(path: Path) -> None:
    try:
        officer = officer_in(text_in(path))
    except Damaged:
        raise BootRefused(f"{path} is not the public file of an officer.") from None
    say("Officer", officer.name)
    say("Organisation", officer.organisation)
    say("Site", officer.site)
    say("Close to", *officer.ties)
    say("Keys", fingerprint(officer.public, officer.verify))


def _say_paper(text: str, paper: Paper, trust: Trust | None) -> None:
    if isinstance(paper, Revocation):
        say("Revoked certificate", str(paper.serial))
        say("From", paper.day.isoformat())
    elif isinstance(paper, Agency):
        _say_agency(paper)
    else:
        _say_certificate(paper)
    if trust is None:
        say("Signatures, not checked", str(len(read(text).marks)))
    else:
        say("Signed by", *signers(text, trust))


def _say_certificate(paper: Certificate) -> None:
    say("Name that reporters see", paper.name)
    say("Person", str(paper.person))
    say("Desk", paper.desk)
    say("Organisation", paper.organisation)
    say("Site", paper.site)
    say("Roles", *paper.roles)
    say("Languages", *paper.languages)
    say("Must not read about", *paper.ties)
    say("From", paper.starts.isoformat())
    say("Until", paper.ends.isoformat())
    say("Certificate", str(paper.serial))
    say("Keys, to be compared in person", fingerprint(paper.public, paper.verify))


def _say_agency(paper: Agency) -> None:
    say("An organisation that may receive", paper.name)
    say("Organisation", paper.organisation)
    say("Site", paper.site)
    say("Close to", *paper.ties)
    say("From", paper.starts.isoformat())
    say("Until", paper.ends.isoformat())
    say("Certificate", str(paper.serial))
    say("Keys, to be compared in person", fingerprint(paper.public, paper.verify))


def say(what: str, *words: str) -> None:
    """One line about something that came from other hands."""
    print(f"{what + ':':<32}{', '.join(visible(word) for word in words) or 'none'}")


def agree(asked: bool, question: str) -> None:
    """Ask, unless it was asked already. Raises BootRefused for a no."""
    if not asked and not typer.confirm(question):
        raise BootRefused("Nothing was done.")


def _paper(text: str, path: Path) -> Paper:
    try:
        return read(text).paper
    except Damaged:
        raise BootRefused(f"{path} is not a request or a certificate, or it is damaged.") from None


def trust_in(folder: Path) -> Trust:
    """The officers whose public files lie in a folder. Raises BootRefused."""
    try:
        return Trust.load(folder)
    except (Damaged, OSError):
        raise BootRefused(f"{folder} has a file that is not of an officer, or two of the same.") from None


def keys_in(path: Path, phrase_file: Path | None) -> officer_keys.OfficerKeys:
    """An officer's keys, opened. Raises BootRefused."""
    text = text_in(path)
    phrase = _phrase_in(phrase_file) if phrase_file else typer.prompt("Passphrase", hide_input=True)
    try:
        keys = officer_keys.opened_key_file(text, phrase)
    except Damaged:
        raise BootRefused(f"{path} is not a key file, or it is damaged.") from None
    if keys is None:
        raise BootRefused("The passphrase is wrong.")
    return keys


def new_phrase(phrase_file: Path | None) -> str:
    """A passphrase for new keys. Raises BootRefused for a short one."""
    ask = "A new passphrase, six words taken by chance"
    phrase = _phrase_in(phrase_file) if phrase_file else typer.prompt(ask, hide_input=True, confirmation_prompt=True)
    if len(phrase) < SHORTEST_PHRASE:
        raise BootRefused(f"A passphrase has at least {SHORTEST_PHRASE} signs. Six words taken by chance are good.")
    return phrase


def _phrase_in(path: Path) -> str:
    return text_in(path).rstrip("\r\n")


def text_in(path: Path) -> str:
    """What lies in a file. Raises BootRefused."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise BootRefused(f"{path} cannot be read.") from None


def write_new(path: Path, text: str) -> None:
    """For its owner only; what is there already is never overwritten."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        raise BootRefused(f"{path} cannot be written; perhaps it is there already.") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _write_over(path: Path, text: str) -> None:
    """In place of what is there, at once, so that signatures made before are never lost."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    write_new(beside, text)
    beside.replace(path)
