import hashlib
import re
from itertools import product

import pytest
from judges import POLICY, CalmJudge

from moderation.decisions import ALWAYS_HOLD, Effect, Finding, Writer
from moderation.policy import PolicyError, load
from moderation.screening import Author, Screener
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
        (r'^when = \["threat"\]', 'when = ["nonsense"]', "rules[3].when says 'nonsense'"),
        (r'^when = \["threat"\]', "when = []", "rules[3].when"),
        (r'^when = \["threat"\]', 'if = ["threat"]', "rules[3].when is missing"),
        (r'^effect = "hold"', 'effect = "ban"', "rules[1].effect says 'ban', which is none of: publish, raise, hold"),
        (r'^effect = "hold"', 'effect = "publish"', "The rule 'The machine failed' must hold"),
        (r'^standing = \["new"\]', 'standing = ["old"]', "rules[8].standing says 'old'"),
        (r'^standing = \["vouched", "known"\]', 'standing = ["known"]', "first_message by a writer who is vouched"),
        (r'^name = "A threat"', 'name = ""', "rules[3].name"),
        (r'^name = "A threat"', 'name = "A threat"\nuntil = 3', "rules[3].until is unknown"),
        (
            r"^\[\[rules\]\]\nname = \"A lure\"",
            '[[rules]]\nname = "Twice"\nwhen = ["threat"]\nstanding = ["new"]\neffect = "publish"\n\n'
            '[[rules]]\nname = "A lure"',
            "The rule 'Twice' never applies",
        ),
        (r"^\[threshold_factors\]\nnew = 1.0", "[threshold_factors]\nnew = 0.1", "threshold_factors.new"),
        (r'^stock = \["insult", ', 'stock = ["insult", "insult", ', "reasons.stock"),
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


def test_the_rules_say_what_follows_from_everything_by_everybody(policy):
    for finding, writer in product(Finding, Writer):
        _, effect = policy.rules.decide(finding, writer)
        assert effect is Effect.HOLD or finding not in ALWAYS_HOLD


def test_the_first_rule_that_speaks_of_a_finding_decides(tmp_path):
    mild = '[[rules]]\nname = "Known people may show their own"\nwhen = ["own_details"]\nstanding = ["known"]\n'
    path = changed(tmp_path, r'(?=^\[\[rules\]\]\nname = "Details of other people")', f'{mild}effect = "publish"\n\n')
    screener = Screener(load(path), CalmJudge())
    own, others = "my number is +1 202 555 0147", "his number is +1 202 555 0147"
    assert screener.screen(own, Author(known=True)).outcome == "publish"
    assert screener.screen(own, Author(known=True)).reasons == ()
    assert screener.screen(others, Author(known=True)).outcome == "hold"
    assert screener.screen(own, Author(known=False, vouched=True)).outcome == "hold"


class WarmJudge(CalmJudge):
    """Always finds the same."""

    def scores(self, texts, language):
        return [{**scores, "toxicity": 0.9} for scores in super().scores(texts, language)]


def test_a_threshold_can_be_lower_for_who_is_new(tmp_path):
    text = "We have been waiting here since the morning and the bus is late again"
    stricter = Screener(load(changed(tmp_path, r"^vouched = 1.0$", "vouched = 0.9")), WarmJudge())
    assert stricter.screen(text, Author(known=True)).raised
    assert stricter.screen(text, Author(known=False, vouched=True)).outcome == "hold"


def test_the_gravest_reason_comes_first_and_is_never_left_out(policy):
    links = " ".join(f"https://example.com/{number}" for number in range(40))
    verdict = Screener(policy, CalmJudge()).screen(f"{links} I want to die", Author(known=False))
    assert verdict.reasons[0].rule == "disclosure"
    assert len(verdict.reasons) <= 12
