"""Joining, signing in, leaving and recovering."""

from starlette.responses import RedirectResponse, Response

from server.accounts import (
    entering,
    own_routes,
    passkey_routes,
    queries,
    rules,
    space_routes,
    staff_routes,
    suggestions,
    ways,
)
from server.accounts.forms import JoinForm, PasskeySignInForm, RecoverForm, SignInForm
from server.accounts.own_routes import member_key
from server.crypto.tokens import Code, SessionToken, plain_code, token_hash
from server.database import Transaction
from server.errors import Invalid, Refused, say
from server.events import BrowserLeft
from server.permissions import Permission
from server.spaces.models import Joining
from server.spaces.queries import SpaceRow, all_spaces, space_by_slug, space_names, space_view
from server.web import failures
from server.web.cookies import drop_seat, drop_session, seat_token, session_token
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import Anywhere, action, always, page, quietly
from server.web.visit import Visit
from server.web.words import reading

KEPT = "kept_"
"""Prefix of the fields that a person had typed when the session ended."""


# Joining -----------------------------------------------------------------------------------------------


def _spaces_to_join(tx: Transaction, visit: Visit) -> list[SpaceRow]:
    return [space for space in all_spaces(tx) if space.place.listed and space.joining == Joining.OPEN]


@page("/join", name="join", needs=Permission.ENTER)
def join_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """The one screen to join, with everything suggested."""
    tx, query = visit.snapshot, visit.query
    invite = form.values.get("invite") or query.get("invite", "")[:40]
    invited = _invited_to(tx, visit, invite)
    if visit.viewer.signed_in:
        return _join_as_member(visit, invited, invite)
    wanted = form.values.get("space") or query.get("space", "") or (invited.slug if invited else "")
    space = space_by_slug(tx, wanted) if wanted else None
    named_here = space is not None and (space.place.listed or space == invited)
    spaces = _spaces_to_join(tx, visit)
    named = space_names(tx, reading().language.code, spaces)
    suggested = {
        "pseudonym": suggestions.pseudonym(),
        "login": suggestions.login(),
        "passphrase": suggestions.passphrase(),
        "invite": invite,
        "space": wanted,
        "shared_phone": "",
    }
    return visit.page(
        "accounts/join.html",
        form=FormState({**suggested, **form.values}, form.errors, form.summary),
        minimum_age=visit.policies.accounts.minimum_age,
        space=space_view(tx, space, reading().language.code) if space and named_here else None,
        choices=[(s.slug, named[s.id][0]) for s in spaces],
    )


def _invited_to(tx: Transaction, visit: Visit, code: str) -> SpaceRow | None:
    return rules.space_of_invitation(tx, code, code_key=visit.services.code_key, on=visit.now.date())


def _join_as_member(visit: Visit, invited: SpaceRow | None, invite: str) -> Response:
    """Somebody who has an account needs no second one: on to the space, or to one's own page."""
    slug = invited.slug if invited else visit.query.get("space")
    if not slug:
        return visit.redirect_to("me")
    return visit.redirect_to("join_space", {"invite": invite} if invite else None, space=slug)


@action("/join", name="do_join", needs=Permission.ENTER, form=JoinForm, again=join_page)
async def do_join(visit: Visit, found: Anywhere, form: JoinForm) -> Response:
    """Make the account and its first membership, and show the recovery code once."""
    visit.spend(visit.policies.rates.join_per_address, "join", visit.bucket)
    wanted = form.space or visit.query.get("space", "")
    on = visit.now.date()
    space = await visit.read(lambda tx: _space_to_join(tx, visit, wanted, form.invite))
    language = reading().language.code if reading().in_address else None

    def make(tx: Transaction, secrets: rules.Secrets) -> int:
        member_id = rules.join(tx, secrets, language=language)
        rules.join_space(
            tx,
            member_id,
            space,
            pseudonym=form.pseudonym,
            invite=form.invite,
            code_key=visit.services.code_key,
            on=on,
        )
        return member_id

    code, member_id = await entering.joined(visit, form, make=make)
    onward = visit.url("space", space=space.slug)
    return await _card(visit, member_id, code, login=form.login, shared=form.shared_phone, onward=onward)


def _space_to_join(tx: Transaction, visit: Visit, wanted: str, invite: str) -> SpaceRow:
    invited = _invited_to(tx, visit, invite)
    space = space_by_slug(tx, wanted) if wanted else invited
    if space is None and not wanted:
        space = next(iter(_spaces_to_join(tx, visit)), None)
    if space is not None and not space.place.listed and space != invited:
        space = None  # whoever has no invitation learns nothing, not even that it exists
    if space is None and plain_code(invite):
        raise Invalid(rules.INVITE_WRONG, field="invite")
    if space is None:
        raise Invalid(say("Please choose a space to join."), field="space")
    return space


async def _card(visit: Visit, member_id: int, code: Code, *, login: str, shared: bool, onward: str) -> Response:
    """Sign in and show the card. It is in this answer only, and nowhere else, and so is the name just typed."""

    def signed_in(tx: Transaction) -> tuple[Response, SessionToken]:
        record = queries.own_record(tx, member_id)
        assert record is not None
        token = entering.sign_in(tx, visit, record, None, shared=shared)
        visit.viewer = visit.services.find_viewer(tx, token, at=visit.now)
        return visit.page("accounts/card.html", code=code, login=login, onward=onward), token

    response, token = await visit.write(signed_in)
    return entering.with_session(visit, response, token, shared=shared)


@action("/me/card", name="card_kept", needs=Permission.KEEP_ACCOUNT)
def card_kept(visit: Visit, found: Anywhere, form: Form) -> Response:
    """The member says that the card is copied."""
    with visit.transaction() as tx:
        rules.card_was_kept(tx, member_key(visit))
    onward = dict(visit.pairs).get("onward", "")
    return visit.redirect(onward if _local(onward) else visit.url("me"))


# Signing in and out ------------------------------------------------------------------------------------


@page("/sign-in", name="sign_in", needs=Permission.ENTER)
def sign_in_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """Name, words, and for staff a code."""
    if form.values.get("target"):
        kept = failures.kept(visit, prefix=KEPT)
        return visit.page("accounts/resume.html", form=form, kept=kept, next=form.values["target"])
    values = {"login": "", "code": "", "shared_phone": "", "next": visit.query.get("next", ""), **form.values}
    challenge, host = passkey_routes.question_for(visit)
    state = FormState(values, form.errors, form.summary)
    return visit.page("accounts/sign_in.html", form=state, challenge=challenge, host=host)


@action("/sign-in", name="do_sign_in", needs=Permission.ENTER, form=SignInForm, again=sign_in_page)
async def do_sign_in(visit: Visit, found: Anywhere, form: SignInForm) -> Response:
    """Start a session; then back to where the person was, with whatever they had typed."""
    visit.spend(visit.policies.rates.sign_in_per_address, "sign-in", visit.bucket)
    record = await entering.checked_record(visit, form.login, form.passphrase)
    step = entering.checked_step(visit, record, form.code)
    newer = await entering.hashed_anew(visit, record, form.passphrase)

    def signed_in(tx: Transaction) -> tuple[Response, SessionToken]:
        token = entering.sign_in(tx, visit, record, step, shared=form.shared_phone)
        if newer is not None:
            ways.keep_hash(tx, record.member_id, before=record.passphrase_hash, now=newer)
        visit.viewer = visit.services.find_viewer(tx, token, at=visit.now)
        return _onward(visit, form), token

    response, token = await visit.write(signed_in)
    return entering.with_session(visit, response, token, shared=form.shared_phone)


@action(
    "/sign-in/passkey", name="do_sign_in_passkey", needs=Permission.ENTER, form=PasskeySignInForm, again=sign_in_page
)
async def do_sign_in_passkey(visit: Visit, found: Anywhere, form: PasskeySignInForm) -> Response:
    """Start a session with the passkey of a device."""
    visit.spend(visit.policies.rates.sign_in_per_address, "sign-in", visit.bucket)
    passkey, record, count = await visit.services.threads.read(lambda: passkey_routes.checked_answer(visit, form))

    def signed_in(tx: Transaction) -> tuple[Response, SessionToken]:
        token = entering.sign_in_by_device(tx, visit, passkey, record, count, shared=form.shared_phone)
        visit.viewer = visit.services.find_viewer(tx, token, at=visit.now)
        return _to_next(visit, form.next), token

    response, token = await visit.write(signed_in)
    return entering.with_session(visit, response, token, shared=form.shared_phone)


def _onward(visit: Visit, form: SignInForm) -> Response:
    if _local(form.target):
        return visit.page("accounts/kept.html", target=form.target, kept=failures.kept(visit, prefix=KEPT))
    return _to_next(visit, form.next)


def _to_next(visit: Visit, wanted: str) -> Response:
    if visit.viewer.staff and not visit.viewer.second_factor:
        return visit.redirect_to("second_factor")
    return visit.redirect(wanted if _local(wanted) else visit.url("spaces"))


@action("/sign-out", name="sign_out", needs=Permission.ENTER)
def sign_out(visit: Visit, found: Anywhere, form: Form) -> Response:
    """End this session."""
    token = session_token(visit.request)
    if token is not None:
        with visit.transaction() as tx:
            rules.end_this_session(tx, token)
    response = visit.redirect_to("home")
    drop_session(response, secure=visit.secure)
    return response


async def _leave(visit: Visit) -> Response:
    """Out, at once: no question, no token, no session needed. A busy database keeps nobody here."""
    token, seat = session_token(visit.request), seat_token(visit.request)
    visit.services.db.hub.publish(BrowserLeft("browser", token_hash(own)) for own in (token, seat) if own is not None)
    if token is not None:
        await quietly(visit.write(lambda tx: rules.end_this_session(tx, token)))
    response = RedirectResponse(visit.services.neutral_url or visit.url("neutral"), 303)
    response.headers["cache-control"] = "no-store"
    response.headers["clear-site-data"] = '"cache", "cookies", "storage"'
    drop_session(response, secure=visit.secure)
    drop_seat(response, secure=visit.secure)
    return response


@always("/leave", name="leave", method="POST", needs=Permission.ENTER)
async def leave(visit: Visit) -> Response:
    """Leave quickly."""
    return await _leave(visit)


@always("/leave", name="leave_page", method="GET", needs=Permission.ENTER)
async def leave_page(visit: Visit) -> Response:
    """The same for somebody who types the address."""
    return await _leave(visit)


@page("/weather", name="neutral", needs=Permission.ENTER)
def neutral(visit: Visit, found: Anywhere) -> Response:
    """A plain page to land on, when the operator has set no other."""
    return visit.answer(visit.services.pages.render("neutral.html", {"language": reading().language}).encode(), 200)


# Recovering --------------------------------------------------------------------------------------------


@page("/recover", name="recover", needs=Permission.ENTER)
def recover_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """The card opens the account again."""
    values = {"login": "", "recovery_code": "", "passphrase": suggestions.passphrase(), "code": "", **form.values}
    return visit.page("accounts/recover.html", form=FormState(values, form.errors, form.summary))


@action("/recover", name="do_recover", needs=Permission.ENTER, form=RecoverForm, again=recover_page)
async def do_recover(visit: Visit, found: Anywhere, form: RecoverForm) -> Response:
    """New secret words, a new card; every session ends."""
    visit.spend(visit.policies.rates.sign_in_per_address, "recover", visit.bucket)
    key = entering.login_key(visit, form.login)
    entering.spend_for_login(visit, key)
    record = await visit.read(lambda tx: queries.sign_in_record(tx, key))
    stored = record.recovery_hash if record else None
    typed = plain_code(form.recovery_code)
    fits = await visit.derive(lambda: visit.services.passwords.matches(stored, typed))
    if record is None or not fits:
        raise Refused(entering.NO_MATCH)
    step = entering.checked_step(visit, record, form.code)
    secrets = await entering.new_secrets(visit, key, form.passphrase, form.login)

    def recovered(tx: Transaction) -> None:
        rules.recover(tx, record.member_id, used=record.recovery_hash, new=secrets.hashes, on=visit.now.date())
        if step is not None:
            rules.use_second_factor(tx, record.member_id, step)

    await visit.write(recovered)
    onward = visit.url("me")
    return await _card(visit, record.member_id, secrets.code, login=form.login, shared=True, onward=onward)


def _local(address: str) -> bool:
    """Whether an address stays on this site; `//elsewhere` and backslashes do not."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address


routes = [
    join_page,
    do_join,
    card_kept,
    sign_in_page,
    do_sign_in,
    do_sign_in_passkey,
    sign_out,
    leave,
    leave_page,
    neutral,
    recover_page,
    do_recover,
    *own_routes.routes,
    *passkey_routes.routes,
    *space_routes.routes,
    *staff_routes.routes,
]
