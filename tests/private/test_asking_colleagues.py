"""Whatever waits for a second person is seen by that person: on the list, at the case, for as long as it waits."""

import re

import pytest

from server.errors import Refused
from server.private.desk_files import DROPPED
from server.private.routing import INTERPRETER
from tests.private.scene import Scene, send, words
from tests.private.test_originals import WHY, asks, attachment, opens, the_alias

BADGE = "a colleague asks you"


def badge(scene: Scene, name: str) -> bool:
    """Whether somebody's list says that a colleague asks."""
    person = scene.people[name].me
    lines = scene.work.casework.work_list(person, at=scene.clock.now())
    waits = scene.work.waits.on_list(person, lines, at=scene.clock.now())
    return bool(waits)


def test_who_is_asked_to_open_an_original_sees_it_on_the_list_and_at_the_case(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    assert not badge(scene, "dara")
    asks(scene, "cleo")
    assert badge(scene, "dara") and not badge(scene, "cleo"), "nobody asks oneself"
    dara = scene.sign_in("dara")
    assert BADGE in words(dara.get("/desk"))
    page = dara.get(f"/desk/{the_alias(scene)}")
    assert f"Cleo · Asks you to open an original together: {WHY} Go to it" in words(page)
    assert 'href="#file-1"' in page.text and 'id="file-1"' in page.text
    assert BADGE not in words(scene.sign_in("cleo").get("/desk"))


def test_what_was_opened_waits_no_more_and_the_page_says_that_it_was(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    asks(scene, "cleo")
    opens(scene, "dara")
    assert not badge(scene, "emil")
    page = words(scene.sign_in("dara").get(f"/desk/{the_alias(scene)}"))
    assert "was opened together, as Cleo asked" in page and "asks to open" not in page
    assert "Fetch the original once more" in page, "a line may have broken"


@pytest.mark.parametrize(("name", "button"), [("cleo", "Take it back"), ("dara", "It is not needed")])
def test_what_was_asked_can_be_taken_back_or_is_not_needed(scene: Scene, name: str, button: str) -> None:
    scene.filed(files=[attachment()])
    asks(scene, "cleo")
    alias = the_alias(scene)
    browser = scene.sign_in(name)
    assert button in words(browser.get(f"/desk/{alias}"))
    assert send(browser, "drop_original", f"/desk/{alias}", file="1").status_code == 303
    assert "stays closed" in words(browser.get(f"/desk/{alias}"))
    with pytest.raises(Refused):
        opens(scene, "dara")
    assert not badge(scene, "dara")
    kinds = [one.body["kind"] for one in scene.work.casework.opened(
        scene.people["emil"].me, alias, at=scene.clock.now()
    ).letters]  # fmt: skip
    assert kinds[-1] == DROPPED
    asks(scene, "dara")
    assert opens(scene, "cleo"), "and it can be asked for anew"


def test_nobody_drops_what_nobody_asked_for_and_interpreters_drop_nothing(scene: Scene) -> None:
    scene.focal_point("iris", "sea", "Bridge Network", roles=(INTERPRETER,), languages=("sw",))
    scene.filed(files=[attachment()], language="sw", consents={"interpreter": True})
    with pytest.raises(Refused):
        scene.work.files.drop(scene.people["cleo"].me, the_alias(scene), 1, at=scene.clock.now())
    asks(scene, "cleo")
    with pytest.raises(Refused):
        scene.work.files.drop(scene.people["iris"].me, the_alias(scene), 1, at=scene.clock.now())


def test_who_is_asked_to_keep_a_case_longer_sees_it_for_two_weeks(scene: Scene) -> None:
    scene.filed()
    alias = the_alias(scene)
    scene.work.holding.ask(scene.people["cleo"].me, alias, 30, "A court asks.", at=scene.clock.now())
    assert badge(scene, "dara") and not badge(scene, "cleo")
    page = scene.sign_in("dara").get(f"/desk/{alias}")
    assert "Asks you to agree that this is kept longer: A court asks." in words(page)
    assert 'id="keep-longer"' in page.text
    scene.clock.goes_on(days=14)
    assert badge(scene, "dara"), "as long as somebody can agree to it"
    asked = scene.work.holding.asked(
        scene.work.casework.opened(scene.people["dara"].me, alias, at=scene.clock.now()), at=scene.clock.now()
    )
    assert asked is not None
    scene.work.holding.agree(scene.people["dara"].me, alias, str(asked.id), at=scene.clock.now(), to_reporter=False)
    assert not badge(scene, "dara") and not badge(scene, "emil")


def test_a_request_that_is_too_old_is_on_no_list(scene: Scene) -> None:
    scene.filed()
    scene.work.holding.ask(scene.people["cleo"].me, the_alias(scene), 30, "A court asks.", at=scene.clock.now())
    scene.clock.goes_on(days=15)
    assert not badge(scene, "dara")


def test_a_case_that_was_given_is_marked_until_its_new_reader_writes_in_it(scene: Scene) -> None:
    scene.filed()
    nia = scene.focal_point("nia", "sea", "Bridge Network")
    alias = the_alias(scene)
    scene.work.succession.hand_over(
        scene.people["cleo"].me, alias, nia.me.person, "You know Swahili.", at=scene.clock.now()
    )
    assert badge(scene, "nia") and not badge(scene, "dara") and not badge(scene, "cleo")
    browser = scene.sign_in("nia")
    page = words(browser.get(f"/desk/{alias}"))
    assert "Let you read this case, and asks you to look at it: You know Swahili." in page
    assert "Has let one more person read this · Cleo" in page
    scene.work.casework.note(nia.me, alias, "I look at it.", at=scene.clock.now())
    assert not badge(scene, "nia")


def test_the_last_reader_is_told_before_they_try_to_leave(scene: Scene) -> None:
    scene.filed()
    alias = the_alias(scene)
    browser = scene.sign_in("cleo")
    assert re.search(r'value="recuse"', browser.get(f"/desk/{alias}").text)
    for name in ("dara", "emil"):
        scene.work.succession.recuse(scene.people[name].me, alias, at=scene.clock.now())
    page = browser.get(f"/desk/{alias}")
    assert "you cannot leave it yet" in words(page) and 'value="recuse"' not in page.text
    refused = send(browser, "recuse", f"/desk/{alias}", text="half an answer")
    assert refused.status_code == 409 and "half an answer" in refused.text
    assert "Has left this case · Emil" in words(page)
