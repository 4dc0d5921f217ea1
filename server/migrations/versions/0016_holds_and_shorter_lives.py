"""What two stewards ask to be kept, and what spaces and authors want to be forgotten sooner."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "space_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("office", sa.String(length=120), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("agreed_by", sa.Integer(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_hold_space_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["member.id"], name=op.f("fk_space_hold_asked_by")),
        sa.ForeignKeyConstraint(["agreed_by"], ["member.id"], name=op.f("fk_space_hold_agreed_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["member.id"], name=op.f("fk_space_hold_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space_hold")),
        sa.UniqueConstraint("public_id", name=op.f("uq_space_hold_public_id")),
    )
    op.create_index("ix_space_hold_space_id_state", "space_hold", ["space_id", "state"])
    op.add_column("space", sa.Column("messages_days", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("lasts_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_column("message", "lasts_days")
    op.drop_column("space", "messages_days")
    op.drop_table("space_hold")
