"""Files that a reporter chose: made safe before anything is sealed, or refused in plain words with nothing kept."""

import re
from collections.abc import Sequence

from server.darkroom.safe_copies import suffix_of
from server.errors import Invalid, Sentence, say
from server.private import files
from server.private.body import Attached
from server.private.call import Call
from server.private.files import Attachment
from server.web.fields import CHOOSE

CLEAN, KEEP = "clean", "keep"
ORIGINALS = {
    CLEAN: say("Take the hidden data out. What you sent is not kept"),
    KEEP: say("Take it out, and also keep the original, closed. Only two people together can open it, and we tell you"),
}
NOT_SENT = say("Nothing was sent. %(list)s Your text is still here. Please choose the other files again.")
ONLY_NAMED = say("This browser sent the name of a file, but not the file. Nothing was sent. Your text is still here.")
LONGEST_NAME = 100
_UNSEEN = re.compile("[\x00-\x1f\x7f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_FOLDERS = re.compile(r"[/\\]")


async def taken(call: Call) -> Sequence[Attachment]:
    """Safe copies of what was chosen, and the originals if they are to be kept. Raises Invalid."""
    if call.value("files").strip():
        raise Invalid(ONLY_NAMED, field="files")
    wanted = call.value("originals") or CLEAN
    if wanted not in ORIGINALS:
        raise Invalid(CHOOSE, field="originals")
    if not call.files:
        return ()
    made = await call.room.darkroom.made([one.content for one in call.files])
    refused = [(one, why) for one, why in zip(call.files, made, strict=True) if isinstance(why, Sentence)]
    if refused:
        raise Invalid(say(NOT_SENT.english, list=_listed(call, refused)), field="files")
    return [
        Attachment(
            name=plain_name(one.name),
            media_type=copy.media_type,
            content=copy.content,
            digest=files.digest_of(one.content),
            original=one.content if wanted == KEEP else None,
            suffix=suffix_of(one.content),
        )
        for one, copy in zip(call.files, made, strict=True)
        if not isinstance(copy, Sentence)
    ]


def wiped(attachments: Sequence[Attachment]) -> None:
    """Overwrite the safe copies, once they are sealed or refused; the intake overwrites what was sent."""
    for one in attachments:
        one.content[:] = bytes(len(one.content))
        one.content.clear()


def plain_name(name: str) -> str:
    """What the sender's device called it, without folders and without signs that nobody sees."""
    last = _FOLDERS.split(name)[-1]
    return " ".join(_UNSEEN.sub("", last).split())[:LONGEST_NAME]


def accepted(call: Call) -> str:
    """For the browser's own window: what may be chosen."""
    usual = "image/jpeg,image/png,image/webp,application/pdf"
    return f"{usual},audio/*,video/*" if call.room.darkroom.takes_recordings else usual


def _listed(call: Call, refused: Sequence[tuple[Attached, Sentence]]) -> str:
    """Of each file why it is not taken."""
    return " ".join(call.said(Sentence(why.english, {"name": plain_name(one.name)})) for one, why in refused)
