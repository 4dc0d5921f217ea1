"""Somebody sends files: made safe, sealed, opened at the desk, gone in time; and whatever is wrong with one, no word
is lost and nothing of it is kept."""

import io
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from server.darkroom.safe_copies import SafeCopies
from server.private import files
from server.private.desk_files import files_in
from tests.attack import originals as pictures
from tests.attack.originals import MARK, phone_jpeg
from tests.conftest import missing
from tests.private.scene import Scene, hidden, send, send_in_parts, shown_receipt, words
from tests.private.test_forms_of_the_door import TEXT, cases

PHOTO = phone_jpeg()


def carried(page) -> dict[str, str]:
    return {name: value for name, value in hidden(page).items() if name not in ("lang", "form_token")}


def ready(browser, **more: str) -> dict[str, str]:
    """Everything filled in, on the page with the last button."""
    page = send_in_parts(browser, "write", topic="sea")
    typed = {**carried(page), "text": TEXT, "who": "", "exclude": "nobody", **more}
    shown = send_in_parts(browser, "check", **typed)
    assert 'type="file"' in shown.text
    return {**carried(shown), "release": "yes", "originals": "clean"}


def the_alias(scene: Scene, name: str = "cleo") -> str:
    return scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now())[0].alias


def opened(scene: Scene, name: str = "cleo"):
    return scene.work.casework.opened(scene.people[name].me, the_alias(scene, name), at=scene.clock.now())


def got(scene: Scene, number: int, name: str = "cleo") -> bytes:
    download = scene.work.files.copy(scene.people[name].me, the_alias(scene, name), number, at=scene.clock.now())
    content = b"".join(download.pieces)
    assert len(content) == download.size
    return content


def test_files_come_with_a_concern_and_are_opened_at_the_desk(scene: Scene) -> None:
    browser = scene.browser()
    form = ready(browser)
    paper = pictures.saved(pictures.photo(), "PDF")
    sent = send_in_parts(browser, "send", ("DCIM/me.jpg", PHOTO), ("\u202ecard.pdf", paper), **form)
    assert sent.status_code == 303, words(sent)
    page = browser.get("/help")
    assert "Files that came with it: 2." in words(page)
    cleo = scene.sign_in("cleo")
    at = f"/desk/{the_alias(scene)}"
    case = words(cleo.get(at))
    assert "me.jpg" in case
    assert "DCIM" not in case
    assert "\u202e" not in case
    picture = send(cleo, "download", at, file="1")
    assert picture.headers["content-disposition"] == 'attachment; filename="file-1.jpg"'
    assert picture.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert (picture.headers["cache-control"], picture.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert Image.open(io.BytesIO(picture.content)).size == (320, 240)
    assert MARK not in picture.content
    cleo.get(at)
    looked = send(cleo, "look", at, file="1")
    assert looked.headers["content-disposition"] == 'inline; filename="file-1.jpg"'
    assert looked.headers["content-type"] == "image/jpeg"
    cleo.get(at)
    pdf = send(cleo, "look", at, file="2")
    assert pdf.headers["content-disposition"] == 'attachment; filename="file-2.pdf"', "only pictures are shown here"
    assert pdf.content.startswith(b"%PDF-1.4")
    assert "no-store" in cleo.get(at).headers["cache-control"]


def test_files_can_be_added_later_and_the_same_form_twice_is_one_message(scene: Scene) -> None:
    browser = scene.browser()
    form = ready(browser)
    send_in_parts(browser, "send", **form)
    number = shown_receipt(browser.get("/help"))
    back = scene.browser()
    back.get("/help")
    send_in_parts(back, "number")
    send_in_parts(back, "return", receipt=number)
    page = back.get("/help")
    assert 'type="file"' in page.text
    adding = {"filing": hidden(page)["filing"], "form": "conversation", "originals": "clean", "text": ""}
    for _ in range(2):
        back.get("/help")
        assert send_in_parts(back, "add", ("a.jpg", PHOTO), **adding).status_code == 303
    found = opened(scene)
    assert [len(files_in([letter])) for letter in found.letters] == [0, 1]
    assert got(scene, 1)[:2] == b"\xff\xd8"


def test_the_same_sending_gives_the_same_number_also_with_files(scene: Scene) -> None:
    browser = scene.browser()
    form = ready(browser)
    shown = []
    for chosen in ([("a.jpg", PHOTO)], [("a.jpg", PHOTO)], []):
        again = scene.browser()
        again.token = browser.token
        assert send_in_parts(again, "send", *chosen, **form).status_code == 303
        shown.append(shown_receipt(again.get("/help")))
    assert len(set(shown)) == 1
    assert cases(scene) == 1
    assert [len(files_in([letter])) for letter in opened(scene).letters] == [1], "nothing new came the other times"
    more = scene.browser()
    more.token = browser.token
    assert send_in_parts(more, "send", ("b.jpg", pictures.saved(pictures.photo(), "PNG")), **form).status_code == 303
    letters = opened(scene).letters
    assert [len(files_in([letter])) for letter in letters] == [1, 1]
    assert [letter.body["text"] for letter in letters] == [TEXT, ""]


def test_two_presses_at_the_same_moment_are_one_case_with_one_number(scene: Scene) -> None:
    first = scene.browser()
    form = ready(first)
    both = [first, scene.browser()]
    both[1].token = first.token
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda one: send_in_parts(one, "send", ("a.jpg", PHOTO), **form), both))
    assert [answer.status_code for answer in sent] == [303, 303]
    assert len({shown_receipt(one.get("/help")) for one in both}) == 1
    assert cases(scene) == 1
    assert [len(files_in([letter])) for letter in opened(scene).letters] == [1]


def test_a_browser_that_sends_no_files_is_asked_for_none(scene: Scene) -> None:
    browser = scene.browser()
    page = send(browser, "write", topic="sea")
    shown = send(browser, "check", **{**carried(page), "text": TEXT, "who": "", "exclude": "nobody"})
    assert 'type="file"' not in shown.text
    assert "multipart" not in shown.text.partition("<main")[2]
    form = {**carried(shown), "release": "yes"}
    named = send(browser, "send", **form, files="photo.jpg")
    assert named.status_code == 422
    assert "not the file" in words(named)
    assert TEXT in words(named)
    assert cases(scene) == 0
    assert send(browser, "send", **form).status_code == 303


def test_a_text_browser_shows_what_can_be_sent_and_how(scene: Scene) -> None:
    if shutil.which("w3m") is None:
        missing("w3m")
    browser = scene.browser()
    page = send_in_parts(browser, "write", topic="sea")
    shown = send_in_parts(browser, "check", **{**carried(page), "text": TEXT, "who": "", "exclude": "nobody"})
    command = ["w3m", "-dump", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8", "-cols", "80"]
    text = subprocess.run(command, input=shown.content, capture_output=True, check=True).stdout.decode()
    said = " ".join(text.split())
    assert "Photos (JPEG, PNG, WebP) and PDF up to 50 pages" in said
    assert "No Word or Excel files" in said
    assert re.search(r"\(•\) Take the hidden data out|\(\*\) Take the hidden data out", said)
    assert "keep the original, closed" in said


BAD = {
    "nothing": b"",
    "words": b"These are only words.",
    "an Office file": pictures.zipped(),
    "an old Office file": b"\xd0\xcf\x11\xe0" + bytes(600),
    "a GIF": pictures.saved(pictures.photo(), "GIF"),
    "an HTML page": b"<!doctype html><script>alert(1)</script>",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a ZIP that ends as a JPEG": pictures.zipped() + PHOTO,
    "a pixel bomb": pictures.png_bomb(),
    "a PNG that says it is huge": dict(pictures.refusable())["PNG that says it is huge"],
    "a text bomb": dict(pictures.refusable())["text bomb"],
    "a broken PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
    "a JPEG that was cut": PHOTO[:300],
}


def test_what_cannot_be_made_safe_is_refused_with_every_word_kept(scene: Scene) -> None:
    browser = scene.browser()
    form = ready(browser)
    for name, content in BAD.items():
        answer = send_in_parts(browser, "send", ("good.jpg", PHOTO), ("bad.bin", content), **form)
        said = words(answer)
        assert answer.status_code == 422, name
        assert "Nothing was sent." in said, name
        assert "“bad.bin”" in said, name
        assert "“good.jpg”" not in said, name
        assert "choose the other files again" in said, name
        assert TEXT in said, name
        assert 'type="file"' in answer.text, name
        assert carried(answer)["filing"] == form["filing"], name
        assert cases(scene) == 0, name
        with scene.work.db.reading() as tx:
            assert files.every(tx) == [], name
    assert send_in_parts(browser, "send", ("good.jpg", PHOTO), **form).status_code == 303
    assert cases(scene) == 1


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ([("big.jpg", PHOTO + bytes(26 * 1024 * 1024))], "larger than 25 MB"),
        ([(f"{n}.jpg", PHOTO) for n in range(6)], "At most five files"),
    ],
)
def test_too_much_comes_back_with_every_word_and_a_place_for_files(scene: Scene, chosen, sentence: str) -> None:
    browser = scene.browser()
    form = ready(browser)
    answer = send_in_parts(browser, "send", *chosen, **form)
    assert answer.status_code == 413
    assert sentence in words(answer)
    assert TEXT in words(answer)
    assert 'type="file"' in answer.text
    assert carried(answer)["filing"] == form["filing"]
    assert cases(scene) == 0


def test_whoever_has_forgotten_a_field_is_told_that_the_files_are_gone(scene: Scene) -> None:
    browser = scene.browser()
    form = {**ready(browser), "release": ""}
    answer = send_in_parts(browser, "send", ("a.jpg", PHOTO), **form)
    assert answer.status_code == 422
    assert "let go of your files" in words(answer)
    old = {**form, "release": "yes", "filing": "made up"}
    kept = send_in_parts(browser, "send", ("a.jpg", PHOTO), **old)
    assert kept.status_code == 409
    assert "let go of your files" in words(kept)


def test_when_the_cleaner_dies_the_file_is_refused_and_nothing_is_kept(scene: Scene) -> None:
    class Dying(SafeCopies):
        def _command(self, kind):
            return ("/bin/sh", "-c", "head -c 10 >/dev/null; kill -9 $$")

    dying = Dying(at_once=1, most_pages=50)
    object.__setattr__(scene.house.room, "darkroom", dying)
    browser = scene.browser()
    form = ready(browser)
    answer = send_in_parts(browser, "send", ("a.jpg", PHOTO), **form)
    assert answer.status_code == 422
    assert "could not be opened" in words(answer)
    assert cases(scene) == 0


def test_a_fault_of_ours_keeps_every_word_and_asks_for_the_files_again(scene: Scene) -> None:
    class Broken(SafeCopies):
        async def made(self, originals):
            raise OSError("no more processes")

    object.__setattr__(scene.house.room, "darkroom", Broken(at_once=1, most_pages=50))
    browser = scene.browser()
    form = ready(browser)
    answer = send_in_parts(browser, "send", ("a.jpg", PHOTO), **form)
    assert answer.status_code == 500
    assert "our fault" in words(answer)
    assert TEXT in words(answer)
    assert 'type="file"' in answer.text
    assert carried(answer)["filing"] == form["filing"]


def test_a_case_holds_only_so_much(scene: Scene) -> None:
    object.__setattr__(scene.work.reporting.files, "case_bytes", 200_000)
    browser = scene.browser()
    form = ready(browser)
    answer = send_in_parts(browser, "send", *[(f"{n}.jpg", PHOTO + bytes([n])) for n in range(4)], **form)
    assert answer.status_code == 409
    assert "too many files" in words(answer)
    assert cases(scene) == 0
    assert scene.work.vault.shred.keys() == {}
    assert send_in_parts(browser, "send", ("a.jpg", PHOTO), **form).status_code == 303
