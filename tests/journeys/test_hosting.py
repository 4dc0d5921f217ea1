"""A space from its beginning to its archive: begun, prepared, opened, led by two, locked, closed, and taken along."""

import hashlib
import io
import json
import re
import tracemalloc
import zipfile
from datetime import timedelta
from html import unescape
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import func, insert, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts import rules as accounts
from server.accounts.models import Invitation, Membership
from server.database import Database
from server.errors import Refused
from server.forum.models import Message, Topic
from server.hosting import rules
from server.hosting.export import Copy, packed
from server.permissions import Role
from server.spaces import rules as spaces
from server.spaces.models import Access, Joining, SpaceChange
from server.spaces.queries import SpaceWords
from server.web.words import Reading, read_in
from tests.people import PASSPHRASE, Community, Person, last_message
from tests.roads import newest_change

WORDS = {
    "name": "Well builders",
    "purpose": "Everything about the new well.",
    "rules": "- Say who told you.\n- Nobody asks for money.",
}
START = {
    "slug": "wells",
    "host": "Bridge Network",
    "languages": "en, ar",
    "timezone": "Africa/Khartoum",
    "safety": "circle",
}


def link_in(answer) -> str:
    """The one-time link on a page."""
    assert answer.status_code == 200, answer.text
    found = re.search(r"/staff/[0-9A-Z-]+", answer.text)
    assert found is not None
    return found.group()


def takes(community: Community, link: str, login: str, pseudonym: str) -> Person:
    """Somebody new follows a staff link and sets up the code app."""
    person = community.visitor()
    assert person.sends(link, login=login, passphrase=PASSPHRASE, pseudonym=pseudonym).status_code == 200
    page = person.reads("/me/second-factor")
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', page)
    assert secret and sealed
    code = pyotp.TOTP(secret.group(1).replace(" ", "")).at(community.clock.now())
    assert (
        person.sends("/me/second-factor", passphrase=PASSPHRASE, code=code, sealed=sealed.group(1)).status_code == 303
    )
    return person


def codes_in(answer) -> list[str]:
    """The codes on printed cards."""
    assert answer.status_code == 200, answer.text
    return re.findall(r'<code dir="ltr">([A-Z0-9-]{24})</code>', answer.text)


def test_a_space_from_its_beginning_to_its_archive(community_on_both):
    community = community_on_both
    gus, amina = community.steward("gus"), community.member("amina")

    begun = gus.sends("/steward/spaces/new", **START)
    hani = takes(community, link_in(begun), "hani", "Stone 4")
    for person in (community.visitor(), amina, community.moderator("bo")):
        assert person.gets("/s/wells").status_code == 404
        assert "wells" not in person.reads("/spaces") + person.reads("/join")

    page = hani.reads("/s/wells/host")
    assert "Before it can open" in page and "Open this space" not in page
    assert hani.sends("/s/wells/host/open").status_code == 409
    assert hani.sends("/s/wells/host/words/en", **WORDS).status_code == 303
    assert hani.sends("/s/wells/host/hours", language="en", starts="18:00", ends="19:00").status_code == 303
    refused = hani.sends("/s/wells/host/open")
    assert refused.status_code == 409 and "Invite a moderator" in refused.text
    chadi = takes(community, link_in(hani.sends("/s/wells/host/people", role="moderator")), "chadi", "Bucket 6")
    assert chadi.gets("/s/wells/host").status_code == 200
    assert chadi.gets("/s/wells/host/people").status_code == 404
    assert chadi.sends("/s/wells/host/open").status_code == 404
    assert hani.sends("/s/wells/host/open").status_code == 303
    assert community.row("wells").languages == ["en"], "what is not written is not offered"

    vouched, other = codes_in(hani.sends("/s/wells/host/invitations", count="2", vouched="yes"))
    assert "2 cards from" in hani.reads("/s/wells/host/invitations")
    nadia = community.visitor()
    joined = nadia.sends(
        "/join", login="nadia", passphrase=PASSPHRASE, pseudonym="Rope 9", space="wells", invite=vouched
    )
    assert joined.status_code == 200
    assert "1 card from" in hani.reads("/s/wells/host/invitations")
    assert hani.sends("/s/wells/host/invitations/take-back", day="2026-03-04").status_code == 303
    late = community.visitor().sends(
        "/join", login="late", passphrase=PASSPHRASE, pseudonym="Rope 10", space="wells", invite=other
    )
    assert late.status_code == 422
    topic = nadia.opens_topic("How deep is it", "Twelve steps, I counted", space="wells")
    assert "Twelve steps" in hani.reads(topic)
    assert gus.gets(topic).status_code == 404, "a steward reads no circle"

    hala = takes(community, link_in(hani.sends("/s/wells/host/people", role="host")), "hala", "Ladder 2")
    assert chadi.sends("/s/wells/host/lock", reason="scam").status_code == 303
    answer = nadia.posts(topic, "A text that must not be lost")
    assert answer.status_code == 409 and "A text that must not be lost" in unescape(answer.text)
    assert "tricks to get money" in nadia.reads("/s/wells") and "tricks to get money" in nadia.reads(topic)
    assert hala.sends("/s/wells/host/unlock").status_code == 303
    assert nadia.posts(topic, "A text that must not be lost").status_code == 303

    new = WORDS | {"rules": "- Be kind at the well."}
    assert hani.sends("/s/wells/host/words/en", **new).status_code == 303
    change = newest_change(community)
    assert "Say who told you" in nadia.reads("/s/wells")
    assert hani.sends(f"/s/wells/host/changes/{change}/agree").status_code == 409
    assert gus.sends(f"/steward/spaces/wells/changes/{change}/agree").status_code == 409, "there are two hosts"
    assert hala.sends(f"/s/wells/host/changes/{change}/agree").status_code == 303
    page = nadia.reads("/s/wells")
    assert "Be kind at the well" in page and "Rules changed: today" in page
    assert "Say who told you" in nadia.reads("/s/wells/former-rules")
    assert community.visitor().gets("/s/wells/former-rules").status_code == 404

    assert hala.sends("/s/wells/host/archive").status_code == 303
    assert nadia.posts(topic, "Not archived yet").status_code == 303
    assert hani.sends(f"/s/wells/host/changes/{newest_change(community)}/agree").status_code == 303
    assert nadia.posts(topic, "Too late").status_code == 409
    assert "archived since today" in nadia.reads(topic)
    for path in ("lock", "unlock", "archive"):
        assert hani.sends(f"/s/wells/host/{path}", reason="scam").status_code == 409
    assert hani.sends("/s/wells/host/words/en", **WORDS).status_code == 409
    assert nadia.sends(f"/messages/{last_message(community)}/withdraw").status_code == 303, "words stay their author's"
    history = hani.reads("/s/wells/host")
    assert "was locked: somebody sends tricks" in history and "The space was unlocked" in history


def opened(answer) -> zipfile.ZipFile:
    """The downloaded file, its checksums compared."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="download.zip"'
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(archive.namelist()) - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest, name
    return archive


def test_a_copy_holds_what_readers_can_read_and_nothing_else(community_on_both):
    community = community_on_both
    hani, amina, bo = community.host("hani"), community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Water & <b>well</b>", "Where is **it**?")
    first = last_message(community)
    bo.posts(topic, "Behind the school", reply_to=str(first))
    amina.posts(topic, "I take this back")
    amina.sends(f"/messages/{last_message(community)}/withdraw")
    amina.posts(topic, "you idiot, held")
    amina.posts(topic, "out with this")
    with community.services.db.transaction() as tx:
        tx.session.execute(
            update(Message).where(col(Message.text) == "out with this").values(state=ContentState.REMOVED)
        )
    amina.opens_topic("Held idiot title", "idiot words")
    bo.opens_topic("<script>alert(1)</script>", "ماء للجميع")

    archive = opened(hani.sends("/s/questions/host/export", names="without"))
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    for never in ("take this back", "idiot", "out with this", "Amina", "Bo ", str(first)):
        assert never not in everything, never
    pages = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".html"))
    assert "&lt;script&gt;" in pages and "<script" not in pages
    lines = [json.loads(line) for line in archive.read("messages.jsonl").decode().splitlines()]
    assert [(line["topic"], line["message"], line["answers"]) for line in lines] == [
        (1, 1, None),
        (1, 2, 1),
        (2, 1, None),
    ]
    page = amina.reads(topic)
    for line in lines[:2]:
        assert line["text"].replace("*", "") in re.sub("<[^>]+>", "", page)
    assert lines[0]["person"] != lines[1]["person"]
    assert lines[2]["person"] == 1, "numbers begin anew in each topic"
    assert lines[0]["day"] == "2026-03-04" and not any("T" in str(line["day"]) for line in lines)
    html = archive.read("topics/00001.html").decode()
    assert "<strong>it</strong>" in html and "Water &amp; &lt;b&gt;" in html and 'href="#m1"' in html

    named = opened(hani.sends("/s/questions/host/export", names="with"))
    names = {json.loads(line)["name"] for line in named.read("messages.jsonl").decode().splitlines()}
    assert len(names) == 2 and all(name.split()[0] in ("Amina", "Bo") for name in names)
    assert "A copy of the words of the space was downloaded" in hani.reads("/s/questions/host")
    for person in (amina, bo, community.visitor()):
        assert person.sends("/s/questions/host/export", names="with").status_code in (403, 404)


def test_twenty_thousand_messages_fit_into_little_memory(community):
    database_size = 20_000
    amina = community.member("amina")
    amina.opens_topic("Long", "First")
    with community.services.db.transaction() as tx:
        topic_id = tx.session.execute(select(col(Topic.id))).scalar_one()
        row = tx.session.execute(select(Message)).scalar_one()
        shared = {"topic_id": topic_id, "membership_id": row.membership_id, "renderer": 1, "language": "en"}
        shared |= {"state": ContentState.PUBLISHED, "written_at": row.written_at, "opens_topic": False, "title": ""}
        shared |= {"was_public": True, "version": 1}
        for start in range(0, database_size, 2000):
            rows = [
                {
                    **shared,
                    "text": f"Message {n} " * 20,
                    "html": f"<p>{f'Message {n} ' * 20}</p>",
                    "public_id": UUID(int=n, version=4),
                }
                for n in range(start, start + 2000)
            ]
            tx.session.execute(insert(Message), rows)
    db: Database = community.services.db
    language = community.services.pages.catalogues.default
    read_in(Reading(language, False, community.clock.now().date()))
    copy = Copy(
        space_id=community.row("questions").id,
        name="Questions",
        zone=community.clock.now().tzinfo,  # type: ignore[arg-type]
        on=community.clock.now(),
        names=False,
        readme="Read me",
        language=language,
        pieces=community.services.pages.pieces,
    )
    with db.reading() as tx:
        tracemalloc.start()
        body = packed(tx, copy, most_bytes=64_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.read("messages.jsonl").count(b"\n") == database_size + 1
    assert peak < 3 * len(body) + 12_000_000, f"{peak} bytes for a file of {len(body)}"
    with db.reading() as tx, pytest.raises(Refused, match="too large"):
        packed(tx, copy, most_bytes=10_000)


# What takes two ------------------------------------------------------------------------------------------


def test_with_one_host_the_steward_is_the_second_person(community_on_both):
    community = community_on_both
    gus, hani = community.steward("gus"), community.host("hani")
    hani.sends("/s/questions/host/archive")
    change = newest_change(community)
    assert hani.sends(f"/s/questions/host/changes/{change}/agree").status_code == 409
    assert "a proposal waits" in gus.reads("/steward")
    assert gus.sends(f"/steward/spaces/questions/changes/{change}/agree").status_code == 303
    assert community.row("questions").state == "archived"


def test_a_host_who_is_steward_too_is_still_one_person(community):
    hani, member_id = community.host("hani"), community.account("hani")
    with community.services.db.transaction() as tx:
        accounts.grant(tx, member_id, Role.STEWARD, None)
    hani.sends("/s/questions/host/archive")
    change = newest_change(community)
    refused = hani.sends(f"/steward/spaces/questions/changes/{change}/agree")
    assert refused.status_code == 409 and "Another person must agree" in refused.text


def test_safety_rises_at_once_and_falls_with_two(community_on_both):
    community = community_on_both
    hani, hala = community.host("hani"), community.host("hala")
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Water", "For everybody")
    visitor = community.visitor()
    assert "For everybody" in visitor.reads(topic)
    assert hani.sends("/s/questions/host/safety", safety="guarded").status_code == 303
    assert visitor.gets(topic).status_code == 404, "what was remembered for guests is gone at once"
    assert "questions" not in visitor.reads("/spaces").lower().split("<main")[1]
    held = amina.posts(topic, "A calm word")
    assert held.status_code == 303 and "done=held" in held.headers["location"]
    assert "in this space a person reads every message first" in amina.reads(topic)
    assert "A calm word" not in bo.reads(topic)
    assert hani.sends("/s/questions/host/safety", safety="open").status_code == 303
    assert visitor.gets(topic).status_code == 404
    change = newest_change(community)
    assert "can then be read by anyone" in hala.reads(f"/s/questions/host/changes/{change}")
    assert hala.sends(f"/s/questions/host/changes/{change}/agree").status_code == 303
    assert "For everybody" in visitor.reads(topic)
    assert amina.posts(topic, "Another calm word").headers["location"].startswith("/messages/")


def test_an_edit_in_a_guarded_circle_waits_too(community):
    hani, amina = community.host("hani"), community.member("amina")
    topic = amina.opens_topic("Water", "Before")
    message = last_message(community)
    hani.sends("/s/questions/host/safety", safety="guarded")
    amina.sends(f"/messages/{message}/edit", text="After", title="Water", version="1")
    assert "After" not in hani.reads("/s/questions") + hani.gets(topic).text


def test_one_proposal_about_one_thing_and_none_of_a_stranger(community):
    hani, hala = community.host("hani"), community.host("hala")
    community.space("garden", Access.OPEN, Joining.OPEN)
    zed = community.host("zed", "garden")
    hani.sends("/s/questions/host/words/en", **WORDS)
    change = newest_change(community)
    assert hala.sends("/s/questions/host/words/en", **WORDS).status_code == 409, "one proposal about one thing"
    for path in (f"/s/garden/host/changes/{change}", f"/s/questions/host/changes/{change}"):
        assert zed.gets(path).status_code == 404
        assert zed.sends(f"{path}/agree").status_code == 404


def test_hosts_agree_only_within_the_days(community):
    community.host("hani")
    community.host("hala")
    hani, hala = community.account("hani"), community.account("hala")
    space, policy, at = community.row("questions"), community.services.policies.hosting, community.clock.now()
    words = SpaceWords("en", *WORDS.values())
    with community.services.db.transaction() as tx:
        assert not rules.write_words(tx, space.id, hani, words, at=at, policy=policy)
    change = newest_change(community)
    late = at + timedelta(days=policy.proposal_days)
    with pytest.raises(Refused, match="too old"), community.services.db.transaction() as tx:
        rules.agree(tx, space.id, hala, change, at=late, policy=policy)
    with community.services.db.transaction() as tx:
        assert not rules.write_words(tx, space.id, hala, words, at=late, policy=policy), "it may be proposed again"
    with community.services.db.transaction() as tx:
        rules.agree(tx, space.id, hani, newest_change(community), at=late, policy=policy)
    assert "Well builders" in community.visitor().reads("/s/questions")


def test_what_changed_in_between_makes_a_proposal_worthless(community):
    hani, hala = community.host("hani"), community.host("hala")
    hani.sends("/s/questions/host/words/en", **WORDS)
    change = newest_change(community)
    with community.services.db.transaction() as tx:
        spaces.replace_words(tx, community.row("questions"), SpaceWords("en", "X", "Y", "Z"), at=community.clock.now())
    refused = hala.sends(f"/s/questions/host/changes/{change}/agree")
    assert refused.status_code == 409 and "has changed since" in refused.text
    assert hala.sends(f"/s/questions/host/changes/{change}/put-away").status_code == 303


# People and cards ----------------------------------------------------------------------------------------


def membership(community: Community, starts: str) -> str:
    with community.services.db.reading() as tx:
        return str(
            tx.session.execute(
                select(col(Membership.public_id)).where(col(Membership.pseudonym).startswith(starts))
            ).scalar_one()
        )


def test_the_last_host_stays_and_a_moderator_can_go(community_on_both):
    community = community_on_both
    hani, chadi = community.host("hani"), community.moderator("chadi")
    own, his = membership(community, "Hani"), membership(community, "Chadi")
    refused = hani.sends(f"/s/questions/host/people/{own}/take", role="host")
    assert refused.status_code == 409 and "A space needs a host" in refused.text
    assert chadi.sends(f"/s/questions/host/people/{own}/take", role="host").status_code == 404
    assert hani.sends(f"/s/questions/host/people/{his}/take", role="moderator").status_code == 303
    assert chadi.gets("/me").headers["location"].startswith("/sign-in")
    hala = community.host("hala")
    assert hani.sends(f"/s/questions/host/people/{own}/take", role="host").headers["location"] == "/sign-in"
    assert hala.gets("/s/questions/host/people").status_code == 200


def test_cards_are_counted_by_the_day_and_vouch_or_not(community):
    hani = community.host("hani")
    limit = community.services.policies.hosting
    for wrong in ("0", str(limit.cards_at_once + 1), "many"):
        assert hani.sends("/s/questions/host/invitations", count=wrong).status_code == 422
    plain = codes_in(hani.sends("/s/questions/host/invitations", count="1"))[0]
    vouched = codes_in(hani.sends("/s/questions/host/invitations", count="1", vouched="yes"))[0]
    kept = []
    for login, code in (("plain", plain), ("vouched", vouched)):
        person = community.visitor()
        fields = {"login": login, "passphrase": PASSPHRASE, "pseudonym": f"{login} kite 7", "space": "questions"}
        assert person.sends("/join", invite=code, **fields).status_code == 200
        kept.append(person.sends("/s/questions/new", title="Hello", text=f"I am {login}").headers["location"])
    assert "done=held" in kept[0] and "done=held" not in kept[1]
    for _ in range(limit.cards_per_day // limit.cards_at_once - 1):
        hani.sends("/s/questions/host/invitations", count=str(limit.cards_at_once))
    refused = hani.sends("/s/questions/host/invitations", count=str(limit.cards_at_once))
    assert refused.status_code == 409 and "28 more cards today" in refused.text
    with community.services.db.reading() as tx:
        columns = set(Invitation.__table__.columns.keys())  # type: ignore[attr-defined]
        assert not columns & {"member_id", "made_by"}, "nothing joins a card to who made it"
        assert tx.session.execute(select(func.count()).select_from(Invitation)).scalar_one() == 30


def test_a_lock_reaches_guests_at_once_and_forms_that_are_open(community):
    hani, amina, visitor = community.host("hani"), community.member("amina"), community.visitor()
    topic = amina.opens_topic("Water", "First")
    assert "locked" not in visitor.reads(topic) + visitor.reads("/s/questions")
    assert hani.sends("/s/questions/host/lock", reason="danger").status_code == 303
    for path in (topic, "/s/questions"):
        assert "somebody could be in danger" in visitor.reads(path), path
    for answer in (
        amina.posts(topic, "Kept words"),
        amina.sends("/s/questions/new", title="T", text="Kept words"),
        amina.sends(f"/messages/{last_message(community)}/edit", text="Kept words", title="T", version="1"),
    ):
        assert answer.status_code == 409 and "Kept words" in unescape(answer.text)
        assert "somebody could be in danger" in answer.text
    fields = {"login": "new", "passphrase": PASSPHRASE, "pseudonym": "Kite 7", "space": "questions"}
    assert visitor.sends("/join", **fields).status_code == 409
    assert hani.sends("/s/questions/host/lock", reason="scam").status_code == 409
    with community.services.db.reading() as tx:
        assert tx.session.execute(select(func.count()).select_from(SpaceChange)).scalar_one() == 1
