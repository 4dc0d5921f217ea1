"""An original that a reporter wants kept takes two readers, a reason and a day; alone nobody opens it, whatever they
have stolen, and the reporter is told."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from server.crypto.sealed import boxes, receipts
from server.crypto.sealed.boxes import Damaged
from server.errors import Refused
from server.private import files, originals, records
from server.private.desk_files import files_in
from server.private.files import Attachment
from server.private.routing import INTERPRETER, Excluded
from tests.private.scene import WORDS, Scene, send, words

SAFE, ORIGINAL = b"safe copy " * 40, b"camera and place " * 5000
WHY = "The court asks for it."


def attachment(*, keep: bool = True, name: str = "card.jpg") -> Attachment:
    kept = bytearray(ORIGINAL) if keep else None
    return Attachment(name, "image/jpeg", bytearray(SAFE), files.digest_of(ORIGINAL), kept, suffix="png")


def the_alias(scene: Scene, name: str = "cleo") -> str:
    return scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now())[0].alias


def asks(scene: Scene, name: str, number: int = 1) -> None:
    scene.work.files.ask(scene.people[name].me, the_alias(scene, name), number, WHY, at=scene.clock.now())


def opens(scene: Scene, name: str, number: int = 1) -> bytes:
    me, alias = scene.people[name].me, the_alias(scene, name)
    return b"".join(scene.work.files.original(me, alias, number, at=scene.clock.now()).pieces)


def told(scene: Scene, reporter) -> Sequence[str]:
    answers = scene.work.conversations.shown(reporter, at=scene.clock.now()).answers
    return [answer.text for answer in answers if answer.kind == "original_opened"]


def test_two_readers_open_an_original_together_and_the_reporter_is_told(scene: Scene) -> None:
    _, reporter = scene.filed(files=[attachment()])
    with pytest.raises(Refused):
        opens(scene, "dara")
    asks(scene, "cleo")
    with pytest.raises(Refused, match="asked for this original yourself"):
        opens(scene, "cleo")
    assert told(scene, reporter) == []
    assert opens(scene, "dara") == ORIGINAL
    assert told(scene, reporter) == [WHY]
    assert opens(scene, "dara") == ORIGINAL, "once more, because the line broke"
    assert told(scene, reporter) == [WHY]
    asks(scene, "dara")
    assert opens(scene, "emil") == ORIGINAL
    assert told(scene, reporter) == [WHY, WHY]


def test_the_half_that_was_handed_on_is_gone_after_a_day(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    asks(scene, "cleo")
    scene.clock.goes_on(days=1)
    with pytest.raises(Refused):
        opens(scene, "dara")
    assert scene.work.erasing.forget(at=scene.clock.now()).asked == 1
    with scene.work.db.reading() as tx:
        case = records.every_case(tx, scene.work.vault)[0].id
        assert [files.asked(tx, scene.work.vault, case, file).boxes for _, file in files.every(tx)] == [(), ()]
    assert scene.work.erasing.forget(at=scene.clock.now()).asked == 0
    asks(scene, "cleo")
    assert opens(scene, "dara") == ORIGINAL


def test_halves_go_along_when_a_readers_keys_change(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    scene.clock.goes_on(days=91)
    for name in ("cleo", "dara"):
        person = scene.people[name].me
        old, scene.people[name].me = person, scene.work.rotating.unlock(person.person, WORDS, at=scene.clock.now())
        assert scene.people[name].me.box_secret != old.box_secret
    asks(scene, "cleo")
    assert opens(scene, "dara") == ORIGINAL


def test_both_acts_stand_in_the_trail_and_in_the_case(scene: Scene) -> None:
    from server.crypto.sealed import audit
    from server.private.audit_trail import _leaves

    scene.filed(files=[attachment()])
    asks(scene, "cleo")
    opens(scene, "dara")
    with scene.work.db.reading() as tx:
        leaves = _leaves(tx, scene.clock.now().date())
    said = [audit.opened(leaf, scene.officers[0].box_secret) or {} for leaf in leaves]
    by = {one["what"]: one.get("by") for one in said}
    assert by["original_asked"] == str(scene.people["cleo"].me.person)
    assert by["original_opened"] == str(scene.people["dara"].me.person)
    assert len({len(leaf.box) for leaf in leaves}) == 1, "no line is longer than another"
    kinds = [letter.body["kind"] for letter in scene.work.casework.opened(
        scene.people["emil"].me, the_alias(scene, "emil"), at=scene.clock.now()
    ).letters]  # fmt: skip
    assert kinds == ["concern", "original_asked", "original_opened"]


def test_a_reader_with_everything_that_can_be_stolen_opens_no_original_alone(scene: Scene) -> None:
    """Her keys, PEPPER, the shred keys and the database: her halves fit nothing but another reader's."""
    scene.filed(files=[attachment()])
    cleo = scene.people["cleo"].me
    found = scene.work.casework.opened(cleo, the_alias(scene), at=scene.clock.now())
    held = originals.told_in(found.letters)
    kept = files_in(found.letters)[0].original
    assert held is not None
    assert kept is not None
    own = held.of(cleo.person)
    assert own is not None
    mine = originals._opened(found.case.id, own, cleo)
    for secret in (cleo.box_secret, found.secret, *(half.bits for half in mine)):
        with pytest.raises(Damaged):
            files.original_key(kept, found.case.id, secret)
    others = [one for one in held.each if one.person != cleo.person]
    assert len(others) == 2
    for other in others:
        with pytest.raises(Damaged):
            originals._opened(found.case.id, other, cleo)


def test_two_officers_get_the_case_and_its_safe_copies_and_no_original(scene: Scene) -> None:
    from server.crypto.sealed import recovery
    from server.private.recovering import Recovering

    scene.filed(files=[attachment()])
    one, two, _ = scene.officers
    bundle = recovery.read(Recovering(scene.work).bundle())
    nia = scene.focal_point("nia", "sea", "Harbour Refugee Support")
    half = recovery.half_opened(bundle, one.box_secret).bundle
    done = recovery.resealed(half, two.box_secret, nia.paper).bundle
    assert Recovering(scene.work).lay_in(done.text(), nia.me.person) == 1
    alias = the_alias(scene, "nia")
    scene.work.succession.take_over(nia.me, alias, at=scene.clock.now())
    copy = scene.work.files.copy(nia.me, alias, 1, at=scene.clock.now())
    assert b"".join(copy.pieces) == SAFE
    with pytest.raises(Refused):
        asks(scene, "nia")
    asks(scene, "cleo")
    with pytest.raises(Refused):
        opens(scene, "nia")
    assert opens(scene, "dara") == ORIGINAL


def test_halves_are_handed_on_with_the_case_and_go_with_whoever_leaves(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    nia = scene.focal_point("nia", "sea", "Harbour Refugee Support")
    omar = scene.focal_point("omar", "sea", "Bridge Network")
    at = scene.clock.now
    succession, people = scene.work.succession, scene.people
    succession.hand_over(people["cleo"].me, the_alias(scene), nia.me.person, "for the holidays", at=at())
    asks(scene, "nia")
    with pytest.raises(Refused):
        opens(scene, "cleo")
    assert opens(scene, "dara") == ORIGINAL, "she has another's place, and any other fits"
    succession.recuse(people["cleo"].me, the_alias(scene), at=at())
    succession.recuse(people["emil"].me, the_alias(scene, "emil"), at=at())
    succession.hand_over(people["dara"].me, the_alias(scene, "dara"), omar.me.person, "I leave", at=at())
    succession.recuse(people["dara"].me, the_alias(scene, "dara"), at=at())
    found = scene.work.casework.opened(nia.me, the_alias(scene, "nia"), at=at())
    held = originals.told_in(found.letters)
    assert held is not None
    assert {one.person for one in held.each} >= {nia.me.person, omar.me.person}
    assert not {one.person for one in held.each} & {people[name].me.person for name in ("cleo", "dara", "emil")}
    asks(scene, "omar")
    assert opens(scene, "nia") == ORIGINAL, "nobody of those who read it first is left"


def test_the_office_outside_can_open_originals_when_nobody_answers(scene: Scene) -> None:
    scene.focal_point("jamal", "independent", "Ombuds Office")
    _, reporter = scene.filed(files=[attachment()], may_release=True)
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    for name in ("hana", "jamal"):
        scene.work.succession.take_over(scene.people[name].me, the_alias(scene, name), at=scene.clock.now())
    asks(scene, "hana")
    assert opens(scene, "jamal") == ORIGINAL


def test_an_original_that_comes_later_is_kept_too_and_only_under_the_reporters_own_mark(scene: Scene) -> None:
    _, reporter = scene.filed()
    scene.work.conversations.add(reporter, "more", at=scene.clock.now(), attachments=[attachment()])
    asks(scene, "emil")
    assert opens(scene, "cleo") == ORIGINAL
    with scene.work.db.transaction() as tx:
        case = records.every_case(tx, scene.work.vault)[0]
        stranger = boxes.public_of(boxes.new_key())
        forged = stranger + case.facts.originals[32:]
        records.keep(tx, scene.work.vault, case, case.facts.changed(originals=forged))
    with pytest.raises(Refused):
        scene.work.conversations.add(reporter, "secret", at=scene.clock.now(), attachments=[attachment()])
    scene.work.conversations.add(reporter, "plain", at=scene.clock.now(), attachments=[attachment(keep=False)])


def test_a_new_number_marks_the_key_for_originals_anew(scene: Scene) -> None:
    _, old = scene.filed()
    new = scene.work.derivation.keys(receipts.receipt_for(boxes.new_key(), scene.work.vault.pepper))
    scene.work.conversations.change_number(old, new, at=scene.clock.now())
    scene.work.conversations.add(new, "more", at=scene.clock.now(), attachments=[attachment()])
    asks(scene, "emil")
    assert opens(scene, "cleo") == ORIGINAL
    assert told(scene, new) == [WHY]


def test_where_one_person_reads_alone_no_original_is_kept(scene: Scene) -> None:
    from server.private.desks import Topic

    with pytest.raises(Refused):
        scene.filed(topic=Topic.QUESTION, files=[attachment()])
    with scene.work.db.reading() as tx:
        assert records.every_case(tx, scene.work.vault) == []
        assert files.every(tx) == []
    scene.filed(topic=Topic.QUESTION, files=[attachment(keep=False)])


def test_an_interpreter_holds_no_half(scene: Scene) -> None:
    scene.focal_point("igor", "sea", "Bridge Network", roles=(INTERPRETER,), languages=("uk",))
    scene.filed(language="uk", consents={"interpreter": True}, files=[attachment()])
    found = scene.work.casework.opened(scene.people["igor"].me, the_alias(scene, "igor"), at=scene.clock.now())
    held = originals.told_in(found.letters)
    assert held is not None
    assert held.of(scene.people["igor"].me.person) is None


@pytest.mark.parametrize("what", ["facts", "part", "swapped"])
def test_whoever_writes_into_the_files_can_destroy_and_not_deceive(scene: Scene, what: str) -> None:
    scene.filed(files=[attachment(), attachment(name="other.jpg")])
    asks(scene, "cleo")
    with scene.work.db.transaction() as tx:
        if what == "facts":
            rows = tx.run(text("select id, facts from file order by id")).all()
            for (file, _), (_, facts) in zip(rows, [*rows[1:], rows[0]], strict=True):
                tx.run(text("update file set facts = :facts where id = :file"), {"facts": facts, "file": file})
        elif what == "part":
            tx.run(text("update file_part set content = zeroblob(length(content))"))
        else:
            rows = tx.run(text("select file_id, content from file_part where number = 0 order by file_id")).all()
            for (file, _), (_, content) in zip(rows, [*rows[1:], rows[0]], strict=True):
                statement = text("update file_part set content = :content where file_id = :file and number = 0")
                tx.run(statement, {"content": content, "file": file})
    with pytest.raises((Refused, Damaged)):
        opens(scene, "dara")
    if what != "facts":
        me, alias = scene.people["dara"].me, the_alias(scene, "dara")
        with pytest.raises(Damaged):
            b"".join(scene.work.files.copy(me, alias, 1, at=scene.clock.now()).pieces)


def test_whoever_is_left_out_sees_no_file_and_no_number_of_one_leads_anywhere(scene: Scene) -> None:
    scene.filed(files=[attachment()], excluded=Excluded(organisation="Harbour Refugee Support"))
    alias = the_alias(scene, "dara")
    cleo = scene.sign_in("cleo")
    before = cleo.get("/desk")
    for step in ("look", "download", "open_original"):
        missed, none = send(cleo, step, f"/desk/{alias}", file="1"), send(cleo, step, "/desk/NOSUCH", file="1")
        assert (missed.status_code, words(missed)) == (none.status_code, words(none)) == (404, words(none))
        cleo.token = before.text.partition('name="form_token" value="')[2].partition('"')[0]


def test_the_desk_asks_and_opens_on_its_pages(scene: Scene) -> None:
    scene.filed(files=[attachment(), attachment(keep=False)])
    at = f"/desk/{the_alias(scene)}"
    cleo, dara = scene.sign_in("cleo"), scene.sign_in("dara")
    assert "Two people open it together." in words(cleo.get(at))
    without = send(cleo, "ask_original", at, file="1", original_reason="")
    assert without.status_code == 422
    assert 'href="#original-1"' in without.text
    assert send(cleo, "ask_original", at, file="1", original_reason=WHY).status_code == 303
    page = dara.get(at)
    assert "asks to open the original:" in words(page)
    assert WHY in words(page)
    assert 'value="open_original"' not in cleo.get(at).text
    opened = send(dara, "open_original", at, file="1")
    assert opened.content == ORIGINAL
    assert opened.headers["content-disposition"] == 'attachment; filename="file-1.png"'
    assert opened.headers["content-type"] == "application/octet-stream"
    dara.get(at)
    for file in ("2", "3", "0", "-1", "x", "9" * 30):
        assert send(dara, "open_original", at, file=file).status_code == 404
        dara.get(at)
