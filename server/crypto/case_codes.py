"""Case codes: what opens a decision again without signing in. Made from its own random name, and kept nowhere."""

from uuid import UUID

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no sign looks like another."""
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH = 16
_BITS = 5 * _LENGTH
_REST = 128 - _BITS
LONGEST = 40
"""What somebody may type as a code, with spaces and hyphens."""


def code_of(decision: UUID) -> str:
    """Sixteen signs in four groups: the first 80 bits of the name, 76 of them random."""
    number = decision.int >> _REST
    signs = "".join(_SIGNS[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(signs[start : start + 4] for start in range(0, _LENGTH, 4))


def names_of(code: str) -> tuple[UUID, UUID] | None:
    """The first and the last name that a decision of this code can have; None for what is no code.

    Small letters, spaces and the usual mistakes (O for 0, I and L for 1) are understood.
    """
    signs = code[:LONGEST].strip().upper().translate(_ALIKE)
    if len(signs) != _LENGTH or any(sign not in _SIGNS for sign in signs):
        return None
    number = 0
    for sign in signs:
        number = number << 5 | _SIGNS.index(sign)
    first = number << _REST
    return UUID(int=first), UUID(int=first | (1 << _REST) - 1)
