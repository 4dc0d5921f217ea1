"""Hosting."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("space", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.Text(), nullable=False, server_default="open"))
        batch_op.add_column(sa.Column("premoderated", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("locked_for", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("archived_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("words_changed_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("vouched", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("made_on", sa.Date(), nullable=True))
    op.create_table(
        "space_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("proposed_role", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("agreed_by", sa.Integer(), nullable=True),
        sa.Column("agreed_role", sa.String(length=20), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["agreed_by"], ["member.id"], name=op.f("fk_space_change_agreed_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["member.id"], name=op.f("fk_space_change_proposed_by")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_space_change_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_space_change")),
        sa.UniqueConstraint("public_id", name=op.f("uq_space_change_public_id")),
    )
    with op.batch_alter_table("space_change", schema=None) as batch_op:
        batch_op.create_index("ix_space_change_space_id_state", ["space_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_space_change_proposed_by"), ["proposed_by"], unique=False)


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_table("space_change")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_column("made_on")
        batch_op.drop_column("vouched")
    with op.batch_alter_table("space", schema=None) as batch_op:
        for name in ("words_changed_at", "archived_at", "locked_for", "premoderated", "state"):
            batch_op.drop_column(name)
