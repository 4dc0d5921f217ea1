"""A form that another site sends does nothing, whichever way the browser tells us, or does not tell us."""

import base64
import struct
import time
from html import unescape
from pathlib import Path

import pytest

from server.crypto.keyring import Purpose, load
from server.crypto.tokens import GUEST_LIFETIME_S, MEMBER_LIFETIME_S, FormTokens, SessionToken, token_hash
from tests.people import ADDRESS, PASSPHRASE, Community, Person
from tests.roads import FORMS, World, without_limits, world
from tests.townhall.roads import OF_HALLS, ONLY_LOOK, ORDER

FOREIGN: dict[str, dict[str, str]] = {
    "a browser that says cross-site": {"sec-fetch-site": "cross-site"},
    "a browser that says same-site": {"sec-fetch-site": "same-site"},
    "a browser that says something new": {"sec-fetch-site": "neighbour"},
    "a browser that says nothing of value": {"sec-fetch-site": ""},
    "cross-site with our origin": {"sec-fetch-site": "cross-site", "origin": ADDRESS},
    "a foreign origin": {"origin": "https://evil.example"},
    "our host on another port": {"origin": "http://localhost:8001"},
    "our host over TLS": {"origin": "https://localhost:8000"},
    "our host as a part": {"origin": "http://localhost:8000.evil.example"},
    "our host as a name": {"origin": "http://localhost:8000@evil.example"},
    "an origin that is none": {"origin": "http://[::1"},
    "an origin without a scheme": {"origin": "localhost:8000"},
}
UNKNOWN: dict[str, dict[str, str]] = {"no word at all": {}, "an origin that is null": {"origin": "null"}}


@pytest.fixture
def walk(tmp_path: Path, community: Community) -> World:
    return world(community)


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


def checked() -> list[str]:
    return [room.name for room in FORMS if room.name != "leave"]


def test_only_leaving_is_not_asked_where_it_comes_from():
    assert [room.name for room in FORMS if room.always] == ["leave"]


def test_a_foreign_form_changes_nothing_anywhere(walk):
    before = walk.tables()
    for room in FORMS:
        if room.name == "leave":
            continue
        filled = walk.fields(room)
        for case, headers in FOREIGN.items():
            fields = {**filled, "form_token": walk.person(room).token("/me")}  # even with a token that fits
            answer = walk.person(room).browser.post(walk.address(room), data=fields, headers=headers)
            assert answer.status_code == 403, (room.name, case, answer.status_code)
            assert "set-cookie" not in answer.headers, (room.name, case)
            for field in ("text", "title", "note", "pseudonym"):
                assert filled.get(field, "") in unescape(answer.text), (room.name, case)
    assert walk.tables() == before


def test_a_form_without_a_word_of_where_it_comes_from_needs_our_token(walk):
    before = walk.tables()
    keys = load(walk_keys(walk)).key(Purpose.FORM_TOKENS)
    guests_old = FormTokens(keys, seconds=lambda: time.time() - GUEST_LIFETIME_S - 120)
    members_old = FormTokens(keys, seconds=lambda: time.time() - MEMBER_LIFETIME_S - 120)
    tomorrow = FormTokens(keys, seconds=lambda: time.time() + 86_400)
    theirs = walk.bo.token("/me")
    for room in FORMS:
        if room.name == "leave":
            continue
        person = walk.person(room)
        own = person.token("/me")
        raw = bytearray(base64.urlsafe_b64decode(own))
        raw[0] ^= 1
        wrong = {
            "none": None,
            "empty": "",
            "another session's": theirs if person is not walk.bo else walk.amina.token("/me"),
            "a guest's": walk.visitor.token("/join"),
            "a guest's of long ago": guests_old.issue(b""),
            "an old one": members_old.issue(session_key(walk, person)),
            "one of tomorrow": tomorrow.issue(session_key(walk, person)),
            "another time, the same seal": base64.urlsafe_b64encode(bytes(raw)).decode(),
            "cut off": own[:-4],
            "longer": "AAAA" + own,
            "without padding": own.rstrip("=")[:-1],
            "no base64": "!" * len(own),
            "other letters": "ü" * len(own),
            "with a NUL": own[:5] + "\x00" + own[6:],
            "of zeros": base64.urlsafe_b64encode(struct.pack(">I", int(time.time())) + bytes(24)).decode(),
        }
        for case, headers in UNKNOWN.items():
            for which, token in wrong.items():
                fields = walk.fields(room) | ({} if token is None else {"form_token": token})
                answer = person.browser.post(walk.address(room), data=fields, headers=headers)
                assert answer.status_code == 403, (room.name, case, which, answer.status_code)
                assert "set-cookie" not in answer.headers
    assert walk.tables() == before


def walk_keys(walk: World) -> Path:
    return Path(str(walk.community.services.policies.folder)).parent / "keys"


def session_key(walk: World, person: Person) -> bytes:
    return token_hash(SessionToken(str(person.browser.cookies["session"])))


OURS_EACH_WAY: dict[str, dict[str, str]] = {
    "same-origin": {"sec-fetch-site": "same-origin"},
    "typed by hand": {"sec-fetch-site": "none"},
    "our origin": {"origin": ADDRESS},
    "same-origin, odd origin": {"sec-fetch-site": "same-origin", "origin": "null"},
    **UNKNOWN,
}


@pytest.mark.parametrize("way", OURS_EACH_WAY)
def test_the_same_forms_do_something_when_they_are_ours(walk, way):
    """So that the promises above cannot be kept by forms that never did anything."""
    order = [
        "add_passkey", "open_space", "unlock_space", "add_hours", "remove_hours", "do_host_words", "do_host_safety",
        "do_host_lifetime",
        "do_host_archive", "agree", "put_away", "invite_to_team", "make_invitations", "take_invitations_back",
        "do_host_export", "do_start_space", "appoint_host", "steward_agrees", "take_role",
        "ask_hold", "agree_hold", "end_hold",
        "throw_away_draft", "to_picture_form",
        "post_message", "start_topic", "do_edit_message", "do_flag_message", "do_withdraw_message", "do_join_space",
        "card_kept", "dismiss_notice", "end_session", "write_author",
        "open_case", "appeal", "uphold", "overturn",
        "take_break", "do_conduct", "claim", "unclaim", "measures", "hide", "confirm_proposal",
        "put_proposal_away", "give_protection", "take_protection", "confirm_line", "take_line_back",
        "escalate", "undo", "release", "redact", "give_back",
        "skip", "next_case", "do_desk_choices", "remove",
        "do_second_factor", "do_staff_link", "do_new_recovery_code", "end_other_sessions", "do_join", "do_recover",
        "lock_space", "keep_message", "let_go_message", "draft_message", "draft_topic", "choose",
        "choose_calendar", "write_letter", "letter_done", "answer_letter",
        "do_announce", "do_announce_everywhere", "do_warn", "unpin_announcement", "pin_announcement",
        "do_correct_announcement", "do_correct_scam_alert", "do_withdraw_announcement", "do_verify_sender",
        "do_end_sender", "do_add_help_contact", "do_check_help_contact", "do_edit_help_contact",
        "do_remove_help_contact", "mute", "show_again", "block", "let_answer",
        "do_sign_in_passkey", "do_sign_in", *ORDER, "do_remove_passkey", "take_own_data", "sign_out", "do_leave",
    ]  # fmt: skip
    assert sorted(order) == sorted(checked())
    by_name = {room.name: room for room in FORMS}
    walk.community.visitor().signs_in("amina")
    for name in order:
        room = by_name[name]
        person = (
            walk.visitor if name in ("do_join", "do_recover", "do_sign_in", "do_sign_in_passkey") else walk.person(room)
        )
        if name == "do_leave":
            person = walk.emi
        signed_in = "session" in person.browser.cookies
        at = walk.halls.page(room) if room.needs in OF_HALLS else "/me" if signed_in else "/join"
        fields = walk.fields(room) | ({"form_token": person.token(at)})
        before = walk.tables()
        answer = person.browser.post(walk.address(room), data=fields, headers=OURS_EACH_WAY[way])
        assert answer.status_code in (200, 303), (name, answer.status_code, answer.text)
        changed = walk.tables() != before
        assert changed or name in (
            "end_session",
            "end_other_sessions",
            "card_kept",
            "do_check_help_contact",
            "to_picture_form",
            "take_break",
            "do_conduct",
            "open_case",  # it only looks
            "take_own_data",
            *ONLY_LOOK,
        ), name


def test_a_token_of_a_guest_form_stops_working_after_some_hours(walk):
    keys = load(walk_keys(walk)).key(Purpose.FORM_TOKENS)
    young = FormTokens(keys, seconds=lambda: time.time() - GUEST_LIFETIME_S + 120).issue(b"")
    old = FormTokens(keys, seconds=lambda: time.time() - GUEST_LIFETIME_S - 120).issue(b"")
    fields = {"login": "amina", "passphrase": PASSPHRASE}
    refused = walk.community.browser().post("/sign-in", data={**fields, "form_token": old})
    assert refused.status_code == 403
    assert 'name="form_token"' in refused.text, "there must be a form to send again"
    assert walk.community.browser().post("/sign-in", data={**fields, "form_token": young}).status_code == 303


def test_a_stale_form_comes_back_with_the_words_and_a_new_token_that_works(walk):
    words = "Words in a form that was open for too long"
    refused = walk.amina.browser.post(f"{walk.topic}/messages", data={"text": words, "form_token": "stale"})
    assert refused.status_code == 403
    assert words in unescape(refused.text)
    token = unescape(refused.text).split('name="form_token" value="')[1].split('"')[0]
    sent = walk.amina.browser.post(f"{walk.topic}/messages", data={"text": words, "form_token": token})
    assert sent.status_code == 303


def test_leaving_works_from_anywhere(walk):
    for headers in [*FOREIGN.values(), *UNKNOWN.values()]:
        person = walk.community.visitor()
        person.signs_in("amina")
        answer = person.browser.post("/leave", headers=headers)
        assert answer.status_code == 303
        assert person.gets("/me").headers["location"].startswith("/sign-in")
