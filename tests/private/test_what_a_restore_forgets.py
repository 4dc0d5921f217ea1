"""A copy of the community that is restored beside a newer forget list: as an import does, by the same rules."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from server.content import Case, CaseState
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.sealed import forget_lists
from server.database import Database
from server.forgetting import rules
from server.forum.models import Message
from server.ledger import checking as ledger
from server.permissions import Role
from server.townhall.asking.models import Question
from server.townhall.halls.models import HallRole
from server.townhall.halls.team import dismiss
from tests.people import PASSPHRASE, last_message
from tests.private.houses import WholeHouse, texts_in
from tests.private.test_stolen_room import found_in
from tests.townhall.scene import HallScene

CANARY = "canary-4471-pipit"
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


def test_what_was_still_to_be_erased_and_a_role_in_a_hall_do_not_come_back(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, community = house_to_copy, house_to_copy.community
    hall = HallScene(community)
    hall.opens()
    hall.appoints("cara", Role.CAPTIONER, "en")
    attendee = hall.attendee()
    question = hall.readable(attendee, f"Who is {CANARY}?")
    amina = community.member("amina")
    amina.opens_topic("Water", f"I live at {CANARY}")
    copy = house.backed_up()
    community.clock.goes_on(hours=1)
    assert amina.sends("/me/leave", messages="erase", passphrase=PASSPHRASE).status_code == 303
    with hall.writing() as tx:
        dismiss(tx, hall.hall, community.account("cara"), Role.CAPTIONER, "en", hall.as_facilitator(tx))
    assert attendee.posts(f"questions/{question}/take-back").status_code == 303
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    assert found_in(new.data_dir, CANARY) == []
    with closing(Database(new.database)) as db, db.reading() as tx:
        assert tx.look(select(col(HallRole.id)).where(col(HallRole.given))).all() == []
        assert [str(state) for state in tx.look(select(col(Question.state))).scalars()] == ["withdrawn"]
        assert ledger.check(tx).wrong == []


def test_a_list_of_an_older_version_is_obeyed_and_what_it_cannot_tell_is_said(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, community = house_to_copy, house_to_copy.community
    amina = community.member("amina")
    amina.posts(amina.opens_topic("Water", "Where is the well"), DOXXING)
    copy = house.backed_up()
    community.clock.goes_on(hours=1)
    assert amina.sends(f"/messages/{last_message(community)}/withdraw").status_code == 303
    house.lists_written()
    path, key = house.copies / "forgotten-community.list", keyring.load(house.settings.keys_dir).key(Purpose.COPIES)
    whole = forget_lists.opened(path.read_bytes(), key, part="community")
    kinds = (rules.HALL_ROLE, rules.LEAVING, rules.EXPORT)
    standing = {kind: names for kind, names in whole.standing.items() if kind not in kinds}
    path.write_bytes(forget_lists.closed(replace(whole, standing=standing, version=1), key, part="community"))
    new = house.elsewhere(tmp_path / "new")
    assert any("of an older version" in line for line in house.restored(new, copy))
    assert texts_in(new) == ["Where is the well", ""]
