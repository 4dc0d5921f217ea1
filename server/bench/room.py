"""The private room: what filing costs, and how the work list grows with the number of cases."""

import asyncio
import ctypes
import resource
import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from server import places
from server.bench.figures import Figure, absolute
from server.bench.photo import photo
from server.crypto.sealed import boxes, certificates, officers, receipts, signatures
from server.crypto.sealed.certificates import Certificate, Officer
from server.crypto.sealed.receipts import ReporterKeys
from server.darkroom.safe_copies import SafeCopies, SafeCopy
from server.private import beginning, database, desks, keys, records
from server.private.desks import Topic
from server.private.files import Attachment, digest_of
from server.private.filing import Concern
from server.private.people import Unlocked
from server.private.routing import route
from server.private.work import OFFICERS, Costs, Work, made
from server.settings import Settings

FEW, MANY = 1_000, 10_000
TEXT = "He said that I get the card only if I come alone in the evening. " * 12
FILES_AT_ONCE = 5
QUALITY_OF_3_MB = 40
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _StillClock:
    def now(self) -> datetime:
        """Always the same moment."""
        return NOW


def private() -> list[Figure]:
    """Filing with the real costs of guessing; the list after unlocking at 1,000 and 10,000 cases."""
    with tempfile.TemporaryDirectory(prefix="baraza-bench-") as folder:
        settings = Settings(data_dir=Path(folder))
        beginning.make_ready(settings)
        signers = _officers(settings.private_dir / OFFICERS)
        db = database.opened(settings.private_database)
        reporting = desks.load(places.shipped("policies"))
        work = made(settings.private_dir, reporting, db, keys.load(settings.private_dir).newest, _StillClock(), Costs())
        try:
            readers = [_reader(work, signers, f"Office {number}") for number in range(4)]
            filing = _filing(work)
            with_photos = _with_photos(work)
            grown = _grown(work)
            few = _listed(work, readers[0], FEW)
            many = _listed(work, readers[0], MANY - FEW, before=FEW)
        finally:
            db.close()
    growth = (many / MANY) / (few / FEW)
    return [
        absolute("a concern filed, processor time", filing, "s", most=1),
        absolute("a concern with three photos of 3 MB, processor time of room and children", with_photos, "s", most=3),
        absolute("memory of the room after 50 more photos", grown, "MiB", most=16),
        absolute("work list of 10,000 cases", many, "s", most=3),
        Figure(
            "its time for each case against 1,000 cases", round(growth, 2), "×", None, None, "≤ 1.5×", growth <= 1.5
        ),
    ]


def _officers(folder: Path) -> list[officers.OfficerKeys]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = [officers.new_keys() for _ in range(3)]
    for number, own in enumerate(found):
        officer = Officer(f"officer{number}", own.public, own.verify, f"Board {number}", "", ())
        (folder / f"{officer.name}.toml").write_text(officers.public_file(officer), "utf-8")
    return found


def _reader(work: Work, signers: Sequence[officers.OfficerKeys], office: str) -> Unlocked:
    secret, seed, person = boxes.new_key(), boxes.new_key(), uuid4()
    paper = Certificate(
        serial=uuid4(),
        person=person,
        name=office,
        public=boxes.public_of(secret),
        verify=signatures.verify_of(seed),
        desk="sea",
        organisation=office,
        site="",
        roles=(),
        languages=("en",),
        ties=(),
        starts=NOW.date(),
        ends=NOW.date() + timedelta(days=365),
    )
    text = certificates.unsigned(paper)
    for signer in signers[:2]:
        text = certificates.countersigned(text, signer.signing_seed)
    work.roster.admit(text)
    return Unlocked(person, secret, seed, paper.verify)


def _filing(work: Work) -> float:
    """Processor seconds of one concern, the number's slow hash included."""
    began = time.process_time()
    for _ in range(3):
        filing_key = work.filing_keys.read(work.filing_keys.issue())
        assert filing_key is not None
        reporter = work.derivation.keys(receipts.receipt_for(filing_key, work.vault.pepper))
        work.filing.file(Concern(Topic.SEA, TEXT, "en"), reporter, filing_key=filing_key, at=NOW)
    return (time.process_time() - began) / 3


def _with_photos(work: Work) -> float:
    """Processor seconds of one concern with three photographs: made safe, sealed, and the number's slow hash."""
    began = _processor_seconds()
    _file_photos(work, photo(QUALITY_OF_3_MB), 3)
    return _processor_seconds() - began


def _grown(work: Work) -> float:
    """MiB that this process has more after fifty photographs than after the first twenty: nothing of them may stay."""
    taken = photo(QUALITY_OF_3_MB)
    before = max(_after_photos(work, taken) for _ in range(4))
    rounds = [_after_photos(work, taken) for _ in range(10)]
    return max(0.0, min(rounds[-3:]) - before)  # the slow hash's memory comes and goes between


def _after_photos(work: Work, taken: bytes) -> float:
    _file_photos(work, taken, FILES_AT_ONCE)
    return _resident_mib()


def _file_photos(work: Work, taken: bytes, count: int) -> None:
    """As the door does it, from bytes in memory."""
    originals = [bytearray(taken) for _ in range(count)]
    shop = SafeCopies(at_once=2, most_pages=1)
    try:
        copies = [one for one in asyncio.run(shop.made(originals)) if isinstance(one, SafeCopy)]
    finally:
        shop.close()
    assert len(copies) == count
    files = [
        Attachment("photo.jpg", copy.media_type, copy.content, digest_of(original))
        for copy, original in zip(copies, originals, strict=True)
    ]
    filing_key = work.filing_keys.read(work.filing_keys.issue())
    assert filing_key is not None
    reporter = work.derivation.keys(receipts.receipt_for(filing_key, work.vault.pepper))
    work.filing.file(Concern(Topic.SEA, TEXT, "en", files=files), reporter, filing_key=filing_key, at=NOW)
    for held in (*originals, *(copy.content for copy in copies)):
        held.clear()


def _processor_seconds() -> float:
    """Of this process and of the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _resident_mib() -> float:
    """What is really held: the C library is asked first to give back what it only keeps at hand."""
    ctypes.CDLL(None).malloc_trim(0)
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _listed(work: Work, me: Unlocked, count: int, before: int = 0) -> float:
    """Seconds for the list when so many cases have come; the best of three."""
    concern = Concern(Topic.SEA, TEXT, "en")
    way = route(
        work.reporting, work.roster.certificates(), topic=Topic.SEA, excluded=concern.excluded, today=NOW.date()
    )
    assert way is not None
    made_here = [work.filing.sealed(concern, _stranger(), way, digest=bytes(32), at=NOW) for _ in range(count)]
    work.vault.shred.add_many([one.case for one in made_here])
    with work.db.transaction() as tx:
        for one in made_here:
            records.put_case(tx, work.vault, one)
    took: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        assert len(work.casework.work_list(me, at=NOW)) >= before + count
        took.append(time.perf_counter() - began)
    return min(took)


def _stranger() -> ReporterKeys:
    """A reporter without the slow hash."""
    secret, seed = boxes.new_key(), boxes.new_key()
    return ReporterKeys(secrets.token_bytes(32), secret, boxes.public_of(secret), seed, signatures.verify_of(seed))
