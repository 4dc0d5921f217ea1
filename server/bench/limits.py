"""Policies for measuring."""

import re
import shutil
from pathlib import Path

from server import places


def without_limits(folder: Path) -> None:
    """Nobody is ever too fast here."""
    shutil.copytree(places.shipped("policies"), folder / "policies")
    limits = folder / "policies" / "limits.toml"
    limits.write_text(re.sub(r'"\d+/(\d+)"', r'"1000000/\1"', limits.read_text("utf-8")), "utf-8")
