"""What is sent about appeals."""

from typing import Annotated

from server.web.fields import Form, SmallNumber, line, prose


class CodeForm(Form):
    """A case code, as somebody copied it."""

    code: Annotated[str, line("passphrase_characters", required=True)]


class AppealForm(Form):
    """What the author says."""

    text: Annotated[str, prose("appeal_characters", required=True)]


class AnswerForm(Form):
    """What the author is told; `version` is that of the words that were on the screen."""

    version: SmallNumber

    answer: Annotated[str, prose("note_characters", required=True)]
