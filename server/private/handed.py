"""What the keeper hands to the room's process over its standard input."""

import json
from dataclasses import dataclass, fields
from typing import Any

from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Handed:
    """Which settings, which open file to listen at, whose child, and after how much rest to begin anew.

    `prepares`: only make what the room needs, and end.
    """

    settings: Settings
    listener: int
    parent: int
    operator: str
    demonstration: bool
    rest_seconds: float | None
    prepares: bool = False

    def written(self) -> bytes:
        """As the keeper writes it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps({**values, "settings": self.settings.model_dump(mode="json")}).encode()

    @classmethod
    def read(cls, written: bytes) -> "Handed":
        """As the room reads it."""
        values: dict[str, Any] = json.loads(written)
        return cls(settings=Settings.model_validate(values.pop("settings")), **values)


def needed(settings: Settings) -> Settings:
    """Only what the room needs: not where the community's words are. Paths are whole, for a process elsewhere."""
    return Settings(
        data_dir=settings.data_dir.resolve(),
        private_database_url=settings.private_database,
        pepper_file=settings.pepper_file.resolve() if settings.pepper_file else None,
        public_dir=settings.told_dir.resolve(),
        backup_dir=settings.backup_dir.resolve() if settings.backup_dir else None,
        neutral_url=settings.neutral_url,
        public_url=settings.public_url,
        onion_url=settings.onion_url,
    )
