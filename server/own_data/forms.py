"""What a member sends who wants a copy."""

from typing import Annotated

from server.web.fields import Form, Secret, line

ACCOUNT = "-"
"""Stands for the account itself; no space has this address."""


class CopyForm(Form):
    """Of which space, by its address, or of the account; and the words that show that it is really the member."""

    space: Annotated[str, line("reason_characters", required=True)]
    passphrase: Secret
