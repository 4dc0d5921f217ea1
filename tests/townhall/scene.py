"""A hall and the people in it, for tests: fatou facilitates, bo moderates, amina and others sit in it."""

import re
from dataclasses import dataclass
from uuid import UUID

from httpx2 import Response
from starlette.testclient import TestClient

from server.crypto.tokens import SessionToken
from server.database import Transaction
from server.permissions import Role
from server.townhall.asking import rules as asking
from server.townhall.asking.rules import Asking
from server.townhall.asking.staging import leave_over
from server.townhall.forgetting import Forgetting
from server.townhall.halls import backstage, rules
from server.townhall.halls.queries import HallRow, SeatRow, SessionRow, hall_by_code, seat_of
from server.townhall.halls.rules import NewHall
from server.townhall.halls.states import HallState, Results, Risk, SessionKind
from server.townhall.halls.team import Acting, acting, appoint
from server.townhall.polling import rules as polling
from server.townhall.polling.models import PollKind
from server.townhall.polling.queries import poll_by_id
from server.townhall.polling.rules import NewPoll
from tests.people import Community, Person


@dataclass
class Attendee:
    """Somebody with a browser and a seat."""

    browser: TestClient
    code: str

    def asks(self, text: str, **fields: str) -> Response:
        """Send a question, as the page's form does."""
        return self.posts("ask", {"text": text, **fields})

    def posts(self, act: str, fields: dict[str, str] | None = None) -> Response:
        """Send a form of the hall."""
        headers = {"sec-fetch-site": "same-origin"}
        return self.browser.post(f"/h/{self.code}/{act}", data=fields or {}, headers=headers)

    def page(self, part: str = "") -> str:
        """The hall's page, or one below it."""
        answer = self.browser.get(f"/h/{self.code}{part}", headers={"accept-language": "en"})
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def questions(self) -> list[UUID]:
        """The questions that can be read, in their order."""
        return [UUID(found) for found in re.findall(r'id="q-([0-9a-f-]{36})"', self.page("/list"))]


class HallScene:
    """A community with an open hall."""

    def __init__(
        self,
        community: Community,
        *,
        risk: Risk = Risk.ORDINARY,
        languages: tuple[str, ...] = ("en", "ar"),
        bo: Person | None = None,
        fatou: Person | None = None,
        rehearsal: bool = False,
    ) -> None:
        self.community = community
        self.fatou = fatou or community.host("fatou")
        self.bo = bo or community.moderator("bo")
        space = community.row("questions")
        titles = {"en": "Water in the camp", "ar": "الماء في المخيم"}
        new = NewHall(
            languages=languages,
            base_language=languages[0],
            titles={code: titles[code] for code in languages if code in titles},
            purposes={},
            risk=risk,
            rehearsal=rehearsal,
            timezone="Africa/Khartoum",
        )
        with self.writing() as tx:
            self.code = rules.begin(tx, space.id, new).code

    def writing(self):  # type: ignore[no-untyped-def]
        """A visit that writes."""
        return self.community.services.db.transaction()

    @property
    def hall(self) -> HallRow:
        """The hall as it stands."""
        with self.community.services.db.reading() as tx:
            found = hall_by_code(tx, self.code)
        assert found is not None
        return found

    def as_facilitator(self, tx: Transaction) -> Acting:
        """What fatou is in the hall."""
        member = self.community.account("fatou")
        return acting(tx, self.hall, member, Role.FACILITATOR, at=self.community.clock.now())

    def as_moderator(self, tx: Transaction) -> Acting:
        """What bo is in the hall."""
        member = self.community.account("bo")
        return acting(tx, self.hall, member, Role.MODERATOR, at=self.community.clock.now())

    def opens(self) -> None:
        """Two people sign the page about risks, and the hall opens."""
        with self.writing() as tx:
            rules.write_risks(tx, self.hall, {"who": "nobody"}, self.as_facilitator(tx))
            rules.sign_risks(tx, self.hall, self.as_moderator(tx))
            backstage.sign_conduct(tx, self.hall, self.as_moderator(tx))
            rules.move(tx, self.hall, HallState.OPEN, self.as_facilitator(tx))

    def attendee(self, browser: TestClient | None = None) -> Attendee:
        """Somebody who comes in with the code."""
        attendee = Attendee(browser or self.community.browser(), self.code)
        answer = attendee.posts("join")
        assert answer.status_code == 303, answer.text
        return attendee

    def asked(self, attendee: Attendee, words: str) -> UUID:
        """A question from that seat, without a form: as many as a test needs."""
        with self.writing() as tx:
            asker = asking.seat_asker(tx, self.hall, self.seat(tx, attendee))
            verdict = self.community.services.screen(words, None)
            asked = asking.ask(tx, self.hall, asker, Asking(words, "en", verdict), at=self.community.clock.now())
        return asked.question

    def readable(self, attendee: Attendee, words: str) -> UUID:
        """A question that everybody can read."""
        question = self.asked(attendee, words)
        assert self.lets_through(question).status_code == 303
        return question

    def seat(self, tx: Transaction, attendee: Attendee) -> SeatRow:
        """The seat of that browser."""
        token = SessionToken(str(attendee.browser.cookies["seat"]))
        found = seat_of(tx, token, self.hall.id, at=self.community.clock.now())
        assert found is not None
        return found

    def gives(self, login: str, role: Role, language: str = "") -> Person:
        """A member of the space who has this role in the hall alone, signed in."""
        person = self.community.member(login)
        with self.writing() as tx:
            by = self.as_facilitator(tx)
            appoint(tx, self.hall, self.community.account(login), role, language, by)
        return person

    def acts_as(self, tx: Transaction, login: str, role: Role) -> Acting:
        """What that member is in the hall."""
        return acting(tx, self.hall, self.community.account(login), role, at=self.community.clock.now())

    def polls(
        self,
        kind: PollKind = PollKind.SINGLE,
        *,
        results: Results = Results.AFTER_CLOSING,
        sensitive: bool = False,
        title: str = "Which day?",
        opened: bool = True,
    ) -> UUID:
        """A poll that fatou has prepared, and opened."""
        options = [
            {"en": "Monday", "ar": "الاثنين"},
            {"en": "Tuesday", "ar": "الثلاثاء"},
            {"en": "Friday", "ar": "الجمعة"},
        ]
        worded = kind in (PollKind.SINGLE, PollKind.SEVERAL)
        new = NewPoll(kind, results, sensitive, {"en": title}, options if worded else [])
        with self.writing() as tx:
            by = self.as_facilitator(tx)
            poll = polling.prepare(tx, self.hall, new, by, most=12)
            if opened:
                polling.open_poll(tx, self.hall, poll, 1, by)
        return poll

    def does_with_poll(self, poll: UUID, act: str, **fields: str) -> Response:
        """Fatou opens, closes, shows a poll as it stands."""
        with self.community.services.db.reading() as tx:
            row = poll_by_id(tx, self.hall.id, poll)
        assert row is not None
        return self.fatou.sends(f"/h/{self.code}/polls/{poll}/{act}", version=str(row.version), **fields)

    def lets_through(self, question: UUID) -> Response:
        """Bo lets a question be read."""
        return self.decides(self.bo, question, "approve")

    def decides(self, who: Person, question: UUID, act: str, **fields: str) -> Response:
        """Somebody of the team decides on the question as it stands."""
        from server.townhall.asking.queries import question_by_id

        with self.community.services.db.reading() as tx:
            row = question_by_id(tx, self.hall.id, question)
        assert row is not None
        return who.sends(f"/h/{self.code}/questions/{question}/{act}", version=str(row.version), **fields)

    def waiting(self) -> list[UUID]:
        """The ids of what waits, in the queue's order."""
        from server.townhall.asking.queries import waiting_questions

        with self.community.services.db.reading() as tx:
            return [row.public_id for row in waiting_questions(tx, self.hall.id, at=self.community.clock.now())]

    def session(self, title: str = "Questions", *, begun: bool = True) -> SessionRow:
        """An item of the agenda that takes questions."""
        with self.writing() as tx:
            by = self.as_facilitator(tx)
            row = rules.add_session(tx, self.hall, SessionKind.QUESTIONS, {"en": title}, 30, most=40, by=by)
            if begun:
                rules.begin_session(tx, self.hall, row, by)
        return row

    def appoints(self, login: str, role: Role, language: str = "") -> Person:
        """A member whom fatou gives a role in this hall alone."""
        person = self.community.member(login)
        with self.writing() as tx:
            appoint(tx, self.hall, self.community.account(login), role, language, self.as_facilitator(tx))
        return person

    def moves(self, to: HallState) -> None:
        """Fatou brings the hall into another state."""
        with self.writing() as tx:
            rules.move(tx, self.hall, to, self.as_facilitator(tx))
            if to == HallState.CLOSED:
                leave_over(tx, self.hall, self.as_facilitator(tx))

    def closes(self) -> None:
        """The hall is over, and the clock comes by."""
        self.moves(HallState.CLOSED)
        self.clock_comes_by()

    def clock_comes_by(self) -> None:
        """What is done about halls by the clock, as of now."""
        services = self.community.services
        Forgetting(services.db, services.policies).run(self.community.clock.now())
