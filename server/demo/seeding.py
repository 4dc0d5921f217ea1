"""Fills a new database with the demonstration, through the same rules that people's acts go through."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlmodel import col

from moderation.screening import Author
from moderation.verdict import Outcome, Reason, Rule, Verdict
from server.accounts import rules as accounts
from server.accounts import suggestions
from server.accounts.models import Member
from server.content import Case
from server.crypto.tokens import keyed_hash
from server.database import Transaction
from server.demo import information
from server.demo.content_files import Content
from server.demo.deciding import appealed, first_messages_released
from server.demo.drawings import drawn
from server.demo.gathering import Held, gathered
from server.demo.leading import led, prepared
from server.forum import flagging, posting
from server.forum import queries as forum
from server.forum import rules as forum_rules
from server.forum.models import FlagReason, Message, Topic
from server.forum.rules import Posted, Writing
from server.permissions import Role, Standing
from server.pictures.models import People
from server.pictures.rules import NewPicture
from server.review import queries as desk
from server.review import rules as desk_rules
from server.review.acts import Act, Measures
from server.review.models import Action
from server.spaces.models import Access, Joining
from server.spaces.queries import Duty, SpaceRow, SpaceWords, space_by_slug
from server.spaces.rules import open_space
from server.web.visit import Services

OF_THE_FORUM = ("amina", "nadia", "bo", "salma", "farid", "ruth", "tomas", "grace", "leila", "dina")
SIGN_INS = (*OF_THE_FORUM, "fatou", "joseph", "hawa", "samuel")
"""Whose names and words are printed; nobody can sign in as the others."""
PLAIN = {
    "nadia": "newcomer",
    "leila": "verified_sender",
    "joseph": "helper",
    "hawa": "captioner",
    "samuel": "captioner",
}
"""What those are who have no role in a space."""
NO_HASH = "!"


@dataclass(frozen=True, slots=True)
class SignIn:
    """One line of the table that the demonstration prints."""

    role: str
    login: str
    passphrase: str
    totp_secret: str
    pseudonym: str
    spaces: tuple[str, ...]


@dataclass(slots=True)
class _People:
    member_ids: dict[str, int]
    standings: dict[tuple[str, str], Standing]

    def moderators(self, space: SpaceRow) -> list[str]:
        """The keys of the people of this story who moderate the space."""
        return [key for key, slug in self.standings if slug == space.slug and key in ("bo", "salma", "farid")]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the demonstration prints: sign-ins, and the codes of its halls."""

    sign_ins: list[SignIn]
    halls: list[Held]


def seed(services: Services, content: Content, *, today: date) -> Seeded:
    """Make the whole community in one transaction; gives what is printed."""
    words = {key: suggestions.passphrase() for key in SIGN_INS}
    with ThreadPoolExecutor(2) as pool:
        hashed = dict(zip(words, pool.map(services.passwords.hash, words.values()), strict=True))
    with services.db.transaction() as tx:
        spaces = {entry["slug"]: _space(tx, entry) for entry in content.spaces}
        secrets = {key: services.second_factors.new_secret() for key in SIGN_INS if _roles(content, key)}
        people = _people(tx, services, content, spaces, hashed, secrets)
        information.verify_senders(
            tx,
            content.information["sender"],
            spaces,
            people.standings,
            today=today,
            most_days=services.policies.information.sender_days,
        )
        for topic in content.topics:
            _topic(tx, services, topic, spaces[topic["space"]], people, today)
        teams = {space.id: people.moderators(space) for space in spaces.values()}
        first = {space_id: people.member_ids[team[0]] for space_id, team in teams.items() if team}
        first_messages_released(tx, first, until=services.clock.now())
        for entry in content.spaces:
            led(tx, services.policies.hosting, entry, spaces[entry["slug"]], people.member_ids, today)
        information.announce(tx, content.information, spaces, people.standings, today=today)
        information.add_help(tx, content.help_contacts, today=today)
        now = services.clock.now()
        halls = gathered(tx, services.policies, content.halls, spaces, people.member_ids, now=now)
    return Seeded([_sign_in(content, key, words[key], secrets.get(key, "")) for key in SIGN_INS], halls)


def _space(tx: Transaction, entry: dict[str, Any]) -> SpaceRow:
    if entry.get("preparing"):
        return prepared(tx, entry)
    open_space(
        tx,
        slug=entry["slug"],
        access=Access(entry["access"]),
        joining=Joining(entry["joining"]),
        host=entry["host"],
        languages=entry["languages"],
        timezone=entry["timezone"],
        words=[SpaceWords(t["language"], t["name"], t["purpose"], t["rules"]) for t in entry["text"]],
        duty=[Duty(d["language"], d["starts"], d["ends"]) for d in entry.get("duty", [])],
    )
    space = space_by_slug(tx, entry["slug"])
    assert space is not None
    return space


def _people(
    tx: Transaction,
    services: Services,
    content: Content,
    spaces: dict[str, SpaceRow],
    hashed: dict[str, Any],
    secrets: dict[str, str],
) -> _People:
    people = _People({}, {})
    for person in content.people:
        key = person["key"]
        secret = secrets.get(key)
        member = Member(
            login_key=keyed_hash(services.login_key, person["login"]),
            passphrase_hash=hashed.get(key, NO_HASH),
            recovery_hash=NO_HASH,
            card_kept=True,
            totp_secret=services.second_factors.sealed(secret) if secret else None,
            totp_confirmed=secret is not None,
        )
        tx.session.add(member)
        tx.session.flush()
        assert member.id is not None
        people.member_ids[key] = member.id
        for slug, pseudonym in person["pseudonyms"].items():
            space = spaces[slug]
            accounts_id = accounts.add_membership(tx, member.id, space.id, pseudonym=pseudonym, vouched=False)
            people.standings[key, slug] = Standing(
                accounts_id, UUID(int=0), space.id, pseudonym, known=False, vouched=False, suspended_until=None
            )
        for role in person.get("roles", []):
            space_id = spaces[role["space"]].id if "space" in role else None
            accounts.grant(tx, member.id, Role(role["role"]), space_id)
    return people


def _topic(
    tx: Transaction, services: Services, entry: dict[str, Any], space: SpaceRow, people: _People, today: date
) -> None:
    """A topic with its messages in their order; the first one opens it."""
    posted: dict[str, Posted] = {}
    opened: Posted | None = None
    for message in entry["message"]:
        author = people.standings[message["by"], entry["space"]]
        at = _moment(message, space, today)
        writing = Writing.of(message["text"], message["language"], _verdict(services, message))
        if "picture" in message:
            writing = writing.with_picture(_picture(services, message["picture"]), waits=False)
        if opened is None:
            made = opened = posting.start_topic(tx, space, author, entry["title"], writing, at=at)
        else:
            topic = forum.topic_by_id(tx, opened.topic)
            assert topic is not None
            answered = posted.get(message.get("reply_to", ""))
            made = posting.post_message(
                tx, topic, author, writing, reply_to=answered.message if answered else None, at=at
            )
        if "key" in message:
            posted[message["key"]] = made
        _what_became_of_it(tx, services, message, made, space, people, at)
    if opened is not None:
        values = {"pinned": entry.get("pinned", False), "closed": entry.get("closed", False)}
        values |= {"language": entry["language"]}
        tx.session.execute(update(Topic).where(col(Topic.public_id) == opened.topic).values(**values))


def _picture(services: Services, entry: dict[str, str]) -> NewPicture:
    """Drawn here, and then treated like any file that somebody sends."""
    return NewPicture(services.darkroom.cleaned(drawn(entry["shows"])), entry["alt"], People(entry["people"]))


def _what_became_of_it(
    tx: Transaction,
    services: Services,
    message: dict[str, Any],
    made: Posted,
    space: SpaceRow,
    people: _People,
    at: datetime,
) -> None:
    if message.get("edited"):
        later = at + timedelta(minutes=20)
        tx.session.execute(update(Message).where(col(Message.public_id) == made.message).values(edited_at=later))
    found = forum.message_by_id(tx, made.message)
    assert found is not None
    if message.get("state") == "withdrawn":
        forum_rules.withdraw(tx, found, at=at)
    for entry in message.get("flag", []):
        by = people.standings[entry["by"], space.slug]
        reason = FlagReason(entry["reason"])
        flagging.flag(
            tx,
            found,
            by,
            reason,
            entry.get("note", ""),
            at=at + timedelta(hours=1),
            policy=services.policies.moderation,
        )
    if message.get("state") == "removed":
        _remove(tx, services, made, message, space, people, at)
    if "appeal" in message:
        second = people.member_ids[people.moderators(space)[-1]]
        appealed(tx, services, made, message["appeal"], message.get("overturned", ""), second, at)


def _remove(
    tx: Transaction,
    services: Services,
    made: Posted,
    message: dict[str, Any],
    space: SpaceRow,
    people: _People,
    at: datetime,
) -> None:
    """A flag by a moderator, and their decision an hour later."""
    found = forum.message_by_id(tx, made.message)
    assert found is not None
    key = message.get("decided_by", people.moderators(space)[0])
    moderator = people.standings[key, space.slug]
    flagging.flag(tx, found, moderator, FlagReason.OTHER, "", at=at, policy=services.policies.moderation)
    case_id = tx.session.execute(select(col(Case.public_id)).where(col(Case.message_id) == found.id)).scalar_one()
    case = desk.case_by_id(tx, case_id)
    assert case is not None
    policy = services.policies.moderation
    later = at + timedelta(hours=1)
    besides = Measures(strike="suspend_days" in message, suspend_days=message.get("suspend_days", 0))
    act = Act(Action.REMOVE, message["removed_for"], measures=besides)
    desk_rules.decide(tx, case, people.member_ids[key], act, version=case.version, at=later, policy=policy)


def _verdict(services: Services, message: dict[str, Any]) -> Verdict:
    """What the machine says of the text; whether it waited is part of the story, and so as written."""
    said = services.screen(message["text"], Author(known=message.get("held_for") != "first_message"))
    if said.language != message["language"]:  # the machine guessed another language, and the story knows better
        said = replace(said, covered=False, scores=None)
    if message.get("state") != "held":
        return replace(said, outcome=Outcome.PUBLISH, raised=False, language=message["language"])
    rule = Rule(message["held_for"])
    reasons = (
        said.reasons
        if any(r.rule is rule for r in said.reasons)
        else (Reason(rule, message.get("held_part", ""), 0.6), *said.reasons)
    )
    return replace(said, outcome=Outcome.HOLD, raised=False, reasons=reasons)


def _moment(message: dict[str, Any], space: SpaceRow, today: date) -> datetime:
    hour, minute = (int(part) for part in message["at"].split(":"))
    zone = ZoneInfo(space.timezone)
    on = today - timedelta(days=message["days_ago"])
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=zone)


def _roles(content: Content, key: str) -> list[str]:
    person = next(person for person in content.people if person["key"] == key)
    return [role["role"] for role in person.get("roles", [])]


def _sign_in(content: Content, key: str, passphrase: str, secret: str) -> SignIn:
    person = next(person for person in content.people if person["key"] == key)
    roles = _roles(content, key)
    plain = PLAIN.get(key, "member")
    role = next((r for r in ("steward", "protection_lead", "moderator", "host", "facilitator") if r in roles), plain)
    pseudonyms = person["pseudonyms"]
    return SignIn(role, person["login"], passphrase, secret, next(iter(pseudonyms.values()), ""), tuple(pseudonyms))
