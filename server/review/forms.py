"""What moderators send."""

from server.review.models import RemovalReason
from server.web.fields import Form, SmallNumber


class CaseForm(Form):
    """An act on a case as it was on the screen."""

    version: SmallNumber


class RemoveForm(CaseForm):
    """Why a text is taken out."""

    reason: RemovalReason
