"""Lays an export into an empty database, all of it or nothing: one visit, undone by whatever goes wrong in it."""

import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Table, bindparam, insert, inspect, select, text, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import col

from server import places, policies
from server.backups import laying
from server.backups.laying import Place
from server.backups.parts import COMMUNITY, Part
from server.crypto import keyring
from server.crypto.keyring import Keyring
from server.crypto.sealed.boxes import alike
from server.database import Database, Transaction
from server.errors import BootRefused
from server.migrations import history
from server.moving import forgotten as forget
from server.moving import shape
from server.moving.arriving import arrived
from server.moving.lines import Record, Wrong
from server.moving.reading import Export, refused
from server.settings import Settings
from server.tables import metadata
from server.townhall.halls.models import Hall, HallKey
from server.townhall.halls.rules import KEY_BYTES, SEATS_KEY, VOTES_KEY
from server.townhall.halls.states import HallState

AT_ONCE = 200
"""Rows that are held at a time."""
PICTURES_AT_ONCE = 4
NOBODYS = "!"
"""Stands where scrambled words were; nothing that anybody types fits it, and the account has not left."""
_NOT_UNDER_OTHER_KEYS = frozenset({"retention_run", "role_grant", "passkey"})
_Numbered = tuple[int, Record]


def import_(
    chosen: Settings,
    folder: Path,
    *,
    at: datetime,
    without_sign_ins: bool = False,
    old: bool = False,
    forgotten: Sequence[Path] = (),
) -> list[str]:
    """Lay the folder into an empty database, and forget lists (files, or folders of them) over it.

    Gives the lines to print. Raises BootRefused; then nothing is changed.
    """
    keys = keyring.load(chosen.keys_dir)
    found = Export.at(folder.absolute())
    if not _is_ours(found, keys) and not without_sign_ins:
        raise BootRefused(
            "This export belongs to other keys. Put the keys folder of that installation here first; "
            "without them nobody can sign in with their words (--without-sign-ins lays it in all the same)."
        )
    _not_too_old(chosen, found, today=at.date(), old=old)
    lists = forget.Lists.given(forgotten, keys, found, today=at.date())
    with _empty(chosen) as db, db.transaction() as tx:
        for table in metadata.sorted_tables:
            if tx.look(select(table.primary_key.columns[0]).limit(1)).first() is not None:
                raise BootRefused(f"The database is not empty: {table.name} has rows. Nothing was changed.")
        for table in shape.moving():
            _lay(tx, found, table, partial(_as_here, today=at.date(), without_sign_ins=without_sign_ins))
        _new_hall_keys(tx)
        laying.check(tx, _community(chosen))
        of_the_lists = lists.laid_over(tx, at=at)
    told = "Nobody can sign in: members join anew, staff get new links." if without_sign_ins else ""
    return [
        f"{sum(found.rows.values())} rows are here.",
        *([told] if told else []),
        *of_the_lists,
        "What was confirmed about the old machine has ended: go through /steward/ready again.",
        "Now: baraza migrate, baraza check, baraza audit verify, baraza forget. Then delete the folder.",
    ]


def _is_ours(found: Export, keys: Keyring) -> bool:
    """Whether these keys wrote the folder. Raises BootRefused for one of them that somebody has changed since.

    The mark alone shows nothing: it stands in the folder, and is the same in every export of these keys.
    """
    if found.mark != shape.mark(keys):
        return False
    if not alike(found.seal.encode(), shape.sealed(keys, found.checksums).encode()):
        raise BootRefused(
            "This folder was changed after it was written: its seal does not fit. Somebody may have written into it"
            " on the way. Fetch it anew from the old server. Nothing was changed."
        )
    return True


def _not_too_old(chosen: Settings, found: Export, *, today: date, old: bool) -> None:
    """What was taken back since would return with it. Raises BootRefused."""
    days = policies.load(places.policies(chosen.data_dir)).retention.backups_days
    age = today - found.day
    if age < timedelta(0):
        raise BootRefused("This export is from a day that has not come yet. Nothing was changed.")
    if age > timedelta(days=days) and not old:
        raise BootRefused(f"This export is older than {days} days: what was erased since would be back (see --old).")


def _community(chosen: Settings) -> Part:
    return Part(COMMUNITY, chosen.database, metadata, b"", ())


@contextmanager
def _empty(chosen: Settings) -> Generator[Database]:
    """The database that is there, or a new one that appears under its name when all is well."""
    path = Path(chosen.database.removeprefix("sqlite:///"))
    if chosen.database.startswith("sqlite:///"):
        is_new = not path.exists()
    else:
        looking = Database(chosen.database)
        is_new = not inspect(looking.engine).get_table_names()
        looking.close()
    if not is_new:
        db = Database(chosen.database)
        try:
            history.check(db)
            yield db
        finally:
            db.close()
        return
    place = Place.of(_community(chosen))
    try:
        place.part.upgrade(place.db)
        yield place.db
        place.finish()
    finally:
        place.give_up()


def _lay(tx: Transaction, found: Export, table: Table, changed: Callable[[Table, Record], Record | None]) -> None:
    back = _own_links(table)
    forward = False
    batch: list[_Numbered] = []
    most = PICTURES_AT_ONCE if table.name == shape.PICTURES else AT_ONCE
    laying_in = _insert(table)
    for number, record in found.records(table):
        try:
            kept = changed(table, record)
        except Wrong as wrong:
            raise refused(shape.table_name(table), number, str(wrong)) from None
        if kept is None:
            continue
        if table.name == shape.PICTURES:
            kept[shape.CONTENT] = found.picture(kept["id"])
        for name in back:
            if kept[name] is not None and kept[name] > kept["id"]:
                forward, kept[name] = True, None
        batch.append((number, kept))
        if len(batch) >= most:
            _flush(tx, table, laying_in, batch)
            batch = []
    _flush(tx, table, laying_in, batch)
    if forward:
        _link(tx, found, table, back)


def _own_links(table: Table) -> list[str]:
    """Columns that point into the same table, where the other row may come later."""
    return [column.name for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]


def _link(tx: Transaction, found: Export, table: Table, back: list[str]) -> None:
    """A second walk: what points forward, now that everything is there."""
    for number, record in found.records(table):
        values = {name: record[name] for name in back if record[name] is not None and record[name] > record["id"]}
        if values:
            try:
                tx.run(update(table).where(table.c.id == record["id"]).values(values))
            except IntegrityError:
                raise refused(shape.table_name(table), number, "it points at a row that is not there") from None


def _insert(table: Table) -> Any:
    values = {
        column.name: bindparam(
            f"in_{column.name}", type_=JSON(none_as_null=True) if isinstance(column.type, JSON) else column.type
        )
        for column in table.columns
    }
    return insert(table).values(values)


def _flush(tx: Transaction, table: Table, laying_in: Any, batch: list[_Numbered]) -> None:
    """Write some rows; when the database refuses, one by one, to say which."""
    if not batch:
        return
    if _tried(tx, laying_in, [_bound(record) for _, record in batch]):
        return
    for number, record in batch:
        if not _tried(tx, laying_in, [_bound(record)]):
            name = shape.table_name(table)
            raise refused(name, number, "it points at a row that is not there, or something is there twice")


def _tried(tx: Transaction, statement: Any, rows: list[dict[str, Any]]) -> bool:
    """Whether the database took them; if not, none of them is there."""
    tx.run(text("SAVEPOINT laid"))
    try:
        tx.run(statement, rows)
    except (IntegrityError, DataError):
        tx.run(text("ROLLBACK TO SAVEPOINT laid"))
        return False
    tx.run(text("RELEASE SAVEPOINT laid"))
    return True


def _bound(record: Record) -> dict[str, Any]:
    return {f"in_{name}": value for name, value in record.items()}


def _as_here(table: Table, record: Record, *, today: date, without_sign_ins: bool) -> Record | None:
    record = arrived(table, record, today=today, from_anybody=without_sign_ins)
    return shut(table, record) if without_sign_ins else record


def shut(table: Table, record: Record) -> Record | None:
    """Under other keys hashes fit nothing and seals cannot be opened: nothing is left of them.

    No seal shows who made the folder either: they could have written a role for a passkey that they hold. So no role
    and no passkey comes in.
    """
    if table.name in _NOT_UNDER_OTHER_KEYS or (table.name == "hall_role" and record["given"]):
        return None
    if table.name == "member":
        record |= {
            "login_key": secrets.token_bytes(32),
            "passphrase_hash": NOBODYS,
            "recovery_hash": NOBODYS,
            "totp_secret": None,
            "totp_confirmed": False,
        }
    return record


def _new_hall_keys(tx: Transaction) -> None:
    """Keys do not move: a hall that is still to come gets new ones."""
    for hall_id in tx.look(select(col(Hall.id)).where(col(Hall.state) != HallState.CLOSED)).scalars().all():
        for purpose in (SEATS_KEY, VOTES_KEY):
            tx.session.add(HallKey(hall_id=hall_id, purpose=purpose, key=secrets.token_bytes(KEY_BYTES)))
    tx.flush()
