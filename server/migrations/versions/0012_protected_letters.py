"""Letters that only trained people read."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WRITTEN_FROM_A_DISCLOSURE = """
UPDATE conversation SET protected = true WHERE id IN (
  SELECT letter.conversation_id FROM letter
  JOIN message ON message.public_id = letter.about
  JOIN review_case ON review_case.message_id = message.id
  WHERE letter.by_moderator_id IS NOT NULL AND review_case.lane = 'protection'
)
"""


def upgrade() -> None:
    """Forward. A conversation in which the team wrote about a disclosure before is protected from now on."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("protected", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.alter_column("protected", server_default=None)
    op.execute(WRITTEN_FROM_A_DISCLOSURE)


def downgrade() -> None:
    """Back, for tests only."""
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("protected")
