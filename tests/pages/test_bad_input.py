"""Every address, asked wrongly in every way: a plain answer, never a fault, and nothing typed is lost."""

import itertools
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from server.web.rooms import Room
from tests.people import PASSPHRASE, Community, Person
from tests.roads import FORMS, OURS, PAGES, TYPED, World, odd_ids, without_limits, world

FORM = "application/x-www-form-urlencoded"
SHARE = pytest.mark.parametrize("share", [3, pytest.param(1, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])
"""Every third of all pairs of a field and something odd, another third for each next field; all of them in full."""
MEGABYTE = 1_000_000
LEAKS = ("Traceback", 'File "', "/work/", "site-packages", "sqlalchemy", "SELECT ", "psycopg", "sqlite3", "pydantic")
REFUSED = (400, 403, 404, 409, 413, 422, 429)


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


@pytest.fixture
def walk(_no_limits: None, community: Community) -> World:
    return world(community)


@pytest.fixture
def walk_on_both(_no_limits: None, community_on_both: Community) -> World:
    return world(community_on_both)


def typed_fields(room: Room[Any]) -> list[str]:
    """The names of the room's fields in which a person writes words that are no secret."""
    return sorted(TYPED & set(room.form.model_fields)) if room.form else []


def complaints(where: str, answer: Response, allowed: tuple[int, ...]) -> Iterator[str]:
    """What is wrong with an answer, in words."""
    if answer.status_code not in allowed:
        yield f"{where}: {answer.status_code}"
    for leak in LEAKS:
        if leak in answer.text:
            yield f"{where}: the page says {leak!r}"


def shows(page: str, words: str) -> bool:
    """Whether the words stand on the page whole, as a person reads it."""
    plain = unescape(page)
    return any(form in plain for form in (words, words.strip(), words.replace("\x00", "\ufffd")))


# Methods -------------------------------------------------------------------------------------------------


def test_a_wrong_method_is_answered_with_the_right_ones(walk):
    by_path: dict[str, set[str]] = {}
    for room in [*FORMS, *PAGES]:
        by_path.setdefault(room.path, set()).add(room.method)
    wrong: list[str] = []
    for room in [*FORMS, *PAGES]:
        right = by_path[room.path] | ({"HEAD"} if "GET" in by_path[room.path] else set())
        for name, person in walk.people().items():
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
                if method in right:
                    continue
                answer = person.browser.request(method, walk.address(room), headers=OURS)
                where = f"{name} {method} {room.path}"
                wrong.extend(complaints(where, answer, (405,)))
                if set(answer.headers.get("allow", "").split(", ")) != right:
                    wrong.append(f"{where}: Allow is {answer.headers.get('allow')}")
    assert wrong == [], "\n".join(wrong)


def test_asking_for_the_head_of_a_page_is_allowed(walk):
    wrong: list[str] = []
    for room in PAGES:
        if room.name == "leave_page":
            continue
        answer = walk.person(room).browser.head(walk.address(room))
        wrong.extend(complaints(f"HEAD {room.path}", answer, (200, 303, 404)))
    assert wrong == [], "\n".join(wrong)


# Addresses -----------------------------------------------------------------------------------------------


def test_an_odd_id_in_an_address_is_a_plain_404(walk_on_both):
    walk = walk_on_both
    wrong: list[str] = []
    for room in [*FORMS, *PAGES]:
        if "{" not in room.path:
            continue
        gone_already = room.name in ("end_session", "dismiss_notice")  # a second press is not a mistake
        filled = walk.fields(room) if room.method == "POST" else {}
        for name, person in walk.people().items():
            for odd in odd_ids() if person is walk.person(room) else odd_ids()[::6]:
                path = re.sub(r"\{\w+\}", lambda _, odd=odd: odd, room.path)
                answer = person.sends(path, **filled) if room.method == "POST" else person.gets(path)
                there = (303, 403, 404) if gone_already else (404,)
                wrong.extend(complaints(f"{name} {room.method} {room.path} with {odd[:40]!r}", answer, there))
    assert wrong == [], "\n".join(wrong)


def test_odd_queries_and_headers_are_no_fault(walk_on_both):
    walk = walk_on_both
    odd = [
        "%00",
        "%ED%A0%80",
        "1e9",
        "-1",
        "9" * 400,
        "9" * 7,
        "%E2%80%AE",
        "%22%3E%3Cscript%3E",
        "hidden%00",
        "%EF%BC%91",
    ]
    names = ["page", "lang", "done", "reply", "space", "invite", "next", "q", "target"]
    headers: list[dict[str, str | bytes]] = [
        {"accept-language": "ar;q=nan, *;q=inf, en;q=" + "9" * 500},
        {"accept-language": "," * 5000},
        {"accept-encoding": "gzip;q=0, \u00ff".encode("latin-1")},
        {"cookie": "session=" + "x" * 5000},
        {"cookie": b"session=\xff\xfe; ; =; session"},
        {"if-none-match": '"' + "x" * 3000},
        {"host": "[::1"},
        {"host": "a:b:c"},
        {"x-forwarded-for": "not an address, ,,", "x-forwarded-proto": "https"},
        {"range": "bytes=0-0,-1,99999999999999999999-"},
    ]
    wrong: list[str] = []
    for room in PAGES:
        if room.name == "leave_page":
            continue
        for name, person in walk.askers(room).items():
            path = walk.address(room)
            expected = (200, 303, 404, 422) if room.name == "search" else (200, 303, 404)
            for value in odd:
                answer = person.gets(f"{path}?" + "&".join(f"{field}={value}" for field in (*names, "page")))
                wrong.extend(complaints(f"{name} {path} with {value[:20]}", answer, expected))
            for header in headers:
                answer = person.gets(path, headers=header)
                wrong.extend(complaints(f"{name} {path} {str(header)[:40]}", answer, (200, 303, 404)))
    assert wrong == [], "\n".join(wrong)


def test_a_language_link_never_leads_to_another_site(walk):
    page = walk.visitor.gets("/%2Fevil.example/here").text
    assert "evil.example/here?lang=ar" in page
    assert 'href="//' not in page


# Bodies --------------------------------------------------------------------------------------------------


def bodies(cap: int) -> list[tuple[str, bytes, tuple[int, ...]]]:
    """Bodies that are no form, or not one of ours."""
    part = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="text"; filename="../../a.txt"\r\n\r\nhello\r\n--x--\r\n'
    many = b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % i for i in range(100))
    multipart = "multipart/form-data; boundary=x"
    return [
        ("application/json", b'{"text": "hello"}', (422,)),
        ("text/plain", b"text=hello", (422,)),
        ("text/xml; charset=undefined", b"<text/>", (422,)),
        ("x" * 3000, b"text=hello", (422,)),
        ("", b"text=hello", REFUSED),
        (multipart, file, (422,)),
        (multipart, part, REFUSED),  # no end
        (multipart, part + b"--x--\r\n\r\n--x--junk", (303, *REFUSED)),
        (multipart, part[:30], REFUSED),
        (multipart, b"\x00\xff" * 500, REFUSED),
        (multipart, many + b"--x--\r\n", (422,)),
        (multipart, b"--x\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--x--\r\n", (422,)),
        (multipart, b"--x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n\r\n--x--\r\n", (422,)),
        ("multipart/form-data", part, (422,)),
        ("multipart/form-data; boundary=", part, (422,)),
        ("multipart/form-data; boundary=" + "y" * 3000, part, (422,)),
        ("multipart/form-data; boundary=x; charset=undefined", part + b"--x--\r\n", REFUSED),
        ("multipart/form-data; boundary=x; charset=punycode", part.replace(b"hello", b"\xff-\xff") + b"--x--", REFUSED),
        ("multipart/form-data; boundary=x; charset=hex", part + b"--x--\r\n", (303, *REFUSED)),
        (
            "multipart/form-data; boundary=x; charset=unicode_escape",
            part.replace(b"hello", b"\\ud800") + b"--x--",
            REFUSED,
        ),
        (multipart, part.replace(b"hello", b"x" * (cap + 1)) + b"--x--\r\n", (413,)),
        (FORM, b"text=" + b"x" * (cap + 1), (413,)),
        (FORM, b"a=1&" * 100, (422,)),
        (FORM, b"%%%&&&===;;;", REFUSED),
        (FORM, b"\xff\xfe\x00=\x00\x01", REFUSED),
        (FORM, b"%ED%A0%80=%ED%A0%80&%00=%00", REFUSED),
        (FORM, b"", REFUSED),
    ]


ACTS_WITHOUT_WORDS = (
    "do_withdraw_announcement",
    "pin_announcement",
    "unpin_announcement",
    "do_end_sender",
    "do_check_help_contact",
    "do_remove_help_contact",
    "do_withdraw_message",
    "card_kept",
    "sign_out",
    "leave",
)
"""Nothing is asked in these forms, so an empty or odd one is an ordinary press of the button."""


def test_a_body_that_is_no_form_of_ours_is_refused(walk):
    cap = walk.community.services.policies.text.body_bytes
    wrong: list[str] = []
    for room in FORMS:
        no_fields = not (room.form and room.form.model_fields)
        for name, person in walk.askers(room).items():
            if no_fields and name != "the visitor":
                continue
            for kind, body, allowed in bodies(cap):
                sends = person.browser.post(walk.address(room), content=body, headers={"content-type": kind, **OURS})
                answers = (*allowed, 404, 303) if no_fields or room.name == "leave" else (*allowed, 403, 404, 409)
                if room.name in ("do_staff_link", "do_join", "do_conduct", "enter_question"):
                    answers = (*answers, 200, 303)  # nothing more need be typed, or `text` alone
                where = f"{name} {room.path} {kind[:60]} {body[:40]!r}"
                wrong.extend(complaints(where, sends, answers))
    assert wrong == [], "\n".join(wrong)


def test_a_length_that_no_number_holds_is_refused(walk):
    answer = walk.visitor.browser.post(
        "/sign-in", content=b"login=a", headers={"content-type": FORM, "content-length": "9" * 5000, **OURS}
    )
    assert answer.status_code == 413


def test_a_body_that_grows_past_the_cap_is_stopped(walk):
    """No length is declared: the server must count by itself."""
    cap = walk.community.services.policies.text.body_bytes
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        yield b"text="
        for _ in range(4 * cap // 65_536):
            sent.append(1)
            yield b"x" * 65_536

    answer = walk.amina.browser.post(
        f"{walk.topic}/messages", content=endless(), headers={"content-type": FORM, **OURS}
    )
    assert answer.status_code == 413


# Fields --------------------------------------------------------------------------------------------------


def test_a_megabyte_in_a_field_comes_back_whole_with_its_length(walk):
    long = "water " * (MEGABYTE // 6) + "END"
    wrong: list[str] = []
    for room in FORMS:
        for field in typed_fields(room):
            if field in ("next", "space") or (room.name == "do_staff_link" and field == "login"):
                continue
            person = walk.visitor if room.name == "do_join" else walk.person(room)
            answer = person.sends(walk.address(room), **{**walk.fields(room), field: long})
            where = f"{room.name}.{field}"
            wrong.extend(complaints(where, answer, (422,)))
            if not shows(answer.text, long):
                wrong.append(f"{where}: the text is not on the page")
            if "<form" not in answer.text or f"{len(long)} characters" not in unescape(answer.text):
                wrong.append(f"{where}: its length is not named")
    assert wrong == [], "\n".join(wrong)


def test_a_field_that_fills_the_body_comes_back_whole(walk):
    """As much as the cap lets through: percent signs triple its size on the way."""
    arabic = "ماء " * 120_000
    answer = walk.amina.posts(walk.topic, arabic)
    assert answer.status_code == 422
    assert shows(answer.text, arabic)


FREE_WORDS = ("do_join", "do_staff_link", "do_host_words", "appeal", "close_hall", "answer_afterwards", "confirm_line")
"""Forms that take any words at all."""
NO_WORDS = ("do_recover", "do_new_recovery_code", "do_second_factor")
"""Forms that take secrets only."""


def takes_words(room: Room[Any]) -> bool:
    """Whether the form has a field in which words can be sent that something becomes of."""
    return room.form is not None and bool(room.form.model_fields) and room.name not in NO_WORDS


ODD_WORDS = {
    "a NUL": "before\x00after",
    "a lone surrogate as bytes": "SURROGATE",
    "a control sign": "before\x1b[31mafter",
    "a bidi override": "before\u202eretfa",
    "isolates": "\u2066\u2067\u2068\u2069\u2069",
    "only invisible signs": "\u200b\u200e\u200f\ufeff",
    "only spaces": " \t\r\n ",
    "a non-character": "a\uffff\ufffe",
    "an astral sign": "\U0010fffd\U0001f600",
    "many combining signs": "Z" + "\u0300\u0489" * 60,
    "a big number": "1" + "0" * 30,
    "two to the sixty-third": str(2**63),
    "a negative number": "-1",
    "not a number": "NaN",
    "a template": "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 %>",
    "a format": "%(number)s %s %n {0} {english}",
    "a quotation": "\"'><!--<script>alert(1)</script>",
    "SQL": "'; DROP TABLE member; --",
    "a path": "../../../../etc/passwd",
    "nothing": "",
}


def spoiled(walk: World, room: Room[Any], field: str, words: str) -> tuple[Person, dict[str, str]]:
    """A form with odd words in one field, and with something that keeps it from being taken in another."""
    filled = {**walk.fields(room), field: words}
    otherwise = {
        "do_sign_in": {"login": "nobody here"},
        "do_join": {"invite": "wrong"},
        "do_staff_link": {"pseudonym": "admin"},
        "do_join_space": {"pseudonym": "admin"},
        "remove": {"version": "999"},
        "release": {"version": "999"},
    }.get(room.name, {})
    person = walk.visitor if room.name in ("do_join", "do_sign_in") else walk.person(room)
    return person, {**filled, **{name: value for name, value in otherwise.items() if name != field}}


def lost(room: Room[Any], filled: dict[str, str], answer: Response) -> Iterator[str]:
    """The typed fields that are not on the page of a refusal."""
    for key in typed_fields(room):
        asked = key in filled and key not in ("next", "space") and room.name != "do_staff_link"
        if asked and filled[key].strip() and not shows(answer.text, filled[key]):
            yield f"{room.name}.{key} is lost ({answer.status_code})"


@SHARE
@pytest.mark.parametrize("part", range(2))
def test_odd_words_in_any_field_are_taken_or_given_back(walk, part, share):
    """In two parts: every kind of word goes through every form."""
    wrong: list[str] = []
    turns = itertools.cycle(range(share))
    for room in FORMS:
        if not takes_words(room):
            continue
        for field in [*room.form.model_fields, "form_token"]:
            for name, words in list(ODD_WORDS.items())[part::2][next(turns) :: share]:
                person, filled = spoiled(walk, room, field, words)
                answer = person.sends(walk.address(room), **filled)
                wrong.extend(complaints(f"{room.name}.{field} with {name}", answer, (200, 303, *REFUSED)))
                if answer.status_code >= 400:
                    wrong.extend(f"{found}, {field} with {name}" for found in lost(room, filled, answer))
    assert wrong == [], "\n".join(wrong)


@SHARE
@pytest.mark.parametrize("words", ["before\x00after", "\U0010ffff\ufdd0", str(2**63), "1" + "0" * 30, "x" * 70_000])
def test_words_that_a_database_may_not_like_are_no_fault(walk_on_both, words, share):
    walk = walk_on_both
    wrong: list[str] = []
    turns = itertools.cycle(range(share))
    for room in FORMS:
        if not takes_words(room):
            continue
        for name, person in walk.askers(room).items():
            everywhere = dict.fromkeys([*room.form.model_fields, "onward", "kept_text"], words)
            where = f"{name} {room.name}"
            allowed = (303, *REFUSED) if room.name in FREE_WORDS else REFUSED
            wrong.extend(complaints(where, person.sends(walk.address(room), **everywhere), allowed))
            for field in list(room.form.model_fields)[next(turns) :: share]:
                answer = person.sends(walk.address(room), **{**walk.fields(room), "login": "new", field: words})
                wrong.extend(complaints(f"{where}.{field}", answer, (200, 303, *REFUSED)))
    assert wrong == [], "\n".join(wrong)


@SHARE
def test_bytes_that_are_no_text_are_no_fault(walk_on_both, share):
    walk = walk_on_both
    wrong: list[str] = []
    turns = itertools.cycle(range(share))
    odd = (b"%ED%A0%80", b"%FF%FE", b"%C0%80", b"%F5%80%80%80", b"\xed\xa0\x80", b"%u0041", b"%")
    for room in FORMS:
        for field in room.form.model_fields if room.form else []:
            for raw in odd[next(turns) :: share]:
                if room.name in ("sign_out", "leave"):
                    continue
                answer = walk.person(room).browser.post(
                    walk.address(room), content=field.encode() + b"=" + raw, headers={"content-type": FORM, **OURS}
                )
                wrong.extend(complaints(f"{room.name}.{field} {raw!r}", answer, (200, 303, *REFUSED)))
    assert wrong == [], "\n".join(wrong)


def test_a_lone_surrogate_is_a_mistake_in_the_form(walk):
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nbefore \\ud800 after\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    answer = walk.amina.browser.post(f"{walk.topic}/messages", content=body, headers={"content-type": kind, **OURS})
    assert answer.status_code == 422
    assert "before" in answer.text and "after" in answer.text


def test_every_required_field_that_is_missing_is_named_beside_the_field(walk):
    wrong: list[str] = []
    for room in FORMS:
        if room.form is None or room.name in ("do_staff_link",):
            continue
        for name, field in room.form.model_fields.items():
            if not field.is_required():
                continue
            filled = {key: value for key, value in walk.fields(room).items() if key != name}
            person = walk.visitor if room.name in ("do_join", "do_sign_in", "do_recover") else walk.person(room)
            answer = person.sends(walk.address(room), **filled)
            wrong.extend(complaints(f"{room.name} without {name}", answer, (422,)))
            assert name != "code" or person is walk.emi or room.name in ("open_case", "find_hall")
            if 'role="alert"' not in answer.text:
                wrong.append(f"{room.name} without {name}: nothing says so")
    assert wrong == [], "\n".join(wrong)


def test_a_field_sent_twice_is_refused(walk):
    wrong: list[str] = []
    for room in FORMS:
        for name in room.form.model_fields if room.form else []:
            filled = [*walk.fields(room).items(), (name, "first words"), (name, "last words")]
            body = "&".join(f"{key}={value.replace(' ', '+')}" for key, value in filled).encode()
            answer = walk.person(room).browser.post(
                walk.address(room), content=body, headers={"content-type": FORM, **OURS}
            )
            allowed = (422, 303) if room.name == "do_join" else (422,)  # who is signed in needs no second account
            wrong.extend(complaints(f"{room.name} with {name} twice", answer, allowed))
            if name in ("text", "note", "title") and "last words" not in unescape(answer.text):
                wrong.append(f"{room.name}: {name} is lost")
    assert wrong == [], "\n".join(wrong)


def test_a_version_that_is_none_changes_nothing_and_keeps_the_words(walk_on_both):
    walk = walk_on_both
    before = walk.tables()
    words = "New words of amina"
    for version in ("-1", "x", "", "1.0", "1e3", "９", "0x1", " 1", str(2**63), "1" + "0" * 30, "999999999"):
        edited = walk.amina.sends(f"/messages/{walk.own}/edit", text=words, title="New title", version=version)
        assert edited.status_code in (409, 422), version
        assert shows(edited.text, words) and shows(edited.text, "New title"), version
        for act in ("claim", "release", "remove"):
            decided = walk.bo.sends(f"/review/{walk.case}/{act}", version=version, reason="other")
            assert decided.status_code in (409, 422), (act, version)
        assert walk.tables() == before, version


def test_a_reply_to_a_message_elsewhere_or_nowhere_is_no_fault(walk):
    for reference in ["x", "0" * 32, str(walk.case), "\u202e", "{" + "1" * 32 + "}"]:
        answer = walk.amina.posts(walk.topic, f"An answer to {reference[:2]!r}", reply_to=reference)
        assert answer.status_code in (303, 422)


def test_a_refused_post_to_something_gone_gives_the_words_back(walk):
    """The topic or the message may have gone while somebody wrote."""
    gone = "00000000-0000-4000-8000-000000000000"
    for path, fields in {
        f"/topics/{gone}/messages": {"text": "Words for a topic that is gone"},
        "/s/nowhere/new": {"title": "A title", "text": "Words for a space that is gone"},
        f"/messages/{gone}/edit": {"text": "Words for a message that is gone", "version": "1"},
        f"/messages/{gone}/flag": {"reason": "scam", "note": "A note about a message that is gone"},
    }.items():
        for name, person in walk.people().items():
            answer = person.sends(path, **fields)
            assert answer.status_code == 404, (name, path)
            for field in ("text", "title", "note"):
                assert fields.get(field, "") in unescape(answer.text), (name, path)


def test_no_secret_comes_back_on_a_page_of_refusal(walk):
    """A refused form without a page of its own shows what was typed, but not the secrets."""
    answer = walk.visitor.browser.post(
        "/sign-in",
        data={"login": "amina", "passphrase": PASSPHRASE, "code": "123456"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    assert PASSPHRASE not in answer.text and "123456" not in answer.text
    wrong = walk.visitor.sends("/sign-in", login="amina", passphrase="not her secret words")
    assert wrong.status_code == 409
    assert "not her secret words" not in wrong.text


def test_one_persons_words_are_on_no_page_of_refusal_for_another(walk):
    secret = "Words that only amina has seen idiot"
    walk.amina.posts(walk.topic, secret)
    for room in FORMS:
        for person in (walk.visitor, Person(walk.community, walk.community.browser())):
            answer = person.sends(walk.address(room), text="x", version="x")
            assert secret not in unescape(answer.text), room.name
