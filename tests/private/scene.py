"""People around the private room: officers who certify, focal points who read, somebody who tells."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pyotp
from httpx2 import Response

from server.crypto.sealed import boxes, certificates, receipts, signatures
from server.crypto.sealed.certificates import Certificate
from server.crypto.sealed.receipts import Receipt, ReporterKeys
from server.private.app import PrivateHouse, build
from server.private.desks import Topic
from server.private.filing import Concern
from server.private.people import Unlocked
from server.private.routing import Excluded
from server.private.work import OFFICERS, Costs, Pace
from server.settings import Settings
from tests.doubles import StillClock
from tests.private.rooms import BOUNDARY, MULTIPART, RoomBrowser, Ticking, multipart

CHEAP = Costs(receipt_kib=256, unlock_kib=256, sign_in_kib=64)
TEXT = "He said I get the card only if I meet him."
WORDS = "green lamp on the seventh roof"
OFFICER_FILE = """name = "{name}"
public = "{public}"
verify = "{verify}"
organisation = "{organisation}"
site = ""
ties = []
"""


@dataclass(frozen=True, slots=True)
class OfficerKeys:
    """What an officer keeps at home."""

    name: str
    box_secret: bytes
    signing_seed: bytes

    def public_file(self, organisation: str) -> str:
        """What the operator lays beside the database."""
        public, verify = boxes.public_of(self.box_secret).hex(), signatures.verify_of(self.signing_seed).hex()
        return OFFICER_FILE.format(name=self.name, public=public, verify=verify, organisation=organisation)


@dataclass(slots=True)
class FocalPoint:
    """Somebody at a desk, with a browser of their own."""

    me: Unlocked
    login: str
    totp: str
    paper: Certificate
    browser: RoomBrowser


class Scene:
    """A room with three officers and no focal point yet."""

    def __init__(self, settings: Settings, clock: StillClock, ticking: Ticking) -> None:
        self.settings, self.clock, self.ticking = settings, clock, ticking
        self.more: dict[str, Callable[[int], bytes]] = {}
        self.officers = [OfficerKeys(f"officer{n}", boxes.new_key(), boxes.new_key()) for n in range(3)]
        folder = settings.private_dir / OFFICERS
        folder.mkdir(mode=0o700)
        for number, officer in enumerate(self.officers):
            (folder / f"{officer.name}.toml").write_text(officer.public_file(f"Board {number}"))
        self.people: dict[str, FocalPoint] = {}
        self.house = self.opened()

    def opened(self) -> PrivateHouse:
        """The room's process, begun anew on the same data."""
        pace = Pace(self.ticking, self.ticking.sleep)
        return build(
            self.settings,
            clock=self.clock,
            seconds=self.ticking,
            pace=pace,
            costs=CHEAP,
            demonstration=True,
            **self.more,
        )

    def close(self) -> None:
        """End it."""
        self.house.room.pool.close()
        self.house.room.work.close()
        self.house.room.threads.close()
        self.house.room.db.close()

    @property
    def work(self):
        """What is done in the room."""
        return self.house.room.work

    def signed(self, paper: certificates.Paper, officers: int = 2) -> str:
        """The paper with the signatures of so many officers."""
        text = certificates.unsigned(paper)
        for officer in self.officers[:officers]:
            text = certificates.countersigned(text, officer.signing_seed)
        return text

    def focal_point(self, name: str, desk: str, organisation: str, **more: object) -> FocalPoint:
        """Somebody who reads for this desk."""
        people = self.work.people
        joined = people.join(people.invite(), name, WORDS)
        person = people.by_id(joined.person)
        assert person is not None
        today = self.clock.now().date()
        paper = Certificate(
            serial=uuid4(),
            person=person.id,
            name=name.capitalize(),
            public=person.public,
            verify=person.verify,
            desk=desk,
            organisation=organisation,
            site="Lakeview",
            roles=("caseworker",),
            languages=("en", "ar"),
            ties=(),
            starts=today,
            ends=today + timedelta(days=365),
        )
        paper = replace(paper, **more)
        self.work.roster.admit(self.signed(paper))
        made = FocalPoint(people.unlock(person.id, WORDS), name, joined.totp_secret, paper, self.browser())
        self.people[name] = made
        return made

    def everybody(self) -> None:
        """The desks of the demonstration: two readers each, and two outside."""
        self.focal_point("cleo", "sea", "Harbour Refugee Support")
        self.focal_point("dara", "sea", "Bridge Network")
        self.focal_point("emil", "sea", "Lakeside Clinic")
        self.focal_point("farah", "fraud", "Harbour Refugee Support")
        self.focal_point("gul", "fraud", "Bridge Network")
        self.focal_point("hana", "independent", "Ombuds Office")
        self.focal_point("ines", "questions", "Bridge Network")

    def browser(self) -> RoomBrowser:
        """Somebody new at the door."""
        return RoomBrowser(self.house)

    def filed(self, text: str = "He asked for money.", **more: object) -> tuple[Receipt, ReporterKeys]:
        """A concern, filed without a browser."""
        filing_key = self.work.filing_keys.read(self.work.filing_keys.issue())
        assert filing_key is not None
        receipt = receipts.receipt_for(filing_key, self.work.vault.pepper)
        reporter = self.work.derivation.keys(receipt)
        wanted: dict[str, object] = {"topic": Topic.SEA, "text": text, "language": "en", "excluded": Excluded(), **more}
        self.work.filing.file(Concern(**wanted), reporter, filing_key=filing_key, at=self.clock.now())
        return receipt, reporter

    def sign_in(self, name: str) -> RoomBrowser:
        """Name, words and code; then the words once more."""
        person = self.people[name]
        self.clock.goes_on(minutes=1)  # each code works once
        code = pyotp.TOTP(person.totp).at(self.clock.now())
        signed = send(person.browser, "sign_in", "/desk/sign-in", login=name, passphrase=WORDS, code=code)
        assert signed.headers["location"] == "/desk/unlock", words(signed)
        person.browser.get("/desk/unlock")
        assert send(person.browser, "unlock", "/desk/unlock", phrase=WORDS).headers["location"] == "/desk"
        return person.browser


def send(browser: RoomBrowser, step: str, at: str = "/help", **fields: str) -> Response:
    """A form as a browser on this site sends it."""
    form = {"step": step, "lang": "en", "form_token": browser.token, **fields}
    return browser.post(at, data=form, headers={"sec-fetch-site": "same-origin"})


def hidden(response: Response) -> Mapping[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', response.text)
    return {name: unescape(value) for name, value in found}


def words(response: Response) -> str:
    """A page as it reads."""
    body = response.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def shown_receipt(response: Response) -> str:
    """The number on the page."""
    found = re.search(r'id="receipt"[^>]*>([0-9-]+)<', response.text)
    assert found, words(response)
    return found[1]


def send_in_parts(
    browser: RoomBrowser, step: str, *files: tuple[str, bytes], at: str = "/help", **fields: str
) -> Response:
    """A form as a browser sends it that can send files, whether some were chosen or not."""
    form = [("lang", "en"), ("form_token", browser.token), *fields.items()]
    chosen = [("files", name, content) for name, content in files] or [("files", "", b"")]
    content = multipart(form, chosen)[: -len(f"--{BOUNDARY}--\r\n")] + multipart([("step", step)])
    return browser.post(at, content=content, headers={**MULTIPART, "sec-fetch-site": "same-origin"})


def told(browser: RoomBrowser, **more: str) -> str:
    """From the first page to the number."""
    start = browser.get("/help")
    assert start.status_code == 200
    assert "Talk to us" in words(start)
    assert "What is it about?" in words(send(browser, "tell"))
    page = send(browser, "write", topic="sea")
    assert "Your words" in words(page), words(page)
    typed = {**hidden(page), "topic": "sea", "text": TEXT, "who": "self", "exclude": "nobody", **more}
    typed = {name: value for name, value in typed.items() if name not in ("lang", "form_token")}
    summary = send(browser, "check", **typed)
    assert summary.status_code == 200, words(summary)
    assert more.get("text", TEXT) in words(summary)
    carried = {name: value for name, value in hidden(summary).items() if name not in ("lang", "form_token")}
    sent = send(browser, "send", **carried, release="yes")
    assert sent.status_code == 303, words(sent)
    return shown_receipt(browser.get("/help"))
