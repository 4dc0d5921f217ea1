"""Town halls."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "hall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("space_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("base_language", sa.String(length=12), nullable=False),
        sa.Column("premoderated", sa.Boolean(), nullable=False),
        sa.Column("slow_seconds", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("captions_kept", sa.Boolean(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("sign_video", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stopped_by", sa.String(length=20), nullable=False),
        sa.Column("reopening_by", sa.Integer(), nullable=True),
        sa.Column("paused_alone", sa.Boolean(), nullable=False),
        sa.Column("watched_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["reopening_by"], ["member.id"], name=op.f("fk_hall_reopening_by")),
        sa.ForeignKeyConstraint(["space_id"], ["space.id"], name=op.f("fk_hall_space_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall")),
        sa.UniqueConstraint("code", name=op.f("uq_hall_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_public_id")),
    )
    op.create_index(op.f("ix_hall_space_id"), "hall", ["space_id"])
    op.create_table(
        "hall_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("caller_key", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("called_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_call_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_call")),
        sa.UniqueConstraint("hall_id", "caller_key", name=op.f("uq_hall_call_hall_id_caller_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_call_public_id")),
    )
    op.create_table(
        "hall_channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=44), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_channel_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_channel")),
        sa.UniqueConstraint("hall_id", "channel", name=op.f("uq_hall_channel_hall_id_channel")),
    )
    op.create_table(
        "hall_command",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.LargeBinary(), nullable=False),
        sa.Column("command", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=80), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_command_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_command")),
        sa.UniqueConstraint("hall_id", "actor", "command", name=op.f("uq_hall_command_hall_id_actor_command")),
    )
    op.create_index(op.f("ix_hall_command_taken_at"), "hall_command", ["taken_at"])
    op.create_table(
        "hall_commitment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("question", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_commitment_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_commitment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_commitment_public_id")),
    )
    op.create_index(op.f("ix_hall_commitment_hall_id"), "hall_commitment", ["hall_id"])
    op.create_table(
        "hall_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=44), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_event_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_event")),
        sa.UniqueConstraint("hall_id", "channel", "number", name=op.f("uq_hall_event_hall_id_channel_number")),
    )
    op.create_table(
        "hall_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_key_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_key")),
        sa.UniqueConstraint("hall_id", "purpose", name=op.f("uq_hall_key_hall_id_purpose")),
    )
    op.create_table(
        "hall_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=30), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_line_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_line")),
    )
    op.create_index("ix_hall_line_hall_id", "hall_line", ["hall_id", "id"])
    op.create_table(
        "hall_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_note_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_note")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_note_public_id")),
    )
    op.create_index(op.f("ix_hall_note_hall_id"), "hall_note", ["hall_id"])
    op.create_table(
        "hall_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_record_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_record")),
        sa.UniqueConstraint("hall_id", name=op.f("uq_hall_record_hall_id")),
    )
    op.create_table(
        "hall_record_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("answered", sa.Text(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_record_words_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_record_words")),
    )
    op.create_index(op.f("ix_hall_record_words_hall_id"), "hall_record_words", ["hall_id"])
    op.create_table(
        "hall_risk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("signed_by", sa.Integer(), nullable=True),
        sa.Column("signed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_risk_hall_id")),
        sa.ForeignKeyConstraint(["signed_by"], ["member.id"], name=op.f("fk_hall_risk_signed_by")),
        sa.ForeignKeyConstraint(["written_by"], ["member.id"], name=op.f("fk_hall_risk_written_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_risk")),
        sa.UniqueConstraint("hall_id", name=op.f("uq_hall_risk_hall_id")),
    )
    op.create_table(
        "hall_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_role_hall_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_hall_role_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_role")),
        sa.UniqueConstraint(
            "hall_id",
            "member_id",
            "role",
            "language",
            "given",
            name=op.f("uq_hall_role_hall_id_member_id_role_language_given"),
        ),
    )
    op.create_index(op.f("ix_hall_role_member_id"), "hall_role", ["member_id"])
    op.create_table(
        "hall_screen",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_screen_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_screen")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_screen_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_hall_screen_token_hash")),
    )
    op.create_index(op.f("ix_hall_screen_hall_id"), "hall_screen", ["hall_id"])
    op.create_table(
        "hall_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("muted_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_seat_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_seat")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_seat_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_hall_seat_token_hash")),
    )
    op.create_index(op.f("ix_hall_seat_hall_id"), "hall_seat", ["hall_id"])
    op.create_table(
        "hall_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_session_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_session_public_id")),
    )
    op.create_index(op.f("ix_hall_session_hall_id"), "hall_session", ["hall_id"])
    op.create_table(
        "hall_speaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_speaker_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_speaker")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_speaker_public_id")),
    )
    op.create_index(op.f("ix_hall_speaker_hall_id"), "hall_speaker", ["hall_id"])
    op.create_table(
        "hall_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_words_hall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_words")),
        sa.UniqueConstraint(
            "hall_id",
            "subject",
            "subject_id",
            "part",
            "language",
            name=op.f("uq_hall_words_hall_id_subject_subject_id_part_language"),
        ),
    )
    op.create_table(
        "hall_caption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("to_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("writer", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_caption_hall_id")),
        sa.ForeignKeyConstraint(["session_id"], ["hall_session.id"], name=op.f("fk_hall_caption_session_id")),
        sa.ForeignKeyConstraint(["writer"], ["member.id"], name=op.f("fk_hall_caption_writer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_caption")),
        sa.UniqueConstraint(
            "session_id", "language", "number", name=op.f("uq_hall_caption_session_id_language_number")
        ),
    )
    op.create_index(op.f("ix_hall_caption_hall_id"), "hall_caption", ["hall_id"])
    op.create_table(
        "hall_commitment_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["hall_commitment.id"], name=op.f("fk_hall_commitment_step_commitment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_commitment_step")),
    )
    op.create_index(op.f("ix_hall_commitment_step_commitment_id"), "hall_commitment_step", ["commitment_id"])
    op.create_table(
        "hall_commitment_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("commitment_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("you_said", sa.Text(), nullable=False),
        sa.Column("we_do", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"], ["hall_commitment.id"], name=op.f("fk_hall_commitment_words_commitment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_commitment_words")),
        sa.UniqueConstraint("commitment_id", "language", name=op.f("uq_hall_commitment_words_commitment_id_language")),
    )
    op.create_table(
        "hall_poll",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("on_stage", sa.Boolean(), nullable=False),
        sa.Column("voters", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_poll_hall_id")),
        sa.ForeignKeyConstraint(["session_id"], ["hall_session.id"], name=op.f("fk_hall_poll_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_poll")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_poll_public_id")),
    )
    op.create_index(op.f("ix_hall_poll_hall_id"), "hall_poll", ["hall_id"])
    op.create_index(op.f("ix_hall_poll_session_id"), "hall_poll", ["session_id"])
    op.create_table(
        "hall_ballot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.LargeBinary(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["hall_poll.id"], name=op.f("fk_hall_ballot_poll_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_ballot")),
        sa.UniqueConstraint("poll_id", "voter_key", name=op.f("uq_hall_ballot_poll_id_voter_key")),
    )
    op.create_table(
        "hall_option",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["poll_id"], ["hall_poll.id"], name=op.f("fk_hall_option_poll_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_option")),
        sa.UniqueConstraint("poll_id", "position", name=op.f("uq_hall_option_poll_id_position")),
    )
    op.create_table(
        "hall_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("hall_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("poll_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("author_key", sa.LargeBinary(), nullable=True),
        sa.Column("quote_ok", sa.Boolean(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("claimed_by", sa.Integer(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("endorsed", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["claimed_by"], ["member.id"], name=op.f("fk_hall_question_claimed_by")),
        sa.ForeignKeyConstraint(["hall_id"], ["hall.id"], name=op.f("fk_hall_question_hall_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["hall_question.id"], name=op.f("fk_hall_question_merged_into")),
        sa.ForeignKeyConstraint(["poll_id"], ["hall_poll.id"], name=op.f("fk_hall_question_poll_id")),
        sa.ForeignKeyConstraint(["session_id"], ["hall_session.id"], name=op.f("fk_hall_question_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_question")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hall_question_public_id")),
    )
    op.create_index("ix_hall_question_author", "hall_question", ["hall_id", "author_key"])
    op.create_index("ix_hall_question_hall_id_state", "hall_question", ["hall_id", "state", "id"])
    op.create_index(op.f("ix_hall_question_poll_id"), "hall_question", ["poll_id"])
    op.create_index(op.f("ix_hall_question_session_id"), "hall_question", ["session_id"])
    op.create_table(
        "hall_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["hall_question.id"], name=op.f("fk_hall_answer_question_id")),
        sa.ForeignKeyConstraint(["speaker_id"], ["hall_speaker.id"], name=op.f("fk_hall_answer_speaker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_answer")),
        sa.UniqueConstraint("question_id", "language", name=op.f("uq_hall_answer_question_id_language")),
    )
    op.create_index(op.f("ix_hall_answer_speaker_id"), "hall_answer", ["speaker_id"])
    op.create_table(
        "hall_endorsement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("voter_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["hall_question.id"], name=op.f("fk_hall_endorsement_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_endorsement")),
        sa.UniqueConstraint("question_id", "voter_key", name=op.f("uq_hall_endorsement_question_id_voter_key")),
    )
    op.create_table(
        "hall_question_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["hall_question.id"], name=op.f("fk_hall_question_text_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_question_text")),
        sa.UniqueConstraint(
            "question_id", "language", "kind", name=op.f("uq_hall_question_text_question_id_language_kind")
        ),
    )
    op.create_table(
        "hall_room_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["option_id"], ["hall_option.id"], name=op.f("fk_hall_room_count_option_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_room_count")),
        sa.UniqueConstraint("option_id", "label", name=op.f("uq_hall_room_count_option_id_label")),
    )


def downgrade() -> None:
    """Back, for tests only."""
    op.drop_table("hall_room_count")
    op.drop_table("hall_question_text")
    op.drop_table("hall_endorsement")
    op.drop_table("hall_answer")
    op.drop_table("hall_question")
    op.drop_table("hall_option")
    op.drop_table("hall_ballot")
    op.drop_table("hall_poll")
    op.drop_table("hall_commitment_words")
    op.drop_table("hall_commitment_step")
    op.drop_table("hall_caption")
    op.drop_table("hall_words")
    op.drop_table("hall_speaker")
    op.drop_table("hall_session")
    op.drop_table("hall_seat")
    op.drop_table("hall_screen")
    op.drop_table("hall_role")
    op.drop_table("hall_risk")
    op.drop_table("hall_record_words")
    op.drop_table("hall_record")
    op.drop_table("hall_note")
    op.drop_table("hall_line")
    op.drop_table("hall_key")
    op.drop_table("hall_event")
    op.drop_table("hall_commitment")
    op.drop_table("hall_command")
    op.drop_table("hall_channel")
    op.drop_table("hall_call")
    op.drop_table("hall")
