"""Reads the demonstration's content: people, spaces, topics, halls."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

CONTENT = resources.files("server.demo") / "content"


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that the demonstration says, as written in its files."""

    spaces: list[dict[str, Any]]
    people: list[dict[str, Any]]
    topics: list[dict[str, Any]]
    information: dict[str, Any]
    help_contacts: list[dict[str, Any]]
    halls: list[dict[str, Any]]


def read() -> Content:
    """The content; topics that go on in another file are one topic."""
    topics: list[dict[str, Any]] = []
    by_title: dict[str, dict[str, Any]] = {}
    for path in sorted((CONTENT / "topics").iterdir(), key=lambda path: path.name):
        if not path.name.endswith(".toml"):
            continue
        for topic in tomllib.loads(path.read_text("utf-8"))["topic"]:
            begun = by_title.get(topic.get("continues", ""))
            if begun is not None:
                begun["message"] += topic["message"]
                continue
            by_title[topic["title"]] = topic
            topics.append(topic)
    information = tomllib.loads((CONTENT / "information.toml").read_text("utf-8"))
    contacts = _listed("help_contacts", "contact")
    halls = _listed("halls", "hall")
    return Content(_listed("spaces", "space"), _listed("people", "person"), topics, information, contacts, halls)


def _listed(file: str, key: str) -> list[dict[str, Any]]:
    return tomllib.loads((CONTENT / f"{file}.toml").read_text("utf-8"))[key]
