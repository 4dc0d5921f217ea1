"""What was sent lies nowhere in the clear, ends when it should, and no broken post breaks the room."""

import base64
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from server.private import files, records
from server.private.files import Attachment
from tests.attack import originals as pictures
from tests.attack.originals import MARK, noise, phone_jpeg, saved
from tests.private.rooms import BOUNDARY, MULTIPART, multipart
from tests.private.scene import Scene, send_in_parts, shown_receipt
from tests.private.test_files_sent import ready
from tests.private.test_forms_of_the_door import TEXT, cases

NAME = "canary-name-5512.jpg"


def places(raw: bytes) -> list[bytes]:
    """How bytes may lie in a file; of base64 all three ways in which it can begin."""
    coded = [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)]
    return [raw, raw.decode("latin-1").encode("utf-16-le"), raw.hex().encode(), *coded]


def found(folder: Path, marks: list[bytes]) -> list[str]:
    held = [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    return [name for name, content in held if any(form in content for mark in marks for form in places(mark))]


def test_nothing_of_a_file_lies_on_the_disk_in_the_clear(
    scene: Scene, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while it comes nor afterwards; the search itself finds what is there."""
    aside = tmp_path_factory.mktemp("aside")
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    photo = saved(noise(700, 500), "JPEG", quality=95, comment=MARK)
    browser = scene.browser()
    form = {**ready(browser), "originals": "keep"}
    assert send_in_parts(browser, "send", (NAME, photo), **form).status_code == 303
    shown_receipt(browser.get("/help"))
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    copy = b"".join(scene.work.files.copy(cleo, alias, 1, at=scene.clock.now()).pieces)
    assert len(copy) > 100_000
    marks = [MARK, NAME.encode(), *(raw[at : at + 24] for raw in (photo, copy) for at in range(400, len(raw), 40_000))]
    folder = scene.settings.data_dir
    assert found(folder, marks) == []
    assert list(aside.iterdir()) == []
    (folder / "control").write_bytes(places(copy[400:424])[4])
    assert found(folder, marks) == ["control"]


def attachment(content: bytes = b"x" * 300_000) -> Attachment:
    return Attachment("a.jpg", "image/jpeg", bytearray(content), files.digest_of(content), bytearray(content))


def rows(scene: Scene) -> int:
    with scene.work.db.reading() as tx:
        return sum(int(tx.look(text(f"select count(*) from {table}")).scalar() or 0) for table in ("file", "file_part"))  # type: ignore[arg-type]


def test_files_end_ninety_days_after_their_case_also_when_it_was_taken_back(scene: Scene) -> None:
    _, reporter = scene.filed(files=[attachment()])
    _, open_one = scene.filed(files=[attachment()])
    assert open_one
    all_rows = rows(scene)
    scene.work.conversations.withdraw(reporter, at=scene.clock.now())
    scene.clock.goes_on(days=4)
    scene.work.erasing.forget(at=scene.clock.now())
    scene.clock.goes_on(days=89)
    assert scene.work.erasing.forget(at=scene.clock.now()).files == 0
    scene.clock.goes_on(days=1)
    assert scene.work.erasing.forget(at=scene.clock.now()).files == 2
    assert rows(scene) == all_rows // 2, "those of the open case stay"
    cleo = scene.people["cleo"].me
    lines = scene.work.casework.work_list(cleo, at=scene.clock.now())
    ended = next(line.alias for line in lines if line.state.value == "withdrawn_by_reporter")
    opened = scene.work.casework.opened(cleo, ended, at=scene.clock.now())
    assert [one.gone for one in scene.work.files.listed(cleo, opened, at=scene.clock.now())] == [True]


def test_an_erased_case_takes_its_files_with_it(scene: Scene) -> None:
    scene.filed(files=[attachment()])
    with scene.work.db.reading() as tx:
        case = records.every_case(tx, scene.work.vault)[0].id
    scene.work.erasing.erase(case)
    assert rows(scene) == 0


def test_the_size_of_a_file_is_told_in_few_steps_and_an_original_looks_like_a_copy(scene: Scene) -> None:
    scene.filed(files=[attachment(b"x" * 296_000)])
    scene.filed(files=[attachment(b"x" * 302_000)])
    with scene.work.db.reading() as tx:
        sizes = tx.look(text("select sum(length(content)) from file_part group by file_id")).all()  # type: ignore[arg-type]
        facts = tx.look(text("select length(facts) from file")).all()  # type: ignore[arg-type]
    assert len(sizes) == 4
    assert len(set(sizes)) == 1
    assert len(set(facts)) == 1


def posted(scene: Scene, body: bytes) -> int:
    browser = scene.browser()
    headers = {**MULTIPART, "sec-fetch-site": "same-origin"}
    return browser.post("/help", content=body, headers=headers).status_code


def test_a_post_that_was_cut_is_never_filed(scene: Scene) -> None:
    browser = scene.browser()
    form = {**ready(browser), "form_token": browser.token, "lang": "en", "step": "send"}
    body = multipart(form.items(), [("files", "a.jpg", phone_jpeg())])
    for at in range(0, len(body) - len(f"--{BOUNDARY}--\r\n"), 400):
        assert posted(scene, body[:at]) == 422
    assert cases(scene) == 0
    assert posted(scene, body) == 303
    assert cases(scene) == 1


@pytest.fixture(scope="module")
def seeds() -> list[bytes]:
    return [phone_jpeg(), pictures.saved(pictures.photo(), "PDF"), pictures.telling_png()]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_of_a_post_with_files_breaks_the_room(
    scene: Scene, seeds: list[bytes], data: st.DataObject
) -> None:
    """Every answer is one of ours: filed, or refused in words; a fault would be a 500."""
    browser = scene.browser()
    page = {"topic": "sea", "text": TEXT, "who": "", "exclude": "nobody", "release": "yes", "originals": "clean"}
    form = {**page, "filing": scene.work.filing_keys.issue(), "form": "check", "step": "send", "lang": "en"}
    browser.get("/help")
    body = bytearray(multipart(form.items(), [("files", "a", data.draw(st.sampled_from(seeds)))]))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    with suppress(ValueError):
        assert posted(scene, bytes(body)) in (303, 403, 409, 413, 422)


def test_nothing_that_files_held_stays_open(scene: Scene) -> None:
    def open_now() -> set[str]:
        return {os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.exists()}

    browser = scene.browser()
    form = ready(browser)
    send_in_parts(browser, "send", ("a.jpg", phone_jpeg()), **form)
    before = open_now()
    again = scene.browser()
    send_in_parts(again, "send", ("a.jpg", phone_jpeg()), **ready(again))
    assert {name for name in open_now() - before if not name.startswith(("anon_inode", "socket", "pipe"))} == set()
