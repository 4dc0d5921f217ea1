"""A desk that demands six words more: the words of the sign-in alone open nothing."""

import re
import shutil
from pathlib import Path

import pyotp
import pytest

from server.crypto.sealed import six_words
from server.errors import BootRefused, Invalid
from server.private import desks
from server.private.people import joined_words
from tests.private.scene import WORDS, Scene, send, words

TOLD = "canary-9034-linnet"
DESK = 'code = "sea"\n'


def demanded(scene: Scene) -> None:
    """From now on the sea desk demands six words: another policy, and the room begins anew."""
    own = scene.settings.data_dir / "policies"
    shutil.copytree("policies", own)
    text = (own / "reporting.toml").read_text("utf-8")
    (own / "reporting.toml").write_text(text.replace(DESK, DESK + "second_phrase = true\n"))
    scene.close()
    scene.house = scene.opened()
    for person in scene.people.values():
        person.browser = scene.browser()


def signed_in(scene: Scene, name: str):
    person = scene.people[name]
    scene.clock.goes_on(minutes=1)
    code = pyotp.TOTP(person.totp).at(scene.clock.now())
    send(person.browser, "sign_in", "/desk/sign-in", login=name, passphrase=WORDS, code=code)
    person.browser.get("/desk/unlock")
    return person.browser


def test_six_words_are_set_at_the_first_unlock_and_needed_from_then_on(scene: Scene) -> None:
    scene.filed(TOLD)
    demanded(scene)
    cleo = signed_in(scene, "cleo")
    assert send(cleo, "unlock", "/desk/unlock", phrase=WORDS).headers["location"] == "/desk/second"
    page = cleo.get("/desk/second")
    found = re.search(r'id="six-words">([a-z ]+)<', page.text)
    assert found and len(found[1].split()) == 6
    assert cleo.get("/desk").headers["location"] == "/desk/second", "nothing opens before they are kept"
    wrong = send(cleo, "second", "/desk/second", second="bako lume sita", phrase=WORDS)
    assert wrong.status_code == 422 and found[1] in wrong.text and "bako" not in wrong.text
    assert send(cleo, "second", "/desk/second", second=found[1], phrase="other words").status_code == 422
    typed = found[1].upper().replace(" ", "  -")
    assert send(cleo, "second", "/desk/second", second=typed, phrase=WORDS).headers["location"] == "/desk"
    assert "What is told" not in words(cleo.get("/desk")) and cleo.get("/desk").status_code == 200
    assert found[1] not in cleo.get("/desk/second", follow_redirects=True).text
    again = signed_in(scene, "cleo")
    assert "six words on your paper" in words(again.get("/desk/unlock"))
    for second in ("", "bako lume sita bako lume sita"):
        assert send(again, "unlock", "/desk/unlock", phrase=WORDS, second=second).status_code == 422
    assert send(again, "unlock", "/desk/unlock", phrase=WORDS, second=found[1]).headers["location"] == "/desk"
    alias = again.get("/desk").text.partition('href="/desk/')[2].partition('"')[0]
    assert TOLD in words(again.get(f"/desk/{alias}"))


def test_a_desk_that_demands_nothing_is_as_before(scene: Scene) -> None:
    demanded(scene)
    farah = signed_in(scene, "farah")
    assert "six words" not in words(farah.get("/desk/unlock"))
    assert send(farah, "unlock", "/desk/unlock", phrase=WORDS).headers["location"] == "/desk"


def test_the_passphrase_alone_opens_no_keys_and_both_survive_a_change_of_keys(scene: Scene) -> None:
    scene.filed(TOLD)
    person, people = scene.people["cleo"].me.person, scene.work.people
    second = six_words.new()
    people.add_second(person, WORDS, second)
    with pytest.raises(Invalid):
        people.unlock(person, WORDS)
    with pytest.raises(Invalid):
        people.add_second(person, WORDS, second)
    assert people.phrase(person, WORDS, second) == joined_words(WORDS, second)
    assert people.phrase(scene.people["dara"].me.person, WORDS, second) == WORDS
    scene.clock.goes_on(days=91)
    new = scene.work.rotating.unlock(person, joined_words(WORDS, second), at=scene.clock.now())
    assert new.verify != scene.people["cleo"].me.verify
    with pytest.raises(Invalid):
        people.unlock(person, WORDS)
    assert people.unlock(person, joined_words(WORDS, second.upper())) == new
    assert len(scene.work.casework.work_list(new, at=scene.clock.now())) == 1


def test_the_policy_says_it_for_each_desk(tmp_path: Path) -> None:
    text = Path("policies/reporting.toml").read_text("utf-8")
    (tmp_path / "reporting.toml").write_text(text.replace(DESK, DESK + "second_phrase = true\n"))
    loaded = desks.load(tmp_path)
    assert [desk.code for desk in loaded.desks if desk.second_phrase] == ["sea"]
    for wrong in ('"yes"', "1"):
        (tmp_path / "reporting.toml").write_text(text.replace(DESK, DESK + f"second_phrase = {wrong}\n"))
        with pytest.raises(BootRefused, match="second_phrase"):
            desks.load(tmp_path)
