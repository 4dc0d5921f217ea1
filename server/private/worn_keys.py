"""Which keys a certificate stands for as time goes on: the ones that officers saw, and those that followed on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.successors import Successor


@dataclass(frozen=True, slots=True)
class Worn:
    """A key that somebody at a desk had from one day until another."""

    verify: bytes
    paper: Certificate
    since: date
    until: date


def newest(paper: Certificate, steps: Sequence[Successor]) -> Certificate:
    """The certificate with the keys of today."""
    return replace(paper, public=steps[-1].public, verify=steps[-1].verify) if steps else paper


def worn(paper: Certificate, steps: Sequence[Successor]) -> list[Worn]:
    """All its keys, the first one first. On the day of a change both count."""
    begins = [paper.starts, *(step.day for step in steps)]
    ends = [*(step.day for step in steps), date.max]
    keys = [paper.verify, *(step.verify for step in steps)]
    return [Worn(key, paper, since, until) for key, since, until in zip(keys, begins, ends, strict=True)]
