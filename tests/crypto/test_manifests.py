"""Manifests: nobody slips a key into a case, and nobody takes its newest epoch away unseen."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, manifests
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.manifests import NOTHING_BEFORE, Manifest, chain, signed
from server.crypto.sealed.signatures import signed as signed_bytes
from server.crypto.sealed.signatures import verify_of

REPORTER, CLEO, DALIA, STRANGER = (bytes([number]) * 32 for number in range(1, 5))
REPORTER_VERIFY = verify_of(REPORTER)
SECRET, SECOND_SECRET, THIRD_SECRET = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
FIRST = Manifest(
    case=UUID(int=7),
    epoch=0,
    case_public=boxes.public_of(SECRET),
    reporter_public=boxes.public_of(REPORTER),
    reporter_verify=REPORTER_VERIFY,
    heir=manifests.heir_of(SECRET),
    blobs=manifests.blobs_of([b"one", b"two", b"three"]),
    previous=NOTHING_BEFORE,
)


def after(before: Manifest, secret: bytes) -> Manifest:
    return replace(
        before,
        epoch=before.epoch + 1,
        case_public=boxes.public_of(secret),
        heir=manifests.heir_of(secret),
        blobs=manifests.blobs_of([b"four"]),
        previous=before.hash(),
    )


def second(manifest: Manifest, seed: bytes, secret: bytes = SECRET) -> bytes:
    """Signed by a reader who had the secret of the first epoch."""
    return signed(manifest, seed, before=secret)


def third(manifest: Manifest, seed: bytes) -> bytes:
    """Signed by a reader who had the secret of the second."""
    return signed(manifest, seed, before=SECOND_SECRET)


def only(*seeds: bytes) -> Callable[[bytes], bool]:
    return {verify_of(seed) for seed in seeds}.__contains__


TRUSTED = only(CLEO, DALIA)
SECOND = after(FIRST, SECOND_SECRET)
THIRD = after(SECOND, THIRD_SECRET)
CHAIN = [signed(FIRST, REPORTER), second(SECOND, CLEO), third(THIRD, DALIA)]


def newest(*raws: bytes, may_sign: Callable[[bytes], bool] = TRUSTED) -> Manifest:
    return chain(raws, reporter_verify=REPORTER_VERIFY, may_sign=may_sign)


def test_the_newest_of_a_whole_chain_is_found_in_any_order() -> None:
    assert newest(CHAIN[0]) == FIRST
    assert newest(*CHAIN) == THIRD
    assert newest(*reversed(CHAIN)) == THIRD
    assert newest(CHAIN[1], CHAIN[2], CHAIN[0]) == THIRD


def test_the_first_is_signed_by_the_reporter_and_nobody_else() -> None:
    for raws in ([signed(FIRST, CLEO)], [signed(FIRST, STRANGER)], []):
        with pytest.raises(Damaged):
            newest(*raws)
    with pytest.raises(Damaged):
        newest(signed(FIRST, CLEO), may_sign=lambda _: True)
    other = replace(FIRST, reporter_verify=verify_of(CLEO))
    with pytest.raises(Damaged):
        newest(signed(other, REPORTER))
    with pytest.raises(Damaged):
        chain(CHAIN, reporter_verify=verify_of(CLEO), may_sign=lambda _: True)


def test_strangers_and_those_whose_right_was_taken_sign_nothing() -> None:
    with pytest.raises(Damaged):
        newest(CHAIN[0], second(SECOND, STRANGER))
    with pytest.raises(Damaged):
        newest(CHAIN[0], second(SECOND, REPORTER))
    with pytest.raises(Damaged):
        newest(*CHAIN, may_sign=only(DALIA))
    with pytest.raises(Damaged):
        newest(*CHAIN, may_sign=only(CLEO))


def test_a_colleague_who_left_may_have_signed_what_others_built_upon() -> None:
    def held(*raws: bytes) -> Manifest:
        return chain(raws, reporter_verify=REPORTER_VERIFY, may_sign=only(DALIA), could_sign=only(CLEO))

    assert held(*CHAIN) == THIRD
    assert held(CHAIN[0]) == FIRST
    for raws in (CHAIN[:2], [CHAIN[0], second(SECOND, STRANGER), CHAIN[2]], [*CHAIN[:2], third(THIRD, CLEO)]):
        with pytest.raises(Damaged):
            held(*raws)


def test_a_reader_who_never_had_the_case_signs_none_of_its_keys() -> None:
    """Even with a right of their own, and everything that lies in the database."""
    forged = after(FIRST, STRANGER)
    mark_of_another = manifests.signed(SECOND, DALIA, before=SECRET)[-64:]
    for raw in (
        signed(forged, CLEO),
        second(forged, CLEO, STRANGER),
        second(forged, CLEO, THIRD_SECRET),
        signed_bytes(CLEO, forged.raw() + mark_of_another, purpose="baraza/manifest"),
        signed_bytes(CLEO, SECOND.raw() + mark_of_another, purpose="baraza/manifest"),
        signed_bytes(CLEO, SECOND.raw() + bytes(64), purpose="baraza/manifest"),
    ):
        with pytest.raises(Damaged):
            newest(CHAIN[0], raw)
    with pytest.raises(Damaged):
        newest(*CHAIN[:2], second(THIRD, DALIA))
    assert newest(CHAIN[0], second(SECOND, CLEO)) == SECOND


def test_gaps_repetitions_and_forks_are_noticed() -> None:
    fork = replace(SECOND, case_public=boxes.public_of(CLEO))
    for raws in (
        CHAIN[1:],
        [CHAIN[0], CHAIN[2]],
        [CHAIN[0], CHAIN[0]],
        [*CHAIN, CHAIN[2]],
        [CHAIN[0], CHAIN[1], second(fork, CLEO)],
        [CHAIN[0], second(fork, CLEO), CHAIN[2]],
        [CHAIN[0], second(replace(SECOND, epoch=0), CLEO)],
        [signed(replace(FIRST, epoch=1), REPORTER)],
        [signed(replace(FIRST, previous=FIRST.hash()), REPORTER)],
        [CHAIN[0], second(replace(SECOND, previous=NOTHING_BEFORE), CLEO)],
    ):
        with pytest.raises(Damaged):
            newest(*raws)


@pytest.mark.parametrize(
    "change",
    [
        {"case": UUID(int=8)},
        {"reporter_public": boxes.public_of(CLEO)},
        {"reporter_verify": verify_of(CLEO)},
    ],
    ids=["case", "box key", "verify key"],
)
def test_a_later_epoch_keeps_the_case_and_the_reporter(change: dict[str, UUID | bytes]) -> None:
    with pytest.raises(Damaged):
        newest(CHAIN[0], second(replace(SECOND, **change), CLEO))  # type: ignore[arg-type]


def test_an_older_manifest_does_not_pass_where_a_newer_one_was_seen() -> None:
    def seeing(*seen: Manifest) -> Manifest:
        hashes = [manifest.hash() for manifest in seen]
        return chain(CHAIN[:2], reporter_verify=REPORTER_VERIFY, may_sign=only(CLEO), seen=hashes)

    assert seeing() == seeing(FIRST) == seeing(FIRST, SECOND) == SECOND
    with pytest.raises(Damaged):
        seeing(FIRST, THIRD)


def test_any_changed_or_missing_byte_is_noticed() -> None:
    raw = CHAIN[1]
    for at in range(len(raw)):
        for broken in (raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :], raw[:at]):
            with pytest.raises(Damaged):
                newest(CHAIN[0], broken)
    with pytest.raises(Damaged):
        newest(CHAIN[0], raw + b"\0")


def test_a_signature_for_something_else_is_none() -> None:
    with pytest.raises(Damaged):
        newest(signed_bytes(REPORTER, FIRST.raw(), purpose="baraza/envelope"))


def test_a_well_signed_manifest_has_one_form_only() -> None:
    raw = FIRST.raw()
    one, two, three = FIRST.blobs
    head = raw[: -3 * 32]
    for content in (b"", raw[:-1], head[:-1], b"\x01" + raw[1:], head + two + one + three, head + one + one):
        with pytest.raises(Damaged):
            newest(signed_bytes(REPORTER, content, purpose="baraza/manifest"))
    assert newest(signed_bytes(REPORTER, head + one, purpose="baraza/manifest")).blobs == (one,)
    assert newest(signed_bytes(REPORTER, head, purpose="baraza/manifest")).blobs == (), "a case nobody has a slot in"


@pytest.mark.parametrize(
    "change",
    [
        {"blobs": FIRST.blobs[::-1]},
        {"blobs": FIRST.blobs[:1] * 2},
        {"blobs": (b"short",)},
        {"case_public": b"short"},
        {"reporter_public": b"short"},
        {"reporter_verify": b"short"},
        {"heir": b"short"},
        {"previous": b"short"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_could_not_be_read_again_is_not_signed(change: dict[str, bytes]) -> None:
    with pytest.raises(Damaged):
        signed(replace(FIRST, **change), REPORTER)  # type: ignore[arg-type]


def test_only_a_whole_secret_has_an_heir() -> None:
    for secret in (b"", SECRET[:31], SECRET + b"x"):
        with pytest.raises(Damaged):
            manifests.heir_of(secret)
        with pytest.raises(Damaged):
            second(SECOND, CLEO, secret)


def test_every_part_is_in_the_hash() -> None:
    made = {
        FIRST.hash(),
        replace(FIRST, case=UUID(int=8)).hash(),
        replace(FIRST, epoch=1).hash(),
        replace(FIRST, case_public=bytes(32)).hash(),
        replace(FIRST, reporter_public=bytes(32)).hash(),
        replace(FIRST, reporter_verify=bytes(32)).hash(),
        replace(FIRST, heir=bytes(32)).hash(),
        replace(FIRST, blobs=()).hash(),
        replace(FIRST, previous=bytes([1]) * 32).hash(),
    }
    assert len(made) == 9
    assert FIRST.hash() == replace(FIRST).hash() and len(FIRST.hash()) == 32


def test_the_order_of_the_slots_does_not_tell_whose_they_are() -> None:
    slots = [bytes([number]) for number in range(50)]
    named = manifests.blobs_of([*slots, slots[0]])
    assert list(named) == sorted(map(manifests.blob_hash, slots)) == list(manifests.blobs_of(slots[::-1]))


def test_a_manifest_knows_its_secret_and_its_blobs() -> None:
    assert FIRST.fits(SECRET) and not FIRST.fits(CLEO)
    assert not replace(FIRST, heir=manifests.heir_of(CLEO)).fits(SECRET)
    assert FIRST.names(b"two") and not FIRST.names(b"four")
    assert manifests.read(CHAIN[1]) == (verify_of(CLEO), SECOND)
