"""The door's forms: nothing is lost, nothing is sent twice, and a wrong number looks like one that is over."""

import re

import pytest
from httpx2 import Response

from server.crypto.sealed import receipts
from server.crypto.sealed.certificates import Revocation
from server.errors import Invalid, Refused
from server.private.consents import Consent
from server.private.conversation import NO_OFFICE_YET
from server.private.desks import Topic
from server.private.facts import State, Support
from server.private.routing import Excluded
from tests.private.rooms import RoomBrowser
from tests.private.scene import Scene, hidden, send, shown_receipt, words

TEXT = "He takes fifty for each card."


def carried(page: Response) -> dict[str, str]:
    """What a page sends on unseen."""
    return {name: value for name, value in hidden(page).items() if name not in ("lang", "form_token")}


def ready_to_send(browser: RoomBrowser, **more: str) -> dict[str, str]:
    page = send(browser, "write", topic="sea")
    typed = {**carried(page), "text": TEXT, "who": "", "exclude": "nobody", **more}
    return carried(send(browser, "check", **typed))


def cases(scene: Scene, name: str = "cleo") -> int:
    return len(scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now()))


def test_the_same_form_twice_is_one_case_with_one_number_also_after_the_room_was_killed(scene: Scene) -> None:
    browser = scene.browser()
    form = ready_to_send(browser)
    assert send(browser, "send", **form, release="yes").status_code == 303
    first = shown_receipt(browser.get("/help"))
    scene.close()
    scene.house = scene.opened()
    again = scene.browser()
    assert send(again, "send", **form, release="yes").status_code == 303
    assert shown_receipt(again.get("/help")) == first
    assert cases(scene) == 1


def test_words_that_were_changed_after_going_back_are_not_lost(scene: Scene) -> None:
    browser = scene.browser()
    form = ready_to_send(browser)
    send(browser, "send", **form, release="yes")
    assert send(browser, "send", **{**form, "text": "And he came again."}, release="yes").status_code == 303
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    letters = scene.work.casework.opened(cleo, alias, at=scene.clock.now()).letters
    assert [letter.body["text"] for letter in letters] == [TEXT, "And he came again."]
    assert cases(scene) == 1


@pytest.mark.parametrize(
    ("step", "change", "status"),
    [
        ("check", {"text": ""}, 422),
        ("check", {"text": "x" * 8001}, 422),
        ("check", {"text": "bell\x07"}, 422),
        ("check", {"exclude": "office"}, 422),
        ("check", {"exclude": "office", "office": "Nobody · Nowhere"}, 422),
        ("check", {"who": "the king"}, 422),
        ("check", {"exclude": "office", "role": "guard"}, 422),
        ("send", {"release": ""}, 422),
        ("send", {"filing": "made up", "release": "yes"}, 409),
        ("dance", {}, 422),
    ],
)
def test_what_cannot_be_taken_comes_back_with_every_word(
    scene: Scene, step: str, change: dict[str, str], status: int
) -> None:
    browser = scene.browser()
    form = {**ready_to_send(browser), **change}
    answer = send(browser, step, **form)
    assert answer.status_code == status, words(answer)
    assert len(answer.content) % 8192 == 0
    for word in (form["text"], form.get("role", "")):
        assert word.replace("\x07", "") == "" or word[:200] in re.sub("&#39;", "'", answer.text)
    assert cases(scene) == 0


def test_a_form_of_another_site_is_not_taken_and_its_words_come_back(scene: Scene) -> None:
    browser = scene.browser()
    form = {**ready_to_send(browser), "step": "send", "release": "yes", "lang": "en"}
    foreign = browser.post("/help", data=form, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403 and TEXT in foreign.text
    without = browser.post("/help", data=form)
    assert without.status_code == 403 and TEXT in without.text
    token = hidden(send(browser, "write", topic="sea"))["form_token"]
    assert browser.post("/help", data={**form, "form_token": token}).status_code == 303


def test_leaving_needs_nothing_and_ends_the_visit(scene: Scene) -> None:
    browser = scene.browser()
    send(browser, "send", **ready_to_send(browser), release="no")
    left = browser.post("/help", data={"step": "leave"}, headers={"sec-fetch-site": "cross-site"})
    assert left.status_code == 303
    assert "cookies" in left.headers["clear-site-data"]
    assert "receipt" not in browser.get("/help").text.partition("<main")[2].partition("<form")[0]


def test_over_an_open_line_nothing_can_be_written(scene: Scene) -> None:
    browser = scene.browser()
    plain = {"x-room-scheme": "http", "host": "talk.example"}
    page = browser.get("/help", headers=plain)
    assert "others could read along" in words(page)
    assert "<textarea" not in page.text
    answer = browser.post(
        "/help", data={"step": "check", "text": TEXT}, headers={**plain, "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 403
    assert browser.get("/desk/sign-in", headers=plain).text.count("<form") == 1, "only leaving"


def _returned(scene: Scene, number: str) -> Response:
    return send(scene.browser(), "return", receipt=number)


def test_a_wrong_a_closed_and_an_erased_number_look_the_same(scene: Scene) -> None:
    over, reporter = scene.filed("first")
    erased, _ = scene.filed("second")
    cleo = scene.people["cleo"].me
    aliases = {line.alias for line in scene.work.casework.work_list(cleo, at=scene.clock.now())}
    for alias in aliases:
        case = scene.work.casework.opened(cleo, alias, at=scene.clock.now()).case.id
        if scene.work.conversations.find(reporter, at=scene.clock.now()) != case:
            scene.work.erasing.erase(case)
        else:
            scene.work.casework.support(cleo, alias, Support.OFFERED, "", at=scene.clock.now())
            for state in (State.ACKNOWLEDGED, State.FEEDBACK_GIVEN, State.CLOSED):
                scene.work.casework.move(cleo, alias, state, "", at=scene.clock.now())
    assert _returned(scene, over).status_code == 303
    scene.clock.goes_on(days=91)
    pages = [_returned(scene, number) for number in (over, erased, receipts.receipt_for(bytes(32), bytes(32)))]
    strip = [re.sub(r'name="form_token" value="[^"]*"|value="[\d-]*"', "", page.text) for page in pages]
    assert {page.status_code for page in pages} == {404}
    assert len(set(strip)) == 1
    assert {tuple(page.headers.get_list("set-cookie")) for page in pages} == {()}


def test_a_number_in_the_text_is_refused(scene: Scene) -> None:
    receipt, reporter = scene.filed()
    with pytest.raises(Invalid):
        scene.work.conversations.add(
            reporter, f"my number {receipts.grouped(receipt)}", at=scene.clock.now(), receipt=receipt
        )


def test_a_change_of_mind_counts_after_three_days_and_can_be_undone(scene: Scene) -> None:
    _, reporter = scene.filed()
    talk = scene.work.conversations
    talk.say(reporter, Consent.SERVICES, True, at=scene.clock.now())
    said = talk.shown(reporter, at=scene.clock.now()).consents[Consent.SERVICES]
    assert (said.value, said.coming) in ((False, True), (None, True))
    scene.clock.goes_on(days=4)
    assert talk.shown(reporter, at=scene.clock.now()).consents[Consent.SERVICES].value is True
    talk.withdraw(reporter, at=scene.clock.now())
    assert talk.shown(reporter, at=scene.clock.now()).case.facts.state is State.RECEIVED
    talk.keep_going(reporter, at=scene.clock.now())
    scene.clock.goes_on(days=4)
    assert talk.shown(reporter, at=scene.clock.now()).case.facts.state is State.RECEIVED
    talk.withdraw(reporter, at=scene.clock.now())
    scene.clock.goes_on(days=4)
    assert talk.shown(reporter, at=scene.clock.now()).case.facts.state is State.WITHDRAWN


def test_the_office_outside_reads_only_when_nobody_answered_and_the_reporter_had_said_yes(scene: Scene) -> None:
    scene.filed("open", may_release=True)
    scene.filed("shut", may_release=False)
    assert cases(scene, "hana") == 0
    scene.clock.goes_on(days=3)
    assert cases(scene, "hana") == 1
    hana = scene.people["hana"].me
    alias = scene.work.casework.work_list(hana, at=scene.clock.now())[0].alias
    scene.work.succession.take_over(hana, alias, at=scene.clock.now())
    found = scene.work.casework.opened(hana, alias, at=scene.clock.now())
    assert found.letters[0].body["text"] == "open"
    assert found.case.facts.release_key == b"", "used once, then gone"
    assert cases(scene, "cleo") == 2


def test_a_yes_to_an_office_outside_is_kept_until_there_is_one(scene: Scene) -> None:
    hana = scene.people["hana"]
    scene.work.roster.revoke(scene.signed(Revocation(hana.paper.serial, scene.clock.now().date()), officers=1))
    _, reporter = scene.filed("open", may_release=True)
    scene.filed("shut", may_release=False)
    with pytest.raises(Refused) as refused:
        scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    assert refused.value.sentence is NO_OFFICE_YET
    june, cleo = scene.focal_point("june", "independent", "Second Office"), scene.people["cleo"].me
    scene.clock.goes_on(days=3)
    assert cases(scene, "june") == 0, "no key of hers lies anywhere yet"
    for line in scene.work.casework.work_list(cleo, at=scene.clock.now()):
        scene.work.succession.take_over(cleo, line.alias, at=scene.clock.now())
    assert cases(scene, "june") == 1
    alias = scene.work.casework.work_list(june.me, at=scene.clock.now())[0].alias
    scene.work.succession.take_over(june.me, alias, at=scene.clock.now())
    found = scene.work.casework.opened(june.me, alias, at=scene.clock.now())
    assert (found.letters[0].body["text"], found.case.facts.release_key) == ("open", b"")
    scene.work.succession.take_over(cleo, alias, at=scene.clock.now())
    assert scene.work.casework.opened(cleo, alias, at=scene.clock.now()).case.facts.release_key == b"", "it counts once"


def test_whoever_leaves_from_outside_gets_no_locked_key_back_with_the_next_keys(scene: Scene) -> None:
    june = scene.focal_point("june", "independent", "Second Office")
    scene.filed("open", may_release=True)
    scene.clock.goes_on(days=3)
    hana, cleo = scene.people["hana"].me, scene.people["cleo"].me
    alias = scene.work.casework.work_list(hana, at=scene.clock.now())[0].alias
    scene.work.succession.take_over(hana, alias, at=scene.clock.now())
    scene.work.succession.recuse(hana, alias, at=scene.clock.now())
    scene.work.succession.recuse(cleo, alias, at=scene.clock.now())
    assert (cases(scene, "hana"), cases(scene, "june"), cases(scene, "cleo")) == (0, 1, 0)
    found = scene.work.casework.opened(june.me, alias, at=scene.clock.now())
    assert scene.work.succession.readers_of(found).isdisjoint({hana.person, cleo.person})


def test_asking_the_office_outside_works_at_once(scene: Scene) -> None:
    _, reporter = scene.filed("open", may_release=True)
    scene.work.conversations.ask_outside(reporter, at=scene.clock.now())
    assert cases(scene, "hana") == 1
    _, closed = scene.filed("shut", may_release=False)
    with pytest.raises(Refused):
        scene.work.conversations.ask_outside(closed, at=scene.clock.now())


def test_whoever_leaves_a_case_sees_it_no_more_and_the_others_go_on(scene: Scene) -> None:
    _, reporter = scene.filed("first")
    cleo, dara = scene.people["cleo"].me, scene.people["dara"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    scene.work.succession.recuse(cleo, alias, at=scene.clock.now())
    scene.work.conversations.add(reporter, "second", at=scene.clock.now())
    assert cases(scene, "cleo") == 0
    texts = [
        letter.body.get("text") for letter in scene.work.casework.opened(dara, alias, at=scene.clock.now()).letters
    ]
    assert texts == ["first", None, "second"]
    found = scene.work.casework.opened(dara, alias, at=scene.clock.now())
    assert cleo.person not in {one.person for one in scene.work.succession.could_read(found)}
    with pytest.raises(Refused):
        scene.work.succession.hand_over(dara, alias, cleo.person, "she is back", at=scene.clock.now())
    assert cases(scene, "cleo") == 0


def test_an_interpreter_reads_only_with_a_yes_and_only_when_nobody_knows_the_language(scene: Scene) -> None:
    scene.focal_point("taras", "sea", "Bridge Network", roles=("interpreter",), languages=("uk",))
    scene.filed("a", language="uk", consents={"interpreter": True})
    scene.filed("b", language="uk", consents={"interpreter": False})
    scene.filed("c", language="ar", consents={"interpreter": True})
    assert cases(scene, "taras") == 1
    assert cases(scene, "cleo") == 3


def test_nothing_goes_to_nobody(scene: Scene) -> None:
    with pytest.raises(Refused):
        scene.filed("x", topic=Topic.ABUSE, excluded=Excluded(organisation="Ombuds Office"))
    assert scene.work.vault.shred.keys() == {}


def test_help_is_offered_before_a_case_can_be_closed(scene: Scene) -> None:
    scene.filed()
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    for state in (State.ACKNOWLEDGED, State.FEEDBACK_GIVEN):
        scene.work.casework.move(cleo, alias, state, "", at=scene.clock.now())
    with pytest.raises(Refused):
        scene.work.casework.move(cleo, alias, State.CLOSED, "", at=scene.clock.now())
    with pytest.raises(Refused):
        scene.work.casework.move(cleo, alias, State.TRIAGE, "", at=scene.clock.now())


def test_a_revoked_reader_gets_no_new_case(scene: Scene) -> None:
    cleo = scene.people["cleo"]
    scene.work.roster.revoke(scene.signed(Revocation(cleo.paper.serial, scene.clock.now().date()), officers=1))
    scene.filed()
    assert cases(scene, "cleo") == 0
    assert cases(scene, "dara") == 1


def test_one_signature_makes_no_reader(scene: Scene) -> None:
    with pytest.raises(Refused):
        scene.work.roster.admit(scene.signed(scene.people["cleo"].paper, officers=1))


def test_a_code_works_once_and_a_wrong_one_says_no_more_than_a_wrong_name(scene: Scene) -> None:
    import pyotp

    dara = scene.people["dara"]
    code = pyotp.TOTP(dara.totp).at(scene.clock.now())
    fine = {"login": "dara", "passphrase": "green lamp on the seventh roof", "code": code}
    assert send(scene.browser(), "sign_in", "/desk/sign-in", **fine).status_code == 303
    twice = send(scene.browser(), "sign_in", "/desk/sign-in", **fine)
    unknown = send(scene.browser(), "sign_in", "/desk/sign-in", **{**fine, "login": "nobody"})
    assert twice.status_code == unknown.status_code == 409
    assert words(twice).replace("dara", "") == words(unknown).replace("nobody", "")


def test_the_number_is_shown_for_a_quarter_of_an_hour_only(scene: Scene) -> None:
    browser = scene.browser()
    send(browser, "send", **ready_to_send(browser), release="no")
    shown_receipt(browser.get("/help"))
    scene.clock.goes_on(minutes=16)
    assert 'id="receipt"' not in browser.get("/help").text


def test_whoever_has_one_barred_paper_reads_with_no_other(scene: Scene) -> None:
    from dataclasses import replace
    from uuid import uuid4

    cleo = scene.people["cleo"]
    scene.work.roster.admit(scene.signed(replace(cleo.paper, serial=uuid4(), organisation="Another Office")))
    scene.filed("about her colleagues", excluded=Excluded(organisation="Harbour Refugee Support"))
    assert cases(scene, "cleo") == 0
    assert cases(scene, "dara") == 1


def test_a_stranger_who_tries_a_name_locks_nobody_out(scene: Scene) -> None:
    wrong = {"login": "dara", "passphrase": "not these words at all", "code": "000000"}
    stranger = scene.browser()
    for _ in range(12):
        answer = stranger.post(
            "/desk/sign-in",
            data={"step": "sign_in", **wrong},
            headers={"sec-fetch-site": "same-origin", "x-room-bucket": "elsewhere"},
        )
    assert answer.status_code == 429
    scene.sign_in("dara")


def test_new_choices_after_going_back_are_a_case_of_their_own(scene: Scene) -> None:
    """Whoever is barred now must not be told more, only because they read the first one."""
    browser = scene.browser()
    form = ready_to_send(browser)
    send(browser, "send", **form, release="yes")
    first = shown_receipt(browser.get("/help"))
    office = {"exclude": "office", "office": "Harbour Refugee Support · Lakeview", "text": "He is one of them."}
    assert send(browser, "send", **{**form, **office}, release="yes").status_code == 303
    assert shown_receipt(browser.get("/help")) != first
    assert (cases(scene, "cleo"), cases(scene, "dara")) == (1, 2)


def test_a_form_of_one_visit_does_nothing_in_another(scene: Scene) -> None:
    one, reporter = scene.filed("one")
    other, _ = scene.filed("other")
    browser = scene.browser()
    send(browser, "return", receipt=one)
    browser.get("/help")
    old = browser.token
    send(browser, "return", receipt=other)
    browser.get("/help")
    answer = send(browser, "add", text="for the first one", form_token=old)
    assert answer.status_code == 403
    assert "for the first one" in answer.text
    assert reporter


def test_an_office_that_was_chosen_is_left_out_whatever_the_question_above_says(scene: Scene) -> None:
    browser = scene.browser()
    form = ready_to_send(browser, office="Harbour Refugee Support · Lakeview")
    send(browser, "send", **form, release="no")
    assert cases(scene, "cleo") == 0
    assert cases(scene, "dara") == 1


def test_a_whole_organisation_can_be_left_out_wherever_its_people_sit(scene: Scene) -> None:
    scene.focal_point("olya", "sea", "Harbour Refugee Support", site="Riverside")
    browser = scene.browser()
    page = send(browser, "write", topic="sea")
    assert "Harbour Refugee Support, everywhere" in words(page)
    form = ready_to_send(browser, exclude="office", office="Harbour Refugee Support")
    send(browser, "send", **form, release="no")
    assert [cases(scene, name) for name in ("cleo", "olya", "dara")] == [0, 0, 1]


def test_a_kind_of_worker_is_chosen_from_those_who_read(scene: Scene) -> None:
    scene.focal_point("olya", "sea", "Bridge Network", roles=("Manager", "interpreter"))
    scene.focal_point("pavel", "sea", "Bridge Network", roles=("intake",))
    browser = scene.browser()
    page = send(browser, "write", topic="sea")
    found = re.findall(r'<option value="([^"]*)"', page.text.partition('id="role"')[2].partition("</select>")[0])
    assert found == ["", "Manager", "caseworker"]
    form = ready_to_send(browser, exclude="office", role="Manager")
    send(browser, "send", **form, release="no")
    assert [cases(scene, name) for name in ("olya", "dara")] == [0, 1]


@pytest.mark.parametrize("role", ["Interpreter", " INTERPRETER", "intake", "Intake"])
def test_a_role_counts_however_it_is_spelt(scene: Scene, role: str) -> None:
    scene.focal_point("olya", "sea", "Bridge Network", roles=(role,))
    scene.filed()
    assert cases(scene, "olya") == 0
    alias = scene.work.casework.work_list(scene.people["cleo"].me, at=scene.clock.now())[0].alias
    found = scene.work.casework.opened(scene.people["cleo"].me, alias, at=scene.clock.now())
    assert scene.people["olya"].me.person not in {one.person for one in scene.work.succession.could_read(found)}


def test_a_paper_asks_for_languages_that_there_are(scene: Scene) -> None:
    browser = scene.sign_in("cleo")
    browser.get("/desk/paper")
    wanted = {"name": "Amal", "desk": "sea", "organisation": "Bridge", "languages": "en, arabic"}
    refused = send(browser, "ask_for_paper", "/desk/paper", **wanted)
    assert refused.status_code == 422 and "“arabic” is no code" in words(refused)
    made = send(browser, "ask_for_paper", "/desk/paper", **{**wanted, "languages": "EN, ar"})
    assert made.status_code == 200 and '["en","ar"]' in words(made)


def test_going_back_to_the_first_question_keeps_every_word(scene: Scene) -> None:
    browser = scene.browser()
    back = send(browser, "tell", topic="sea", text=TEXT, exclude="nobody")
    again = send(browser, "write", **{**carried(back), "topic": "fraud"})
    assert TEXT in again.text


def test_a_step_of_the_desk_does_not_undo_a_taking_back(scene: Scene) -> None:
    _, reporter = scene.filed()
    scene.work.conversations.withdraw(reporter, at=scene.clock.now())
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    scene.work.casework.move(cleo, alias, State.ACKNOWLEDGED, "", at=scene.clock.now())
    scene.clock.goes_on(days=4)
    shown = scene.work.conversations.shown(reporter, at=scene.clock.now())
    assert shown.case.facts.state is State.WITHDRAWN


WANTED = {"name": "Amal", "desk": "sea", "organisation": "Bridge", "languages": "en"}


def test_the_paper_for_the_officers_is_a_file_of_plain_text_and_nobody_elses(scene: Scene) -> None:
    browser = scene.sign_in("cleo")
    browser.get("/desk/paper")
    shown = send(browser, "ask_for_paper", "/desk/paper", **WANTED)
    assert "Download the file" in words(shown)
    text = hidden(shown)["asked_for"]
    file = send(browser, "save_paper", "/desk/paper", asked_for=text)
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="paper.request"'
    assert file.text.strip() == text.strip()
    dara = scene.sign_in("dara")
    dara.get("/desk/paper")
    for other in (text, "{}", ""):
        assert send(dara, "save_paper", "/desk/paper", asked_for=other).status_code == 404


@pytest.mark.parametrize("duty", ["interpreter", "intake"])
def test_what_somebody_does_at_a_desk_is_chosen_in_words(scene: Scene, duty: str) -> None:
    browser = scene.sign_in("cleo")
    page = words(browser.get("/desk/paper"))
    assert "I only put it into another language" in page and "“interpreter”" not in page
    made = send(browser, "ask_for_paper", "/desk/paper", **WANTED, roles="nurse", duty=duty)
    assert f'"roles":["nurse","{duty}"]' in words(made)
    wrong = send(browser, "ask_for_paper", "/desk/paper", **WANTED, duty="queen")
    assert wrong.status_code == 422


def test_what_is_wrong_is_not_called_missing(scene: Scene) -> None:
    browser = scene.sign_in("cleo")
    browser.get("/desk/paper")
    refused = words(send(browser, "ask_for_paper", "/desk/paper", **{**WANTED, "languages": "arabic"}))
    assert "Please look at this once more" in refused and "missing" not in refused
