"""Somebody leaves for good: at once for the account, and at another moment in every space."""

import shutil
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text
from sqlmodel import col

from server.database import Database, metadata
from server.forgetting import rules as forgetting
from server.leaving.models import Farewell
from server.leaving.rules import let_go
from server.permissions import Role
from server.spaces.models import Access, Joining
from tests.people import PASSPHRASE, Community, Person


def leaves(person: Person, messages: str = "erase", passphrase: str = PASSPHRASE):  # type: ignore[no-untyped-def]
    return person.sends("/me/leave", messages=messages, passphrase=passphrase)


def count(community: Community, table: str) -> int:
    with community.services.db.reading() as tx:
        return tx.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def later(community: Community, **time: float) -> int:
    community.clock.goes_on(**time)
    return let_go(community.services.db, at=community.clock.now())


def test_whoever_left_cannot_sign_in_and_is_signed_out_everywhere(community_on_both: Community) -> None:
    amina = community_on_both.member("amina")
    phone = community_on_both.visitor()
    phone.signs_in("amina")
    answer = leaves(amina)
    assert answer.status_code == 303 and answer.headers["location"] == "/left"
    assert phone.gets("/me").headers["location"].startswith("/sign-in")
    refused = community_on_both.visitor().sends("/sign-in", login="amina", passphrase=PASSPHRASE)
    assert refused.status_code == 409


def test_wrong_words_close_nothing(community: Community) -> None:
    amina = community.member("amina")
    assert leaves(amina, passphrase="some other words here now").status_code == 422
    assert amina.gets("/me").status_code == 200 and count(community, "farewell") == 0


def test_names_go_at_different_moments_within_three_days(community: Community) -> None:
    for slug in ("garden", "attic", "cellar", "roof"):
        community.space(slug, Access.OPEN, Joining.OPEN)
    spaces = ("questions", "garden", "attic", "cellar", "roof")
    leaves(community.member("amina", *spaces))
    with community.services.db.reading() as tx:
        moments = set(tx.session.execute(select(col(Farewell.due_at))).scalars())
    begun = community.clock.now()
    assert len(moments) == len(spaces)
    assert all(timedelta(hours=24) <= moment - begun <= timedelta(hours=72) for moment in moments)
    assert later(community, hours=23) == 0
    assert later(community, hours=50) == len(spaces)
    assert count(community, "member") == 0 and count(community, "membership") == 0


def test_what_was_erased_is_nowhere_and_answers_of_others_stay(community_on_both: Community, tmp_path: Path) -> None:
    community = community_on_both
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Feigenwort", "Feigenkanarie")
    amina.posts(topic, "Dattelkanarie")
    bo.posts(topic, "An answer that stays")
    amina.sends("/s/questions/letters", text="Briefkanarie")
    amina.sends(f"{topic}/draft", text="Entwurfkanarie")
    leaves(amina)
    assert later(community, hours=73) == 1
    page = community.browser().get(topic).text
    assert "An answer that stays" in page and "kanarie" not in page
    if community.services.db.is_sqlite:
        files = b"".join(path.read_bytes() for path in tmp_path.glob("community.sqlite3*"))
        assert b"An answer that stays" in files and b"kanarie" not in files and b"Feigenwort" not in files
    for table in ("conversation", "letter", "draft", "farewell"):
        assert count(community, table) == 0, table


def test_what_is_left_for_others_has_no_author(community: Community) -> None:
    amina = community.member("amina")
    topic = amina.opens_topic("Where is the well?", "I found it: behind the school")
    leaves(amina, "keep")
    later(community, hours=73)
    page = community.browser().get(topic).text
    assert "behind the school" in page and "Amina" not in page


def test_the_only_host_makes_somebody_else_host_first(community: Community) -> None:
    hani = community.host("hani")
    refused = leaves(hani)
    assert refused.status_code == 409 and "only host" in refused.text
    community.host("hala")
    assert leaves(hani).status_code == 303


def test_what_a_moderator_decided_stays_for_its_time_without_anybody(community: Community) -> None:
    amina, bo = community.member("amina"), community.moderator("bo")
    topic = amina.opens_topic("Bus", "Where is the bus?")
    amina.posts(topic, "you idiot")
    case = bo.opens_the_queue()[0]
    version = bo.gets(case).text.split('name="version" value="')[1].split('"')[0]
    bo.sends(f"{case}/remove", version=version, reason="insult")
    leaves(bo)
    later(community, hours=73)
    assert count(community, "decision") == 1
    with community.services.db.reading() as tx:
        left = tx.session.execute(select(metadata.tables["member"]).order_by(text("id"))).all()
    assert len(left) == 2 and left[1].passphrase_hash == "" and left[1].totp_secret is None
    with community.services.db.transaction() as tx:
        for table in ("decision_effect", "notice", "strike", "decision"):
            tx.session.execute(text(f"DELETE FROM {table}"))
    later(community, hours=1)
    assert count(community, "member") == 1


def test_a_role_goes_with_the_account(community: Community) -> None:
    bo = community.moderator("bo")
    leaves(bo)
    with community.services.db.reading() as tx:
        roles = tx.session.execute(text("SELECT role FROM role_grant")).scalars().all()
    assert str(Role.MODERATOR) not in roles


def test_an_older_copy_does_not_bring_back_who_left(community: Community, tmp_path: Path) -> None:
    amina, yara = community.member("amina"), community.member("yara")
    topic = amina.opens_topic("Where?", "Behind the school")
    yara.posts(topic, "Thank you")
    with community.services.db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(tmp_path / "community.sqlite3", tmp_path / "older.sqlite3")
    leaves(amina)
    later(community, hours=73)
    at, key = community.clock.now(), bytes(32)
    with community.services.db.reading() as tx:
        listed = forgetting.worked_out(tx, key, at=at)
    older = Database(f"sqlite:///{tmp_path / 'older.sqlite3'}")
    with older.transaction() as tx:
        forgetting.laid_over(tx, key, listed, at=at)
    with older.reading() as tx:
        names = tx.session.execute(text("SELECT pseudonym FROM membership")).scalars().all()
        words = tx.session.execute(text("SELECT text FROM message ORDER BY id")).scalars().all()
        accounts = tx.session.execute(text("SELECT count(*) FROM member")).scalar_one()
    older.close()
    assert [name.split()[0] for name in names] == ["Yara"] and words == ["", "Thank you"] and accounts == 1
