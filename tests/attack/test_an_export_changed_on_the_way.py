"""Somebody who holds the folder of an export on its way, and has no keys: nothing of what they write counts."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from server.accounts.models import Member, Passkey, RoleGrant
from server.crypto import keyring
from server.database import Database
from server.errors import BootRefused
from server.moving import laying, reading, writing
from server.moving.reading import Export
from server.settings import Settings
from server.tables import metadata
from tests.attack.exports import CLOCK, is_refused, rows_of, sealed_anew, spoiled, summed

CHANGED = "This folder was changed after it was written"


def a_steward_of_their_own(folder: Path, *, sealed: bool = False) -> None:
    """A role, a passkey whose device they hold, and a code app that never was: together a steward at once."""
    own = rows_of(folder, "role_grant")[0]["member_id"]
    passkey = {"id": 1, "public_id": str(UUID(int=9)), "member_id": own, "sign_count": 0, "label": "x"}
    passkey |= {"credential_id": "aWQ=", "public_key": "a2V5"}
    spoiled(folder, "passkey", lambda rows: (rows.clear(), rows.append(passkey)), sealed=sealed)
    spoiled(folder, "role_grant", lambda rows: rows[0].update(role="steward", space_id=None), sealed=sealed)


def count(new: Settings, kind: Any) -> int:
    """How many rows came in."""
    with closing(Database(new.database)) as db, db.reading() as tx:
        return int(tx.look(select(func.count()).select_from(kind)).scalar_one())


def test_a_steward_who_was_written_in_on_the_way_does_not_come_in(target: Settings, folder: Path) -> None:
    a_steward_of_their_own(folder)
    is_refused(target, folder, CHANGED)


def test_a_word_that_nobody_wrote_does_not_come_in(target: Settings, folder: Path) -> None:
    words = {"text": "I say it", "html": "<p>I say it</p>\n"}
    spoiled(folder, "message", lambda rows: rows[0].update(words), sealed=False)
    is_refused(target, folder, CHANGED)


def test_another_day_is_a_change_too(target: Settings, folder: Path) -> None:
    """An old export that says a newer day would need no list of what was taken back since."""
    schema = json.loads((folder / "schema.json").read_bytes())
    (folder / "schema.json").write_text(json.dumps({**schema, "day": "2026-03-03"}), "utf-8")
    summed(folder, sealed=False)
    is_refused(target, folder, CHANGED)


@pytest.mark.parametrize("raw", [b"", b"\n", b"0" * 64 + b"\n", b"0" * 9999, b"\xff" * 65])
def test_no_seal_and_none_of_ours(raw: bytes, target: Settings, folder: Path) -> None:
    (folder / "seal").write_bytes(raw)
    is_refused(target, folder, f"{CHANGED}|seal is no seal of an export")
    (folder / "seal").unlink()
    is_refused(target, folder, "seal is missing or cannot be read")
    (folder / "seal").symlink_to(folder / "checksums")
    is_refused(target, folder, "seal is missing or cannot be read")


def test_a_seal_of_another_export_of_ours(target: Settings, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "other")
    spoiled(tmp_path / "other", "message", lambda rows: rows[0].update(language="ar"))
    shutil.copy(tmp_path / "other" / "seal", folder / "seal")
    is_refused(target, folder, CHANGED)


def test_the_word_for_other_keys_helps_nobody_over_a_broken_seal(target: Settings, folder: Path) -> None:
    a_steward_of_their_own(folder)
    with pytest.raises(BootRefused, match=CHANGED):
        laying.import_(target, folder, without_sign_ins=True, at=CLOCK.now())


def test_whoever_takes_our_mark_away_brings_no_role_and_no_passkey(target: Settings, folder: Path) -> None:
    """It is an export of other keys then: it needs the word, and nobody who came with it is anybody."""
    a_steward_of_their_own(folder)
    schema = json.loads((folder / "schema.json").read_bytes())
    (folder / "schema.json").write_text(json.dumps({**schema, "keys": "0" * 64}), "utf-8")
    summed(folder, sealed=False)
    is_refused(target, folder, "belongs to other keys")
    laying.import_(target, folder, without_sign_ins=True, at=CLOCK.now())
    assert count(target, RoleGrant) == count(target, Passkey) == 0
    with closing(Database(target.database)) as db, db.reading() as tx:
        assert set(tx.look(select(col(Member.passphrase_hash))).scalars()) == {"!"}


def test_a_seal_of_other_keys_under_our_mark(target: Settings, folder: Path, tmp_path: Path) -> None:
    keyring.create(tmp_path / "theirs" / "keys")
    shutil.copytree(folder, tmp_path / "theirs" / "export")
    sealed_anew(tmp_path / "theirs" / "export")
    shutil.copy(tmp_path / "theirs" / "export" / "seal", folder / "seal")
    is_refused(target, folder, CHANGED)


@pytest.mark.parametrize("secret", [None, ""])
def test_a_code_app_that_never_was(secret: str | None, target: Settings, folder: Path) -> None:
    """Whatever the seal says: with a passkey it would be a second factor that nobody ever set up."""
    spoiled(folder, "member", lambda rows: rows[0].update(totp_confirmed=True, totp_secret=secret))
    is_refused(target, folder, r"member\.jsonl, line 1: totp_confirmed is not")


def test_what_was_looked_at_is_what_is_laid_in(folder: Path) -> None:
    """A disk that answers otherwise the second time: the seal was held against what it said first."""
    found = Export.at(folder)
    a_steward_of_their_own(folder)
    with pytest.raises(BootRefused, match="is not as it was"):
        list(found.records(metadata.tables["role_grant"]))


def test_the_schema_that_was_looked_at_is_the_one_that_counts(
    target: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says the day: another one the second time would need no list."""
    summed_first = reading._summed  # pyright: ignore[reportPrivateUsage]

    def then_changed(place: Path) -> Any:
        found = summed_first(place)
        raw = (place / "schema.json").read_bytes()
        (place / "schema.json").write_bytes(raw.replace(b"2026-03-04", b"2026-03-03"))
        return found

    monkeypatch.setattr(reading, "_summed", then_changed)
    is_refused(target, folder, r"schema\.json is not as it was")


def test_two_exports_of_one_day_have_the_same_seal(target: Settings, folder: Path, tmp_path: Path) -> None:
    laying.import_(target, folder, at=CLOCK.now())
    writing.export(target, tmp_path / "again", clock=CLOCK)
    assert (tmp_path / "again" / "seal").read_bytes() == (folder / "seal").read_bytes()
