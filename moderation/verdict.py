"""What the machine says about one text: an outcome, the evidence, and under which policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """The five things that a score can be about."""

    TOXICITY = "toxicity"
    INSULT = "insult"
    THREAT = "threat"
    IDENTITY_ATTACK = "identity_attack"
    PROFANITY = "profanity"


class Outcome(StrEnum):
    """The machine publishes or holds; it never rejects."""

    PUBLISH = "publish"
    HOLD = "hold"


class Rule(StrEnum):
    """Why a text was held or raised; the interface has one plain sentence for each."""

    FIRST_MESSAGE = "first_message"
    LINK_WHILE_NEW = "link_while_new"
    PRIVATE_DATA = "private_data"
    SCAM = "scam"
    DISCLOSURE = "disclosure"
    """Somebody tells of sexual violence, exploitation, self-harm, a child in danger, or violence now."""
    DANGER_WORDS = "danger_words"
    """Somebody tells of a threat."""
    TOXICITY = "toxicity"
    THREAT = "threat"
    JUDGE_FAILED = "judge_failed"
    JUDGE_SLOW = "judge_slow"
    PREMODERATED = "premoderated"
    """Not the machine's word: in this space a person reads every message first."""
    PICTURE = "picture"
    """No machine looks at pictures; the forum says this of a message that has one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding: the rule, the part of the text that weighed most, and how much (0 to 1)."""

    rule: Rule
    part: str
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The machine's word on a text; people decide.

    `raised` asks a person to look although the text is published. `covered` is False where no honest
    test exists for the language: then `scores` is None ("no automatic score"). `complaint`: the text tells
    of a lure, or of somebody who wanted money or favours.
    """

    outcome: Outcome
    raised: bool
    language: str
    covered: bool
    scores: Mapping[str, float] | None
    reasons: tuple[Reason, ...]
    policy_version: str
    model: str
    complaint: bool = False
