"""Every address of the house, each with a person who may go there and a form that would be taken.

The tests that walk the whole route table stand on this: a new route without an entry here fails them.
"""

import re
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyotp
from sqlalchemy import func, select
from sqlmodel import col

from server.accounts import rules as accounts
from server.accounts.models import AccountSession, Member, Notice, NoticeKind
from server.app import ROOMS
from server.content import Case
from server.database import metadata
from server.forum.models import Message
from server.permissions import Role
from server.pictures.models import Picture
from server.places import shipped
from server.spaces.models import Access, Joining
from server.web.rooms import Room
from tests.people import PASSPHRASE, Community, Person, last_message

FORMS = [room for room in ROOMS if room.method == "POST"]
PAGES = [room for room in ROOMS if room.method == "GET"]
OURS = {"sec-fetch-site": "same-origin"}
REVIEWING = ("claim", "unclaim", "release", "remove", "undo", "review", "case")
TYPED = {"text", "title", "note", "pseudonym", "login", "invite", "next", "space"}
"""Fields with words of a person that are no secret."""


def without_limits(data_dir: Path) -> None:
    """Policies of this installation's own: the same, but nobody is ever too fast."""
    shutil.copytree(shipped("policies"), data_dir / "policies")
    limits = data_dir / "policies" / "limits.toml"
    limits.write_text(re.sub(r'"\d+/(\d+)"', r'"1000000/\1"', limits.read_text("utf-8")), "utf-8")


@dataclass
class World:
    """A community in which every address leads somewhere."""

    community: Community
    amina: Person
    bo: Person
    emi: Person
    visitor: Person
    topic: str
    own: UUID
    others: UUID
    case: UUID
    notice: UUID
    session: UUID
    staff_code: str
    picture: UUID
    hints: dict[str, str] = field(default_factory=dict[str, str])

    def address(self, room: Room[Any]) -> str:
        """An address of the room at which something is."""
        message = self.others if "flag" in room.path else self.own
        slots = {
            "topic": self.topic.removeprefix("/topics/"),
            "space": "garden" if room.path.endswith("/join") else "questions",
            "message": str(message),
            "session": str(self.session),
            "notice": str(self.notice),
            "case": str(self.case),
            "code": self.staff_code,
            "policy": "guidelines",
            "picture": str(self.picture),
        }
        path = room.path
        for name, value in slots.items():
            path = path.replace("{" + name + "}", value)
        return path

    def person(self, room: Room[Any]) -> Person:
        """Somebody who may do this."""
        if room.name in ("second_factor", "do_second_factor"):
            return self.emi
        return self.bo if room.name in REVIEWING else self.amina

    def askers(self, room: Room[Any]) -> dict[str, Person]:
        """Somebody who may, and somebody who is not signed in."""
        return {"somebody who may": self.person(room), "the visitor": self.community.visitor()}

    def people(self) -> dict[str, Person]:
        """A visitor, a member and a moderator."""
        return {"the visitor": self.visitor, "amina": self.amina, "bo": self.bo}

    def fields(self, room: Room[Any]) -> dict[str, str]:
        """A form that the room takes from that person."""
        secret = self.community.services.second_factors.new_secret()
        version = "1"
        if room.name in REVIEWING:
            page = self.bo.browser.get(f"/review/{self.case}").text
            found = re.search(r'name="version" value="(\d+)"', page)
            version = found.group(1) if found else "1"
        filled: dict[str, dict[str, str]] = {
            "start_topic": {"title": "Water", "text": "Where is the well?", "language": "auto"},
            "post_message": {"text": "Behind the school.", "language": "auto"},
            "to_picture_form": {"text": "Behind the school.", "language": "auto", "reply_to": ""},
            "do_flag_message": {"reason": "insult", "note": "Please look."},
            "do_edit_message": {"text": "Behind the old school.", "title": "Words", "version": "1"},
            "do_withdraw_message": {},
            "do_join": {
                "login": "newcomer",
                "passphrase": PASSPHRASE,
                "pseudonym": "Blue Kite 7",
                "space": "questions",
            },
            "card_kept": {"onward": "/me"},
            "do_sign_in": {"login": "amina", "passphrase": PASSPHRASE},
            "sign_out": {},
            "leave": {},
            "do_recover": {
                "login": "dalia",
                "recovery_code": self.hints["recovery_code"],
                "passphrase": "four other words here",
            },
            "end_session": {},
            "end_other_sessions": {},
            "dismiss_notice": {},
            "do_new_recovery_code": {"passphrase": PASSPHRASE},
            "do_second_factor": {
                "code": pyotp.TOTP(secret).at(self.community.clock.now()),
                "sealed": self.community.services.second_factors.sealed(secret).hex(),
            },
            "do_join_space": {"pseudonym": "Slow River 4"},
            "do_staff_link": {"pseudonym": "Night Lamp 3"},
            "claim": {"version": version},
            "unclaim": {"version": version},
            "release": {"version": version},
            "remove": {"version": version, "reason": "other"},
            "undo": {"version": version},
        }
        return filled[room.name]

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything that the database holds."""
        with self.community.services.db.reading() as tx:
            return {
                table.name: [tuple(row) for row in tx.session.execute(select(table).order_by(*table.primary_key))]
                for table in metadata.sorted_tables
            }


def world(community: Community) -> World:
    """Make everything that the addresses point at."""
    community.space("garden", Access.OPEN, Joining.OPEN)
    bo = community.moderator("bo")
    amina = community.member("amina")
    topic = amina.opens_topic("Words", "Hello to all of you")
    own = last_message(community)
    bo.posts(topic, "An answer from bo")
    others = last_message(community)
    amina.posts_a_picture(topic, "Look at the queue")
    amina.posts(topic, "you idiot")
    with community.services.db.transaction() as tx:
        case = tx.session.execute(select(col(Case.public_id))).scalar_one()
        membership = tx.session.execute(
            select(col(Message.membership_id)).where(col(Message.public_id) == own)
        ).scalar_one()
        accounts.tell(
            tx,
            membership,
            NoticeKind.FLAG_NOT_UPHELD,
            message=own,
            reason=None,
            due_at=community.clock.now(),
            decision_id=None,
        )
        tx.session.flush()
        notice = tx.session.execute(select(col(Notice.public_id))).scalar_one()
        code = accounts.invite(
            tx,
            space_id=community.row("garden").id,
            role=Role.HOST,
            code_key=community.services.code_key,
            expires_on=date(2026, 3, 4) + timedelta(days=7),
        )
    dalia = community.visitor()
    card = dalia.sends("/join", login="dalia", passphrase=PASSPHRASE, pseudonym="Dry Leaf 8", space="questions")
    recovery = re.search(r"<code dir=\"ltr\">([A-Z0-9-]+)</code>", card.text)
    assert recovery is not None
    phone = community.visitor()
    phone.signs_in("amina")
    with community.services.db.reading() as tx:
        session = tx.session.execute(
            select(col(AccountSession.public_id)).order_by(col(AccountSession.id).desc()).limit(1)
        ).scalar_one()
    emi = community.member("emi")
    with community.services.db.transaction() as tx:
        newest = tx.session.execute(select(func.max(col(Member.id)))).scalar_one()
        accounts.grant(tx, newest, Role.HOST, community.row("questions").id)
    visitor = community.visitor()
    with community.services.db.reading() as tx:
        picture = tx.session.execute(select(col(Picture.public_id))).scalar_one()
    hints = {"recovery_code": recovery.group(1)}
    return World(community, amina, bo, emi, visitor, topic, own, others, case, notice, session, code, picture, hints)


def odd_ids() -> list[str]:
    """What stands in an address where an id should be."""
    return [
        str(uuid4()),
        str(uuid4()).upper(),
        "{" + str(uuid4()) + "}",
        "urn:uuid:" + str(uuid4()),
        "1",
        "-1",
        "0",
        "9223372036854775808",
        "1" + "0" * 30,
        "null",
        "%00",
        "a%00b",
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e%2e",
        "%252e%252e%252f",
        "%ED%A0%80",
        "%FF%FE",
        "%F0%9F%98%80",
        "%D9%85%D8%B3%D8%A7%D8%AD%D8%A9",
        "%E2%80%AEnoitseuq",
        "'%20OR%201=1%20--",
        "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "%25s%25n",
        "{{7*7}}",
        "%0d%0aSet-Cookie:%20a=b",
        "questions%3Flang=ar",
        "x" * 3000,
        "%E2%80%8F",
        "%20",
        "1" * 32 + "x",
        "_" * 32,
        "%EF%BC%91" * 32,
    ]
