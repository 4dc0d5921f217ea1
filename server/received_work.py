"""What an organisation does that receives cases: make keys, and open what was sealed to it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from server.crypto.sealed import officers as officer_keys
from server.crypto.sealed import transfers
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Agency, fingerprint, granted, revocations, unsigned
from server.errors import BootRefused
from server.officer_work import keys_in, new_phrase, say, text_in, trust_in, write_new

CERTIFICATE_DAYS = 365


def make(name: str, *, organisation: str, site: str, ties: Sequence[str], folder: Path, phrase: Path | None) -> None:
    """Make the keys and the request that two officers sign; neither file may be there already."""
    if not name.isascii() or not name.replace("-", "").isalnum() or name != name.lower():
        raise BootRefused("A short name has small letters, digits and hyphens.")
    keys, today = officer_keys.new_keys(), date.today()
    paper = Agency(
        serial=uuid4(),
        name=name,
        public=keys.public,
        verify=keys.verify,
        organisation=organisation,
        site=site,
        ties=tuple(ties),
        starts=today,
        ends=today + timedelta(days=CERTIFICATE_DAYS),
    )
    write_new(folder / f"{name}.key", officer_keys.key_file(keys, new_phrase(phrase)))
    write_new(folder / f"{name}.request", unsigned(paper))
    print(f"Keep {folder / name}.key in a safe place. Hand {folder / name}.request to two recovery officers.")
    print(f"Your keys, to be read aloud to them: {fingerprint(paper.public, paper.verify)}")


def open_received(file: Path, *, key: Path, certificate: Path, officers: Path, out: Path, phrase: Path | None) -> None:
    """Open a transfer into a new folder, after checking all of it. Raises BootRefused."""
    trust = trust_in(officers)
    mine = granted(text_in(certificate), trust)
    if not isinstance(mine, Agency):
        raise BootRefused(f"{certificate} is not your certificate, signed by {trust.needed} of these officers.")
    secret = keys_in(key, phrase).box_secret
    papers = [text_in(path) for path in sorted(officers.glob("*.revocation"))]
    revoked = revocations(papers, trust, today=date.today())
    try:
        sender, statement, items = transfers.opened(file.read_bytes(), secret, to=mine, trust=trust, revoked=revoked)
        out.mkdir(mode=0o700)
    except Damaged:
        raise BootRefused("This file is not for your key, or somebody changed it. Nothing was written.") from None
    except OSError as error:
        raise BootRefused(f"{error.filename} cannot be used: {error.strerror}.") from None
    for number, item in enumerate(items, 1):
        path = out / f"{number}-{''.join(sign for sign in item.name if sign.isalnum() or sign in '.-')}"
        with path.open("xb") as written:
            path.chmod(0o600)
            written.write(item.content)
    say("From", sender.name, sender.organisation)
    say("Of the day", statement.day.isoformat())
    say("The reporter said yes to", *statement.said_yes_to)
    say("In it", *(f"{name} ({length} bytes)" for name, length, _ in statement.items))
    print(f"Everything is as it was signed, and lies in {out}. Delete it when your work with it has ended.")
