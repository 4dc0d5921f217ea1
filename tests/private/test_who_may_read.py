"""Whoever must not read a case reads nothing of it, on whichever way they come; and who only interprets decides
nothing."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlmodel import col

from server.crypto.sealed import recovery
from server.crypto.sealed.certificates import Revocation
from server.errors import NotFound, Refused
from server.private import models, originals
from server.private.consents import Consent
from server.private.facts import State, Support
from server.private.people import Unlocked
from server.private.recovering import Recovering
from server.private.routing import Excluded
from tests.private.scene import Scene, send
from tests.private.test_originals import asks, attachment, opens, the_alias
from tests.private.test_passing_on import certified

HARBOUR = Excluded(organisation="Harbour Refugee Support")


def interpreter(scene: Scene, role: str = "interpreter") -> Unlocked:
    return scene.focal_point("taras", "sea", "Bridge Network", roles=(role,), languages=("uk",)).me


def interpreted(scene: Scene) -> str:
    """A case that taras reads along; its name."""
    consents = {"interpreter": True, "agency": True}
    scene.filed(language="uk", consents=consents, files=[attachment()])
    return the_alias(scene)


def first_letter(scene: Scene, alias: str) -> UUID:
    return scene.work.casework.looked_at(scene.people["cleo"].me, alias, at=scene.clock.now()).letters[0].id


def test_an_interpreter_whose_yes_was_taken_back_finds_nothing_anywhere(scene: Scene) -> None:
    interpreter(scene)
    _, reporter = scene.filed(language="uk", consents={"interpreter": True}, files=[attachment()])
    alias = the_alias(scene, "taras")
    scene.work.conversations.say(reporter, Consent.INTERPRETER, False, at=scene.clock.now())
    scene.clock.goes_on(days=5)
    finds_nothing(scene, "taras", alias)


def test_whoever_was_left_out_finds_nothing_though_officers_laid_a_key_in(scene: Scene) -> None:
    scene.filed(excluded=HARBOUR, files=[attachment()])
    recovering, (one, other) = Recovering(scene.work), scene.officers[:2]
    half = recovery.half_opened(recovery.read(recovering.bundle()), one.box_secret).bundle
    whole = recovery.resealed(half, other.box_secret, scene.people["cleo"].paper).bundle
    assert recovering.lay_in(whole.text(), scene.people["cleo"].me.person) == 1
    finds_nothing(scene, "cleo", the_alias(scene, "dara"))


def finds_nothing(scene: Scene, name: str, alias: str) -> None:
    browser, at = scene.sign_in(name), f"/desk/{alias}"
    assert alias not in browser.get("/desk").text
    assert browser.get(at).status_code == 404
    browser.get("/desk/away")
    dara = str(scene.people["dara"].me.person)
    steps = {
        "download": {"file": "1"},
        "note": {"note": "I was here."},
        "answer": {"text": "Who are you?"},
        "hand_over": {"person": dara, "hand_reason": "So."},
        "ask_original": {"file": "1", "original_reason": "So."},
    }
    assert {step: send(browser, step, at, **fields).status_code for step, fields in steps.items()} == dict.fromkeys(
        steps, 404
    )


def test_a_role_is_the_same_however_it_is_written(scene: Scene) -> None:
    taras = interpreter(scene, "Interpreter ")
    alias = interpreted(scene)
    found = scene.work.casework.looked_at(taras, alias, at=scene.clock.now())
    held = originals.told_in(found.letters)
    assert held is not None
    assert held.of(taras.person) is None
    asks(scene, "cleo")
    with pytest.raises(Refused):
        opens(scene, "taras")
    now = scene.clock.now()
    scene.work.holding.ask(scene.people["cleo"].me, alias, 10, "A court.", at=now)
    asked = scene.work.holding.asked(scene.work.casework.looked_at(taras, alias, at=now), at=now)
    assert asked is not None
    with pytest.raises(Refused, match="Another person"):
        scene.work.holding.agree(taras, alias, str(asked.id), at=now, to_reporter=False)


DECIDING: dict[str, Callable[[Scene, str, Unlocked], object]] = {
    "the step": lambda scene, alias, me: scene.work.casework.move(me, alias, State.TRIAGE, "So.", at=scene.clock.now()),
    "the help": lambda scene, alias, me: scene.work.casework.support(
        me, alias, Support.OFFERED, "So.", at=scene.clock.now()
    ),
    "who reads": lambda scene, alias, me: scene.work.succession.hand_over(
        me, alias, scene.people["dara"].me.person, "So.", at=scene.clock.now()
    ),
    "who gets it": lambda scene, alias, me: scene.work.transferring.pass_on(
        me, alias, certified(scene).serial, {first_letter(scene, alias)}, "So.", at=scene.clock.now()
    ),
}


@pytest.mark.parametrize("what", DECIDING)
def test_an_interpreter_decides_nothing(scene: Scene, what: str) -> None:
    taras = interpreter(scene)
    alias = interpreted(scene)
    with pytest.raises(Refused):
        DECIDING[what](scene, alias, taras)
    scene.work.casework.answer(scene.people["cleo"].me, alias, "Thank you.", at=scene.clock.now())
    DECIDING[what](scene, alias, scene.people["cleo"].me)


def test_an_interpreter_does_not_fetch_what_was_passed_on(scene: Scene) -> None:
    taras = interpreter(scene)
    alias = interpreted(scene)
    agency, now, cleo = certified(scene), scene.clock.now(), scene.people["cleo"].me
    scene.work.transferring.pass_on(cleo, alias, agency.serial, {first_letter(scene, alias)}, "So.", at=now)
    with pytest.raises(Refused):
        scene.work.transferring.file(taras, alias, agency.serial, at=now)
    assert scene.work.transferring.file(cleo, alias, agency.serial, at=now)


def drop_letter(scene: Scene, me: Unlocked, alias: str, kind: str) -> None:
    """Somebody takes one row out of the database."""
    letters = scene.work.casework.looked_at(me, alias, at=scene.clock.now()).letters
    gone = next(one.id for one in letters if one.body["kind"] == kind)
    with scene.work.db.transaction() as tx:
        tx.run(delete(models.Entry).where(col(models.Entry.id) == gone))


def test_a_case_of_which_something_is_missing_is_not_handed_out(scene: Scene) -> None:
    scene.filed(consents={"agency": True})
    alias, agency, now, cleo = the_alias(scene), certified(scene), scene.clock.now(), scene.people["cleo"].me
    scene.work.casework.note(cleo, alias, "A note.", at=now)
    scene.work.transferring.pass_on(cleo, alias, agency.serial, {first_letter(scene, alias)}, "So.", at=now)
    drop_letter(scene, cleo, alias, "note")
    with pytest.raises(Refused):
        scene.work.transferring.file(cleo, alias, agency.serial, at=now)


def test_who_left_a_case_does_not_come_back_when_the_letter_of_it_is_destroyed(scene: Scene) -> None:
    scene.filed()
    alias, now = the_alias(scene), scene.clock.now()
    cleo, dara, emil = (scene.people[name].me for name in ("cleo", "dara", "emil"))
    scene.work.succession.recuse(cleo, alias, at=now)
    drop_letter(scene, dara, alias, "succession")
    assert scene.sign_in("dara").get(f"/desk/{alias}").status_code == 200, "it can still be read"
    for change in (
        lambda: scene.work.succession.hand_over(dara, alias, emil.person, "So.", at=now),
        lambda: scene.work.succession.rekey(dara, alias, at=now),
        lambda: scene.work.succession.recuse(dara, alias, at=now),
    ):
        with pytest.raises(Refused):
            change()
    assert not scene.work.casework.work_list(cleo, at=now)
    with pytest.raises(NotFound):
        scene.work.casework.looked_at(cleo, alias, at=now)


def test_a_case_stays_open_to_the_others_when_who_asked_for_an_original_is_revoked(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    asks(scene, "cleo")
    today = scene.clock.now().date()
    scene.work.roster.revoke(scene.signed(Revocation(scene.people["cleo"].paper.serial, today), 1))
    alias = the_alias(scene, "dara")
    assert scene.sign_in("dara").get(f"/desk/{alias}").status_code == 200
    with pytest.raises(Refused, match="Nobody has asked"):
        opens(scene, "dara")
    asks(scene, "dara")
    assert opens(scene, "emil")
