"""A picture that is taken back is nowhere any more; many of them cost no memory; pages without one cost nothing."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from server.pictures.models import Picture
from tests.asked import asked_of
from tests.attack.originals import noise, saved
from tests.conftest import community_at
from tests.people import Community, Person, last_message, last_picture
from tests.roads import without_limits


def files_of(folder: Path) -> dict[str, bytes]:
    """The database with everything beside it."""
    return {path.name: path.read_bytes() for path in folder.glob("community.sqlite3*")}


def pieces(content: bytes) -> list[bytes]:
    """Short stretches from all over, so that a part that was left behind is found too."""
    return [content[at : at + 24] for at in range(64, len(content) - 24, 997)]


def test_a_picture_that_is_taken_back_is_nowhere_in_the_files(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    amina.posts_a_picture(topic, "Here", file=saved(noise(300, 200), "PNG"), alt="The blue pump by the gate")
    content = amina.gets(last_picture(community)).content
    marks = [*pieces(content), b"The blue pump by the gate"]
    assert len(marks) > 20
    before = b"".join(files_of(tmp_path).values())
    assert any(mark in before for mark in marks)
    assert amina.sends(f"/messages/{last_message(community)}/withdraw").status_code == 303
    for name, held in files_of(tmp_path).items():
        assert [mark for mark in marks if mark in held] == [], name


def test_taken_back_means_gone_on_both(community_on_both: Community) -> None:
    community = community_on_both
    amina, nadia = community.member("amina"), community.member("nadia", known=False)
    topic = amina.opens_topic("Water", "Where is the well?")
    for person in (amina, nadia):  # one that is public, one that waits
        person.posts_a_picture(topic, "Here it is")
        picture = last_picture(community)
        assert person.gets(picture).status_code == 200
        assert "The picture is erased too." in person.reads(f"/messages/{last_message(community)}/withdraw")
        person.sends(f"/messages/{last_message(community)}/withdraw")
        assert person.gets(picture).status_code == 404
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(func.count()).select_from(Picture)).scalar_one() == 0


def asked_for(community: Community, person: Person, path: str) -> tuple[list[str], list[str]]:
    """What a page asks the first time and the second time."""
    community.services.remembered.forget_all()
    with asked_of(community) as first:
        assert person.gets(path).status_code == 200
    with asked_of(community) as second:
        assert person.gets(path).status_code == 200
    return first, second


def test_pictures_cost_a_topic_no_query_more(community: Community) -> None:
    """Joined where the messages are found; and a page that is kept in pieces does not look for them at all."""
    amina, dalia = community.member("amina"), community.member("dalia")
    plain, shown = (amina.opens_topic(title, "First words") for title in ("Without", "With"))
    for number in range(4):
        amina.posts(plain, f"Words {number}")
        amina.posts_a_picture(shown, f"Words {number}")
    dalia.reads(amina.opens_topic("Another", "What all topics of the space have in common is made with this one"))
    first_plain, second_plain = asked_for(community, dalia, plain)
    first_shown, second_shown = asked_for(community, dalia, shown)
    assert len(first_shown) == len(first_plain)
    assert second_shown == second_plain
    assert not any("picture" in statement for statement in second_shown)
    assert not any(re.search(r"SELECT[^()]*picture\.content[^)]", statement) for statement in first_shown)


def resident_kib() -> int:
    """Memory of this process."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def uploads(community: Community, person: Person, topic: str, count: int) -> None:
    original = saved(noise(1200, 900), "JPEG", quality=92)
    assert len(original) > 1_000_000
    for number in range(count):
        answer = person.posts_a_picture(topic, f"Picture {number}", file=original)
        assert answer.status_code == 303, answer.text
        person.sends(f"/messages/{last_message(community)}/withdraw")


@pytest.mark.parametrize(
    ("first", "then"), [(15, 25), pytest.param(50, 450, marks=[pytest.mark.full, pytest.mark.timeout(1800)])]
)
def test_many_uploads_leave_no_memory_behind(tmp_path: Path, sqlite_url: str, first: int, then: int) -> None:
    without_limits(tmp_path)
    with community_at(sqlite_url, tmp_path) as community:
        amina = community.member("amina")
        topic = amina.opens_topic("Water", "Where is the well?")
        uploads(community, amina, topic, first)
        before = resident_kib()
        uploads(community, amina, topic, then)
        assert resident_kib() - before < 12 * 1024
