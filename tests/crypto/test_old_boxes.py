"""What was sealed once opens for ever: boxes made by the first version, and the values that others are found by.

If one of these fails, a new version would lock people out of their own cases. Change the suite instead.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from server.crypto.sealed import audit, boxes, certificates, envelopes, manifests, officers, phrases, receipts, slots
from server.crypto.sealed.certificates import Certificate, Revocation
from server.crypto.sealed.envelopes import Envelope
from server.crypto.sealed.manifests import Manifest
from server.crypto.sealed.receipts import Derivation, FilingKeys, Receipt
from server.crypto.sealed.signatures import verify_of
from server.crypto.sealed.slots import Binding

KEY, OTHER_KEY = bytes(range(32)), bytes(range(32, 64))
CASE, PERSON = UUID(int=0xABC << 90), UUID(int=0xDEF << 90)
DAY = date(2026, 5, 1)
BINDING = Binding(CASE, 3, slots.reporter_of(KEY, OTHER_KEY))
SEALED = bytes.fromhex(
    "370ab670ea2e354a6e794500826a27c6cde3c541b02fe3bd397dd9b9db3c8667edf23e1ace304f7aa35e133c7f1030bb"
    "2c2a0cecdcddf1169d02"
)
LOCKED = bytes.fromhex(
    "aa36b5d7ded924c467bc5aea79e74fd9a1bced49a50dcd988cdd05a3a8d7e88c22767ae45b94b27c3b9bccb3a5cc04b8e35e"
)
UNDER_A_PHRASE = bytes.fromhex(
    "5e7a0a823f3e741e4c6f43f29b58ac378b5db0d0384a4586d5747f232ba4f3baba9bfe4333e9f79a2561082470132fba"
    "076f568897f5cb8fafba8f"
)
SLOT = bytes.fromhex(
    "29f172770315b93144c9d226490ab6efa2779a28e33c28c1148423d37bbaae13013652862310ced83e5ed3f64ec60c21"
    "5a0cf48b971127b17ecb32a40887637bcebe3d79db8cd5852894e181ec673432acfb911c248a29e081447b8974f0a84a"
    "81dc8094b1af38c8b584d891ae07cdd109ac7cf5eb4932b7"
)
LOCKED_SLOT = bytes.fromhex(
    "900db89cd74a6c6aaff847f5918b3ce16f9812bd2b078597828127da1acf027fa8309f01bd712c13d73596b204e8c459"
    "d39546d786a861447cbf763eb27476a51387d4ab5e6d661563db29471cac029cb1ade9466b0bbff9d3e6c1ca6411e4cb"
    "8003a226a17a866018f4d6a435f588b4918ba29011f3c241"
)
PAIR = bytes.fromhex(
    "3d65a8dc4b2d6f6a27701a0361fad7b80686dbfbc0045655873e121fbcaaaa61d4b4b67377e3686cde7dce6277db55f2"
    "84a1b3a13ae919906cd2266f545848b2ab4ca17e1a278417e6e209ed4253dcf4e54d9d08e9f9c196b76932483fcc61f8"
    "1069cf76fe79c97bd96c02736000837bbb94697a892ba60a3599b5a76db14cfdf328fdea6922aaf2c574f13c2c044046"
    "536f159820cef70639eb6ec8b52f57c3027260789f994e5a6830fdc5f5099c1f8f53115b"
)
KEY_FILE = (
    '{"box":"5902973d94d0110b9812a99cb92702158664051617dc64caff46ca7f9c07dc9e95358641c16be02d8df560e31d4c'
    "6d8e0cdc45b73928d273bef1507a060578059b7580fd9cb4a923bdd32353d7659e886865b5e4697c3d7937d61bd370339a5b"
    '8cccd7a687280e6a0a6d1aa01465d344c26fcc14fa131fe3","kind":"officer-key","memory_kib":8,"passes":1,"v"'
    ":1}"
)
FILING_KEY = "dE1AdJFO3LoBAwjeVQvQRxzoBkKuVvGQXFKmY6fhRlIaYchOjHqNEubX2nUUrBAP"
MANIFEST = Manifest(CASE, 1, KEY, OTHER_KEY, KEY, OTHER_KEY, manifests.blobs_of([b"one", b"two"]), OTHER_KEY)
LETTER = Envelope(CASE, PERSON, 4, "note", verify_of(KEY), DAY, OTHER_KEY, {"text": "شكرا"})
PAPER = Certificate(
    CASE, PERSON, "Cleo", KEY, OTHER_KEY, "sea", "IRC", "Kakuma", ("reader",), ("en",), ("person:bo",), DAY, DAY
)


def short(raw: bytes) -> str:
    """The first signs of a hash, to compare long values by."""
    return boxes.hashed(raw, "test").hex()[:16]


def test_boxes_open() -> None:
    assert boxes.unsealed(KEY, SEALED) == b"tea at six"
    assert boxes.unlocked(KEY, LOCKED, about=b"place") == b"tea at six"
    assert (
        phrases.Phrases(KEY, memory_kib=8, passes=1).unlocked("lamp river seven", UNDER_A_PHRASE, about=b"cleo")
        == b"tea"
    )


def test_an_officers_key_file_opens() -> None:
    keys = officers.opened_key_file(KEY_FILE, "lamp river seven moon")
    assert keys == officers.OfficerKeys(KEY, OTHER_KEY)


def test_key_slots_open() -> None:
    assert slots.opened(SLOT, KEY, BINDING) == OTHER_KEY
    assert slots.opened(LOCKED_SLOT, KEY, BINDING, KEY) == OTHER_KEY
    inner = slots.pair_opened_outer(PAIR, KEY)
    assert inner is not None and slots.pair_opened_inner(inner, KEY) == (BINDING, OTHER_KEY)
    assert slots.tag(KEY, CASE, PERSON, 3).hex() == "fcb19303771d68dca727afc88ec25d8923eb80b150717edd6cc40898d5788074"
    assert slots.reporter_of(KEY, OTHER_KEY).hex() == "62ed0b2e940945e0235e22c7ba2773c11dcc87408dc94f64c14cec1a23d832c4"


def test_decoys_are_made_as_before() -> None:
    """Else whoever has a bundle of each version would see which boxes are other ones now."""
    assert short(slots.pair_decoy(KEY)) == "b64e00853d6733c2"


def test_keys_are_made_as_before() -> None:
    assert boxes.derived(KEY, "purpose").hex() == "6479152d5f6770ec51e647bf36d587770ca17d13a4ab46f7754cbba06675b0b3"
    assert (
        boxes.slow(b"lamp", bytes(16), memory_kib=2048, passes=1).hex()
        == "1c1d839407b27f6c264c27537d7c7933630d6e512fbddf39c27ebb3fe4b67f9b"
    )
    assert boxes.hashed(b"x", "purpose").hex() == "0a78fdd831d3beda38c03083335a6c4e8170a1d088ea7fec03efacaf9f3cabcc"
    keys = Derivation(KEY, bytes(16), memory_kib=8, passes=1).keys(Receipt("07455942575328560714"))
    assert [
        key.hex() for key in (keys.lookup, keys.box_secret, keys.box_public, keys.signing_seed, keys.verify_key)
    ] == [
        "1ef72f0dde0e4ec0e7be4f0ee9ec7acd1db7e8b10aae9d8a5962f89695d1e07c",
        "ffc78388b8cb9658bd2d655712417b98c1b072a7fea4fd81bbdccb8522217240",
        "9a6587e9ddf9705fd33f51e4f8e28b50712ae92e17887deb0121a106e39c5f5a",
        "a20a1a0508afc42b6150439d1a97b69d5c004816429df48f93ae56fb0a653ef9",
        "afcbba0a40fe0b54d3f26eeefa452c5ccbfc0882f9bb4f855764595b11d35e25",
    ]


def test_a_form_that_was_open_during_the_update_is_still_filed() -> None:
    filing_key = FilingKeys(KEY).read(FILING_KEY)
    assert filing_key is not None
    assert receipts.receipt_for(filing_key, KEY) == "57505060915351666758"


def test_what_is_signed_is_spelt_as_before() -> None:
    spelt = (
        manifests.signed(MANIFEST, KEY, before=OTHER_KEY),
        MANIFEST.hash(),
        envelopes.closed(LETTER, KEY),
        certificates.countersigned(certificates.unsigned(PAPER), KEY).encode(),
        certificates.countersigned(certificates.unsigned(Revocation(CASE, DAY)), KEY).encode(),
    )
    assert [short(raw) for raw in spelt] == [
        "4712fca6c56bca7b",
        "177591ea9ee8949c",
        "2494cc0474f7c9bc",
        "591e75e8e768cefe",
        "b320ffc093f781ba",
    ]


def test_the_record_is_counted_as_before() -> None:
    leaves = [audit.Leaf(DAY, place, b"box", bytes([place]) * 32) for place in range(3)]
    head = audit.head(DAY, leaves, before=KEY, filler_key=OTHER_KEY)
    assert [short(raw) for raw in (leaves[1].hash(), head.root, head.hash())] == [
        "a07be571d5902bcb",
        "1320d7e00fd30388",
        "602f62db02f682d9",
    ]
    assert head.hash() != replace(head, day=date(2026, 5, 2)).hash()
