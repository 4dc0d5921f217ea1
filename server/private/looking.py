"""What somebody needs to see of a case besides what stands in it: who else could read it, its files, what waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.crypto.sealed.certificates import Certificate
from server.private.call import Call
from server.private.casework import Opened
from server.private.desk_files import Listed
from server.private.people import Unlocked
from server.private.waiting import Waiting


@dataclass(frozen=True, slots=True)
class Looked:
    """Around one case, for one reader."""

    others: Sequence[Certificate]
    """Who could be given it."""
    files: Sequence[Listed]
    waiting: Sequence[Waiting]
    """What colleagues ask of this reader."""
    may_leave: bool
    """Whether somebody else would go on with it."""


def looked_at(call: Call, me: Unlocked, found: Opened) -> Looked:
    """Look it up."""
    work = call.work
    return Looked(
        others=work.succession.could_read(found),
        files=work.files.listed(me, found, at=call.now),
        waiting=work.waits.of(me, found, at=call.now),
        may_leave=work.succession.may_leave(me, found),
    )
