"""What browsers send about accounts."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from server.crypto.passkeys import MOST_CREDENTIAL_BYTES, from_base64url
from server.errors import say
from server.policies import Policies
from server.web.fields import Form, Label, Login, OptionalSecret, Pseudonym, Secret, Short, Tick, refuse

FOUR_WORDS = 4
LEAST_LETTERS = 10


def _long(value: str, info: ValidationInfo) -> str:
    policies: Policies = info.context  # type: ignore[assignment]  # always given by parse()
    enough = len(value) >= policies.accounts.passphrase_minimum or len(value.split()) >= FOUR_WORDS
    if not enough or len("".join(value.split())) < LEAST_LETTERS:
        raise refuse(
            say(
                "These secret words are too short. Use four words or more, or at least %(number)s letters.",
                number=policies.accounts.passphrase_minimum,
            )
        )
    return value


NewPassphrase = Annotated[Secret, AfterValidator(_long)]
"""Whether others use the same words is asked later, where slow things are done: `entering.new_secrets`."""


class JoinForm(Form):
    """One screen to join: everything is suggested, and everything can be changed."""

    login: Login
    passphrase: NewPassphrase
    pseudonym: Pseudonym
    invite: Short = ""
    space: Short = ""
    shared_phone: Tick = False


class SignInForm(Form):
    """Name, words, and for staff the code of their app."""

    login: Login
    passphrase: Secret
    code: OptionalSecret = ""
    shared_phone: Tick = False
    next: Short = ""
    target: Short = ""


def _bytes(most: int) -> Any:
    """What a device says, as base64url; empty when it is not, so that every wrong answer is refused alike."""
    return BeforeValidator(lambda value: from_base64url(str(value), most=most))  # type: ignore[reportUnknownLambdaType]


def _cut(value: object) -> str:
    return str(value)[:100]


Challenge = Annotated[str, BeforeValidator(_cut)]
CredentialId = Annotated[bytes, _bytes(MOST_CREDENTIAL_BYTES)]
DeviceWords = Annotated[bytes, _bytes(4096)]
Attestation = Annotated[bytes, _bytes(8192)]


class PasskeySignInForm(Form):
    """What a device answers. Nothing here is ever shown again."""

    challenge: Challenge = ""
    credential: CredentialId = b""
    client_data: DeviceWords = b""
    authenticator_data: DeviceWords = b""
    signature: DeviceWords = b""
    shared_phone: Tick = False
    next: Short = ""


class NewPasskeyForm(Form):
    """A new key in a device, and the secret words that say whose it is."""

    challenge: Challenge = ""
    client_data: DeviceWords = b""
    attestation: Attestation = b""
    label: Label = ""
    passphrase: Secret


class RecoverForm(Form):
    """The recovery code makes new secret words possible."""

    login: Login
    recovery_code: Secret
    passphrase: NewPassphrase
    code: OptionalSecret = ""


class JoinSpaceForm(Form):
    """A member goes into another space, under another name."""

    pseudonym: Pseudonym
    invite: Short = ""


class PassphraseForm(Form):
    """The member shows once more that it is them."""

    passphrase: Secret


class Calendar(StrEnum):
    """How dates are told."""

    GREGORIAN = "gregorian"
    PERSIAN = "persian"


class CalendarForm(Form):
    """The calendar of one's own pages."""

    calendar: Calendar


class SecondFactorForm(Form):
    """The first code of a new app, the sealed secret that it belongs to, and the words of whose app it is."""

    passphrase: Secret
    code: Secret
    sealed: Secret


class StaffForm(Form):
    """A staff link: a new account, or another role for the account that is signed in."""

    login: OptionalSecret = ""
    passphrase: OptionalSecret = ""
    pseudonym: Short = ""
