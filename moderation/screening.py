"""One text in, one verdict out. Whatever goes wrong on the way, the text waits for a person."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from moderation.classifier import Classifier, Scores
from moderation.disclosures import disclosures, menace
from moderation.language import UNDETERMINED, Language, detect
from moderation.normalise import Folded, sentences
from moderation.phrases import Hits, Words
from moderation.policy import ScreeningPolicy, Threshold
from moderation.private_data import find
from moderation.scams import judge
from moderation.verdict import Label, Outcome, Reason, Rule, Verdict


@dataclass(frozen=True, slots=True)
class Author:
    """What matters of the person: known here (a message of theirs was released), or vouched for."""

    known: bool
    vouched: bool = False


KNOWN = Author(known=True)
"""Without an author a text is judged by itself alone."""

OVERLAP = 200
"""Letters that neighbouring pieces of a long text share, so that nothing hides in the cut."""
MOST_REASONS = 12
_SHOWN_LETTERS = 240
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s/]+[^\s]*|(?<![@\w.\-])(?:[a-z0-9\-]{2,63}\.){1,6}(?:com|org|net|info|biz|io|co|me|"
    r"ly|app|xyz|top|site|online|link|club|shop|ru|ua|de|fr|es|it|uk|tr|ir|sy|iq|jo|lb|ke|et)"
    r"(?:/[^\s]*)?(?![\w@])"
)
_HOST = re.compile(r"^(?:https?://)?(?:www\.)?([^/:?#]+)")


class _Late(Exception):
    """The deadline passed before every piece was judged."""


@dataclass(slots=True)
class _Evidence:
    """What was found so far, and what it asks for."""

    reasons: list[Reason] = field(default_factory=list[Reason])
    holds: bool = False
    raised: bool = False

    def hold(self, rule: Rule, part: str, weight: float = 1.0) -> None:
        self.holds = True
        self._note(rule, part, weight)

    def raise_(self, rule: Rule, part: str, weight: float = 0.5) -> None:
        self.raised = True
        self._note(rule, part, weight)

    def _note(self, rule: Rule, part: str, weight: float) -> None:
        reason = Reason(rule, part[:_SHOWN_LETTERS], round(min(1.0, max(0.0, weight)), 3))
        same = (reason.rule, reason.part)
        if len(self.reasons) < MOST_REASONS and all((known.rule, known.part) != same for known in self.reasons):
            self.reasons.append(reason)


class Screener:
    """Judges texts by one policy with one classifier. Safe to share between threads."""

    def __init__(
        self,
        policy: ScreeningPolicy,
        classifier: Classifier | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._classifier = classifier
        self._clock = clock

    def screen(self, text: str, author: Author | None = None) -> Verdict:
        """The verdict on a text. Never raises: a failing or late judge holds."""
        judgement = _Judgement(self._policy, author or KNOWN)
        try:
            self._judge(text, judgement)
        except _Late:
            judgement.evidence.hold(Rule.JUDGE_SLOW, "")
        except Exception:
            # The border where any failure becomes "a person looks".
            judgement.evidence.hold(Rule.JUDGE_FAILED, "")
        return judgement.verdict(self._name(judgement))

    def _name(self, judgement: "_Judgement") -> str:
        try:
            judge = judgement.judge or self._classifier
            return judge.name if judge else "none"
        except Exception:
            # A broken judge may not even know its name.
            return "unavailable"

    def _judge(self, text: str, judgement: "_Judgement") -> None:
        started = self._clock()
        judgement.meet()
        for piece in pieces(text, self._policy.chunk_letters):
            judgement.read(Words(Folded(piece)))
            if self._classifier is None:
                judgement.evidence.hold(Rule.JUDGE_FAILED, "")
            elif judgement.covered:
                judgement.judge = judgement.judge or self._classifier.sits(judgement.language)
                judgement.score(piece, judgement.judge)
            if self._clock() - started > self._policy.deadline_seconds:
                raise _Late


def pieces(text: str, letters: int) -> Iterator[str]:
    """The text in overlapping pieces of at most so many letters, cut between words if it can be."""
    start = 0
    while len(text) - start > letters:
        end = start + letters
        gap = text.rfind(" ", end - OVERLAP, end)
        end = gap if gap > 0 else end
        yield text[start:end]
        start = max(start + 1, end - OVERLAP)
    yield text[start:]


class _Judgement:
    """One text on its way to a verdict."""

    def __init__(self, policy: ScreeningPolicy, author: Author) -> None:
        self.evidence = _Evidence()
        self._policy = policy
        self._author = author
        self._language: Language | None = None
        self._hits: Hits = {}
        self._threshold: Threshold | None = None
        self._scores: Scores | None = None
        self._is_testimony = False
        self.judge: Classifier | None = None
        """Who sits over this text, once its language is known."""

    @property
    def covered(self) -> bool:
        """Whether the model may speak about this text."""
        return self._threshold is not None

    @property
    def language(self) -> str:
        """The code of the recognised language, empty before anything was read."""
        return self._language.code if self._language else ""

    def meet(self) -> None:
        """What is known before anything is read: who writes."""
        if not (self._author.known or self._author.vouched):
            self.evidence.hold(Rule.FIRST_MESSAGE, "", 0.5)

    def read(self, words: Words) -> None:
        """The language, by the first piece, and the rules, which need no model."""
        if self._language is None:
            self._language = detect(words.folded)
            if self._language.confidence >= self._policy.least_confidence:
                self._threshold = self._policy.thresholds.get(self._language.code)
        self._hits = self._policy.book.named(words)
        self._look_for_links(words.folded)
        for span in find(words.folded, self._policy.private_data):
            written = words.folded.original[span.start : span.end]
            self.evidence.hold(Rule.PRIVATE_DATA, written)
        self._look_for_lures(words)
        self._look_for_danger(words)

    def _look_for_links(self, folded: Folded) -> None:
        if self._author.known or ("." not in folded.text and "://" not in folded.text):
            return
        for link in _LINK.finditer(folded.text):
            if not _is_trusted(link[0], self._policy.trusted_hosts):
                self.evidence.hold(Rule.LINK_WHILE_NEW, folded.part(*link.span()), 0.5)

    def _look_for_lures(self, words: Words) -> None:
        lure = judge(words, self._hits, self._policy.scam)
        if lure.score < self._policy.scam.raised:
            return
        note = self.evidence.hold if lure.score >= self._policy.scam.hold else self.evidence.raise_
        for finding in lure.findings:
            note(Rule.SCAM, finding.part, finding.points / self._policy.scam.hold)

    def _look_for_danger(self, words: Words) -> None:
        found = menace(words, self._hits, reach=self._policy.reported_reach)
        self._is_testimony = self._is_testimony or found.is_testimony
        if found.made:
            self.evidence.hold(Rule.THREAT, found.made)
        if found.told:
            self.evidence.raise_(Rule.DANGER_WORDS, found.told)
        for disclosure in disclosures(words, self._hits, reach=self._policy.reported_reach):
            if disclosure.kind in self._policy.danger.hold:
                self.evidence.hold(Rule.DANGER_WORDS, disclosure.part)
            elif disclosure.kind in self._policy.danger.raised and not found.made:
                self.evidence.raise_(Rule.DANGER_WORDS, disclosure.part)

    def score(self, piece: str, classifier: Classifier) -> None:
        """The model's word on a piece, of which the worst counts."""
        scores = classifier.scores([piece], self.language)[0]
        before = self._scores or {}
        self._scores = {label: max(scores[label], before.get(label, 0.0)) for label in scores}
        threshold = self._threshold
        if threshold is None or scores[Label.TOXICITY] < threshold.raised:
            return
        toxicity, is_direct, blamed = self._without_criticism(piece, scores, classifier)
        if toxicity < threshold.raised:
            return
        part = _heaviest(blamed, classifier, self.language)
        # People who tell what was done to them must be heard; a person looks, nobody waits.
        if toxicity >= threshold.hold and is_direct and not self._is_testimony:
            self.evidence.hold(Rule.TOXICITY, part, toxicity)
        else:
            self.evidence.raise_(Rule.TOXICITY, part, toxicity)

    def _without_criticism(self, piece: str, scores: Scores, classifier: Classifier) -> tuple[float, bool, str]:
        """The toxicity that is left when sentences about agencies are set aside.

        Also whether it may hold (criticism that speaks to a person may only raise), and the text
        that it is about.
        """
        if "agencies" not in self._hits:
            return scores[Label.TOXICITY], True, piece
        parts = sentences(piece)
        kept = [part for part in parts if not self._is_about_agency(part, classifier)]
        if len(kept) == len(parts):
            return scores[Label.TOXICITY], True, piece
        rest = " ".join(kept)
        worst = classifier.scores([rest], self.language)[0][Label.TOXICITY] if kept else 0.0
        if "address" not in self._hits or worst >= (self._threshold or Threshold(1, 1)).raised:
            return worst, True, rest
        return scores[Label.TOXICITY], False, piece

    def _is_about_agency(self, sentence: str, classifier: Classifier) -> bool:
        if "agencies" not in self._policy.book.named(Words(Folded(sentence))):
            return False
        scores = classifier.scores([sentence], self.language)[0]
        return scores[Label.IDENTITY_ATTACK] < self._policy.least_identity_attack

    def verdict(self, model: str) -> Verdict:
        """The evidence as it will be stored."""
        holds = self.evidence.holds
        return Verdict(
            outcome=Outcome.HOLD if holds else Outcome.PUBLISH,
            raised=self.evidence.raised and not holds,
            language=self._language.code if self._language else UNDETERMINED,
            covered=self.covered,
            scores=self._scores,
            reasons=tuple(self.evidence.reasons),
            policy_version=self._policy.version,
            model=model,
        )


def _is_trusted(link: str, hosts: frozenset[str]) -> bool:
    found = _HOST.match(link)
    host = found[1] if found else ""
    return any(host == trusted or host.endswith(f".{trusted}") for trusted in hosts)


_SHOWN_WORDS = 3


def _heaviest(text: str, classifier: Classifier, language: str) -> str:
    """The words that weighed most, out of the sentence that weighs most."""
    parts: Sequence[str] = sentences(text) or [text]
    if len(parts) > 1:
        scores = classifier.scores(parts, language)
        parts = [max(zip(scores, parts, strict=True), key=lambda pair: pair[0][Label.TOXICITY])[1]]
    words = [word for word, _ in classifier.explain(parts[0], language)[:_SHOWN_WORDS]]
    return ", ".join(words) or parts[0]
