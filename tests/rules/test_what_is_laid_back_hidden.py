"""What a moderator hid or gave back since an older copy waits in it too, with a case; nobody reads it meanwhile."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from server.accounts.models import Notice, NoticeKind
from server.content import Case, CaseState, Lane
from server.database import Database
from server.finding.models import WordPlace
from server.forgetting import rules
from server.forum.models import Message, Topic
from server.ledger import checking as ledger
from server.settings import Settings
from tests.moves import Move
from tests.people import Person, last_message
from tests.rules.test_moving import arrived

ADDRESS = "canary-7702-curlew"
DOXXING = f"They live at {ADDRESS}, behind the school"


def states(new: Settings) -> list[tuple[Any, ...]]:
    """Each message with its state, and how many cases wait for it."""
    waits = func.count(col(Case.id)).filter(col(Case.state) == CaseState.OPEN)
    wanted = select(col(Message.text), col(Message.state), waits).outerjoin(
        Case, col(Case.message_id) == col(Message.id)
    )
    with closing(Database(new.database)) as db, db.reading() as tx:
        assert ledger.check(tx).wrong == []
        return [tuple(row) for row in tx.look(wanted.group_by(col(Message.id)).order_by(col(Message.id)))]


def a_case(move: Move, *, export_after_flag: bool = False) -> tuple[Person, str]:
    """Somebody's address in an answer that was exported, and a flag on it; gives the moderator and the case."""
    community = move.community
    bo, amina, nadia = community.moderator("bo"), community.member("amina"), community.member("nadia")
    topic = amina.opens_topic("Water", "Where is the well")
    assert nadia.posts(topic, DOXXING, reply_to=str(last_message(community))).status_code == 303
    if not export_after_flag:
        move.exports()
    assert amina.sends(f"/messages/{last_message(community)}/flag", reason="private_data").status_code == 303
    if export_after_flag:
        move.exports()
    community.clock.goes_on(hours=1)
    return bo, bo.opens_the_queue()[0]


@pytest.mark.parametrize("act", ["hide", "return"])
@pytest.mark.postgres
def test_a_message_that_was_hidden_or_given_back_since_is_read_by_nobody(move: Move, act: str) -> None:
    bo, case = a_case(move)
    assert bo.decides(case, act, advice="names").status_code == 303
    move.lists()
    new = move.place()
    told = move.imports(new, move.beside)
    assert "1 messages that were hidden or given back since are hidden, and wait for a moderator." in told
    assert states(new) == [("Where is the well", "published", 0), (DOXXING, "hidden", 1)]
    with arrived(new.database, new.data_dir) as there, there.services.db.reading() as tx:
        topic = f"/topics/{tx.look(select(col(Topic.public_id))).scalar_one()}"
        assert ADDRESS not in there.visitor().reads(topic)
        hidden = select(col(Message.id)).where(col(Message.state) == "hidden").scalar_subquery()
        places = select(func.count()).select_from(WordPlace).where(col(WordPlace.message_id) == hidden)
        assert tx.look(places).scalar_one() == 0, "the search finds it"
        answered = select(func.count()).select_from(Notice).where(col(Notice.kind) == NoticeKind.ANSWERED)
        assert tx.look(answered).scalar_one() == 0, "somebody is led to it"


def test_a_title_is_hidden_with_the_message_that_opens_its_topic(move: Move) -> None:
    community = move.community
    bo, amina, nadia = community.moderator("bo"), community.member("amina"), community.member("nadia")
    amina.posts(nadia.opens_topic(ADDRESS, DOXXING), "Please do not")
    nadia.opens_topic(ADDRESS, "Nobody has answered this one")
    move.exports()
    with community.services.db.reading() as tx:
        opening = tx.look(select(col(Message.public_id)).where(col(Message.opens_topic))).scalars().all()
    for message in opening:
        assert amina.sends(f"/messages/{message}/flag", reason="private_data").status_code == 303
    for case in bo.opens_the_queue():
        assert bo.decides(case, "hide").status_code == 303
    move.lists()
    new = move.place()
    move.imports(new, move.beside)
    with closing(Database(new.database)) as db, db.reading() as tx:
        columns = (col(Topic.title), col(Topic.messages), col(Topic.state))
        topics = [tuple(row) for row in tx.look(select(*columns).order_by(col(Topic.id)))]
    assert topics == [("", 1, "published"), ("", 0, "held")]


def test_a_flag_that_waited_already_stays_one_case_with_both_reasons(move: Move) -> None:
    bo, case = a_case(move, export_after_flag=True)
    assert bo.decides(case, "hide").status_code == 303
    move.lists()
    new = move.place()
    move.imports(new, move.beside)
    assert states(new)[1] == (DOXXING, "hidden", 1)
    with closing(Database(new.database)) as db, db.reading() as tx:
        [(reasons, lane)] = tx.look(select(col(Case.rules), col(Case.lane))).all()
    assert reasons == ["flag:private_data", "hidden_since"] and lane == Lane.HELD


def test_what_waits_or_is_removed_in_the_export_already_stays_so(move: Move) -> None:
    bo, case = a_case(move)
    community = move.community
    assert bo.decides(case, "hide").status_code == 303
    community.clock.goes_on(days=1)
    for state in ("hidden", "removed"):
        with community.services.db.transaction() as tx:
            tx.run(update(Message).where(col(Message.text) == DOXXING).values(state=state))
            before = rules.worked_out(tx, move.key(), at=community.clock.now())
            went = rules.take_away(tx, move.key(), [before], at=community.clock.now())
            assert went[rules.HIDDEN] == 0
            assert tx.look(select(col(Message.state)).where(col(Message.text) == DOXXING)).scalar_one() == state


def test_a_message_that_was_let_through_again_stays(move: Move) -> None:
    bo, case = a_case(move)
    assert bo.decides(case, "hide").status_code == 303
    assert bo.decides(case, "release").status_code == 303
    move.lists()
    new = move.place()
    assert "hidden" not in move.imports(new, move.beside)
    assert states(new)[1] == (DOXXING, "published", 0)


def test_a_list_of_an_older_program_says_that_it_tells_less(move: Move) -> None:
    """It opens and is obeyed, as before; what it cannot tell is said."""
    bo, case = a_case(move)
    assert bo.decides(case, "hide").status_code == 303
    move.community.clock.goes_on(days=1)
    with move.community.services.db.reading() as tx:
        whole = rules.worked_out(tx, move.key(), at=move.community.clock.now())
    older = move.sealed(replace(whole, gone={}, version=1))
    new = move.place()
    assert "older version" in move.imports(new, older)
    assert states(new)[1] == (DOXXING, "published", 0)
