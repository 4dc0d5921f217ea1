"""What somebody sends who leaves."""

from server.leaving.rules import Messages
from server.web.fields import Form, Secret


class LeaveForm(Form):
    """What becomes of the messages, and the words that show that it is really the member."""

    messages: Messages
    passphrase: Secret
