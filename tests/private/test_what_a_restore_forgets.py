"""A copy of the community that is restored beside a newer forget list: as an import does, by the same rules."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from server.content import Case, CaseState
from server.database import Database
from server.forum.models import Message
from server.ledger import checking as ledger
from tests.people import last_message
from tests.private.houses import WholeHouse

DOXXING = "They live at canary-7702-curlew, behind the school"


def test_a_copy_that_is_restored_hides_it_too(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house, community = house_to_copy, house_to_copy.community
    bo, amina, nadia = community.moderator("bo"), community.member("amina"), community.member("nadia")
    topic = amina.opens_topic("Water", "Where is the well")
    nadia.posts(topic, DOXXING)
    copy = house.backed_up()
    community.clock.goes_on(hours=1)
    amina.sends(f"/messages/{last_message(community)}/flag", reason="private_data")
    assert bo.decides(bo.opens_the_queue()[0], "hide").status_code == 303
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    with closing(Database(new.database)) as db, db.reading() as tx:
        found = tx.look(select(col(Message.text), col(Message.state)).order_by(col(Message.id))).all()
        assert [tuple(row) for row in found] == [("Where is the well", "published"), (DOXXING, "hidden")]
        assert tx.look(select(col(Case.state))).scalar_one() == CaseState.OPEN
        assert ledger.check(tx).wrong == []
