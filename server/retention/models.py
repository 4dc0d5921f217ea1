"""What each run let go of: numbers only, each line sealed over the line before it."""

from datetime import date

from sqlalchemy import JSON, Date, LargeBinary
from sqlmodel import Field, SQLModel


class RetentionRun(SQLModel, table=True):
    """One run: how many rows of which table went, and a seal that only this installation can make."""

    __tablename__ = "retention_run"  # type: ignore[assignment]  # SQLModel declares a method of this name

    id: int | None = Field(default=None, primary_key=True)
    day: date = Field(sa_type=Date)
    counts: dict[str, int] = Field(sa_type=JSON)
    seal: bytes = Field(sa_type=LargeBinary)
