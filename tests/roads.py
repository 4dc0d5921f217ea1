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
from sqlalchemy import func, select, update
from sqlmodel import col

from moderation.states import ContentState
from server.accounts import rules as accounts
from server.accounts.models import AccountSession, Member, Membership, Notice, NoticeKind, Passkey, VerifiedSender
from server.app import ROOMS
from server.appeals.models import Appeal
from server.content import Case, CaseState
from server.crypto.case_codes import code_of
from server.database import metadata
from server.forum.models import Draft, Message
from server.help_contacts.models import HelpContact
from server.letters.models import Conversation
from server.permissions import Permission, Role
from server.pictures.models import Picture
from server.places import shipped
from server.review.models import Action, Decision, Restriction, RestrictionKind, RestrictionState
from server.spaces.models import Access, Hold, Joining, Space, SpaceChange, SpaceState
from server.web.rooms import Room
from tests.authenticator import SoftAuthenticator, question_on
from tests.people import PASSPHRASE, Community, Person, last_message, pseudonym_of
from tests.townhall.roads import OF_HALLS, HallRoads

FORMS = [room for room in ROOMS if room.method == "POST"]
PAGES = [room for room in ROOMS if room.method == "GET"]
OURS = {"sec-fetch-site": "same-origin"}
REVIEWING = ("claim", "unclaim", "release", "remove", "undo", "review", "case", "measures", "redact", "give_back")
REVIEWING += ("hide", "escalate")
SHIFTS = ("conduct", "do_conduct", "next_case", "take_break", "desk_choices", "do_desk_choices", "skip")
SECOND_LOOKS = ("appeals", "second_look", "uphold", "overturn")
PROPOSALS = ("proposal", "confirm_proposal", "put_proposal_away")
OF_THE_TEAM = (
    *REVIEWING,
    *SHIFTS,
    *PROPOSALS,
    *SECOND_LOOKS,
    "team_letters",
    "conversation",
    "answer_letter",
    "letter_done",
    "author_letter",
    "write_author",
)
HOSTING = {
    "open_space": ("attic", "hani"),
    "unlock_space": ("cellar", "hani"),
    "host_archive": ("roof", "hani"),
    "do_host_archive": ("roof", "hani"),
    "former_rules": ("garden", "amina"),
    "steward": ("", "gus"),
    "start_space": ("", "gus"),
    "do_start_space": ("", "gus"),
    "steward_space": ("yard", "gus"),
    "appoint_host": ("yard", "gus"),
    "steward_agrees": ("yard", "gus"),
    "holds": ("yard", "gus"),
    "ask_hold": ("cellar", "gus"),
    "agree_hold": ("yard", "gus"),
    "end_hold": ("roof", "gus"),
}
"""Where and by whom it is done; all else that hosts do is done in the garden by hani."""
TYPED = {"text", "title", "note", "pseudonym", "login", "invite", "next", "space", "purpose", "rules"}
TYPED |= {"organisation", "area", "parts", "advice_note", "answer", "office"}
TYPED |= {f"{part}_{code}" for part in ("title", "text", "truth", "name", "about") for code in ("en", "ar")}
"""Fields with words of a person that are no secret."""


def without_limits(data_dir: Path) -> None:
    """Policies of this installation's own: the same, but nobody is ever too fast."""
    shutil.copytree(shipped("policies"), data_dir / "policies")
    limits = data_dir / "policies" / "limits.toml"
    limits.write_text(re.sub(r'"\d+/(\d+)"', r'"1000000/\1"', limits.read_text("utf-8")), "utf-8")


HOLD = {"reason": "complaint", "office": "Bridge Network, complaints", "topic": ""}
ITEM = {"title_en": "Water", "text_en": "There is none on Monday.", "valid_until": "", "step": "publish"}
CONTACT = {
    "kind": "health",
    "area": "Lake",
    "telephones": "112",
    "cost": "free",
    "name_en": "Clinic",
    "speaks_ar": "yes",
}


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
    cases: dict[str, UUID]
    notice: UUID
    session: UUID
    staff_code: str
    hani: Person
    gus: Person
    changes: dict[str, UUID]
    colleague: UUID
    hana: Person
    stella: Person
    announcement: str
    alert: str
    contact: UUID
    sender: UUID
    picture: UUID
    device: SoftAuthenticator
    halls: HallRoads
    hints: dict[str, str] = field(default_factory=dict[str, str])

    def address(self, room: Room[Any]) -> str:
        """An address of the room at which something is."""
        message = self.others if "flag" in room.path or room.name in ("mute", "block") else self.own
        hosted = "/host" in room.path or room.name in HOSTING
        at_home = HOSTING.get(room.name, ("garden", ""))[0] if hosted else "questions"
        slots = {
            "topic": self.topic.removeprefix("/topics/"),
            "space": "garden" if room.path.endswith("/join") else at_home,
            "language": "en",
            "change": str(self.changes.get(room.name, self.changes["agree"])),
            "member": str(self.colleague),
            "message": str(message),
            "session": str(self.session),
            "notice": str(self.notice),
            "case": str(self.cases.get(room.name, self.case)),
            "proposal": self.hints["proposal_2" if room.name == "put_proposal_away" else "proposal"],
            "code": self.hints["case_code"] if room.path.startswith("/appeal") else self.staff_code,
            "appeal": self.hints["appeal_2" if room.name == "overturn" else "appeal"],
            "policy": "guidelines",
            "draft": self.hints["draft"],
            "hold": self.hints["hold_2" if room.name == "end_hold" else "hold"],
            "person": self.hints["person"],
            "passkey": self.hints["passkey"],
            "conversation": self.hints["conversation"],
            "announcement": (self.alert if "scam-alerts" in room.path else self.announcement).rpartition("/")[2],
            "contact": str(self.contact),
            "line": "disk",
            "sender": str(self.sender),
            "picture": str(self.picture),
        }
        if room.needs in OF_HALLS:
            slots |= self.halls.slots(room)
        path = room.path
        for name, value in slots.items():
            path = path.replace("{" + name + "}", value)
        return path

    def person(self, room: Room[Any]) -> Person:
        """Somebody who may do this."""
        if room.needs in OF_HALLS:
            return self.halls.person(room)
        if room.name in ("second_factor", "do_second_factor"):
            return self.emi
        if room.name in HOSTING or "/host" in room.path:
            return getattr(self, HOSTING.get(room.name, ("", "hani"))[1])
        if room.needs in (Permission.STEWARD, Permission.EDIT_HELP):
            return self.stella
        if room.needs in (Permission.ANNOUNCE, Permission.WARN) or room.name.endswith(("_announcement", "_scam_alert")):
            return self.hana
        return self.bo if room.name in OF_THE_TEAM else self.amina

    def askers(self, room: Room[Any]) -> dict[str, Person]:
        """Somebody who may, and somebody who is not signed in."""
        return {"somebody who may": self.person(room), "the visitor": self.community.visitor()}

    def people(self) -> dict[str, Person]:
        """A visitor, a member, a moderator, a verified sender and a steward."""
        return {
            "the visitor": self.visitor,
            "amina": self.amina,
            "bo": self.bo,
            "hana": self.hana,
            "stella": self.stella,
        }

    def fields(self, room: Room[Any]) -> dict[str, str]:
        """A form that the room takes from that person."""
        in_a_hall = self.halls.fields(room)
        if in_a_hall is not None:
            return in_a_hall
        secret = self.community.services.second_factors.new_secret()
        version = "1"
        if room.name in REVIEWING:
            page = self.bo.browser.get(self.address(room)[: len("/review/") + 36]).text
            found = re.search(r'name="version" value="(\d+)"', page)
            version = found.group(1) if found else "1"
        filled: dict[str, dict[str, str]] = {
            "start_topic": {"title": "Water", "text": "Where is the well?", "language": "auto"},
            "post_message": {"text": "Behind the school.", "language": "auto"},
            "write_letter": {"text": "Why does my message wait?"},
            "answer_letter": {"text": "It was read today."},
            "letter_done": {},
            "write_author": {"text": "Please leave out the number."},
            "choose_calendar": {"calendar": "persian"},
            "keep_message": {},
            "mute": {},
            "block": {},
            "show_again": {},
            "let_answer": {},
            "let_go_message": {},
            "draft_message": {"text": "Not yet sent", "language": "auto"},
            "draft_topic": {"title": "Later", "text": "Not yet sent", "language": "auto"},
            "throw_away_draft": {},
            "choose": {"shown": "1", "keeps_marks": "yes"},
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
            "do_sign_in_passkey": self.device.signs_in_form(
                self.community.visitor(), challenge="" if room.name == "do_sign_in_passkey" else "-"
            ),
            "add_passkey": {
                **SoftAuthenticator().makes_form(self.amina, challenge=self._question_to_amina(room)),
                "passphrase": PASSPHRASE,
            },
            "do_remove_passkey": {"passphrase": PASSPHRASE},
            "sign_out": {},
            "take_own_data": {"space": "questions", "passphrase": PASSPHRASE},
            "do_leave": {"messages": "keep", "passphrase": PASSPHRASE},
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
                "passphrase": PASSPHRASE,
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
            "measures": {"version": version, "reason": "insult", "author": "warn"},
            "redact": {"version": version, "parts": "idiot"},
            "give_back": {"version": version, "advice": "kind", "advice_note": "Please"},
            "hide": {"version": version},
            "escalate": {"version": version},
            "skip": {"why": "colleague"},
            "do_conduct": {"case": str(self.case)},
            "next_case": {},
            "take_break": {},
            "do_desk_choices": {"reads_ar": "yes", "without_scam": "yes"},
            "confirm_proposal": {},
            "put_proposal_away": {},
            "give_protection": {"space": "questions", "pseudonym": self.hints["bo"]},
            "take_protection": {"space": "garden", "pseudonym": self.hints["zola"]},
            "confirm_line": {"role": "Protection officer"},
            "take_line_back": {},
            "open_case": {"code": self.hints["case_code"]},
            "appeal": {"text": "It is only a saying."},
            "uphold": {"version": "1", "answer": "It was aimed at somebody."},
            "overturn": {"version": "1", "answer": "It was only a saying."},
            "open_space": {},
            "lock_space": {"reason": "scam"},
            "unlock_space": {},
            "add_hours": {"language": "ar", "starts": "07:00", "ends": "08:30"},
            "remove_hours": {"language": "en", "starts": "18:00", "ends": "20:00"},
            "do_host_words": {"name": "The garden", "purpose": "About plants", "rules": "- Share your seeds"},
            "do_host_safety": {"safety": "members"},
            "do_host_lifetime": {"days": "30"},
            "do_host_archive": {},
            "agree": {},
            "put_away": {},
            "invite_to_team": {"role": "moderator"},
            "take_role": {"role": "moderator"},
            "make_invitations": {"count": "3", "vouched": "yes"},
            "take_invitations_back": {"day": "2026-03-04"},
            "do_host_export": {"names": "without"},
            "do_start_space": {
                "slug": "workshop",
                "host": "Bridge Network",
                "languages": "en, ar",
                "timezone": "Africa/Khartoum",
                "safety": "circle",
            },
            "appoint_host": {},
            "steward_agrees": {},
            "ask_hold": {**HOLD, "until": self._in_days(30)},
            "agree_hold": {},
            "end_hold": {},
            "do_announce": {**ITEM},
            "do_announce_everywhere": {**ITEM},
            "do_warn": {**ITEM, "truth_en": "Nobody may ask for money."},
            "do_correct_announcement": {**ITEM},
            "do_withdraw_announcement": {},
            "pin_announcement": {},
            "unpin_announcement": {},
            "do_correct_scam_alert": {**ITEM, "truth_en": "Nobody may ask for money."},
            "do_verify_sender": {
                "space": "questions",
                "pseudonym": self.hints["amina"],
                "organisation": "Bridge Network",
                "valid_until": (self.community.clock.now() + timedelta(days=9)).date().isoformat(),
            },
            "do_end_sender": {},
            "do_add_help_contact": {**CONTACT},
            "do_edit_help_contact": {**CONTACT, "version": self._version_of_contact()},
            "do_check_help_contact": {},
            "do_remove_help_contact": {},
        }
        return filled[room.name]

    def _question_to_amina(self, room: Room[Any]) -> str:
        """Asked for only when it is wanted; a question that is none of ours when her list is full."""
        return (question_on(self.amina, "/me/passkeys") if room.name == "add_passkey" else "") or "-"

    def _in_days(self, days: int) -> str:
        return (self.community.clock.now() + timedelta(days=days)).date().isoformat()

    def _version_of_contact(self) -> str:
        with self.community.services.db.reading() as tx:
            found = tx.session.execute(
                select(col(HelpContact.version)).where(col(HelpContact.public_id) == self.contact)
            ).scalar_one_or_none()
        return str(found or 1)

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
        case = tx.session.execute(select(col(Case.public_id)).where(col(Case.state) == CaseState.OPEN)).scalar_one()
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
    hani, gus, changes, colleague = _hosting(community)
    amina.posts(topic, "Words that somebody flags")
    assert emi.sends(f"/messages/{last_message(community)}/flag", reason="insult").status_code == 303
    for word in ("redact", "give_back", "remove"):
        assert amina.posts(topic, f"you idiot, {word}").status_code == 303
    cases, proposals = _desk(community, case)
    appealed = _appeals(community, amina, topic)
    hana, stella = community.sender("hana"), community.staff("stella", Role.STEWARD)
    announcement = hana.announces("The tap is closed", "On Monday")
    alert = hana.publishes("/scam-alerts/new", title_en="A list", text_en="Pay", truth_en="It is free")
    stella.sends("/help-near-you/manage/new", **CONTACT)
    assert amina.sends(f"{topic}/draft", text="Words for later").status_code == 303
    assert amina.sends("/s/questions/letters", text="A question").status_code == 303
    device = SoftAuthenticator()
    assert device.is_added_by(amina).status_code == 303
    for slug in ("yard", "roof"):
        until = (community.clock.now() + timedelta(days=9)).date().isoformat()
        assert stella.sends(f"/steward/spaces/{slug}/holds", **HOLD, until=until).status_code == 303
    with community.services.db.reading() as tx:
        holds = list(map(str, tx.session.execute(select(col(Hold.public_id)).order_by(col(Hold.id))).scalars()))
        passkey = str(tx.session.execute(select(col(Passkey.public_id))).scalar_one())
        contact = tx.session.execute(select(col(HelpContact.public_id))).scalar_one()
        picture = tx.session.execute(select(col(Picture.public_id))).scalar_one()
        sender = tx.session.execute(select(col(VerifiedSender.public_id))).scalar_one()
        letters = str(tx.session.execute(select(col(Conversation.public_id))).scalar_one())
        person = str(
            tx.session.execute(
                select(col(Membership.public_id)).where(
                    col(Membership.pseudonym) == pseudonym_of(community, "questions", "Bo")
                )
            ).scalar_one()
        )
        draft = str(tx.session.execute(select(col(Draft.public_id))).scalar_one())
    return World(
        community=community,
        amina=amina,
        bo=bo,
        emi=emi,
        visitor=community.visitor(),
        topic=topic,
        own=own,
        others=others,
        case=case,
        cases=cases,
        notice=notice,
        session=session,
        staff_code=code,
        hani=hani,
        gus=gus,
        changes=changes,
        colleague=colleague,
        hana=hana,
        stella=stella,
        announcement=announcement,
        alert=alert,
        contact=contact,
        sender=sender,
        picture=picture,
        device=device,
        halls=HallRoads(community, bo, amina),
        hints={
            "recovery_code": recovery.group(1),
            "amina": pseudonym_of(community, "questions", "Amina"),
            "draft": draft,
            "hold": holds[0],
            "hold_2": holds[1],
            "person": person,
            "passkey": passkey,
            "conversation": letters,
            "bo": pseudonym_of(community, "questions", "Bo"),
            "zola": pseudonym_of(community, "garden", "Zola"),
            "proposal": str(proposals[0]),
            "proposal_2": str(proposals[1]),
            **appealed,
        },
    )


def _desk(community: Community, case: UUID) -> tuple[dict[str, UUID], list[UUID]]:
    """A case for each act that ends one, two proposals about dalia, and somebody in the garden who is trained."""
    with community.services.db.transaction() as tx:
        found = tx.session.execute(
            select(Case).where(col(Case.state) == CaseState.OPEN).order_by(col(Case.id)).limit(9)
        ).scalars()
        of = {row.public_id: row for row in found}
        flagged, *others = (public_id for public_id in of if public_id != case)
        cases = dict.fromkeys(("hide", "measures", "skip"), flagged)
        cases |= dict(zip(("redact", "give_back", "remove"), others, strict=True))
        decision = Decision(
            case_id=of[case].id or 0,
            member_id=community.account("zola"),
            action=Action.MEASURES,
            reason="insult",
            state_before=ContentState.HELD,
            decided_at=community.clock.now(),
            undone_at=community.clock.now(),
        )
        tx.session.add(decision)
        tx.session.flush()
        dalia = tx.session.execute(
            select(col(Membership.id)).where(col(Membership.pseudonym) == "Dry Leaf 8")
        ).scalar_one()
        rows = [
            Restriction(
                membership_id=dalia,
                decision_id=decision.id or 0,
                kind=RestrictionKind.SUSPENSION,
                state=RestrictionState.PROPOSED,
                days=30,
                by_member_id=community.account("zola"),
                begun_at=community.clock.now(),
            )
            for _ in range(2)
        ]
        tx.session.add_all(rows)
        tx.session.flush()
        accounts.grant(tx, community.account("zola"), Role.PROTECTION, community.row("garden").id)
        return cases, [row.public_id for row in rows]


def _appeals(community: Community, amina: Person, topic: str) -> dict[str, str]:
    """Three removals by somebody else, two of them appealed."""
    decisions: list[UUID] = []
    for text in ("You idiot bus", "You idiot train", "You idiot boat"):
        assert amina.posts(topic, text).status_code == 303
        with community.services.db.transaction() as tx:
            message = tx.session.execute(select(Message).order_by(col(Message.id).desc()).limit(1)).scalar_one()
            case = tx.session.execute(select(Case).where(col(Case.message_id) == message.id)).scalar_one()
            case.state, message.state = CaseState.DECIDED, ContentState.REMOVED
            decision = Decision(
                case_id=case.id or 0,
                member_id=community.account("zola"),
                action=Action.REMOVE,
                reason="insult",
                state_before=ContentState.HELD,
                decided_at=community.clock.now() - timedelta(hours=1),
            )
            tx.session.add(decision)
            tx.session.flush()
            decisions.append(decision.public_id)
    for decided in decisions[1:]:
        assert amina.sends(f"/appeal/{code_of(decided)}", text="It is a vehicle.").status_code == 303
    with community.services.db.reading() as tx:
        first, second = tx.session.execute(select(col(Appeal.public_id)).order_by(col(Appeal.id))).scalars()
    return {"case_code": code_of(decisions[0]), "appeal": str(first), "appeal_2": str(second)}


def _hosting(community: Community) -> tuple[Person, Person, dict[str, UUID], UUID]:
    """Hosts of several spaces, a steward, proposals of each kind, and a colleague who has a role."""
    spaces = ("garden", "attic", "cellar", "roof", "yard")
    for slug in spaces[1:]:
        community.space(slug, Access.OPEN, Joining.OPEN)
    hani, hala = community.host("hani", *spaces[:-1]), community.host("hala", "garden", "yard")
    community.moderator("zola", "garden", "attic")
    gus = community.steward("gus")
    english = {"name": "Other", "purpose": "Other things", "rules": "- Other rules"}
    hala.sends("/s/garden/host/words/en", **english)
    changed = newest_change(community)
    hani.sends(f"/s/garden/host/changes/{changed}/agree")
    hala.sends("/s/garden/host/words/ar", **english)
    changes = {"agree": newest_change(community)}
    hala.sends("/s/garden/host/archive")
    changes["put_away"] = newest_change(community)
    hala.sends("/s/yard/host/archive")
    changes["steward_agrees"] = newest_change(community)
    hani.sends("/s/cellar/host/lock", reason="danger")
    hani.sends("/s/garden/host/invitations", count="2", vouched="yes")
    with community.services.db.transaction() as tx:
        tx.session.execute(
            update(Space).where(col(Space.slug) == "attic").values(state=SpaceState.PREPARING, read_only=True)
        )
        colleague = tx.session.execute(
            select(col(Membership.public_id)).where(
                col(Membership.space_id) == select(col(Space.id)).where(col(Space.slug) == "garden").scalar_subquery(),
                col(Membership.pseudonym).startswith("Zola"),
            )
        ).scalar_one()
    return hani, gus, changes, colleague


def newest_change(community: Community) -> UUID:
    """The public id of the newest change or proposal."""
    with community.services.db.reading() as tx:
        return tx.session.execute(
            select(col(SpaceChange.public_id)).order_by(col(SpaceChange.id).desc()).limit(1)
        ).scalar_one()


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
