"""Signatures: for one key, one purpose and these bytes; and JSON in one spelling only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings as sodium

from server.crypto.sealed import plain_json
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.signatures import genuine, signature, signed, signer_and_raw, verify_of

SEED, OTHER = bytes(range(32)), bytes(range(1, 33))
VERIFY = verify_of(SEED)
MARK = signature(SEED, b"tea at six", purpose="a")


@given(st.binary(max_size=200))
def test_what_was_signed_comes_with_its_signer(raw: bytes) -> None:
    assert signer_and_raw(signed(SEED, raw, purpose="a"), purpose="a") == (VERIFY, raw)


def test_a_signature_is_for_one_key_one_purpose_and_these_bytes() -> None:
    assert genuine(VERIFY, b"tea at six", MARK, purpose="a") is True
    assert genuine(verify_of(OTHER), b"tea at six", MARK, purpose="a") is False
    assert genuine(VERIFY, b"tea at seven", MARK, purpose="a") is False
    assert genuine(VERIFY, b"tea at six", MARK, purpose="b") is False
    assert genuine(VERIFY, b"tea at six", bytes(64), purpose="a") is False


def test_where_a_purpose_ends_is_part_of_it() -> None:
    assert signature(SEED, b"", purpose="ab") != signature(SEED, b"b", purpose="a")
    assert not genuine(VERIFY, b"tea", signature(SEED, b"xtea", purpose="a"), purpose="ax")


def test_the_library_is_asked_about_whole_keys_and_signatures_only() -> None:
    """It reads as many bytes as it wants, whether they are there or not."""
    text = b"tea at six"
    for verify in (b"", VERIFY[:31], VERIFY + b"x"):
        assert genuine(verify, text, MARK, purpose="a") is False
    # The signature of a key that is one byte longer, or shorter, so that only the length can tell.
    for cut in (31, 33):
        verify = (VERIFY + b"x")[:cut]
        mark = signature_under(verify, text)
        assert genuine(verify, text, mark, purpose="a") is False
    said = b"a\0" + VERIFY + text
    for longer in (MARK + said[:1], MARK[:-1]):
        assert genuine(VERIFY, text, longer, purpose="a") is False


def test_a_longer_signature_does_not_take_the_place_of_a_purpose() -> None:
    _, secret = sodium.crypto_sign_seed_keypair(SEED)
    longer = sodium.crypto_sign(b"Xa\0" + VERIFY + b"tea", secret)[:65]
    assert genuine(VERIFY, b"tea", longer, purpose="a") is False


def signature_under(verify: bytes, text: bytes) -> bytes:
    _, secret = sodium.crypto_sign_seed_keypair(SEED)
    return sodium.crypto_sign(b"a\0" + verify + text, secret)[:64]


@pytest.mark.parametrize("seed", [b"", SEED[:31], SEED + b"x"])
def test_only_a_whole_seed_signs(seed: bytes) -> None:
    for act in (
        lambda: signature(seed, b"x", purpose="a"),
        lambda: verify_of(seed),
        lambda: signed(seed, b"", purpose=""),
    ):
        with pytest.raises(Damaged):
            act()


def test_broken_signed_bytes_are_refused() -> None:
    box = signed(SEED, b"tea", purpose="a")
    for broken in (b"", box[:31], box[:32], box[:95], box[:-1], box + b"x"):
        with pytest.raises(Damaged):
            signer_and_raw(broken, purpose="a")


def test_json_has_one_spelling() -> None:
    content = {"b": [1, None, {"é": "\ud800"}], "a": True}
    raw = plain_json.written(content)
    assert raw == '{"a":true,"b":[1,null,{"é":"\ud800"}]}'.encode("utf-8", "surrogatepass")
    assert plain_json.read(raw) == content
    for other in (
        raw + b"\n",
        raw.replace(b":", b": "),
        raw.replace("é".encode(), b"\\u00e9"),
        b"[]",
        b"5",
        b"",
        b"\xff",
    ):
        with pytest.raises(Damaged):
            plain_json.read(other)
