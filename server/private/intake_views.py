"""The pages of `/desk/intake`, with what is read aloud."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from server.crypto.sealed import receipts
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.receipts import Receipt
from server.errors import Sentence, say
from server.private import door_views
from server.private.call import Call
from server.private.door_views import YES_NO
from server.private.filing import Concern
from server.private.words import CONSENTS, SCRIPTS, TOPICS, WHO
from server.web.fields import FormState
from server.web.words import language_name

CARRIED = (*door_views.CARRIED, "spoken", "release", *(name.value for name in SCRIPTS))
"""What the last page carries on unseen."""


def form(call: Call, state: FormState, paper: Certificate, status: int = 200) -> Response:
    """What is asked, in the order in which it is said."""
    yes_no = [(value, call.said(sentence)) for value, sentence in YES_NO.items()]
    return call.page(
        "private/intake.html",
        status,
        form=state,
        spoken=[("", "—"), *spoken_languages(call, paper)],
        topics=[("", "—"), *((topic.value, call.said(TOPICS[topic])) for topic in call.work.open_topics(call.now))],
        contacts=door_views.nearest(call),
        reads=door_views.organisations(call),
        scripts=[(name.value, call.said(sentence)) for name, sentence in SCRIPTS.items()],
        answers=[("", call.said(say("not asked"))), *yes_no],
        yes_no=yes_no,
        **door_views.choices(call),
    )


def check(call: Call, state: FormState, concern: Concern, paper: Certificate, status: int = 200) -> Response:
    """What will be sent, to be read aloud, and a place for files that the person hands over."""
    keeps = call.work.filing.could_keep_originals(concern, at=call.now, writer=paper.person)
    return call.page(
        "private/intake_check.html",
        status,
        form=state,
        who=call.said(WHO[concern.who]) if concern.who else "",
        urgent=concern.urgent,
        child=concern.child,
        consents=[
            (call.said(CONSENTS[name]), call.said(_ANSWERED[concern.consents.get(name.value)])) for name in SCRIPTS
        ],
        release=call.said(_ANSWERED[concern.may_release]),
        reader=call.said(door_views.reader(call, concern)),
        promise=door_views.promise(call, concern),
        topic=call.said(TOPICS[concern.topic]),
        barred=door_views.barred(call, concern),
        spoken=language_name(concern.language),
        words=concern.text,
        said=call.said,
        carried={name: state.values[name] for name in CARRIED if state.values.get(name)},
        **door_views.for_files(call, keeps=keeps),
    )


_ANSWERED: Mapping[bool | None, Sentence] = {None: say("not asked"), True: say("yes"), False: say("no")}


def card(call: Call, receipt: Receipt, *, desk: str, came: int) -> Response:
    """The number, to be printed or copied, and nothing on it that says what it is for. `came`: how many files."""
    promise = door_views.after(call, desk)
    return call.page("private/intake_card.html", receipt=receipts.grouped(receipt), promise=promise, came=came)


def spoken_languages(call: Call, paper: Certificate) -> Sequence[tuple[str, str]]:
    """The languages in which a talk can have been: those of the paper first, then those of the site."""
    site = [language.code for language in call.room.pages.catalogues.languages]
    return [(code, language_name(code)) for code in dict.fromkeys([*paper.languages, *site])]
