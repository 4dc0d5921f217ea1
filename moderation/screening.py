"""One text in, one verdict out. Whatever goes wrong on the way, the text waits for a person."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from moderation.classifier import Classifier, Scores
from moderation.decisions import RULE_OF, Effect, Finding, Rules, Writer
from moderation.disclosures import disclosures, menace
from moderation.language import UNDETERMINED, Language, detect
from moderation.normalise import Folded, sentences
from moderation.phrases import Hits, Words
from moderation.policy import ScreeningPolicy, Threshold
from moderation.private_data import Span, find
from moderation.scams import judge
from moderation.verdict import Label, Outcome, Reason, Verdict
from moderation.whose import Whose


@dataclass(frozen=True, slots=True)
class Author:
    """What matters of the person: known here (a message of theirs was released), or vouched for.

    `pseudonym` is looked at for the names of agencies, unless `verified`: somebody made sure of it.
    """

    known: bool
    vouched: bool = False
    pseudonym: str = ""
    verified: bool = False

    @property
    def writer(self) -> Writer:
        """By which rules."""
        if self.known:
            return Writer.KNOWN
        return Writer.VOUCHED if self.vouched else Writer.NEW


KNOWN = Author(known=True)
"""Without an author a text is judged by itself alone."""

OVERLAP = 200
"""Letters that neighbouring pieces of a long text share, so that nothing hides in the cut."""
MOST_REASONS = 12
MOST_OF_ONE_RULE = 6
DETAILS_OF = {
    Whose.OWN: Finding.OWN_DETAILS,
    Whose.THEIRS: Finding.DETAILS_OF_OTHERS,
    Whose.UNSAID: Finding.DETAILS,
}
_SHOWN_LETTERS = 240
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s/]+[^\s]*|(?<![@\w.\-])(?:[a-z0-9\-]{2,63}\.){1,6}(?:com|org|net|info|biz|io|co|me|"
    r"ly|app|xyz|top|site|online|link|club|shop|ru|ua|de|fr|es|it|uk|tr|ir|sy|iq|jo|lb|ke|et)"
    r"(?:/[^\s]*)?(?![\w@])"
)
_HOST = re.compile(r"^(?:https?://)?(?:www\.)?([^/:?#]+)")


class _Read:
    """A piece of a text, looked through once: where it begins, what the lists found, the details in it."""

    def __init__(self, start: int, piece: str, policy: ScreeningPolicy) -> None:
        self.start = start
        self.piece = piece
        self.words = Words(Folded(piece))
        self.hits = policy.book.named(self.words)
        self._policy = policy

    @cached_property
    def details(self) -> Sequence[Span]:
        """The private data in it."""
        return find(self.words, self._policy.private_data, self.hits)


class _Late(Exception):
    """The deadline passed before every piece was judged."""


class _Evidence:
    """What was found so far, and what follows from it by the rules."""

    def __init__(self, rules: Rules, writer: Writer) -> None:
        self.holds = False
        self.raised = False
        self._rules = rules
        self._writer = writer
        self._found: list[tuple[int, Reason]] = []

    def note(self, finding: Finding, part: str, weight: float = 1.0) -> None:
        """Look up what follows, and keep why."""
        place, effect = self._rules.decide(finding, self._writer)
        if effect is Effect.PUBLISH:
            return
        self.holds = self.holds or effect is Effect.HOLD
        self.raised = self.raised or effect is Effect.RAISE
        reason = Reason(RULE_OF[finding], part[:_SHOWN_LETTERS], round(min(1.0, max(0.0, weight)), 3))
        same = [known for _, known in self._found if known.rule == reason.rule]
        if len(same) < MOST_OF_ONE_RULE and all(known.part != reason.part for known in same):
            self._found.append((place, reason))

    def minds(self, finding: Finding) -> bool:
        """Whether anything would follow, so that it is worth looking for."""
        return self._rules.decide(finding, self._writer)[1] is not Effect.PUBLISH

    def reasons(self) -> tuple[Reason, ...]:
        """In the order of the rules, so that the gravest is told first and never left out."""
        return tuple(reason for _, reason in sorted(self._found, key=lambda each: each[0])[:MOST_REASONS])


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
        self._harmless: tuple[str, list[_Read]] | None = None
        """The last text in which no details were found: most often its verdict is asked for next, and lets it go."""

    def screen(self, text: str, author: Author | None = None) -> Verdict:
        """The verdict on a text. Never raises: a failing or late judge holds."""
        judgement = _Judgement(self._policy, author or KNOWN)
        try:
            self._judge(text, judgement)
        except _Late:
            judgement.evidence.note(Finding.JUDGE_SLOW, "")
        except Exception:
            # The border where any failure becomes "a person looks".
            judgement.evidence.note(Finding.JUDGE_FAILED, "")
        return judgement.verdict(self._name(judgement))

    def details(self, text: str) -> list[Span]:
        """The private data in a text, for its author to hide. Never raises: what is missed here still holds."""
        if not text:
            return []
        found: list[Span] = []
        try:
            read = list(self._looked_through(text))
            for each in read:
                for span in each.details:
                    if not found or each.start + span.start >= found[-1].end:
                        found.append(replace(span, start=each.start + span.start, end=each.start + span.end))
        except Exception:
            # The same border as above: the text goes on to be screened, and waits for a person.
            return []
        if not found:
            self._harmless = text, read
        return found

    def _looked_through(self, text: str) -> Iterator[_Read]:
        for start, piece in placed_pieces(text, self._policy.chunk_letters):
            yield _Read(start, piece, self._policy)

    def _read(self, text: str) -> Iterable[_Read]:
        """The text looked through, by what is known of it already if that is still here."""
        known, self._harmless = self._harmless, None
        return known[1] if known and known[0] == text else self._looked_through(text)

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
        for read in self._read(text):
            judgement.read(read)
            if self._classifier is None:
                judgement.evidence.note(Finding.JUDGE_FAILED, "")
            elif judgement.covered:
                judgement.judge = judgement.judge or self._classifier.sits(judgement.language)
                judgement.score(read.piece, judgement.judge)
            if self._clock() - started > self._policy.deadline_seconds:
                raise _Late


def placed_pieces(text: str, letters: int) -> Iterator[tuple[int, str]]:
    """The text in overlapping pieces of at most so many letters, cut between words if it can be, and their places."""
    start = 0
    while len(text) - start > letters:
        end = start + letters
        gap = text.rfind(" ", end - OVERLAP, end)
        end = gap if gap > 0 else end
        yield start, text[start:end]
        start = max(start + 1, end - OVERLAP)
    yield start, text[start:]


class _Judgement:
    """One text on its way to a verdict."""

    def __init__(self, policy: ScreeningPolicy, author: Author) -> None:
        self.evidence = _Evidence(policy.rules, author.writer)
        self._policy = policy
        self._author = author
        self._language: Language | None = None
        self._hits: Hits = {}
        self._threshold: Threshold | None = None
        self._scores: Scores | None = None
        self._is_testimony = False
        self._is_complaint = False
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
        if not self._author.known:
            self.evidence.note(Finding.FIRST_MESSAGE, "", 0.5)

    def read(self, read: _Read) -> None:
        """The language, by the first piece, and the rules, which need no model."""
        words = read.words
        if self._language is None:
            self._language = detect(words.folded)
            if self._language.confidence >= self._policy.least_confidence:
                self._threshold = self._own_threshold(self._language.code)
        self._hits = read.hits
        self._look_for_links(words.folded)
        for span in read.details:
            self.evidence.note(DETAILS_OF[span.whose], words.folded.original[span.start : span.end])
        self._look_for_lures(words)
        self._look_for_danger(words)

    def _own_threshold(self, language: str) -> Threshold | None:
        threshold, factor = self._policy.thresholds.get(language), self._policy.factors[self._author.writer]
        if threshold is None or factor == 1:
            return threshold
        return Threshold(min(1.0, threshold.raised * factor), min(1.0, threshold.hold * factor))

    def _look_for_links(self, folded: Folded) -> None:
        if not self.evidence.minds(Finding.LINK) or ("." not in folded.text and "://" not in folded.text):
            return
        for link in _LINK.finditer(folded.text):
            if not _is_trusted(link[0], self._policy.trusted_hosts):
                self.evidence.note(Finding.LINK, folded.part(*link.span()), 0.5)

    def _look_for_lures(self, words: Words) -> None:
        lure = judge(words, self._hits, self._policy.scam, name=self._unverified_name)
        self._is_complaint = self._is_complaint or lure.told
        for part in lure.favours:
            self.evidence.note(Finding.FAVOUR, part)
        if lure.score < self._policy.scam.raised:
            return
        strong = Finding.LURE if lure.score >= self._policy.scam.hold else Finding.LURE_PERHAPS
        kind = Finding.LURE_TOLD if lure.told else strong
        for sign in lure.findings:
            self.evidence.note(kind, sign.part, sign.points / self._policy.scam.hold)

    @property
    def _unverified_name(self) -> str:
        return "" if self._author.verified else self._author.pseudonym

    def _look_for_danger(self, words: Words) -> None:
        found = menace(words, self._hits, reach=self._policy.reported_reach)
        self._is_testimony = self._is_testimony or found.is_testimony
        if found.made:
            self.evidence.note(Finding.THREAT, found.made)
        if found.told:
            self.evidence.note(Finding.TOLD_OF_THREAT, found.told, 0.5)
        for disclosure in disclosures(words, self._hits, reach=self._policy.reported_reach):
            if disclosure.kind is not Finding.TOLD_OF_THREAT or not found.made:
                weight = 0.5 if disclosure.kind is Finding.TOLD_OF_THREAT else 1.0
                self.evidence.note(disclosure.kind, disclosure.part, weight)

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
            self.evidence.note(Finding.TOXIC, part, toxicity)
        else:
            kind = Finding.TOXIC_TOLD if toxicity >= threshold.hold else Finding.TOXIC_PERHAPS
            self.evidence.note(kind, part, toxicity)

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
            reasons=self.evidence.reasons(),
            policy_version=self._policy.version,
            model=model,
            complaint=self._is_complaint,
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
