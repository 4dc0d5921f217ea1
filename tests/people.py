"""People who do things: amina the member, bo the moderator, a visitor. Each has a browser of their own."""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Self
from uuid import UUID

import pyotp
from anyio.from_thread import BlockingPortal
from httpx2 import Response
from PIL import Image
from sqlalchemy import select, update
from sqlmodel import col
from starlette.testclient import TestClient

from server.accounts import rules as accounts
from server.accounts import senders
from server.accounts.models import Member, Membership
from server.app import House
from server.crypto.tokens import keyed_hash
from server.database import Transaction
from server.forum.models import Message, Topic
from server.permissions import Role
from server.pictures.models import Picture
from server.spaces.models import Access, Joining
from server.spaces.queries import Duty, SpaceRow, SpaceWords, space_by_slug
from server.spaces.rules import open_space
from tests.doubles import StillClock, WordScreen

ADDRESS = "http://localhost:8000"
PASSPHRASE = "green lamp on the seventh roof"
ORGANISATION = "Harbour Refugee Support"


class Community:
    """A running house and the people in it."""

    def __init__(self, house: House, clock: StillClock, screen: WordScreen) -> None:
        self.house, self.clock, self.screen = house, clock, screen
        self.services = house.services
        self._stack = ExitStack()
        self._count = 0
        self.portal: BlockingPortal | None = None

    def __enter__(self) -> Self:
        self.begins()
        self.space("questions", Access.OPEN, Joining.OPEN)
        return self

    def begins(self) -> None:
        """The house answers from now on."""
        keeper = self._stack.enter_context(TestClient(self.house.app, base_url=ADDRESS))
        self.portal = keeper.portal

    def __exit__(self, *problem: object) -> None:
        self._stack.close()

    def space(self, slug: str, access: Access, joining: Joining) -> SpaceRow:
        """A new space."""
        with self.services.db.transaction() as tx:
            open_space(
                tx,
                slug=slug,
                access=access,
                joining=joining,
                host="Bridge Network",
                languages=["en", "ar"],
                timezone="Africa/Khartoum",
                words=[
                    SpaceWords("en", slug.capitalize(), f"About {slug}", "- Be kind"),
                    SpaceWords("ar", f"مساحة {slug}", "", ""),
                ],
                duty=[Duty("en", "18:00", "20:00")],
            )
        return self.row(slug)

    def row(self, slug: str) -> SpaceRow:
        """The space at this address."""
        with self.services.db.reading() as tx:
            found = space_by_slug(tx, slug)
        assert found is not None
        return found

    def browser(self) -> TestClient:
        """A browser that nobody is signed in with; it follows no redirect by itself."""
        client = TestClient(self.house.app, base_url=ADDRESS, follow_redirects=False)
        client.portal = self.portal  # the house answers on its own loop; a new one for each question would cost 5 ms
        return client

    def visitor(self) -> "Person":
        """Somebody without an account."""
        return Person(self, self.browser())

    def member(self, login: str, *spaces: str, known: bool = True) -> "Person":
        """Somebody with an account and a name in each space, signed in."""
        self._make(login, spaces or ("questions",), known=known, roles={})
        person = self.visitor()
        person.signs_in(login)
        return person

    def moderator(self, login: str, *spaces: str) -> "Person":
        """Somebody who moderates the spaces, signed in with a second factor."""
        spaces = spaces or ("questions",)
        secret = self._make(login, spaces, known=True, roles=dict.fromkeys(spaces, Role.MODERATOR))
        person = self.visitor()
        person.signs_in(login, code=pyotp.TOTP(secret).at(self.clock.now()))
        person.begins_a_shift()
        return person

    def host(self, login: str, *spaces: str) -> "Person":
        """Somebody who leads the spaces, signed in with a second factor."""
        spaces = spaces or ("questions",)
        secret = self._make(login, spaces, known=True, roles=dict.fromkeys(spaces, Role.HOST))
        person = self.visitor()
        person.signs_in(login, code=pyotp.TOTP(secret).at(self.clock.now()))
        return person

    def staff(self, login: str, role: Role) -> "Person":
        """Somebody with a role in the whole installation, signed in with a second factor."""
        secret = self._make(login, (), known=True, roles={"": role})
        person = self.visitor()
        person.signs_in(login, code=pyotp.TOTP(secret).at(self.clock.now()))
        return person

    def steward(self, login: str) -> "Person":
        """Somebody who runs the installation and is in no space, signed in with a second factor."""
        return self.staff(login, Role.STEWARD)

    def code_of(self, login: str) -> str:
        """The next code of somebody's app: time goes on, because a code works once."""
        self.clock.goes_on(minutes=1)
        with self.services.db.reading() as tx:
            sealed = tx.session.execute(
                select(col(Member.totp_secret)).where(
                    col(Member.login_key) == keyed_hash(self.services.login_key, login)
                )
            ).scalar_one()
        assert sealed is not None
        secret = self.services.second_factors.opened(sealed)
        assert secret is not None
        return pyotp.TOTP(secret).at(self.clock.now())

    def account(self, login: str) -> int:
        """The key of the account with this sign-in name."""
        with self.services.db.reading() as tx:
            return tx.session.execute(
                select(col(Member.id)).where(col(Member.login_key) == keyed_hash(self.services.login_key, login))
            ).scalar_one()

    def sender(
        self, login: str, *spaces: str, organisation: str = "Harbour Refugee Support", days: int = 30
    ) -> "Person":
        """A member whom a steward has verified in each of the spaces, signed in."""
        person = self.member(login, *(spaces or ("questions",)))
        for slug in spaces or ("questions",):
            self.verifies(slug, pseudonym_of(self, slug, login.capitalize()), organisation, days=days)
        return person

    def verifies(self, space: str, pseudonym: str, organisation: str, *, days: int = 30) -> None:
        """Let the name in the space speak for the organisation, so many days long."""
        with self.services.db.transaction() as tx:
            senders.verify(
                tx,
                self.row(space),
                pseudonym=pseudonym,
                organisation=organisation,
                valid_until=self.clock.now().date() + timedelta(days=days),
                at=self.clock.now(),
                most_days=self.services.policies.information.sender_days,
            )

    def _make(self, login: str, spaces: tuple[str, ...], *, known: bool, roles: dict[str, Role]) -> str:
        secret = self.services.second_factors.new_secret()
        with self.services.db.transaction() as tx:
            member = Member(
                login_key=keyed_hash(self.services.login_key, login),
                passphrase_hash=self.services.passwords.hash(PASSPHRASE),
                recovery_hash="!",
                card_kept=True,
                totp_secret=self.services.second_factors.sealed(secret) if roles else None,
                totp_confirmed=bool(roles),
            )
            tx.session.add(member)
            tx.session.flush()
            assert member.id is not None
            if "" in roles:
                accounts.grant(tx, member.id, roles[""], None)
            for slug in spaces:
                space = space_by_slug(tx, slug)
                assert space is not None
                self._count += 1
                name = f"{login.capitalize()} {self._count}"
                membership = accounts.add_membership(tx, member.id, space.id, pseudonym=name, vouched=False)
                if known:
                    tx.session.execute(
                        update(Membership).where(col(Membership.id) == membership).values(released=3, released_days=2)
                    )
                if slug in roles:
                    accounts.grant(tx, member.id, roles[slug], space.id)
        return secret

    def reading(self) -> Transaction:
        """A snapshot that stays open until the community closes; for looking into the tables."""
        return self._stack.enter_context(self.services.db.reading())


@dataclass
class Person:
    """Somebody at a browser."""

    community: Community
    browser: TestClient

    def gets(self, path: str, **options: object) -> Response:
        """Open an address."""
        return self.browser.get(path, **options)  # type: ignore[arg-type]

    def reads(self, path: str) -> str:
        """The page at an address, redirects followed, as text."""
        answer = self.browser.get(path, follow_redirects=True)
        assert answer.status_code < 500, answer.text
        return unescape(answer.text)

    def token(self, path: str = "/join") -> str:
        """The form token of a page."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.browser.get(path, follow_redirects=True).text)
        assert found is not None, f"no form on {path}"
        return found.group(1)

    def sends(self, path: str, **fields: object) -> Response:
        """Post a form as a modern browser does."""
        return self.browser.post(path, data=fields, headers={"sec-fetch-site": "same-origin"})  # type: ignore[arg-type]

    def signs_in(self, login: str, passphrase: str = PASSPHRASE, code: str = "") -> Response:
        """Sign in with name and words."""
        answer = self.sends("/sign-in", login=login, passphrase=passphrase, code=code)
        assert answer.status_code == 303, answer.text
        return answer

    def opens_topic(self, title: str, text: str, space: str = "questions") -> str:
        """A new topic; gives its address."""
        answer = self.sends(f"/s/{space}/new", title=title, text=text)
        assert answer.status_code == 303, answer.text
        with self.community.services.db.reading() as tx:
            found = tx.session.execute(select(col(Topic.public_id)).order_by(col(Topic.id).desc()).limit(1))
            return f"/topics/{found.scalar_one()}"

    def posts(self, topic: str, text: str, **more: object) -> Response:
        """A message in a topic."""
        return self.sends(f"{topic}/messages", text=text, **more)

    def announces(self, title: str, text: str, space: str = "questions", **more: object) -> str:
        """Publish an announcement in English and whatever else is given; gives its address."""
        fields = {"title_en": title, "text_en": text, "pinned": "yes", "step": "publish", **more}
        return self.publishes(f"/s/{space}/announcements/new", **fields)

    def publishes(self, form: str, **fields: object) -> str:
        """Send the form of an announcement, a warning or a correction; gives the address of what came of it."""
        answer = self.sends(form, **{"step": "publish", **fields})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].partition("?")[0]

    def posts_a_picture(
        self, topic: str, text: str, *, file: bytes | None = None, name: str = "IMG_0001.jpg", **more: object
    ) -> Response:
        """A message with a picture, as the page for it sends it."""
        fields = {"text": text, "language": "auto", "alt": "The queue at the clinic", "people": "nobody", **more}
        return self.browser.post(
            f"{topic}/messages",
            data=fields,
            files={"image": (name, drawing() if file is None else file, "image/jpeg")},
            headers={"sec-fetch-site": "same-origin"},
        )

    def begins_a_shift(self) -> None:
        """Read the code of conduct."""
        assert self.sends("/review/conduct").status_code == 303

    def opens_the_queue(self) -> list[str]:
        """The addresses of the waiting cases, the most urgent first."""
        return list(dict.fromkeys(re.findall(r'href="(/review/[0-9a-f-]{36})"', self.reads("/review"))))

    def decides(self, case: str, act: str, **more: object) -> Response:
        """Release, remove, claim, undo: with the version that is on the screen."""
        found = re.search(r'name="version" value="(\d+)"', self.browser.get(case).text)
        version = found.group(1) if found else "1"
        return self.sends(f"{case}/{act}", version=version, **more)


def drawing(colour: str = "green") -> bytes:
    """A small picture, drawn here."""
    out = BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


def last_picture(community: Community) -> str:
    """The address of the newest picture."""
    with community.services.db.reading() as tx:
        found = tx.session.execute(select(col(Picture.public_id)).order_by(col(Picture.id).desc()).limit(1))
        return f"/pictures/{found.scalar_one()}"


def last_message(community: Community) -> UUID:
    """The public id of the newest message."""
    with community.services.db.reading() as tx:
        return tx.session.execute(select(col(Message.public_id)).order_by(col(Message.id).desc()).limit(1)).scalar_one()


def pseudonym_of(community: Community, space: str, starts: str) -> str:
    """The name in the space that starts like this."""
    with community.services.db.reading() as tx:
        return tx.session.execute(
            select(col(Membership.pseudonym)).where(
                col(Membership.space_id) == community.row(space).id, col(Membership.pseudonym).startswith(starts)
            )
        ).scalar_one()
