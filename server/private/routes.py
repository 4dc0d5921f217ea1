"""The addresses of the private room, and the one way in: read, check where it comes from, take the step."""

import logging
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from server.errors import NotFound, Refused, Sentence, TooFast, say
from server.logs import where
from server.private import answering, desk, desk_steps, door, intake
from server.private.asking import Asked, Place
from server.private.body import Cut, TooLarge, TooMuch, TooSlow
from server.private.call import FORM_TOKEN, NOT_OURS, Call
from server.private.door import Step
from server.private.sessions import Side
from server.web.same_origin import Sender, sender

log = logging.getLogger("baraza")

TOO_MUCH: Mapping[TooMuch, Sentence] = {
    TooMuch.TEXT: say("This is more text than fits. Nothing was sent."),
    TooMuch.FILE: say(
        "A file is larger than 25 MB. Nothing was sent. Your text is still here; please choose the files anew."
    ),
    TooMuch.FILES: say("At most five files fit at once. Nothing was sent. Your text is still here."),
    TooMuch.POST: say(
        "The files together are too large. Nothing was sent. Your text is still here; please send fewer at once."
    ),
}
SLOW = say("The line was too slow, and nothing was sent. Your text is still here.")
ELSEWHERE = say("Another site tried to send this in your name. Nothing was done.")
FAULT = say("It is our fault, not yours. Please try again in a few minutes.")
OPEN_LINE = say(
    "On this connection others could read along, so nothing can be written here. These places can help, and you can "
    "speak to them."
)


async def shown_help(asked: Asked) -> Response:
    """GET /help."""
    call = Call.of(asked, Side.REPORTER, door.ADDRESS)
    if asked.readable_on_the_way:
        return door.views.contacts_only(call, OPEN_LINE)
    return await door.shown(call)


async def done_help(asked: Asked) -> Response:
    """POST /help."""
    return await _done(Call.of(asked, Side.REPORTER, door.ADDRESS), door.STEPS, files="files")


async def shown_desk(asked: Asked) -> Response:
    """GET under /desk."""
    call = Call.of(asked, Side.DESK, asked.url.path)
    if asked.readable_on_the_way:
        return door.views.contacts_only(call, OPEN_LINE)
    step = desk_steps.PAGES.get(asked.url.path, desk.case_page)
    return await step(call)


async def done_desk(asked: Asked) -> Response:
    """POST under /desk."""
    files = "files" if asked.url.path == intake.ADDRESS else ""
    return await _done(Call.of(asked, Side.DESK, asked.url.path), desk_steps.STEPS, files=files)


async def _done(call: Call, steps: Mapping[str, Step], *, files: str = "") -> Response:
    """Take one step. Whatever goes wrong, the words come back."""
    asked = call.asked
    try:
        async with call.room.intake.form(asked, files=files, whose=asked.bucket) as sent:
            call.pairs, call.files = sent.pairs, sent.files
            call.listen(call.value("lang"))
            return await _stepped(call, steps)
    except Cut:
        return answering.page("", 400)  # nobody is there to read it
    except TooSlow as error:
        call.pairs = error.pairs
        return await _again(call, SLOW, 408)
    except TooLarge as error:
        call.pairs = error.pairs
        return await _again(call, TOO_MUCH[error.what], 413)


async def _again(call: Call, sentence: Sentence, status: int) -> Response:
    """What could not be taken: where files were chosen in our own form, that form again, with a place for files."""
    call.listen(call.value("lang"))
    only_sent = call.value("form") in ("check", "intake_check")  # the others show more than was sent
    foreign = not only_sent and _barred(call) is not None
    again = door.again if call.side is Side.REPORTER else intake.again
    shown = None if foreign else await again(call, sentence, status)
    return shown or kept(call, sentence, status)


async def _stepped(call: Call, steps: Mapping[str, Step]) -> Response:
    step = call.value("step")
    if step == "leave":
        return leave(call)
    barred = _barred(call)
    if barred is not None:
        return await _again(call, barred, 403) if call.files else kept(call, barred, 403)
    if step not in steps:
        return kept(call, say("This could not be understood."), 422)
    try:
        return await steps[step](call)
    except Exception as error:
        return await _failed(call, error)


async def _failed(call: Call, error: Exception) -> Response:
    """The page for whatever was raised; the log gets type and place, never a word."""
    if isinstance(error, NotFound):
        return kept(call, say("This page does not exist, or it is not open to you."), 404)
    sentence, status = FAULT, 500
    if isinstance(error, Refused):
        sentence, status = error.sentence, error.status
    else:
        log.error("a fault in the private room: %s at %s", type(error).__name__, where(error))
    response = await _again(call, sentence, status) if call.files else kept(call, sentence, status)
    if isinstance(error, TooFast):
        response.headers["retry-after"] = str(error.retry_after)
    return response


def _barred(call: Call) -> Sentence | None:
    """Why this form is not taken, if it is not."""
    if call.asked.readable_on_the_way:
        return OPEN_LINE
    who = sender(call.asked)
    if who is Sender.FOREIGN:
        return ELSEWHERE
    token = call.value(FORM_TOKEN)
    bound = call.room.tokens.valid(token, call.form_key)
    if call.kept is not None and call.kept.get("kind") != "number":
        return None if bound else NOT_OURS  # another visit may have begun in this browser since the form was shown
    return None if bound or who is Sender.OURS or call.room.tokens.valid(token, b"") else NOT_OURS


def kept(call: Call, sentence: Sentence, status: int) -> Response:
    """What went wrong, and everything that was typed, in a form that can be sent again."""
    return door.views.kept(call, sentence, status)


def leave(call: Call) -> Response:
    """Out at once: no token, no check. The visit is over, and the browser is told to forget."""
    call.end()
    response = call.sent(Response(None, 303, {"location": call.room.settings.neutral_url or "/weather"}))
    response.headers["clear-site-data"] = '"cache", "cookies", "storage"'
    return response


PLACES: Sequence[Place] = (
    Place(door.ADDRESS, "help", "GET", shown_help),
    Place(door.ADDRESS, "do_help", "POST", done_help),
    *(
        place
        for path, name in desk_steps.NAMES.items()
        for place in (
            Place(path, name, "GET", shown_desk),
            Place(path, f"do_{name}", "POST", done_desk),
        )
    ),
)
