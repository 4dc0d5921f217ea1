"""A changed policy, tried on what was written in the last days, before it is in force. Counts only, no text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from moderation import embedded
from moderation.classifier import Classifier, Scores, Unavailable
from moderation.policy import PolicyError, ScreeningPolicy, load
from moderation.screening import Author, Screener
from moderation.verdict import Outcome, Rule, Verdict
from server import places
from server.accounts.models import Membership
from server.clock import SystemClock
from server.content import Screening
from server.database import Database, Transaction
from server.errors import BootRefused
from server.forum.models import Message
from server.migrations import history
from server.settings import Settings

PUBLISHED, RAISED, HELD = "published", "published, a person looks", "waits for a person"
NO_RULE = "no rule"
BATCH = 500


@dataclass(frozen=True, slots=True)
class Change:
    """Texts that would have gone another way: from, to, the gravest rule of the stricter side, the language."""

    before: str
    after: str
    rule: str
    language: str


@dataclass(slots=True)
class Trial:
    """What the changed policy would have done."""

    texts: int = 0
    before: Counter[str] = field(default_factory=Counter[str])
    after: Counter[str] = field(default_factory=Counter[str])
    changes: Counter[Change] = field(default_factory=Counter[Change])


@dataclass(frozen=True, slots=True)
class _Written:
    """A stored text, and how its author stood when it was written, as far as that is still known."""

    text: str
    author: Author


class _Remembering:
    """A classifier that scores the same text once for both policies."""

    def __init__(self, inner: Classifier) -> None:
        self.name = inner.name
        self._inner = inner
        self._known: dict[str, Scores] = {}

    def scores(self, texts: Sequence[str], language: str) -> list[Scores]:
        """Probabilities for each text, remembered until forget(); one text has one language."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._inner.scores(new, language), strict=True))
        return [self._known[text] for text in texts]

    def sits(self, language: str) -> "_Remembering":
        """Itself: what is tried is the policy, not the judge."""
        return self

    def explain(self, text: str, language: str) -> list[tuple[str, float]]:
        """Nothing: no text is shown here."""
        return []

    def forget(self) -> None:
        """The next text begins."""
        self._known.clear()


def try_policy(settings: Settings, changed: Path, *, days: int) -> Trial:
    """Judge what is still stored of the last days by the policy in force and by the changed one.

    Raises BootRefused naming the key when the changed policy cannot be used.
    """
    try:
        now, then = load(places.policies(settings.data_dir) / "moderation.toml"), load(changed)
    except PolicyError as error:
        raise BootRefused(str(error)) from error
    try:
        classifier = _Remembering(embedded.load())
    except Unavailable as error:
        raise BootRefused("The model cannot be loaded, so nothing can be tried.") from error
    db = Database(settings.database)
    history.check(db)
    try:
        with db.reading() as tx:
            return _tried(_written(tx, SystemClock().now() - timedelta(days=days)), classifier, now, then)
    finally:
        db.close()


def _tried(texts: Iterator[_Written], classifier: _Remembering, now: ScreeningPolicy, then: ScreeningPolicy) -> Trial:
    # A still clock: nothing is late in a trial, however busy the machine is.
    one, other = (Screener(policy, classifier, clock=lambda: 0.0) for policy in (now, then))
    trial = Trial()
    for each in texts:
        before, after = one.screen(each.text, each.author), other.screen(each.text, each.author)
        classifier.forget()
        trial.texts += 1
        trial.before[_fate(before)] += 1
        trial.after[_fate(after)] += 1
        if _fate(before) != _fate(after):
            trial.changes[_change(before, after)] += 1
    return trial


def _fate(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.HOLD:
        return HELD
    return RAISED if verdict.raised else PUBLISHED


def _change(before: Verdict, after: Verdict) -> Change:
    strictness = (PUBLISHED, RAISED, HELD)
    stricter = max(before, after, key=lambda verdict: strictness.index(_fate(verdict)))
    milder = before if stricter is after else after
    spared = {(reason.rule, reason.part) for reason in milder.reasons}
    told = [reason for reason in stricter.reasons if (reason.rule, reason.part) not in spared] or stricter.reasons
    return Change(_fate(before), _fate(after), str(told[0].rule) if told else NO_RULE, after.language)


_STORED = (
    select(
        col(Message.id),
        col(Message.title),
        col(Message.text),
        col(Membership.vouched),
        select(col(Screening.reasons))
        .where(col(Screening.message_id) == col(Message.id))
        .order_by(col(Screening.id).desc())
        .limit(1)
        .scalar_subquery(),
    )
    .join(Membership, col(Membership.id) == col(Message.membership_id))
    .where(col(Message.text) != "")
    .order_by(col(Message.id))
    .limit(BATCH)
)


def _written(tx: Transaction, since: datetime) -> Iterator[_Written]:
    """The stored texts, in batches, so that a large community needs no large memory."""
    last = 0
    while rows := tx.session.execute(_STORED.where(col(Message.written_at) >= since, col(Message.id) > last)).all():
        for number, title, text, vouched, reasons in rows:
            last = number
            first = any(reason.get("rule") in (Rule.FIRST_MESSAGE, Rule.LINK_WHILE_NEW) for reason in reasons or ())
            author = Author(known=not first, vouched=vouched and first)
            yield _Written(f"{title}\n\n{text}" if title else text, author)
