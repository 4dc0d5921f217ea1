"""Somebody goes away: a colleague looks after the cases, and when nobody is there at all, the office outside does."""

from datetime import date, timedelta

import pytest

from server.errors import Invalid
from server.private.desks import Topic
from server.private.people import Away
from server.private.routing import Excluded
from tests.private.scene import Scene, send, words

AT = "/desk/away"


def today(scene: Scene) -> date:
    return scene.clock.now().date()


def goes(scene: Scene, name: str, cover: str = "", *, days: int = 10, starts: int = 0) -> list[str]:
    first = today(scene) + timedelta(days=starts)
    person = scene.people[cover].me.person if cover else None
    away = Away(first, first + timedelta(days=days), person)
    return list(scene.work.covering.goes(scene.people[name].me, away, why="leave", at=scene.clock.now()).nobody)


def cases(scene: Scene, name: str) -> int:
    return len(scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now()))


def test_a_colleague_is_named_gets_the_keys_and_is_told_in_the_list(scene: Scene) -> None:
    scene.filed("before she came")
    scene.focal_point("nia", "sea", "Bridge Network")
    assert (cases(scene, "cleo"), cases(scene, "nia")) == (1, 0)
    browser = scene.sign_in("cleo")
    browser.get(AT)
    until = today(scene) + timedelta(days=10)
    nia = str(scene.people["nia"].me.person)
    noted = send(browser, "away", AT, starts=today(scene).isoformat(), ends=until.isoformat(), cover=nia)
    assert noted.status_code == 303, words(noted)
    page = words(browser.get(AT))
    assert "You are away from" in page and "Nia" in page
    assert cases(scene, "nia") == 1, "she can read it from now on"
    theirs = words(scene.sign_in("nia").get("/desk"))
    assert "you look after the cases of: Cleo" in theirs
    assert "you look after" not in words(scene.sign_in("dara").get("/desk"))
    send(browser, "back", AT)
    assert "you look after" not in words(scene.people["nia"].browser.get("/desk"))


def test_a_cover_who_reads_already_needs_no_new_keys(scene: Scene) -> None:
    scene.filed("first")
    goes(scene, "cleo", "dara")
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    assert scene.work.casework.opened(cleo, alias, at=scene.clock.now()).case.facts.epoch == 0


def test_a_cover_who_must_not_read_a_case_does_not_get_it_and_that_is_told(scene: Scene) -> None:
    scene.filed("about Bridge", excluded=Excluded(organisation="Bridge Network"))
    goes(scene, "emil")
    left = goes(scene, "cleo", "dara")
    assert len(left) == 1
    assert cases(scene, "dara") == 0
    scene.work.covering.is_back(scene.people["emil"].me.person)
    assert goes(scene, "cleo", "dara") == [], "Emil reads it"


def test_when_everybody_of_a_desk_is_away_the_office_outside_opens_what_it_may(scene: Scene) -> None:
    scene.filed("open", may_release=True)
    scene.filed("shut", may_release=False)
    goes(scene, "cleo", "dara")
    goes(scene, "dara")
    assert cases(scene, "hana") == 0, "Emil is there"
    goes(scene, "emil")
    assert cases(scene, "hana") == 1
    scene.filed("while nobody is there", may_release=True)
    assert cases(scene, "hana") == 2
    hana = scene.people["hana"].me
    alias = scene.work.casework.work_list(hana, at=scene.clock.now())[0].alias
    scene.work.succession.take_over(hana, alias, at=scene.clock.now())
    scene.work.covering.is_back(scene.people["emil"].me.person)
    assert cases(scene, "hana") == 1, "what she has taken over stays with her"
    assert cases(scene, "emil") == 3


def test_leave_begins_and_ends_on_its_days(scene: Scene) -> None:
    scene.filed("open", topic=Topic.FRAUD, may_release=True)
    for name in ("farah", "gul"):
        goes(scene, name, starts=1, days=0)
    seen: list[int] = []
    for _day in range(3):
        seen.append(cases(scene, "hana"))
        scene.clock.goes_on(days=1)
    assert seen == [0, 1, 0]
    assert scene.work.covering.of(scene.people["farah"].me.person) is None


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        ("", "2026-03-09", "starts"),
        ("2026-03-09", "soon", "ends"),
        ("2026-03-09", "2026-03-08", "ends"),
        ("2026-01-01", "2026-01-02", "ends"),
        ("2026-03-09", "2027-03-09", "ends"),
    ],
)
def test_days_that_are_none_are_told_beside_the_field(scene: Scene, starts: str, ends: str, field: str) -> None:
    browser = scene.sign_in("cleo")
    browser.get(AT)
    page = send(browser, "away", AT, starts=starts, ends=ends, cover="")
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text


def test_nobody_covers_who_is_away_or_sits_elsewhere(scene: Scene) -> None:
    goes(scene, "dara")
    with pytest.raises(Invalid):
        goes(scene, "cleo", "dara")
    names = {one.name for one in scene.work.covering.colleagues(scene.people["cleo"].me.person)}
    assert names == {"Dara", "Emil"}
    browser = scene.sign_in("cleo")
    browser.get(AT)
    gul = str(scene.people["gul"].me.person)
    first = today(scene).isoformat()
    assert send(browser, "away", AT, starts=first, ends=first, cover=gul).status_code == 422
    assert scene.browser().get(AT).status_code == 303


def test_who_goes_is_told_what_the_cover_cannot_read(scene: Scene) -> None:
    scene.filed(excluded=Excluded(organisation="Bridge Network"))
    cleo, dara = scene.people["cleo"], scene.people["dara"]
    alias = scene.work.casework.work_list(cleo.me, at=scene.clock.now())[0].alias
    today = scene.clock.now().date()
    away = Away(today, today + timedelta(days=3), dara.me.person)
    done = scene.work.covering.goes(cleo.me, away, why="leave", at=scene.clock.now())
    assert (done.nobody, done.not_cover) == ([], [alias]), "Emil reads it, and Dara must not"
