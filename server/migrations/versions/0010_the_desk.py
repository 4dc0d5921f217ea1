"""The desk: lanes, effects of decisions, strikes, restrictions, skipped cases, moderators' choices, trust by days."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    _accounts()
    _forum()
    _cases()
    _decisions()
    _measures()
    _moderators()


def _accounts() -> None:
    with op.batch_alter_table("account_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shift_began_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("rested_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("heavy_cases", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("last_was_heavy", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.alter_column("heavy_cases", server_default=None)
        batch_op.alter_column("last_was_heavy", server_default=None)
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("released_days", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("limited_until", sa.BigInteger(), nullable=True))
        batch_op.alter_column("released_days", server_default=None)
    # Whoever was known here stays known: until now one released message was enough, and then nothing was counted.
    op.execute("UPDATE membership SET released = 3, released_days = 2 WHERE released > 0")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("until", sa.BigInteger(), nullable=True))
        batch_op.alter_column("note", server_default=None)


def _forum() -> None:
    op.add_column("topic", sa.Column("slow_minutes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("message", sa.Column("returned", sa.Boolean(), nullable=False, server_default=sa.false()))


def _cases() -> None:
    with op.batch_alter_table("review_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("membership_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("lane", sa.Text(), nullable=False, server_default="held"))
        batch_op.create_foreign_key(op.f("fk_review_case_membership_id"), "membership", ["membership_id"], ["id"])
        batch_op.drop_index("ix_review_case_queue")
        batch_op.create_index("ix_review_case_queue", ["state", "space_id", "lane", "rank"])
        batch_op.alter_column("lane", server_default=None)
    op.execute(
        "UPDATE review_case SET membership_id = "
        "(SELECT message.membership_id FROM message WHERE message.id = review_case.message_id)"
    )
    op.execute(
        "UPDATE review_case SET lane = 'flagged' WHERE EXISTS (SELECT 1 FROM message "
        "WHERE message.id = review_case.message_id AND message.state = 'published')"
    )
    op.execute(
        "UPDATE review_case SET lane = 'protection' WHERE CAST(rules AS TEXT) LIKE '%danger%' AND state = 'open'"
    )


def _decisions() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("undone_by", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_decision_undone_by"), "member", ["undone_by"], ["id"])
        batch_op.alter_column("note", server_default=None)
    op.create_table(
        "decision_effect",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("wipe_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_decision_effect_decision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_effect")),
    )
    op.create_index(op.f("ix_decision_effect_decision_id"), "decision_effect", ["decision_id"])
    op.create_index(op.f("ix_decision_effect_wipe_at"), "decision_effect", ["wipe_at"])


def _measures() -> None:
    op.create_table(
        "strike",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_strike_membership_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_strike_decision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strike")),
    )
    op.create_index(op.f("ix_strike_membership_id"), "strike", ["membership_id"])
    op.create_index(op.f("ix_strike_decision_id"), "strike", ["decision_id"])
    op.create_table(
        "restriction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("by_member_id", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> by_member_id", name=op.f("ck_restriction_two_people")
        ),
        sa.CheckConstraint(
            "kind <> 'suspension' OR state <> 'in_force' OR confirmed_by IS NOT NULL",
            name=op.f("ck_restriction_second_person"),
        ),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_restriction_membership_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"], name=op.f("fk_restriction_decision_id")),
        sa.ForeignKeyConstraint(["by_member_id"], ["member.id"], name=op.f("fk_restriction_by_member_id")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["member.id"], name=op.f("fk_restriction_confirmed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
        sa.UniqueConstraint("public_id", name=op.f("uq_restriction_public_id")),
    )
    op.create_index(op.f("ix_restriction_membership_id"), "restriction", ["membership_id"])
    op.create_index(op.f("ix_restriction_decision_id"), "restriction", ["decision_id"])
    op.create_index(op.f("ix_restriction_state"), "restriction", ["state"])


def _moderators() -> None:
    op.create_table(
        "case_skip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("skipped_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_case.id"], name=op.f("fk_case_skip_case_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_case_skip_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_skip")),
        sa.UniqueConstraint("case_id", "member_id", name=op.f("uq_case_skip_case_id_member_id")),
    )
    op.create_index(op.f("ix_case_skip_member_id"), "case_skip", ["member_id"])
    op.create_table(
        "moderator_choice",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_moderator_choice_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_moderator_choice")),
    )


def downgrade() -> None:
    """Back, for tests only."""
    for table in ("moderator_choice", "case_skip", "restriction", "strike", "decision_effect"):
        op.drop_table(table)
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_decision_undone_by"), type_="foreignkey")
        batch_op.drop_column("undone_by")
        batch_op.drop_column("note")
    with op.batch_alter_table("review_case", schema=None) as batch_op:
        batch_op.drop_index("ix_review_case_queue")
        batch_op.create_index("ix_review_case_queue", ["state", "space_id", "rank"])
        batch_op.drop_constraint(op.f("fk_review_case_membership_id"), type_="foreignkey")
        batch_op.drop_column("lane")
        batch_op.drop_column("membership_id")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("returned")
    with op.batch_alter_table("topic", schema=None) as batch_op:
        batch_op.drop_column("slow_minutes")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_column("until")
        batch_op.drop_column("note")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_column("limited_until")
        batch_op.drop_column("released_days")
    with op.batch_alter_table("account_session", schema=None) as batch_op:
        for column in ("last_was_heavy", "heavy_cases", "rested_at", "shift_began_at"):
            batch_op.drop_column(column)
