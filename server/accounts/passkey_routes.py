"""One's passkeys: the list, one more, one less; and signing in with one. All of it is ordinary forms."""

from dataclasses import dataclass

from starlette.responses import Response

from server.accounts import passkeys, queries, ways
from server.accounts.forms import NewPasskeyForm, PasskeySignInForm, PassphraseForm
from server.accounts.own_routes import member_key
from server.accounts.passkeys import PasskeyLine, PasskeyRecord
from server.accounts.queries import SignInRecord
from server.crypto.passkeys import NAME, Answer, Passkeys, WrongKey, known_names
from server.database import Transaction
from server.errors import Invalid, NotFound, Refused, say
from server.permissions import INSTALLATION, Permission, Place
from server.web.fields import BLANK, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit

CODE_FIRST = say("You are staff here. Please sign in with the code of your app first.")


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """The passkey in the address."""

    line: PasskeyLine
    place: Place = INSTALLATION


def the_own_passkey(tx: Transaction, visit: Visit) -> OwnPasskey | None:
    """The passkey in the address, for its owner only."""
    if visit.viewer.member_id is None:
        return None
    line = passkeys.passkey_named(tx, visit.viewer.member_id, visit.reference("passkey"))
    return None if line is None else OwnPasskey(line)


def offered(visit: Visit) -> Passkeys | None:
    """Passkeys, where they can work: at the one address that they were made for, and not over an onion or a number."""
    known = visit.services.passkeys
    asked = visit.request.headers.get("host", "").partition(":")[0].lower()
    return known if known is not None and asked == known.party.host else None


@page("/me/passkeys", name="passkeys", needs=Permission.KEEP_ACCOUNT)
def passkeys_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """The list, and the form for one more."""
    tx, member_id, here = visit.snapshot, member_key(visit), offered(visit)
    own = queries.own_record(tx, member_id)
    if own is None:
        raise NotFound
    most, lines = visit.policies.accounts.passkeys_per_account, passkeys.passkeys_of(tx, member_id)
    return visit.page(
        "accounts/passkeys.html",
        form=form,
        passkeys=lines,
        most=most,
        full=len(lines) >= most,
        here=here is not None,
        host=here.party.host if here else "",
        name=NAME,
        challenge=here.question(visit.viewer.session_key, at=visit.now) if here else "",
        handle=here.user_handle() if here else "",
        known=known_names(passkeys.credentials_of(tx, member_id)),
        code_first=_code_first(visit, own),
    )


@action("/me/passkeys", name="add_passkey", needs=Permission.KEEP_ACCOUNT, form=NewPasskeyForm, again=passkeys_page)
async def add_passkey(visit: Visit, found: Anywhere, form: NewPasskeyForm) -> Response:
    """Keep the new key of a device, once the secret words have shown that it is really the member who asks."""
    here = offered(visit)
    if here is None:
        raise Refused(passkeys.NOT_ADDED)
    member_id = member_key(visit)
    record = await check_words(visit, member_id, form.passphrase)
    if _code_first(visit, record):
        raise Refused(CODE_FIRST)
    try:
        new = here.made(
            form.challenge, form.client_data, form.attestation, session_key=visit.viewer.session_key, at=visit.now
        )
    except WrongKey:
        raise Refused(passkeys.NOT_ADDED) from None
    most = visit.policies.accounts.passkeys_per_account

    def added(tx: Transaction) -> None:
        ways.must_still_be(tx, member_id, record.passphrase_hash)
        passkeys.add(tx, member_id, new, label=form.label, most=most, at=visit.now)

    await visit.write(added)
    return visit.redirect_to("passkeys", {"done": "passkey_added"})


@page("/me/passkeys/{passkey}/remove", name="remove_passkey", needs=Permission.KEEP_ACCOUNT, at=the_own_passkey)
def remove_passkey_page(visit: Visit, found: OwnPasskey, form: FormState = BLANK) -> Response:
    """Ask for the words before it is removed."""
    return visit.page("accounts/remove_passkey.html", form=form, passkey=found.line)


@action(
    "/me/passkeys/{passkey}/remove",
    name="do_remove_passkey",
    needs=Permission.KEEP_ACCOUNT,
    form=PassphraseForm,
    at=the_own_passkey,
    again=remove_passkey_page,
)
async def do_remove_passkey(visit: Visit, found: OwnPasskey, form: PassphraseForm) -> Response:
    """It opens nothing any more."""
    member_id = member_key(visit)
    await check_words(visit, member_id, form.passphrase)
    await visit.write(lambda tx: passkeys.remove(tx, member_id, found.line.public_id, on=visit.now.date()))
    return visit.redirect_to("passkeys", {"done": "passkey_removed"})


async def check_words(visit: Visit, member_id: int, passphrase: str) -> SignInRecord:
    """Whether it is really the member who asks. Raises Invalid for other words, TooFast after too many tries."""
    visit.spend(visit.policies.rates.sign_in_per_login, "passkey", str(member_id))
    record = await visit.read(lambda tx: queries.own_record(tx, member_id))
    stored = record.passphrase_hash if record else None
    fits = await visit.derive(lambda: visit.services.passwords.matches(stored, passphrase))
    if record is None or not fits:
        raise Invalid(ways.NOT_YOURS, field="passphrase")
    return record


def checked_answer(visit: Visit, form: PasskeySignInForm) -> tuple[PasskeyRecord, SignInRecord, int]:
    """The passkey that answered, its account, and its count. Raises Refused, in the same words whatever is wrong."""
    here = offered(visit)
    with visit.services.db.reading() as tx:
        passkey = passkeys.record_of(tx, form.credential)
        record = queries.own_record(tx, passkey.member_id) if passkey else None
    if here is None:
        raise Refused(passkeys.NO_MATCH)
    answer = Answer(form.credential, form.client_data, form.authenticator_data, form.signature)
    key, count = (passkey.public_key, passkey.sign_count) if passkey else (None, 0)
    try:
        counted = here.counted(form.challenge, answer, public_key=key, sign_count=count, at=visit.now)
    except WrongKey:
        raise Refused(passkeys.NO_MATCH) from None
    if passkey is None or record is None:
        raise Refused(passkeys.NO_MATCH)
    return passkey, record, counted


def question_for(visit: Visit) -> tuple[str, str]:
    """What a device shall sign to sign in, and the host that it knows; both empty where passkeys do not work."""
    here = offered(visit)
    return ("", "") if here is None else (here.question(at=visit.now), here.party.host)


def _code_first(visit: Visit, record: SignInRecord) -> bool:
    """Whether the account has, or must have, a code app, and this session was begun without it."""
    return (record.staff or record.totp_confirmed) and not visit.viewer.second_factor


routes = [passkeys_page, add_passkey, remove_passkey_page, do_remove_passkey]
