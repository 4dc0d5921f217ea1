"""The day on which a way into an account changed, so that its owner is told."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("member", sa.Column("way_changed_on", sa.Date(), nullable=True))


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_column("member", "way_changed_on")
