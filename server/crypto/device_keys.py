"""What a device answers to a passkey question, checked by the WebAuthn library.

A module of its own, because the library takes fourteen megabytes and a tenth of a second, and is needed only
where somebody uses a passkey: `passkeys.py` loads it then.
"""

from cryptography.hazmat.primitives.asymmetric import ec
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import decode_credential_public_key, encode_cbor, parse_attestation_object
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedRSAPublicKey
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)

from server.crypto.passkeys import MOST_CREDENTIAL_BYTES, Answer, NewKey, Party, WrongKey, base64url

MOST_KEY_BYTES = 1200
"""An RSA key of 4096 bits has 600; larger ones would only cost time."""
LEAST_RSA_BITS = 2048
"""What the chips of common computers make. It is worth 112 bits; the curves below are worth 128."""
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
FORMATS = {AttestationFormat.NONE, AttestationFormat.PACKED}
"""We ask for no attestation; some devices sign with the new key itself all the same."""


def new_key(party: Party, challenge: bytes, client_data: bytes, attestation: bytes) -> NewKey:
    """The key in what a device answered when it was asked to make one. Raises for anything that does not fit."""
    parsed = parse_attestation_object(attestation)
    named = parsed.auth_data.attested_credential_data
    if named is None or parsed.fmt not in FORMATS or parsed.att_stmt.x5c:
        raise WrongKey
    if not 16 <= len(named.credential_id) <= MOST_CREDENTIAL_BYTES:
        raise WrongKey
    if len(named.credential_public_key) > MOST_KEY_BYTES:
        raise WrongKey
    verified = verify_registration_response(
        credential=RegistrationCredential(
            id=base64url(named.credential_id),
            raw_id=named.credential_id,
            response=AuthenticatorAttestationResponse(client_data_json=client_data, attestation_object=attestation),
        ),
        expected_challenge=challenge,
        expected_rp_id=party.host,
        expected_origin=party.origin,
        require_user_verification=True,
        supported_pub_key_algs=ALGORITHMS,
    )
    _check_strength(verified.credential_public_key)
    return NewKey(verified.credential_id, verified.credential_public_key, verified.sign_count)


def new_count(party: Party, challenge: bytes, answer: Answer, *, public_key: bytes, sign_count: int) -> int:
    """What the device has counted up to, if it signed the question with this key. Raises for anything else."""
    _check_strength(public_key)
    verified = verify_authentication_response(
        credential=AuthenticationCredential(
            id=base64url(answer.credential_id),
            raw_id=answer.credential_id,
            response=AuthenticatorAssertionResponse(
                client_data_json=answer.client_data,
                authenticator_data=answer.authenticator_data,
                signature=answer.signature,
            ),
        ),
        expected_challenge=challenge,
        expected_rp_id=party.host,
        expected_origin=party.origin,
        credential_public_key=public_key,
        credential_current_sign_count=sign_count,
        require_user_verification=True,
    )
    return verified.new_sign_count


def _check_strength(public_key: bytes) -> None:
    """Raises WrongKey for a key that can be worked out. Also for one that was kept before that was asked."""
    decoded = decode_credential_public_key(public_key)
    if isinstance(decoded, DecodedRSAPublicKey) and int.from_bytes(decoded.n, "big").bit_length() < LEAST_RSA_BITS:
        raise WrongKey


def public_key_of_nobody() -> bytes:
    """A key for a passkey that nobody has: checking against it takes as long as against a real one."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return encode_cbor({1: 2, 3: int(COSEAlgorithmIdentifier.ECDSA_SHA_256), -1: 1, -2: x, -3: y})
