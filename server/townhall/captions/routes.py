"""The addresses of captions: people read them at their own pace, captioners and interpreters write them."""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from server.database import Transaction
from server.errors import NotFound
from server.permissions import Permission, Role
from server.spaces.queries import space_by_id
from server.townhall.captions import exporting, rules, translating, views
from server.townhall.captions.forms import CaptionForm, MendForm, WordsForm
from server.townhall.captions.models import Origin
from server.townhall.captions.rules import Segment
from server.townhall.halls import queries
from server.townhall.halls.addresses import the_hall, works_in
from server.townhall.halls.queries import HallFound
from server.townhall.halls.states import HallState
from server.townhall.halls.views import hall_view
from server.web.fields import BLANK, FormState
from server.web.headers import FRAMED
from server.web.rooms import action, page
from server.web.visit import Visit
from server.web.words import reading

REFRESH_SECONDS = 5
SIZES = ("", "large", "larger")
GOES_ON = (HallState.OPEN, HallState.PAUSED, HallState.FROZEN)


def the_captions(tx: Transaction, visit: Visit) -> HallFound | None:
    """The hall in the address, if it is held in the language of the address."""
    found = the_hall(tx, visit)
    return found if found is not None and _language(visit) in found.hall.languages else None


def _language(visit: Visit) -> str:
    return str(visit.request.path_params["lang"])


def _may_read(visit: Visit, found: HallFound) -> bool:
    """Whoever has a seat, the team, and afterwards everybody who may read the space if the captions are kept."""
    if found.seat is not None or works_in(visit, found):
        return True
    space = space_by_id(visit.snapshot, found.hall.space_id)
    is_kept = found.hall.state == HallState.CLOSED and found.hall.captions_kept
    return is_kept and space is not None and visit.viewer.may(Permission.READ_SPACE, space.place)


def _writes(found: HallFound, language: str) -> bool:
    return any(duty.role == Role.CAPTIONER and duty.language == language for duty in found.duties)


@page("/h/{code}/captions/{lang}", name="hall_captions", needs=Permission.ENTER_HALL, at=the_captions)
def captions_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The captions in one language; for those who write them, the page to write."""
    if not _may_read(visit, found):
        return visit.redirect_to("hall", code=found.hall.code)
    if "framed" in visit.query:
        return _frame(visit, found)
    if _writes(found, _language(visit)) and "read" not in visit.query:
        return _writing(visit, found, form)
    return _reading(visit, found)


def _reading(visit: Visit, found: HallFound) -> Response:
    asked, hall, language = visit.query, found.hall, _language(visit)
    whole = "whole" in asked or hall.state not in GOES_ON
    look = views.transcript if whole else views.last_lines
    size = asked.get("size", "") if asked.get("size", "") in SIZES else ""
    response = visit.page(
        "townhall/captions.html",
        hall=hall_view(visit.snapshot, hall, reading().language.code),
        stream=look(visit.snapshot, hall, language),
        whole=whole,
        goes_on=hall.state in GOES_ON,
        size=size,
        wide="wide" in asked,
        paused="paused" in asked,
        links=_links(visit, found, size),
        writes=_writes(found, language),
    )
    if not whole and "paused" not in asked:
        response.headers["refresh"] = str(REFRESH_SECONDS)
    return response


def _links(visit: Visit, found: HallFound, size: str) -> Mapping[str, str]:
    """Where each way of reading leads: the same page with one thing changed and the others kept."""
    asked = {name: "1" for name in ("whole", "wide", "paused", "read") if name in visit.query}
    asked |= {"size": size} if size else {}

    def to(name: str, value: str) -> str:
        kept = {key: each for key, each in {**asked, name: value}.items() if each}
        return visit.url("hall_captions", kept, code=found.hall.code, lang=_language(visit))

    switched = {name: to(name, "" if name in asked else "1") for name in ("whole", "wide", "paused")}
    return {**switched, "size": to("size", SIZES[(SIZES.index(size) + 1) % len(SIZES)])}


def _frame(visit: Visit, found: HallFound) -> Response:
    """The last lines in a frame beside what an interpreter types."""
    stream = views.last_lines(visit.snapshot, found.hall, _language(visit), views.BESIDE)
    response = visit.page("townhall/captions_frame.html", stream=stream)
    response.headers["content-security-policy"] = FRAMED
    if found.hall.state in GOES_ON:
        response.headers["refresh"] = str(REFRESH_SECONDS)
    return response


def _writing(visit: Visit, found: HallFound, form: FormState) -> Response:
    tx, hall, language, viewer = visit.snapshot, found.hall, _language(visit), visit.viewer
    session = views.current(tx, hall.id)
    assert viewer.member_id is not None
    beside = hall.base_language
    return visit.page(
        "townhall/captioning.html",
        hall=hall_view(tx, hall, reading().language.code),
        lang=language,
        form=FormState({"text": "", "origin": "", "words": "", **form.values}, form.errors, form.summary),
        mended=form.values.get("number", ""),
        own=views.own_lines(tx, hall, session, language, viewer.member_id) if session else [],
        session=session,
        beside=beside if beside != language else "",
        origins=[(str(origin), visit.services.pages.catalogues.said(views.ORIGINS[origin])) for origin in Origin],
        usual=str(_usual(found, language)),
    )


def _usual(found: HallFound, language: str) -> Origin:
    return Origin.CAPTIONER if language == found.hall.base_language else Origin.INTERPRETER


@action(
    "/h/{code}/captions/{lang}",
    name="write_caption",
    needs=Permission.WRITE_CAPTIONS,
    form=CaptionForm,
    at=the_captions,
    again=captions_page,
)
def write_caption(visit: Visit, found: HallFound, form: CaptionForm) -> Response:
    """One more segment, for the item that is on."""
    language = _language(visit)
    with visit.transaction() as tx:
        writer = rules.captioner(tx, found.hall, visit.viewer.member_id, language)
        session = views.current(tx, found.hall.id)
        if session is None:
            raise rules.Refused(rules.NOT_BEGUN)
        origin = form.origin or _usual(found, language)
        rules.add(tx, found.hall, Segment(session.id, language, form.text, origin), writer, at=visit.now)
    return visit.redirect_to("hall_captions", code=found.hall.code, lang=language)


@action(
    "/h/{code}/captions/{lang}/mend",
    name="mend_caption",
    needs=Permission.WRITE_CAPTIONS,
    form=MendForm,
    at=the_captions,
    again=captions_page,
)
def mend_caption(visit: Visit, found: HallFound, form: MendForm) -> Response:
    """Other words for one of one's last three segments."""
    language = _language(visit)
    with visit.transaction() as tx:
        writer = rules.captioner(tx, found.hall, visit.viewer.member_id, language)
        agenda = queries.sessions_of(tx, found.hall.id)
        session = next((item for item in agenda if item.public_id == form.session), None)
        if session is None:
            raise NotFound
        rules.mend(tx, found.hall, (session.id, language, form.number), form.words, writer, at=visit.now)
    return visit.redirect_to("hall_captions", code=found.hall.code, lang=language)


# Files ---------------------------------------------------------------------------------------------------


@page("/h/{code}/captions/{lang}/as/{kind}", name="captions_file", needs=Permission.ENTER_HALL, at=the_captions)
def captions_file(visit: Visit, found: HallFound) -> Response:
    """Everything that was said in one language, as a file: vtt, txt or html."""
    make = FILES.get(visit.request.path_params["kind"])
    if make is None:
        raise NotFound
    if not _may_read(visit, found):
        return visit.redirect_to("hall", code=found.hall.code)
    return make(visit, found)


def _download(visit: Visit, found: HallFound, body: str, kind: str, media_type: str) -> Response:
    name = f"captions-{found.hall.code}-{_language(visit)}.{kind}"
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="{name}"'}
    return Response(body.encode("utf-8"), 200, headers, media_type=media_type)


def _vtt(visit: Visit, found: HallFound) -> Response:
    said, language = visit.services.pages.catalogues.said, _language(visit)
    stream = views.transcript(visit.snapshot, found.hall, language)
    origin = ", ".join(said(origin) for origin in stream.origins)
    pieces = views.pieces(visit.snapshot, found.hall, language)
    body = exporting.webvtt(pieces, language=language, origin=origin, machine=_machine(visit))
    return _download(visit, found, body, "vtt", "text/vtt")


def _txt(visit: Visit, found: HallFound) -> Response:
    pieces = views.pieces(visit.snapshot, found.hall, _language(visit))
    return _download(visit, found, exporting.plain(pieces, machine=_machine(visit)), "txt", "text/plain")


def _html(visit: Visit, found: HallFound) -> Response:
    hall = hall_view(visit.snapshot, found.hall, _language(visit))
    stream = views.transcript(visit.snapshot, found.hall, _language(visit))
    context = {"hall": hall, "stream": stream}
    body = visit.services.pages.render("townhall/transcript.html", context)
    return _download(visit, found, body, "html", "text/html")


def _machine(visit: Visit) -> str:
    return visit.services.pages.catalogues.said(views.ORIGINS[Origin.MACHINE])


FILES: dict[str, Callable[[Visit, HallFound], Response]] = {"vtt": _vtt, "txt": _txt, "html": _html}


# Questions in an interpreter's words ---------------------------------------------------------------------


@page("/h/{code}/words/{lang}", name="hall_words", needs=Permission.WRITE_CAPTIONS, at=the_captions)
def words_page(visit: Visit, found: HallFound, form: FormState = BLANK) -> Response:
    """The questions that cannot be read in this language yet."""
    language = _language(visit)
    if not _writes(found, language):
        raise NotFound
    return visit.page(
        "townhall/words.html",
        hall=hall_view(visit.snapshot, found.hall, reading().language.code),
        lang=language,
        form=form,
        typed_for=visit.request.path_params.get("question", ""),
        questions=translating.untold(visit.snapshot, found.hall, language),
    )


@action(
    "/h/{code}/words/{lang}/{question}",
    name="translate_question",
    needs=Permission.WRITE_CAPTIONS,
    form=WordsForm,
    at=the_captions,
    again=words_page,
)
def translate_question(visit: Visit, found: HallFound, form: WordsForm) -> Response:
    """A question in this language, for everybody who reads it."""
    language = _language(visit)
    with visit.transaction() as tx:
        rules.captioner(tx, found.hall, visit.viewer.member_id, language)
        translating.translate(tx, found.hall, visit.reference("question"), language, form.text, at=visit.now)
    return visit.redirect_to("hall_words", code=found.hall.code, lang=language)


routes = [captions_page, write_caption, mend_caption, captions_file, words_page, translate_question]
