"""What stewards stand for before the first space opens."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=120), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["confirmed_by"], ["member.id"], name=op.f("fk_confirmation_confirmed_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["member.id"], name=op.f("fk_confirmation_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
    )
    op.create_index("ix_confirmation_line", "confirmation", ["line", "id"])
    op.create_index(op.f("ix_confirmation_confirmed_by"), "confirmation", ["confirmed_by"])
    op.create_index(op.f("ix_confirmation_ended_by"), "confirmation", ["ended_by"])


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_table("confirmation")
