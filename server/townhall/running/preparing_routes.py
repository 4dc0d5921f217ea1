"""Preparing a hall: what it says of itself, how questions are read, the agenda, speakers, and the page about risks."""

from starlette.responses import Response

from server.database import Transaction
from server.errors import Refused, say
from server.permissions import Permission, Role
from server.townhall.halls import arranging, rules, words
from server.townhall.halls.addresses import the_hall
from server.townhall.halls.arranging import About
from server.townhall.halls.queries import HallFound
from server.townhall.halls.routes import RISKS
from server.townhall.halls.states import HallState, SessionKind
from server.townhall.halls.team import Acting, acting
from server.townhall.halls.views import hall_view
from server.townhall.running import readiness
from server.townhall.running.forms import (
    HALL_WORDS,
    ITEM_WORDS,
    MOST_MINUTES,
    SPEAKER_WORDS,
    AboutForm,
    HallAboutForm,
    ItemForm,
    NewItemForm,
    NewSpeakerForm,
    ReadingForm,
    RisksForm,
    SpeakerForm,
)
from server.townhall.running.routes import HOLDING
from server.townhall.running.views import in_halls_time
from server.townhall.running.words import RISK_QUESTIONS, SESSION_KINDS, SESSION_STATES
from server.web.fields import BLANK, Form, FormState
from server.web.rooms import action, page
from server.web.tongues import labels, tongues, written
from server.web.visit import Visit
from server.web.words import reading

NOT_ACCEPTED = say("Please tick that what is kept, and for how long, is right for this hall.")
NOT_SO_LONG = say("An item takes a day at most.")


def _by(visit: Visit, found: HallFound, tx: Transaction) -> Acting:
    return acting(tx, found.hall, visit.viewer.member_id, Role.FACILITATOR, at=visit.now)


# What the hall says of itself ----------------------------------------------------------------------------


@page("/h/{code}/prepare", name="prepare_hall", needs=Permission.RUN_HALL, at=the_hall)
def prepare_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """What is missing, what the hall says of itself, and how questions are read."""
    tx, hall, said = visit.snapshot, found.hall, visit.services.pages.catalogues.said
    own = words.words_of(tx, hall.id, hall.base_language)
    there = {
        f"{part.name}_{code}": text
        for part in HALL_WORDS
        for code, text in own.in_all(words.HALL, 0, part.name).items()
    }
    usual = {
        **there,
        "link": hall.link,
        "sign_video": hall.sign_video,
        "captions_kept": "yes" if hall.captions_kept else "",
        "premoderated": "yes" if hall.premoderated else "",
        "risk": str(hall.risk),
    }
    shown = FormState({**usual, **form.values} if not form.values else dict(form.values), form.errors, form.summary)
    shown = FormState({**dict.fromkeys(usual, ""), **shown.values}, shown.errors, shown.summary)
    parts = tongues(visit, shown, HALL_WORDS, first=list(hall.languages))
    return visit.page(
        "townhall/prepare.html",
        hall=hall_view(tx, hall, reading().language.code),
        form=shown,
        now=FormState(usual),
        tongues=parts,
        labels=labels(parts),
        steps=readiness.steps(tx, hall),
        risks=[(str(risk), said(sentence)) for risk, sentence in RISKS.items()],
        prepared=hall.state == HallState.PREPARING,
        over=hall.state == HallState.CLOSED,
    )


@action(
    "/h/{code}/prepare",
    name="describe_hall",
    needs=Permission.RUN_HALL,
    form=HallAboutForm,
    at=the_hall,
    again=prepare_page,
)
def describe_hall(visit: Visit, found: HallFound, form: AboutForm) -> Response:
    """What the hall says of itself."""
    typed = written(form, HALL_WORDS, first=found.hall.base_language)
    kept = form.captions_kept if found.hall.state == HallState.PREPARING else found.hall.captions_kept
    about = About(
        titles={code: texts["title"] for code, texts in typed.items()},
        purposes={code: texts["purpose"] for code, texts in typed.items()},
        link=form.link,
        sign_video=form.sign_video,
        captions_kept=kept,
    )
    with visit.transaction() as tx:
        arranging.describe(tx, found.hall, about, _by(visit, found, tx))
    return visit.redirect_to("prepare_hall", {"done": "hall_saved"}, code=found.hall.code)


@action(
    "/h/{code}/reading",
    name="choose_reading",
    needs=Permission.RUN_HALL,
    form=ReadingForm,
    at=the_hall,
    again=prepare_page,
)
def choose_reading(visit: Visit, found: HallFound, form: ReadingForm) -> Response:
    """Whether every question is read first."""
    with visit.transaction() as tx:
        by = _by(visit, found, tx)
        rules.choose_reading(tx, found.hall, premoderated=form.premoderated, risk=form.risk, by=by)
    return visit.redirect_to("prepare_hall", {"done": "hall_saved"}, code=found.hall.code)


# Agenda and speakers -------------------------------------------------------------------------------------


@page("/h/{code}/agenda", name="hall_agenda", needs=Permission.RUN_HALL, at=the_hall)
def agenda_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Every item, in order, and the form of a new one."""
    tx, hall, said = visit.snapshot, found.hall, visit.services.pages.catalogues.said
    usual = {"kind": str(SessionKind.QUESTIONS), "minutes": "0"}
    shown = FormState({**usual, **form.values}, form.errors, form.summary)
    parts = tongues(visit, shown, ITEM_WORDS, first=list(hall.languages))
    return visit.page(
        "townhall/agenda.html",
        hall=hall_view(tx, hall, reading().language.code),
        form=shown,
        tongues=parts,
        labels=labels(parts),
        kinds=[(str(kind), said(sentence)) for kind, sentence in SESSION_KINDS.items()],
        kind_words=SESSION_KINDS,
        state_words=SESSION_STATES,
    )


@action(
    "/h/{code}/agenda", name="add_item", needs=Permission.RUN_HALL, form=NewItemForm, at=the_hall, again=agenda_page
)
def add_item(visit: Visit, found: HallFound, form: ItemForm) -> Response:
    """One more item at the end."""
    typed = written(form, ITEM_WORDS, first=found.hall.base_language)
    if form.minutes > MOST_MINUTES:
        raise Refused(NOT_SO_LONG, field="minutes")
    titles = {code: texts["title"] for code, texts in typed.items()}
    with visit.transaction() as tx:
        by, most = _by(visit, found, tx), visit.policies.halls.sessions
        rules.add_session(tx, found.hall, form.kind, titles, form.minutes, most=most, by=by)
    return visit.redirect_to("hall_agenda", code=found.hall.code)


@action(
    "/h/{code}/agenda/{item}/earlier", name="item_earlier", needs=Permission.RUN_HALL, at=the_hall, again=agenda_page
)
def item_earlier(visit: Visit, found: HallFound, form: Form) -> Response:
    """One place up."""
    with visit.transaction() as tx:
        arranging.move_session(tx, found.hall, visit.reference("item"), _by(visit, found, tx))
    return visit.redirect_to("hall_agenda", code=found.hall.code)


@action("/h/{code}/agenda/{item}/drop", name="drop_item", needs=Permission.RUN_HALL, at=the_hall, again=agenda_page)
def drop_item(visit: Visit, found: HallFound, form: Form) -> Response:
    """Off the agenda."""
    with visit.transaction() as tx:
        arranging.drop_session(tx, found.hall, visit.reference("item"), _by(visit, found, tx))
    return visit.redirect_to("hall_agenda", code=found.hall.code)


@page("/h/{code}/speakers", name="hall_speakers", needs=Permission.RUN_HALL, at=the_hall)
def speakers_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """Who speaks, and for whom."""
    tx, hall, language = visit.snapshot, found.hall, reading().language.code
    own = words.words_of(tx, hall.id, hall.base_language)
    parts = tongues(visit, form, SPEAKER_WORDS, first=list(hall.languages))
    return visit.page(
        "townhall/speakers.html",
        hall=hall_view(tx, hall, language),
        form=form,
        tongues=parts,
        labels=labels(parts),
        speakers=[
            (row.public_id, *(own.said(language, words.SPEAKER, row.id, part.name) for part in SPEAKER_WORDS))
            for row in arranging.speakers_of(tx, hall.id)
        ],
    )


@action(
    "/h/{code}/speakers",
    name="add_speaker",
    needs=Permission.RUN_HALL,
    form=NewSpeakerForm,
    at=the_hall,
    again=speakers_page,
)
def add_speaker(visit: Visit, found: HallFound, form: SpeakerForm) -> Response:
    """Somebody who speaks."""
    typed = written(form, SPEAKER_WORDS, first=found.hall.base_language)
    names = {code: texts["name"] for code, texts in typed.items()}
    about = {code: texts["about"] for code, texts in typed.items()}
    with visit.transaction() as tx:
        arranging.add_speaker(tx, found.hall, names, about, _by(visit, found, tx))
    return visit.redirect_to("hall_speakers", code=found.hall.code)


@action(
    "/h/{code}/speakers/{speaker}/drop",
    name="drop_speaker",
    needs=Permission.RUN_HALL,
    at=the_hall,
    again=speakers_page,
)
def drop_speaker(visit: Visit, found: HallFound, form: Form) -> Response:
    """Somebody speaks no more."""
    with visit.transaction() as tx:
        arranging.drop_speaker(tx, found.hall, visit.reference("speaker"), _by(visit, found, tx))
    return visit.redirect_to("hall_speakers", code=found.hall.code)


# The page about risks ------------------------------------------------------------------------------------


@page("/h/{code}/risks", name="hall_risks", needs=Permission.HOLD_HALL, at=the_hall)
def risks_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The questions, what was answered, and who may sign."""
    tx, hall, me = visit.snapshot, found.hall, visit.viewer.member_id
    in_halls_time(visit, hall)
    known = readiness.risks_of(tx, hall.id)
    usual = dict(known.answers) if known is not None else {}
    said = visit.services.pages.catalogues.said
    return visit.page(
        "townhall/risks.html",
        hall=hall_view(tx, hall, reading().language.code),
        form=FormState({**usual, **form.values}, form.errors, form.summary),
        known=known,
        questions=[(name, said(sentence)) for name, sentence in RISK_QUESTIONS.items()],
        may_sign=known is not None and known.signed_by is None and known.written_by != me,
        over=hall.state == HallState.CLOSED,
        days=visit.policies.retention.hall_days,
    )


@action(
    "/h/{code}/risks", name="write_risks", needs=Permission.HOLD_HALL, form=RisksForm, at=the_hall, again=risks_page
)
def write_risks(visit: Visit, found: HallFound, form: RisksForm) -> Response:
    """Answer them."""
    if not form.retention:
        raise Refused(NOT_ACCEPTED, field="retention")
    answers = {name: getattr(form, name) for name in RISK_QUESTIONS}
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *HOLDING, at=visit.now)
        rules.write_risks(tx, found.hall, answers, by)
    return visit.redirect_to("hall_risks", {"done": "risks_written"}, code=found.hall.code)


@action("/h/{code}/risks/sign", name="sign_risks", needs=Permission.HOLD_HALL, at=the_hall, again=risks_page)
def sign_risks(visit: Visit, found: HallFound, form: Form) -> Response:
    """The second person agrees."""
    with visit.transaction() as tx:
        by = acting(tx, found.hall, visit.viewer.member_id, *HOLDING, at=visit.now)
        rules.sign_risks(tx, found.hall, by)
    return visit.redirect_to("hall_risks", {"done": "risks_signed"}, code=found.hall.code)


routes = [
    prepare_page,
    describe_hall,
    choose_reading,
    agenda_page,
    add_item,
    item_earlier,
    drop_item,
    speakers_page,
    add_speaker,
    drop_speaker,
    risks_page,
    write_risks,
    sign_risks,
]
