"""What a steward or the demonstration does with spaces."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.database import Transaction
from server.errors import BootRefused
from server.spaces.models import Access, DutyHours, Joining, Space, SpaceText
from server.spaces.queries import Duty
from server.web.text import rendered


@dataclass(frozen=True, slots=True)
class SpaceWords:
    """Name, purpose and rules in one language."""

    language: str
    name: str
    purpose: str
    rules: str


def open_space(
    tx: Transaction,
    *,
    slug: str,
    access: Access,
    joining: Joining,
    host: str,
    languages: Sequence[str],
    timezone: str,
    words: Sequence[SpaceWords],
    duty: Sequence[Duty],
) -> int:
    """Make a space; gives its key. It needs words in at least one language."""
    if not words:
        raise BootRefused(f"The space {slug} needs a name in at least one language.")
    space = Space(
        slug=slug,
        access=access,
        joining=joining,
        host=host,
        languages=list(languages),
        timezone=timezone,
    )
    tx.session.add(space)
    tx.session.flush()
    assert space.id is not None
    for entry in words:
        tx.session.add(
            SpaceText(
                space_id=space.id,
                language=entry.language,
                name=entry.name,
                purpose=entry.purpose,
                rules=entry.rules,
                rules_html=str(rendered(entry.rules)),
            )
        )
    for hours in duty:
        tx.session.add(DutyHours(space_id=space.id, language=hours.language, starts=hours.starts, ends=hours.ends))
    return space.id
