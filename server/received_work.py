"""What an organisation does that receives cases: make keys, and open what was sealed to it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from server.crypto.sealed import officers as officer_keys
from server.crypto.sealed import successors, transfers
from server.crypto.sealed.boxes import Damaged, hashed
from server.crypto.sealed.certificates import Agency, fingerprint, granted, revocations, unsigned
from server.crypto.sealed.successors import Successor
from server.crypto.sealed.transfers import Replaced
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


class _Seen:
    """What came here before: which keys followed on which, and which files were opened.

    An old key of a reader, in the hands of somebody else, closes nothing for this organisation any more once a newer
    one was seen; a file that was opened then can be opened again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = text_in(path).splitlines() if path.exists() else []

    def successors(self) -> list[Successor]:
        """Raises BootRefused when a line is not as it was written."""
        try:
            return [successors.read(line) for line in self._lines if not line.startswith(_OPENED)]
        except Damaged:
            raise BootRefused(
                f"{self._path} is not as it was written. It tells whose old keys count no more."
            ) from None

    def was_opened(self, raw: bytes) -> bool:
        """Whether this very file was."""
        return _line(raw) in self._lines

    def note(self, raw: bytes, steps: Sequence[str]) -> None:
        """Remember them."""
        new = [line for line in (_line(raw), *(step.strip() for step in steps)) if line not in self._lines]
        self._path.touch(mode=0o600)
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in new)


_OPENED = "opened "


def _line(raw: bytes) -> str:
    return _OPENED + hashed(raw, "transfer/opened").hex()


def open_received(file: Path, *, key: Path, certificate: Path, officers: Path, out: Path, phrase: Path | None) -> None:
    """Open a transfer into a new folder, after checking all of it. Raises BootRefused."""
    trust = trust_in(officers)
    mine = granted(text_in(certificate), trust)
    if not isinstance(mine, Agency):
        raise BootRefused(f"{certificate} is not your certificate, signed by {trust.needed} of these officers.")
    secret = keys_in(key, phrase).box_secret
    papers = [text_in(path) for path in sorted(officers.glob("*.revocation"))]
    revoked = revocations(papers, trust, today=date.today())
    seen = _Seen(key.with_suffix(".seen"))
    try:
        raw = file.read_bytes()
        known = [] if seen.was_opened(raw) else seen.successors()
        found = transfers.opened(raw, secret, to=mine, trust=trust, revoked=revoked, known=known)
        sender, statement, items = found
        seen.note(raw, statement.sender[1:])
        out.mkdir(mode=0o700)
    except Replaced:
        raise BootRefused(
            "Whoever closed this has other keys now, or somebody else has theirs. Nothing was written. Ask the desk, "
            "by a voice that you know, to fetch it for you once more."
        ) from None
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
