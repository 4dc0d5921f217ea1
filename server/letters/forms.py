"""What browsers send as letters."""

from server.web.fields import Form, MessageText, Reference


class LetterForm(Form):
    """A letter, perhaps about a message."""

    text: MessageText
    about: Reference = None
