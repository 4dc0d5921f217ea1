"""What a member is told, in whole sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from server.accounts.models import NoticeKind
from server.accounts.queries import NoticeLine, notices_of
from server.database import Transaction
from server.errors import Sentence, say
from server.spaces.queries import all_spaces, space_names
from server.web.visit import Visit
from server.web.words import reading

SENTENCES: Mapping[str, Sentence] = {
    NoticeKind.RELEASED: say("A person has read your message in %(space)s. Others can see it now."),
    NoticeKind.REMOVED: say("Your message in %(space)s was taken out by a moderator."),
    NoticeKind.FLAG_UPHELD: say("You flagged a message in %(space)s. A moderator took it out. Thank you."),
    NoticeKind.LETTER: say("The moderators of %(space)s wrote to you."),
    NoticeKind.ANSWERED: say("Somebody answered you in %(space)s."),
    NoticeKind.FLAG_NOT_UPHELD: say("You flagged a message in %(space)s. A moderator read it and left it there."),
}
REASONS: Mapping[str, Sentence] = {
    "insult": say("Reason: it insults or hurts somebody."),
    "threat": say("Reason: it threatens somebody."),
    "scam": say("Reason: it looks like a trick to get money, favours or papers."),
    "private_data": say("Reason: it shows private details, such as a phone number or a case number."),
    "off_topic": say("Reason: it does not belong in this topic."),
    "other": say("Reason: it does not follow the guidelines."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as the page shows it."""

    id: UUID
    sentence: str
    link: str | None
    day: str


def told(tx: Transaction, visit: Visit) -> list[Told]:
    """The viewer's notices in words, the newest first."""
    spaces = all_spaces(tx)
    names = space_names(tx, reading().language.code, spaces)
    slugs = {space.id: space.slug for space in spaces}
    return [
        _worded(visit, line, names[line.space_id][0], slugs[line.space_id])
        for line in notices_of(tx, visit.viewer, at=visit.now)
    ]


def _worded(visit: Visit, line: NoticeLine, space: str, slug: str) -> Told:
    catalogues = visit.services.pages.catalogues
    sentence = SENTENCES[line.kind]
    words = catalogues.said(Sentence(sentence.english, {"space": space}))
    if line.kind == NoticeKind.REMOVED and line.reason:
        words = f"{words} {catalogues.said(REASONS.get(line.reason, REASONS['other']))}"
    return Told(line.id, words, _link(visit, line, slug), catalogues.day(line.due_at))


def _link(visit: Visit, line: NoticeLine, slug: str) -> str | None:
    """Where one can look; nowhere when the message is not there any more."""
    if line.kind == NoticeKind.LETTER:
        return visit.url("letters", space=slug)
    readable = (NoticeKind.RELEASED, NoticeKind.FLAG_NOT_UPHELD, NoticeKind.REMOVED, NoticeKind.ANSWERED)
    if line.message_public_id is None or line.kind not in readable:
        return None
    return visit.url("message", message=line.message_public_id)
