"""Copies of the whole house: made under load, sealed to two officers, laid back without what was erased since."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import col
from typer.testing import CliRunner

from moderation.states import ContentState
from server.accounts.models import AccountSession, Member, Passkey, RoleGrant
from server.app import build
from server.backups import restoring
from server.cli import app as commands
from server.crypto.sealed import boxes, copies, forget_lists, officers
from server.crypto.sealed.certificates import Revocation
from server.crypto.sealed.receipts import ReporterKeys, receipt_for
from server.database import BUSY_TIMEOUT_MS, Database
from server.errors import BootRefused
from server.finding.models import WordPlace
from server.finding.rules import word_hash
from server.finding.terms import terms_of
from server.forgetting.upkeep import Upkeep
from server.forum.models import Message, Topic
from server.ledger import checking as ledger
from server.permissions import Role
from server.private import database, wholeness
from server.private.app import once_a_day
from server.private.daily import Daily, published
from server.private.forgetting import Forgetting
from server.private.migrations import history
from server.private.models import Entry, Paper
from server.private.work import OFFICERS, Work
from server.pruning import prune
from server.settings import Settings
from tests.clusters import Cluster
from tests.doubles import WordScreen, quick_passwords
from tests.private.houses import WholeHouse, snapshot, texts_in, whole_house
from tests.private.rooms import Ticking
from tests.private.scene import WORDS, Scene
from tests.private.test_stolen_room import found_in

CANARY = "canary-2205-marmot"
TOLD = "canary-8817-plover"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house_on_both(
    request: pytest.FixtureRequest,
    room_settings: Settings,
    tmp_path: Path,
    ticking: Ticking,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[WholeHouse, tuple[str, str]]]:
    """The same on each kind of database, and addresses of two empty ones to restore into."""
    from tests.conftest import community_at

    outside = tmp_path_factory.mktemp("outside")
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = request.getfixturevalue("sqlite_url")
            empty = ("", "")
        else:
            server: Cluster = request.getfixturevalue("postgres")
            url = stack.enter_context(server.new_database())
            private = stack.enter_context(server.new_database(migrated=False))
            empty = (
                stack.enter_context(server.new_database(migrated=False)),
                stack.enter_context(server.new_database(migrated=False)),
            )
            with closing(database.opened(private)) as db:
                history.upgrade(db)
            room_settings = room_settings.model_copy(update={"private_database_url": private})
        community = stack.enter_context(community_at(url, tmp_path))
        made = whole_house(room_settings, community, ticking, outside)
        yield made, empty
        made.scene.close()


class Writer(threading.Thread):
    """Somebody who goes on writing: each message and the topic's count in one visit, and a case each time."""

    def __init__(self, house: WholeHouse, topic: str) -> None:
        super().__init__(daemon=True)
        self.house, self.topic, self.wrote = house, topic, 0
        self.done, self.begun = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            with self.house.community.services.db.transaction() as tx:
                found = tx.session.execute(
                    select(Topic).where(col(Topic.public_id) == self.topic).with_for_update()
                ).scalar_one()
                tx.session.add(
                    Message(
                        topic_id=found.id,
                        text=f"again {self.wrote}",
                        html="",
                        renderer=0,
                        language="en",
                        state=ContentState.PUBLISHED,
                        written_at=self.house.community.clock.now(),
                    )
                )
                tx.session.flush()
                found.messages += 1
            if self.wrote % 5 == 0:
                self.house.scene.filed(f"again {self.wrote}")
            self.wrote += 1
            if self.wrote == 5:
                self.begun.set()


def test_a_copy_made_while_people_write_is_whole(
    house_on_both: tuple[WholeHouse, tuple[str, str]], tmp_path: Path
) -> None:
    house, empty = house_on_both
    amina, bo = house.community.member("amina"), house.community.moderator("bo")
    topic = amina.opens_topic("Water", "Where is the tap with salt?")
    amina.posts(topic, "you idiot of a tap")
    assert bo is not None
    house.scene.filed(TOLD)
    with house.community.services.db.reading() as tx:
        public_id = tx.session.execute(select(col(Topic.public_id))).scalar_one()
    writer = Writer(house, public_id)
    writer.start()
    assert writer.begun.wait(60)
    try:
        for _ in range(50):
            before = writer.wrote
            copy = house.backed_up()
            if writer.wrote - before >= 5:
                break
        else:
            raise AssertionError("nobody wrote meanwhile")
    finally:
        writer.done.set()
        writer.join()
    new = house.elsewhere(tmp_path / "new", urls=empty)
    told = house.restored(new, copy)
    assert "community: the ledger is whole." in told and "private: the trail is whole." in told
    with closing(Database(new.database)) as db, db.reading() as tx:
        counted = tx.look(select(col(Topic.messages))).scalar_one()
        there = tx.look(select(func.count()).select_from(Message).where(col(Message.state) == "published")).scalar_one()
        assert counted == there > 1, "the snapshot is of one moment"
        assert ledger.check(tx).wrong == []
        _index_is_true(tx)
        _new_rows_get_new_keys(db)
    work = house.room_of(new)
    cases = work.casework.work_list(house.scene.people["cleo"].me, at=house.scene.clock.now())
    assert cases
    for line in cases:
        assert not work.casework.opened(house.scene.people["cleo"].me, line.alias, at=house.scene.clock.now()).missing
    assert work.trail.check(published=published(new.private_dir)).wrong == ()
    work.close()
    work.db.close()
    reborn = build(new, clock=house.community.clock, screen=WordScreen(), passwords=quick_passwords)
    reborn.services.db.close()


def _index_is_true(tx) -> None:
    """What is published can be found by its words, and nothing else can."""
    rows = tx.look(
        select(col(Message.id), col(Topic.space_id), col(Message.title), col(Message.text))
        .join(Topic, col(Topic.id) == col(Message.topic_id))
        .where(col(Message.state) == "published", ~col(Message.text).startswith("again"))
    )
    wanted = {(word_hash(space, term), key) for key, space, title, text in rows for term in terms_of(title, text)}
    assert {(word, key) for word, key in tx.look(select(col(WordPlace.word), col(WordPlace.message_id)))} == wanted
    assert wanted


def _new_rows_get_new_keys(db: Database) -> None:
    with db.transaction() as tx:
        tx.session.add(Member(login_key=b"new" * 10, passphrase_hash="x", recovery_hash="x"))


def test_nothing_of_what_was_written_can_be_seen_in_a_copy(house_to_copy: WholeHouse) -> None:
    house = house_to_copy
    house.community.member("amina").opens_topic(CANARY, f"About {CANARY}")
    house.scene.filed(TOLD)
    house.lists_written()
    house.backed_up()
    house.keys_backed_up()
    assert found_in(house.settings.data_dir, CANARY), "the search itself finds what is there"
    pepper = (house.settings.private_dir / "keys" / "pepper-1.key").read_bytes()
    for path in house.copies.iterdir():
        raw = path.read_bytes()
        assert pepper not in raw and pepper.hex().encode() not in raw
    for words in (CANARY, TOLD, "Harbour Refugee Support"):
        assert found_in(house.copies, words) == [], words


def test_an_erased_case_does_not_come_back(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    cleo, now = scene.people["cleo"].me, scene.clock.now()
    _, stays = scene.filed("This one stays.")
    _, erased = scene.filed(TOLD)
    copy = house.backed_up()
    unlisted = tmp_path / "unlisted" / copy.name  # the control: without a newer list, nobody can know
    unlisted.parent.mkdir()
    unlisted.write_bytes(copy.read_bytes())
    case = scene.work.conversations.find(erased, at=now)
    assert case is not None
    scene.work.erasing.erase(case)
    house.lists_written()
    later = house.elsewhere(tmp_path / "later")
    told = house.restored(later, copy)
    assert any("stays erased" in line for line in told if line.startswith("private"))
    control = house.elsewhere(tmp_path / "control")
    assert any("may be back" in line for line in house.restored(control, unlisted) if line.startswith("private"))
    kept = house.elsewhere(tmp_path / "kept")
    (kept.private_dir / "shred.keys").write_bytes((house.settings.private_dir / "shred.keys").read_bytes())
    house.restored(kept, unlisted)  # no list, but the keyring of today was saved
    for new, there in ((later, False), (kept, False), (control, True)):
        work = house.room_of(new)
        assert (work.conversations.find(erased, at=now) is not None) is there
        assert work.conversations.find(stays, at=now) is not None
        bodies = [
            str(letter.body)
            for line in work.casework.work_list(cleo, at=now)
            for letter in work.casework.opened(cleo, line.alias, at=now).letters
        ]
        assert any("stays" in body for body in bodies)
        assert any(TOLD in body for body in bodies) is there
        assert (work.vault.shred.key(case) is not None) is there
        work.close()
        work.db.close()


def test_revoked_papers_and_used_codes_stay_so(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    scene.filed(TOLD)
    copy = house.backed_up()
    revoked = scene.people["dara"]
    scene.work.roster.revoke(scene.signed(Revocation(revoked.paper.serial, scene.clock.now().date()), officers=1))
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    work = house.room_of(new)
    assert work.roster.of(revoked.me.person) == []
    assert work.roster.of(scene.people["cleo"].me.person)
    step = int(house.community.clock.now().timestamp()) // 30
    assert all(person.last_step > step for person in work.people.everybody())
    work.close()
    work.db.close()


def test_what_the_community_took_away_stays_away(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house, community = house_to_copy, house_to_copy.community
    amina = community.member("amina")
    topic = amina.opens_topic("Water", "Where is the tap?")
    for text in (f"I live at {CANARY}", "First version", "This stays"):
        assert amina.posts(topic, text).status_code == 303
    community.host("hana")
    community.moderator("bo")
    account = community.account("hana")
    with community.services.db.transaction() as tx:
        names = dict(tx.look(select(col(Message.text), col(Message.public_id))).all())
        tx.session.add(Passkey(member_id=account, credential_id=b"c" * 16, public_key=b"k", sign_count=0, label="x"))
    copy = house.backed_up()
    community.clock.goes_on(hours=1)
    assert amina.sends(f"/messages/{names[f'I live at {CANARY}']}/withdraw").status_code == 303
    with community.services.db.transaction() as tx:
        tx.run(
            update(Message)
            .where(col(Message.text) == "First version")
            .values(text="Second version", edited_at=community.clock.now())
        )
        tx.run(delete(RoleGrant).where(col(RoleGrant.member_id) == account))
        tx.run(delete(Passkey))
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    assert texts_in(new) == ["Where is the tap?", "", "", "This stays"]
    assert found_in(new.data_dir, CANARY) == []
    with closing(Database(new.database)) as db, db.reading() as tx:
        assert [role for (role,) in tx.look(select(col(RoleGrant.role)))] == [Role.MODERATOR]
        assert tx.look(select(func.count()).select_from(Passkey)).scalar_one() == 0
        assert tx.look(select(func.count()).select_from(AccountSession)).scalar_one() == 0
        assert ledger.check(tx).wrong == []


def test_a_damaged_or_foreign_copy_changes_nothing(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house = house_to_copy
    house.scene.filed(TOLD)
    copy = house.backed_up()
    new = house.elsewhere(tmp_path / "new")
    answer = house.answered(new, copy)
    before = snapshot(new.data_dir)
    raw = copy.read_bytes()
    start = raw.index(b"\n") + 1
    changed = bytearray(raw)
    changed[start + 100] ^= 1
    late = bytearray(raw)
    late[-3] ^= 1
    other = copy.with_name("other.backup")
    for content in (bytes(changed), bytes(late), raw[:-1], raw[: len(raw) // 2], raw + b"x", raw[:start], b"", b"{}\n"):
        other.write_bytes(content)
        with pytest.raises(BootRefused, match=r"not a copy|damaged"):
            restoring.restore(new, other, answer, at=house.community.clock.now())
        assert snapshot(new.data_dir) == before
    second = house.backed_up()
    with pytest.raises(BootRefused, match="does not open this copy"):
        restoring.restore(new, second, answer, at=house.community.clock.now())
    foreign = Settings(data_dir=tmp_path / "foreign")
    from server.crypto import keyring
    from server.private import keys

    keyring.create(foreign.keys_dir)
    keys.create(foreign.private_dir)
    with pytest.raises(BootRefused, match="another installation"):
        house.restored(foreign, copy)
    with pytest.raises(BootRefused, match="keys are not here"):
        house.restored(Settings(data_dir=tmp_path / "bare"), copy)
    restoring.restore(new, copy, answer, at=house.community.clock.now())
    after = snapshot(new.data_dir)
    with pytest.raises(BootRefused, match="already"):
        house.restored(new, copy)
    assert {k: v for k, v in snapshot(new.data_dir).items() if k != "restoring.key"} == after


def test_a_copy_older_than_promised_is_not_used(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house = house_to_copy
    copy = house.backed_up()
    house.community.clock.goes_on(days=15)
    new = house.elsewhere(tmp_path / "new")
    with pytest.raises(BootRefused, match="older than 14 days"):
        house.restored(new, copy)
    newer = house.backed_up()
    keys = house.keys_backed_up()
    today = house.community.clock.now().date()
    assert prune(house.copies, days=14, today=today) == 1
    assert not copy.exists() and newer.exists() and keys.exists()
    assert prune(house.copies, days=14, today=today + timedelta(days=400)) == 1
    assert keys.exists()


def test_one_officer_alone_opens_nothing_and_no_key_of_a_case_passes_for_one_of_a_copy(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house = house_to_copy
    copy = house.backed_up()
    new = house.elsewhere(tmp_path / "new")
    with pytest.raises(BootRefused, match="does not open"):
        house.restored(new, copy, officers=(0, 0))
    for pair in ((0, 1), (1, 0), (2, 1)):
        answer = house.answered(new, copy, pair)
        assert copies.read_request(answer.read_text()).boxes
    _, reporter = house.scene.filed(TOLD)
    case = house.scene.work.conversations.find(reporter, at=house.scene.clock.now())
    from server.private import records

    with house.scene.work.db.reading() as tx:
        assert case is not None
        pairs = records.pairs(tx, house.scene.work.vault, case)
    asked = copies.Request(
        copies.OUTER, copies.Label(case, copies.BACKUP, copies.date.today()), b"1" * 32, tuple(pairs)
    )
    half = copies.half_opened(asked, house.scene.officers[0].box_secret)
    assert half.boxes, "the outer box of a case does open"
    assert copies.resealed(half, house.scene.officers[1].box_secret).boxes == ()


def test_the_commands_from_the_copy_to_the_restored_house(
    house_to_copy: WholeHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_to_copy
    monkeypatch.chdir(tmp_path)
    for name in ("BARAZA_DATA_DIR", "BARAZA_BACKUP_DIR"):
        monkeypatch.delenv(name, raising=False)
    house.community.member("amina").opens_topic("Water", "Where is the tap?")
    (tmp_path / "words").write_text("six words taken by chance today")
    for number, officer in enumerate(house.scene.officers[:2]):
        own = officers.OfficerKeys(officer.box_secret, officer.signing_seed)
        line = officers.key_file(own, "six words taken by chance today", memory_kib=8, passes=1)
        (tmp_path / f"{number}.key").write_text(line)

    def run(*words: str) -> str:
        result = CliRunner().invoke(commands, list(words))
        assert result.exception is None, f"{words}: {result.exception}"
        return result.output

    data, new, out = str(house.settings.data_dir), str(tmp_path / "new"), str(house.copies)
    run("backup-keys", out, "--data", data)
    assert "Two recovery officers" in run("backup", out, "--data", data)
    for kind in ("*.keys", "*.backup"):
        [copy] = house.copies.glob(kind)
        print_ = run("restore", str(copy), "--ask", f"{kind[2:]}.ask", "--data", new).splitlines()[-1][-49:]
        opening = ("--passphrase-file", "words", "--yes", "--out")
        first = run("officer", "open", f"{kind[2:]}.ask", "--key", "0.key", *opening, f"{kind[2:]}.half")
        assert print_ in first and "second officer" in first
        run("officer", "open", f"{kind[2:]}.half", "--key", "1.key", *opening, f"{kind[2:]}.open")
        told = run("restore", str(copy), "--opened", f"{kind[2:]}.open", "--data", new)
    assert "stays erased" in told and "baraza check" in told
    assert texts_in(Settings(data_dir=tmp_path / "new")) == ["Where is the tap?"]
    assert not (tmp_path / "new" / "restoring.key").exists()
    refused = CliRunner().invoke(commands, ["restore", str(copy), "--data", new])
    assert "First --ask" in str(refused.exception)


def test_without_officers_there_is_no_copy(house_to_copy: WholeHouse) -> None:
    for path in (house_to_copy.settings.private_dir / OFFICERS).iterdir():
        path.unlink()
    with pytest.raises(BootRefused, match="recovery officers"):
        house_to_copy.backed_up()
    assert list(house_to_copy.copies.iterdir()) == []


def test_the_server_keeps_its_list_beside_the_copies_and_ends_them(house_to_copy: WholeHouse) -> None:
    house = house_to_copy
    old = house.backed_up()
    house.community.clock.goes_on(days=15)
    upkeep = Upkeep(house.settings, house.community.services.db, 14, house.copies)
    upkeep.run(house.community.clock.now())
    assert not old.exists()
    path = house.copies / "forgotten-community.list"
    first = path.read_bytes()
    upkeep.run(house.community.clock.now() + timedelta(minutes=10))
    assert path.read_bytes() == first
    upkeep.run(house.community.clock.now() + timedelta(hours=1))
    assert path.read_bytes() != first and len(path.read_bytes()) == len(first)


def test_the_room_writes_its_list_once_a_day_whatever_happened(house_to_copy: WholeHouse) -> None:
    scene = house_to_copy.scene
    settings = house_to_copy.settings.model_copy(update={"backup_dir": house_to_copy.copies})
    room = replace(scene.house.room, settings=settings)
    daily = Daily(
        room.clock, room.work.erasing, room.work.trail, room.work.wholeness, settings.private_dir, once_a_day(room)
    )
    sizes: list[int] = []
    for day in range(3):
        daily.run(scene.clock.now())
        sizes.append((house_to_copy.copies / "forgotten-private.list").stat().st_size)
        _, reporter = scene.filed(TOLD)
        case = room.work.conversations.find(reporter, at=scene.clock.now())
        assert case is not None
        if day:
            room.work.erasing.erase(case)
        scene.clock.goes_on(days=1)
    assert len(set(sizes)) == 1


def test_a_room_that_begins_anew_writes_no_list_a_second_time(house_to_copy: WholeHouse) -> None:
    """It begins anew after each use: the time of a file must not tell of a visit."""
    scene = house_to_copy.scene
    settings = house_to_copy.settings.model_copy(update={"backup_dir": house_to_copy.copies})
    seen: list[tuple[int, bytes]] = []
    for hours in (0, 3, 5):
        room = replace(scene.house.room, settings=settings)
        work = once_a_day(room)
        Daily(room.clock, room.work.erasing, room.work.trail, room.work.wholeness, settings.private_dir, work).run(
            scene.clock.now()
        )
        for path in (settings.private_dir, house_to_copy.copies):
            file = path / "forgotten-private.list"
            seen.append((file.stat().st_mtime_ns, file.read_bytes()))
        scene.filed(TOLD)
        scene.clock.goes_on(hours=hours)
    assert len(set(seen[::2])) == 1 and len(set(seen[1::2])) == 1
    scene.clock.goes_on(days=1)
    Daily(room.clock, room.work.erasing, room.work.trail, room.work.wholeness, settings.private_dir, work).run(
        scene.clock.now()
    )
    assert (settings.private_dir / "forgotten-private.list").read_bytes() != seen[0][1]


def test_a_folder_that_cannot_be_written_is_told_once_a_day_and_the_rest_goes_on(
    house_to_copy: WholeHouse, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    scene = house_to_copy.scene
    nowhere = {"backup_dir": tmp_path / "nowhere", "public_dir": house_to_copy.copies / "file" / "public"}
    (house_to_copy.copies / "file").write_text("")
    settings = house_to_copy.settings.model_copy(update=nowhere)
    room = replace(scene.house.room, settings=settings)
    daily = Daily(
        room.clock, room.work.erasing, room.work.trail, room.work.wholeness, settings.private_dir, once_a_day(room)
    )
    for minutes in (0, 10, 20):
        daily.run(scene.clock.now() + timedelta(minutes=minutes))
    assert sorted(caplog.messages) == [
        "the private room cannot write its forget list: FileNotFoundError",
        "the private room cannot write the desks' account: NotADirectoryError",
        "the private room cannot write which desks have readers: NotADirectoryError",
    ]


def erased_elsewhere(house: WholeHouse) -> tuple[Path, ReporterKeys]:
    """A copy, and a case in it that was erased since."""
    scene = house.scene
    scene.filed("stays")
    _, gone = scene.filed("goes")
    copy = house.backed_up()
    scene.work.erasing.erase(found_case(scene.work, gone, scene))
    house.lists_written()
    return copy, gone


def found_case(work: Work, reporter: ReporterKeys, scene: Scene) -> UUID:
    case = work.conversations.find(reporter, at=scene.clock.now())
    assert case is not None
    return case


def days_later(house: WholeHouse) -> None:
    house.community.clock.goes_on(days=1)
    house.scene.clock.at = house.community.clock.at


def test_an_erased_case_does_not_come_back_from_a_second_restoring_either(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    copy, gone = erased_elsewhere(house)
    first = house.elsewhere(tmp_path / "first")
    house.restored(first, copy)
    days_later(house)
    restored = house.room_of(first)
    restored.forgetting.refresh()
    (house.copies / "forgotten-private.list").unlink()  # a new machine often has a new folder for its copies
    restored.forgetting.copied_to(house.copies)
    second = house.elsewhere(tmp_path / "second")
    house.restored(second, copy)
    assert house.room_of(second).conversations.find(gone, at=scene.clock.now()) is None
    assert len(house.room_of(second).vault.shred.keys()) == 1


def test_every_list_that_is_newer_than_the_copy_counts(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    copy, gone = erased_elsewhere(house)
    days_later(house)
    other = tmp_path / "other"
    other.mkdir()
    (scene.settings.private_dir / "forgotten-private.list").unlink()
    scene.work.forgetting.refresh()  # a newer list that knows of nothing
    scene.work.forgetting.copied_to(other)
    (other / "forgotten-private.list").rename(house.copies / "forgotten-private-of-another.list")
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    assert house.room_of(new).conversations.find(gone, at=scene.clock.now()) is None


def test_a_list_that_does_not_open_is_made_whole_from_the_one_beside_the_copies(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    copy, gone = erased_elsewhere(house)
    file = scene.settings.private_dir / "forgotten-private.list"
    raw = bytearray(file.read_bytes())
    raw[100] ^= 1
    file.write_bytes(raw)
    days_later(house)
    scene.work.forgetting.once_a_day()
    scene.work.forgetting.copied_to(house.copies)
    assert file.read_bytes() == (house.copies / file.name).read_bytes()
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    assert house.room_of(new).conversations.find(gone, at=scene.clock.now()) is None


@pytest.mark.parametrize("beside", [False, True], ids=["elsewhere", "with the room's own list"])
def test_a_copy_has_the_keys_of_its_day_and_they_are_changed_once_more(
    house_to_copy: WholeHouse, tmp_path: Path, beside: bool
) -> None:
    """What came after them is lost with what was lost: to insist on it would shut the reader out."""
    house, scene = house_to_copy, house_to_copy.scene
    scene.filed(CANARY)
    for _ in range(91):
        days_later(house)
    copy, cleo = house.backed_up(), scene.people["cleo"].me
    days_later(house)
    lost = scene.work.rotating.unlock(cleo.person, WORDS, at=scene.clock.now())
    assert lost.verify != cleo.verify
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    if beside:
        for name in ("forgotten-private.list", "heads.txt"):
            if (scene.settings.private_dir / name).is_file():
                (new.private_dir / name).write_bytes((scene.settings.private_dir / name).read_bytes())
    house.restored(new, copy)
    work = house.room_of(new)
    assert [one.verify for one in work.roster.of(cleo.person)] == [cleo.verify]
    days_later(house)
    again = work.rotating.unlock(cleo.person, WORDS, at=scene.clock.now())
    assert again.verify not in (cleo.verify, lost.verify)
    work.forgetting.copied_to(house.copies)
    after = house.room_of(new)
    assert [one.verify for one in after.roster.of(cleo.person)] == [again.verify], "no two successors of one key"
    assert len(after.casework.work_list(again, at=scene.clock.now())) == 1


def test_a_copy_made_after_somebody_took_the_row_of_a_successor_away_does_not_bring_the_old_key_back(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    with scene.work.db.reading() as tx:
        before = [name for (name,) in tx.look(select(col(Paper.id)))]
    for _ in range(91):
        days_later(house)
    cleo = scene.work.rotating.unlock(scene.people["cleo"].me.person, WORDS, at=scene.clock.now())
    with scene.work.db.transaction() as tx:
        tx.run(delete(Paper).where(col(Paper.id).not_in(before)))
    copy = house.backed_up()
    days_later(house)
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, copy)
    assert [one.verify for one in house.room_of(new).roster.of(cleo.person)] == [cleo.verify]


def test_no_line_is_lost_when_a_copy_is_made_while_cases_are_erased(house_to_copy: WholeHouse) -> None:
    scene = house_to_copy.scene
    mine, names, done = scene.work.forgetting, [uuid4() for _ in range(60)], threading.Event()
    beside = Forgetting(
        scene.settings.private_dir,
        scene.work.vault.pepper,
        now=scene.clock.now,
        revocations=scene.work.roster.revocations,
        successions=scene.work.roster.successions,
    )

    def refreshing() -> None:
        while not done.is_set():
            beside.refresh()
            beside.copied_to(house_to_copy.copies)

    other = threading.Thread(target=refreshing)
    other.start()
    for name in names:
        mine.note([name])
    done.set()
    other.join()
    raw = (scene.settings.private_dir / "forgotten-private.list").read_bytes()
    written = forget_lists.opened(raw, boxes.derived(scene.work.vault.pepper, "copies"), part="private")
    assert all(mine.knows(written, name) for name in names)


def test_nobody_waits_for_a_copy_and_what_was_erased_meanwhile_leaves_the_log_after_it(
    house_to_copy: WholeHouse,
) -> None:
    scene = house_to_copy.scene
    _, reporter = scene.filed("first")
    with scene.work.db.reading() as tx:  # as a copy reads, for as long as it takes
        tx.look(select(func.count(col(Entry.id)))).all()
        scene.filed("second")
        began = monotonic()
        scene.work.conversations.erase_answers(reporter, at=scene.clock.now())
        scene.filed("third")
        assert monotonic() - began < BUSY_TIMEOUT_MS / 2000
        log = scene.settings.private_dir / "private.sqlite3-wal"
        assert log.stat().st_size
    scene.work.wholeness.look()  # what the daily work does in any case
    assert not log.stat().st_size


def test_restoring_says_that_old_numbers_open_again(house_to_copy: WholeHouse, tmp_path: Path) -> None:
    house_to_copy.scene.filed("first")
    told = house_to_copy.restored(house_to_copy.elsewhere(tmp_path / "new"), house_to_copy.backed_up())
    assert any("an old number opens its case again" in line for line in told)


def test_a_number_that_was_changed_and_answers_that_were_erased_do_not_come_back(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    reporters = [scene.filed(text)[1] for text in ("changes", "erases", "does nothing")]
    me, now = scene.people["cleo"].me, scene.clock.now()
    for line in scene.work.casework.work_list(me, at=now):
        scene.work.casework.answer(me, line.alias, CANARY, at=now)
    copy = house.backed_up()
    number = scene.work.derivation.keys(receipt_for(boxes.new_key(), scene.work.vault.pepper))
    scene.work.conversations.change_number(reporters[0], number, at=now)
    scene.work.conversations.erase_answers(reporters[1], at=now)
    house.lists_written()
    new = house.elsewhere(tmp_path / "new")
    told = house.restored(new, copy)
    assert any("open nothing, neither the old nor the new" in line for line in told)
    work, now = house.room_of(new), scene.clock.now()
    assert work.conversations.find(reporters[0], at=now) is None is work.conversations.find(number, at=now)
    assert work.conversations.shown(reporters[1], at=now).answers == []
    assert [one.text for one in work.conversations.shown(reporters[2], at=now).answers] == [CANARY]
    for line in work.casework.work_list(me, at=now):
        found = work.casework.opened(me, line.alias, at=now)
        assert not found.missing and CANARY in [letter.body.get("text") for letter in found.letters]
    assert work.wholeness.look().whole


def test_a_case_told_while_the_copy_was_made_raises_no_alarm_after_restoring(
    house_to_copy: WholeHouse, tmp_path: Path
) -> None:
    house, scene = house_to_copy, house_to_copy.scene
    scene.filed("first")
    scene.work.vault.shred.add(uuid4())  # the key alone is in the copy when its rows came after they were read
    new = house.elsewhere(tmp_path / "new")
    house.restored(new, house.backed_up())
    assert wholeness.told(house.room_of(new).wholeness) == ""
    assert len(house.room_of(new).vault.shred.keys()) == 1
