"""Receipts: twenty digits that open the answers again, and the keys that are made from them.

A receipt is computed from the form's filing key and the pepper, so filing the same form twice gives the same
receipt and nothing need be kept. Without the pepper, nothing that is stored can be computed from a receipt.
"""

import base64
import binascii
import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import NewType

from server.crypto.sealed.boxes import KEY_BYTES, alike, derived, keyed, new_key, public_of, slow
from server.crypto.sealed.signatures import verify_of

Receipt = NewType("Receipt", str)

DIGITS = 20
_RANDOM_DIGITS = DIGITS - 1
GROUP = 4
TELLING_DIGITS = 4 * GROUP
"""Four groups in a row: whoever has them needs a thousand guesses for the rest."""
LONGEST = 200
"""What somebody may type as a receipt, with marks and spaces; more is not looked at."""
MEMORY_KIB = 131_072
"""128 MiB: guessing twenty digits must cost more than anybody has; see the decision on receipts."""
PASSES = 3
_MARK_BYTES = 16

_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
"""Damm's table: one wrong digit, or two neighbours swapped, never comes out as 0. Source: H. Damm, 2004."""
_DASHES = "\N{MINUS SIGN}\N{HYPHEN BULLET}\N{SOFT HYPHEN}"
"""What looks like a hyphen but is filed elsewhere than under dashes."""
_INVISIBLE = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
"""Marks of direction and of no width, which come along when a number is copied out of a text."""


def read(typed: str) -> Receipt | None:
    """What somebody typed, in the digits of any script, with any spaces and dashes; None for what is no receipt."""
    if len(typed) > LONGEST:
        return None
    digits = ""
    for sign in typed:
        digit = unicodedata.decimal(sign, None)
        if digit is not None:
            digits += str(digit)
        elif not _between(sign):
            return None
    if len(digits) != DIGITS or _damm(digits) != 0:
        return None
    return Receipt(digits)


def grouped(receipt: Receipt) -> str:
    """As it is shown and written down: five groups of four."""
    return "-".join(receipt[start : start + GROUP] for start in range(0, DIGITS, GROUP))


def mentioned(text: str, receipt: Receipt) -> bool:
    """Whether a text gives the receipt away: four of its groups in a row, whatever stands between the digits."""
    digits = "".join(str(digit) for sign in text if (digit := unicodedata.decimal(sign, None)) is not None)
    return any(receipt[at : at + TELLING_DIGITS] in digits for at in range(DIGITS - TELLING_DIGITS + 1))


def receipt_for(filing_key: bytes, pepper: bytes) -> Receipt:
    """The one receipt of this filing; nobody without the pepper can tell it from chance."""
    # 512 bits against 63: what remains of the division prefers no number by anything that could be measured.
    number = int.from_bytes(hashlib.blake2b(filing_key, key=derived(pepper, "receipt"), digest_size=64).digest(), "big")
    digits = f"{number % 10**_RANDOM_DIGITS:0{_RANDOM_DIGITS}}"
    return Receipt(digits + str(_damm(digits)))


def _between(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) == "Pd" or sign in _DASHES or sign in _INVISIBLE


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim


class FilingKeys:
    """Names for forms before they are filed: only this server makes them, and it remembers none."""

    def __init__(self, pepper: bytes) -> None:
        self._key = derived(pepper, "filing-keys")

    def issue(self) -> str:
        """A new one, for one empty form."""
        filing_key = new_key()
        return base64.urlsafe_b64encode(filing_key + self._mark(filing_key)).decode()

    def read(self, text: str) -> bytes | None:
        """The 32 bytes of one that was issued here, before or after a restart; None for anything else."""
        try:
            raw = base64.b64decode(text.encode("ascii", "replace"), altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        filing_key, mark = raw[:KEY_BYTES], raw[KEY_BYTES:]
        return filing_key if alike(mark, self._mark(filing_key)) else None

    def _mark(self, filing_key: bytes) -> bytes:
        return keyed(self._key, filing_key, "filing-key")[:_MARK_BYTES]


@dataclass(frozen=True, slots=True)
class ReporterKeys:
    """All that a receipt opens: where the case lies, the answers, and the right to sign for the reporter."""

    lookup: bytes = field(repr=False)
    box_secret: bytes = field(repr=False)
    box_public: bytes
    signing_seed: bytes = field(repr=False)
    verify_key: bytes


class Derivation:
    """Makes a reporter's keys from a receipt. Slow and heavy on purpose: 0.2 s and 128 MiB for each call."""

    def __init__(self, pepper: bytes, salt: bytes, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._pepper = pepper
        self._salt = salt
        self._memory_kib = memory_kib
        self._passes = passes

    def keys(self, receipt: Receipt) -> ReporterKeys:
        """The keys of this receipt; every receipt has some, whether there is a case or not."""
        guessed = slow(receipt.encode(), self._salt, memory_kib=self._memory_kib, passes=self._passes)
        root = keyed(self._pepper, guessed, "receipt/root")
        box_secret, signing_seed = derived(root, "receipt/box"), derived(root, "receipt/sign")
        return ReporterKeys(
            lookup=derived(root, "receipt/lookup"),
            box_secret=box_secret,
            box_public=public_of(box_secret),
            signing_seed=signing_seed,
            verify_key=verify_of(signing_seed),
        )
