"""Nobody carries the name of an organisation that somebody else was verified for, in whatever letters."""

from datetime import timedelta

import pytest

from server.accounts.confusable import folded
from server.permissions import Role
from server.spaces.models import Access, Joining
from tests.people import PASSPHRASE, Community, pseudonym_of


def joins_as(community: Community, pseudonym: str, space: str = "questions") -> int:
    login = f"login-{folded(pseudonym)}-{len(pseudonym)}"[:40]
    return (
        community.visitor()
        .sends("/join", login=login, passphrase=PASSPHRASE, pseudonym=pseudonym, space=space)
        .status_code
    )


@pytest.mark.parametrize(
    "name",
    [
        "Lantern House",
        "LANTERN  HOUSE 7",
        "L4ntern H0use",
        "The Lantern House Office",
        "Lаntеrn Hоusе",  # Cyrillic a, e, o
        "Lαntεrn Ηουsε",  # Greek
        "Lantern-House",
        "Lantern\u200bHouse",
        "Lántern Hóuse",
        "Lanterrn House".replace("rr", "r"),
    ],
)
def test_a_name_that_looks_like_it_is_refused_in_any_space(name: str, community: Community) -> None:
    community.space("garden", Access.OPEN, Joining.OPEN)
    assert joins_as(community, "Lantern Hill 3", "garden") == 200
    community.sender("hana", organisation="Lantern House")
    for space in ("questions", "garden"):
        assert joins_as(community, name, space) == 422, name
    assert joins_as(community, "Lantern Hill 4") == 200


@pytest.mark.parametrize("name", ["بيت النور", "بیت النور", "بـيـت النور", "بَيْت النُّور", "بيت النور ٧", "بيت النور 7"])
def test_the_same_in_arabic_letters(name: str, community: Community) -> None:
    community.sender("hana", organisation="بيت النور")
    assert joins_as(community, name) == 422, name
    assert joins_as(community, "بيت السلام") == 200


def test_a_short_name_is_not_hidden_in_other_words(community: Community) -> None:
    community.sender("hana", organisation="ARC")
    assert joins_as(community, "Arc 9") == 422
    assert joins_as(community, "March 9") == 200


def test_the_name_is_free_again_when_it_ends(community_on_both: Community) -> None:
    community = community_on_both
    community.sender("hana", organisation="Lantern House", days=5)
    assert joins_as(community, "Lantern House 2") == 422
    community.clock.goes_on(days=8)
    assert joins_as(community, "Lantern House 2") == 200


def test_digits_of_every_script_are_the_same_digits() -> None:
    assert folded("River ٢٧") == folded("River 27") == folded("River ۲۷")


def test_what_a_steward_may_not_verify(community_on_both: Community) -> None:
    community = community_on_both
    stella = community.staff("stella", Role.STEWARD)
    community.sender("hana", organisation="Lantern House")
    community.member("amina")
    today = community.clock.now().date()
    good = {
        "space": "questions",
        "pseudonym": pseudonym_of(community, "questions", "Amina"),
        "organisation": "Bridge Network",
        "valid_until": (today + timedelta(days=30)).isoformat(),
    }
    wrong = {
        "pseudonym": "Nobody 99",
        "organisation": "Lantern H0use",
        "valid_until": (today + timedelta(days=367)).isoformat(),
        "space": "nowhere\x00",
    }
    for field, value in wrong.items():
        answer = stella.sends("/steward/senders", **{**good, field: value})
        assert answer.status_code == 422, field
        assert f'id="{field}-error"' in answer.text
        assert "Bridge Network" in answer.text or field == "organisation"
    for day in ("", "yesterday", "2026-02-30", (today - timedelta(days=1)).isoformat(), "9" * 50):
        assert stella.sends("/steward/senders", **{**good, "valid_until": day}).status_code == 422, day
    assert stella.sends("/steward/senders", **{**good, "organisation": "Lаntern"}).status_code == 422, "two alphabets"
    assert stella.sends("/steward/senders", **good).status_code == 303
    for person in (community.member("omar"), community.moderator("bo"), community.visitor()):
        assert person.sends("/steward/senders", **good).status_code == 404 or person.gets("/me").status_code == 303
        assert "Bridge Network" not in person.reads("/steward/senders")
