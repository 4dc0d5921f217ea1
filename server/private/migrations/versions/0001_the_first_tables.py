"""The first tables of the private room."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UNORDERED = {"sqlite_with_rowid": False}
OF_A_CASE = ("entry", "file", "manifest", "pair", "slot")


def box(name: str) -> sa.Column:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def own_id() -> sa.Column:
    return sa.Column("id", sa.Uuid(), nullable=False)


def number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), autoincrement=False, nullable=False)


def day() -> sa.Column:
    return sa.Column("day", sa.Date(), nullable=False)


def table(name: str, *columns: sa.Column, key: str = "id", **more: sa.schema.SchemaItem) -> None:
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(key, name=f"pk_{name}"), *more.values(), **UNORDERED)


def of_a_case(name: str, *columns: sa.Column, key: str = "id") -> None:
    case = sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=f"fk_{name}_case_id", ondelete="CASCADE")
    table(name, *columns, sa.Column("case_id", sa.Uuid(), nullable=False), key=key, case=case)
    op.create_index(f"ix_{name}_case_id", name, ["case_id"])


def upgrade() -> None:
    """Forward."""
    receipt = sa.UniqueConstraint("receipt_id", name="uq_case_receipt_id")
    alias = sa.UniqueConstraint("alias_key", name="uq_case_alias_key")
    login = sa.UniqueConstraint("login_key", name="uq_person_login_key")
    columns = (own_id(), box("receipt_id"), box("alias_key"), box("facts"), number("version"))
    table("case", *columns, receipt=receipt, alias=alias)
    table("person", own_id(), box("login_key"), box("facts"), number("version"), login=login)
    table("paper", own_id(), box("box"))
    table("invitation", box("code_key"), box("box"), key="code_key")
    table("leaf", own_id(), day(), number("place"), box("box"), box("seal"))
    op.create_index("ix_leaf_day", "leaf", ["day"])
    table("head", day(), box("root"), box("box"), key="day")
    of_a_case("entry", own_id(), box("for_desk"), box("for_reporter"))
    of_a_case("manifest", own_id(), box("box"))
    of_a_case("slot", box("tag"), box("box"), key="tag")
    of_a_case("pair", own_id(), box("box"))
    of_a_case("file", own_id(), box("facts"))
    op.create_table(
        "file_part",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        number("number"),
        box("content"),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_file_part_file_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", "number", name="pk_file_part"),
        **UNORDERED,
    )


def downgrade() -> None:
    """Back; for tests only."""
    for name in ("file_part", *OF_A_CASE, "head", "leaf", "invitation", "paper", "person", "case"):
        op.drop_table(name)
