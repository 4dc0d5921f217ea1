"""What recovery officers do with sealed copies: two of them give a copy's key to the machine that restores."""

from pathlib import Path

from server.crypto.sealed import copies
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import fingerprint
from server.crypto.sealed.copies import INNER, KEYS, OPEN, OUTER, Request
from server.errors import BootRefused
from server.officer_work import agree, keys_in, say, text_in, write_new


def open_copy(request: Path, *, key: Path, out: Path, phrase: Path | None, asked: bool) -> None:
    """The first officer opens the outer boxes, the second seals the copy's key to the machine that asks."""
    found = _request(request)
    if found.stage == OPEN:
        raise BootRefused("Both officers have done their part. Hand this file to the operator.")
    say("What is to be opened", "the keys of the house" if found.label.kind == KEYS else "a backup")
    say("Of the day", found.label.day.isoformat())
    say("The machine that restores", fingerprint(found.to, found.to))
    agree(asked, "Did the operator read you the same digits, and do you know why it is restored?")
    secret = keys_in(key, phrase).box_secret
    first = found.stage == OUTER
    done = copies.half_opened(found, secret) if first else copies.resealed(found, secret)
    if not done.boxes:
        raise BootRefused("Nothing in it is for your key now. Perhaps the other officer must begin, or go on.")
    write_new(out, done.text())
    print(
        f"Opened: {out}. " + ("Hand it to the second officer." if done.stage == INNER else "Hand it to the operator.")
    )


def _request(path: Path) -> Request:
    try:
        return copies.read_request(text_in(path))
    except Damaged:
        raise BootRefused(f"{path} is not what a restoring machine asks, or it is damaged.") from None
