"""What browsers of people with a seat send."""

from server.web.fields import Form, Question, Reference, Short, Tick


class AskForm(Form):
    """A question. `command` is a number of the form's own, so that pressing twice asks once."""

    text: Question
    session: Reference = None
    quote_ok: Tick = False
    command: Reference = None
    language: Short = ""
