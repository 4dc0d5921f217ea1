"""Announcements, verified senders, help contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    # Plain columns, because making the table anew would pull it away from under the rows that point at it.
    op.add_column("membership", sa.Column("verified_as", sa.String(length=120), nullable=False, server_default=""))
    op.add_column("membership", sa.Column("verified_until", sa.BigInteger(), nullable=True))
    op.create_table(
        "verified_sender",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.String(length=120), nullable=False),
        sa.Column("organisation_key", sa.String(length=240), nullable=False),
        sa.Column("verified_by", sa.String(length=20), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_verified_sender_membership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_sender")),
        sa.UniqueConstraint("public_id", name=op.f("uq_verified_sender_public_id")),
    )
    op.create_index(op.f("ix_verified_sender_membership_id"), "verified_sender", ["membership_id"])
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=True),
        sa.Column("membership_id", sa.Integer(), nullable=True),
        sa.Column("organisation", sa.String(length=120), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["corrects_id"], ["announcement.id"], name=op.f("fk_announcement_corrects_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_announcement_membership_id")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_announcement_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_announcement_corrects_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_announcement_public_id")),
    )
    op.create_index(op.f("ix_announcement_membership_id"), "announcement", ["membership_id"])
    op.create_index("ix_announcement_place", "announcement", ["kind", "space_id", "published_at"])
    op.create_table(
        "announcement_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("truth_html", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_announcement_text_announcement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_text")),
        sa.UniqueConstraint("announcement_id", "language", name=op.f("uq_announcement_text_announcement_id_language")),
    )
    op.create_table(
        "help_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area", sa.String(length=120), nullable=False),
        sa.Column("telephones", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_contact")),
        sa.UniqueConstraint("public_id", name=op.f("uq_help_contact_public_id")),
    )
    op.create_table(
        "help_contact_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("help_contact_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("hours", sa.String(length=300), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["help_contact_id"], ["help_contact.id"], name=op.f("fk_help_contact_text_help_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_contact_text")),
        sa.UniqueConstraint("help_contact_id", "language", name=op.f("uq_help_contact_text_help_contact_id_language")),
    )


def downgrade() -> None:
    """Back, for tests only."""
    for table in ("help_contact_text", "help_contact", "announcement_text"):
        op.drop_table(table)
    op.drop_index("ix_announcement_place", "announcement")
    op.drop_index(op.f("ix_announcement_membership_id"), "announcement")
    op.drop_table("announcement")
    op.drop_index(op.f("ix_verified_sender_membership_id"), "verified_sender")
    op.drop_table("verified_sender")
    op.drop_column("membership", "verified_until")
    op.drop_column("membership", "verified_as")
