"""One's own page: notices, names, sessions, the recovery card, the second factor of staff."""

from dataclasses import dataclass

import segno
from markupsafe import Markup
from starlette.responses import Response

from server.accounts import notices, passkeys, queries, rules, ways
from server.accounts.forms import Calendar, CalendarForm, PassphraseForm, SecondFactorForm
from server.accounts.queries import SignInRecord
from server.crypto.tokens import new_code, plain_code
from server.database import Transaction
from server.errors import Invalid, NotFound, Sentence, say
from server.permissions import INSTALLATION, Permission
from server.spaces.queries import all_spaces, space_names
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import Anywhere, action, page
from server.web.visit import Visit
from server.web.words import language_dir, reading

CALENDARS: dict[Calendar, Sentence] = {
    Calendar.GREGORIAN: say("The calendar with January to December"),
    Calendar.PERSIAN: say("The Persian calendar (Solar Hijri), in numbers"),
}


@dataclass(frozen=True, slots=True)
class MembershipLine:
    """One's name in one space."""

    space_slug: str
    space_name: str
    language: str
    dir: str
    pseudonym: str
    known: bool


@page("/me", name="me", needs=Permission.KEEP_ACCOUNT)
def me(visit: Visit, found: Anywhere) -> Response:
    """Notices, names, sessions."""
    tx, viewer = visit.snapshot, visit.viewer
    return visit.page(
        "accounts/me.html",
        memberships=_membership_lines(tx, visit),
        notices=notices.told(tx, visit),
        way_changed=notices.way_changed(visit),
        news=visit.services.news(visit),
        edits_help=viewer.may(Permission.EDIT_HELP, INSTALLATION),
        sessions=queries.sessions_of(tx, viewer, at=visit.now),
        staff=viewer.staff,
        steward=viewer.may(Permission.STEWARD, INSTALLATION),
        second_factor=viewer.second_factor,
    )


@action("/me/sessions/{session}/end", name="end_session", needs=Permission.KEEP_ACCOUNT)
def end_session(visit: Visit, found: Anywhere, form: Form) -> Response:
    """Sign one browser out."""
    with visit.transaction() as tx:
        rules.end_session(tx, visit.viewer, visit.reference("session"))
    return visit.redirect_to("me")


@action("/me/sessions/end-others", name="end_other_sessions", needs=Permission.KEEP_ACCOUNT)
def end_other_sessions(visit: Visit, found: Anywhere, form: Form) -> Response:
    """Sign every other browser out."""
    with visit.transaction() as tx:
        rules.end_other_sessions(tx, visit.viewer)
    return visit.redirect_to("me")


@action("/me/notices/{notice}/dismiss", name="dismiss_notice", needs=Permission.KEEP_ACCOUNT)
def dismiss_notice(visit: Visit, found: Anywhere, form: Form) -> Response:
    """Put a notice away."""
    with visit.transaction() as tx:
        rules.dismiss(tx, visit.viewer, visit.reference("notice"))
    return visit.redirect_to("me")


@page("/me/calendar", name="calendar", needs=Permission.KEEP_ACCOUNT)
def calendar_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """How dates are told on one's own pages."""
    said = visit.services.pages.catalogues.said
    chosen = {"calendar": visit.viewer.calendar or Calendar.GREGORIAN}
    return visit.page(
        "accounts/calendar.html",
        form=FormState({**chosen, **form.values}, form.errors, form.summary),
        choices=[(str(kind), said(sentence)) for kind, sentence in CALENDARS.items()],
    )


@action("/me/calendar", name="choose_calendar", needs=Permission.KEEP_ACCOUNT, form=CalendarForm, again=calendar_page)
def choose_calendar(visit: Visit, found: Anywhere, form: CalendarForm) -> Response:
    """Change it."""
    with visit.transaction() as tx:
        rules.tell_dates_in(tx, member_key(visit), "" if form.calendar is Calendar.GREGORIAN else form.calendar)
    return visit.redirect_to("calendar", {"done": "chosen"})


@page("/me/recovery-code", name="new_recovery_code", needs=Permission.KEEP_ACCOUNT)
def recovery_code_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """Ask for the words before a new card is made."""
    return visit.page("accounts/new_recovery_code.html", form=form)


@action(
    "/me/recovery-code",
    name="do_new_recovery_code",
    needs=Permission.KEEP_ACCOUNT,
    form=PassphraseForm,
    again=recovery_code_page,
)
async def do_new_recovery_code(visit: Visit, found: Anywhere, form: PassphraseForm) -> Response:
    """A new card; the old one is worth nothing."""
    member_id = member_key(visit)
    visit.spend(visit.policies.rates.sign_in_per_login, "card", str(member_id))
    record = await _must_know_the_words(visit, form.passphrase)
    code = new_code()
    hashed = await visit.derive(lambda: visit.services.passwords.hash(plain_code(code)))

    def shown(tx: Transaction) -> Response:
        ways.must_still_be(tx, member_id, record.passphrase_hash)
        rules.replace_recovery_code(tx, member_id, hashed)
        ways.note(tx, member_id, visit.now.date())
        return visit.page("accounts/card.html", code=code, login="", onward=visit.url("me"))

    return await visit.write(shown)


@page("/me/second-factor", name="second_factor", needs=Permission.KEEP_ACCOUNT)
def second_factor_page(visit: Visit, found: Anywhere, form: FormState = BLANK) -> Response:
    """A QR code for an authenticator app. The secret is kept only when its first code was right."""
    factors = visit.services.second_factors
    record = queries.own_record(visit.snapshot, member_key(visit))
    if record is None or not record.staff:
        raise NotFound
    if record.totp_confirmed:
        return visit.redirect_to("me")
    secret = _unsealed(visit, form.values.get("sealed", "")) or factors.new_secret()
    address = factors.address(secret, installation=visit.services.operator)
    qr = segno.make(address, error="m").svg_inline(scale=4, omitsize=True, svgclass="qr", lineclass=None)
    return visit.page(
        "accounts/second_factor.html",
        form=form,
        qr=Markup(qr),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        sealed=factors.sealed(secret).hex(),
        has_passkeys=bool(passkeys.passkeys_of(visit.snapshot, member_key(visit))),
    )


@action(
    "/me/second-factor",
    name="do_second_factor",
    needs=Permission.KEEP_ACCOUNT,
    form=SecondFactorForm,
    again=second_factor_page,
)
async def do_second_factor(visit: Visit, found: Anywhere, form: SecondFactorForm) -> Response:
    """Keep the app's secret once it has shown a right code.

    The words are asked too: an open session of somebody who has just been given a role must not be enough to lock
    them out with another person's app.
    """
    visit.spend(visit.policies.rates.sign_in_per_login, "second-factor", str(member_key(visit)))
    secret = _unsealed(visit, form.sealed)
    factors = visit.services.second_factors
    step = secret and factors.used_step(secret, form.code, at=visit.now.timestamp(), last_step=0)
    if not secret or not step:
        raise Invalid(say("This code does not fit. Please type the newest one from your app."), field="code")
    record, member_id = await _must_know_the_words(visit, form.passphrase), member_key(visit)
    lifetime, sealed = queries.lifetimes(visit.policies.retention).staff, factors.sealed(secret)

    def kept(tx: Transaction) -> Response:
        ways.must_still_be(tx, member_id, record.passphrase_hash)
        rules.set_second_factor(tx, visit.viewer, sealed, step, at=visit.now, lifetime=lifetime)
        return visit.redirect_to("me", {"done": "second_factor"})

    return await visit.write(kept)


async def _must_know_the_words(visit: Visit, passphrase: str) -> SignInRecord:
    """Raises Invalid unless these are the secret words of whoever is signed in."""
    member_id = member_key(visit)
    record = await visit.read(lambda tx: queries.own_record(tx, member_id))
    assert record is not None
    if not await visit.derive(lambda: visit.services.passwords.matches(record.passphrase_hash, passphrase)):
        raise Invalid(ways.NOT_YOURS, field="passphrase")
    return record


def _membership_lines(tx: Transaction, visit: Visit) -> list[MembershipLine]:
    spaces = [space for space in all_spaces(tx) if space.id in visit.viewer.standings]
    named = space_names(tx, reading().language.code, spaces)
    lines: list[MembershipLine] = []
    for space in spaces:
        name, _, language = named[space.id]
        standing = visit.viewer.standings[space.id]
        direction = language_dir(language)
        lines.append(MembershipLine(space.slug, name, language, direction, standing.pseudonym, standing.known))
    return lines


def _unsealed(visit: Visit, sealed: str) -> str | None:
    """The secret in the form, if it is one that this server sealed."""
    try:
        return visit.services.second_factors.opened(bytes.fromhex(sealed)) if sealed else None
    except ValueError:
        return None


def member_key(visit: Visit) -> int:
    """The key of whoever is signed in. Raises NotFound for a guest; the permission table has refused before."""
    if visit.viewer.member_id is None:
        raise NotFound
    return visit.viewer.member_id


routes = [
    me,
    end_session,
    end_other_sessions,
    dismiss_notice,
    calendar_page,
    choose_calendar,
    recovery_code_page,
    do_new_recovery_code,
    second_factor_page,
    do_second_factor,
]
