"""Ways into an account: what is needed is told, whoever has one hears that a way changed, a lost app is made good."""

import re
from datetime import date

import pyotp
from sqlalchemy import select, update
from sqlmodel import col

from server.accounts.models import Member
from server.accounts.rules import grant, invite
from server.permissions import Role
from server.retention import running
from tests.authenticator import SoftAuthenticator
from tests.people import PASSPHRASE, Community, Person

TOLD = "A way into your account changed on"
NEWS = "1 new"


def joined(community: Community, login: str) -> tuple[Person, str]:
    """A new member, and the code on their card."""
    person = community.visitor()
    answer = person.sends("/join", login=login, passphrase=PASSPHRASE, pseudonym="Blue Kite 7", space="questions")
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', answer.text)
    assert found is not None
    return person, found.group(1)


def sets_up_an_app(community: Community, person: Person) -> pyotp.TOTP:
    page = person.gets("/me/second-factor").text
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', page)
    shown = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    assert sealed is not None and shown is not None
    app = pyotp.TOTP(shown.group(1).replace(" ", ""))
    fields = {"passphrase": PASSPHRASE, "code": app.at(community.clock.now()), "sealed": sealed.group(1)}
    assert person.sends("/me/second-factor", **fields).status_code == 303
    return app


def kept(community: Community) -> list[date | None]:
    with community.services.db.reading() as tx:
        return list(tx.session.execute(select(col(Member.way_changed_on)).order_by(col(Member.id))).scalars())


def forgotten(community: Community) -> None:
    """As if nothing had changed for long."""
    with community.services.db.transaction() as tx:
        tx.session.execute(update(Member).values(way_changed_on=None))


def test_whoever_joins_is_told_what_to_write_down_and_finds_it_on_the_card(community: Community) -> None:
    visitor = community.visitor()
    assert "Write it down too: you need it to sign in." in visitor.reads("/join")
    fields = {"login": "goose-<rain>", "passphrase": PASSPHRASE, "pseudonym": "Blue Kite 7", "space": "questions"}
    card = visitor.sends("/join", **fields)
    assert '<code dir="auto">goose-&lt;rain&gt;</code>' in card.text and "You also need your sign-in name." in card.text
    later = visitor.sends("/me/recovery-code", passphrase=PASSPHRASE)
    assert "You also need your sign-in name." in later.text
    for place in (later.text, visitor.gets("/me").text, *map(str, [*card.headers.items(), *later.headers.items()])):
        assert "goose" not in place, "the server does not know it any more"


def test_a_staff_link_and_the_way_back_give_a_card_with_the_name_too(community: Community) -> None:
    with community.services.db.transaction() as tx:
        link = invite(
            tx, space_id=None, role=Role.STEWARD, code_key=community.services.code_key, expires_on=date(2030, 1, 1)
        )
    bo = community.visitor()
    card = bo.sends(f"/staff/{link}", login="bo-of-the-team", passphrase=PASSPHRASE).text
    assert '<code dir="auto">bo-of-the-team</code>' in card
    found = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', card)
    assert found is not None
    fields = {"login": "bo-of-the-team", "recovery_code": found.group(1), "passphrase": "nine calm lemons wait"}
    assert '<code dir="auto">bo-of-the-team</code>' in community.visitor().sends("/recover", **fields).text


def test_joining_and_signing_in_are_no_news(community: Community) -> None:
    emi, _ = joined(community, "emi-lamp")
    again, _ = joined(community, "emi-lamp")  # a second press of the button: another card, the first never came
    again.signs_in("emi-lamp")
    for person in (emi, again):
        assert TOLD not in person.reads("/me") and NEWS not in person.reads("/spaces")


def test_each_way_that_changes_is_told_in_every_browser(community_on_both: Community) -> None:
    community = community_on_both
    emi, _ = joined(community, "emi-lamp")
    elsewhere = community.visitor()
    elsewhere.signs_in("emi-lamp")
    device = SoftAuthenticator()

    def told(what: str) -> None:
        assert kept(community) == [community.clock.now().date()], what
        assert TOLD in elsewhere.reads("/me") and NEWS in elsewhere.reads("/spaces"), what
        forgotten(community)
        assert TOLD not in elsewhere.reads("/me")

    page = emi.sends("/me/recovery-code", passphrase=PASSPHRASE).text
    card = re.search(r'<code dir="ltr">([A-Z0-9-]+)</code>', page)
    assert card is not None
    told("a new card")
    assert device.is_added_by(emi).status_code == 303
    told("a passkey")
    remove = re.search(r'href="(/me/passkeys/[^"]+/remove)"', emi.gets("/me/passkeys").text)
    assert remove is not None
    emi.sends(remove.group(1), passphrase=PASSPHRASE)
    told("a passkey that went")
    with community.services.db.transaction() as tx:
        grant(tx, community.account("emi-lamp"), Role.STEWARD, None)
    app = sets_up_an_app(community, emi)
    elsewhere.signs_in("emi-lamp", code=community.code_of("emi-lamp"))
    told("a code app")
    community.clock.goes_on(minutes=1)
    now = app.at(community.clock.now())
    fields = {"login": "emi-lamp", "recovery_code": card.group(1), "passphrase": "nine calm lemons wait", "code": now}
    assert emi.sends("/recover", **fields).status_code == 200
    community.clock.goes_on(minutes=1)
    elsewhere.signs_in("emi-lamp", "nine calm lemons wait", code=app.at(community.clock.now()))
    told("new words")


def test_it_cannot_be_put_away_and_goes_by_itself(community: Community) -> None:
    emi, _ = joined(community, "emi-lamp")
    emi.sends("/me/recovery-code", passphrase=PASSPHRASE)
    page = emi.reads("/me")
    assert TOLD + " March 4:" in page and "I have read this" not in page
    assert "take new secret words with it" in page
    retention = community.services.policies.retention
    for days, shown, news in ((13, True, True), (1, True, False), (76, True, False), (1, False, False)):
        community.clock.goes_on(days=days)
        running.forget(community.services.db, retention, bytes(32), at=community.clock.now(), rest=lambda _: None)
        emi.signs_in("emi-lamp")
        assert (TOLD in emi.reads("/me"), NEWS in emi.reads("/spaces")) == (shown, news), days
    assert kept(community) == [None]


def test_nobody_else_is_told_and_nothing_of_it_stays_when_somebody_leaves(community: Community) -> None:
    emi, _ = joined(community, "emi-lamp")
    amina = community.member("amina")
    emi.sends("/me/recovery-code", passphrase=PASSPHRASE)
    assert TOLD not in amina.reads("/me")
    assert kept(community)[0] is not None
    assert emi.sends("/me/leave", messages="keep", passphrase=PASSPHRASE).status_code in (200, 303)
    assert not any(kept(community))
