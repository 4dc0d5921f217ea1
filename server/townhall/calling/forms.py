"""What a counsellor sends."""

from server.web.fields import Form, Note


class AnswerCallForm(Form):
    """Where the counsellor can be found; without words the call is over."""

    note: Note = ""
