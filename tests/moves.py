"""A community that moves while its old server runs on: exports, forget lists, and new machines."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from server.crypto import keyring
from server.crypto.keyring import Purpose
from server.crypto.sealed import forget_lists
from server.crypto.sealed.forget_lists import ForgetList
from server.database import Database
from server.errors import BootRefused
from server.forgetting import lists
from server.forum.models import Message
from server.moving import laying, writing
from server.settings import Settings
from tests.people import Community, Person

NAME = "forgotten-community.list"


@dataclass
class Move:
    """An old installation whose server writes lists, and the new ones that come of its exports."""

    community: Community
    old: Settings
    empty: str

    @property
    def beside(self) -> Path:
        """The folder of its backups."""
        assert self.old.backup_dir is not None
        return self.old.backup_dir

    @property
    def exported(self) -> Path:
        """The folder of its export."""
        return self.old.data_dir / "one"

    def exports(self) -> None:
        """Now."""
        writing.export(self.old, self.exported, clock=self.community.clock)

    def lists(self, name: str = NAME) -> Path:
        """The hourly work of the old server; gives the list under a name of its own."""
        lists.write_community(
            self.old, self.community.services.db, at=self.community.clock.now(), folders=[self.beside]
        )
        return (self.beside / NAME).rename(self.beside / name)

    def sealed(self, found: ForgetList, name: str = NAME, *, keys: Path | None = None, part: str = "community") -> Path:
        """A list that says this."""
        path = self.beside / name
        path.write_bytes(forget_lists.closed(found, self.key(keys), part=part))
        return path

    def key(self, keys: Path | None = None) -> bytes:
        """With which lists are closed."""
        return keyring.load(keys or self.old.keys_dir).key(Purpose.COPIES)

    def place(self, name: str = "there") -> Settings:
        """A new machine, to which the keys were carried."""
        new = Settings(data_dir=self.old.data_dir / name, database_url=self.empty)
        new.keys_dir.mkdir(parents=True)
        (new.keys_dir / keyring.FILE_NAME).write_bytes((self.old.keys_dir / keyring.FILE_NAME).read_bytes())
        (new.keys_dir / keyring.FILE_NAME).chmod(0o600)
        return new

    def imports(self, new: Settings, *forgotten: Path, **more: Any) -> str:
        """Now; gives what is printed."""
        return "\n".join(laying.import_(new, self.exported, at=self.community.clock.now(), forgotten=forgotten, **more))

    def id_of(self, text: str) -> Any:
        """The public id of the message with these words."""
        with self.community.services.db.reading() as tx:
            return tx.look(select(col(Message.public_id)).where(col(Message.text) == text)).scalar_one()

    def takes_back(self, author: Person, text: str) -> None:
        """An author withdraws what they wrote."""
        assert author.sends(f"/messages/{self.id_of(text)}/withdraw").status_code == 303


def texts(new: Settings) -> list[str]:
    """What stands in the topics there."""
    with closing(Database(new.database)) as db, db.reading() as tx:
        return list(tx.look(select(col(Message.text)).order_by(col(Message.id))).scalars())


def nothing_came(new: Settings) -> None:
    """The new installation has no row; on SQLite not even a file."""
    if new.database.startswith("sqlite"):
        assert not list(new.data_dir.glob("community*"))
        return
    with closing(Database(new.database)) as db, db.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").scalar_one()
    assert tables == 0


def is_refused(move: Move, match: str, *places: Path, **more: Any) -> None:
    """A plain sentence, and nothing has happened."""
    new = move.place(f"place-{len(list(move.old.data_dir.glob('place-*')))}")
    with pytest.raises(BootRefused, match=match) as refused:
        move.imports(new, *places, **more)
    assert "\n" not in str(refused.value)
    nothing_came(new)
