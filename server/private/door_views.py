"""The pages of `/help`. Their title, address and size tell nothing of what is on them."""

from collections.abc import Mapping, Sequence
from datetime import date

from starlette.responses import Response

from server.crypto.sealed import receipts
from server.crypto.sealed.receipts import Receipt
from server.errors import Sentence, say
from server.private.call import Call
from server.private.consents import Consent, Said
from server.private.contacts import Contact
from server.private.conversation import Answer, Conversation
from server.private.desk_files import OPENED
from server.private.desks import INDEPENDENT, Topic
from server.private.door_files import CLEAN, ORIGINALS, accepted
from server.private.door_forms import BETWEEN, offices
from server.private.facts import Facts, State, Support, day_of, half_day, halves
from server.private.filing import Concern
from server.private.routing import route
from server.private.tracks import due
from server.private.words import (
    CONSENTS,
    EXCLUDE,
    NOBODY_BARRED,
    ONLY_OUTSIDE,
    STATES,
    SUPPORTS,
    TOPICS,
    WHO,
)
from server.web.fields import FormState
from server.web.words import full_day, language_dir, language_name, reading

CARRIED = ("topic", "text", "who", "urgent", "child", "interpreter", "exclude", "office", "role", "filing")
"""What the last page carries on unseen, because nothing is kept before it is sent."""
COME_BACK = say("Come back after some days with your number. We will not call or write to you.")
TYPED = ("text", "note", "reason", "support_reason", "hand_reason", "paper")
MOST_CONTACTS = 4
MEBIBYTE = 1024 * 1024
FIRST_KINDS = ("emergency", "health", "women", "children")
YES_NO = {"yes": say("Yes"), "no": say("No")}


def start(call: Call) -> Response:
    """The first page: help first, then the door."""
    room = call.room
    languages = room.pages.catalogues.languages
    can_write = call.work.offered(languages, demonstration=room.demonstration)
    return call.page(
        "private/start.html",
        contacts=nearest(call),
        offered=call.language in can_write,
        can_write=can_write,
        topics_open=bool(call.work.open_topics(call.now)),
        reads=organisations(call),
        switch=languages,
    )


def organisations(call: Call) -> str:
    """Where those work who read."""
    return _listed(call, sorted({organisation for organisation, _ in call.work.roster.offices()}))


def nearest(call: Call) -> list[Mapping[str, object]]:
    """Who can help at once."""
    found = call.room.contacts.all(on=call.now.date(), hide_days=call.room.policies.information.help_hide_days)
    return [_contact(call, one) for one in _first_few(found)]


def _first_few(found: Sequence[Contact]) -> list[Contact]:
    """One of each kind that is needed first, then others, up to a few."""
    first = [next((one for one in found if one.kind == kind), None) for kind in FIRST_KINDS]
    chosen = [one for one in first if one is not None]
    return [*chosen, *(one for one in found if one not in chosen)][:MOST_CONTACTS]


def _contact(call: Call, one: Contact) -> Mapping[str, object]:
    code, words = one.told_in(call.language.code)
    return {
        "name": words.get("name", ""),
        "lang": code,
        "dir": language_dir(code) if code else "auto",
        "telephones": [(number, number) for number in one.telephones],
    }


def contacts_only(call: Call, sentence: Sentence) -> Response:
    """Where writing would not be safe: who helps, and why not more."""
    found = call.room.contacts.all(on=call.now.date(), hide_days=call.room.policies.information.help_hide_days)
    shown = [_contact(call, one) for one in found]
    return call.page("private/contacts.html", sentence=call.said(sentence), contacts=shown)


def kept(call: Call, sentence: Sentence, status: int) -> Response:
    """What went wrong, and what was typed, to be sent again or copied."""
    values = {name: value for name, value in call.form.values.items() if name not in ("step", "lang", *TYPED)}
    texts = [(name, call.value(name)) for name in TYPED if call.value(name)]
    return call.page(
        "private/kept.html",
        status,
        sentence=call.said(sentence),
        values=values,
        texts=texts,
        step=call.value("step") if status in (403, 408, 413, 429, 500) else "",
    )


def tell(call: Call, form: FormState, status: int = 200) -> Response:
    """What is it about?"""
    said = call.room.pages.catalogues.said
    topics = [(topic.value, said(TOPICS[topic])) for topic in call.work.open_topics(call.now)]
    carried = {name: form.values[name] for name in CARRIED[1:] if form.values.get(name)}
    return call.page("private/tell.html", status, form=form, topics=topics, carried=carried)


def write(call: Call, form: FormState, status: int = 200) -> Response:
    """The words, and who must not read them."""
    read = [language_name(code) for code in _read_at(call, form.values.get("topic", ""))]
    return call.page("private/write.html", status, form=form, read_languages=_listed(call, read), **choices(call))


def choices(call: Call) -> Mapping[str, object]:
    """What can be chosen for whom it is about, and for who must not read it."""
    names = {name: name if site else _everywhere(call, name) for name, (_, site) in offices(call).items()}
    return {
        "who": _choices(call, WHO),
        "exclude": [one for one in _choices(call, EXCLUDE) if one[0] != ONLY_OUTSIDE or _is_somebody_outside(call)],
        "offices": [("", "—"), *names.items()],
        "roles": [("", "—"), *((role, role) for role in call.work.roster.roles())],
    }


def check(call: Call, form: FormState, concern: Concern, status: int = 200) -> Response:
    """A plain summary with its limits, the last questions, and a place for files."""
    said = call.room.pages.catalogues.said
    values = form.values
    return call.page(
        "private/check.html",
        status,
        form=form,
        topic=said(TOPICS[concern.topic]),
        barred=barred(call, concern),
        reader=said(reader(call, concern)),
        promise=promise(call, concern),
        carried={name: values.get(name, "") for name in CARRIED if values.get(name, "")},
        yes_no=_choices(call, YES_NO),
        **for_files(call, keeps=call.work.filing.could_keep_originals(concern, at=call.now)),
    )


def for_files(call: Call, *, keeps: bool) -> Mapping[str, object]:
    """What the field for files needs. `keeps`: whether originals could be kept."""
    return {
        "sends_files": call.sends_files,
        "let_go": bool(call.files),
        "accept": accepted(call),
        "recordings": call.room.darkroom.takes_recordings,
        "originals": _choices(call, ORIGINALS) if keeps else [],
        "most_pages": call.work.reporting.files.most_pages,
        "most_files": call.room.policies.private.files,
        "most_megabytes": call.room.policies.private.file_bytes // MEBIBYTE,
    }


def receipt_page(call: Call, receipt: Receipt, desk: str, *, came: int) -> Response:
    """The number, once. `came`: how many files came with the message."""
    minutes = call.work.reporting.form.receipt_minutes
    shown = receipts.grouped(receipt)
    promise = after(call, desk)
    return call.page("private/receipt.html", receipt=shown, promise=promise, minutes=minutes, came=came)


def new_number(call: Call, receipt: Receipt, *, must: bool) -> Response:
    """Another number, before it counts. `must`: somebody else knows the one before."""
    return call.page("private/new_number.html", receipt=receipts.grouped(receipt), must=must)


def done(call: Call, title: Sentence, *sentences: Sentence) -> Response:
    """What has happened, and that nothing more is needed."""
    said = call.room.pages.catalogues.said
    return call.page("private/done.html", title=said(title), sentences=[said(sentence) for sentence in sentences])


def sure(call: Call, title: Sentence, sentence: Sentence, *, step: str, button: Sentence) -> Response:
    """What cannot be undone is asked twice."""
    said = call.said
    return call.page("private/sure.html", title=said(title), sentence=said(sentence), step=step, button=said(button))


def number(call: Call, form: FormState, status: int = 200) -> Response:
    """Where the number is typed; what was typed comes back, because a digit in it may be wrong."""
    return call.page("private/number.html", status, form=form)


def visit_over(call: Call) -> Response:
    """The visit ended while something was written: the number opens it again, and the words are here."""
    sentence = call.room.pages.catalogues.said(
        say("This visit has ended. Your number opens it again. Nothing was sent; here are your words, to copy.")
    )
    return call.page("private/over.html", 403, sentence=sentence, text=call.value("text"))


def conversation(call: Call, found: Conversation, form: FormState, status: int = 200, *, keeps: bool) -> Response:
    """The answers, and what can be done. `keeps`: whether originals of files could be kept."""
    said, known = call.room.pages.catalogues.said, found.case.facts
    withdrawing = known.withdrawn_at is not None and known.state is not State.WITHDRAWN
    promise = ""
    if call.work.reporting.confirmed and known.acknowledged is None and known.is_open:
        clock = due(known, call.work.reporting.desk(known.desk), now=half_day(call.now))
        promise = said(say("We answer by %(day)s.", day=full_day(day_of(clock.acknowledge))))
    return call.page(
        "private/conversation.html",
        status,
        form=FormState({"originals": CLEAN, **form.values}, form.errors, form.summary),
        filing=call.work.filing_keys.issue(),
        **for_files(call, keeps=keeps),
        state=said(STATES[known.state]),
        support="" if known.support is Support.NOT_ASKED else said(SUPPORTS[known.support]),
        promise=promise,
        answered=known.answered is not None,
        answers=[_answer(call, answer) for answer in found.answers],
        withdrawn=_withdrawn(call, found) if withdrawing else "",
        law_keeps=_law_keeps(call, known),
        may_write=known.state is not State.WITHDRAWN,
        consents=[
            _consent(call, name.value, CONSENTS[name], one)
            for name, one in found.consents.items()
            if name is not Consent.OUTSIDE or _may_choose_outside(known)
        ],
        may_ask_outside=_may_ask_outside(call, known),
        waits_for_key=_waits_for_key(found),
        may_withdraw=known.is_open and not withdrawing,
        may_keep_going=withdrawing,
    )


def _may_choose_outside(known: Facts) -> bool:
    """Whether a yes or a no changes anything: not when the office outside reads it in any case."""
    return known.is_open and not known.released and known.desk != INDEPENDENT


def _may_ask_outside(call: Call, known: Facts) -> bool:
    yes = call.work.conversations.says_yes(known, Consent.OUTSIDE, at=call.now)
    return yes and bool(known.release_key) and known.is_open and not known.asked_outside


def _waits_for_key(found: Conversation) -> bool:
    """Whether a yes to the office outside was said, and nobody could make its key yet."""
    said = found.consents[Consent.OUTSIDE]
    return not found.case.facts.release_key and bool(said.value if said.coming is None else said.coming)


def _law_keeps(call: Call, known: Facts) -> str:
    """Until when the law keeps it all the same: only where somebody said that telling the reporter is safe."""
    if known.held_until is None or not known.held_told or known.held_until <= half_day(call.now):
        return ""
    return full_day(day_of(known.held_until))


def _withdrawn(call: Call, found: Conversation) -> str:
    since = found.case.facts.withdrawn_at
    assert since is not None
    counts = day_of(since + halves(hours=call.work.reporting.form.withdrawal_hours))
    return call.room.pages.catalogues.said(
        say(
            "You have taken your message back. This counts from %(day)s; until then you can undo it.",
            day=full_day(counts),
        )
    )


def _answer(call: Call, answer: Answer) -> Mapping[str, str]:
    said = call.room.pages.catalogues.said
    step = ""
    if answer.kind == "state":
        step = said(STATES[State(str(answer.values["state"]))])
    elif answer.kind == "support":
        step = said(SUPPORTS[Support(str(answer.values["support"]))])
    elif answer.kind == OPENED:
        step = said(say("Two people have opened an original that you sent, together. This is why:"))
    elif answer.kind == "hold":
        days = str(answer.values.get("days", ""))
        step = said(say("The law asks us to keep this for up to %(days)s days, also after it is closed.", days=days))
    elif answer.kind == "hold_ended":
        step = said(say("The law no longer asks us to keep this."))
    elif answer.kind == "transferred":
        step = said(say("Passed on, as you agreed, to: %(name)s", name=str(answer.values.get("name", ""))))
    return {"name": answer.name, "day": _day(call, answer.day), "text": answer.text, "step": step}


def coming(call: Call, one: Said) -> str:
    """A change that does not count yet, and from when it does."""
    if one.coming is None or one.since is None:
        return ""
    day = full_day(day_of(one.since))
    return call.said(say("yes, from %(day)s", day=day) if one.coming else say("a no is said; it stops us from now on"))


def _consent(call: Call, name: str, sentence: Sentence, one: Said) -> Mapping[str, str]:
    said = call.room.pages.catalogues.said
    words = {None: say("not asked"), True: say("yes"), False: say("no")}
    yes_now = bool(one.value) if one.coming is None else one.coming
    return {
        "name": name,
        "sentence": said(sentence),
        "standing": said(words[one.value]),
        "coming": coming(call, one),
        "turn": "no" if yes_now else "yes",
        "button": said(say("Say no to this") if yes_now else say("Say yes to this")),
    }


def _everywhere(call: Call, organisation: str) -> str:
    return call.said(say("%(office)s, everywhere", office=organisation))


def barred(call: Call, concern: Concern) -> str:
    """Who must not read it, as it was understood: so that nothing that was typed is left out unseen."""
    named = concern.excluded
    if named.only_independent:
        return call.said(EXCLUDE[ONLY_OUTSIDE])
    office = named.organisation if named.site or not named.organisation else _everywhere(call, named.organisation)
    return BETWEEN.join(part for part in (office, named.site, named.role) if part) or call.said(EXCLUDE[NOBODY_BARRED])


def reader(call: Call, concern: Concern) -> Sentence:
    """Who will read it; not told apart from a full desk when an office was left out, but for the office outside."""
    way = route(
        call.work.reporting,
        call.work.roster.certificates(),
        topic=concern.topic,
        excluded=concern.excluded,
        today=call.now.date(),
    )
    if way is not None and way.desk.code == INDEPENDENT:
        return say("Only an office outside will read it.")
    return say("A few trained people will read it.")


def promise(call: Call, concern: Concern) -> str:
    """The same for a concern that is not sent yet."""
    desk = call.work.reporting.desk_for(concern.topic).code
    return after(call, desk)


def after(call: Call, desk: str) -> str:
    """When an answer can be expected; no day is promised before a person has confirmed the clocks."""
    reporting = call.work.reporting
    if not reporting.confirmed:
        return ""
    day = day_of(half_day(call.now) + halves(hours=reporting.desk(desk).acknowledge_hours) + 1)
    return call.room.pages.catalogues.said(
        say("Come back after %(day)s. We will not call or write to you.", day=full_day(day))
    )


def _read_at(call: Call, topic: str) -> list[str]:
    """The languages that the readers of this topic know."""
    if topic not in {one.value for one in Topic}:
        return []
    desk = call.work.reporting.desk_for(Topic(topic)).code
    known = {code for one in call.work.roster.certificates() if one.desk == desk for code in one.languages}
    return sorted(known)


def _is_somebody_outside(call: Call) -> bool:
    """Whether there is an office outside at all."""
    return any(one.desk == INDEPENDENT for one in call.work.roster.certificates())


def _choices(call: Call, words: Mapping[str, Sentence]) -> list[tuple[str, str]]:
    return [(value, call.room.pages.catalogues.said(sentence)) for value, sentence in words.items()]


def _listed(call: Call, names: Sequence[str]) -> str:
    """Several names with the comma of the page's script between."""
    return ("، " if call.language.dir == "rtl" else ", ").join(names)


def _day(call: Call, day: date) -> str:
    return call.room.pages.catalogues.date_of(day) if day.year == reading().today.year else full_day(day)
