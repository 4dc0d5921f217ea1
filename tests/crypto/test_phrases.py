"""Secrets under a phrase: the right phrase opens them, here and in their place. And phrases from chance."""

import re

import pytest

from server.crypto.sealed import phrases, six_words
from server.crypto.sealed.boxes import Damaged, slow
from server.crypto.sealed.phrases import Phrases

PEPPER = bytes(range(32))
OURS = Phrases(PEPPER, memory_kib=8, passes=1)


def test_the_right_phrase_opens() -> None:
    box = OURS.locked("lamp river seven", b"secret", about=b"cleo")
    assert OURS.unlocked("lamp river seven", box, about=b"cleo") == b"secret"
    assert OURS.unlocked("lamp river eight", box, about=b"cleo") is None
    assert OURS.unlocked("lamp river seven", box, about=b"dalia") is None


def test_accents_are_the_same_however_they_are_typed() -> None:
    box = OURS.locked("caf\u00e9", b"secret", about=b"")
    assert OURS.unlocked("cafe\u0301", box, about=b"") == b"secret"
    assert OURS.unlocked("\ud800", OURS.locked("\ud800", b"x", about=b""), about=b"") == b"x"


def test_a_box_needs_its_server_and_its_cost() -> None:
    box = OURS.locked("lamp river seven", b"secret", about=b"")
    for others in (
        Phrases(PEPPER[::-1], memory_kib=8, passes=1),
        Phrases(PEPPER, memory_kib=16, passes=1),
        Phrases(PEPPER, memory_kib=8, passes=2),
    ):
        assert others.unlocked("lamp river seven", box, about=b"") is None


def test_a_broken_box_does_not_open() -> None:
    box = OURS.locked("lamp river seven", b"secret", about=b"")
    for at in range(len(box)):
        assert OURS.unlocked("lamp river seven", box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :], about=b"") is None
    for broken in (b"", box[:10], box[:16], box[:-1]):
        assert OURS.unlocked("lamp river seven", broken, about=b"") is None


def test_the_same_phrase_locks_differently_each_time() -> None:
    boxes = [OURS.locked("lamp", b"x", about=b"") for _ in range(2)]
    assert boxes[0][:16] != boxes[1][:16]


def test_the_cost_of_a_guess_is_as_decided() -> None:
    box = Phrases(PEPPER).locked("lamp", b"x", about=b"")
    assert Phrases(PEPPER, memory_kib=256 * 1024, passes=3).unlocked("lamp", box, about=b"") == b"x"
    assert len(phrases.NO_PEPPER) == 32 and not any(phrases.NO_PEPPER)


@pytest.mark.parametrize(("memory_kib", "passes", "salt"), [(7, 1, 16), (8, 0, 16), (8, 1, 15), (8, 1, 17)])
def test_argon2id_has_its_limits(memory_kib: int, passes: int, salt: int) -> None:
    with pytest.raises(Damaged):
        slow(b"lamp", bytes(salt), memory_kib=memory_kib, passes=passes)


def test_six_words_come_from_chance_and_are_read_however_they_are_typed() -> None:
    many = {six_words.new() for _ in range(200)}
    assert len(many) == 200
    for one in many:
        assert re.fullmatch(r"([bdfghj-np-tvz][aeiou]){2}( ([bdfghj-np-tvz][aeiou]){2}){5}", one), one
        assert six_words.plain(f" {one.title().replace(' ', ' - ')} ") == one
    assert six_words.plain("\uff22\uff41\uff4b\uff4f\u3000lume") == "bako lume", "the wide signs of some keyboards"


def test_every_syllable_comes() -> None:
    """Else there would be fewer words to guess among than were counted."""
    said = "".join(six_words.new() for _ in range(400)).replace(" ", "")
    syllables = {said[at : at + 2] for at in range(0, len(said), 2)}
    assert syllables == {consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeiou"}
