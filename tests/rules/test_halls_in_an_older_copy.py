"""A hall in an older copy: roles in it that were taken away since and words that were taken out since stay away."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from server.crypto.sealed.forget_lists import KEPT_DAYS
from server.database import Database
from server.forgetting import rules
from server.permissions import Role
from server.settings import Settings
from server.townhall.asking.models import Question, QuestionText
from server.townhall.halls.models import Hall, HallRole
from server.townhall.halls.states import HallState
from server.townhall.halls.team import dismiss
from tests.moves import Move
from tests.private.test_stolen_room import found_in
from tests.townhall.scene import HallScene

CANARY = "canary-9034-shrike"


def the_hall(move: Move) -> tuple[HallScene, UUID, UUID]:
    """A hall that is over, with a question that everybody can read, one that nobody has read, and two captioners."""
    scene = HallScene(move.community)
    scene.opens()
    for login in ("cara", "dara"):
        scene.appoints(login, Role.CAPTIONER, "en")
    attendee = scene.attendee()
    public, waits = scene.readable(attendee, f"Who is {CANARY}?"), scene.asked(attendee, f"I was hurt by {CANARY}")
    scene.readable(attendee, "When does the water come?")
    scene.moves(HallState.CLOSED)
    return scene, public, waits


def questions(new: Settings) -> list[tuple[str | None, str]]:
    """The words of each question, and where it stands."""
    wanted = select(col(QuestionText.text), col(Question.state)).select_from(Question)
    with closing(Database(new.database)) as db, db.reading() as tx:
        rows = tx.look(wanted.outerjoin(QuestionText).order_by(col(Question.id)))
        return [(text, str(state)) for text, state in rows]


def roles(new: Settings) -> int:
    """How many people have a role in a hall alone."""
    with closing(Database(new.database)) as db, db.reading() as tx:
        return len(tx.look(select(col(HallRole.id)).where(col(HallRole.given))).all())


@pytest.mark.postgres
def test_a_role_in_a_hall_and_words_that_were_taken_out_since_stay_away(move: Move) -> None:
    scene, public, waits = the_hall(move)
    move.exports()
    move.community.clock.goes_on(hours=1)
    assert scene.decides(scene.bo, public, "remove", reason="hurtful").status_code == 303
    assert scene.decides(scene.bo, waits, "divert").status_code == 303
    with scene.writing() as tx:
        dismiss(tx, scene.hall, move.community.account("cara"), Role.CAPTIONER, "en", scene.as_facilitator(tx))
    move.lists()
    new = move.place()
    told = move.imports(new, move.beside)
    assert roles(new) == 1
    assert questions(new) == [(None, "withdrawn"), (None, "withdrawn"), ("When does the water come?", "later")]
    assert "1 roles, badges, passkeys and drafts, 2 questions of halls." in told
    assert found_in(new.data_dir, CANARY) == []


def test_what_is_as_it_was_stays(move: Move) -> None:
    """What was withdrawn before is not counted again, and a rehearsal of the list changes nothing."""
    scene, public, _ = the_hall(move)
    assert scene.decides(scene.bo, public, "remove", reason="hurtful").status_code == 303
    move.exports()
    new = move.place()
    assert "0 roles, badges, passkeys and drafts, 0 questions of halls." in move.imports(new, move.beside)
    assert [state for _, state in questions(new)] == ["removed", "left_over", "later"]
    assert roles(new) == 2


def test_a_list_that_tells_nothing_of_halls_takes_no_role(move: Move) -> None:
    the_hall(move)
    move.exports()
    move.community.clock.goes_on(days=1)
    with move.community.services.db.reading() as tx:
        whole = rules.worked_out(tx, move.key(), at=move.community.clock.now())
    standing = {kind: names for kind, names in whole.standing.items() if kind != rules.HALL_ROLE}
    new = move.place()
    told = move.imports(new, move.sealed(replace(whole, standing=standing, version=1)))
    assert "older version" in told and roles(new) == 2


def test_the_same_role_in_another_hall_or_language_is_another_role(move: Move) -> None:
    the_hall(move)
    with move.community.services.db.transaction() as tx:
        before = rules.worked_out(tx, move.key(), at=move.community.clock.now())
        [first, second] = tx.session.execute(select(HallRole).where(col(HallRole.given))).scalars()
        first.language = "ar"
        space_id = tx.look(select(col(Hall.space_id))).scalar_one()
        other = Hall(space_id=space_id, code="OTHER", languages=["en"], base_language="en", timezone="Africa/Khartoum")
        tx.session.add(other)
        tx.flush()
        assert other.id is not None
        second.hall_id = other.id
        tx.flush()
        after = rules.worked_out(tx, move.key(), at=move.community.clock.now())
    assert len(before.standing[rules.HALL_ROLE]) == len(after.standing[rules.HALL_ROLE]) == 2
    assert not before.standing[rules.HALL_ROLE] & after.standing[rules.HALL_ROLE]


def test_a_question_is_on_the_list_for_as_long_as_any_line(move: Move) -> None:
    scene, public, _ = the_hall(move)
    scene.decides(scene.bo, public, "remove", reason="hurtful")
    at = move.community.clock.now()
    with move.community.services.db.reading() as tx:
        for days, there in ((KEPT_DAYS, True), (KEPT_DAYS + 1, False)):
            name = rules.name_of(move.key(), rules.QUESTION, public.bytes)
            assert (name in rules.worked_out(tx, move.key(), at=at + timedelta(days=days)).gone) is there
