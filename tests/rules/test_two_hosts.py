"""Two hosts at the same moment: one change comes of it, one host stays; and what a space needs before it opens."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from server.accounts import roles
from server.accounts import rules as accounts
from server.accounts.models import Member, Membership
from server.errors import NotFound, Refused
from server.forum import posting
from server.forum import queries as forum
from server.forum import rules as forum_rules
from server.going_live.facts import Facts
from server.hosting import rules
from server.permissions import Role, Standing
from server.spaces import rules as spaces
from server.spaces.models import Access, ChangeState, LockReason, Space, SpaceChange, SpaceState
from server.spaces.queries import Duty, SpaceWords, space_by_slug
from server.spaces.rules import Missing, Team
from server.spaces.safety import Safety
from tests.people import Community, last_message
from tests.roads import newest_change, without_limits
from tests.rules.test_two_at_once import ROUNDS, at_once

NOTHING_SEEN = Facts(False, False, None, False, False)


@pytest.fixture
def community(tmp_path: Path, database_url: str, request: pytest.FixtureRequest) -> Community:
    without_limits(tmp_path)
    made: Community = request.getfixturevalue("community_on_both")
    return made


class Acts:
    """What the hosts of one space do, each in a visit of its own."""

    def __init__(self, community: Community) -> None:
        self.community, self.space_id = community, community.row("questions").id
        self.policy, self.at = community.services.policies.hosting, community.clock.now()

    def agrees(self, member_id: int, change: UUID) -> str:
        with self.community.services.db.transaction() as tx:
            rules.agree(tx, self.space_id, member_id, change, at=self.at, policy=self.policy)
        return "agreed"

    def takes(self, by: int, whose: UUID) -> str:
        try:
            with self.community.services.db.transaction() as tx:
                rules.take_role(tx, self.space_id, by, whose, Role.HOST, at=self.at)
        except NotFound:
            return "no host any more"
        return "taken"

    def writes(self, member_id: int, number: int) -> UUID:
        words = SpaceWords("en", f"Name {number}", "Purpose", "- Rules")
        with self.community.services.db.transaction() as tx:
            assert not rules.write_words(tx, self.space_id, member_id, words, at=self.at, policy=self.policy)
        return newest_change(self.community)


def names(community: Community, *starts: str) -> list[UUID]:
    with community.services.db.reading() as tx:
        return [
            tx.session.execute(
                select(col(Membership.public_id)).where(col(Membership.pseudonym).startswith(start))
            ).scalar_one()
            for start in starts
        ]


def test_two_who_agree_at_once_make_one_change_and_the_proposer_none_two_hundred_times(community):
    for login in ("hani", "hala", "hodan"):
        community.host(login)
    hani, hala, hodan = (community.account(login) for login in ("hani", "hala", "hodan"))
    acts = Acts(community)
    for number in range(ROUNDS):
        before = community.row("questions").version
        change = acts.writes(hani, number)
        own = lambda change=change: acts.agrees(hani, change)  # noqa: E731
        answers = at_once(
            lambda change=change: acts.agrees(hala, change), lambda change=change: acts.agrees(hodan, change), own, own
        )
        assert [answer for answer in answers if answer == "agreed"] == ["agreed"], answers
        assert all(isinstance(answer, Refused) for answer in answers[2:])
        assert community.row("questions").version == before + 1
    with community.services.db.reading() as tx:
        states = tx.session.execute(select(col(SpaceChange.state), func.count()).group_by(col(SpaceChange.state)))
        assert {row[0]: row[1] for row in states} == {ChangeState.IN_FORCE: ROUNDS}


def test_of_two_hosts_who_take_the_role_from_each_other_one_stays_two_hundred_times(community):
    for login in ("hani", "hala"):
        community.host(login)
    hani, hala = community.account("hani"), community.account("hala")
    his, hers = names(community, "Hani", "Hala")
    acts = Acts(community)
    for turn in range(ROUNDS):
        works = [lambda: acts.takes(hani, hers), lambda: acts.takes(hala, his)]
        if turn % 3 == 0:
            works = [lambda: acts.takes(hani, his), lambda: acts.takes(hala, hers)]  # both step down
        answers = at_once(*works)
        assert [answer for answer in answers if answer == "taken"] == ["taken"], answers
        with community.services.db.transaction() as tx:
            left = roles.holders(tx, Role.HOST, acts.space_id)
            assert len(left) == 1
            for gone in {hani, hala} - left:
                accounts.grant(tx, gone, Role.HOST, acts.space_id)


def test_a_message_that_races_with_the_lock_is_in_before_it_or_not_at_all(community):
    """After the lock has been committed, nothing is written, however long the form was on its way."""
    hani, amina = community.host("hani"), community.member("amina")
    topic = amina.opens_topic("Water", "First")
    for turn in range(20):
        answers = at_once(
            lambda turn=turn: amina.posts(topic, f"Message {turn}"),
            lambda: hani.sends("/s/questions/host/lock", reason="pause"),
        )
        posted, locked = (answer.status_code for answer in answers)
        assert locked == 303 and posted in (303, 409)
        newest = last_message(community)
        assert amina.posts(topic, f"Late {turn}").status_code == 409
        assert last_message(community) == newest
        assert hani.sends("/s/questions/host/unlock").status_code == 303


def test_a_message_that_was_on_its_way_before_the_lock_does_not_come_in_after_it(community):
    """Its page was looked up while the space was open; what counts is how the space stands when it is written."""
    hani, amina = community.host("hani"), community.member("amina")
    path = amina.opens_topic("Water", "First")
    with community.services.db.reading() as tx:
        topic = forum.topic_by_id(tx, UUID(path.removeprefix("/topics/")))
        member = tx.session.execute(
            select(Membership).where(col(Membership.member_id) == community.account("amina"))
        ).scalar_one()
    assert topic is not None and member.id is not None
    author = Standing(member.id, member.public_id, member.space_id, member.pseudonym, True, False, None)

    def posts(text: str) -> forum_rules.Posted:
        writing = forum_rules.Writing.of(text, "en", community.screen(text, None))
        with community.services.db.transaction() as tx:
            return posting.post_message(tx, topic, author, writing, reply_to=None, at=community.clock.now())

    assert not posts("Before").held
    hani.sends("/s/questions/host/safety", safety="guarded")
    assert posts("While every message waits").held
    hani.sends("/s/questions/host/lock", reason="danger")
    with pytest.raises(Refused, match="only be read"):
        posts("After")


# The gate ------------------------------------------------------------------------------------------------

WHOLE = SpaceWords("en", "Wells", "About wells", "- Be kind")
READY = Team(hosts=1, moderators=1)


def started(community: Community, *, words: SpaceWords | None = WHOLE, hours: bool = True) -> None:
    with community.services.db.transaction() as tx:
        space_id = spaces.start_space(
            tx, slug="wells", host="Bridge", languages=["ar", "en"], timezone="UTC", safety=Safety.OPEN
        )
        space = space_by_slug(tx, "wells")
        assert space is not None and space.id == space_id
        if words is not None:
            spaces.replace_words(tx, space, words, at=community.clock.now())
        if hours:
            spaces.add_hours(tx, space, Duty("en", "18:00", "20:00"))


@pytest.mark.parametrize(
    ("words", "hours", "team", "lacks"),
    [
        (None, True, READY, Missing.WORDS),
        (SpaceWords("en", "Wells", "About wells", ""), True, READY, Missing.WORDS),
        (SpaceWords("en", "Wells", "", "- Rules"), True, READY, Missing.WORDS),
        (SpaceWords("en", "", "About", "- Rules"), True, READY, Missing.WORDS),
        (WHOLE, False, READY, Missing.HOURS),
        (WHOLE, True, Team(hosts=0, moderators=1), Missing.HOST),
        (WHOLE, True, Team(hosts=1, moderators=0), Missing.MODERATOR),
    ],
)
def test_no_space_opens_without_a_host_a_moderator_rules_and_hours(community, words, hours, team, lacks):
    started(community, words=words, hours=hours)
    space = community.row("wells")
    with community.services.db.reading() as tx:
        assert spaces.missing(tx, space, team) == [lacks]
    with pytest.raises(Refused, match="cannot be opened yet"), community.services.db.transaction() as tx:
        spaces.let_people_in(tx, space, team)
    assert community.row("wells").state == SpaceState.PREPARING
    assert community.visitor().gets("/s/wells").status_code == 404


def test_a_host_without_a_second_factor_does_not_count(community):
    started(community)
    community.space("garden", Access.OPEN, community.row("questions").joining)
    community.host("hani", "wells")
    community.moderator("chadi", "wells")
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Member).values(totp_confirmed=False))
    acts = Acts(community)
    gate = {"facts": NOTHING_SEEN, "policies": community.services.policies}  # not the first space: nobody asks for it
    with pytest.raises(Refused), community.services.db.transaction() as tx:
        rules.open_space(tx, community.row("wells").id, community.account("hani"), at=acts.at, **gate)
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Member).values(totp_confirmed=True))
    member_id, space_id = community.account("hani"), community.row("wells").id
    with community.services.db.transaction() as tx:
        rules.open_space(tx, space_id, member_id, at=acts.at, **gate)
    opened = community.row("wells")
    assert (opened.state, opened.languages, opened.read_only) == (SpaceState.OPEN, ["en"], False)
    assert "Be kind" in community.visitor().reads("/s/wells?lang=ar"), "an unfinished language is not shown"


def test_nothing_but_being_open_can_be_locked_or_archived(community):
    started(community)
    space = community.row("wells")
    for act in (
        lambda tx: spaces.lock(tx, space, LockReason.SCAM),
        lambda tx: spaces.unlock(tx, space),
        lambda tx: spaces.archive(tx, space, at=community.clock.now()),
    ):
        with pytest.raises(Refused, match="not open"), community.services.db.transaction() as tx:
            act(tx)
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(func.count()).select_from(Space)).scalar_one() == 2
