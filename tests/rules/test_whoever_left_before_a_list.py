"""Who left and wanted everything erased, and whose names still stand when the list is written: the words go too."""

from contextlib import closing

import pytest

from server.crypto.sealed.forget_lists import KEPT_DAYS
from server.database import Database
from server.leaving.rules import let_go
from tests.moves import Move, texts
from tests.people import PASSPHRASE, last_message
from tests.private.test_stolen_room import found_in

CANARY = "canary-6120-wheatear"


def leaves(move: Move, messages: str, *, exports_before: bool) -> None:
    """Amina has a topic and an answer that wait for their moment, and Yara has answered."""
    community = move.community
    amina, yara = community.member("amina"), community.member("yara")
    topic = amina.opens_topic("Water", f"I live at {CANARY}")
    amina.posts(topic, f"Come to {CANARY}")
    yara.posts(topic, "Thank you")
    if exports_before:
        move.exports()
    assert amina.sends("/me/leave", messages=messages, passphrase=PASSPHRASE).status_code == 303
    community.clock.goes_on(hours=1)
    if not exports_before:
        move.exports()


@pytest.mark.postgres
def test_what_was_still_to_be_erased_is_erased_with_the_name(move: Move) -> None:
    leaves(move, "erase", exports_before=True)
    move.lists()
    new = move.place()
    told = move.imports(new, move.beside)
    assert "2 messages, 1 names" in told
    assert texts(new) == ["", "", "Thank you"]
    assert found_in(new.data_dir, CANARY) == []


def test_an_older_list_that_knows_the_choice_is_enough(move: Move) -> None:
    """The newest one knows nothing of the name any more, and its messages are too long ago."""
    leaves(move, "erase", exports_before=True)
    move.lists("forgotten-community-old.list")
    move.community.clock.goes_on(hours=72)
    let_go(move.community.services.db, at=move.community.clock.now())
    move.community.clock.goes_on(days=KEPT_DAYS + 1)
    move.lists()
    new = move.place()
    move.imports(new, move.beside, old=True)
    assert texts(new) == ["", "", "Thank you"]


def test_what_was_to_stay_stays_without_an_author(move: Move) -> None:
    leaves(move, "keep", exports_before=True)
    move.lists()
    new = move.place()
    assert "0 messages, 1 names" in move.imports(new, move.beside)
    assert texts(new) == [f"I live at {CANARY}", f"Come to {CANARY}", "Thank you"]


def test_a_name_that_is_on_its_way_out_in_the_copy_goes_at_its_own_moment(move: Move) -> None:
    """Not at the moment of the import, at which others go too."""
    leaves(move, "erase", exports_before=False)
    new = move.place()
    assert "0 messages, 0 names" in move.imports(new, move.beside)
    move.community.clock.goes_on(hours=73)
    with closing(Database(new.database)) as db:
        assert let_go(db, at=move.community.clock.now()) == 1
    assert texts(new) == ["", "", "Thank you"]


def test_a_message_that_is_hidden_goes_with_the_others_and_cannot_be_let_through_later(move: Move) -> None:
    """Here, without any copy: released after its author is gone, it would stand there for ever, without a name."""
    community = move.community
    bo, amina, yara = community.moderator("bo"), community.member("amina"), community.member("yara")
    amina.posts(yara.opens_topic("Water", "Where is the well"), f"I live at {CANARY}")
    yara.sends(f"/messages/{last_message(community)}/flag", reason="private_data")
    [case] = bo.opens_the_queue()
    assert bo.decides(case, "hide").status_code == 303
    assert amina.sends("/me/leave", messages="erase", passphrase=PASSPHRASE).status_code == 303
    community.clock.goes_on(hours=73)
    assert let_go(community.services.db, at=community.clock.now()) == 1
    move.exports()
    assert found_in(move.exported, CANARY) == []
    again = community.moderator("bea")
    assert again.opens_the_queue() == []
