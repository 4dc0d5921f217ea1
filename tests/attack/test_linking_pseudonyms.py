"""Can somebody who reads everything tell that a name here and a name there are one person?

Two hundred people have a name in each of two spaces. The adversary fetches all that a stranger and a member
can fetch, and guesses for every name of the first space which name of the second belongs to it: by shared
values, by near ids, by order. Guessing blindly finds one pair in two hundred names. The same adversary must
succeed when a leak is planted, or the test says nothing.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from server.accounts import suggestions
from server.accounts.models import Membership
from server.darkroom.workshop import CleanPicture
from server.forum.models import Message
from server.pictures import rules as pictures
from server.pictures.models import People
from server.pictures.rules import NewPicture
from server.spaces.models import Access, Joining
from tests.people import Community, Person

PEOPLE = 200
TOPICS = 10
BY_CHANCE = 8
"""Blind guessing finds one on average; more than eight would happen once in a million runs."""
NOBODY = People.NOBODY
SPACES = ("questions", "kitchen")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Seen:
    """What the pages of one space show of each name."""

    order: list[str] = field(default_factory=list[str])
    values: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    ids: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def note(self, name: str, html: str) -> None:
        """Remember everything in this piece of a page: each attribute, each word, each id."""
        if name not in self.values:
            self.order.append(name)
            self.values[name], self.ids[name] = Counter(), []
        self.values[name].update(set(re.findall(r'"([^"]+)"', html)))
        self.values[name].update(set(re.findall(r"[^\W_]+", re.sub(r"<[^>]+>", " ", html))))
        self.ids[name] += [UUID(found).int for found in ID.findall(html)]


def settle(
    community: Community, chance: random.Random, *, same_order: bool = False, same_number: bool = False
) -> dict[str, str]:
    """Two hundred people with two names each, who write once under each; gives the true pairs."""
    community.space("kitchen", Access.OPEN, Joining.OPEN)
    taken: set[str] = set()

    def fresh_name(number: int) -> str:
        while True:
            words = " ".join(chance.sample(suggestions.WORDS, 2)).title()
            name = f"{words} {number if same_number else chance.randint(2, 99)}"
            if name not in taken:
                taken.add(name)
                return name

    people = [community.member(f"person{number}", *SPACES) for number in range(PEOPLE)]
    with community.services.db.transaction() as tx:
        rows = tx.session.execute(
            select(col(Membership.id), col(Membership.member_id), col(Membership.space_id)).order_by(col(Membership.id))
        ).all()
        named: dict[int, list[str]] = {}
        for membership, member, _ in rows:
            name = fresh_name(1000 + member)
            named.setdefault(member, []).append(name)
            tx.session.execute(
                update(Membership).where(col(Membership.id) == membership).values(pseudonym=name, pseudonym_key=name)
            )
    first = people[0]
    order = list(people)
    for space in SPACES:
        topics = [first.opens_topic(f"{space} {number}", "Let us begin", space=space) for number in range(TOPICS)]
        if not same_order:
            chance.shuffle(order)
        for number, person in enumerate(order):
            community.clock.goes_on(seconds=chance.randint(5, 400))
            answer = person.posts(topics[number * TOPICS // PEOPLE], f"I say something about {space}")
            assert answer.status_code == 303, answer.text
    with community.services.db.transaction() as tx:
        for message in tx.session.execute(select(col(Message.id)).where(col(Message.id) % 2 == 0)).scalars():
            pictures.attach(tx, message, NewPicture(CleanPicture(b"bytes", 640, 480, 0), "A queue", NOBODY))
    pairs = [names for names in named.values() if len(names) == 2]
    assert len(pairs) == PEOPLE
    return dict(pairs[1:])  # type: ignore[arg-type]  # whoever opened the topics is known by that


def everything(person: Person) -> dict[str, Seen]:
    """All that this person can fetch of both spaces: lists, topics, searches."""
    seen = {space: Seen() for space in SPACES}
    for space in SPACES:
        listing = person.reads(f"/s/{space}") + person.reads(f"/s/{space}?page=2")
        topics = sorted(set(re.findall(r'href="(/topics/[0-9a-f-]{36})"', listing)), key=listing.index)
        pages = [person.reads(f"{topic}?page={number}") for topic in topics for number in (1, 2)]
        pages += [person.reads(f"/search?q={space}&space={space}&page={number}") for number in range(1, 11)]
        for page in pages:
            for piece in re.findall(
                r'<article class="message".*?</article>|<li class="topic">.*?</li>', page, re.DOTALL
            ):
                name = re.search(r"<h2>.*?<bdi>([^<]+)</bdi></h2>|· <bdi>([^<]+)</bdi> ·", piece, re.DOTALL)
                if name is not None:
                    seen[space].note(name.group(1) or name.group(2), piece)
    return seen


def by_shared_values(here: Seen, there: Seen, chance: random.Random) -> dict[str, str]:
    """The name that shares the rarest value of all."""
    spread = Counter(value for values in (*here.values.values(), *there.values.values()) for value in values)
    guesses: dict[str, str] = {}
    for name, values in here.values.items():
        scores = {
            other: -min((spread[value] for value in values.keys() & theirs.keys()), default=PEOPLE * 9)
            for other, theirs in there.values.items()
        }
        best = max(scores.values())
        guesses[name] = chance.choice([other for other, score in scores.items() if score == best])
    return guesses


def by_near_ids(here: Seen, there: Seen, chance: random.Random) -> dict[str, str]:
    """The name with the nearest id."""
    ids = sorted((value, name) for name, values in there.ids.items() for value in values)
    return {
        name: min(ids, key=lambda entry: min(abs(entry[0] - own) for own in values))[1]
        for name, values in here.ids.items()
        if values
    }


def by_order(here: Seen, there: Seen, chance: random.Random) -> dict[str, str]:
    """The name that appears at the same place."""
    return dict(zip(here.order, there.order, strict=False))


GUESSES: dict[str, Callable[[Seen, Seen, random.Random], dict[str, str]]] = {
    "shared values": by_shared_values,
    "near ids": by_near_ids,
    "order": by_order,
}


def hits(person: Person, truth: dict[str, str], chance: random.Random) -> dict[str, int]:
    """For each way of guessing, how many pairs it finds."""
    seen = everything(person)
    here, there = (seen[space] for space in SPACES)
    assert len(here.order) == len(there.order) == PEOPLE, "the adversary has not seen everybody"

    def right(guesses: dict[str, str]) -> int:
        return sum(truth.get(name) == other for name, other in guesses.items())

    return {way: right(guess(here, there, chance)) for way, guess in GUESSES.items()}


def watchers(community: Community) -> Iterable[Person]:
    """A stranger, and a member of both spaces."""
    return community.visitor(), community.member("watcher", *SPACES)


def test_names_cannot_be_linked_better_than_by_chance(community: Community) -> None:
    chance = random.Random(11)
    truth = settle(community, chance)
    for person in watchers(community):
        found = hits(person, truth, chance)
        assert all(count <= BY_CHANCE for count in found.values()), found


@pytest.mark.parametrize("leak", ["shared values", "near ids", "order"])
def test_the_adversary_finds_a_planted_leak(community: Community, leak: str) -> None:
    chance = random.Random(12)
    truth = settle(community, chance, same_order=leak == "order", same_number=leak == "shared values")
    if leak == "near ids":
        with community.services.db.transaction() as tx:
            rows = tx.session.execute(
                select(col(Message.id), col(Membership.member_id)).join(
                    Membership, col(Membership.id) == col(Message.membership_id)
                )
            ).all()
            for message, member in rows:
                planted = UUID(int=(member << 100) | chance.getrandbits(90))
                tx.session.execute(update(Message).where(col(Message.id) == message).values(public_id=planted))
    for person in watchers(community):
        assert hits(person, truth, chance)[leak] > PEOPLE * 3 // 4
