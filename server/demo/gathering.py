"""Holds the town halls of the demonstration, through the rules that halls go through: one is on, one is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from moderation.verdict import Outcome, Verdict
from server.database import Transaction
from server.demo.concluding import concluded
from server.permissions import Role
from server.policies import Policies
from server.spaces.queries import SpaceRow
from server.townhall.asking import moderating, staging
from server.townhall.asking import rules as asking
from server.townhall.asking.models import Question, QuestionText, Source
from server.townhall.asking.queries import HUMAN, key_for, question_by_id
from server.townhall.asking.rules import Asker, Asking
from server.townhall.captions import rules as captions
from server.townhall.captions.models import Origin
from server.townhall.captions.rules import Segment
from server.townhall.halls import queries, rules
from server.townhall.halls.models import Hall, HallSession
from server.townhall.halls.queries import HallRow, SessionRow
from server.townhall.halls.states import HallState, Risk, SessionKind
from server.townhall.halls.team import Acting, acting, appoint

CAPTION_MS = 6_000
READ_ALREADY = Verdict(Outcome.HOLD, False, "en", False, None, (), "", "")
"""In these halls a person reads every question first; the machine has nothing to add to the story."""


@dataclass(frozen=True, slots=True)
class Held:
    """A hall of the demonstration, for the table that it prints."""

    code: str
    state: str
    title: str


@dataclass(frozen=True, slots=True)
class _Scene:
    tx: Transaction
    hall: HallRow
    entry: dict[str, Any]
    members: dict[str, int]
    began: datetime

    def facilitator(self, minutes: int) -> Acting:
        """Whoever runs it, so many minutes after its beginning."""
        return self._acting(self.entry["by"], Role.FACILITATOR, minutes)

    def moderator(self, minutes: int) -> Acting:
        """Whoever reads the questions."""
        return self._acting(self.entry["signed_by"], Role.MODERATOR, minutes)

    def _acting(self, key: str, role: Role, minutes: int) -> Acting:
        at = self.began + timedelta(minutes=minutes)
        return acting(self.tx, self.hall, self.members[key], role, at=at)


def gathered(
    tx: Transaction,
    policies: Policies,
    entries: list[dict[str, Any]],
    spaces: dict[str, SpaceRow],
    members: dict[str, int],
    *,
    now: datetime,
) -> list[Held]:
    """Every hall of the content, as it stands now."""
    return [_held(tx, policies, entry, spaces[entry["space"]], members, now) for entry in entries]


def _held(
    tx: Transaction,
    policies: Policies,
    entry: dict[str, Any],
    space: SpaceRow,
    members: dict[str, int],
    now: datetime,
) -> Held:
    began = now - timedelta(minutes=entry["minutes_ago"])
    hall = rules.begin(tx, space.id, _new(entry, space, began))
    scene = _Scene(tx, hall, entry, members, began)
    tx.run(update(Hall).where(col(Hall.id) == hall.id).values(link=entry.get("link", "")))
    for role in entry.get("role", []):
        appoint(tx, hall, members[role["person"]], Role(role["role"]), role.get("language", ""), scene.facilitator(-5))
    agenda = _agenda(scene, policies.halls.sessions)
    rules.write_risks(tx, hall, {"who": "-"}, scene.facilitator(-4))
    rules.sign_risks(tx, hall, scene.moderator(-3))
    rules.move(tx, hall, HallState.OPEN, scene.facilitator(0))
    _begun(scene, agenda, now)
    for number, question in enumerate(entry.get("question", []), 1):
        _question(scene, agenda, question, number)
    for stream in entry.get("caption", []):
        _captions(scene, agenda, stream)
    if "closes_after" in entry:
        by = scene.facilitator(entry["closes_after"])
        concluded(tx, queries.held_alone(tx, hall.id), entry, by, policies)
    tx.flush()
    return Held(hall.code, queries.held(tx, hall.id).state, entry["title"][entry["base"]])


def _new(entry: dict[str, Any], space: SpaceRow, began: datetime) -> rules.NewHall:
    return rules.NewHall(
        languages=entry["languages"],
        base_language=entry["base"],
        titles=entry["title"],
        purposes=entry["purpose"],
        risk=Risk.ORDINARY,
        rehearsal=False,
        timezone=space.timezone,
        opens_at=began,
    )


def _agenda(scene: _Scene, most: int) -> list[SessionRow]:
    by = scene.facilitator(-5)
    return [
        rules.add_session(
            scene.tx, scene.hall, SessionKind(item["kind"]), item["title"], item["minutes"], most=most, by=by
        )
        for item in scene.entry["session"]
    ]


def _begun(scene: _Scene, agenda: list[SessionRow], now: datetime) -> None:
    """Items begin one after the other; `began` counts the minutes until now."""
    for item, entry in zip(agenda, scene.entry["session"], strict=True):
        if "began" in entry:
            rules.begin_session(scene.tx, scene.hall, item, scene.facilitator(1))
            began = now - timedelta(minutes=entry["began"])
            scene.tx.run(update(HallSession).where(col(HallSession.id) == item.id).values(began_at=began))


def _question(scene: _Scene, agenda: list[SessionRow], entry: dict[str, Any], number: int) -> None:
    tx, hall = scene.tx, scene.hall
    key = queries.key_of(tx, hall.id, rules.SEATS_KEY)
    assert key is not None
    source, about = Source(entry.get("source", "web")), int(entry["about"])
    asker = Asker(key_for(key, "asks", f"story {entry.get('seat', 0)}"), source, people=entry.get("people", 1))
    words = Asking(
        text=entry["text"],
        language=entry["language"],
        verdict=READ_ALREADY,
        session_id=agenda[about - 1].id,
        quote_ok=entry.get("quote_ok", False),
    )
    asked = asking.ask(tx, hall, asker, words, at=scene.began + timedelta(minutes=10 + number)).question
    if entry["state"] == "pending":
        return
    moderating.approve(tx, hall, asked, 1, scene.moderator(12 + number))
    tx.run(update(Question).where(col(Question.public_id) == asked).values(endorsed=entry.get("endorsed", 0)))
    _translated(scene, asked, entry.get("human", {}))
    by = scene.facilitator(20 + number)
    if entry["state"] == "on_stage":
        staging.bring_on_stage(tx, hall, asked, by)
    for language, text in entry.get("answer", {}).items():
        staging.answer(tx, hall, asked, language, text, by)


def _translated(scene: _Scene, asked: UUID, human: dict[str, str]) -> None:
    question = question_by_id(scene.tx, scene.hall.id, asked)
    assert question is not None
    for language, text in human.items():
        row = QuestionText(question_id=question.id, language=language, kind=HUMAN, text=text)
        scene.tx.session.add(row)


def _captions(scene: _Scene, agenda: list[SessionRow], stream: dict[str, Any]) -> None:
    """Written one after the other by whoever has this language in the team."""
    role = next(
        role for role in scene.entry["role"] if role["role"] == "captioner" and role["language"] == stream["language"]
    )
    session = agenda[int(stream["session"]) - 1]
    for place, text in enumerate(stream["lines"]):
        segment = Segment(
            session_id=session.id,
            language=stream["language"],
            text=text,
            from_ms=place * CAPTION_MS,
            to_ms=(place + 1) * CAPTION_MS,
            origin=Origin(stream["origin"]),
        )
        captions.add(scene.tx, scene.hall, segment, scene.members[role["person"]], at=scene.began)
