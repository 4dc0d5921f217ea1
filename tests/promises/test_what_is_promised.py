"""What the privacy page says is made from the files that the server obeys, and its prose says nothing else."""

import re
import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from server import kept_files, policies, promised
from server.errors import BootRefused, Sentence
from server.places import CHECKOUT
from server.policies import Retention
from server.privacy import LIFETIMES, Ending, Kind, Maker
from server.promised import KeptRow
from tests.people import Community

POLICIES = CHECKOUT / "policies"
LANGUAGES = ("en", "ar", "es", "fa", "fr", "ps", "ru", "sw", "uk")
NAMES = [field.name for field in fields(Retention)]
ODD = Retention(**{name: 10_007 + 100 * place for place, name in enumerate(NAMES)})
"""Numbers that nobody would write by hand, another one for each lifetime."""


def rows(folder: Path = POLICIES, retention: Retention = ODD) -> dict[str, KeptRow]:
    parts = promised.kept(promised.maps(folder), retention)
    return {row.kind: row for part in parts for row in part.rows}


def words(sentences: tuple[Sentence, ...] | list[Sentence]) -> str:
    return "; ".join(one.english % one.params for one in sentences)


def a_copy(tmp_path: Path, file: str, written: str, instead: str) -> Path:
    """The policies with one thing changed."""
    own = tmp_path / "policies"
    shutil.copytree(POLICIES, own)
    text = (own / file).read_text("utf-8")
    assert written in text
    (own / file).write_text(text.replace(written, instead, 1), "utf-8")
    return own


def test_every_kind_stands_in_one_row_and_every_table_in_a_kind() -> None:
    kinds = [kind for _, part in promised.PARTS for kind in part]
    assert sorted(kinds) == sorted(Kind)
    found = promised.maps(POLICIES)
    for kind in Kind:
        assert any(table.made_by is Maker.SERVER for _, table in found.of_kind(kind)), kind
    assert set(promised.WHAT) == set(promised.WHY) == set(Kind)


def test_every_lifetime_and_every_ending_has_words() -> None:
    assert set(promised.LASTS) == LIFETIMES
    assert set(promised.ENDS) == set(Ending)
    for name in NAMES:
        assert f"%({name})s" in promised.LASTS[name].english


def test_a_person_can_read_it() -> None:
    told = rows()
    assert len(told) <= 30
    for row in told.values():
        assert row.lasts and row.ends, row.kind
        assert max(len(row.what.english), len(row.why.english)) <= 90, row.kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_prose_states_no_time_that_the_tables_do_not(language: str) -> None:
    text = (POLICIES / language / "privacy.md").read_text("utf-8")
    named = set(re.findall(r"\{\{ (\w+) \}\}", text))
    assert named, "the prose names some"
    assert not re.search(r"[0-9\u0660-\u0669\u06f0-\u06f9]", re.sub(r"\{\{.*?\}\}", "", text)), "a number by hand"
    told = "; ".join(words([*row.lasts]) for row in rows().values())
    for name in named:
        assert re.search(rf"\b{getattr(ODD, name)}\b", told), f"{name} is in no table"


def test_a_lifetime_that_changes_in_the_map_changes_in_the_table(tmp_path: Path) -> None:
    assert words([*rows()["flags"].lasts]) == f"{ODD.flags_days} days"
    text = (POLICIES / "data_map.toml").read_text("utf-8")
    flag = text.split("[flag.columns]")[1].split("\n\n")[0]
    changed = flag.replace('"flags_days"', '"letters_days"')
    assert flag != changed
    own = a_copy(tmp_path, "data_map.toml", flag, changed)
    assert words([*rows(own)["flags"].lasts]) == f"{ODD.letters_days} days"


def test_a_table_without_a_kind_or_with_a_wrong_one_is_refused(tmp_path: Path) -> None:
    own = a_copy(tmp_path, "data_map.toml", 'kind = "flags"\n', "")
    with pytest.raises(BootRefused, match=r"\[flag\] lacks the key kind"):
        promised.maps(own)
    (own / "data_map.toml").write_text('[flag]\nkind = "gossip"\nabout = "A."\nwhose = "member"\n[flag.columns]\n')
    with pytest.raises(BootRefused, match=r"\[flag\]: kind must be one of"):
        promised.maps(own)


def test_what_goes_sooner_is_a_lifetime_of_the_policies(tmp_path: Path) -> None:
    own = a_copy(tmp_path, "data_map.toml", 'sooner = ["removed_days"]', 'sooner = ["account"]')
    with pytest.raises(BootRefused, match=r"\[message\]: sooner must be one of"):
        promised.maps(own)


def test_a_file_s_lifetime_is_one_too(tmp_path: Path) -> None:
    own = a_copy(tmp_path, "data_map_files.toml", 'lifetime = "backups_days"', 'lifetime = "soon"')
    with pytest.raises(BootRefused, match="lifetime must be a key"):
        kept_files.load(own)


def test_the_page_ends_with_the_tables_in_every_language(community: Community) -> None:
    numbers = policies.load(POLICIES).retention
    visitor = community.visitor()
    for language in LANGUAGES:
        page = visitor.reads(f"/policies/privacy?lang={language}")
        tables = page[page.index('id="kept"') :]
        assert tables.count("<table") == len(promised.PARTS)
        assert tables.count('<th scope="row">') == len(rows())
        assert str(numbers.ledger_days) in tables
    page = visitor.reads("/policies/privacy")
    assert f"{numbers.messages_days} days (a topic: after its last message)" in page
    assert f"what was taken away: {numbers.removed_days} days" in page
    assert 'id="kept"' not in visitor.reads("/policies/guidelines")


def test_the_page_about_incidents_has_its_numbers_and_is_linked(community: Community) -> None:
    visitor = community.visitor()
    page = visitor.reads("/policies/incidents")
    assert f"copies of the last {policies.load(POLICIES).retention.backups_days} days" in page
    assert "{{" not in page and "English only" not in page
    assert 'href="/policies/incidents' in visitor.reads("/policies/privacy")


def test_a_text_in_another_language_than_its_page_is_set_in_its_own(community: Community) -> None:
    visitor = community.visitor()
    for policy, tongue in (("incidents", "en"), ("guidelines", "ar")):
        page = visitor.reads(f"/policies/{policy}?lang=ar")
        direction = "rtl" if tongue == "ar" else "ltr"
        assert '<html lang="ar" dir="rtl"' in page
        assert f'<article class="policy" lang="{tongue}" dir="{direction}">' in page
        assert ('<p class="aside">' in page) == (tongue == "en"), "and says so"


def test_every_lifetime_of_the_policies_is_told_in_a_row() -> None:
    told = {kind: words([*row.lasts]) for kind, row in rows().items()}
    for name in NAMES:
        assert any(re.search(rf"\b{getattr(ODD, name)}\b", line) for line in told.values()), name
    assert f"what was taken away: {ODD.removed_days} days" in told["messages"]
    assert f"stewards: {ODD.staff_session_hours} hours" in told["sign_ins"]
    assert told["backups"] == f"{ODD.backups_days} days"
