"""A changed policy is tried on the last days before it is in force; counts are shown, and never a text."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from server import operating, places
from server.app import build
from server.cli import app
from server.errors import BootRefused
from server.settings import Settings
from server.trying import HELD, PUBLISHED, RAISED, Change, try_policy
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.people import Community

SHIPPED = places.shipped("policies") / "moderation.toml"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation in which four things were said today and one long ago."""
    made = Settings(data_dir=tmp_path / "var")
    operating.first_start(made, slug="welcome", name="Welcome", host="Bridge", languages=["en"], timezone="UTC")
    clock, screen = StillClock(operating.SystemClock().now()), WordScreen()
    clock.goes_on(days=-50)
    with Community(build(made, clock=clock, screen=screen, passwords=quick_passwords), clock, screen) as community:
        amina = community.member("amina")
        topic = amina.opens_topic("Water", "Somebody told me: he will kill me, long ago")
        clock.goes_on(days=50)
        amina = community.member("bea")
        amina.posts(topic, "My cousin said he will kill me, and I am afraid")
        amina.posts(topic, "My number is +1 202 555 0147, call me")
        amina.posts(topic, "Does the school open on Monday?")
        community.member("new", known=False).posts(topic, "Good morning to all of you")
    return made


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "changed.toml"
    path.write_text(text, encoding="utf-8")
    return path


TOLD = 'when = ["told_of_threat"]\nstanding = ["new", "vouched", "known"]\neffect = '


def test_the_same_policy_changes_nothing(settings):
    trial = try_policy(settings, SHIPPED, days=30)
    assert trial.texts == 4
    assert trial.before == trial.after
    assert (trial.before[HELD], trial.before[RAISED], trial.before[PUBLISHED]) == (2, 1, 1)
    assert not trial.changes


def test_each_change_is_counted_by_rule_and_language(settings, tmp_path):
    file = changed(
        tmp_path,
        (f'{TOLD}"raise"', f'{TOLD}"hold"'),
        ('when = ["own_details", "details"]\nstanding = ["new", "vouched", "known"]\neffect = "hold"',
         'when = ["own_details", "details"]\nstanding = ["new", "vouched", "known"]\neffect = "publish"'),
    )  # fmt: skip
    trial = try_policy(settings, file, days=30)
    assert trial.changes == {
        Change(RAISED, HELD, "danger_words", "en"): 1,
        Change(HELD, PUBLISHED, "private_data", "en"): 1,
    }


def test_older_days_count_when_they_are_asked_for(settings, tmp_path):
    file = changed(tmp_path, (f'{TOLD}"raise"', f'{TOLD}"hold"'))
    assert sum(try_policy(settings, file, days=30).changes.values()) == 1
    assert sum(try_policy(settings, file, days=60).changes.values()) == 2


def test_the_command_prints_counts_and_no_word_of_anybody(settings, tmp_path):
    file = changed(tmp_path, (f'{TOLD}"raise"', f'{TOLD}"hold"'))
    said = CliRunner().invoke(app, ["policy", "try", str(file), "--data", str(settings.data_dir)])
    assert said.exit_code == 0, said.output
    assert "4 texts of 30 days" in said.output and "danger_words" in said.output
    assert "cousin" not in said.output and "7946" not in said.output and "0147" not in said.output
    same = CliRunner().invoke(app, ["policy", "try", str(SHIPPED), "--data", str(settings.data_dir)])
    assert "Nothing would have gone another way." in same.output


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('effect = "hold"', 'effect = "ban"', "rules[1].effect says 'ban'"),
        ("deadline_seconds", "dead_line_seconds", "deadline_seconds"),
        ('when = ["threat"]', 'when = ["judge_failed"]', "threat"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_by_its_key(settings, tmp_path, old, new, named):
    with pytest.raises(BootRefused) as refused:
        try_policy(settings, changed(tmp_path, (old, new)), days=30)
    assert named in str(refused.value)
    with pytest.raises(BootRefused):
        try_policy(settings, tmp_path / "none.toml", days=30)


def test_nothing_is_written_by_a_trial(settings, tmp_path):
    database = settings.data_dir / "community.sqlite3"
    before = database.read_bytes()
    try_policy(settings, changed(tmp_path, (f'{TOLD}"raise"', f'{TOLD}"hold"')), days=30)
    assert database.read_bytes() == before


def test_the_stock_reasons_are_those_that_people_give():
    from moderation.policy import load
    from server.review.models import RemovalReason

    assert set(load(SHIPPED).reasons) == {str(reason) for reason in RemovalReason}
