"""Cookies, signing in and out, and leaving quickly."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col
from starlette.testclient import TestClient

from server.accounts.models import AccountSession
from server.app import build
from server.crypto import keyring
from server.crypto.tokens import SessionToken
from server.settings import Settings
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.people import PASSPHRASE, Community, Person
from tests.roads import FORMS, OURS, PAGES, world

PROXY = "10.1.2.3"
START = StillClock().now()


def sessions(community: Community) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(select(func.count()).select_from(AccountSession)).scalar_one()


def ends(community: Community) -> datetime:
    """When the newest session ends."""
    with community.services.db.reading() as tx:
        newest = select(col(AccountSession.expires_at)).order_by(col(AccountSession.id).desc()).limit(1)
        return tx.session.execute(newest).scalar_one()


def attributes(cookie: str) -> tuple[str, set[str]]:
    """Name, and the attributes without the age and the value."""
    first, *rest = cookie.split("; ")
    return first.split("=")[0], {part.lower() for part in rest if not part.lower().startswith(("max-age", "expires"))}


def test_no_cookie_is_set_before_a_person_signs_in(community):
    walk = world(community)
    for room in [*PAGES, *FORMS]:
        if room.name in (
            "leave",
            "leave_page",
            "sign_out",
            "do_sign_in",
            "do_sign_in_passkey",
            "do_join",
            "do_recover",
            "take_seat",
            "give_up_seat",
        ):
            continue
        person = community.visitor()
        path = walk.address(room)
        answer = person.gets(path) if room.method == "GET" else person.sends(path, **walk.fields(room))
        assert "set-cookie" not in answer.headers or (answer.status_code == 200 and room.name == "do_staff_link"), (
            room.name
        )
    wrong = community.visitor().sends("/sign-in", login="amina", passphrase="wrong words for her")
    assert "set-cookie" not in wrong.headers


def test_a_seat_in_a_hall_is_a_cookie_that_ends_with_the_browser(community):
    walk = world(community)
    answer = community.visitor().sends(f"/h/{walk.halls.scene.code}/join")
    assert attributes(answer.headers["set-cookie"]) == ("seat", {"httponly", "path=/", "samesite=lax"})
    assert not any(age in answer.headers["set-cookie"].lower() for age in ("max-age", "expires"))


def test_over_plain_http_the_cookie_is_unprefixed_and_unreadable_for_scripts(community):
    community.member("amina")
    answer = community.visitor().signs_in("amina")
    assert attributes(answer.headers["set-cookie"]) == ("session", {"httponly", "path=/", "samesite=lax"})
    assert "max-age=604800" in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" not in answer.headers


def test_on_a_shared_phone_the_cookie_ends_with_the_browser(community):
    community.member("amina")
    answer = community.visitor().sends("/sign-in", login="amina", passphrase=PASSPHRASE, shared_phone="yes")
    assert "max-age" not in answer.headers["set-cookie"].lower()
    assert "expires" not in answer.headers["set-cookie"].lower()


@pytest.fixture
def behind_a_proxy(sqlite_url: str, tmp_path: Path) -> Iterator[Community]:
    """The community as it stands behind a proxy that speaks TLS."""
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url, trusted_proxies=(PROXY + "/32",))  # type: ignore[arg-type]
    keyring.create(settings.keys_dir)
    clock, screen = StillClock(), WordScreen()
    house = build(settings, clock=clock, screen=screen, passwords=quick_passwords)
    with Community(house, clock, screen) as made:
        yield made


def tls_browser(community: Community, *, peer: str = PROXY, address: str = "http://hall.example") -> TestClient:
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.7", **OURS}
    return TestClient(community.house.app, address, client=(peer, 5000), headers=headers, follow_redirects=False)


def test_over_tls_the_cookie_belongs_to_this_host_alone(behind_a_proxy):
    behind_a_proxy.member("amina")
    browser = tls_browser(behind_a_proxy)
    answer = browser.post("/sign-in", data={"login": "amina", "passphrase": PASSPHRASE})
    assert answer.status_code == 303
    wanted = ("__Host-session", {"httponly", "path=/", "samesite=lax", "secure"})
    assert attributes(answer.headers["set-cookie"]) == wanted
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
    token = answer.headers["set-cookie"].split(";")[0].split("=", 1)[1]
    assert browser.get("/me", headers={"cookie": f"__Host-session={token}"}).status_code == 200
    assert browser.get("/me", headers={"cookie": f"session={token}"}).status_code == 303, "another host may have set it"
    left = browser.post("/leave", headers={"cookie": f"__Host-session={token}"})
    seat = ("__Host-seat", wanted[1])
    assert [attributes(cookie) for cookie in left.headers.get_list("set-cookie")] == [wanted, seat]
    assert browser.get("/me", headers={"cookie": f"__Host-session={token}"}).status_code == 303


def test_a_stranger_cannot_claim_to_come_over_tls(behind_a_proxy):
    answer = tls_browser(behind_a_proxy, peer="203.0.113.9").get("/")
    assert "strict-transport-security" not in answer.headers


def test_signing_in_gives_a_new_token_and_ends_the_one_before(community):
    amina = community.member("amina")
    planted = amina.browser.cookies["session"]
    before = sessions(community)
    amina.signs_in("amina")
    assert amina.browser.cookies["session"] != planted
    assert sessions(community) == before
    thief = community.visitor()
    assert thief.gets("/me", headers={"cookie": f"session={planted}"}).status_code == 303


def test_a_token_that_somebody_made_up_is_never_taken_over(community):
    community.member("amina")
    victim = community.visitor()
    victim.browser.cookies.set("session", "planted-by-somebody-else-0123456789")
    answer = victim.sends("/sign-in", login="amina", passphrase=PASSPHRASE)
    assert "planted" not in answer.headers["set-cookie"]
    thief = community.visitor()
    headers = {"cookie": "session=planted-by-somebody-else-0123456789"}
    assert thief.gets("/me", headers=headers).status_code == 303


def test_the_page_that_signs_in_is_the_page_of_a_member_already(community):
    """Its forms carry a token of the new session, so that an old phone can send the next one too."""
    card = community.visitor()
    page = card.sends("/join", login="newcomer", passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions")
    assert "/me" in page.text.split("<main")[0]
    token = re.findall(r'name="form_token" value="([^"]+)"', page.text)[-1]
    assert card.browser.post("/me/card", data={"form_token": token}).status_code == 303


def test_signing_out_deletes_the_session(community):
    amina = community.member("amina")
    token, before = amina.browser.cookies["session"], sessions(community)
    answer = amina.sends("/sign-out")
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert sessions(community) == before - 1
    assert community.visitor().gets("/me", headers={"cookie": f"session={token}"}).status_code == 303


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_leaving_deletes_the_session_and_clears_the_browser(community, method):
    amina = community.member("amina")
    before = sessions(community)
    answer = amina.browser.request(method, "/leave")
    assert answer.status_code == 303 and answer.headers["location"] == "/weather"
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert answer.headers["cache-control"] == "no-store"
    assert sessions(community) == before - 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "session=garbage"},
        {"cookie": "session=" + "x" * 4000},
        {"cookie": "session=\xff\x00; session"},
        {"cookie": ";;;===;"},
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data; boundary="},
        {"content-type": "application/x-www-form-urlencoded", "content-length": "99999999999999999999"},
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"accept-language": "\xff"},
    ],
)
def test_leaving_works_whatever_the_browser_brings(community, headers):
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = community.browser().post("/leave", headers=raw, content=b"\xff\x00=%")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/weather"
    assert "clear-site-data" in answer.headers


def test_leaving_works_with_a_body_that_is_too_large(community):
    body = b"x=" + b"y" * community.services.policies.text.body_bytes
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert community.browser().post("/leave", content=body, headers=kind).status_code == 303


def test_leaving_is_never_too_fast(community):
    """Somebody may have pressed every button there is before."""
    amina = community.member("amina")
    while amina.sends("/me/card").status_code != 429:
        pass
    assert amina.browser.post("/leave").status_code == 303
    for _ in range(200):
        assert community.browser().post("/leave").status_code == 303


def test_a_session_that_ended_opens_nothing(community):
    amina = community.member("amina")
    community.clock.goes_on(days=7, hours=1)
    assert amina.gets("/me").headers["location"] == "/sign-in?next=%2Fme"


def test_a_session_in_use_lives_on(community):
    amina = community.member("amina")
    for _ in range(12):
        community.clock.goes_on(days=2)
        assert amina.gets("/me").status_code == 200


def used_every(community: Community, person: Person, *, hours: int, times: int) -> None:
    for _ in range(times):
        community.clock.goes_on(hours=hours)
        assert person.gets("/me").status_code == 200


def test_a_session_ends_at_last_however_much_it_is_used(community_on_both: Community) -> None:
    community = community_on_both
    amina = community.member("amina")
    used_every(community, amina, hours=36, times=59)
    assert ends(community) == START + timedelta(days=90)
    community.clock.goes_on(hours=35)
    assert amina.gets("/me").status_code == 200
    assert ends(community) == START + timedelta(days=90), "it was not drawn out"
    community.clock.goes_on(hours=1)
    assert amina.gets("/me").status_code == 303
    amina.signs_in("amina")
    used_every(community, amina, hours=24, times=6)


def test_on_a_shared_phone_it_is_not_drawn_out(community: Community) -> None:
    community.member("amina")
    phone = community.visitor()
    phone.sends("/sign-in", login="amina", passphrase=PASSPHRASE, shared_phone="yes")
    used_every(community, phone, hours=24, times=6)
    community.clock.goes_on(hours=24)
    assert phone.gets("/me").status_code == 303


def test_a_session_with_a_code_is_over_after_half_a_day_of_work(community: Community) -> None:
    bo = community.moderator("bo")
    used_every(community, bo, hours=1, times=11)
    assert bo.gets("/review").status_code == 200
    assert ends(community) == START + timedelta(hours=12), "it was not drawn out"
    community.clock.goes_on(hours=1)
    assert bo.gets("/review").status_code == 303


def test_a_session_of_an_older_program_is_over_too(community: Community) -> None:
    """It was drawn out for months; at the first look it has no more rights than a new one would."""
    amina, bo = community.member("amina"), community.moderator("bo")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(AccountSession).values(started_at=START - timedelta(days=91)))
    assert amina.gets("/me").status_code == 303
    assert bo.gets("/review").status_code == 303


def test_near_its_end_a_session_is_not_written_again_at_each_page(community: Community) -> None:
    amina = community.member("amina")
    used_every(community, amina, hours=24, times=88)
    with community.services.db.reading() as tx:
        viewer = community.services.find_viewer(tx, SessionToken(amina.browser.cookies["session"]), at=START)
    renewal, policies = community.services.renewal, community.services.policies
    assert not renewal.is_due(viewer, policies, at=START + timedelta(days=89))


def test_ending_the_sessions_of_others_is_not_possible(community):
    walk = world(community)
    before = sessions(community)
    walk.bo.sends(f"/me/sessions/{walk.session}/end")
    assert sessions(community) == before
    walk.amina.sends(f"/me/sessions/{walk.session}/end")
    assert sessions(community) == before - 1


def test_the_notices_of_others_cannot_be_dismissed(community):
    walk = world(community)
    walk.bo.sends(f"/me/notices/{walk.notice}/dismiss")
    assert f"/me/notices/{walk.notice}/dismiss" in walk.amina.reads("/me")


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
     "/\n/evil.example", "/\u200b/evil.example", "javascript:alert(1)", " //evil.example", "/\x0b/evil.example"],
)  # fmt: skip
def test_no_form_leads_away_from_this_site(community, elsewhere):
    amina = community.member("amina")
    for answer in (
        community.visitor().sends("/sign-in", login="amina", passphrase=PASSPHRASE, next=elsewhere),
        amina.sends("/me/card", onward=elsewhere),
    ):
        place = answer.headers.get("location", "/")
        assert place.startswith("/") and not place.startswith(("//", "/\\"))
        assert not any(sign in place for sign in "\t\n\r\\\x0b")
    page = community.visitor().sends("/sign-in", login="amina", passphrase=PASSPHRASE, target=elsewhere)
    assert f'action="{elsewhere}"' not in page.text
    assert 'action="//' not in page.text and 'action="http' not in page.text
