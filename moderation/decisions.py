"""The ordered rules of the policy: what follows from a finding, by who wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from moderation.verdict import Rule


class Finding(StrEnum):
    """What the machine can find; the rules of the policy speak about these and nothing else."""

    JUDGE_FAILED = "judge_failed"
    JUDGE_SLOW = "judge_slow"
    SELF_HARM = "self_harm"
    VIOLENCE_NOW = "violence_now"
    VIOLENCE_FEARED = "violence_feared"
    CHILD_IN_DANGER = "child"
    EXPLOITATION = "exploitation"
    FAVOUR = "favour"
    THREAT = "threat"
    TOLD_OF_THREAT = "told_of_threat"
    OWN_DETAILS = "own_details"
    DETAILS_OF_OTHERS = "details_of_others"
    DETAILS = "details"
    LURE = "lure"
    LURE_PERHAPS = "lure_perhaps"
    LURE_TOLD = "lure_told"
    TOXIC = "toxic"
    TOXIC_PERHAPS = "toxic_perhaps"
    TOXIC_TOLD = "toxic_told"
    FIRST_MESSAGE = "first_message"
    LINK = "link"


RULE_OF: Mapping[Finding, Rule] = {
    Finding.JUDGE_FAILED: Rule.JUDGE_FAILED,
    Finding.JUDGE_SLOW: Rule.JUDGE_SLOW,
    Finding.SELF_HARM: Rule.DISCLOSURE,
    Finding.VIOLENCE_NOW: Rule.DISCLOSURE,
    Finding.VIOLENCE_FEARED: Rule.DISCLOSURE,
    Finding.CHILD_IN_DANGER: Rule.DISCLOSURE,
    Finding.EXPLOITATION: Rule.DISCLOSURE,
    Finding.FAVOUR: Rule.DISCLOSURE,
    Finding.THREAT: Rule.THREAT,
    Finding.TOLD_OF_THREAT: Rule.DANGER_WORDS,
    Finding.OWN_DETAILS: Rule.PRIVATE_DATA,
    Finding.DETAILS_OF_OTHERS: Rule.PRIVATE_DATA,
    Finding.DETAILS: Rule.PRIVATE_DATA,
    Finding.LURE: Rule.SCAM,
    Finding.LURE_PERHAPS: Rule.SCAM,
    Finding.LURE_TOLD: Rule.SCAM,
    Finding.TOXIC: Rule.TOXICITY,
    Finding.TOXIC_PERHAPS: Rule.TOXICITY,
    Finding.TOXIC_TOLD: Rule.TOXICITY,
    Finding.FIRST_MESSAGE: Rule.FIRST_MESSAGE,
    Finding.LINK: Rule.LINK_WHILE_NEW,
}
ALWAYS_HOLD = frozenset({Finding.JUDGE_FAILED, Finding.JUDGE_SLOW})
"""Where the machine fails a person reads first, whoever wrote; no policy can say otherwise."""


class Writer(StrEnum):
    """Who writes: new here, new with a voucher, or known (a message of theirs was released)."""

    NEW = "new"
    VOUCHED = "vouched"
    KNOWN = "known"


class Effect(StrEnum):
    """What follows."""

    PUBLISH = "publish"
    RAISE = "raise"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One line of the policy. The first that speaks of a finding and of a writer decides about both."""

    name: str
    when: frozenset[Finding]
    standing: frozenset[Writer]
    effect: Effect


class Rules:
    """The rules in their order, looked up at once. Raises ValueError when they leave something unsaid."""

    def __init__(self, rules: Sequence[PolicyRule]) -> None:
        self.rules = tuple(rules)
        self._table: dict[tuple[Finding, Writer], tuple[int, Effect]] = {}
        for place, rule in enumerate(rules):
            for finding in rule.when:
                for writer in rule.standing:
                    self._table.setdefault((finding, writer), (place, rule.effect))
        for finding in Finding:
            for writer in Writer:
                self._check(finding, writer)
        for place, rule in enumerate(rules):
            if all(at != place for at, _ in self._table.values()):
                raise ValueError(f"The rule {rule.name!r} never applies: rules before it say everything.")

    def _check(self, finding: Finding, writer: Writer) -> None:
        found = self._table.get((finding, writer))
        if found is None:
            raise ValueError(f"No rule says what follows from {finding} by a writer who is {writer}.")
        if finding in ALWAYS_HOLD and found[1] is not Effect.HOLD:
            name = self.rules[found[0]].name
            raise ValueError(f"The rule {name!r} must hold: {finding} is a failure of the machine.")

    def decide(self, finding: Finding, writer: Writer) -> tuple[int, Effect]:
        """The place of the rule that decides, and what follows."""
        return self._table[finding, writer]
