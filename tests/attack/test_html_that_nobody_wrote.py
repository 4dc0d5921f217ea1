"""HTML beside a text in an export: what people read is made anew from the text, whatever was written there."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.database import Database
from server.moving import laying, writing
from server.settings import Settings
from server.tables import metadata
from server.web.text import RENDERER, rendered
from tests.attack.exports import CLOCK, is_refused, rows_of, spoiled

FORGED = [
    '<p><a href="/sign-out" rel="nofollow ugc noopener noreferrer"><bdi>read this</bdi></a></p>\n',
    '<p><a href="https://evil.example/" rel="nofollow ugc noopener noreferrer"><bdi>x</bdi></a>'
    ' <span class="domain" dir="ltr">(unhcr.org)</span></p>\n',
    "<p>Words that nobody wrote</p>\n",
]
"""The sanitiser finds nothing to change in any of them."""
PLACES = [
    ("message", "text", "html"),
    ("letter", "text", "html"),
    ("announcement_text", "text", "html"),
    ("announcement_text", "truth", "truth_html"),
    ("space_text", "rules", "rules_html"),
]


def shown(new: Settings, table: str, name: str) -> list[Any]:
    """What the database has there."""
    with closing(Database(new.database)) as db, db.reading() as tx:
        rows = metadata.tables[table]
        return list(tx.look(select(rows.c[name]).order_by(rows.c.id)).scalars())


@pytest.mark.parametrize("html", FORGED)
@pytest.mark.parametrize(("table", "text", "name"), PLACES)
def test_what_is_shown_is_made_from_the_words(
    table: str, text: str, name: str, html: str, target: Settings, folder: Path
) -> None:
    words = "Line **7**, see https://unhcr.org/x"
    spoiled(folder, table, lambda rows: rows[0].update({text: words, name: html}))
    laying.import_(target, folder, at=CLOCK.now())
    assert shown(target, table, name)[0] == str(rendered(words))


@pytest.mark.parametrize("renderer", [0, RENDERER + 1])
def test_no_number_of_a_renderer_keeps_it(renderer: int, target: Settings, folder: Path) -> None:
    spoiled(folder, "message", lambda rows: rows[0].update(text="Hello", html=FORGED[2], renderer=renderer))
    laying.import_(target, folder, at=CLOCK.now())
    assert shown(target, "message", "html")[0] == "<p>Hello</p>\n"
    assert shown(target, "message", "renderer")[0] == RENDERER


def test_what_an_undone_decision_would_put_back_is_made_from_the_words_too(
    target: Settings, folder: Path, tmp_path: Path
) -> None:
    before = {"text": "Call me", "html": FORGED[0], "title": ""}
    _book(folder, "message", before)
    laying.import_(target, folder, at=CLOCK.now())
    [kept] = shown(target, "decision_effect", "before")
    assert kept == {**before, "html": "<p>Call me</p>\n"}
    writing.export(target, tmp_path / "again", clock=CLOCK)
    assert rows_of(tmp_path / "again", "decision_effect")[0]["before"] == kept


@pytest.mark.parametrize("before", [{"html": "<p>x</p>\n"}, {"html": "<p>x</p>\n", "title": ""}], ids=json.dumps)
def test_html_in_the_book_without_its_words(before: dict[str, Any], target: Settings, folder: Path) -> None:
    _book(folder, "message", before)
    is_refused(target, folder, "before is not")


def _book(folder: Path, kind: str, before: dict[str, Any]) -> None:
    decision = (rows_of(folder, "decision") or [{"id": 1}])[0]["id"]
    row = {"id": 1, "decision_id": decision, "kind": kind, "target": 1, "before": before, "after": {}, "wipe_at": None}
    spoiled(folder, "decision_effect", lambda rows: rows.__setitem__(slice(None), [row]))
