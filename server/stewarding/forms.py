"""What a steward sends."""

from server.web.fields import Day, Form, Organisation, Pseudonym, Short


class SenderForm(Form):
    """Who speaks for which organisation, where, and until when."""

    space: Short
    pseudonym: Pseudonym
    organisation: Organisation
    valid_until: Day


class TrainedForm(Form):
    """Somebody of a space's team, by the name that they have there."""

    space: Short
    pseudonym: Pseudonym
