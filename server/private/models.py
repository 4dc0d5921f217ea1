"""The tables of the private database. Every column with words, names or numbers of people in it is ciphertext.

They have a MetaData of their own, so that no statement can ever join them with the community's tables. On
SQLite they have no row number: rows lie in the order of their random names, and nothing tells which came first.
"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Date, LargeBinary, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from server.database import NAMING

metadata = MetaData(naming_convention=NAMING)
UNORDERED: dict[str, Any] = {"sqlite_with_rowid": False}


class PrivateTable(SQLModel, registry=registry(metadata=metadata)):
    """What all tables here have in common."""


def _case() -> Any:
    """The case that a row belongs to; it goes with it."""
    return Field(foreign_key="case.id", ondelete="CASCADE", index=True)


class Case(PrivateTable, table=True):
    """What somebody filed. `facts`: state, desk, half-days and keys, locked under the case's shred key."""

    __tablename__ = "case"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    receipt_id: bytes = Field(sa_type=LargeBinary, unique=True)
    alias_key: bytes = Field(sa_type=LargeBinary, unique=True)
    facts: bytes = Field(sa_type=LargeBinary)
    version: int = 1


class Entry(PrivateTable, table=True):
    """One message of a case, sealed once for the desk and once for the reporter."""

    __tablename__ = "entry"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = _case()
    for_desk: bytes = Field(sa_type=LargeBinary)
    for_reporter: bytes = Field(sa_type=LargeBinary)


class Manifest(PrivateTable, table=True):
    """Whose keys a case is sealed to in one epoch, signed."""

    __tablename__ = "manifest"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = _case()
    box: bytes = Field(sa_type=LargeBinary)


class Slot(PrivateTable, table=True):
    """A place where one person's key to a case lies, or a dummy that looks the same."""

    __tablename__ = "slot"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    tag: bytes = Field(sa_type=LargeBinary, primary_key=True)
    case_id: UUID = _case()
    box: bytes = Field(sa_type=LargeBinary)


class Pair(PrivateTable, table=True):
    """A key to a case that two recovery officers open together."""

    __tablename__ = "pair"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = _case()
    box: bytes = Field(sa_type=LargeBinary)


class StoredFile(PrivateTable, table=True):
    """Evidence that came with a case."""

    __tablename__ = "file"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = _case()
    facts: bytes = Field(sa_type=LargeBinary)


class FilePart(PrivateTable, table=True):
    """A piece of a file, encrypted."""

    __tablename__ = "file_part"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    file_id: UUID = Field(foreign_key="file.id", ondelete="CASCADE", primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    content: bytes = Field(sa_type=LargeBinary)


class Person(PrivateTable, table=True):
    """A focal point. `facts`: secrets for signing in, and the private keys, locked under the unlock words."""

    __tablename__ = "person"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    login_key: bytes = Field(sa_type=LargeBinary, unique=True)
    facts: bytes = Field(sa_type=LargeBinary)
    version: int = 1


class Paper(PrivateTable, table=True):
    """A certificate or a revocation, signed by the recovery officers."""

    __tablename__ = "paper"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    box: bytes = Field(sa_type=LargeBinary)


class Invitation(PrivateTable, table=True):
    """A one-time way in for somebody who becomes a focal point."""

    __tablename__ = "invitation"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    code_key: bytes = Field(sa_type=LargeBinary, primary_key=True)
    box: bytes = Field(sa_type=LargeBinary)


class Leaf(PrivateTable, table=True):
    """One line of the audit of a day, of fixed size and salted, sealed to the officers."""

    __tablename__ = "leaf"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    day: date = Field(sa_type=Date, index=True)
    place: int
    box: bytes = Field(sa_type=LargeBinary)
    seal: bytes = Field(sa_type=LargeBinary)


class Head(PrivateTable, table=True):
    """The published end of a day of the audit."""

    __tablename__ = "head"  # type: ignore[assignment]
    __table_args__ = UNORDERED

    day: date = Field(sa_type=Date, primary_key=True)
    root: bytes = Field(sa_type=LargeBinary)
    box: bytes = Field(sa_type=LargeBinary)
