"""What is too old goes, wherever it lies; what is young, or still waits for somebody, stays."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from moderation.states import ContentState
from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.database import metadata
from server.forum.models import Message
from server.ledger.checking import check
from server.policies import Retention
from server.retention import account, running
from server.retention.models import RetentionRun
from tests.clusters import Cluster
from tests.conftest import community_at
from tests.people import Community, last_message

KEY = bytes(range(32))


def forget(community: Community, kept: Retention | None = None) -> dict[str, int]:
    """Run it at the community's present moment; how many rows of which table went."""
    kept, at = kept or community.services.policies.retention, community.clock.now()
    lets = running.forget(community.services.db, kept, KEY, at=at, rest=lambda _: None)
    counts: dict[str, int] = {}
    for let in lets:
        counts[f"{let.table} {let.lifetime}"] = counts.get(f"{let.table} {let.lifetime}", 0) + let.rows
    return counts


def raw(tmp_path: Path) -> bytes:
    """The files of the database, with its log."""
    return b"".join(path.read_bytes() for path in sorted(tmp_path.glob("community.sqlite3*")))


def messages(community: Community) -> list[tuple[str, str]]:
    """The words and states of all messages."""
    with community.services.db.reading() as tx:
        rows = tx.session.execute(select(col(Message.text), col(Message.state)).order_by(col(Message.id)))
        return [(words, state) for words, state in rows]


def count(community: Community, table: str) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_an_old_topic_leaves_nothing_and_a_young_one_stays(community: Community, tmp_path: Path) -> None:
    amina = community.member("amina")
    old = amina.opens_topic("Quarzwort", "Brunnenkanarie behind the wall")
    amina.posts_a_picture(old, "Lampenkanarie")
    community.clock.goes_on(days=364)
    amina = community.visitor()
    amina.signs_in("amina")
    young = amina.opens_topic("Young", "Jungkanarie")
    for word in (b"Quarzwort", b"Brunnenkanarie", b"Lampenkanarie"):
        assert word in raw(tmp_path)  # this is how one looks
    assert forget(community)["message messages_days"] == 0
    community.clock.goes_on(days=2)
    assert forget(community)["message messages_days"] == 2
    for word in (b"Quarzwort", b"Brunnenkanarie", b"Lampenkanarie"):
        assert word not in raw(tmp_path)
    assert b"Jungkanarie" in raw(tmp_path)
    assert (count(community, "topic"), count(community, "message"), count(community, "picture")) == (1, 1, 0)
    assert community.browser().get(old).status_code == 404
    assert community.browser().get(young).status_code == 200
    assert "behind the wall" not in amina.gets("/search?q=Brunnenkanarie").text
    with community.services.db.reading() as tx:
        assert check(tx).wrong == []


def test_a_topic_on_which_a_decision_hangs_is_an_empty_place_until_that_goes_too(community: Community) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Bus", "Where is the bus?")
    community.clock.goes_on(minutes=2)
    amina.posts(topic, "you idiot")
    case = bo.opens_the_queue()[0]
    version = bo.gets(case).text.split('name="version" value="')[1].split('"')[0]
    bo.sends(f"{case}/remove", version=version, reason="insult")
    longer = replace(community.services.policies.retention, decisions_days=400)
    community.clock.goes_on(days=31)
    assert forget(community, longer)["message removed_days"] == 1
    assert messages(community) == [("Where is the bus?", ContentState.PUBLISHED), ("", ContentState.REMOVED)]
    community.clock.goes_on(days=340)
    forget(community, longer)
    assert messages(community) == [("", ContentState.ERASED)]
    assert count(community, "decision") == 1
    community.clock.goes_on(days=30)
    forget(community, longer)
    for table in ("message", "topic", "decision", "decision_effect", "review_case", "strike", "notice"):
        assert count(community, table) == 0, table


def test_an_open_appeal_keeps_what_it_is_about(community: Community) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Bus", "Where is the bus?")
    amina.posts(topic, "you idiot bus")
    case = bo.opens_the_queue()[0]
    version = bo.gets(case).text.split('name="version" value="')[1].split('"')[0]
    bo.sends(f"{case}/remove", version=version, reason="insult")
    with community.services.db.transaction() as tx:
        from server.appeals.models import Appeal
        from server.review.models import Decision

        decision = tx.session.execute(select(Decision)).scalar_one()
        message = tx.session.execute(select(Message).order_by(col(Message.id).desc()).limit(1)).scalar_one()
        assert decision.id is not None and message.membership_id is not None
        tx.session.add(
            Appeal(
                decision_id=decision.id,
                membership_id=message.membership_id,
                space_id=community.row("questions").id,
                text="It is a bus.",
                first_decider=decision.member_id,
                made_at=community.clock.now(),
            )
        )
    community.clock.goes_on(days=60)
    assert forget(community)["message removed_days"] == 0


def test_what_was_cut_off_goes_on_with_the_next_run(community: Community) -> None:
    amina = community.member("amina")
    for number in range(3):
        topic = amina.opens_topic(f"Topic {number}", "Words")
        amina.posts(topic, "More words")
        community.clock.goes_on(minutes=2)
    community.clock.goes_on(days=400)

    class PowerCut(Exception):
        pass

    rests = 0

    def rest(_: float) -> None:
        nonlocal rests
        rests += 1
        if rests == 2:
            raise PowerCut

    kept = community.services.policies.retention
    with pytest.raises(PowerCut):
        running.forget(community.services.db, kept, KEY, at=community.clock.now(), rest=rest)
    assert count(community, "message") > 0
    forget(community)
    assert count(community, "message") == 0 and count(community, "topic") == 0


def test_a_dry_run_tells_the_same_and_changes_nothing(community: Community) -> None:
    amina = community.member("amina")
    amina.posts(amina.opens_topic("Old", "Words"), "More")
    community.clock.goes_on(days=400)
    kept, at = community.services.policies.retention, community.clock.now()
    would = {let.table: let.rows for let in running.would_forget(community.services.db, kept, at=at) if let.rows}
    assert would["message"] == 2 and count(community, "message") == 2
    assert forget(community)["message messages_days"] == 2


def test_words_that_others_wait_for_are_not_too_old(community: Community) -> None:
    """Held text never expires unread."""
    amina = community.member("amina")
    topic = amina.opens_topic("Bus", "Where is the bus?")
    amina.posts(topic, "you idiot")
    held = last_message(community)
    community.clock.goes_on(days=200)
    forget(community)
    with community.services.db.reading() as tx:
        row = tx.session.execute(select(col(Message.text)).where(col(Message.public_id) == held)).scalar_one()
    assert row == "you idiot"


def test_every_run_leaves_a_sealed_line_and_a_changed_one_shows(community: Community) -> None:
    for _ in range(3):
        forget(community)
        community.clock.goes_on(days=1)
    with community.services.db.reading() as tx:
        assert account.is_whole(tx, KEY) and not account.is_whole(tx, bytes(32))
    with community.services.db.transaction() as tx:
        tx.session.execute(update(RetentionRun).where(col(RetentionRun.id) == 2).values(counts={"message": 9}))
    with community.services.db.reading() as tx:
        assert not account.is_whole(tx, KEY)


def test_every_step_names_a_table_and_a_lifetime_that_exist(community: Community) -> None:
    kept = community.services.policies.retention
    for step in running.all_steps(kept):
        assert step.table in metadata.tables
        assert step.lifetime == "row" or hasattr(kept, step.lifetime)


def test_the_server_does_it_by_itself_once_a_day(community: Community) -> None:
    amina = community.member("amina")
    amina.opens_topic("Old", "Words")
    key = keyring.load(Path(str(community.services.told_dir)).parent / "keys").key(Purpose.RETENTION)
    daily = running.Daily(community.services.db, community.services.policies.retention, key)
    daily.run(community.clock.now())
    assert count(community, "retention_run") == 0  # it lets the pages come first
    later = community.clock.now() + timedelta(days=400)
    daily.run(later)
    daily.run(later)
    assert count(community, "message") == 0 and count(community, "retention_run") == 1


def test_a_run_stops_when_the_server_does(community: Community) -> None:
    amina = community.member("amina")
    amina.opens_topic("Old", "Words")
    daily = running.Daily(community.services.db, community.services.policies.retention, KEY)
    daily.run(community.clock.now())
    daily.ending.set()
    with pytest.raises(running.Ended):
        daily.run(community.clock.now() + timedelta(days=400))
    assert count(community, "retention_run") == 0


@pytest.mark.postgres
def test_on_postgresql_the_files_are_written_anew(postgres: Cluster, tmp_path: Path) -> None:
    """A deleted row stays in the file of its table until the table is written anew."""
    with postgres.new_database() as url, community_at(url, tmp_path) as community:
        amina = community.member("amina")
        amina.opens_topic("Marmorwort", "Marmorkanarie")
        db, folder = community.services.db, data_folder(community)
        if folder is None:
            pytest.skip("the files of this PostgreSQL cannot be read")
        checkpoint(community)
        assert heaps(folder, b"Marmorkanarie")  # this is how one looks
        community.clock.goes_on(days=400)
        forget(community)
        running.rewrite(db, community.services.policies.retention, at=community.clock.now())
        checkpoint(community)
        assert heaps(folder, b"Marmorkanarie") == [] and heaps(folder, b"Marmorwort") == []


def data_folder(community: Community) -> Path | None:
    with community.services.db.reading() as tx:
        folder = Path(str(tx.session.execute(text("SHOW data_directory")).scalar_one()))
    return folder if "baraza-postgres-" in str(folder) else None


def checkpoint(community: Community) -> None:
    with community.services.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))


def heaps(folder: Path, words: bytes) -> list[str]:
    """Files of tables and indexes; the log of the server holds words for longer, as the privacy page says."""
    return [path.name for path in (folder / "base").rglob("*") if path.is_file() and words in path.read_bytes()]


def test_announcements_go_when_they_ended_long_ago_and_a_correction_outlives_what_it_corrects(
    community: Community, tmp_path: Path
) -> None:
    hana = community.sender("hana", days=300)
    first = hana.announces("The tap is closed", "Wasserkanarie")
    community.clock.goes_on(days=200)
    hana = community.visitor()
    hana.signs_in("hana")
    hana.publishes(f"{first}/correct", title_en="The tap is open", text_en="Offenkanarie", pinned="yes")
    community.clock.goes_on(days=100)
    assert forget(community)["announcement messages_days"] == 0
    community.clock.goes_on(days=66)
    assert forget(community)["announcement messages_days"] == 1
    assert b"Wasserkanarie" not in raw(tmp_path) and b"Offenkanarie" in raw(tmp_path)
    assert "The tap is open" in community.visitor().reads("/s/questions/announcements")
    community.clock.goes_on(days=200)
    assert forget(community)["announcement messages_days"] == 1
    assert b"Offenkanarie" not in raw(tmp_path) and count(community, "announcement_text") == 0
