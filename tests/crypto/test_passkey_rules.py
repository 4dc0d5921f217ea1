"""Passkeys: a device opens its account and no other, once for each question, and every lie is refused alike."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select, update
from sqlmodel import col

from server.accounts import passkeys, rules
from server.accounts.models import Passkey
from server.app import build
from server.crypto import keyring
from server.crypto.passkeys import NewKey, party_of
from server.errors import Refused
from server.permissions import Role
from server.settings import Settings
from tests.authenticator import PRESENT, SoftAuthenticator, b64, challenge_on
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.people import ADDRESS, PASSPHRASE, Community, Person
from tests.roads import without_limits

NO_MATCH = "This device could not sign you in here."
NOT_ADDED = "This device could not be added."


@pytest.fixture(autouse=True)
def _no_limits(tmp_path: Path) -> None:
    without_limits(tmp_path)


def keys(community: Community) -> list[Passkey]:
    with community.services.db.reading() as tx:
        return list(tx.session.execute(select(Passkey).order_by(col(Passkey.id))).scalars())


def refused(
    person: Person, fields: dict[str, str], *, sentence: str = NO_MATCH, path: str = "/sign-in/passkey"
) -> None:
    """In the one sentence, and nobody is signed in."""
    answer = person.sends(path, **fields)
    assert answer.status_code == 409, answer.text
    assert sentence in unescape(answer.text)
    assert "set-cookie" not in answer.headers


def remove_address(person: Person) -> str:
    found = re.search(r'href="(/me/passkeys/[0-9a-f-]{36}/remove)"', person.reads("/me/passkeys"))
    assert found is not None
    return found.group(1)


def test_a_device_is_added_opens_its_account_and_is_removed(community_on_both: Community) -> None:
    community, device = community_on_both, SoftAuthenticator()
    amina = community.member("amina")
    assert device.is_added_by(amina).status_code == 303
    assert "2026-03" in amina.reads("/me/passkeys")
    amina.sends("/sign-out")
    phone = community.visitor()
    answer = device.signs_in(phone)
    assert answer.status_code == 303 and answer.headers["location"] == "/spaces"
    assert "Amina 1" in phone.reads("/me")
    assert keys(community)[0].sign_count == 1
    remove = remove_address(phone)
    assert phone.sends(remove, passphrase="not her words at all").status_code == 422
    assert phone.sends(remove, passphrase=PASSPHRASE).status_code == 303
    assert keys(community) == []
    refused(community.visitor(), device.signs_in_form(community.visitor()))


def test_a_device_that_never_counts_can_be_used_again(community_on_both: Community) -> None:
    device = SoftAuthenticator(counts=False)
    device.is_added_by(community_on_both.member("amina"))
    for _ in range(2):
        assert device.signs_in(community_on_both.visitor()).status_code == 303


def test_a_device_that_counts_very_far_is_kept_right(community_on_both: Community) -> None:
    device = SoftAuthenticator(count=2**32 - 3)
    device.is_added_by(community_on_both.member("amina"))
    assert device.signs_in(community_on_both.visitor()).status_code == 303


def test_nothing_but_the_key_and_a_neutral_name_is_kept(community: Community) -> None:
    amina, device = community.member("amina"), SoftAuthenticator()
    device.is_added_by(amina, label="The blue one")
    kept = keys(community)[0]
    assert (kept.label, kept.credential_id, kept.sign_count) == ("The blue one", device.credential_id, 0)
    assert set(Passkey.model_fields) == {
        "id", "public_id", "member_id", "credential_id", "public_key", "sign_count", "label"
    }  # fmt: skip
    page = amina.gets("/me/passkeys").text
    first, second = (re.findall(r'data-handle="([^"]+)"', amina.gets("/me/passkeys").text)[0] for _ in range(2))
    assert first != second and len(first) == 43 and 'data-name="Baraza"' in page


def test_adding_needs_the_secret_words(community: Community) -> None:
    amina = community.member("amina")
    answer = SoftAuthenticator().is_added_by(amina, passphrase="somebody with her phone")
    assert answer.status_code == 422 and "These are not your secret words." in answer.text
    assert keys(community) == []


def test_there_are_not_more_than_the_policy_says(community_on_both: Community) -> None:
    amina = community_on_both.member("amina")
    most = community_on_both.services.policies.accounts.passkeys_per_account
    spare = challenge_on(amina, "/me/passkeys")
    for _ in range(most):
        assert SoftAuthenticator().is_added_by(amina).status_code == 303
    assert "data-passkey" not in amina.reads("/me/passkeys")
    fields = SoftAuthenticator().makes_form(amina, challenge=spare)
    refused(amina, {**fields, "passphrase": PASSPHRASE}, sentence=f"You have {most} passkeys", path="/me/passkeys")
    assert len(keys(community_on_both)) == most


def test_the_key_of_somebody_else_cannot_be_added(community_on_both: Community) -> None:
    amina, bo, device = community_on_both.member("amina"), community_on_both.member("bo"), SoftAuthenticator()
    device.is_added_by(amina)
    copy = SoftAuthenticator(credential_id=device.credential_id)
    for person in (bo, amina):
        refused(
            person, {**copy.makes_form(person), "passphrase": PASSPHRASE}, sentence=NOT_ADDED, path="/me/passkeys"
        )  # fmt: skip
    assert len(keys(community_on_both)) == 1


LIES: dict[str, Callable[[SoftAuthenticator], SoftAuthenticator]] = {
    "another origin": lambda device: replace(device, origin="http://localhost:8001"),
    "another scheme": lambda device: replace(device, origin="https://localhost:8000"),
    "another site": lambda device: replace(device, host="evil.example", origin="https://evil.example"),
    "another host hash": lambda device: replace(device, host="evil.example"),
    "not unlocked": lambda device: replace(device, flags=PRESENT),
    "nobody there": lambda device: replace(device, flags=0x04),
    "another key": lambda device: SoftAuthenticator(credential_id=device.credential_id, count=5),
    "unknown": lambda device: SoftAuthenticator(),
    "no name": lambda device: replace(device, credential_id=b""),
    "a count that goes back": lambda device: replace(device, count=1),
    "a count that stands": lambda device: replace(device, count=2),
    "a count that was never kept": lambda device: replace(device, count=-1),
}


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_at_signing_in_is_refused_alike(community: Community, lie: str) -> None:
    device = SoftAuthenticator(count=3)
    device.is_added_by(community.member("amina"))
    liar = LIES[lie](device)
    refused(community.visitor(), liar.signs_in_form(community.visitor()))
    device.count = 3
    assert device.signs_in(community.visitor()).status_code == 303, "and the honest device still works"


MADE_LIES = {name: LIES[name] for name in ("another origin", "another scheme", "another site", "another host hash")}
MADE_LIES |= {name: LIES[name] for name in ("not unlocked", "nobody there", "no name")}
MADE_LIES["too long a name"] = lambda device: replace(device, credential_id=b"x" * 1024)


@pytest.mark.parametrize("lie", MADE_LIES)
def test_every_lie_at_adding_is_refused_alike(community: Community, lie: str) -> None:
    amina = community.member("amina")
    fields = MADE_LIES[lie](SoftAuthenticator()).makes_form(amina)
    refused(amina, {**fields, "passphrase": PASSPHRASE}, sentence=NOT_ADDED, path="/me/passkeys")
    assert keys(community) == []


def test_an_answer_counts_once(community_on_both: Community) -> None:
    community, device = community_on_both, SoftAuthenticator(counts=False)
    device.is_added_by(community.member("amina"))
    fields = device.signs_in_form(community.visitor())
    assert community.visitor().sends("/sign-in/passkey", **fields).status_code == 303
    refused(community.visitor(), fields)
    same_question = device.signs_in_form(community.visitor(), challenge=fields["challenge"])
    refused(community.visitor(), same_question)


def test_an_answer_from_before_a_start_counts_no_more(community: Community) -> None:
    """Whoever recorded an answer cannot wait until the server has forgotten it."""
    device = SoftAuthenticator(counts=False)
    device.is_added_by(community.member("amina"))
    fields = device.signs_in_form(community.visitor())
    known = community.services.passkeys
    assert known is not None
    object.__setattr__(community.services, "passkeys", type(known)(known.party))
    refused(community.visitor(), fields)


def test_a_question_grows_old_and_belongs_to_one_purpose_and_one_session(community: Community) -> None:
    amina, bo = community.member("amina"), community.member("bo")
    device = SoftAuthenticator()
    device.is_added_by(amina)
    late = device.signs_in_form(community.visitor())
    community.clock.goes_on(seconds=301)
    refused(community.visitor(), late)
    refused(community.visitor(), device.signs_in_form(amina, challenge=challenge_on(amina, "/me/passkeys")))
    for question in (challenge_on(bo, "/me/passkeys"), challenge_on(community.visitor(), "/sign-in"), "", "AAAA"):
        fields = SoftAuthenticator().makes_form(amina, challenge=question or "AA")
        refused(amina, {**fields, "passphrase": PASSPHRASE}, sentence=NOT_ADDED, path="/me/passkeys")


def test_an_answer_with_one_sign_changed_is_refused(community: Community) -> None:
    device = SoftAuthenticator(counts=False)
    device.is_added_by(community.member("amina"))
    for name in ("challenge", "credential", "client_data", "authenticator_data", "signature"):
        for place in (0, 7, -3):
            fields = device.signs_in_form(community.visitor())
            signs = list(fields[name])
            signs[place] = "A" if signs[place] != "A" else "B"
            refused(community.visitor(), {**fields, name: "".join(signs)})
    for name in ("challenge", "credential", "client_data", "authenticator_data", "signature"):
        refused(community.visitor(), {**device.signs_in_form(community.visitor()), name: ""})


GARBAGE = [
    "A" * 100_000,
    "\u202e" * 80_000,
    "=" * 100_000,
    "{" * 3000,
    b64(b"\x9f" * 3000),
    b64(b"[" * 3000),
    "\x00",
    "-_",
]
GARBAGE += [b64(b'{"type":"webauthn.get","challenge":[],"origin":{}}'), b64(b"\xa1" * 2000), b64(b"\xff" * 37)]


@pytest.mark.parametrize("number", range(len(GARBAGE)))
def test_garbage_in_any_field_is_no_fault_and_never_comes_back(community: Community, number: int) -> None:
    amina, device, garbage = community.member("amina"), SoftAuthenticator(counts=False), GARBAGE[number]
    device.is_added_by(amina)
    for name in ("challenge", "credential", "client_data", "authenticator_data", "signature"):
        fields = {**device.signs_in_form(community.visitor()), name: garbage}
        refused(community.visitor(), fields)
        answer = community.visitor().sends("/sign-in/passkey", **fields)
        assert len(answer.text) < 20_000
    for name in ("challenge", "client_data", "attestation"):
        fields = {**SoftAuthenticator().makes_form(amina), "passphrase": PASSPHRASE, name: garbage}
        refused(amina, fields, sentence=NOT_ADDED, path="/me/passkeys")
    everything = dict.fromkeys(("challenge", "credential", "client_data", "authenticator_data", "signature"), garbage)
    refused(community.visitor(), everything)


def test_another_site_cannot_send_the_form(community: Community) -> None:
    device = SoftAuthenticator()
    device.is_added_by(community.member("amina"))
    fields = device.signs_in_form(community.visitor())
    answer = community.browser().post("/sign-in/passkey", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert fields["signature"] not in answer.text


def test_on_a_shared_phone_the_cookie_ends_with_the_browser(community: Community) -> None:
    device = SoftAuthenticator()
    device.is_added_by(community.member("amina"))
    kept = device.signs_in(community.visitor()).headers["set-cookie"].lower()
    shared = device.signs_in(community.visitor(), shared_phone="yes").headers["set-cookie"].lower()
    assert "max-age=604800" in kept
    assert "max-age" not in shared and "expires" not in shared


def test_it_leads_on_to_where_the_person_was_and_nowhere_else(community: Community) -> None:
    device = SoftAuthenticator()
    device.is_added_by(community.member("amina"))
    assert device.signs_in(community.visitor(), next="/me").headers["location"] == "/me"
    assert device.signs_in(community.visitor(), next="//evil.example").headers["location"] == "/spaces"


def test_recovering_removes_every_passkey(community_on_both: Community) -> None:
    community, device = community_on_both, SoftAuthenticator()
    emi = community.visitor()
    card = emi.sends("/join", login="emi", passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions")
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', card.text)
    assert found is not None
    assert device.is_added_by(emi).status_code == 303
    assert "All passkeys of the account are removed" in community.visitor().reads("/recover")
    fields = {"login": "emi", "recovery_code": found.group(1), "passphrase": "four words of mine"}
    assert community.visitor().sends("/recover", **fields).status_code == 200
    assert keys(community) == []
    refused(community.visitor(), device.signs_in_form(community.visitor()))


def test_nobody_removes_the_passkey_of_somebody_else(community: Community) -> None:
    amina, bo, device = community.member("amina"), community.member("bo"), SoftAuthenticator()
    device.is_added_by(amina)
    remove = remove_address(amina)
    assert bo.gets(remove).status_code == 404
    assert bo.sends(remove, passphrase=PASSPHRASE).status_code == 404
    assert len(keys(community)) == 1


# Staff -------------------------------------------------------------------------------------------------


def test_a_passkey_of_staff_stands_for_the_code_too(community_on_both: Community) -> None:
    community, device = community_on_both, SoftAuthenticator()
    bo = community.moderator("bo")
    assert device.is_added_by(bo).status_code == 303
    phone = community.visitor()
    assert device.signs_in(phone).status_code == 303
    assert phone.gets("/review").status_code == 200
    community.clock.goes_on(hours=13)
    assert phone.gets("/me").status_code == 303, "and lasts as sessions of staff do"


def test_staff_without_a_code_app_gain_nothing_by_a_passkey(community_on_both: Community) -> None:
    """Neither one added before the role, nor one that a thief adds before the app is set up."""
    community, device = community_on_both, SoftAuthenticator()
    amina = community.member("amina")
    device.is_added_by(amina)
    with community.services.db.transaction() as tx:
        rules.grant(tx, community.account("amina"), Role.MODERATOR, community.row("questions").id)
    phone = community.visitor()
    assert device.signs_in(phone).headers["location"] == "/me/second-factor"
    assert phone.gets("/review").status_code == 404
    assert "added before are removed" in phone.reads("/me/second-factor")
    assert "sign in with the code" in phone.reads("/me/passkeys")
    question = challenge_on(community.visitor(), "/sign-in")
    fields = SoftAuthenticator().makes_form(phone, challenge=question)
    refused(
        phone, {**fields, "passphrase": PASSPHRASE}, sentence="sign in with the code", path="/me/passkeys"
    )  # fmt: skip
    secret = community.services.second_factors.new_secret()
    sealed = community.services.second_factors.sealed(secret).hex()
    now = pyotp.TOTP(secret).at(community.clock.now())
    assert phone.sends("/me/second-factor", passphrase=PASSPHRASE, code=now, sealed=sealed).status_code == 303
    assert keys(community) == [], "what was added without the code is gone"


# Where they work ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "host", "origin"),
    [
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("https://Talk.Example/", "talk.example", "https://talk.example"),
        ("https://talk.example:443", "talk.example", "https://talk.example"),
        ("https://talk.example:8443", "talk.example", "https://talk.example:8443"),
        ("https://مثال.example", "xn--mgbh0fb.example", "https://xn--mgbh0fb.example"),
    ],
)
def test_a_place_with_a_name_and_tls_can_have_passkeys(address: str, host: str, origin: str) -> None:
    party = party_of(address)
    assert party is not None and (party.host, party.origin) == (host, origin)


NOWHERE = ["", "https://192.0.2.7", "https://[2001:db8::1]", "http://talk.example", "http://127.0.0.1:8000", "nonsense"]
NOWHERE += ["http://" + "a" * 56 + ".onion", "https://" + "a" * 56 + ".onion", "https://[::1", "https://talk.example:x"]
NOWHERE += ["ftp://localhost", "https://" + "a" * 70 + ".example"]


@pytest.mark.parametrize("address", NOWHERE)
def test_elsewhere_nothing_is_offered(address: str) -> None:
    assert party_of(address) is None


def test_without_an_address_the_page_says_so_and_nothing_breaks(sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url, public_url="http://" + "a" * 56 + ".onion")
    keyring.create(settings.keys_dir)
    clock, screen = StillClock(), WordScreen()
    house = build(settings, clock=clock, screen=screen, passwords=quick_passwords)
    with Community(house, clock, screen) as community:
        amina = community.member("amina")
        page = amina.reads("/me/passkeys")
        assert "Passkeys do not work at this address." in page and "<form method" not in page.split("<main")[1]
        assert "passkey" not in community.visitor().reads("/sign-in")
        fields = SoftAuthenticator().signs_in_form(amina, challenge="A" * 54)
        refused(community.visitor(), fields)


def test_at_the_onion_of_a_place_with_a_name_nothing_is_offered(community: Community) -> None:
    device = SoftAuthenticator()
    device.is_added_by(community.member("amina"))
    fields = device.signs_in_form(community.visitor())
    for host in ("a" * 56 + ".onion", "127.0.0.1:8000", "evil.example"):
        visitor = community.visitor()
        assert "passkey" not in visitor.gets("/sign-in", headers={"host": host}).text
        answer = visitor.browser.post(
            "/sign-in/passkey", data=fields, headers={"host": host, "sec-fetch-site": "same-origin"}
        )
        assert answer.status_code == 409 and "set-cookie" not in answer.headers
    assert "passkey" in community.visitor().gets("/sign-in").text
    assert community.visitor().gets("/sign-in").headers["permissions-policy"].count("=(self)") == 2
    assert ADDRESS.startswith("http://localhost")


def test_two_at_once_with_the_same_count_are_one(community_on_both: Community) -> None:
    """The count is compared where it is written, so that nothing slips in between."""
    community, device = community_on_both, SoftAuthenticator()
    device.is_added_by(community.member("amina"))
    with community.services.db.reading() as tx:
        record = passkeys.record_of(tx, device.credential_id)
    assert record is not None
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Passkey).values(sign_count=4))
    for count in (4, 3, 0):
        with pytest.raises(Refused), community.services.db.transaction() as tx:
            passkeys.use(tx, record, count)
    with community.services.db.transaction() as tx:
        passkeys.use(tx, record, 5)


@pytest.mark.parametrize(("bits", "taken"), [(1024, False), (2040, False), (2048, True), (3072, True)])
def test_a_key_that_can_be_worked_out_is_not_taken_and_opens_nothing(
    community: Community, bits: int, taken: bool
) -> None:
    device, amina = SoftAuthenticator(key=rsa.generate_private_key(65537, bits)), community.member("amina")
    added = device.is_added_by(amina)
    assert added.status_code == (303 if taken else 409)
    if not taken:  # an older program took it
        new = NewKey(device.credential_id, device.public_key(), 0)
        with community.services.db.transaction() as tx:
            passkeys.add(tx, community.account("amina"), new, label="old", most=5, at=community.clock.now())
    assert device.signs_in(community.visitor()).status_code == (303 if taken else 409)
