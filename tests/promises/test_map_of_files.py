"""Every file that the server writes has a reason and an end; `baraza check` names a file that nobody has explained."""

from pathlib import Path

import pytest

from server import kept_files, operating
from server.errors import BootRefused
from server.findings import findings
from server.places import shipped
from server.settings import Settings


def test_a_path_is_explained_whole_and_not_by_half() -> None:
    kept = kept_files.load(shipped("policies"))
    fine = ["community.sqlite3-wal", "private/shred.keys.new", "policies/ar/privacy.md", "private/officers/a.toml"]
    odd = ["community.sqlite3.bak", "communityXsqlite3", "private/shred.keys.old2", "a/community.sqlite3", "core"]
    assert kept_files.unexplained(kept, fine + odd) == odd


def test_check_names_a_file_that_nobody_has_explained(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    operating.first_start(settings, slug="welcome", name="W", host="B", languages=["en"], timezone="UTC")
    found = {finding.part: finding for finding in findings(settings.data_dir)}
    assert found["map of files"].fine
    (settings.data_dir / "private" / "dump.sql").touch(mode=0o600)
    found = {finding.part: finding for finding in findings(settings.data_dir)}
    assert not found["map of files"].fine
    assert "private/dump.sql" in found["map of files"].sentence


@pytest.mark.parametrize("words", ['["a"]\nabout = "x"\n', '["a"]\nabout = ""\nends = "x"\n', "a = 1\n", "["])
def test_a_map_that_says_too_little_is_refused(words: str, tmp_path: Path) -> None:
    (tmp_path / kept_files.FILE_NAME).write_text(words)
    with pytest.raises(BootRefused, match=kept_files.FILE_NAME):
        kept_files.load(tmp_path)
