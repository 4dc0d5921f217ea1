"""The team writes to the author of a message that it looks at."""

from starlette.responses import Response

from server.content import Lane
from server.letters import rules
from server.letters.forms import LetterForm
from server.letters.routes import name_of
from server.letters.rules import Words
from server.permissions import Permission
from server.review.finding import moderator_key, the_case
from server.review.queries import CaseRow
from server.web.fields import BLANK, FormState
from server.web.rooms import action, page
from server.web.visit import Visit


@page("/review/{case}/letter", name="author_letter", needs=Permission.OPEN_CASES, at=the_case)
def author_letter_page(visit: Visit, case: CaseRow, form: FormState = BLANK) -> Response:
    """Write to the author of a message that waits; their name in the space is not shown here."""
    return visit.page("letters/to_author.html", case=case.public_id, space_name=name_of(visit, case.space), form=form)


@action(
    "/review/{case}/letter",
    name="write_author",
    needs=Permission.OPEN_CASES,
    form=LetterForm,
    at=the_case,
    again=author_letter_page,
)
def write_author(visit: Visit, case: CaseRow, form: LetterForm) -> Response:
    """The team writes about a message. What is answered about a disclosure is not for the whole team either."""
    words, protected = Words(form.text, case.message_public_id), case.lane == Lane.PROTECTION
    author, by = case.membership_id, moderator_key(visit)
    with visit.transaction() as tx:
        rules.write_to_member(tx, case.space.id, author, words, by=by, at=visit.now, protected=protected)
    return visit.redirect_to("case", {"done": "answered"}, case=case.public_id)


routes = [author_letter_page, write_author]
