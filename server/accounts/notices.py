"""What a member is told, in whole sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from server.accounts.models import NoticeKind
from server.accounts.queries import NoticeLine, notices_of
from server.crypto.case_codes import code_of
from server.database import Transaction
from server.errors import Sentence, say
from server.spaces.queries import all_spaces, space_names
from server.web.visit import Visit
from server.web.words import reading, written_day

SENTENCES: Mapping[str, Sentence] = {
    NoticeKind.RELEASED: say("A person has read your message in %(space)s. Others can see it now."),
    NoticeKind.REMOVED: say("Your message in %(space)s was taken out by a moderator."),
    NoticeKind.FLAG_UPHELD: say("You flagged a message in %(space)s. A moderator took it out. Thank you."),
    NoticeKind.LETTER: say("The moderators of %(space)s wrote to you."),
    NoticeKind.REDACTED: say("Your message in %(space)s can be read now. A moderator hid some words in it first."),
    NoticeKind.RETURNED: say("A moderator asks you to change your message in %(space)s. Then it is read again."),
    NoticeKind.WARNED: say("The moderators of %(space)s ask you to keep to the rules there."),
    NoticeKind.LIMITED: say("In %(space)s a person reads your messages first until %(day)s. You can still write."),
    NoticeKind.PAUSED: say(
        "You cannot write in %(space)s until %(day)s. You can still read, write to the moderators and leave."
    ),
    NoticeKind.APPEAL_UPHELD: say("Another person has read your appeal in %(space)s. The decision stays."),
    NoticeKind.APPEAL_OVERTURNED: say(
        "Another person has read your appeal in %(space)s. You were right, and the decision is put back."
    ),
    NoticeKind.PRESSURE: say("A moderator of %(space)s feels under pressure about a case. Please talk with your team."),
    NoticeKind.ANSWERED: say("Somebody answered you in %(space)s."),
    NoticeKind.FLAG_NOT_UPHELD: say("You flagged a message in %(space)s. A moderator read it and left it there."),
}
WAY_CHANGED = say(
    "A way into your account changed on %(day)s: your secret words, recovery code, a passkey or the app with codes. "
    "If this was not you, get a new recovery code below, and take new secret words with it."
)
ANSWERS = frozenset({NoticeKind.APPEAL_UPHELD, NoticeKind.APPEAL_OVERTURNED})
"""The answer to an appeal; there is nothing more to appeal."""
APPEALABLE = frozenset(
    {
        NoticeKind.REMOVED,
        NoticeKind.REDACTED,
        NoticeKind.RETURNED,
        NoticeKind.LIMITED,
        NoticeKind.PAUSED,
        NoticeKind.APPEAL_UPHELD,
        NoticeKind.APPEAL_OVERTURNED,
    }
)
"""What carries a case code."""
REASONS: Mapping[str, Sentence] = {
    "insult": say("Reason: it insults or hurts somebody."),
    "threat": say("Reason: it threatens somebody."),
    "scam": say("Reason: it looks like a trick to get money, favours or papers."),
    "private_data": say("Reason: it shows private details, such as a phone number or a case number."),
    "off_topic": say("Reason: it does not belong in this topic."),
    "hate": say("Reason: it attacks people for who they are."),
    "other": say("Reason: it does not follow the guidelines."),
    "names": say("Please leave out what shows who or where somebody is."),
    "kind": say("Please say it without words that hurt."),
    "clear": say("Please say more clearly what you mean."),
    "place": say("Please write it in a topic where it belongs."),
    "other_words": say("Please write it in other words."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as the page shows it."""

    id: UUID
    sentence: str
    note: str
    link: str | None
    day: str
    code: str
    """Opens the decision again, to read why and to appeal; empty where there is nothing to appeal."""
    answered: bool


def told(tx: Transaction, visit: Visit) -> list[Told]:
    """The viewer's notices in words, the newest first."""
    spaces = all_spaces(tx)
    names = space_names(tx, reading().language.code, spaces)
    slugs = {space.id: space.slug for space in spaces}
    return [
        _worded(visit, line, names[line.space_id][0], slugs[line.space_id])
        for line in notices_of(tx, visit.viewer, at=visit.now)
    ]


def way_changed(visit: Visit) -> str:
    """That a way into the account changed; empty when it is long ago. It cannot be put away: a thief would do it."""
    on = visit.viewer.way_changed_on
    if on is None:
        return ""
    day = written_day(on, with_year=on.year != visit.now.year)
    return visit.services.pages.catalogues.said(Sentence(WAY_CHANGED.english, {"day": day}))


def _worded(visit: Visit, line: NoticeLine, space: str, slug: str) -> Told:
    catalogues = visit.services.pages.catalogues
    sentence = SENTENCES[line.kind]
    day = catalogues.day(line.until) if line.until else ""
    words = catalogues.said(Sentence(sentence.english, {"space": space, "day": day}))
    if line.reason:
        words = f"{words} {catalogues.said(REASONS.get(line.reason, REASONS['other']))}"
    code = code_of(line.decision) if line.decision is not None and line.kind in APPEALABLE else ""
    return Told(
        line.id, words, line.note, _link(visit, line, slug), catalogues.day(line.due_at), code, line.kind in ANSWERS
    )


def _link(visit: Visit, line: NoticeLine, slug: str) -> str | None:
    """Where one can look; nowhere when the message is not there any more."""
    if line.kind == NoticeKind.LETTER:
        return visit.url("letters", space=slug)
    readable = (NoticeKind.RELEASED, NoticeKind.FLAG_NOT_UPHELD, NoticeKind.REMOVED, NoticeKind.ANSWERED)
    readable += (NoticeKind.REDACTED, NoticeKind.RETURNED)
    if line.message_public_id is None or line.kind not in readable:
        return None
    return visit.url("message", message=line.message_public_id)
