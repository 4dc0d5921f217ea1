"""Restores: first the keys, then a backup, each opened by two recovery officers; and nothing that was erased returns.

A copy is read to its end before anything is written, so that a damaged or foreign one changes nothing.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server import places, policies, whole_files
from server.backups import laying, rows
from server.backups.laying import Files, Place
from server.backups.parts import COMMUNITY, Part, here
from server.backups.reading import NOT_WHOLE, SealedFile
from server.backups.room import room_laid_over
from server.crypto.sealed import copies
from server.crypto.sealed.boxes import Damaged, new_key, public_of
from server.crypto.sealed.certificates import fingerprint
from server.crypto.sealed.copies import KEYS
from server.errors import BootRefused
from server.forgetting import lists
from server.forgetting import rules as forgetting
from server.ledger import checking as ledger
from server.places import RESTORING
from server.private import keys as private_keys
from server.settings import Settings

KEY_NAME = re.compile(r"^(keys/server\.key|private/keys/(pepper|salt)-[1-9][0-9]{0,3}\.key)$")


def ask(chosen: Settings, file: Path, out: Path) -> list[str]:
    """Write what two officers need to open a copy for this machine. Raises BootRefused."""
    found = SealedFile.at(file)
    if found.head.label.kind != KEYS and not here(chosen):
        raise BootRefused("The keys are not here. Restore the copy of the keys first.")
    chosen.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = chosen.data_dir / RESTORING
    if not path.exists():
        whole_files.laid(path, new_key())
    public = public_of(path.read_bytes())
    if out.exists():
        raise BootRefused(f"{out} is there already.")
    whole_files.laid(out, copies.request(found.head, public).text().encode())
    return [
        f"A copy of {found.head.label.day.isoformat()}. Hand {out} to one recovery officer, then to a second one.",
        f"Read this to both of them, by a voice that they know: {fingerprint(public, public)}",
    ]


def restore(chosen: Settings, file: Path, answer: Path, *, at: datetime, forgotten: Sequence[Path] = ()) -> list[str]:
    """Lay a copy into an empty place. Gives the lines to print. Raises BootRefused; then nothing was changed."""
    found = SealedFile.at(file)
    key = _key(chosen, found, answer)
    header = _read_to_its_end(found, key)
    if found.head.label.kind == KEYS:
        return _keys_laid(chosen, found.records(key))
    days = policies.load(places.policies(chosen.data_dir)).retention.backups_days
    if at.date() - found.head.label.day > timedelta(days=days):
        raise BootRefused(f"This copy is older than {days} days. It was promised that nobody uses it any more.")
    parts = _ours(chosen, found, key, header)
    made = Files(chosen.data_dir)
    laid: list[Place] = []
    try:
        for part in parts:
            laid.append(Place.of(part))
            part.upgrade(laid[-1].db, to=str(header["parts"][part.name]["revision"]))
        laying.lay(found.records(key), laid, made)
        since = datetime.fromisoformat(header["at"])
        nearby = [chosen.data_dir, chosen.private_dir, file.parent, *forgotten]
        told = [line for place in laid for line in _made_current(chosen, place, nearby, since=since, at=at)]
        for place in laid:
            place.finish()
    except BaseException:
        for place in laid:
            place.give_up()
        made.give_up()
        raise
    lists.wiped(chosen.data_dir / RESTORING)
    return [*told, "Now look at everything before anybody is let in: baraza check, baraza audit verify."]


def _key(chosen: Settings, found: SealedFile, answer: Path) -> bytes:
    try:
        asked = copies.read_request(answer.read_text("utf-8"))
        return copies.opened(asked, found.head.label, (chosen.data_dir / RESTORING).read_bytes())
    except FileNotFoundError as missing:
        raise BootRefused(f"{missing.filename} is not there.") from None
    except (OSError, UnicodeDecodeError, Damaged):
        raise BootRefused(
            f"{answer} does not open this copy on this machine. Two officers must answer what `--ask` wrote here."
        ) from None


def _read_to_its_end(found: SealedFile, key: bytes) -> dict[str, Any]:
    """What the copy says of itself; all of it was read."""
    header: dict[str, Any] | None = None
    for kind, raw in found.records(key):
        if header is None:
            header = rows.content_of(raw) if kind == rows.HEAD else {}
    if header is None or header.get("kind") != found.head.label.kind:
        raise BootRefused(NOT_WHOLE)
    return header


def _ours(chosen: Settings, found: SealedFile, key: bytes, header: dict[str, Any]) -> list[Part]:
    """The parts that can be laid here. A copy without this installation's mark was made by somebody else."""
    parts = [part for part in here(chosen) if part.name in header["parts"]]
    if not parts:
        raise BootRefused("The keys are not here. Restore the copy of the keys first.")
    for part in parts:
        if header["parts"][part.name]["mark"] != copies.mark(part.mark, found.head.label, key).hex():
            raise BootRefused("This copy was made by another installation, or with other keys. Nothing was changed.")
    return parts


def _made_current(
    chosen: Settings, place: Place, nearby: Sequence[Path], *, since: datetime, at: datetime
) -> Iterator[str]:
    """Apply the forget list, revocations and counters; and look whether all of it holds together."""
    part, db = place.part, place.db
    part.upgrade(db)
    newer = lists.newest(part.mark, part.name, nearby, after=since)
    if newer is None:
        yield f"{part.name}: no forget list is newer than this copy. What was erased after it was made may be back."
    else:
        yield f"{part.name}: what was erased until {newer.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC stays erased."
    with db.transaction() as tx:
        laying.check(tx, part)
    if part.name != COMMUNITY:
        yield from room_laid_over(chosen, db, newer, since=since, at=at)
        return
    with db.transaction() as tx:
        forgetting.laid_over(tx, part.mark, newer, at=at)
    if newer is not None and newer.version < forgetting.VERSION:
        yield f"community: the forget list is of an older version: {forgetting.TELLS_LESS}"
    with db.reading() as tx:
        wrong = ledger.check(tx).wrong
    yield f"community: the ledger {'is whole' if not wrong else 'has faults: see baraza audit verify'}."


def _keys_laid(chosen: Settings, found: Iterator[rows.Record]) -> list[str]:
    """The keys, where there are none."""
    files: dict[str, bytes] = {}
    name = ""
    for kind, raw in found:
        if kind == rows.FILE:
            name = str(rows.content_of(raw)["name"])
            if not KEY_NAME.match(name):
                raise BootRefused(NOT_WHOLE)
            files[name] = b""
        elif kind == rows.PIECE:
            files[name] += raw
    targets = {_key_path(chosen, name, files): content for name, content in files.items()}
    for path in targets:
        if path.exists():
            raise BootRefused(f"There is a key at {path} already. Nothing was changed.")
    for path, content in targets.items():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_files.laid(path, content)
    lists.wiped(chosen.data_dir / RESTORING)
    return [f"{len(targets)} keys are back. Now restore the newest backup."]


def _key_path(chosen: Settings, name: str, files: dict[str, bytes]) -> Path:
    newest = max((int(one.rpartition("-")[2][:-4]) for one in files if "/salt-" in one), default=0)
    if chosen.pepper_file is not None and name == f"private/keys/pepper-{newest}.key":
        return chosen.pepper_file
    folder = chosen.keys_dir if name.startswith("keys/") else private_keys.folder_of(chosen.private_dir)
    return folder / name.rpartition("/")[2]
