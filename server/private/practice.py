"""A practice case: whoever begins at a desk learns with something invented, not with what somebody lived through."""

from collections.abc import Sequence

from server.errors import Refused, say
from server.private.call import Call
from server.private.files import Attachment
from server.private.people import Unlocked
from server.private.routing import takes_in
from server.private.words import PRACTICE

HAVE_ONE = say("You have a practice case already. Erase it first.")
NO_PAPER = say("Bring a signed paper first: only who reads for a desk can practise.")
NOT_PRACTICE = say("This is no practice case. Nothing was erased.")


def begin(call: Call, me: Unlocked, files: Sequence[Attachment] = ()) -> None:
    """One for this person, if they have none; `files` come with it. Raises Refused."""
    if any(line.practice for line in call.work.casework.work_list(me, at=call.now)):
        raise Refused(HAVE_ONE)
    if not first(call, me.person, files):
        raise Refused(NO_PAPER)


def first(call: Call, person: object, files: Sequence[Attachment] = ()) -> bool:
    """For somebody whose paper has come in. Whether there is one now."""
    paper = next((one for one in call.work.roster.certificates() if one.person == person and not takes_in(one)), None)
    if paper is None:
        return False
    text, language = call.said(PRACTICE), call.language.code
    call.work.filing.practise(paper, text, language=language, at=call.now, attachments=files)
    return True


def erase(call: Call, me: Unlocked, alias: str) -> None:
    """It is over. Raises NotFound, and Refused for a case that is none of practice."""
    found = call.work.casework.opened(me, alias, at=call.now)
    if not found.practice:
        raise Refused(NOT_PRACTICE)
    call.work.erasing.erase(found.case.id, practice=True)
