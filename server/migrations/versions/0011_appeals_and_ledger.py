"""Appeals, and the ledger of what was decided about texts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_decider", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> first_decider", name="ck_appeal_somebody_else"),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_appeal_decision_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_appeal_membership_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_appeal_space_id")),
        sa.ForeignKeyConstraint(["first_decider"], ["member.id"], name=op.f("fk_appeal_first_decider")),
        sa.ForeignKeyConstraint(["decided_by"], ["member.id"], name=op.f("fk_appeal_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appeal_public_id")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeal_decision_id")),
    )
    op.create_index(op.f("ix_appeal_membership_id"), "appeal", ["membership_id"])
    op.create_index("ix_appeal_queue", "appeal", ["state", "space_id", "made_at"])
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("hand", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("policy_version", sa.String(length=12), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_ledger_entry_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("previous", name=op.f("uq_ledger_entry_previous")),
    )
    op.create_index("ix_ledger_entry_message_id", "ledger_entry", ["message_id", "id"])
    op.create_index(op.f("ix_ledger_entry_hour"), "ledger_entry", ["hour"])


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_table("ledger_entry")
    op.drop_table("appeal")
