"""What a hall forgets, and when: time walks on, and the database file is searched for what was planted in it."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.types import JSON, LargeBinary, String
from sqlmodel import col

from server.database import Transaction, metadata
from server.townhall import forgetting
from server.townhall.asking import queries as questions
from server.townhall.asking.models import Question, QuestionState, Reason
from server.townhall.forgetting import Forgetting
from server.townhall.halls.models import Hall, HallWords, RiskForm
from server.townhall.halls.states import HallState
from tests.people import Community
from tests.townhall.scene import HallScene

STAYS = {"hall", "hall_record", "hall_record_words", "hall_commitment", "hall_commitment_words", "hall_commitment_step"}
"""What is left of a hall in the end."""
CHOSEN = {"code", "timezone", "base_language", "languages", "state", "risk", "kind", "source", "reason", "standing"}
CHOSEN |= {"origin", "results"}
"""Columns whose words come from a list of ours."""
EARLY = ("hall_event", "hall_command", "hall_seat", "hall_screen")


def of_halls() -> list[Table]:
    """Every table of halls, those that others point at first."""
    return [table for table in metadata.sorted_tables if table.name == "hall" or table.name.startswith("hall_")]


class Planted:
    """A closed hall with a row in every table, and words in every column that takes words."""

    def __init__(self, scene: HallScene) -> None:
        self.scene = scene
        self.marks: dict[str, list[bytes]] = {}
        self.keys: dict[str, int] = {"hall": scene.hall.id}
        self.at = scene.community.clock.now()
        with scene.writing() as tx:
            tx.run(delete(RiskForm))
            for table in of_halls():
                if table.name != "hall":
                    self._plant(tx, table)
            tx.run(update(Hall).values(**{name: self._mark("hall", name) for name in ("link", "sign_video")}))
            tx.run(update(Hall).values(stopped_by=self._mark("hall", "stopped_by")[:20]))

    def _plant(self, tx: Transaction, table: Table) -> None:
        values = {column.name: self._value(table, column) for column in table.columns if column.name != "id"}
        row = tx.run(insert(table).values(**{name: value for name, value in values.items() if value is not None}))
        self.keys[table.name] = row.inserted_primary_key[0]

    def _value(self, table: Table, column: Any) -> Any:
        """Words that nobody else writes, keys of what was planted before, and else whatever the column takes."""
        for key in column.foreign_keys:
            other = key.column.table.name
            return self.keys.get(other) or (self.scene.community.account("fatou") if other == "member" else None)
        name = column.name
        fixed: dict[str, Any] = {"state": "declined" if table.name == "hall_question" else "closed"}
        fixed |= {"kind": "original", "source": "web", "reason": None, "standing": "done", "origin": "captioner"}
        fixed |= {"results": "openly", "languages": ["en"], "language": "en"}
        if name in fixed:
            return fixed[name]
        if isinstance(column.type, JSON):
            mark = self._mark(table.name, name)
            return [mark] if name in ("rules", "chosen") else {mark: mark} if name == "answers" else {mark: 1}
        if isinstance(column.type, String):
            return self._mark(table.name, name)[: column.type.length or 80]
        if isinstance(column.type, LargeBinary):
            return self._mark(table.name, name).encode()
        kind = column.type.python_type if hasattr(column.type, "python_type") else object
        if name.endswith(("_at", "_until")):
            return self.at
        if name in ("on", "due_on"):
            return self.at.date()
        if name in ("public_id", "command", "question"):
            return uuid4()
        return False if kind is bool else 1

    def _mark(self, table: str, column: str) -> str:
        mark = f"{len(self.marks):03}{uuid4().hex[:9]}"
        self.marks.setdefault(f"{table}.{column}", []).append(mark.encode())
        return mark

    def left(self) -> set[str]:
        """The tables in which this hall has a row."""
        with self.scene.community.services.db.reading() as tx:
            return {t.name for t in of_halls() if tx.session.execute(text(f"SELECT 1 FROM {t.name}")).first()}

    def on_disk(self) -> set[str]:
        """The columns whose words are still somewhere in the database's files."""
        file = Path(str(self.scene.community.services.db.engine.url.database))
        raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        return {column for column, marks in self.marks.items() if any(mark in raw for mark in marks)}


def walk(scene: HallScene, **later: float) -> None:
    """Time goes on, and the clock comes by."""
    scene.community.clock.goes_on(**later)
    scene.clock_comes_by()


@pytest.fixture
def scene(community_on_both: Community) -> HallScene:
    """An open hall."""
    scene = HallScene(community_on_both)
    scene.opens()
    return scene


def test_in_the_end_only_the_record_is_left(scene: HallScene) -> None:
    planted = Planted(scene)
    assert planted.left() == {table.name for table in of_halls()}
    scene.moves(HallState.CLOSED)
    policy = scene.community.services.policies.retention
    walk(scene, hours=policy.hall_seat_hours, minutes=policy.hall_event_minutes + 1)
    assert not planted.left() & set(EARLY)
    walk(scene, hours=policy.hall_author_hours)
    gone = {"hall_key", "hall_call", "hall_note", "hall_endorsement", "hall_ballot", *EARLY}
    assert not planted.left() & gone and "hall_question" in planted.left()
    walk(scene, days=policy.hall_declined_days)
    assert not planted.left() & {"hall_question_text"}
    walk(scene, days=policy.hall_days)
    assert planted.left() == STAYS | {"hall_line", "hall_role", "hall_risk"}
    walk(scene, days=policy.hall_log_days)
    assert planted.left() == STAYS


def test_the_files_of_the_database_hold_none_of_it(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    planted = Planted(scene)
    before = planted.on_disk()
    assert before == set(planted.marks), "a mark was not written: the search would prove nothing"
    scene.moves(HallState.CLOSED)
    policy = community.services.policies.retention
    walk(scene, days=policy.hall_days + 1)
    walk(scene, days=policy.hall_log_days)
    community.services.db.forget_log_when_due()
    left = {name.partition(".")[0] for name in planted.on_disk()}
    assert left <= STAYS - {"hall"} and "hall_record_words" in left


def test_a_walk_that_is_interrupted_goes_on_where_it_stopped(scene: HallScene, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = Planted(scene)
    scene.moves(HallState.CLOSED)
    services = scene.community.services
    monkeypatch.setattr(forgetting, "BATCH", 1)
    scene.community.clock.goes_on(days=400)

    class Interrupted(Forgetting):
        """Ends after some batches, like a process that is stopped."""

        left = 3

        def _due(self, step: forgetting.Step, at: object) -> bool:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            return super()._due(step, at)  # type: ignore[arg-type]

    for _ in range(40):
        try:
            Interrupted(services.db, services.policies).run(scene.community.clock.now())
        except KeyboardInterrupt:
            continue
        break
    assert planted.left() != STAYS
    scene.clock_comes_by()
    assert planted.left() == STAYS


def test_what_nobody_read_is_erased_with_a_reason(scene: HallScene) -> None:
    scene.attendee().asks("My block has no lamp")
    scene.closes()
    walk(scene, days=scene.community.services.policies.retention.hall_declined_days)
    with scene.community.services.db.reading() as tx:
        row = tx.look(select(col(Question.id), col(Question.state), col(Question.reason))).one()
        assert (row.state, row.reason) == (QuestionState.DECLINED, Reason.NO_TIME)
        assert questions.words_of(tx, [row.id]) == {}


def test_the_words_of_what_was_not_taken_go_while_the_hall_goes_on(scene: HallScene) -> None:
    scene.attendee().asks("My block has no lamp")
    scene.decides(scene.bo, scene.waiting()[0], "decline", reason=str(Reason.OFF_TOPIC), note="Please ask the office.")
    days = scene.community.services.policies.retention.hall_declined_days
    walk(scene, days=days - 1)
    with scene.community.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT count(*) FROM hall_question_text")).scalar_one() == 1
    walk(scene, days=1, hours=1)
    with scene.community.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT count(*) FROM hall_question_text")).scalar_one() == 0
        assert tx.session.execute(text("SELECT note FROM hall_question")).scalar_one() == ""


def test_after_a_day_nobody_can_tell_who_asked(scene: HallScene) -> None:
    amina = scene.attendee()
    amina.asks("My block has no lamp")
    scene.lets_through(scene.waiting()[0])
    scene.closes()
    assert "It will be answered after the hall." in amina.page()
    walk(scene, hours=scene.community.services.policies.retention.hall_author_hours)
    with scene.community.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT author_key FROM hall_question")).scalar_one() is None
        assert tx.session.execute(text("SELECT count(*) FROM hall_key")).scalar_one() == 0


def test_captions_that_are_kept_stay_with_the_record(scene: HallScene) -> None:
    Planted(scene)
    scene.moves(HallState.CLOSED)
    with scene.writing() as tx:
        tx.run(update(Hall).values(captions_kept=True))
    walk(scene, days=400)
    with scene.community.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT writer FROM hall_caption")).scalar_one() is None
        assert tx.session.execute(text("SELECT count(*) FROM hall_words")).scalar_one() == 0


def test_a_hall_that_everybody_has_left_ends_by_itself(scene: HallScene) -> None:
    days = scene.community.services.policies.retention.hall_days
    walk(scene, days=days - 1)
    assert scene.hall.state == HallState.OPEN
    walk(scene, days=2)
    assert scene.hall.state == HallState.CLOSED


def test_a_hall_that_goes_on_keeps_its_words(scene: HallScene) -> None:
    amina = scene.attendee()
    amina.asks("My block has no lamp")
    scene.lets_through(scene.waiting()[0])
    walk(scene, hours=11)
    assert "My block has no lamp" in amina.page("/list")


def test_a_hall_that_is_announced_far_ahead_is_not_ended(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    ahead = community.clock.now() + timedelta(days=90)
    with scene.writing() as tx:
        tx.run(update(Hall).where(col(Hall.id) == scene.hall.id).values(opens_at=ahead, watched_at=None))
    community.clock.goes_on(days=60)
    forgetting.forget(community.services.db, community.services.policies, community.clock.now())
    assert scene.hall.state == HallState.OPEN
    community.clock.goes_on(days=61)
    forgetting.forget(community.services.db, community.services.policies, community.clock.now())
    assert scene.hall.state == HallState.CLOSED


def test_a_hall_that_was_begun_and_never_opened_goes_when_nobody_works_on_it(community: Community) -> None:
    fatou = community.host("fatou")
    for word in ("Vergessenkanarie", "Bleibkanarie"):
        assert fatou.sends("/s/questions/halls/new", title_en=word, risk="ordinary").status_code == 303
    days = community.services.policies.retention.hall_days
    code = _code_of(community, "Bleibkanarie")
    community.clock.goes_on(days=days - 1)
    fatou = community.visitor()
    fatou.signs_in("fatou", code=community.code_of("fatou"))
    fatou.sends(f"/h/{code}/prepare", title_en="Bleibkanarie", purpose_en="Later")
    forgetting.forget(community.services.db, community.services.policies, community.clock.now())
    assert _words(community) >= {"Vergessenkanarie", "Bleibkanarie"}
    community.clock.goes_on(days=2)
    forgetting.forget(community.services.db, community.services.policies, community.clock.now())
    assert "Vergessenkanarie" not in _words(community) and "Bleibkanarie" in _words(community)


def _code_of(community: Community, title: str) -> str:
    with community.services.db.reading() as tx:
        which = select(col(HallWords.hall_id)).where(col(HallWords.text) == title)
        return tx.session.execute(select(col(Hall.code)).where(col(Hall.id).in_(which))).scalar_one()


def _words(community: Community) -> set[str]:
    with community.services.db.reading() as tx:
        return set(tx.session.execute(select(col(HallWords.text))).scalars())
