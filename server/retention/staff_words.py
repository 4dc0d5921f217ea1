"""Announcements and warnings that ended long ago."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlmodel import col

from server.announcements.models import Announcement, AnnouncementText
from server.database import Transaction, changed
from server.events import EVERYBODY, InstallationChanged
from server.policies import Retention
from server.retention.step import BATCH, Step


def steps(kept: Retention) -> list[Step]:
    """What verified senders, moderators and stewards told everybody."""

    def old(at: datetime) -> ColumnElement[bool]:
        """Published so long ago, and no longer valid for as long."""
        before = at - timedelta(days=kept.messages_days)
        ended = or_(col(Announcement.valid_until).is_(None), col(Announcement.valid_until) < before.date())
        return (col(Announcement.published_at) < before) & ended

    def part(tx: Transaction, at: datetime) -> int:
        keys = tx.look(select(col(Announcement.id)).where(old(at)).limit(BATCH)).scalars().all()
        if not keys:
            return 0
        tx.run(delete(AnnouncementText).where(col(AnnouncementText.announcement_id).in_(keys)))
        newer: Any = update(Announcement).where(col(Announcement.corrects_id).in_(keys))
        tx.run(newer.values(corrects_id=None))  # a correction stays, of something that is no more
        tx.erases = True
        tx.announce(InstallationChanged(EVERYBODY))
        return changed(tx.run(delete(Announcement).where(col(Announcement.id).in_(keys))))

    def due(tx: Transaction, at: datetime) -> int:
        return int(tx.look(select(func.count()).select_from(Announcement).where(old(at))).scalar_one())

    return [Step("announcement", "messages_days", part, due, also=("announcement_text",))]
