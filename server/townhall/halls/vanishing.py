"""Everything of a hall, taken out of every table: for rehearsals, which leave nothing."""

from sqlalchemy import ColumnElement, Table, delete, select
from sqlmodel import col

from server.database import Transaction
from server.townhall.halls.models import Hall
from server.townhall.halls.telling import tell_no_more

OF_THE_HALL = "hall_id"


def vanish(tx: Transaction, hall_id: int) -> None:
    """Delete the hall and every row that belongs to it, wherever it stands: a new table cannot be forgotten here."""
    whole = {table.name: table for table in Hall.metadata.sorted_tables}
    for table in reversed(Hall.metadata.sorted_tables):
        which = _belonging(table, whole, hall_id)
        if which is not None:
            tx.run(delete(table).where(which))
    tell_no_more(tx, hall_id)
    tx.run(delete(Hall).where(col(Hall.id) == hall_id))
    tx.erases = True


def _belonging(table: Table, whole: dict[str, Table], hall_id: int) -> ColumnElement[bool] | None:
    """Which rows of the table are the hall's: by its own column, else by what it hangs on. None: nothing of halls."""
    if OF_THE_HALL in table.c:
        return table.c[OF_THE_HALL] == hall_id
    if not table.name.startswith("hall_"):
        return None
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        other = whole[key.column.table.name]
        above = _belonging(other, whole, hall_id) if other is not table else None
        if above is not None:
            return key.parent.in_(select(other.c.id).where(above))
    raise LookupError(f"{table.name} hangs on no hall")
