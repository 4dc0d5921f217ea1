"""What facilitators send about the record of a hall."""

from typing import Annotated

from server.errors import say
from server.townhall.record.models import Standing
from server.web.fields import Day, Form, OptionalDay, Organisation, prose
from server.web.tongues import Part, in_languages

YOU_SAID, WE_DO, BECAUSE = say("You said"), say("We do"), say("Why it cannot be done")
OWNER, UNTIL = say("Who does it"), say("Until which day")
PROMISE = (
    Part("said", YOU_SAID, long=True),
    Part("do", WE_DO, long=True),
    Part("because", BECAUSE, long=True, required=False),
)
ANSWER = (Part("answer", say("The answer"), long=True),)
_Words = Annotated[str, prose("answer_characters", required=False)]


class PromisedForm(Form):
    """A promise: who keeps it, until when, how it stands."""

    owner: Organisation
    due_on: OptionalDay = None
    standing: Standing = Standing.PLANNED


class OwedForm(Form):
    """Who answers a question until when; or the answer."""

    owner: Organisation
    due_on: Day


PromiseForm = in_languages(PromisedForm, said=_Words, do=_Words, because=_Words)
LateAnswerForm = in_languages(Form, answer=_Words)
