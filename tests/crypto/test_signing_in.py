"""What a sign-in tells to somebody who guesses: nothing. And what staff need besides their words."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from server.accounts import ways
from server.accounts.models import AccountSession, Member, RoleGrant
from server.accounts.rules import grant, invite
from server.app import build
from server.crypto import keyring
from server.crypto.passwords import PassphraseHash, Passwords
from server.permissions import Role
from server.settings import Settings
from server.spaces.models import Access, Joining
from tests.doubles import StillClock, WordScreen
from tests.people import PASSPHRASE, Community, Person
from tests.roads import without_limits


class CountingPasswords(Passwords):
    """Counts the slow work."""

    def __init__(self, pepper: bytes) -> None:
        self.hashed = self.checked = 0
        super().__init__(pepper, memory_kib=8, passes=1)

    def hash(self, secret: str) -> PassphraseHash:
        """One more."""
        self.hashed += 1
        return super().hash(secret)

    def matches(self, stored: PassphraseHash | None, secret: str) -> bool:
        """One more."""
        self.checked += 1
        return super().matches(stored, secret)


@pytest.fixture
def counting(sqlite_url: str, tmp_path: Path) -> Iterator[Community]:
    """A community that counts."""
    without_limits(tmp_path)
    settings = Settings(data_dir=tmp_path, database_url=sqlite_url)
    keyring.create(settings.keys_dir)
    clock, screen = StillClock(), WordScreen()
    with Community(build(settings, clock=clock, screen=screen, passwords=CountingPasswords), clock, screen) as made:
        yield made


def told(person: Person, path: str, **fields: str) -> tuple[int, str, int, int, list[str]]:
    """Status, page, slow work and header names of one try; the token and the typed name aside."""
    passwords = person.community.services.passwords
    assert isinstance(passwords, CountingPasswords)
    checked, hashed = passwords.checked, passwords.hashed
    answer = person.sends(path, **fields)
    page = re.sub(r'name="form_token" value="[^"]*"', "", answer.text.replace(fields["login"], "NAME"))
    work = (passwords.checked - checked, passwords.hashed - hashed)
    return answer.status_code, page, *work, sorted(answer.headers)


def secret_of(community: Community, login: str, *, role: Role | None = Role.MODERATOR) -> pyotp.TOTP:
    """Makes a member of staff, and gives their app."""
    roles = {} if role is None else {"questions": role}
    return pyotp.TOTP(community._make(login, ("questions",), known=True, roles=roles))


def code(community: Community, app: pyotp.TOTP, *, steps: int = 0) -> str:
    return app.at(int(community.clock.now().timestamp()) + 30 * steps)


def test_a_wrong_name_and_wrong_words_are_told_alike_and_cost_alike(counting):
    counting.member("marketgirl")
    app = secret_of(counting, "lanternkeeper")
    tries = [
        told(counting.visitor(), "/sign-in", login="nobodyhere", passphrase=PASSPHRASE),
        told(counting.visitor(), "/sign-in", login="marketgirl", passphrase="wrong words for her"),
        told(counting.visitor(), "/sign-in", login="lanternkeeper", passphrase="wrong words for him"),
        told(counting.visitor(), "/sign-in", login="lanternkeeper", passphrase=PASSPHRASE),
        told(counting.visitor(), "/sign-in", login="lanternkeeper", passphrase=PASSPHRASE, code=""),
    ]
    assert tries[0][0] == 409 and tries[0][2:4] == (1, 0)
    assert all(found == tries[0] for found in tries)
    wrong = told(counting.visitor(), "/sign-in", login="lanternkeeper", passphrase=PASSPHRASE, code="000000")
    nobody = told(counting.visitor(), "/sign-in", login="nobodyhere", passphrase=PASSPHRASE, code="000000")
    assert wrong == nobody
    assert code(counting, app) != "000000"


def test_a_wrong_name_and_a_wrong_recovery_code_are_told_alike_and_cost_alike(counting):
    counting.member("amina")
    fields = {"recovery_code": "ABCD-EFGH-JKMN-PQRS-TWXY", "passphrase": "four other words here"}
    nobody = told(counting.visitor(), "/recover", login="nobodyhere", **fields)
    wrong = told(counting.visitor(), "/recover", login="amina", **fields)
    assert nobody == wrong
    assert nobody[0] == 409 and nobody[2:4] == (1, 0)


def test_the_database_holds_no_name_no_words_and_no_token(counting):
    amina = counting.member("amina")
    token = amina.browser.cookies["session"]
    with counting.services.db.reading() as tx:
        rows = [tx.session.execute(select(kind.__table__)).all() for kind in (Member, AccountSession)]  # type: ignore[attr-defined]
    kept = repr(rows)
    assert len(rows[0]) == 1 and "argon2id" in kept
    for secret in ("amina", PASSPHRASE, token):
        assert secret not in kept


def test_staff_rights_need_the_second_factor(community):
    """Right words alone open the account, as a member's, but no desk."""
    app = secret_of(community, "bo")
    community.member("amina").opens_topic("Water", "you idiot")
    bo = community.visitor()
    assert bo.sends("/sign-in", login="bo", passphrase=PASSPHRASE).status_code == 409
    with community.services.db.transaction() as tx:
        tx.session.execute(Member.__table__.update().values(totp_confirmed=False, totp_secret=None))  # type: ignore[attr-defined]
    first = bo.sends("/sign-in", login="bo", passphrase=PASSPHRASE)
    assert first.headers["location"] == "/me/second-factor"
    assert bo.gets("/review").status_code == 404
    assert "Review" not in bo.gets("/me").text
    page = bo.gets("/me/second-factor").text
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', page)
    shown = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    assert sealed is not None and shown is not None
    wrong = bo.sends("/me/second-factor", passphrase=PASSPHRASE, code="000000", sealed=sealed.group(1))
    assert wrong.status_code == 422 and bo.gets("/review").status_code == 404
    own = pyotp.TOTP(shown.group(1).replace(" ", ""))
    theirs = bo.sends("/me/second-factor", passphrase=PASSPHRASE, code=code(community, app), sealed=sealed.group(1))
    assert theirs.status_code == 422, "a code of another secret"
    thief = {"passphrase": "words of somebody else", "code": code(community, own), "sealed": sealed.group(1)}
    assert bo.sends("/me/second-factor", **thief).status_code == 422, "an open session is not enough"
    assert (
        bo.sends(
            "/me/second-factor", passphrase=PASSPHRASE, code=code(community, own), sealed=sealed.group(1)
        ).status_code
        == 303
    )
    assert bo.gets("/review").status_code == 200


def test_who_becomes_staff_in_an_old_session_is_not_signed_out_by_setting_up_the_code(community):
    """The session begins anew with the code, for half a day."""
    amina, plain = community.member("amina"), community.member("plain")
    community.clock.goes_on(days=5)
    with community.services.db.transaction() as tx:
        grant(tx, community.account("amina"), Role.STEWARD, None)
    assert amina.gets("/me").status_code == 200
    for address in ("/steward", "/steward/ready", f"/review/{UUID(int=1)}", f"/topics/{UUID(int=1)}"):
        closed = amina.gets(address)
        assert (
            closed.status_code == 404
            and 'First set up your code app: your role begins with it. <a href="/me/' in closed.text
        )
        for other in (community.visitor(), plain):
            assert "code app" not in other.reads(address), "who has no such role learns nothing"
    page = amina.gets("/me/second-factor").text
    assert "added before are removed" not in page, "there is no passkey"
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', page)
    shown = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    assert sealed is not None and shown is not None
    now = code(community, pyotp.TOTP(shown.group(1).replace(" ", "")))
    amina.sends("/me/second-factor", passphrase=PASSPHRASE, code=now, sealed=sealed.group(1))
    assert amina.gets("/steward").status_code == 200
    assert "code app" not in amina.reads(f"/topics/{UUID(int=1)}")
    community.clock.goes_on(hours=11)
    assert amina.gets("/steward").status_code == 200
    community.clock.goes_on(hours=1)
    assert amina.gets("/steward").status_code == 303


def test_a_sealed_secret_of_somebodys_own_making_is_not_taken(community):
    community.moderator("bo")
    with community.services.db.transaction() as tx:
        tx.session.execute(Member.__table__.update().values(totp_confirmed=False, totp_secret=None))  # type: ignore[attr-defined]
    bo = community.visitor()
    bo.signs_in("bo")
    own = pyotp.random_base32()
    for sealed in (own.encode().hex(), "00" * 80, "zz", "0", "é", own):
        answer = bo.sends(
            "/me/second-factor", passphrase=PASSPHRASE, code=code(community, pyotp.TOTP(own)), sealed=sealed
        )
        assert answer.status_code == 422, sealed


def test_a_second_factor_once_set_is_not_replaced_by_a_form(community):
    bo = community.moderator("bo")
    secret = community.services.second_factors.new_secret()
    sealed = community.services.second_factors.sealed(secret).hex()
    community.clock.goes_on(minutes=2)
    answer = bo.sends(
        "/me/second-factor", passphrase=PASSPHRASE, code=code(community, pyotp.TOTP(secret)), sealed=sealed
    )
    assert answer.status_code in (303, 404, 409)
    assert community.visitor().sends(
        "/sign-in", login="bo", passphrase=PASSPHRASE, code=code(community, pyotp.TOTP(secret), steps=1)
    ).status_code == 409  # fmt: skip


def test_a_used_step_is_refused(community_on_both):
    community = community_on_both
    app = secret_of(community, "bo")
    now = code(community, app)
    community.visitor().signs_in("bo", code=now)
    again = community.visitor().sends("/sign-in", login="bo", passphrase=PASSPHRASE, code=now)
    assert again.status_code == 409
    earlier = community.visitor().sends(
        "/sign-in", login="bo", passphrase=PASSPHRASE, code=code(community, app, steps=-1)
    )
    assert earlier.status_code == 409, "a step before the used one"
    community.clock.goes_on(seconds=30)
    community.visitor().signs_in("bo", code=code(community, app))


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_a_step_out_of_the_window_is_refused(community, steps):
    app = secret_of(community, "bo")
    wrong = code(community, app, steps=steps)
    assert community.visitor().sends("/sign-in", login="bo", passphrase=PASSPHRASE, code=wrong).status_code == 409


def test_a_code_cannot_be_guessed_many_times(community):
    secret_of(community, "bo")
    answers = [
        community.visitor().sends("/sign-in", login="bo", passphrase=PASSPHRASE, code=f"{n:06}").status_code
        for n in range(14)
    ]
    assert answers[-1] == 429 and answers.count(429) >= 4


def test_words_are_hashed_anew_when_a_hash_costs_more_than_it_did(counting: Community) -> None:
    """With the right words and the right code only: with words alone it would tell that they are right."""
    app, before = secret_of(counting, "lanternkeeper"), Passwords(counting.services.passwords._pepper, memory_kib=9)
    old = before.hash(PASSPHRASE)
    with counting.services.db.transaction() as tx:
        tx.session.execute(update(Member).values(passphrase_hash=old))

    def kept() -> str:
        with counting.services.db.reading() as tx:
            return tx.session.execute(select(col(Member.passphrase_hash))).scalar_one()

    passwords = counting.services.passwords
    assert isinstance(passwords, CountingPasswords)
    for words, typed in (("wrong words for him", code(counting, app)), (PASSPHRASE, "000000")):
        hashed = passwords.hashed
        answer = counting.visitor().sends("/sign-in", login="lanternkeeper", passphrase=words, code=typed)
        assert (answer.status_code, passwords.hashed - hashed, kept()) == (409, 0, old)
    counting.visitor().signs_in("lanternkeeper", code=code(counting, app))
    newer = kept()
    assert "m=8,t=1" in newer and passwords.matches(PassphraseHash(newer), PASSPHRASE)
    counting.clock.goes_on(minutes=1)
    counting.visitor().signs_in("lanternkeeper", code=code(counting, app))
    assert kept() == newer, "once is enough"


def test_new_words_that_come_in_between_are_not_overwritten(counting: Community) -> None:
    counting.member("amina")
    with counting.services.db.transaction() as tx:
        ways.keep_hash(tx, 1, before=PassphraseHash("of before"), now=PassphraseHash("of the old words"))
    counting.visitor().signs_in("amina")


def test_words_cannot_be_guessed_many_times_from_many_browsers_or_ways_of_writing_the_name(community):
    community.member("amina")
    names = ["amina", "Amina", " amina ", "AMINA", "a\u200bmina"] * 4
    answers = [community.visitor().sends("/sign-in", login=n, passphrase="wrong words").status_code for n in names]
    assert answers[-1] == 429


def test_recovering_does_not_go_round_the_second_factor(community):
    visitor = community.visitor()
    card = visitor.sends("/join", login="emi", passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions")
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', card.text)
    assert found is not None
    secret = community.services.second_factors.new_secret()
    with community.services.db.transaction() as tx:
        tx.session.execute(
            Member.__table__.update().values(  # type: ignore[attr-defined]
                totp_confirmed=True, totp_secret=community.services.second_factors.sealed(secret)
            )
        )
        tx.session.add(RoleGrant(member_id=1, role=Role.MODERATOR, space_id=community.row("questions").id))
    thief = community.visitor()
    fields = {"login": "emi", "recovery_code": found.group(1), "passphrase": "four words of mine"}
    assert thief.sends("/recover", **fields).status_code == 409
    assert thief.sends("/recover", **fields, code="000000").status_code == 409
    opened = thief.sends("/recover", **fields, code=code(community, pyotp.TOTP(secret)))
    assert opened.status_code == 200
    assert thief.gets("/review").status_code == 404, "a recovered session has no staff rights"


def test_a_role_that_was_taken_away_is_gone_at_once(community):
    bo = community.moderator("bo")
    assert bo.gets("/review").status_code == 200
    with community.services.db.transaction() as tx:
        tx.session.execute(delete(RoleGrant).where(col(RoleGrant.role) == Role.MODERATOR))
    assert bo.gets("/review").status_code == 404


def test_staff_sessions_end_after_hours_not_days(community):
    bo = community.moderator("bo")
    community.clock.goes_on(hours=13)
    assert bo.gets("/me").status_code == 303


def test_new_words_end_every_other_session(community):
    visitor = community.visitor()
    card = visitor.sends("/join", login="emi", passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions")
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', card.text)
    assert found is not None
    community.visitor().sends(
        "/recover", login="emi", recovery_code=found.group(1), passphrase="four words of mine"
    )  # fmt: skip
    assert visitor.gets("/me").status_code == 303
    assert community.visitor().sends("/sign-in", login="emi", passphrase=PASSPHRASE).status_code == 409


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("water", "These secret words are too short"),
        ("a b c d", "These secret words are too short"),
        ("elevensigns", "These secret words are too short"),
        ("passwordpassword", "Many people use these words"),
        ("PASS word PASS word", "Many people use these words"),
        ("1234 5678 9012", "Many people use these words"),
        ("quiet lamp 8 quiet lamp 8", "Many people use these words"),
        ("Bridge Network Questions", "Many people use these words"),
    ],
)
def test_words_that_are_short_or_known_to_everybody_are_refused(counting: Community, words: str, told: str) -> None:
    person = counting.visitor()
    fields = {"login": "quiet-lamp-8", "pseudonym": "Quiet Lamp 8", "space": "questions"}
    answer = person.sends("/join", passphrase=words, **fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert person.sends("/join", passphrase="nine calm lemons wait", **fields).status_code == 200


def test_nobody_learns_the_name_of_a_closed_circle_by_trying_words(counting: Community) -> None:
    counting.space("zubayrokonkwo", Access.MEMBERS, Joining.INVITATION)
    counting.space("ifeomaachterberg", Access.OPEN, Joining.OPEN)
    fields = {"login": "quiet-lamp-8", "pseudonym": "Quiet Lamp 8", "space": "questions"}
    listed = counting.visitor().sends("/join", passphrase="ifeoma achterberg", **fields)
    assert listed.status_code == 422 and "Many people use these words" in listed.text
    assert counting.visitor().sends("/join", passphrase="zubayr okonkwo", **fields).status_code == 200


def test_new_words_and_those_of_staff_are_judged_alike(counting: Community) -> None:
    visitor = counting.visitor()
    card = visitor.sends("/join", login="emi-lamp", passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions")
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', card.text)
    assert found is not None
    fields = {"login": "emi-lamp", "recovery_code": found.group(1)}
    answer = counting.visitor().sends("/recover", **fields, passphrase="let me in please")
    assert answer.status_code == 422 and "Many people use these words" in answer.text
    assert counting.visitor().sends("/recover", **fields, passphrase="nine calm lemons wait").status_code == 200
    with counting.services.db.transaction() as tx:
        link = invite(
            tx,
            space_id=None,
            role=Role.STEWARD,
            code_key=counting.services.code_key,
            expires_on=counting.clock.now().date(),
        )
    fields = {"login": "steady-oak", "pseudonym": ""}
    answer = counting.visitor().sends(f"/staff/{link}", **fields, passphrase="steady oak steady oak")
    assert answer.status_code == 422 and "Many people use these words" in answer.text
    assert counting.visitor().sends(f"/staff/{link}", **fields, passphrase="nine calm lemons wait").status_code == 200
