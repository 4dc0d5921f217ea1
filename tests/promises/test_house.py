"""The house stays as it was drawn: floors, languages, catalogues, documented settings."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog, pofile
from babel.messages.mofile import write_mo

from server import places, policies
from server.settings import Settings

ROOT = places.CHECKOUT
CODES = [language.code for language in policies.load(ROOT / "policies").languages if language.code != "en"]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def catalogue_of(code: str) -> Catalog:
    written = (ROOT / "locale" / code / "LC_MESSAGES" / "messages.po").read_bytes()
    return pofile.read_po(io.BytesIO(written), locale=code)


def test_nobody_imports_from_a_higher_floor() -> None:
    result = run("lint-imports", "--no-cache")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("command", [("ruff", "check", "."), ("ruff", "format", "--check", ".")])
def test_the_code_is_tidy(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.returncode == 0, result.stdout


def test_the_types_are_right() -> None:
    result = run("pyright", "--project", "pyproject.toml")
    assert result.returncode == 0, result.stdout


def test_the_templates_are_tidy() -> None:
    result = run("djlint", "templates", "--lint", "--quiet")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_translated(code: str, tmp_path: Path) -> None:
    template = tmp_path / "messages.pot"
    keywords = ["-k", "_", "-k", "say", "-k", "gettext", "-k", "ngettext:1,2"]
    made = run(
        "pybabel",
        "-q",
        "extract",
        "--mapping",
        "pyproject.toml",
        "--no-default-keywords",
        *keywords,
        "-o",
        str(template),
        ".",
    )
    assert made.returncode == 0, made.stderr
    wanted = {message.id for message in pofile.read_po(io.BytesIO(template.read_bytes())) if message.id}
    catalogue = catalogue_of(code)
    found = {message.id: message for message in catalogue if message.id}
    assert len(wanted) > 200
    assert wanted - set(found) == set(), "run locale/update.sh and translate"
    for message in found.values():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), f"not translated: {message.id}"
        assert not message.fuzzy, message.id
        assert list(message.check(catalogue)) == [], message.id


@pytest.mark.parametrize("code", CODES)
def test_the_compiled_catalogue_is_the_written_one(code: str) -> None:
    folder = ROOT / "locale" / code / "LC_MESSAGES"
    compiled = io.BytesIO()
    write_mo(compiled, catalogue_of(code))
    assert compiled.getvalue() == (folder / "messages.mo").read_bytes(), "run locale/update.sh"


def test_every_policy_text_exists_in_every_language() -> None:
    for code in ["en", *CODES]:
        for name in ("community-guidelines.md", "privacy.md"):
            text = (ROOT / "policies" / code / name).read_text("utf-8")
            assert text.startswith("# ")
            left = text
            for number in policies.load(ROOT / "policies").page_numbers():
                left = left.replace("{{ " + number + " }}", "")
            assert "{{" not in left, f"{code}/{name} has a number that the code does not know"


def test_every_setting_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in Settings.model_fields:
        assert f"`BARAZA_{name.upper()}`" in readme


def test_nothing_names_a_machine_or_a_registry() -> None:
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, names):
        path = ROOT / name
        if path.suffix in {".png", ".npz", ".mo"} or not path.is_file():
            continue
        text = path.read_text("utf-8")
        for word in ("/work" + "/main", "/root" + "/.", "index" + "-url", "pypi" + ".org"):
            assert word not in text, f"{name} names {word}"
