"""What a steward sends."""

from server.web.fields import Form, Organisation


class ConfirmForm(Form):
    """In which role somebody stands for a line: of an office, not a name."""

    role: Organisation
