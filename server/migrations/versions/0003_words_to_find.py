"""Words to find messages by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "word_place",
        sa.Column("word", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("word", "message_id", name=op.f("pk_word_place")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_table("word_place")
