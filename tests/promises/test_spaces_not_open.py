"""A space that its people are still preparing is unknown to everybody else, by every address there is."""

import re
from uuid import uuid4

from sqlalchemy import select
from sqlmodel import col

from server.accounts import rules as accounts
from server.accounts.models import Membership
from server.app import ROOMS
from server.permissions import Role
from server.spaces.queries import space_by_slug
from server.spaces.rules import start_space
from server.spaces.safety import Safety
from tests.people import PASSPHRASE, Community, Person


def preparing(community: Community, safety: Safety) -> None:
    with community.services.db.transaction() as tx:
        start_space(tx, slug="burrow", host="Bridge", languages=["en"], timezone="UTC", safety=safety)


def plain(page: str, path: str) -> str:
    return re.sub(r'value="[^"]*"', "", page.replace(path, ""))


def outside(community: Community) -> list[Person]:
    """A visitor, a member, and people who lead and moderate elsewhere; and one who was in its team and is not now."""
    gone = community.host("gone", "burrow")
    with community.services.db.reading() as tx:
        his = tx.session.execute(
            select(col(Membership.public_id)).where(col(Membership.pseudonym).startswith("Gone"))
        ).scalar_one()
    hani = community.host("hani", "burrow")
    assert hani.gets("/s/burrow").status_code == 200
    assert hani.sends(f"/s/burrow/host/people/{his}/take", role="host").status_code == 303
    gone.signs_in("gone", code=community.code_of("gone"))
    return [community.visitor(), community.member("amina"), community.moderator("bo"), community.host("zed"), gone]


def test_every_address_of_a_space_that_is_not_open_is_a_404_like_one_of_nothing(community_on_both):
    community = community_on_both
    preparing(community, Safety.OPEN)
    people = outside(community)
    fields = {"name": "x", "purpose": "x", "rules": "x", "role": "host", "count": "1", "reason": "scam", "text": "x"}
    for room in ROOMS:
        if "{space}" not in room.path:
            continue
        shape = (
            room.path.replace("{language}", "en").replace("{change}", str(uuid4())).replace("{member}", str(uuid4()))
        )
        shape = shape.replace("{person}", str(uuid4())).replace("{hold}", str(uuid4()))
        path, other = (shape.replace("{space}", slug) for slug in ("burrow", "nothing"))
        for person in people:
            there, elsewhere = (
                (person.gets(p) if room.method == "GET" else person.sends(p, **fields)) for p in (path, other)
            )
            assert there.status_code == elsewhere.status_code == 404, (room.name, there.status_code)
            assert plain(there.text, path) == plain(elsewhere.text, other), room.name
    for person in people[:-1]:
        for page in ("/", "/spaces", "/join", "/me"):
            assert "burrow" not in person.reads(page), page
    assert "burrow" not in people[-1].reads("/spaces")


def test_no_invitation_opens_a_space_that_is_not_open(community_on_both):
    community = community_on_both
    preparing(community, Safety.CIRCLE)
    community.moderator("bo", "burrow")
    with community.services.db.transaction() as tx:
        space = space_by_slug(tx, "burrow")
        assert space is not None
        codes = [
            accounts.invite(
                tx,
                space_id=space.id,
                role=role,
                code_key=community.services.code_key,
                expires_on=community.clock.now().date(),
            )
            for role in (None, Role.MODERATOR)
        ]
    visitor, amina = community.visitor(), community.member("amina")
    assert "burrow" not in visitor.reads(f"/join?invite={codes[0]}").replace('value="burrow"', "")
    fields = {"login": "new", "passphrase": PASSPHRASE, "pseudonym": "Blue Kite 9", "invite": codes[0]}
    answers = [visitor.sends("/join", space=space, **fields) for space in ("burrow", "nothing", "")]
    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert amina.sends("/s/burrow/join", pseudonym="Kite 7", invite=codes[0]).status_code == 404
    assert visitor.gets(f"/staff/{codes[1]}").status_code == 200, "its team comes in by a link"


def test_a_steward_finds_it_and_reads_nothing_in_it(community):
    preparing(community, Safety.GUARDED)
    gus = community.steward("gus")
    assert gus.gets("/s/burrow").status_code == 200 and gus.gets("/steward/spaces/burrow").status_code == 200
    for path in ("/s/burrow/host", "/s/burrow/new", "/s/burrow/host/people", "/s/burrow/former-rules"):
        assert gus.gets(path).status_code == 404, path
    assert gus.sends("/s/burrow/join", pseudonym="Kite 7").status_code in (409, 422)
