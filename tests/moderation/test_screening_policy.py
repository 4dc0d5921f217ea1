import hashlib
import re

import pytest
from judges import POLICY

from moderation.policy import PolicyError, load
from moderation.train import LANGUAGES


def changed(tmp_path, pattern, replacement):
    text, count = re.subn(pattern, replacement, POLICY.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1
    path = tmp_path / "moderation.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_version_is_the_hash_of_the_file(policy):
    assert policy.version == hashlib.sha256(POLICY.read_bytes()).hexdigest()[:12]


def test_every_learnt_language_has_thresholds_and_no_other(policy):
    assert set(policy.thresholds) == LANGUAGES


@pytest.mark.parametrize(
    ("pattern", "replacement", "named"),
    [
        (r"^deadline_seconds.*\n", "", "deadline_seconds"),
        (r"^deadline_seconds", "deadline_secs", "deadline_seconds"),
        (r"^chunk_letters", "surprise = 1\nchunk_letters", "surprise"),
        (r"^\[scam\]$", "[scam]\nextra = 2", "scam.extra"),
        (r"^urgency = 1.*\n", "", "scam.points.urgency"),
        (r"^\[scam\.words\.sw\]$", "[scam.words.sw]\nbogus = []", "scam.words.sw.bogus"),
        (r"^trusted_hosts = .*$", "trusted_hosts = 3", "links.trusted_hosts"),
        (r"^hold = \[\"self_harm\"", 'hold = ["nonsense"', "danger.hold"),
        (r"^raise = 0\.\d+$", "raise = 1.5", "thresholds"),
        (r"^case_numbers = \[$", "case_numbers = [ '(',", "private_data.case_numbers"),
        (r"^chunk_letters = 6000", "chunk_letters = 90000", "chunk_letters"),
    ],
)
def test_a_wrong_key_stops_the_policy_and_is_named(tmp_path, pattern, replacement, named):
    with pytest.raises(PolicyError, match=re.escape(named)):
        load(changed(tmp_path, pattern, replacement))


def test_a_missing_or_broken_file_is_a_policy_error(tmp_path):
    with pytest.raises(PolicyError):
        load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("a = [", encoding="utf-8")
    with pytest.raises(PolicyError):
        load(broken)
