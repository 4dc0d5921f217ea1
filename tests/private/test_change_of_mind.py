"""A reporter changes her mind about the office outside: a yes waits three days, and a no holds at once."""

import pytest

from server.crypto.sealed.receipts import ReporterKeys
from server.errors import Refused
from server.private import records
from server.private.consents import Consent
from tests.private.scene import Scene, send, words

TOLD = "canary-8817-heron"


def looks(scene: Scene, name: str = "cleo") -> None:
    """A reader opens the case."""
    me, now = scene.people[name].me, scene.clock.now()
    alias = scene.work.casework.work_list(me, at=now)[0].alias
    scene.work.succession.take_over(me, alias, at=now)


def outside_sees(scene: Scene) -> int:
    return len(scene.work.casework.work_list(scene.people["hana"].me, at=scene.clock.now()))


def release_key(scene: Scene, reporter: ReporterKeys) -> bytes:
    with scene.work.db.reading() as tx:
        case = records.case_by_receipt(tx, scene.work.vault, reporter.lookup)
    assert case is not None
    return case.facts.release_key


def says(scene: Scene, reporter: ReporterKeys, value: bool) -> None:
    scene.work.conversations.say(reporter, Consent.OUTSIDE, value, at=scene.clock.now())


def test_a_no_to_the_office_outside_becomes_a_yes_that_waits_three_days(scene: Scene) -> None:
    _, reporter = scene.filed(TOLD)
    scene.clock.goes_on(days=40)
    assert outside_sees(scene) == 0, "it is late, and she had said no"
    says(scene, reporter, True)
    looks(scene)
    with pytest.raises(Refused, match="does not count yet"):
        scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    scene.clock.goes_on(days=2)
    assert outside_sees(scene) == 0, "somebody may have made her say it"
    scene.clock.goes_on(days=2)
    assert outside_sees(scene) == 1
    looks(scene, "hana")
    hana, now = scene.people["hana"].me, scene.clock.now()
    alias = scene.work.casework.work_list(hana, at=now)[0].alias
    assert scene.work.casework.opened(hana, alias, at=now).letters[0].body["text"] == TOLD


def test_a_yes_that_is_taken_back_within_three_days_opens_nothing(scene: Scene) -> None:
    _, reporter = scene.filed(TOLD)
    says(scene, reporter, True)
    looks(scene)
    scene.clock.goes_on(days=1)
    says(scene, reporter, False)
    looks(scene)
    scene.clock.goes_on(days=60)
    looks(scene)
    assert outside_sees(scene) == 0


def test_a_no_to_the_office_outside_holds_at_once_and_can_be_taken_back(scene: Scene) -> None:
    _, reporter = scene.filed(TOLD, may_release=True)
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    assert outside_sees(scene) == 1
    says(scene, reporter, False)
    assert outside_sees(scene) == 0
    assert release_key(scene, reporter) == b"", "what could open it is gone, not only locked away"
    looks(scene)
    scene.clock.goes_on(days=1)
    assert outside_sees(scene) == 0
    says(scene, reporter, True)
    looks(scene)
    assert outside_sees(scene) == 0, "what she asked for before she said no counts no more"
    scene.clock.goes_on(days=60)
    assert outside_sees(scene) == 1
    looks(scene, "hana")
    says(scene, reporter, False)
    assert outside_sees(scene) == 1, "who has read it cannot forget it, and the page offers no such no"


def test_the_page_offers_the_change_and_says_what_a_yes_waits_for(scene: Scene) -> None:
    receipt, _ = scene.filed(TOLD)
    amal = scene.browser()
    amal.get("/help")
    send(amal, "return", receipt=receipt)
    page = words(amal.get("/help"))
    assert "Let an office outside read it, if nobody answers in time: no" in page
    assert send(amal, "consent-outside-yes").status_code == 303
    page = words(amal.get("/help"))
    assert "It counts after 3 days" in page and "once somebody here has opened your message again" in page
    looks(scene)
    assert "once somebody here has opened" not in words(amal.get("/help"))
    scene.clock.goes_on(days=4)
    assert "let the office outside read it" in words(amal.get("/help")), "who waits can ask for it"
    send(amal, "nobody_sure")
    looks(scene, "hana")
    assert "Let an office outside read it" not in words(amal.get("/help"))
    assert "Let an office outside read it, if nobody answers in time: yes" in words(
        scene.sign_in("hana").get(
            f"/desk/{scene.work.casework.work_list(scene.people['hana'].me, at=scene.clock.now())[0].alias}"
        )
    )
