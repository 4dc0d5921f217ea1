"""Hundreds of people in one hall, each with a seat, and what each of them was told: held against what stands."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from server.permissions import Role
from server.townhall.asking.models import Question, QuestionState, QuestionText, Reason
from server.townhall.asking.queries import question_by_id
from server.townhall.halls.states import HallState
from tests.townhall.listening import Picture
from tests.townhall.scene import Attendee, HallScene
from tests.townhall.test_helpers import asks_with, enters

AT_ONCE = 6
"""So many browsers act at the same moment."""
GOES, KEPT = "zzgoeszz", "zzkeptzz"
"""In every word that must be gone in the end, and in what the record quotes."""
FATES = (
    "answer", "approve", "later", "decline", "merge", "divert", "leave", "edit", "take back", "remove",
    "decline", "merge", "leave", "decline",
)  # fmt: skip
"""Of five hundred, fewer can be read than a page shows."""
S = QuestionState
OUTCOME = {
    "answer": S.ANSWERED, "approve": S.LATER, "later": S.LATER, "decline": S.DECLINED, "merge": S.MERGED,
    "divert": S.DIVERTED, "leave": S.LEFT_OVER, "edit": S.LATER, "take back": S.WITHDRAWN, "remove": S.REMOVED,
}  # fmt: skip
PUBLIC = ("answer", "approve", "later", "edit", "remove")


@dataclass
class Seated:
    """Somebody in the crowd: a seat, a question, and what it was shown."""

    who: Attendee
    fate: str
    question: UUID | None = None
    receipt: str = ""
    picture: Picture = field(default_factory=Picture)

    @property
    def words(self) -> str:
        """What this one asks. Words that are answered stay in the record; all others go."""
        return f"{KEPT if self.fate == 'answer' else GOES} asks for {self.fate}, from {id(self)}"

    @property
    def note(self) -> str:
        """What its author is told besides."""
        return f"{GOES} told to {id(self)}" if self.fate in ("decline", "remove") else ""


class Crowd:
    """They come, ask, want, vote and read; the team works beside them."""

    def __init__(self, scene: HallScene, size: int) -> None:
        self.scene, self.chance = scene, random.Random(size)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            came = list(pool.map(lambda _: self._comes_in(), range(size)))
        self.people = [Seated(who, FATES[place % len(FATES)]) for place, who in enumerate(came)]
        self.helper, self.captioner = scene.appoints("hawa", Role.HELPER), scene.appoints("kofi", Role.CAPTIONER, "en")
        self.wanted: set[tuple[int, UUID]] = set()
        """Who was told that they want which answer."""
        self.voted: dict[int, int] = {}
        """Which answer to the poll was last acknowledged to whom."""

    def _comes_in(self) -> Attendee:
        browser = self.scene.community.browser()
        browser.portal = self.scene.community.portal
        return self.scene.attendee(browser)

    def _all(self, act: object, people: list[Seated] | None = None) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(act, people or self.people))  # type: ignore[arg-type]

    def with_outcome(self, *fates: str) -> list[Seated]:
        """Those whose questions end so."""
        return [one for one in self.people if one.fate in fates]

    # What people do --------------------------------------------------------------------------------------

    def asks(self) -> None:
        """Everybody asks once; every tenth through a helper, on paper."""

        def one(seated: Seated) -> None:
            if self.people.index(seated) % 10 == 0 and seated.fate != "take back":
                seated.receipt = enters(self.scene, self.helper, seated.words)
            else:
                answer = seated.who.asks(seated.words)
                assert answer.status_code == 303, answer.text

        self._all(one)
        with self.scene.community.services.db.reading() as tx:
            rows = tx.look(select(col(QuestionText.text), col(Question.public_id)).join_from(QuestionText, Question))
            asked = {row.text: row.public_id for row in rows}
        for seated in self.people:
            seated.question = asked[seated.words]

    def wants(self, times: int) -> None:
        """Everybody presses buttons of questions that can be read, some twice, and some take it back."""
        there = [one.question for one in self.with_outcome(*PUBLIC)]
        presses = [(place, self.chance.choice(there), self.chance.random()) for place in range(len(self.people))]
        for _ in range(times - 1):
            presses += [(place, self.chance.choice(there), self.chance.random()) for place in range(len(self.people))]

        def one(place: int) -> None:
            who = self.people[place].who
            for question, luck in [(q, luck) for at, q, luck in presses if at == place]:
                for _ in range(2 if luck < 0.1 else 1):
                    assert who.posts(f"questions/{question}/endorse").status_code == 303
                self.wanted.add((place, question))
                if luck > 0.9:
                    assert who.posts(f"questions/{question}/endorse-no-more").status_code == 303
                    self.wanted.discard((place, question))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, range(len(self.people))))

    def votes(self, poll: UUID) -> None:
        """Everybody answers the poll, and every fifth thinks again."""

        def one(place: int) -> None:
            for choice in [place % 3 + 1, *([(place + 1) % 3 + 1] if place % 5 == 0 else [])]:
                answer = self.people[place].who.posts(f"polls/{poll}/vote", {"choice": str(choice)})
                assert answer.status_code == 303
                self.voted[place] = choice

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, range(len(self.people))))

    # What the team does ----------------------------------------------------------------------------------

    def is_read(self) -> None:
        """Moderators decide on everything but what is left over; authors take some back themselves."""
        scene = self.scene
        for one in self.with_outcome(*PUBLIC):
            fields = {"text": f"{GOES} in other words {id(one)}"} if one.fate == "edit" else {}
            assert scene.decides(scene.bo, one.question, "approve", **fields).status_code == 303
        into = self.with_outcome("approve")
        for place, one in enumerate(self.with_outcome("merge")):
            target = str(into[place % len(into)].question)
            assert scene.decides(scene.bo, one.question, "merge", into=target).status_code == 303
        for one in self.with_outcome("decline"):
            answer = scene.decides(scene.bo, one.question, "decline", reason="off_topic", note=one.note)
            assert answer.status_code == 303
        for one in self.with_outcome("divert"):
            assert scene.decides(scene.bo, one.question, "divert").status_code == 303
        for one in self.with_outcome("take back"):
            assert one.who.posts(f"questions/{one.question}/take-back").status_code == 303

    def is_answered(self) -> None:
        """The facilitator brings some on stage and answers them, keeps some for later, and one is taken out."""
        scene = self.scene
        for one in self.with_outcome("answer"):
            assert scene.decides(scene.fatou, one.question, "stage").status_code == 303
            said = {"said": f"{KEPT} answer to {id(one)}", "language": "en"}
            assert scene.decides(scene.fatou, one.question, "answered", **said).status_code == 303
        for one in self.with_outcome("later"):
            assert scene.decides(scene.fatou, one.question, "later").status_code == 303
        for one in self.with_outcome("remove"):
            answer = scene.decides(scene.bo, one.question, "remove", reason="hurtful", note=one.note)
            assert answer.status_code == 303

    def is_captioned(self, count: int) -> None:
        """Somebody writes what is said."""
        path = f"/h/{self.scene.code}/captions/en"
        for number in range(count):
            assert self.captioner.sends(path, text=f"{GOES} was said, sentence {number}.").status_code == 303

    # What is held against what ---------------------------------------------------------------------------

    def hears(self) -> None:
        """Everybody asks what happened since they last asked; then they show what a newcomer sees."""
        self._all(lambda one: one.picture.asks_since(one.who.browser, self.scene.code))  # type: ignore[attr-defined]

    def shows_what_stands(self) -> None:
        """Each page, by what it was told, is the page of somebody who comes only now."""
        self.hears()
        for one in self.people:
            fresh = Picture().asks_since(one.who.browser, self.scene.code)
            assert one.picture.at == fresh.at
            assert one.picture.stands == fresh.stands
            assert len(set(one.picture.numbers)) == len(one.picture.numbers), "something was told twice"

    def each_is_told_its_outcome(self) -> None:
        """One outcome for every question, and its author reads that one, on the page or with a receipt."""
        from server.townhall.asking.views import REASONS, STATES

        told = {state: sentence.english for state, sentence in STATES.items()}
        with self.scene.community.services.db.reading() as tx:
            rows = {one.question: question_by_id(tx, self.scene.hall.id, one.question) for one in self.people}
        for one in self.people:
            row = rows[one.question]
            assert row is not None and row.state == OUTCOME[one.fate], (one.fate, row)
            page = unescape(asks_with(self.scene, one.receipt) if one.receipt else one.who.page())
            _, _, own = page.partition(f'id="own-{one.question}"')
            own = own.partition("</article>")[0] or page
            says = [state for state, words in told.items() if words in own]
            assert says == [OUTCOME[one.fate]], (one.fate, says)
            assert one.note in own
            if row.reason:
                assert REASONS[Reason(row.reason)].english in own

    def every_count_is_what_was_acknowledged(self, poll: UUID) -> None:
        """Endorsements and votes, one by one."""
        from tests.townhall.test_polls import counts

        merged = Counter(self._merged_into())
        wanted = Counter(question for _, question in self.wanted)
        with self.scene.community.services.db.reading() as tx:
            rows = [question_by_id(tx, self.scene.hall.id, one.question) for one in self.with_outcome(*PUBLIC)]
        for row in rows:
            assert row is not None and row.endorsed == wanted[row.public_id] + merged[row.public_id]
        choices = Counter(self.voted.values())
        assert counts(self.scene, poll) == [choices[1], choices[2], choices[3]]

    def _merged_into(self) -> list[UUID]:
        into = self.with_outcome("approve")
        return [into[place % len(into)].question for place, _ in enumerate(self.with_outcome("merge"))]

    def closes(self) -> None:
        """Fatou ends the hall with the button."""
        answer = self.scene.fatou.sends(f"/h/{self.scene.code}/close", sure="yes")
        assert answer.status_code == 303 and self.scene.hall.state == HallState.CLOSED
