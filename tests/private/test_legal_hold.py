"""A case that a law needs is kept longer: two people, a reason, a last day, the reporter told where that is safe."""

from uuid import UUID

import pytest

from server.errors import Invalid, NotFound, Refused
from server.private import records
from server.private.conversation import Conversation
from server.private.facts import State, half_day
from server.private.people import Unlocked
from server.private.routing import Excluded
from tests.private.rooms import RoomBrowser
from tests.private.scene import WORDS, Scene, hidden, send, words

TOLD = "canary-6120-curlew"
WHY = "The court of the district asks for it."


def closed_case(scene: Scene, **more: object) -> tuple[str, UUID, object]:
    """A case that was closed today: its name, its key, and its reporter's keys."""
    _, reporter = scene.filed(TOLD, **more)
    with scene.work.db.transaction() as tx:
        case = records.case_by_receipt(tx, scene.work.vault, reporter.lookup)
        assert case is not None
        ended = case.facts.changed(state=State.CLOSED, closed=half_day(scene.clock.now()))
        records.keep(tx, scene.work.vault, case, ended)
    return case.facts.alias, case.id, reporter


def held(scene: Scene, alias: str, days: int = 180, *, tell: bool = True) -> None:
    holding, now = scene.work.holding, scene.clock.now()
    holding.ask(me(scene, "cleo"), alias, days, WHY, at=now)
    agrees(scene, "dara", alias, tell=tell)


def agrees(scene: Scene, name: str, alias: str, *, tell: bool = False) -> None:
    """To what the page shows now."""
    holding, now = scene.work.holding, scene.clock.now()
    asked = holding.asked(scene.work.casework.looked_at(me(scene, name), alias, at=now), at=now)
    holding.agree(me(scene, name), alias, str(asked.id) if asked else "", at=now, to_reporter=tell)


def me(scene: Scene, name: str) -> Unlocked:
    return scene.people[name].me


def exists(scene: Scene, case: UUID) -> bool:
    with scene.work.db.reading() as tx:
        return case in records.names_of_cases(tx) and scene.work.vault.shred.key(case) is not None


def goes_on(scene: Scene, days: int) -> None:
    scene.clock.goes_on(days=days)
    scene.work.erasing.forget(at=scene.clock.now())


def test_a_held_case_outlives_its_year_and_ends_with_the_hold(scene: Scene) -> None:
    alias, case, _ = closed_case(scene)
    _, other, _ = closed_case(scene)
    goes_on(scene, 300)
    held(scene, alias)
    goes_on(scene, 66)
    assert exists(scene, case) and not exists(scene, other), "its year is over, and the hold is not"
    goes_on(scene, 113)
    assert exists(scene, case)
    goes_on(scene, 2)
    assert not exists(scene, case), "after 180 days it ends by itself"


def test_two_people_begin_it_anew_and_one_ends_it(scene: Scene) -> None:
    alias, case, _ = closed_case(scene)
    goes_on(scene, 200)
    held(scene, alias, 150)
    goes_on(scene, 140)
    held(scene, alias, 90)
    goes_on(scene, 24)  # 364 days after the end
    assert exists(scene, case)
    scene.work.holding.end(me(scene, "emil"), alias, "The court is done.", at=scene.clock.now(), to_reporter=False)
    with pytest.raises(Refused):
        scene.work.holding.end(me(scene, "emil"), alias, "Twice.", at=scene.clock.now(), to_reporter=False)
    goes_on(scene, 2)
    assert not exists(scene, case)


def test_one_person_is_not_two(scene: Scene) -> None:
    alias, _, _ = closed_case(scene)
    holding, now = scene.work.holding, scene.clock.now()
    with pytest.raises(Refused, match="Nobody asked"):
        agrees(scene, "cleo", alias)
    holding.ask(me(scene, "cleo"), alias, 30, WHY, at=now)
    with pytest.raises(Refused, match="Another person"):
        agrees(scene, "cleo", alias)
    scene.clock.goes_on(days=15)
    with pytest.raises(Refused, match="too long ago"):
        agrees(scene, "dara", alias)
    for days in (0, -1, 181, 10**9):
        with pytest.raises(Invalid):
            holding.ask(me(scene, "cleo"), alias, days, WHY, at=scene.clock.now())


def test_nobody_agrees_to_another_asking_than_the_one_they_have_seen(scene: Scene) -> None:
    alias, _, _ = closed_case(scene)
    holding, now = scene.work.holding, scene.clock.now()
    holding.ask(me(scene, "cleo"), alias, 10, WHY, at=now)
    seen = holding.asked(scene.work.casework.looked_at(me(scene, "dara"), alias, at=now), at=now)
    assert seen is not None and seen.days == 10
    holding.ask(me(scene, "cleo"), alias, 180, WHY, at=now)
    with pytest.raises(Refused):
        holding.agree(me(scene, "dara"), alias, str(seen.id), at=now, to_reporter=False)
    agrees(scene, "dara", alias)


def test_new_keys_do_not_make_one_person_two(scene: Scene) -> None:
    alias, _, _ = closed_case(scene)
    scene.clock.goes_on(days=85)
    scene.work.holding.ask(me(scene, "cleo"), alias, 30, WHY, at=scene.clock.now())
    scene.clock.goes_on(days=6)
    again = scene.work.rotating.unlock(me(scene, "cleo").person, WORDS, at=scene.clock.now())
    assert again.verify != me(scene, "cleo").verify
    scene.people["cleo"].me = again
    with pytest.raises(Refused, match="Another person"):
        agrees(scene, "cleo", alias)


def test_an_interpreter_is_no_second_person_and_whoever_is_left_out_is_none(scene: Scene) -> None:
    alias, _, _ = closed_case(scene, excluded=Excluded(organisation="Bridge Network"))
    now = scene.clock.now()
    scene.work.holding.ask(me(scene, "cleo"), alias, 30, WHY, at=now)
    with pytest.raises(NotFound):
        agrees(scene, "dara", alias)
    scene.focal_point("ivo", "sea", "Translators", roles=("interpreter",))
    with pytest.raises(Refused):
        scene.work.holding.ask(me(scene, "ivo"), alias, 30, WHY, at=now)


def test_the_reporter_is_told_where_that_is_safe_and_only_there(scene: Scene) -> None:
    alias, _, reporter = closed_case(scene)
    quiet, _, other = closed_case(scene)
    held(scene, alias)
    held(scene, quiet, tell=False)

    def kinds(keys: object) -> list[tuple[str, str]]:
        shown: Conversation = scene.work.conversations.shown(keys, at=scene.clock.now())  # type: ignore[arg-type]
        return [(one.kind, one.text) for one in shown.answers]

    assert kinds(reporter) == [("hold", WHY)]
    assert kinds(other) == []
    letters = scene.work.casework.opened(me(scene, "emil"), quiet, at=scene.clock.now()).letters
    assert [letter.body["kind"] for letter in letters if str(letter.body["kind"]).startswith("hold")] == [
        "hold_asked",
        "hold",
    ], "colleagues see both"


def test_pages_ask_agree_and_tell(scene: Scene) -> None:
    receipt, _ = scene.filed(TOLD)
    cleo = scene.sign_in("cleo")
    alias = cleo.get("/desk").text.partition('href="/desk/')[2].partition('"')[0]
    at = f"/desk/{alias}"
    cleo.get(at)
    wrong = send(cleo, "ask_hold", at, hold_days="soon", hold_reason=WHY)
    assert wrong.status_code == 422 and WHY in wrong.text
    assert send(cleo, "ask_hold", at, hold_days="400", hold_reason=WHY).status_code == 422
    assert send(cleo, "ask_hold", at, hold_days="90", hold_reason=WHY).status_code == 303
    assert "I agree" not in words(cleo.get(at))
    dara = scene.sign_in("dara")
    assert "I agree: keep it longer" in words(dara.get(at)) and WHY in words(dara.get(at))
    seen = hidden(dara.get(at))["asked"]
    assert send(dara, "agree_hold", at, tell="yes").status_code == 409, "a button without what it agrees to"
    assert send(dara, "agree_hold", at, tell="yes", asked=seen).status_code == 303
    assert "kept until" in words(dara.get(at))
    amal = scene.browser()
    amal.get("/help")
    send(amal, "return", receipt=receipt)
    assert "keep this for up to 90 days" in words(amal.get("/help"))
    assert send(dara, "end_hold", at, end_reason="Done.").status_code == 303
    assert "kept until" not in words(dara.get(at))


def visits(scene: Scene, receipt: str) -> RoomBrowser:
    amal = scene.browser()
    amal.get("/help")
    send(amal, "return", receipt=receipt)
    return amal


def test_who_takes_it_back_is_told_that_the_law_keeps_it(scene: Scene) -> None:
    receipt, _ = scene.filed(TOLD)
    amal = visits(scene, receipt)
    assert "If a court or a law asks for it, it is kept until that is over" in words(amal.get("/help"))
    alias = scene.work.casework.work_list(me(scene, "cleo"), at=scene.clock.now())[0].alias
    held(scene, alias, 90)
    assert "But the law asks us to keep it until" in words(amal.get("/help"))
    send(amal, "withdraw")
    taken_back = words(amal.get("/help"))
    assert "until then you can undo it. The law still asks us to keep it until" in taken_back
    assert "The law keeps it all the same" in words(scene.sign_in("cleo").get(f"/desk/{alias}"))
    scene.clock.goes_on(days=4)
    assert "You have taken your message back. The law still asks us" in words(visits(scene, receipt).get("/help"))


def test_a_hold_that_is_not_safe_to_tell_shows_on_no_page_of_the_reporter(scene: Scene) -> None:
    receipt, _ = scene.filed(TOLD)
    before = words(visits(scene, receipt).get("/help"))
    alias = scene.work.casework.work_list(me(scene, "cleo"), at=scene.clock.now())[0].alias
    held(scene, alias, 90, tell=False)
    amal = visits(scene, receipt)
    assert words(amal.get("/help")) == before
    send(amal, "withdraw")
    assert "The law still asks" not in words(amal.get("/help"))
