"""Thieves and forgers at the private room: what a copy gives away, what each pair of stolen things opens, and what
happens when somebody writes into the database between two steps."""

import base64
import secrets
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from server.crypto.sealed import boxes, envelopes, recovery, slots
from server.crypto.sealed.boxes import Damaged
from server.crypto.sealed.certificates import Certificate
from server.errors import NotFound, Refused
from server.private import database, desks, keys
from server.private.desks import Topic
from server.private.filing import Concern
from server.private.recovering import Recovering
from server.private.routing import Excluded
from server.private.work import Work, made
from tests.private.scene import CHEAP, Scene

CANARY = "canary-7391-zebra"
ANSWER = "answer-5520-heron"


def hiding_places(raw: bytes) -> Iterator[bytes]:
    """How a text may lie in a file."""
    yield raw
    yield raw.decode("utf-8").encode("utf-16-le")
    yield base64.b64encode(raw)[2:-4]
    yield raw.hex().encode()


def found_in(folder: Path, words: str) -> list[str]:
    """The files in which the words lie, in any of those forms."""
    wanted = list(hiding_places(words.encode()))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(form in path.read_bytes() for form in wanted)]


def told_and_answered(scene: Scene) -> tuple[str, object]:
    receipt, reporter = scene.filed(CANARY)
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    scene.work.casework.answer(cleo, alias, ANSWER, at=scene.clock.now())
    scene.work.conversations.add(reporter, CANARY + " more", at=scene.clock.now())
    return receipt, reporter


def test_nothing_that_was_told_lies_on_the_disk(scene: Scene) -> None:
    receipt, _ = told_and_answered(scene)
    folder = scene.settings.data_dir
    (folder / "control.txt").write_text(f"{CANARY} {ANSWER} {receipt}", "utf-16-le")
    for words in (CANARY, ANSWER, receipt, "Harbour Refugee Support"):
        told = [name for name in found_in(folder, words) if name != "control.txt"]
        assert told == [], words
    assert found_in(folder, CANARY) == ["control.txt"], "the search itself finds what is there"


THINGS = ("database", "pepper", "shred", "receipt", "reader", "officer", "second officer")
OPENS: dict[frozenset[str], set[str]] = {
    frozenset({"database", "pepper", "shred", "receipt"}): {"answer"},
    frozenset({"database", "pepper", "shred", "reader"}): {"told", "answer"},
    frozenset({"database", "shred", "officer", "second officer"}): {"told", "answer"},
}
"""The least that opens something. `reader` is somebody's passphrase; a passphrase without PEPPER opens no keys."""


def opens(stolen: frozenset[str]) -> set[str]:
    return set().union(*(what for needed, what in OPENS.items() if needed <= stolen), set())


class Thief:
    """Has a copy of some of it, and tries everything that can be tried with that."""

    def __init__(self, scene: Scene, stolen: frozenset[str], folder: Path, receipt: str) -> None:
        self.scene, self.stolen, self.receipt = scene, stolen, receipt
        private = scene.settings.private_dir
        folder.mkdir(parents=True)
        (folder / "keys").mkdir(mode=0o700)
        (folder / "officers").mkdir()
        for path in (private / "officers").iterdir():
            (folder / "officers" / path.name).write_bytes(path.read_bytes())
        for name in ("private.sqlite3", "private.sqlite3-wal"):
            if (private / name).exists():
                (folder / name).write_bytes((private / name).read_bytes())
        salt, pepper = (private / "keys" / "salt-1.key").read_bytes(), secrets.token_bytes(32)
        if "pepper" in stolen:
            pepper = (private / "keys" / "pepper-1.key").read_bytes()
        for name, raw in (("pepper-1.key", pepper), ("salt-1.key", salt)):
            (folder / "keys" / name).write_bytes(raw)
            (folder / "keys" / name).chmod(0o600)
        if "shred" in stolen:
            (folder / "shred.keys").write_bytes((private / "shred.keys").read_bytes())
        db = database.opened(f"sqlite:///{folder / 'private.sqlite3'}")
        reporting = desks.load(Path("policies"))
        self.work: Work = made(folder, reporting, db, keys.load(folder).newest, scene.clock, CHEAP)

    def words(self) -> set[str]:
        found: set[str] = set()
        for attempt in (self._as_reporter, self._as_reader, self._as_officers):
            try:
                found |= attempt()
            except (Damaged, NotFound, Refused, ValueError):
                continue
        return found

    def _as_reporter(self) -> set[str]:
        if "receipt" not in self.stolen:
            return set()
        reporter = self.work.derivation.keys(self.receipt)
        answers = self.work.conversations.shown(reporter, at=self.scene.clock.now()).answers
        return {"answer"} if any(ANSWER in one.text for one in answers) else set()

    def _as_reader(self) -> set[str]:
        if "reader" not in self.stolen:
            return set()
        cleo = self.scene.people["cleo"]
        me = self.work.people.unlock(cleo.me.person, "green lamp on the seventh roof")
        lines = self.work.casework.work_list(me, at=self.scene.clock.now())
        if not lines:
            return set()
        return self._read(self.work.casework.opened(me, lines[0].alias, at=self.scene.clock.now()).letters)

    def _as_officers(self) -> set[str]:
        """With the shred keys and two officers the pairs open, without PEPPER; the envelopes then open too."""
        held = [key for name, key in zip(("officer", "second officer"), self.scene.officers, strict=False)
                if name in self.stolen]  # fmt: skip
        if not held or "shred" not in self.stolen:
            return set()
        case = next(iter(self.work.vault.shred.keys()))
        key = self.work.vault.shred.keys()[case]
        with self.work.db.reading() as tx:
            rows = [bytes(box) for (box,) in tx.look(text("select box from pair"))]  # type: ignore[arg-type]
            entries = [(UUID(str(name)), bytes(box)) for name, box in tx.look(text("select id, for_desk from entry"))]  # type: ignore[arg-type]
        for row in rows:
            pair = boxes.unlocked(key, row, about=b"pair" + case.bytes)
            for outer in held:
                inner = slots.pair_opened_outer(pair, outer.box_secret)
                for second in held if inner is not None else ():
                    opened = slots.pair_opened_inner(inner or b"", second.box_secret)
                    if opened is not None:
                        return self._entries(entries, key, case, opened[1])
        return set()

    def _entries(self, entries: list[tuple[UUID, bytes]], key: bytes, case: UUID, secret: bytes) -> set[str]:
        found: set[str] = set()
        for name, box in entries:
            sealed = boxes.unlocked(key, box, about=b"desk" + name.bytes + case.bytes)
            raw = boxes.unsealed(secret, sealed)
            if raw is not None:
                body = envelopes.opened(raw, case=case, message=name, authors=lambda _: True).body
                found |= {"told"} if CANARY in str(body) else set()
                found |= {"answer"} if ANSWER in str(body) else set()
        return found

    def _read(self, letters) -> set[str]:
        said = " ".join(str(letter.body) for letter in letters)
        return {name for name, words in (("told", CANARY), ("answer", ANSWER)) if words in said}


def test_every_set_of_stolen_things_opens_what_the_table_says(scene: Scene, tmp_path: Path) -> None:
    receipt, _ = told_and_answered(scene)
    for size in range(1, len(THINGS) + 1):
        for stolen in map(frozenset, combinations(THINGS, size)):
            if "database" not in stolen or (size not in (2, 3, 4, len(THINGS))):
                continue
            thief = Thief(scene, stolen, tmp_path / "-".join(sorted(stolen)).replace(" ", "_"), receipt)
            assert thief.words() == opens(stolen), stolen
            thief.work.db.close()


TABLES = {
    "case": ("receipt_id", "alias_key", "facts"),
    "entry": ("for_desk", "for_reporter"),
    "manifest": ("box",),
    "slot": ("tag", "box"),
    "paper": ("box",),
    "person": ("facts",),
}


@pytest.mark.parametrize(("table", "column"), [(table, one) for table, names in TABLES.items() for one in names])
def test_a_changed_row_is_noticed_and_gets_no_words(scene: Scene, table: str, column: str) -> None:
    """Whatever is written into a box, nothing is sealed to another key, and no wrong word is shown."""
    _, reporter = told_and_answered(scene)
    cleo = scene.people["cleo"].me
    alias = scene.work.casework.work_list(cleo, at=scene.clock.now())[0].alias
    with scene.work.db.transaction() as tx:
        rows = tx.run(text(f'select {column} from "{table}"')).all()
        for (value,) in rows:
            raw = bytearray(value)
            raw[len(raw) // 2] ^= 1
            statement = text(f'update "{table}" set {column} = :new where {column} = :old')
            tx.run(statement, {"new": bytes(raw), "old": bytes(value)})
    scene.close()
    scene.house = scene.opened()
    before = _public_keys(scene)
    for attempt in (
        lambda: scene.work.conversations.add(reporter, "second " + CANARY, at=scene.clock.now()),
        lambda: scene.work.casework.answer(cleo, alias, "second " + ANSWER, at=scene.clock.now()),
    ):
        try:
            attempt()
        except (Refused, NotFound, Damaged):
            continue
        assert _public_keys(scene) == before, "what was sealed went to a key of before"
    try:
        shown = scene.work.conversations.shown(reporter, at=scene.clock.now()).answers
    except (Refused, NotFound, Damaged):
        return
    assert all(ANSWER in one.text for one in shown)


def _public_keys(scene: Scene) -> set[bytes]:
    """Every key that a case of this room is sealed to."""
    from server.private import records

    with scene.work.db.reading() as tx:
        found: set[bytes] = set()
        for case in records.every_case(tx, scene.work.vault):
            try:
                for link in records.links(tx, scene.work.vault, case.id):
                    found.add(link.manifest)
            except Damaged:
                continue
    return found


def test_a_manifest_of_a_stranger_gets_no_words(scene: Scene) -> None:
    """Somebody with PEPPER, the shred keys and the database lays another key into a case."""
    from server.crypto.sealed import manifests
    from server.private import records
    from server.private.records import Link

    _, reporter = told_and_answered(scene)
    stranger, seed = boxes.new_key(), boxes.new_key()
    with scene.work.db.transaction() as tx:
        case = records.every_case(tx, scene.work.vault)[0]
        _, old = manifests.read(records.links(tx, scene.work.vault, case.id)[0].manifest)
        forged = manifests.Manifest(
            case=case.id,
            epoch=1,
            case_public=boxes.public_of(stranger),
            reporter_public=old.reporter_public,
            reporter_verify=old.reporter_verify,
            heir=manifests.heir_of(stranger),
            blobs=(),
            previous=old.hash(),
        )
        records.put_link(tx, scene.work.vault, case.id, Link(manifests.signed(forged, seed, before=stranger), b""))
        records.keep(tx, scene.work.vault, case, case.facts.changed(epoch=1))
    with pytest.raises(Refused):
        scene.work.conversations.add(reporter, "second", at=scene.clock.now())


def test_an_erased_case_is_noise_in_every_copy_that_was_taken_before(scene: Scene, tmp_path: Path) -> None:
    receipt, _ = told_and_answered(scene)
    copy = (scene.settings.private_dir / "private.sqlite3").read_bytes()
    wal = scene.settings.private_dir / "private.sqlite3-wal"
    log = wal.read_bytes() if wal.exists() else b""
    with scene.work.db.reading() as tx:
        case = next(iter(scene.work.vault.shred.keys()))
        assert tx is not None
    scene.work.erasing.erase(case)
    (scene.settings.private_dir / "private.sqlite3").write_bytes(copy)
    wal.write_bytes(log)
    thief = Thief(scene, frozenset({"database", "pepper", "shred", "receipt", "reader"}), tmp_path / "old", receipt)
    assert thief.words() == set()
    assert thief.work.vault.shred.key(case) is None
    thief.work.db.close()


def test_two_officers_give_a_case_to_a_successor_and_the_barred_one_cannot(scene: Scene) -> None:
    told_and_answered(scene)
    bundle = recovery.read(Recovering(scene.work).bundle())
    one, two, three = scene.officers
    nia = scene.focal_point("nia", "sea", "Harbour Refugee Support")
    done = recovery.resealed(recovery.half_opened(bundle, one.box_secret).bundle, two.box_secret, nia.paper)
    assert Recovering(scene.work).lay_in(done.bundle.text(), nia.me.person) == 1
    alias = scene.work.casework.work_list(nia.me, at=scene.clock.now())[0].alias
    scene.work.succession.take_over(nia.me, alias, at=scene.clock.now())
    letters = scene.work.casework.opened(nia.me, alias, at=scene.clock.now()).letters
    assert CANARY in str(letters[0].body)
    assert any(letter.body.get("why") == "recovered" for letter in letters)
    alone = recovery.half_opened(bundle, one.box_secret).bundle
    assert recovery.resealed(alone, one.box_secret, nia.paper).opened == 0
    assert three is not one


def test_officers_of_a_barred_office_recover_nothing(scene: Scene) -> None:
    scene.filed(CANARY, excluded=Excluded(organisation="Board 0"))
    bundle = recovery.read(Recovering(scene.work).bundle())
    barred, one, two = scene.officers
    nia: Certificate = scene.people["dara"].paper
    assert recovery.half_opened(bundle, barred.box_secret).opened == 0
    half = recovery.half_opened(bundle, one.box_secret)
    assert recovery.resealed(half.bundle, two.box_secret, nia).opened == 1
    assert recovery.resealed(half.bundle, barred.box_secret, nia).opened == 0


def test_a_concern_never_goes_to_somebody_who_is_barred_or_tied(scene: Scene) -> None:
    scene.focal_point("olya", "sea", "Bridge Network", ties=("Harbour Refugee Support",))
    concern = Concern(Topic.SEA, CANARY, "en", Excluded(organisation="Harbour Refugee Support"))
    reporter, filing_key = _new_keys(scene)
    scene.work.filing.file(concern, reporter, filing_key=filing_key, at=scene.clock.now())
    seen = {
        name: len(scene.work.casework.work_list(one.me, at=scene.clock.now())) for name, one in scene.people.items()
    }
    assert seen == {**dict.fromkeys(scene.people, 0), "dara": 1, "emil": 1}


def _new_keys(scene: Scene):
    from server.crypto.sealed import receipts

    filing_key = scene.work.filing_keys.read(scene.work.filing_keys.issue())
    assert filing_key is not None
    reporter = scene.work.derivation.keys(receipts.receipt_for(filing_key, scene.work.vault.pepper))
    return (reporter, filing_key)
