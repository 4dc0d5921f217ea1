"""A secret that takes two: any two holders' halves fit, one holder's say nothing, and halves can be passed on."""

from itertools import combinations
from uuid import UUID

import pytest

from server.crypto.sealed import boxes, halves
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.halves import Half

SECRET = bytes(range(32))
PEOPLE = [UUID(int=number) for number in range(1, 6)]
CLEO, DARA = bytes(range(10, 42)), bytes(range(20, 52))
HERE = b"a case and a person"


def test_any_two_open_it_and_nobody_alone() -> None:
    held = halves.cut(SECRET, PEOPLE)
    for one, other in combinations(PEOPLE, 2):
        assert halves.joined(held[one], held[other]) == SECRET
        assert halves.joined(held[other], held[one]) == SECRET
    for one in PEOPLE:
        assert halves.joined(held[one], held[one]) is None
        assert all(half.bits != SECRET for half in held[one])


@pytest.mark.parametrize("people", [[], PEOPLE[:1], [PEOPLE[0], PEOPLE[0]]])
def test_fewer_than_two_people_get_nothing(people: list[UUID]) -> None:
    assert halves.cut(SECRET, people) == {}


def test_whoever_takes_over_halves_stands_in_the_same_place() -> None:
    """However often both sides are passed on, the two who hold them now open it; those of one side never do."""
    held = halves.cut(SECRET, PEOPLE[:2])
    first, second = held[PEOPLE[0]], held[PEOPLE[1]]
    passed_on = tuple(Half(*half.name, half.bits) for half in first)
    assert halves.joined(passed_on, second) == SECRET
    assert halves.joined(passed_on, first) is None


def test_a_half_fits_the_other_side_of_its_pair_only() -> None:
    one = Half(3, 0, bytes(32))
    assert one.fits((3, 1))
    assert not one.fits((3, 0))
    assert not one.fits((4, 1))
    assert Half(3, 1, bytes(32)).fits((3, 0))
    assert not Half(3, 1, bytes(32)).fits((3, 1)) and not Half(3, 1, bytes(32)).fits((3, 2))
    assert halves.joined([one], [Half(4, 1, bytes(32))]) is None


def test_a_box_of_halves_opens_for_its_person_in_its_place() -> None:
    held = halves.cut(SECRET, PEOPLE)[PEOPLE[2]]
    box = halves.closed(held, boxes.public_of(CLEO), about=HERE)
    assert halves.opened(box, CLEO, about=HERE) == held
    for secret, about in ((DARA, HERE), (CLEO, b"elsewhere")):
        with pytest.raises(Damaged):
            halves.opened(box, secret, about=about)


def test_what_is_no_row_of_halves_is_damaged() -> None:
    for raw in (b"x", bytes(34)):
        content = boxes.locked(bytes(32), raw, about=b"halves" + HERE)
        with pytest.raises(Damaged):
            halves.opened(boxes.sealed(boxes.public_of(CLEO), content), CLEO, about=HERE)
    with pytest.raises(Damaged):
        halves.closed([Half(0, 0, b"short")], boxes.public_of(CLEO), about=HERE)


def test_only_a_whole_secret_is_cut() -> None:
    for secret in (b"", SECRET[:31], SECRET + b"x"):
        with pytest.raises(Damaged):
            halves.cut(secret, PEOPLE)


def test_halves_of_two_secrets_do_not_give_either() -> None:
    one, other = halves.cut(SECRET, PEOPLE[:2]), halves.cut(CLEO, PEOPLE[:2])
    mixed = halves.joined(one[PEOPLE[0]], other[PEOPLE[1]])
    assert mixed not in (SECRET, CLEO)
