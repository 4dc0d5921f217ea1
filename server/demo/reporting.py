"""The private room of the demonstration: officers, people at the desks, five cases, and one number to try."""

import asyncio
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import uuid4

from server import places
from server.crypto.sealed import certificates, officers, receipts
from server.crypto.sealed.certificates import Certificate, Officer
from server.crypto.sealed.officers import OfficerKeys
from server.crypto.sealed.receipts import Receipt
from server.darkroom.safe_copies import SafeCopies, SafeCopy
from server.demo.drawings import drawn
from server.private import beginning, database, desks, keys
from server.private.desks import Topic
from server.private.files import Attachment, digest_of
from server.private.filing import Concern
from server.private.people import Unlocked
from server.private.routing import Excluded
from server.private.work import OFFICERS, Costs, Work, made
from server.settings import Settings

CERTIFICATE_DAYS = 365
AT_ONCE = 2
"""Making keys takes a second each, on purpose; the machines that this runs on have two cores."""


@dataclass(frozen=True, slots=True)
class DeskSignIn:
    """How somebody signs in to a desk."""

    login: str
    words: str
    totp_secret: str
    name: str
    desks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoomSeed:
    """What is printed: the sign-ins, and a number that opens an answer."""

    sign_ins: list[DeskSignIn]
    receipt: str


@dataclass(slots=True)
class _StillClock:
    """The cases lie some days back."""

    at: datetime

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.at


def seed_room(settings: Settings, *, today: date) -> RoomSeed:
    """Fill the private room of a new data directory."""
    text = (resources.files("server.demo") / "content" / "room.toml").read_text("utf-8")
    content = tomllib.loads(text)
    people_told: list[dict[str, Any]] = content["people"]
    cases: list[dict[str, Any]] = content["cases"]
    beginning.make_ready(settings)
    signers = _officers(settings.private_dir / OFFICERS, content["officers"])
    db = database.opened(settings.private_database)
    clock = _StillClock(datetime.combine(today, time(9), UTC))
    found = desks.load(places.policies(settings.data_dir))
    work = made(settings.private_dir, found, db, keys.load(settings.private_dir).newest, clock, Costs())
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            joined = list(pool.map(partial(_person, work, signers=signers, today=today), people_told))
            people = {sign_in.login: me for sign_in, me in joined}
            filed = list(pool.map(partial(_case, work, people=people, now=clock.at), cases))
    finally:
        db.close()
    shown = next(receipt for receipt, entry in zip(filed, cases, strict=True) if entry.get("answer"))
    return RoomSeed([sign_in for sign_in, _ in joined], receipts.grouped(shown))


def _officers(folder: Path, entries: list[dict[str, Any]]) -> list[OfficerKeys]:
    """Officers whose keys are thrown away once they have signed: nobody recovers a demonstration."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made_here: list[OfficerKeys] = []
    for entry in entries:
        own = officers.new_keys()
        officer = Officer(entry["name"], own.public, own.verify, entry["organisation"], "", ())
        (folder / f"{officer.name}.toml").write_text(officers.public_file(officer), "utf-8")
        made_here.append(own)
    return made_here


def _person(
    work: Work, entry: Mapping[str, Any], signers: list[OfficerKeys], today: date
) -> tuple[DeskSignIn, Unlocked]:
    joined = work.people.join(work.people.invite(), entry["login"], entry["words"])
    person = work.people.by_id(joined.person)
    assert person is not None
    for desk in entry["desks"]:
        paper = Certificate(
            serial=uuid4(),
            person=person.id,
            name=entry["name"],
            public=person.public,
            verify=person.verify,
            desk=desk,
            organisation=entry["organisation"],
            site=entry["site"],
            roles=tuple(entry["roles"]),
            languages=tuple(entry["languages"]),
            ties=(),
            starts=today - timedelta(days=60),
            ends=today + timedelta(days=CERTIFICATE_DAYS),
        )
        text = certificates.unsigned(paper)
        for signer in signers[: certificates.OFFICERS_NEEDED]:
            text = certificates.countersigned(text, signer.signing_seed)
        work.roster.admit(text)
    sign_in = DeskSignIn(entry["login"], entry["words"], joined.totp_secret, entry["name"], tuple(entry["desks"]))
    return sign_in, joined.unlocked


def _case(work: Work, entry: Mapping[str, Any], people: Mapping[str, Unlocked], now: datetime) -> Receipt:
    filing_key = work.filing_keys.read(work.filing_keys.issue())
    assert filing_key is not None
    receipt = receipts.receipt_for(filing_key, work.vault.pepper)
    reporter = work.derivation.keys(receipt)
    at = now - timedelta(days=entry["days_ago"])
    concern = Concern(
        topic=Topic(entry["topic"]),
        text=entry["text"],
        language=entry["language"],
        excluded=Excluded(organisation=entry.get("office", ""), site=entry.get("site", "")),
        who=entry.get("who", ""),
        urgent=entry.get("urgent", False),
        may_release=True,
        files=[_photograph(entry)] if "shows" in entry else [],
    )
    case = work.filing.file(concern, reporter, filing_key=filing_key, at=at)
    if "answer" in entry:
        me = people[entry["answered_by"]]
        alias = work.casework.alias_of(case)
        work.casework.answer(me, alias, entry["answer"], at=at + timedelta(days=1))
    return receipt


def _photograph(entry: Mapping[str, Any]) -> Attachment:
    """A picture that came with a case; its original is kept, so that two people can try to open it."""
    original = bytearray(drawn(entry["shows"]))
    shop = SafeCopies(at_once=1, most_pages=1)
    try:
        (copy,) = asyncio.run(shop.made([original]))
    finally:
        shop.close()
    assert isinstance(copy, SafeCopy)
    return Attachment(entry["file_name"], copy.media_type, copy.content, digest_of(original), original, suffix="png")
