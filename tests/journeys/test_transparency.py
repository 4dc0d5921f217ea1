"""The public account: true numbers, no small ones, nothing that points at anybody."""

import re

from sqlalchemy import update
from sqlmodel import col

from server.content import Screening
from server.policies import OpennessPolicy
from server.transparency.queries import account, noticed
from tests.people import Community


def account_of(community: Community) -> str:
    """The page a week later: what is told changes on Mondays only."""
    community.clock.goes_on(minutes=60 * 24 * 8)
    community.services.fragments.clear()
    return community.visitor().reads("/transparency")


def row(page: str, *cells: str) -> bool:
    inside = r"\s*</t[hd]>\s*<t[hd][^>]*>\s*".join(re.escape(cell) for cell in cells)
    return re.search(rf"<tr>\s*<t[hd][^>]*>\s*{inside}", page) is not None


def numbers(page: str, name: str) -> str:
    found = re.search(rf"<dt>{re.escape(name)}</dt><dd>(.*?)</dd>", page)
    assert found, name
    return found[1]


def decided(community: Community, count: int) -> None:
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    for number in range(count):
        amina.posts(topic, f"You idiot number {number}")
        [case] = bo.opens_the_queue()
        bo.decides(case, "remove", reason="insult")


def test_numbers_are_told_and_small_ones_are_not(community: Community) -> None:
    decided(community, 4)
    page = account_of(community)
    assert numbers(page, "Waited to be read first") == "fewer than 5"
    assert row(page, "It insults or hurts somebody", "the machine", "fewer than 5")
    assert "too few decisions" in page
    hani = community.member("hani")
    topic = hani.opens_topic("Sport", "Who?")
    for number in range(3):
        hani.posts(topic, f"idiot {number}")
    page = account_of(community)
    assert numbers(page, "Waited to be read first") == "7"
    assert numbers(page, "Waiting now") == "fewer than 5"
    assert numbers(page, "Made") == "0", "nothing may be said"


def test_it_names_no_space_no_member_no_moderator_and_no_word(community: Community) -> None:
    decided(community, 6)
    page = account_of(community).lower()
    for word in ("questions", "idiot", "which one", "amina", "nadia", ">bo<"):
        assert word not in page.partition("<h1")[2].partition("<footer")[0]


def test_waits_are_told_by_language_and_late_ones_too(community: Community) -> None:
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    for number in range(6):
        amina.posts(topic, f"You idiot number {number}")
    community.clock.goes_on(minutes=60 * 100)
    bo.signs_in("bo", code=community.code_of("bo"))
    bo.begins_a_shift()
    for case in bo.opens_the_queue():
        bo.decides(case, "remove", reason="insult")
    community.clock.goes_on(minutes=1)
    policy = OpennessPolicy(5, 15, 120, 1440, 4320)
    with community.services.db.reading() as tx:
        found = account(tx, since=community.clock.now().replace(year=2000), until=community.clock.now(), policy=policy)
    [wait] = found.waits
    assert (wait.decided, wait.late) == (6, 6)
    assert 100 <= wait.median <= 101
    assert "4 days" in account_of(community)


def test_what_waits_for_too_long_is_told(community: Community) -> None:
    amina = community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    for number in range(6):
        amina.posts(topic, f"You idiot number {number}")
    assert numbers(account_of(community), "Waiting now for too long") == "6"


def test_nothing_is_told_before_its_week_is_over(community: Community) -> None:
    decided(community, 6)
    before = account_of(community).partition("<h1")[2]
    amina = community.member("hani")
    topic = amina.opens_topic("Sport", "Who?")
    for number in range(6):
        amina.posts(topic, f"idiot {number}")
    community.clock.goes_on(minutes=20)
    community.services.fragments.clear()
    assert community.visitor().reads("/transparency").partition("<h1")[2] == before


def test_a_language_without_a_score_or_a_reader_is_named(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Salaan", "Maanta")
    for number in range(6):
        amina.posts(topic, f"Waxaan rabaa {number}")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Screening).where(col(Screening.id) > 0).values(language="so", covered=False))
    page = account_of(community)
    assert re.search(r"Somali</th><td>\d+</td><td>no automatic score", page)
    assert re.search(r"Nobody reads these languages at fixed hours:</strong>\s*Somali", page)


def test_how_often_the_machine_was_wrong(community: Community) -> None:
    bo, amina = community.moderator("bo"), community.member("amina")
    topic = community.member("nadia").opens_topic("Bus", "Which one?")
    for number in range(8):
        amina.posts(topic, f"You idiot number {number}")
        [case] = bo.opens_the_queue()
        bo.decides(case, *(("release",) if number < 2 else ("remove",)), **({} if number < 2 else {"reason": "insult"}))
    community.clock.goes_on(minutes=1)
    policy = OpennessPolicy(5, 15, 120, 1440, 4320)
    with community.services.db.reading() as tx:
        found = account(tx, since=community.clock.now().replace(year=2000), until=community.clock.now(), policy=policy)
    held = [line for line in found.machine if line.held]
    assert [(line.judged, line.let_through) for line in held] == [(8, 2)]


def test_who_noticed() -> None:
    assert noticed(["first_message", "toxicity", "flag:insult"]) == "member"
    assert noticed(["first_message", "toxicity"]) == "machine"
    assert noticed(["first_message", "scam"]) == "words"
    assert noticed(["first_message"]) == "rules"


def test_the_last_seal_of_each_week_is_public(community: Community) -> None:
    decided(community, 1)
    now = community.visitor().reads("/transparency")
    assert "<code>" not in now.partition('id="chain"')[2]
    page = account_of(community).partition('id="chain"')[2]
    assert re.search(r"<code>[0-9a-f]{64}</code>", page)
