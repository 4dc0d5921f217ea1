"""Words take a while to check. Whoever takes their account back meanwhile must not find a thief's deed behind it."""

from collections.abc import Callable

import pytest

from server.accounts import rules
from server.accounts.models import Member
from server.accounts.queries import own_record
from server.crypto.passwords import PassphraseHash
from server.leaving import rules as leaving
from server.leaving.rules import Messages
from tests.authenticator import SoftAuthenticator, question_on
from tests.people import PASSPHRASE, Community, Person

OTHER = PassphraseHash("other words, hashed")


def key_of(person: Person) -> int:
    with person.community.services.db.reading() as tx:
        found = tx.session.query(Member.id).order_by(Member.id.desc()).first()  # type: ignore[union-attr]
    return int(found[0])


def meanwhile(community: Community, monkeypatch: pytest.MonkeyPatch, done: Callable[[], None]) -> None:
    """The next check of words finds them right, and before anything comes of it this is done."""
    matches = type(community.services.passwords).matches
    waiting = [done]

    def slow(self: object, stored: PassphraseHash | None, secret: str) -> bool:
        fits = matches(self, stored, secret)  # type: ignore[arg-type]
        if fits and waiting:
            waiting.pop()()
        return fits

    monkeypatch.setattr(type(community.services.passwords), "matches", slow)


def recovers(community: Community, member: int) -> Callable[[], None]:
    def done() -> None:
        with community.services.db.transaction() as tx:
            record = own_record(tx, member)
            assert record is not None
            new = rules.Secrets(b"", OTHER, OTHER)
            rules.recover(tx, member, used=record.recovery_hash, new=new, on=community.clock.now().date())

    return done


def leaves(community: Community, member: int) -> Callable[[], None]:
    def done() -> None:
        with community.services.db.transaction() as tx:
            leaving.leave(tx, member, Messages.KEEP, at=community.clock.now())

    return done


Happens = Callable[[Community, int], Callable[[], None]]


@pytest.mark.parametrize("happens", [recovers, leaves])
def test_old_words_open_no_session_behind_a_recovery_or_a_leaving(
    community_on_both: Community,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Community, int], Callable[[], None]],
) -> None:
    amina = community_on_both.member("amina", "questions")
    thief = community_on_both.visitor()
    meanwhile(community_on_both, monkeypatch, happens(community_on_both, key_of(amina)))
    answer = thief.sends("/sign-in", login="amina", passphrase=PASSPHRASE)
    assert answer.status_code == 409
    assert thief.gets("/me").status_code != 200


def test_old_words_make_no_new_card_behind_a_recovery(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = community.member("amina", "questions")
    member = key_of(amina)
    meanwhile(community, monkeypatch, recovers(community, member))
    assert amina.sends("/me/recovery-code", passphrase=PASSPHRASE).status_code == 422
    with community.services.db.reading() as tx:
        record = own_record(tx, member)
    assert record is not None and record.recovery_hash == OTHER, "the owner's new card is theirs still"


def test_old_words_add_no_passkey_behind_a_recovery(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = community.member("amina", "questions")
    form = SoftAuthenticator().makes_form(amina, challenge=question_on(amina, "/me/passkeys"))
    meanwhile(community, monkeypatch, recovers(community, key_of(amina)))
    assert amina.sends("/me/passkeys", **form, passphrase=PASSPHRASE).status_code == 422
    with community.services.db.reading() as tx:
        assert tx.session.execute(Member.metadata.tables["passkey"].select()).first() is None


def test_old_words_close_no_account_behind_a_recovery(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = community.member("amina", "questions")
    member = key_of(amina)
    meanwhile(community, monkeypatch, recovers(community, member))
    assert amina.sends("/me/leave", messages="erase", passphrase=PASSPHRASE).status_code == 422
    with community.services.db.reading() as tx:
        record = own_record(tx, member)
    assert record is not None and record.passphrase_hash == OTHER
