"""Folders that somebody made to do harm: a plain error with file and line, and nothing has happened anywhere."""

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from server.accounts.models import Passkey, RoleGrant
from server.crypto import keyring
from server.database import Database
from server.errors import BootRefused
from server.forum.models import Message
from server.moving import laying, lines, reading, shape, writing
from server.settings import Settings
from server.tables import metadata
from server.townhall.halls.models import HallRole
from tests.attack.exports import CLOCK, counted, is_refused, rows_of, sealed_anew, spoiled, summed


def test_the_copy_that_nobody_spoiled_comes_in(target: Settings, folder: Path, tmp_path: Path) -> None:
    summed(folder)
    laying.import_(target, folder, at=CLOCK.now())
    writing.export(target, tmp_path / "again", clock=CLOCK)
    for path in folder.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(folder)).read_bytes() == path.read_bytes()


def _set(name: str, value: Any, row: int = 0) -> Callable[[list[dict[str, Any]]], object]:
    return lambda rows: rows[row].update({name: value})


def _confirmed(on: str, ended: str | None = None) -> Callable[[list[dict[str, Any]]], object]:
    """One steward's word, as somebody who wants it to hold for ever writes it."""
    row = {"id": 1, "line": "contacts", "role": "", "confirmed_on": on, "confirmed_by": None}
    return lambda rows: rows.__setitem__(slice(None), [{**row, "ended_on": ended, "ended_by": None}])


def _effect(kind: str, before: dict[str, Any], after: dict[str, Any] | None = None) -> Callable[[list[Any]], object]:
    """A line in the book of a decision, as somebody who wants to do harm writes it."""
    row = {"id": 1, "kind": kind, "target": 1, "before": before, "after": after or {}, "wipe_at": None}

    def change(rows: list[dict[str, Any]]) -> None:
        decision = rows[0]["decision_id"] if rows else 1
        rows[:] = [{**row, "decision_id": decision}]

    return change


@pytest.mark.parametrize(
    ("table", "change", "match"),
    [
        ("message", _set("html", "<script>alert(1)</script>"), r"message\.jsonl, line 1: html is no HTML"),
        ("message", _set("html", '<a href="javascript:alert(1)">x</a>'), "html is no HTML"),
        ("space_text", _set("rules_html", '<p onclick="x()">x</p>'), r"space_text\.jsonl, line 1: rules_html"),
        ("message", _set("state", "famous", 1), r"message\.jsonl, line 2: state is not"),
        ("message", _set("text", "a\0b"), "text holds what cannot be kept"),
        ("message", _set("text", None), "text must not be empty"),
        ("message", _set("text", 7), "text is not"),
        ("message", _set("language", "x" * 13), "language is longer than 12"),
        ("message", _set("id", 2**31), "id is not"),
        ("message", _set("id", -(2**63) - 1), "id is not"),
        ("message", _set("id", True), "id is not"),
        ("message", _set("id", 10**400), "id is not"),
        ("message", _set("was_public", 1), "was_public is not"),
        ("message", _set("written_at", "2026-13-45T00:00:00Z"), "written_at is not"),
        ("message", _set("written_at", "2026-03-04T00:00:00"), "written_at is not"),
        ("message", _set("written_at", "2026-03-04T02:00:00+02:00"), "not written in the one way"),
        ("message", _set("public_id", "not an id"), "public_id is not"),
        ("message", _set("public_id", "{00000000-0000-4000-8000-000000000001}"), "not written in the one way"),
        ("message", _set("topic_id", 99_999), r"message\.jsonl, line 1: it points at a row that is not there"),
        ("message", _set("reply_to_id", 99_999), r"message\.jsonl, line 1: it points at a row that is not there"),
        (
            "message",
            lambda rows: rows[1].update(public_id=rows[0]["public_id"]),
            r"line \d+: .* is there twice",
        ),
        ("message", lambda rows: rows.insert(1, dict(rows[0])), "line 2: it is there twice"),
        ("message", lambda rows: rows.reverse(), "line 2: it is there twice, or not in its place"),
        ("message", lambda rows: rows[0].update(more=1), "its columns are not those of the table"),
        ("message", lambda rows: rows[0].pop("title"), "its columns are not those of the table"),
        ("review_case", _set("rank", 5), "rank is not"),
        ("review_case", _set("rules", {"a": 1}), "rules is not"),
        ("review_case", _set("rules", ["\0"]), "rules holds what cannot be kept"),
        ("review_case", _set("rules", [[[[[[[[[[[[[["x"]]]]]]]]]]]]]]), "rules holds what cannot be kept"),
        ("space", _set("slug", "../../etc"), "slug is not"),
        ("space", _set("timezone", "../../etc/passwd"), "timezone is not"),
        ("space", _set("languages", "en"), "languages is not"),
        ("hall", _set("timezone", "Nowhere/Town"), "timezone is not"),
        ("space", _set("messages_days", 9999), "messages_days is not"),
        ("message", _set("lasts_days", -7), "lasts_days is not"),
        ("space_hold", _set("until", "9999-12-31"), "until is not"),
        ("space_hold", _set("state", "stands"), "state is not"),
        (
            "space_hold",
            lambda rows: rows[0].update(asked_on="9998-01-01", until="9998-01-09"),
            "asked_on is a day that",
        ),
        ("space_hold", _set("agreed_on", "9998-01-01"), "agreed_on is a day that"),
        ("space_hold", _set("ended_on", "9998-01-01"), "ended_on is a day that"),
        ("confirmation", _confirmed("9998-01-01"), "confirmed_on is a day that"),
        ("confirmation", _confirmed("2026-03-01", "9998-01-01"), "ended_on is a day that"),
        ("space_hold", lambda rows: rows[0].update(agreed_by=rows[0]["asked_by"]), "agreed_by is not"),
        ("hall", _set("state", "open"), r"hall\.jsonl, line 1: state is not"),
        ("decision_effect", _effect("message", {"html": "<script>x</script>"}), "before is not"),
        ("decision_effect", _effect("message", {"html": 7}), "before is not"),
        ("decision_effect", _effect("message", {"state": "famous"}), "before is not"),
        ("decision_effect", _effect("message", {"membership_id": 1}), "before is not"),
        ("decision_effect", _effect("trust", {"released": 1, "verified_as": "x"}), "before is not"),
        ("decision_effect", _effect("topic", {"space_id": 1}), "before is not"),
        ("decision_effect", _effect("topic", {}, {"space_id": 1}), "after is not"),
        ("decision_effect", _effect("quotation", {"html": "<b>x</b>"}), "before is not"),
        ("role_grant", _set("role", "emperor"), "role is not"),
        ("member", _set("login_key", "?"), "login_key is not"),
        ("picture", _set("content", "../../keys/server.key"), "content is not"),
        ("picture", _set("content", "media/000000000099.jpg"), "content is not"),
        ("picture", _set("media_type", "text/html"), "media_type is not"),
        ("picture", _set("width", 10**6), "width is not"),
        ("picture", lambda rows: rows.clear(), "There are 1 pictures"),
    ],
)
def test_a_row_that_the_server_would_never_have_written(
    table: str, change: Callable[[list[dict[str, Any]]], object], match: str, target: Settings, folder: Path
) -> None:
    spoiled(folder, table, change)
    is_refused(target, folder, match)


@pytest.mark.parametrize(
    ("line", "match"),
    [
        (b"[1]\n", "line 1: it is no JSON object"),
        (b"{}", "line 1: its columns"),
        (b"\xff\xfe\n", "line 1: it is no JSON in UTF-8"),
        (b'{"id":"\xed\xa0\x80"}\n', "line 1: it is no JSON in UTF-8"),
        (b'{"id":1,"id":2}\n', "line 1: a name is in it twice"),
        (b'{"id":NaN}\n', "line 1: a number in it is none"),
        (b'{"id":' + b"9" * 5000 + b"}\n", "line 1: it is no JSON"),
        (b"[" * 100_000 + b"\n", "line 1: it is no JSON"),
        (b'{"x":"' + b"a" * (lines.LONGEST_LINE + 9) + b'"}\n', "line 1: it is longer than a line may be"),
    ],
)
def test_a_line_that_is_none(line: bytes, match: str, target: Settings, folder: Path) -> None:
    (folder / "tables" / "help_contact.jsonl").write_bytes(line)
    counted(folder, "help_contact", 1)
    is_refused(target, folder, rf"tables/help_contact\.jsonl, {match}")


def test_a_huge_line_is_not_read_to_its_end(target: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / "tables" / "help_contact.jsonl").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    counted(folder, "help_contact", 1)
    longest = 0
    record = reading._record  # pyright: ignore[reportPrivateUsage]

    def measured(table: Any, line: bytes) -> Any:
        nonlocal longest
        longest = max(longest, len(line))
        return record(table, line)

    monkeypatch.setattr(reading, "_record", measured)
    is_refused(target, folder, "longer than a line may be")
    assert longest == lines.LONGEST_LINE + 1


def test_a_picture_that_is_something_else(target: Settings, folder: Path) -> None:
    for content in (b"<html><script>x</script>", b"\x89PNG\r\n\x1a\n" + bytes(80), b"", b"\xff\xd8" + bytes(80)):
        (folder / "media" / "000000000001.jpg").write_bytes(content)
        summed(folder)
        is_refused(target, folder, r"media/000000000001\.jpg is no picture")


def test_a_file_that_was_changed(target: Settings, folder: Path) -> None:
    with (folder / "tables" / "message.jsonl").open("ab") as file:
        file.write(b"\n")
    is_refused(target, folder, r"checksums, line \d+: tables/message\.jsonl is not as it was written")


@pytest.mark.parametrize(
    "name",
    ["../../keys/server.key", "/etc/passwd", "tables/../../x.jsonl", "media/../x.jpg", "tables/x\0.jsonl", "x" * 900],
)
def test_a_path_that_climbs(name: str, target: Settings, folder: Path) -> None:
    with (folder / "checksums").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  {name}\n")
    is_refused(target, folder, r"checksums, line \d+: it is no checksum of a file of an export")


def test_links_and_what_is_no_file(target: Settings, folder: Path, tmp_path: Path) -> None:
    message = folder / "tables" / "message.jsonl"
    real = tmp_path / "elsewhere.jsonl"
    shutil.move(message, real)
    message.symlink_to(real)
    is_refused(target, folder, r"tables/message\.jsonl is missing or cannot be read")
    message.unlink()
    os.mkfifo(message)
    is_refused(target, folder, r"tables/message\.jsonl is no plain file")
    message.unlink()
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        os.chdir(folder / "tables")  # the path of a socket must be short
        try:
            listening.bind("message.jsonl")
        finally:
            os.chdir(Path(__file__).parents[2])
        is_refused(target, folder, r"tables/message\.jsonl is missing or cannot be read")
    message.unlink()
    shutil.move(real, message)
    shutil.move(folder / "media", tmp_path / "media")
    (folder / "media").symlink_to(tmp_path / "media")
    is_refused(target, folder, "media is no folder of this export")
    (folder / "media").unlink()
    shutil.move(tmp_path / "media", folder / "media")
    (tmp_path / "a link").symlink_to(folder)
    is_refused(target, tmp_path / "a link", "is no folder")


@pytest.mark.parametrize("name", ["tables/evil.jsonl", "media/000000000099.jpg", "evil.sh", ".hidden"])
def test_a_file_too_many(name: str, target: Settings, folder: Path) -> None:
    (folder / name).write_bytes(b"x")
    is_refused(target, folder, "The folder has")


def test_a_file_too_many_that_has_a_checksum(target: Settings, folder: Path) -> None:
    for name in ("tables/evil.jsonl", "tables/account_session.jsonl"):
        (folder / name).write_bytes(b"")
        with (folder / "checksums").open("a", encoding="utf-8") as file:
            file.write(f"{hashlib.sha256(b'').hexdigest()}  {name}\n")
    sealed_anew(folder)
    is_refused(target, folder, r"tables/account_session\.jsonl is no file of an export")


def test_a_file_that_is_missing(target: Settings, folder: Path) -> None:
    kept = (folder / "checksums").read_text("utf-8").splitlines(keepends=True)
    (folder / "checksums").write_text("".join(line for line in kept if "tables/message.jsonl" not in line), "utf-8")
    (folder / "tables" / "message.jsonl").unlink()
    is_refused(target, folder, r"tables/message\.jsonl is missing")
    (folder / "checksums").unlink()
    is_refused(target, folder, "checksums is missing")


def test_a_media_file_that_no_row_names(target: Settings, folder: Path) -> None:
    (folder / "media" / "000000000099.jpg").write_bytes((folder / "media" / "000000000001.jpg").read_bytes())
    told = (folder / "checksums").read_text("utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(told) if "media/" in line)
    told.insert(at + 1, told[at].replace("000000000001", "000000000099"))
    (folder / "checksums").write_text("".join(told), "utf-8")
    is_refused(target, folder, "There are 2 pictures")


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema.update(migration="9999"),
        lambda schema: schema.update(format=9),
        lambda schema: schema["tables"].pop("message"),
        lambda schema: schema["tables"].update(evil={}),
        lambda schema: schema["tables"]["message"]["columns"]["text"].update(type="bytes"),
        lambda schema: schema["tables"]["message"]["columns"].update(more={}),
        lambda schema: schema["tables"]["message"].update(rows="many"),
        lambda schema: schema.update(tables=[]),
        lambda schema: schema.update(keys=7),
        lambda schema: schema.update(day="soon"),
    ],
)
def test_a_schema_of_another_version(change: Callable[[Any], object], target: Settings, folder: Path) -> None:
    schema = json.loads((folder / "schema.json").read_bytes())
    change(schema)
    (folder / "schema.json").write_text(json.dumps(schema), "utf-8")
    summed(folder)
    is_refused(target, folder, "Another version of Baraza")


def test_a_database_with_anything_in_it(target: Settings, folder: Path) -> None:
    laying.import_(target, folder, at=CLOCK.now())
    with closing(Database(target.database)) as db, db.reading() as tx:
        before = tx.look(select(func.count()).select_from(metadata.tables["message"])).scalar_one()
    with pytest.raises(BootRefused, match="The database is not empty"):
        laying.import_(target, folder, at=CLOCK.now())
    with closing(Database(target.database)) as db, db.reading() as tx:
        assert tx.look(select(func.count()).select_from(metadata.tables["message"])).scalar_one() == before


def test_what_points_forward_is_laid_in_as_well(target: Settings, folder: Path, tmp_path: Path) -> None:
    """A question that was put together with a later one; and a forward link to nothing is refused."""
    rows = rows_of(folder, "message")
    spoiled(folder, "message", _set("reply_to_id", rows[-1]["id"]))
    laying.import_(target, folder, at=CLOCK.now())
    writing.export(target, tmp_path / "again", clock=CLOCK)
    assert rows_of(tmp_path / "again", "message")[0]["reply_to_id"] == rows[-1]["id"]
    assert shape.MEDIA in os.listdir(tmp_path / "again")


def test_without_the_keys_no_role_and_no_passkey_comes_in(folder: Path, database_url: str, tmp_path: Path) -> None:
    """Under other keys the mark says nothing: who made the folder could be a steward with a passkey of their own."""
    own = rows_of(folder, "role_grant")[0]["member_id"]
    passkey = {"id": 1, "public_id": str(UUID(int=9)), "member_id": own, "sign_count": 0, "label": "x"}
    passkey |= {"credential_id": "aWQ=", "public_key": "a2V5"}
    spoiled(folder, "passkey", lambda rows: (rows.clear(), rows.append(passkey)))
    hall = rows_of(folder, "hall")[0]["id"]
    role = {"id": 9_999, "hall_id": hall, "member_id": own, "role": "chair", "language": "", "number": 1, "given": True}
    spoiled(folder, "hall_role", lambda rows: rows.append(role))
    other = Settings(data_dir=tmp_path / "other", database_url=database_url)
    keyring.create(other.keys_dir)
    laying.import_(other, folder, without_sign_ins=True, at=CLOCK.now())
    with closing(Database(other.database)) as db, db.reading() as tx:
        for kind in (RoleGrant, Passkey):
            assert tx.look(select(func.count()).select_from(kind)).scalar_one() == 0
        given = select(func.count()).select_from(HallRole).where(col(HallRole.given))
        assert tx.look(given).scalar_one() == 0
        assert tx.look(select(func.count()).select_from(Message)).scalar_one() == len(rows_of(folder, "message"))


@pytest.mark.parametrize("without_sign_ins", [False, True])
def test_what_was_confirmed_about_the_old_machine_ends(
    without_sign_ins: bool, target: Settings, folder: Path, tmp_path: Path
) -> None:
    """And every line, where no key shows who made the folder."""
    row = {"role": "", "confirmed_on": "2026-03-01", "confirmed_by": None, "ended_on": None, "ended_by": None}
    kept = [{**row, "id": key, "line": line} for key, line in enumerate(("contacts", "disk", "backups", "exit"), 1)]
    spoiled(folder, "confirmation", lambda rows: (rows.clear(), rows.extend(kept)))
    told = laying.import_(target, folder, at=CLOCK.now(), without_sign_ins=without_sign_ins)
    assert any("/steward/ready" in line for line in told)
    writing.export(target, tmp_path / "again", clock=CLOCK)
    ended = {one["line"]: one["ended_on"] is not None for one in rows_of(tmp_path / "again", "confirmation")}
    assert ended == {"contacts": without_sign_ins, "disk": True, "backups": True, "exit": True}


@pytest.mark.parametrize(("day", "match"), [("2020-01-01", "older than"), ("9998-01-01", "has not come yet")])
def test_an_export_of_another_time(day: str, match: str, target: Settings, folder: Path) -> None:
    schema = json.loads((folder / "schema.json").read_bytes())
    (folder / "schema.json").write_text(json.dumps({**schema, "day": day}), "utf-8")
    summed(folder)
    is_refused(target, folder, match)
    if day < "2021":
        assert any(day in line for line in laying.import_(target, folder, old=True, at=CLOCK.now()))
