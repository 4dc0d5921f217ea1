"""A case goes to another organisation: with a yes only, to a certified key only, and the reporter is told."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from httpx2 import Response
from sqlalchemy import insert
from typer.testing import CliRunner

from server.cli import app as commands
from server.crypto.sealed import boxes, certificates, officers, successors, transfers
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Agency, Certificate, Revocation, Trust
from server.crypto.sealed.officers import OfficerKeys
from server.crypto.sealed.signatures import verify_of
from server.crypto.sealed.successors import Successor
from server.crypto.sealed.transfers import Item, Replaced
from server.errors import BootRefused, NotFound, Refused
from server.private import models
from server.private.consents import Consent
from server.private.facts import State
from server.private.files import Attachment, digest_of
from server.private.routing import Excluded
from server.private.transferring import passable
from server.private.work import OFFICERS
from tests.private.rooms import RoomBrowser
from tests.private.scene import WORDS, Scene, send, words

TOLD = "canary-3109-osprey"
FORM = {"content-type": "application/x-www-form-urlencoded"}
AGENCY_KEYS = OfficerKeys(bytes([7]) * 32, bytes([8]) * 32)


def agency_paper(scene: Scene, **more: object) -> Agency:
    today = scene.clock.now().date()
    paper = Agency(
        serial=uuid4(),
        name="safeline",
        public=AGENCY_KEYS.public,
        verify=AGENCY_KEYS.verify,
        organisation="Safe Line",
        site="",
        ties=(),
        starts=today,
        ends=today + timedelta(days=90),
    )
    return replace(paper, **more)


def certified(scene: Scene, **more: object) -> Agency:
    return scene.work.roster.admit_agency(scene.signed(agency_paper(scene, **more)))


def the_case(scene: Scene) -> tuple[str, list[UUID]]:
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias = scene.work.casework.work_list(cleo, at=now)[0].alias
    return alias, [letter.id for letter in passable(scene.work.casework.opened(cleo, alias, at=now).letters)]


def opened(scene: Scene, raw: bytes, agency: Agency) -> tuple[Certificate, transfers.Statement, list[Item]]:
    trust = Trust.load(scene.settings.private_dir / OFFICERS)
    return transfers.opened(raw, AGENCY_KEYS.box_secret, to=agency, trust=trust)


def test_a_case_is_passed_on_opened_there_and_told_to_the_reporter(scene: Scene) -> None:
    agency = certified(scene)
    receipt, reporter = scene.filed(TOLD, consents={"agency": True})
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias, chosen = the_case(scene)
    scene.work.casework.note(cleo, alias, "internal-note-5512", at=now)
    scene.work.casework.move(cleo, alias, State.ACKNOWLEDGED, "", at=now)
    scene.work.casework.move(cleo, alias, State.TRIAGE, "", at=now)
    scene.work.transferring.pass_on(cleo, alias, agency.serial, chosen, "They will call nobody.", at=now)
    raw = scene.work.transferring.file(cleo, alias, agency.serial, at=now)
    assert TOLD.encode() not in raw
    sender, statement, [item] = opened(scene, raw, agency)
    assert (sender.name, statement.agency, statement.said_yes_to) == ("Cleo", agency.serial, ("agency",))
    assert TOLD in item.content.decode() and "internal-note" not in item.content.decode()
    assert json.loads(item.content)[0]["from"] == "reporter"
    assert "readers" not in item.content.decode() and receipt not in item.content.decode()
    found = scene.work.casework.opened(cleo, alias, at=now)
    assert found.case.facts.state is State.REFERRED
    answers = scene.work.conversations.shown(reporter, at=now).answers
    assert [(one.kind, one.text, one.values["name"]) for one in answers if one.kind == "transferred"] == [
        ("transferred", "They will call nobody.", "safeline")
    ]
    scene.work.conversations.add(reporter, "Thank you.", at=now)  # the number is as good as before
    assert scene.work.trail.check().wrong == ()


def test_safe_copies_go_along_with_the_chosen_messages_and_originals_never(scene: Scene) -> None:
    agency = certified(scene)
    kept = Attachment("card.jpg", "image/jpeg", bytearray(b"safe" * 9), digest_of(b"x"), bytearray(b"whole" * 9), "png")
    _, reporter = scene.filed(TOLD, consents={"agency": True}, files=[kept])
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias, chosen = the_case(scene)
    later = Attachment("two.jpg", "image/jpeg", bytearray(b"later"), digest_of(b"y"), None, "png")
    scene.work.conversations.add(reporter, "And this.", at=now, attachments=[later])
    scene.work.transferring.pass_on(cleo, alias, agency.serial, chosen, "", at=now)
    raw = scene.work.transferring.file(cleo, alias, agency.serial, at=now)
    _, statement, items = opened(scene, raw, agency)
    assert [(item.name, item.content) for item in items[1:]] == [("file-1.jpg", b"safe" * 9)]
    assert [name for name, _, _ in statement.items] == ["conversation.json", "file-1.jpg"]
    assert b"holders" not in items[0].content and b"originals" not in items[0].content


def test_pages_pass_a_case_on_and_the_reporter_reads_of_it(scene: Scene) -> None:
    agency = certified(scene)
    receipt, _ = scene.filed(TOLD, consents={"agency": True})
    alias, chosen = the_case(scene)
    cleo: RoomBrowser = scene.sign_in("cleo")
    page = cleo.get(f"/desk/{alias}")
    assert "Pass it on" in words(page)
    refused = send(cleo, "pass_on", f"/desk/{alias}", agency=str(agency.serial), pass_reason="They help.")
    assert refused.status_code == 422 and "at least one" in words(refused)
    done = send(
        cleo, "pass_on", f"/desk/{alias}", agency=str(agency.serial), letter=str(chosen[0]), pass_reason="They help."
    )
    assert done.status_code == 303, words(done)
    assert "Fetch the sealed file for safeline" in words(cleo.get(f"/desk/{alias}"))
    file = send(cleo, "passed_file", f"/desk/{alias}", agency=str(agency.serial))
    assert file.headers["content-disposition"] == 'attachment; filename="sealed.transfer"'
    assert file.headers["cache-control"] == "no-store"
    assert TOLD in opened(scene, file.content, agency)[2][0].content.decode()
    amal = scene.browser()
    amal.get("/help")
    send(amal, "return", receipt=receipt)
    assert "Passed on, as you agreed, to: safeline They help." in words(amal.get("/help"))


def test_without_a_yes_in_force_nothing_is_passed_on(scene: Scene) -> None:
    agency = certified(scene)
    _, reporter = scene.filed(TOLD)
    cleo = scene.people["cleo"].me
    alias, chosen = the_case(scene)

    def tried() -> bytes:
        now = scene.clock.now()
        scene.work.transferring.pass_on(cleo, alias, agency.serial, chosen, "Why", at=now)
        return scene.work.transferring.file(cleo, alias, agency.serial, at=now)

    with pytest.raises(Refused, match="not said yes"):
        tried()
    scene.work.conversations.say(reporter, Consent.AGENCY, True, at=scene.clock.now())
    with pytest.raises(Refused, match="not said yes"):
        tried()  # it counts after three days
    scene.clock.goes_on(days=4)
    assert tried()
    scene.work.conversations.say(reporter, Consent.AGENCY, False, at=scene.clock.now())
    scene.clock.goes_on(days=4)
    with pytest.raises(Refused, match="not said yes"):
        scene.work.transferring.file(cleo, alias, agency.serial, at=scene.clock.now())


def test_an_organisation_that_the_reporter_barred_or_that_is_tied_gets_nothing(scene: Scene) -> None:
    barred, tied = certified(scene), certified(scene, organisation="Friends", ties=("Safe Line",), name="friends")
    inside = certified(scene, organisation="Bridge Network", name="bridge")
    fine = certified(scene, organisation="Other", name="other")
    scene.filed(TOLD, consents={"agency": True}, excluded=Excluded(organisation="safe  line"))
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias, chosen = the_case(scene)
    found = scene.work.casework.opened(cleo, alias, at=now)
    assert {one.name for one in scene.work.transferring.possible(found)} == {"bridge", "other"}
    for agency in (barred, tied):
        with pytest.raises(Refused, match="cannot be given"):
            scene.work.transferring.pass_on(cleo, alias, agency.serial, chosen, "Why", at=now)
    with pytest.raises(NotFound):
        scene.work.transferring.file(cleo, alias, fine.serial, at=now)
    scene.filed(TOLD, consents={"agency": True}, excluded=Excluded(only_independent=True))
    hana = scene.people["hana"].me
    [line] = scene.work.casework.work_list(hana, at=now)
    outside = scene.work.casework.opened(hana, line.alias, at=now)
    assert inside.name not in {one.name for one in scene.work.transferring.possible(outside)}


def test_nobody_without_two_officers_makes_an_organisation(scene: Scene) -> None:
    one = scene.signed(agency_paper(scene), officers=1)
    with pytest.raises(Refused):
        scene.work.roster.admit_agency(one)
    as_reader = scene.signed(scene.people["cleo"].paper)
    with pytest.raises(Refused):
        scene.work.roster.admit_agency(as_reader)
    with pytest.raises(Refused):
        scene.work.roster.admit(scene.signed(agency_paper(scene)))  # and an organisation is no reader
    name = uuid4()  # somebody with PEPPER and the database writes it in
    box = scene.work.vault.lock_paper(f"2026-03-04\n{one}".encode(), about=b"paper" + name.bytes)
    with scene.work.db.transaction() as tx:
        tx.run(insert(models.Paper), {"id": name, "box": box})
    again = scene.opened()
    assert again.room.work.roster.agencies() == []
    again.room.db.close()
    again.room.work.close()
    again.room.pool.close()
    again.room.threads.close()
    fine = certified(scene)
    assert [one.serial for one in scene.work.roster.agencies()] == [fine.serial]
    people = {one.person for one in scene.work.roster.people()}
    assert len(people) == len(scene.people)
    scene.work.roster.revoke(scene.signed(Revocation(fine.serial, scene.clock.now().date()), officers=1))
    assert scene.work.roster.agencies() == []


def test_a_changed_file_or_another_key_opens_nothing(scene: Scene) -> None:
    agency, other = certified(scene), certified(scene)
    scene.filed(TOLD, consents={"agency": True})
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias, chosen = the_case(scene)
    scene.work.transferring.pass_on(cleo, alias, agency.serial, chosen, "Why", at=now)
    raw = scene.work.transferring.file(cleo, alias, agency.serial, at=now)
    trust = Trust.load(scene.settings.private_dir / OFFICERS)
    body = raw.index(b"\n") + 1
    for changed in (
        raw[:-1],
        raw[:body],
        b"{}\n" + raw[body:],
        raw[: body + 50] + bytes([raw[body + 50] ^ 1]) + raw[body + 51 :],
    ):
        with pytest.raises(Damaged):
            opened(scene, changed, agency)
    with pytest.raises(Damaged):
        transfers.opened(raw, bytes([1]) * 32, to=agency, trust=trust)
    with pytest.raises(Damaged):
        opened(scene, raw, other)
    with pytest.raises(Damaged):
        transfers.opened(raw, AGENCY_KEYS.box_secret, to=agency, trust=Trust())


def test_a_statement_that_says_something_else_is_refused(scene: Scene) -> None:
    agency, cleo = certified(scene), scene.people["cleo"].me
    items = [Item("a", b"one"), Item("b", b"two")]

    def made(about: list[Item], **more: object) -> bytes:
        values = {
            "id": uuid4(),
            "day": scene.clock.now().date(),
            "agency": agency.serial,
            "sender": scene.work.roster.paper_of(cleo.verify),
            "said_yes_to": ("agency",),
            **more,
        }
        statement = transfers.of(about, **values)
        return b"".join(transfers.written(statement, items, seed=cleo.signing_seed, to=agency))

    assert [item.content for item in opened(scene, made(items), agency)[2]] == [b"one", b"two"]
    for about in ([Item("a", b"one"), Item("b", b"other")], [Item("a", b"one"), Item("b", b"tw")]):
        with pytest.raises(Damaged):
            opened(scene, made(about), agency)
    with pytest.raises(Damaged):
        made([Item("a", b"one")])
    with pytest.raises(Damaged):
        made(items, agency=uuid4())
    made_by = scene.work.roster.paper_of(cleo.verify)
    dara = scene.work.roster.paper_of(scene.people["dara"].me.verify)
    for sender in (dara, (), ("",), (*made_by, "{}")):
        with pytest.raises(Damaged):
            opened(scene, made(items, sender=sender), agency)


def test_keys_that_the_receiver_knows_to_be_replaced_pass_nothing_on_any_more(scene: Scene) -> None:
    agency, old = certified(scene), scene.people["cleo"].me
    items, papers = [Item("a", b"one")], scene.work.roster.paper_of(old.verify)

    def made(seed: bytes, sender: tuple[str, ...]) -> bytes:
        day = scene.clock.now().date()
        statement = transfers.of(items, id=uuid4(), day=day, agency=agency.serial, sender=sender, said_yes_to=())
        return b"".join(transfers.written(statement, items, seed=seed, to=agency))

    def received(raw: bytes, known: list[Successor]) -> list[Successor]:
        trust = Trust.load(scene.settings.private_dir / OFFICERS)
        found = transfers.opened(raw, AGENCY_KEYS.box_secret, to=agency, trust=trust, known=known)
        return transfers.told(found[1])

    def followed(secret: bytes, seed: bytes) -> str:
        step = Successor(old.person, old.verify, boxes.public_of(secret), verify_of(seed), scene.clock.now().date())
        return successors.written(step, old_seed=old.signing_seed, new_seed=seed)

    new, thief = (followed(bytes([n]) * 32, bytes([n]) * 32) for n in (11, 12))
    before = made(old.signing_seed, papers)
    assert received(before, []) == []
    known = received(made(bytes([11]) * 32, (*papers, new)), [])
    assert known == [successors.read(new)]
    assert received(made(bytes([11]) * 32, (*papers, new)), known) == known
    for stolen in (before, made(bytes([12]) * 32, (*papers, thief))):
        with pytest.raises(Replaced):
            received(stolen, known)
    with pytest.raises(Damaged):  # two successors at once: nobody can say whose keys are true
        received(made(old.signing_seed, (*papers, new, thief)), [])


def test_the_organisation_opens_it_on_its_own_computer(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "agency"
    place.mkdir()
    monkeypatch.chdir(place)
    (place / "words").write_text("six words taken by chance today")
    given = ("--passphrase-file", "words")

    def run(*words_: str) -> str:
        result = CliRunner().invoke(commands, list(words_))
        assert result.exception is None, f"{words_}: {result.exception}"
        return result.output

    def refusal(*words_: str) -> str:
        result = CliRunner().invoke(commands, list(words_))
        assert isinstance(result.exception, BootRefused), result.output
        return str(result.exception)

    run("received", "new", "safeline", "--organisation", "Safe Line", *given)
    assert "small letters" in refusal("received", "new", "Safe Line", "--organisation", "x", *given)
    for officer in scene.officers[:2]:
        own = OfficerKeys(officer.box_secret, officer.signing_seed)
        line = officers.key_file(own, "six words taken by chance today", memory_kib=8, passes=1)
        (place / f"{officer.name}.key").write_text(line)
        shown = run("officer", "certify", "safeline.request", "--key", f"{officer.name}.key", "--yes", *given)
        assert "An organisation that may receive" in shown and "Safe Line" in shown
    request = (place / "safeline.request").read_text()
    scene.clock.at = scene.clock.at.replace(
        year=certificates.read(request).paper.starts.year,  # type: ignore[union-attr]
        month=certificates.read(request).paper.starts.month,  # type: ignore[union-attr]
        day=certificates.read(request).paper.starts.day,  # type: ignore[union-attr]
    )
    agency = scene.work.roster.admit_agency(request)
    scene.filed(TOLD, consents={"agency": True})
    for name in ("cleo", "dara"):  # their papers of the scene have ended by the day of this computer
        old = scene.people[name]
        today = scene.clock.now().date()
        paper = replace(old.paper, serial=uuid4(), starts=today, ends=today + timedelta(days=9))
        scene.work.roster.admit(scene.signed(paper))
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    scene.filed(TOLD, consents={"agency": True})
    alias, chosen = the_case(scene)
    scene.work.transferring.pass_on(cleo, alias, agency.serial, chosen, "Why", at=now)
    (place / "it.transfer").write_bytes(scene.work.transferring.file(cleo, alias, agency.serial, at=now))
    trusted = str(scene.settings.private_dir / OFFICERS)
    words_ = ("received", "open", "it.transfer", "--key", "safeline.key", "--certificate", "safeline.request")
    told = run(*words_, "--officers", trusted, "--out", "case", *given)
    assert "Cleo" in told and "conversation.json" in told
    assert TOLD in (place / "case" / "1-conversation.json").read_text()
    assert "cannot be used" in refusal(*words_, "--officers", trusted, "--out", "case", *given)
    assert "not your certificate" in refusal(*words_, "--officers", str(place), "--out", "other", *given)
    revoked = scene.signed(Revocation(scene.work.roster.of(cleo.person)[0].serial, today), officers=1)
    for name in ("one", "two"):
        (scene.settings.private_dir / OFFICERS / f"{name}.revocation").write_text(revoked)
    paper_sent = certificates.read(scene.work.roster.paper_of(cleo.verify)[0]).paper
    refused = scene.signed(Revocation(paper_sent.serial, today), officers=1)
    (scene.settings.private_dir / OFFICERS / "two.revocation").write_text(refused)
    assert "Nothing was written" in refusal(*words_, "--officers", trusted, "--out", "other", *given)
    for name in ("one", "two"):
        (scene.settings.private_dir / OFFICERS / f"{name}.revocation").unlink()
    first = (place / "it.transfer").read_bytes()
    of_old_keys = scene.work.transferring.file(cleo, alias, agency.serial, at=now)
    newer = scene.work.rotating.unlock(cleo.person, WORDS, at=scene.clock.now())
    second = scene.work.transferring.file(newer, alias, agency.serial, at=scene.clock.now())
    (place / "it.transfer").write_bytes(second)
    run(*words_, "--officers", trusted, "--out", "second", *given)
    (place / "it.transfer").write_bytes(first)
    run(*words_, "--officers", trusted, "--out", "again", *given)
    (place / "it.transfer").write_bytes(of_old_keys)
    assert "has other keys now" in refusal(*words_, "--officers", trusted, "--out", "other", *given)
    (place / "safeline.seen").write_text("noise\n")
    assert "not as it was written" in refusal(*words_, "--officers", trusted, "--out", "other", *given)
    (place / "safeline.seen").unlink()
    (place / "it.transfer").write_bytes(b"{}")
    assert "Nothing was written" in refusal(*words_, "--officers", trusted, "--out", "other", *given)
    assert not (place / "other").exists()


def ticks(page_text: str) -> dict[str, bool]:
    """The boxes of the page: what can be passed on, and whether it is ticked."""
    found = re.findall(r'name="part" value="([^"]+)"( checked)?', page_text)
    return {name: bool(checked) for name, checked in found}


def posted(browser: RoomBrowser, at: str, agency: str, parts: list[str], reason: str) -> Response:
    form = [("step", "pass_on"), ("lang", "en"), ("form_token", browser.token), ("agency", agency)]
    form += [("part", part) for part in parts] + [("pass_reason", reason)]
    return browser.post(at, content=urlencode(form), headers={**FORM, "sec-fetch-site": "same-origin"})


def test_words_facts_and_files_are_passed_on_one_by_one(scene: Scene) -> None:
    agency = certified(scene)
    kept = [
        Attachment(f"{name}.jpg", "image/jpeg", bytearray(name.encode()), digest_of(name.encode()), None, "png")
        for name in ("card", "face")
    ]
    scene.filed(TOLD, consents={"agency": True}, files=kept, who="self", child=True)
    alias, [first] = the_case(scene)
    browser, at = scene.sign_in("cleo"), f"/desk/{alias}"
    page = browser.get(at)
    assert "The file card.jpg" in words(page) and "A message goes whole or not at all" in words(page)
    boxes = list(ticks(page.text))
    assert not any(ticks(page.text).values()), "nothing goes that nobody chose"
    facts = {"words", "topic", "language", "who", "child", "consents"}
    card = next(name for name in boxes if name.partition(":")[2] not in facts)
    chosen = [f"{first}:topic", f"{first}:child", card]
    done = posted(browser, at, str(agency.serial), chosen, "They help.")
    assert done.status_code == 303, words(done)
    raw = scene.work.transferring.file(scene.people["cleo"].me, alias, agency.serial, at=scene.clock.now())
    said, *files = opened(scene, raw, agency)[2]
    [told] = json.loads(said.content)
    assert {name: told.get(name) for name in ("topic", "child")} == {"topic": "sea", "child": True}
    assert not {"text", "who", "language", "consents"} & set(told)
    assert [item.content for item in files] == [b"card"]


def test_ticks_are_there_again_after_something_was_wrong(scene: Scene) -> None:
    agency = certified(scene)
    scene.filed(TOLD, consents={"agency": True})
    alias, [first] = the_case(scene)
    browser, at = scene.sign_in("cleo"), f"/desk/{alias}"
    browser.get(at)
    wrong = posted(browser, at, str(agency.serial), [f"{first}:words", f"{first}:topic"], "")
    assert wrong.status_code == 422
    assert {name for name, checked in ticks(wrong.text).items() if checked} == {f"{first}:words", f"{first}:topic"}
    nothing = posted(browser, at, str(agency.serial), [f"{uuid4()}:words", "nonsense"], "They help.")
    assert nothing.status_code == 422 and "They help." in nothing.text


def test_answers_go_along_only_when_they_are_ticked(scene: Scene) -> None:
    agency = certified(scene)
    scene.filed(TOLD, consents={"agency": True})
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    alias, [first] = the_case(scene)
    scene.work.casework.answer(cleo, alias, "our-answer-7741", at=now)
    scene.work.transferring.pass_on(cleo, alias, agency.serial, [first], "Why", at=now)
    raw = scene.work.transferring.file(cleo, alias, agency.serial, at=now)
    assert "our-answer" not in opened(scene, raw, agency)[2][0].content.decode()
