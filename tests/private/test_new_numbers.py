"""A reporter takes a new number: the old one opens nothing any more, and nobody else can put keys in their place."""

import pytest

from server.crypto.sealed import boxes, receipts
from server.crypto.sealed.receipts import Receipt, ReporterKeys
from server.errors import NotFound, Refused
from server.private import records
from tests.private.scene import Scene, send, shown_receipt, words


def the_alias(scene: Scene, name: str = "cleo") -> str:
    return scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now())[0].alias


def answered(scene: Scene, text: str) -> None:
    scene.work.casework.answer(scene.people["cleo"].me, the_alias(scene), text, at=scene.clock.now())


def changed(scene: Scene, keys: ReporterKeys) -> ReporterKeys:
    new = scene.work.derivation.keys(receipts.receipt_for(boxes.new_key(), scene.work.vault.pepper))
    scene.work.conversations.change_number(keys, new, at=scene.clock.now())
    return new


def read_by(scene: Scene, keys: ReporterKeys) -> list[str]:
    return [one.text for one in scene.work.conversations.shown(keys, at=scene.clock.now()).answers]


def test_the_new_number_opens_everything_and_the_old_one_nothing(scene: Scene) -> None:
    _, old = scene.filed("first")
    answered(scene, "before")
    new = changed(scene, old)
    answered(scene, "after")
    assert read_by(scene, new) == ["before", "after"]
    assert scene.work.conversations.find(old, at=scene.clock.now()) is None
    with pytest.raises(NotFound):
        scene.work.conversations.add(old, "it is me", at=scene.clock.now())
    scene.work.conversations.add(new, "it is me", at=scene.clock.now())
    letters = scene.work.casework.opened(scene.people["cleo"].me, the_alias(scene), at=scene.clock.now()).letters
    kinds = [letter.body["kind"] for letter in letters if letter.inward]
    assert kinds == ["concern", "new_number", "message"]


def test_with_the_old_number_and_the_whole_server_nothing_is_read_that_came_after(scene: Scene) -> None:
    _, old = scene.filed("first")
    answered(scene, "before")
    new = changed(scene, old)
    answered(scene, "after")
    with scene.work.db.reading() as tx:
        case = records.case_by_receipt(tx, scene.work.vault, new.lookup)
        assert case is not None
        copies = [one.for_reporter for one in records.entries(tx, scene.work.vault, case.id)]
    assert all(boxes.unsealed(old.box_secret, box) is None for box in copies)
    assert sum(boxes.unsealed(new.box_secret, box) is not None for box in copies) == 2


def test_a_number_is_changed_again_and_readers_come_and_go(scene: Scene) -> None:
    _, keys = scene.filed("first")
    for turn in range(3):
        keys = changed(scene, keys)
        answered(scene, f"answer {turn}")
    scene.work.succession.recuse(scene.people["cleo"].me, the_alias(scene), at=scene.clock.now())
    keys = changed(scene, keys)
    dara = scene.people["dara"].me
    scene.work.casework.answer(dara, the_alias(scene, "dara"), "last", at=scene.clock.now())
    assert read_by(scene, keys) == ["answer 0", "answer 1", "answer 2", "last"]


@pytest.mark.parametrize("origin", [b"", bytes(104)], ids=["taken away", "made up"])
def test_keys_that_somebody_puts_in_their_place_get_no_words(scene: Scene, origin: bytes) -> None:
    """Somebody with PEPPER, the shred keys and the database, and with the old number."""
    _, old = scene.filed("first")
    new = changed(scene, old)
    with scene.work.db.transaction() as tx:
        case = records.case_by_receipt(tx, scene.work.vault, new.lookup)
        assert case is not None
        records.keep(tx, scene.work.vault, case, case.facts.changed(origin=origin))
    with pytest.raises(Refused):
        scene.work.conversations.add(new, "second", at=scene.clock.now())
    with scene.work.db.transaction() as tx:
        case = records.case_by_receipt(tx, scene.work.vault, new.lookup)
        assert case is not None
        records.keep(tx, scene.work.vault, case, case.facts.changed(origin=b""))
        records.renumber(tx, case.id, old.lookup)
    scene.work.conversations.add(old, "it is me", at=scene.clock.now())
    answered(scene, "for the reporter alone")
    assert "for the reporter alone" not in read_by(scene, old), "the desk answers to the keys that were signed over"
    letters = scene.work.casework.opened(scene.people["cleo"].me, the_alias(scene), at=scene.clock.now()).letters
    assert [letter.body["kind"] for letter in letters if letter.body.get("text") == "it is me"] == []
    assert "unproved" in [letter.body["kind"] for letter in letters]


def test_the_new_number_counts_only_once_it_is_kept(scene: Scene) -> None:
    receipt, _ = scene.filed("first")
    answered(scene, "We are with you.")
    browser = scene.browser()
    send(browser, "return", receipt=receipt)
    assert "We are with you." in words(browser.get("/help"))
    assert send(browser, "new_number").status_code == 303
    shown = shown_receipt(browser.get("/help"))
    assert shown_receipt(browser.get("/help")) == shown, "a reload shows the same"
    assert send(scene.browser(), "return", receipt=receipt).status_code == 303, "a lost line loses nothing"
    assert send(scene.browser(), "return", receipt=shown).status_code == 404
    send(browser, "old_number")
    assert "We are with you." in words(browser.get("/help"))
    send(browser, "new_number")
    shown = shown_receipt(browser.get("/help"))
    assert send(browser, "change_number").status_code == 303
    page = words(browser.get("/help"))
    assert "The old one opens nothing any more." in page and "We are with you." in page
    assert send(scene.browser(), "return", receipt=receipt).status_code == 404
    again = scene.browser()
    assert send(again, "return", receipt=shown).status_code == 303
    assert "We are with you." in words(again.get("/help"))
    refused = send(browser, "add", text=f"my number is {shown}")
    assert refused.status_code == 422, "the new number is looked for in texts"
    assert Receipt(shown.replace("-", "")) != receipt
