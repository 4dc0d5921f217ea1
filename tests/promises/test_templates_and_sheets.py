"""What the pages are made of: templates that compile, sheets that serve both directions, settings that are told."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, meta, nodes

from server.places import CHECKOUT
from server.settings import PREFIX, Settings
from server.web.shelf import COMMENT, TYPES

TEMPLATES = CHECKOUT / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
SHEETS = sorted((CHECKOUT / "static" / "css").rglob("*.css"))
SCRIPTS = sorted((CHECKOUT / "static" / "js").glob("*.js"))
ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
ROOM, ROOM_BASE = "private/", "private/base.html"
"""Every page of the private room has the same title, so that it says nothing in the phone's list of pages."""
STANDALONE = (
    "assessment/dpia.html",
    "away.html",
    "neutral.html",
    "townhall/list.html",
    "townhall/stage.html",
    "own_data/copy.html",
    "townhall/captions_frame.html",
    "townhall/transcript.html",
)
"""Pages that share nothing with the others, on purpose."""


def source(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def markup(name: str) -> str:
    """The template without its comments."""
    return re.sub(r"\{#.*?#\}", "", source(name), flags=re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_and_leans_on_templates_that_exist(name):
    ENVIRONMENT.compile(source(name), name)
    for other in meta.find_referenced_templates(ENVIRONMENT.parse(source(name))):
        assert other is not None, "a name that is not known before the page is made"
        assert other in NAMES


@pytest.mark.parametrize("name", [n for n in NAMES if "/_" not in n and not n.startswith(("_", "macros/"))])
def test_a_page_has_a_title_and_one_heading(name):
    if name in ("base.html", ROOM_BASE, *STANDALONE):
        assert "<title>" in source(name)
        return
    tree = ENVIRONMENT.parse(source(name))
    assert any(isinstance(node, nodes.Extends) for node in tree.body)
    wanted = {"main"} if name.startswith(ROOM) else {"title", "main"}
    assert wanted <= {block.name for block in tree.find_all(nodes.Block)}
    assert len(re.findall(r"<h1\b", markup(name))) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_template_holds_no_script_no_style_and_marks_nothing_as_safe(name):
    text = markup(name)
    assert not re.search(r"\|\s*(safe|forceescape|unescape)\b", text)
    assert not re.search(r"autoescape|\bMarkup\b", text)
    assert not re.search(r"<style\b|\sstyle\s*=", text, re.IGNORECASE)
    assert not re.search(r"\son[a-z]+\s*=", re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL), re.IGNORECASE)
    assert not re.search(r"javascript:|vbscript:|data:text", text, re.IGNORECASE)
    for script in re.findall(r"<script\b[^>]*>.*?</script>", text, re.DOTALL | re.IGNORECASE):
        assert re.fullmatch(r"<script type=\"module\" src=\"\{\{ asset\('[a-z_]+\.js'\) \}\}\"></script>", script)
    assert not re.search(r"(src|href)=\"(https?:)?//", text), "nothing is loaded from elsewhere"


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_an_attribute_is_quoted(name):
    """An unquoted attribute is the one place where escaping does not help."""
    assert not re.search(r"\s[a-z-]+=\{\{", markup(name))


@pytest.mark.parametrize("name", [n for n in NAMES if "<form" in source(n)])
def test_every_form_that_sends_carries_the_token_except_leaving(name):
    for form in re.findall(r"<form\b.*?</form>", markup(name), re.DOTALL):
        if 'method="post"' in form and "url('leave')" not in form and 'value="leave"' not in form:
            wanted = "{{ hidden(token, " if name.startswith(ROOM) else "{{ form_token }}"
            assert wanted in form, form[:80]


def test_the_room_s_hidden_fields_hold_the_token():
    assert '<input type="hidden" name="form_token" value="{{ token }}">' in source("private/_form.html")


KEPT_FILE = "townhall/transcript.html"
"""A file to keep: it speaks the language of what was said, not that of whoever fetches it."""


def test_the_pages_are_in_one_language_and_direction():
    for name in ("base.html", ROOM_BASE, *STANDALONE):
        if name == KEPT_FILE:
            assert re.search(r'<html lang="\{\{ stream\.language \}\}" dir="\{\{ stream\.dir \}\}">', source(name))
            continue
        assert re.search(r'<html lang="\{\{ language\.code \}\}" dir="\{\{ language\.dir \}\}">', source(name))


PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right|top|bottom|width|height|(?:min|max)-(?:width|height)"
    r"|overflow-[xy]|overscroll-behavior-[xy])\s*:|(?<![\w-])(?:margin|padding|inset):(?:[ \t]+[^;{}\s]+){4}"
)
PHYSICAL_VALUES = re.compile(r"(?:text-align|float|clear|caption-side):\s*(?:left|right|top|bottom)\b")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_sheet_knows_no_left_and_no_right(sheet: Path):
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"@(?:media|container|supports)[^{]*", "", text)
    assert PHYSICAL.findall(text) == []
    assert PHYSICAL_VALUES.findall(text) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_sheet_loads_nothing(sheet: Path):
    text = sheet.read_text("utf-8")
    assert "@import" not in text
    assert not re.search(r"url\(", text)
    assert "!important" not in text or sheet.name == "base.css"


def test_the_lookout_for_sides_sees_them():
    for line in (
        "margin-left: 1px;",
        "left: 0;",
        "width: 5px;",
        "border-top-left-radius: 1px;",
        "margin: 1px 2px 3px 4px;",
    ):
        assert PHYSICAL.search(line), line
    for line in ("margin-inline-start: 1px;", "inline-size: 5px;", "border-inline-width: 1px;", "inset-inline: 0;"):
        assert not PHYSICAL.search(line), line


def test_every_setting_is_told_in_the_readme():
    readme = CHECKOUT / "README.md"
    assert readme.is_file(), "README.md is missing"
    text = readme.read_text("utf-8")
    missing = [PREFIX + name.upper() for name in Settings.model_fields if PREFIX + name.upper() not in text]
    assert missing == []


def test_the_readme_tells_of_no_setting_that_does_not_exist():
    readme = CHECKOUT / "README.md"
    assert readme.is_file(), "README.md is missing"
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    told = set(re.findall(r"BARAZA_[A-Z_]+[A-Z]", readme.read_text("utf-8")))
    assert told - known == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.name for path in SCRIPTS])
def test_a_script_is_sent_without_its_comments_and_otherwise_as_it_is(path: Path) -> None:
    """Comments are known by how a line begins, so no text may go over a line's end."""
    written = path.read_text("utf-8")
    assert all(line.count("`") % 2 == 0 for line in written.splitlines())
    sent = COMMENT.sub(b"", path.read_bytes()).decode()
    assert not re.search(r"^\s*(//|/\*\*[^/]*$)", sent, re.MULTILINE)
    left, block = [], False
    for line in written.splitlines():
        begins = line.strip()
        block = block or (begins.startswith("/**") and (begins.endswith("*/") or "*/" not in begins))
        if not block and not begins.startswith("//"):
            left.append(line)
        block = block and not begins.endswith("*/")
    assert sent.splitlines() == left


def test_every_file_that_is_text_says_in_which_letters():
    """A browser that guesses can be led to read one text as another."""
    assert len(TYPES) >= 3
    for kind in TYPES.values():
        assert kind.endswith("; charset=utf-8"), kind
