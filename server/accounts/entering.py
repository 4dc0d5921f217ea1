"""Joining, signing in and recovering: the parts that hash, so that `routes` stays readable.

Slow work is done in the derivation pool, between two short visits to the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from server.accounts import passkeys, queries, rules, ways
from server.accounts.forms import JoinForm
from server.accounts.passkeys import PasskeyRecord
from server.accounts.queries import SignInRecord
from server.crypto import guessing
from server.crypto.passwords import PassphraseHash
from server.crypto.tokens import Code, SessionToken, keyed_hash, new_code, plain_code
from server.database import Transaction
from server.errors import Invalid, Refused, say
from server.spaces.queries import all_spaces, space_names
from server.web.cookies import set_session
from server.web.visit import Visit
from server.web.words import reading

NO_MATCH = say("The sign-in name, the secret words or the code do not match. Please check all of them.")
LOGIN_TAKEN = say("This sign-in name is taken. Please choose another.")


def login_key(visit: Visit, login: str) -> bytes:
    """What the database knows of a sign-in name: nothing that can be read."""
    return keyed_hash(visit.services.login_key, " ".join(login.casefold().split()))


MakeAccount = Callable[[Transaction, rules.Secrets], int]
"""Writes the account in a transaction and gives its key; may raise Refused."""


@dataclass(frozen=True, slots=True)
class NewSecrets:
    """A fresh card and the hashes to keep."""

    code: Code
    hashes: rules.Secrets


async def new_secrets(visit: Visit, key: bytes, passphrase: str, *own: str) -> NewSecrets:
    """The hashes of new words and of a new recovery code. `own`: names of the person, which are no secret words.

    Raises Invalid for words that somebody else would try first.
    """
    known = [*own, *await visit.read(lambda tx: _known_here(tx, visit))]

    def hashed() -> NewSecrets:
        guessing.check(passphrase, known=known)
        code, kept = new_code(), visit.services.passwords.hash
        return NewSecrets(code, rules.Secrets(key, kept(passphrase), kept(plain_code(code))))

    return await visit.derive(hashed)


def _known_here(tx: Transaction, visit: Visit) -> list[str]:
    """Names of this place. Of a space that is not listed nothing: who tries words would learn its name."""
    spaces = [space for space in all_spaces(tx) if space.place.listed]
    named = space_names(tx, reading().language.code, spaces).values()
    place = [visit.services.operator, urlsplit(visit.services.public_url).hostname or ""]
    return [*place, *(name for name, _, _ in named), *(space.host for space in spaces)]


def spend_for_login(visit: Visit, key: bytes) -> None:
    """Count a try at somebody's secret words. Raises TooFast.

    Counted for each network, so that whoever knows a sign-in name cannot lock its owner out elsewhere, and
    over all of them, so that guessing from many networks ends too.
    """
    rates = visit.policies.rates
    visit.spend(rates.sign_in_per_login, "login", key.hex(), visit.bucket)
    visit.spend(rates.sign_in_per_login_anywhere, "login", key.hex())


async def checked_record(visit: Visit, login: str, passphrase: str) -> SignInRecord:
    """The account that name and words open. Raises Refused; a wrong name costs and says the same as wrong words."""
    key = login_key(visit, login)
    spend_for_login(visit, key)
    record = await visit.read(lambda tx: queries.sign_in_record(tx, key))
    stored = record.passphrase_hash if record else None
    fits = await visit.derive(lambda: visit.services.passwords.matches(stored, passphrase))
    if record is None or not fits:
        raise Refused(NO_MATCH)
    return record


async def hashed_anew(visit: Visit, record: SignInRecord, passphrase: str) -> PassphraseHash | None:
    """The same words at the cost of today, if it has risen since they were hashed. Only when the code was right too:
    the time that it takes would tell that the words are.
    """
    passwords = visit.services.passwords
    if not passwords.is_outdated(record.passphrase_hash):
        return None
    return await visit.derive(lambda: passwords.hash(passphrase))


def checked_step(visit: Visit, record: SignInRecord, code: str) -> int | None:
    """The time step of a staff code; None when the account has no second factor yet. Raises Refused."""
    if not (record.totp_confirmed and record.totp_secret):
        return None
    secret = visit.services.second_factors.opened(record.totp_secret)
    step = (
        None
        if secret is None
        else visit.services.second_factors.used_step(secret, code, at=visit.now.timestamp(), last_step=record.totp_step)
    )
    if step is None:
        raise Refused(NO_MATCH)
    return step


def sign_in(tx: Transaction, visit: Visit, record: SignInRecord, step: int | None, *, shared: bool) -> SessionToken:
    """Start a session; the code, if there was one, is used up in the same transaction."""
    if step is not None:
        rules.use_second_factor(tx, record.member_id, step)
    return _begun(tx, visit, record, shared=shared, second_factor=step is not None)


def sign_in_by_device(
    tx: Transaction, visit: Visit, passkey: PasskeyRecord, record: SignInRecord, count: int, *, shared: bool
) -> SessionToken:
    """Start a session with a passkey, whose count goes on in the same transaction.

    It stands for words and code: the device was unlocked for it. Where there is a code app, such a passkey was
    added by somebody who had shown a code, and so the session has the second factor too (decision 0019).
    """
    passkeys.use(tx, passkey, count)
    return _begun(tx, visit, record, shared=shared, second_factor=record.totp_confirmed)


def _begun(tx: Transaction, visit: Visit, record: SignInRecord, *, shared: bool, second_factor: bool) -> SessionToken:
    if not ways.are_still(tx, record.member_id, record.passphrase_hash):
        raise Refused(NO_MATCH)
    if visit.viewer.signed_in and visit.viewer.session_id is not None:
        rules.end_session_row(tx, visit.viewer.session_id)
    if reading().in_address:
        rules.speak(tx, record.member_id, reading().language.code)
    return rules.start_session(
        tx,
        record.member_id,
        at=visit.now,
        lifetime=queries.lifetimes(visit.policies.retention).rest(second_factor=second_factor),
        persistent=not shared,
        second_factor=second_factor,
    )


def with_session(visit: Visit, response: Response, token: SessionToken, *, shared: bool) -> Response:
    """The answer with the cookie; on a shared phone it ends with the browser."""
    kept_days = None if shared else visit.policies.retention.session_days
    set_session(response, token, secure=visit.secure, days=kept_days)
    return response


async def joined(visit: Visit, form: JoinForm, *, make: MakeAccount) -> tuple[Code, int]:
    """Make an account and its first card.

    A second press of the button finds the account just made with the same words, and gives a new card
    instead of an error: the first answer may never have arrived. Raises Invalid.
    """
    key, passphrase = login_key(visit, form.login), form.passphrase
    secrets = await new_secrets(visit, key, passphrase, form.login, form.pseudonym)
    try:
        member_id = await visit.write(lambda tx: make(tx, secrets.hashes))
    except Refused:
        record = await visit.read(lambda tx: queries.made_just_now(tx, key, at=visit.now))
        if record is None:
            raise
        spend_for_login(visit, key)
        fits = await visit.derive(lambda: visit.services.passwords.matches(record.passphrase_hash, passphrase))
        if not fits or record.card_kept or record.staff:
            raise Invalid(LOGIN_TAKEN, field="login") from None
        member_id = record.member_id
        await visit.write(lambda tx: rules.replace_recovery_code(tx, member_id, secrets.hashes.recovery_hash))
    return secrets.code, member_id
