"""A member takes away what is kept: everything of one name, nothing of another, nothing of anybody else."""

import io
import json
import zipfile

from server.spaces.models import Access, Joining
from tests.people import PASSPHRASE, Community, Person, pseudonym_of


def taken(person: Person, space: str) -> tuple[dict, str, list[str]]:  # type: ignore[type-arg]
    answer = person.sends("/me/data", space=space, passphrase=PASSPHRASE)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="copy.zip"'
    assert answer.headers["cache-control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    told = json.loads(archive.read("copy.json"))
    return told, archive.read("copy.html").decode(), archive.namelist()


def test_everything_of_one_name_is_in_the_file(community_on_both: Community) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Where is the well?", "Brunnenkanarie")
    amina.posts_a_picture(topic, "Bildkanarie")
    amina.sends(f"{topic}/draft", text="Entwurfkanarie")
    amina.sends("/s/questions/letters", text="Briefkanarie")
    bo.posts(topic, "Antwortkanarie of bo")
    told, page, names = taken(amina, "questions")
    whole = json.dumps(told, ensure_ascii=False)
    for word in ("Brunnenkanarie", "Bildkanarie", "Entwurfkanarie", "Briefkanarie", "Where is the well?"):
        assert word in whole and word in page, word
    assert pseudonym_of(community, "questions", "Amina") in whole
    assert "Antwortkanarie" not in whole and pseudonym_of(community, "questions", "Bo") not in whole
    assert sum(name.startswith("pictures/") for name in names) == 1


def test_a_file_tells_of_one_space_only(community: Community) -> None:
    community.space("garden", Access.OPEN, Joining.OPEN)
    amina = community.member("amina", "questions", "garden")
    amina.opens_topic("Seeds", "Samenkanarie", "garden")
    told, page, _ = taken(amina, "questions")
    assert "Samenkanarie" not in page and "Samenkanarie" not in json.dumps(told)
    assert pseudonym_of(community, "garden", "Amina") not in page or pseudonym_of(
        community, "garden", "Amina"
    ) == pseudonym_of(community, "questions", "Amina")


def test_what_is_sealed_and_keys_of_rows_are_not_in_it(community: Community) -> None:
    amina = community.member("amina")
    amina.opens_topic("Words", "Hello")
    for space in ("questions", "-"):
        told, _, _ = taken(amina, space)
        for table in told.values():
            for row in table["rows"]:
                assert not {"id", "member_id", "membership_id", "passphrase_hash", "login_key", "token_hash"} & set(row)


def test_nobody_takes_the_file_of_a_space_they_are_not_in(community: Community) -> None:
    community.space("garden", Access.OPEN, Joining.OPEN)
    assert community.member("amina").sends("/me/data", space="garden", passphrase=PASSPHRASE).status_code == 404


def test_the_page_warns_before_anything_is_taken(community: Community) -> None:
    page = community.member("amina").gets("/me/data").text
    assert "whoever opens it can read everything in it" in page


def test_no_time_of_the_taking_stands_in_the_file(community: Community) -> None:
    amina = community.member("amina")
    first = amina.sends("/me/data", space="questions", passphrase=PASSPHRASE).content
    community.clock.goes_on(minutes=5)
    assert amina.sends("/me/data", space="questions", passphrase=PASSPHRASE).content == first


def test_an_unlocked_phone_is_not_enough(community: Community) -> None:
    amina = community.member("amina")
    amina.opens_topic("Words", "Unterwegskanarie")
    for words in ("", "other words than those", PASSPHRASE[:-1]):
        refused = amina.sends("/me/data", space="questions", passphrase=words)
        assert refused.status_code == 422 and refused.headers["content-type"].startswith("text/html"), words
        assert 'value="questions" checked' in refused.text, "the choice is kept"
    assert amina.sends("/me/data", space="questions", passphrase=PASSPHRASE).status_code == 200


def test_guessing_the_words_ends_soon(community: Community) -> None:
    amina = community.member("amina")
    tries = [amina.sends("/me/data", space="-", passphrase=f"guess {number} of many") for number in range(30)]
    assert tries[-1].status_code == 429
