"""Captions as files: WebVTT for players, plain text for everything else. Pure functions over pieces in their order."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LINE_SIGNS = 42
LINES = 2
SHORTEST_MS = 700
"""A cue that is shorter cannot be read, and some players leave it out."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment in its newest words. Times are milliseconds since the captions of the hall begin."""

    from_ms: int
    to_ms: int
    text: str
    by_machine: bool = False


def webvtt(pieces: Sequence[Piece], *, language: str, origin: str, machine: str) -> str:
    """The file for players. `origin` says whose words they are, `machine` is put before those that no person wrote."""
    blocks = ["WEBVTT", f"NOTE\nlanguage: {_escaped(language)}\norigin: {_escaped(_one_line(origin))}"]
    for number, (start, end, lines) in enumerate(_cues(pieces, machine), 1):
        blocks.append(f"{number}\n{_clock(start)} --> {_clock(end)}\n" + "\n".join(map(_escaped, lines)))
    return "\n\n".join(blocks) + "\n"


def plain(pieces: Iterable[Piece], *, machine: str) -> str:
    """One segment a line, for reading by any means."""
    return "".join(_labelled(piece, machine) + "\n" for piece in pieces)


def _cues(pieces: Sequence[Piece], machine: str) -> Iterable[tuple[int, int, list[str]]]:
    """At most two lines each, one after the other: whatever overlaps is cut where the next one begins."""
    before = 0
    for place, piece in enumerate(pieces):
        start = max(piece.from_ms, before)
        following = pieces[place + 1].from_ms if place + 1 < len(pieces) else None
        end = piece.to_ms if following is None else min(piece.to_ms, following)
        lines = textwrap.wrap(_labelled(piece, machine), LINE_SIGNS)
        parts = [lines[first : first + LINES] for first in range(0, len(lines), LINES)]
        end = max(end, start + SHORTEST_MS * len(parts))
        for part_number, part in enumerate(parts):
            whole = end - start
            yield (
                start + whole * part_number // len(parts),
                start + whole * (part_number + 1) // len(parts),
                part,
            )
        before = end


def _labelled(piece: Piece, machine: str) -> str:
    text = _one_line(piece.text)
    return f"({machine}) {text}" if piece.by_machine else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """No sign of ours can be taken for a tag, an entity or the arrow of a cue."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int) -> str:
    seconds, rest = divmod(ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
