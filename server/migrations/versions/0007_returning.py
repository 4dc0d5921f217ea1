"""Returning: bookmarks, drafts, marks of what was read, quotations."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar", sa.String(length=12), nullable=False, server_default=""))
        batch_op.alter_column("calendar", server_default=None)
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quoted", sa.Text(), nullable=False, server_default=""))
        batch_op.alter_column("quoted", server_default=None)
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("keeps_marks", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("told_of_answers", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("has_drafts", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.alter_column("keeps_marks", server_default=None)
        batch_op.alter_column("has_drafts", server_default=None)
        batch_op.alter_column("told_of_answers", server_default=None)
    op.create_table(
        "bookmark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_bookmark_membership_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_bookmark_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
        sa.UniqueConstraint("membership_id", "message_id", name=op.f("uq_bookmark_membership_id_message_id")),
    )
    op.create_index(op.f("ix_bookmark_message_id"), "bookmark", ["message_id"])
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("reply_to", sa.Uuid(), nullable=True),
        sa.Column("saved_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_draft_membership_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_draft_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_draft_public_id")),
    )
    op.create_index("ix_draft_membership_topic", "draft", ["membership_id", "topic_id"])
    op.create_table(
        "read_mark",
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_read_mark_membership_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_read_mark_topic_id")),
        sa.PrimaryKeyConstraint("membership_id", "topic_id", name=op.f("pk_read_mark")),
    )


def downgrade() -> None:
    """Back, for tests only."""
    for table in ("read_mark", "draft", "bookmark"):
        op.drop_table(table)
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_column("calendar")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_column("has_drafts")
        batch_op.drop_column("told_of_answers")
        batch_op.drop_column("keeps_marks")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("quoted")
