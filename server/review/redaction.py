"""Hiding parts of a text: what a moderator marks becomes ▇, always of one length, so that nothing can be counted."""

import re
from collections.abc import Iterable

from server.errors import Invalid, say

HIDDEN = "▇▇▇"
MOST_PARTS = 50
NOT_THERE = say("These words do not stand in the message: “%(part)s”. Please write them as they stand there.")
NO_PARTS = say("Please write the words that shall be hidden, each in a line of its own.")
TOO_MANY = say("These are too many parts. Please remove the message, or give it back to its author.")


def parts_in(lines: str) -> tuple[str, ...]:
    """The parts that somebody wrote, one in each line."""
    return tuple(dict.fromkeys(part for line in lines.split("\n") if (part := " ".join(line.split()))))


def redacted(text: str, title: str, parts: Iterable[str]) -> tuple[str, str]:
    """Text and title without the parts, wherever they stand. Raises Invalid for a part that stands nowhere."""
    wanted = sorted(parts, key=len, reverse=True)
    if not wanted:
        raise Invalid(NO_PARTS, field="parts")
    if len(wanted) > MOST_PARTS:
        raise Invalid(TOO_MANY, field="parts")
    patterns = [re.compile(r"\s+".join(map(re.escape, part.split())), re.IGNORECASE) for part in wanted]
    for part, pattern in zip(wanted, patterns, strict=True):
        if not pattern.search(text) and not pattern.search(title):
            raise Invalid(say(NOT_THERE.english, part=part[:60]), field="parts")
    for pattern in patterns:
        text, title = pattern.sub(HIDDEN, text), pattern.sub(HIDDEN, title)
    return text, title
