"""Names that are on their way out."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from server.database import Moment


class Farewell(SQLModel, table=True):
    """One name in one space whose account is gone already. When it is due, what is left of it goes too."""

    id: int | None = Field(default=None, primary_key=True)
    membership_id: int = Field(foreign_key="membership.id", unique=True)
    messages: str = Field(sa_type=Text)
    """What becomes of the messages: `erase`, or `keep` without an author."""
    due_at: datetime = Field(sa_type=Moment, index=True)
