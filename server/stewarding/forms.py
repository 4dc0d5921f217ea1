"""What a steward sends."""

from server.web.fields import Day, Form, Organisation, Pseudonym, Short


class SenderForm(Form):
    """Who speaks for which organisation, where, and until when."""

    space: Short
    pseudonym: Pseudonym
    organisation: Organisation
    valid_until: Day
