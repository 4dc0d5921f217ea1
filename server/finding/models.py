"""The index: which word stands in which message."""

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field, SQLModel


class WordPlace(SQLModel, table=True):
    """One word of one published message.

    `word` is a hash of the space and the word together, so that a search reads nothing of any other space
    and its time says nothing of them. No foreign key: it would be checked thirty times for each message;
    `rules.py` takes the rows away with the words, and a search shows only what is published in any case.
    """

    __tablename__ = "word_place"  # type: ignore[assignment]  # SQLModel declares a method of this name
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    message_id: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
