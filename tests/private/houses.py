"""A whole house to copy: a community and a private room on one data directory, and two officers who open copies."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select
from sqlmodel import col

from server.backups import restoring
from server.backups.parts import COMMUNITY, here
from server.backups.writing import backup, backup_of_keys
from server.crypto.sealed import copies
from server.database import Database
from server.forgetting import lists
from server.private import database, desks, keys
from server.private.work import Work, made
from server.settings import Settings
from tests.doubles import StillClock
from tests.people import Community
from tests.private.rooms import Ticking
from tests.private.scene import CHEAP, Scene

POLICIES = Path("policies")


@dataclass(slots=True)
class WholeHouse:
    """Both parts, and where copies go."""

    community: Community
    scene: Scene
    settings: Settings
    copies: Path

    def backed_up(self) -> Path:
        """A copy of everything but the keys."""
        return backup(self.settings, self.copies, at=self.community.clock.now())

    def keys_backed_up(self) -> Path:
        """A copy of the keys."""
        return backup_of_keys(self.settings, self.copies, at=self.community.clock.now())

    def lists_written(self) -> None:
        """The forget lists, beside the copies, as of now."""
        self.community.clock.goes_on(minutes=1)
        self.scene.clock.at = self.community.clock.at
        for part in here(self.settings):
            if part.name == COMMUNITY:
                with closing(part.database()) as db:
                    lists.write_community(self.settings, db, at=self.community.clock.now(), folders=[self.copies])
        self.scene.work.forgetting.refresh()
        self.scene.work.forgetting.copied_to(self.copies)

    def answered(self, new: Settings, file: Path, officers: Sequence[int] = (0, 1)) -> Path:
        """What two officers answer when a machine asks them to open a copy."""
        request, answer = (self.copies / f"{uuid4().hex}.{end}" for end in ("request", "answer"))
        restoring.ask(new, file, request)
        first, second = (self.scene.officers[number] for number in officers)
        asked = copies.half_opened(copies.read_request(request.read_text()), first.box_secret)
        answer.write_text(copies.resealed(asked, second.box_secret).text())
        return answer

    def restored(self, new: Settings, file: Path, officers: Sequence[int] = (0, 1)) -> list[str]:
        """Lay a copy into a new place."""
        return restoring.restore(
            new, file, self.answered(new, file, officers), at=self.community.clock.now(), forgotten=[]
        )

    def elsewhere(self, folder: Path, *, urls: tuple[str, str] = ("", ""), with_keys: bool = True) -> Settings:
        """A new machine, with the keys on it or not yet."""
        new = Settings(data_dir=folder, database_url=urls[0], private_database_url=urls[1])
        if with_keys:
            self.restored(new, self.keys_backed_up())
        return new

    def room_of(self, new: Settings) -> Work:
        """The private room of a restored place."""
        db = database.existing(new.private_database)
        return made(
            new.private_dir, desks.load(POLICIES), db, keys.load(new.private_dir).newest, self.scene.clock, CHEAP
        )


def whole_house(settings: Settings, community: Community, ticking: Ticking, folder: Path) -> WholeHouse:
    """A community and a private room on one data directory, with people at every desk."""
    settings = settings.model_copy(
        update={"database_url": community.house.services.db.engine.url.render_as_string(False)}
    )
    scene = Scene(settings, StillClock(), ticking)
    scene.everybody()
    copies_dir = folder / "copies"
    copies_dir.mkdir()
    return WholeHouse(community, scene, settings, copies_dir)


def texts_in(new: Settings) -> list[str]:
    """Every text of the community there."""
    from server.forum.models import Message

    with closing(Database(new.database)) as db, db.reading() as tx:
        return [text for (text,) in tx.look(select(col(Message.text)).order_by(col(Message.id)))]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
