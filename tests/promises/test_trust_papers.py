"""What the papers for auditors say can be found: every file, every test, and every requirement exactly once."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.places import CHECKOUT

ASVS = CHECKOUT / "policies" / "en" / "asvs.md"
PAPERS = (ASVS, CHECKOUT / "SECURITY.md")
SECTIONS = {  # the chapters of ASVS 5.0.0, and how many requirements each of their sections has
    1: (2, 10, 12, 3, 3),
    2: (3, 3, 5, 2),
    3: (1, 3, 5, 8, 8, 1, 5),
    4: (5, 5, 2, 4),
    5: (1, 6, 3, 3),
    6: (3, 12, 8, 6, 8, 4, 2, 4),
    7: (3, 4, 2, 5, 3, 2),
    8: (4, 4, 3, 2),
    9: (3, 4),
    10: (2, 3, 5, 16, 5, 2, 3),
    11: (4, 5, 5, 4, 2, 2, 2),
    12: (5, 2, 5),
    13: (4, 6, 4, 7),
    14: (2, 8, 3),
    15: (5, 5, 7, 4),
    16: (1, 5, 4, 3, 4),
    17: (2, 8, 2),
}
OF_LEVEL_THREE = 92
NOT_MET, ON_PURPOSE, OPERATOR, NOT_APPLYING = (
    "**Not met",
    "**Not met, on purpose:**",
    "**Operator:**",
    "Does not apply: ",
)
SUFFIXES = (".md", ".toml", ".lock", ".py", ".html", ".js")
COMMANDS = ("baraza ", "./baraza ")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    numbers: str
    asked: str
    met: str
    proved: str

    def each(self) -> Iterator[str]:
        """The requirements that it answers."""
        for part in self.numbers.removesuffix(" (3)").split(", "):
            first, _, last = part.partition("–")
            section, _, start = first.rpartition(".")
            assert not last or last.rpartition(".")[0] == section, part
            for number in range(int(start), int(last.rpartition(".")[2] or start) + 1):
                yield f"{section}.{number}"


def lines(paper: str) -> list[Line]:
    rows = [row for row in paper.splitlines() if re.match(r"\| \d", row)]
    return [Line(*(cell.strip() for cell in row.strip("|").split(" | "))) for row in rows]


def listed(paper: str, heading: str) -> list[tuple[str, str]]:
    """What stands in the list under a heading."""
    part = paper.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^- \*\*(.+?)\*\* (.+)$", part, re.MULTILINE)


def of(kind: str, found: Sequence[Line]) -> list[Line]:
    return [line for line in found if line.met.startswith(kind)]


def named(paper: Path) -> set[str]:
    """Every path in code marks and every link to a file, from the root."""
    text = paper.read_text("utf-8")
    marked = {name for name in re.findall(r"`([^`\n]+)`", text) if "/" in name or name.endswith(SUFFIXES)}
    linked = {
        str((paper.parent / target).resolve().relative_to(CHECKOUT)) for target in re.findall(r"\]\(([^)#]+)", text)
    }
    return {name for name in marked | linked if not name.startswith((*COMMANDS, "/"))}


@pytest.fixture(scope="module")
def paper() -> str:
    return ASVS.read_text("utf-8")


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.name)
def test_every_file_and_every_test_that_a_paper_names_is_there(path: Path) -> None:
    names = named(path)
    assert len(names) > 5
    for name in sorted(names):
        file, _, test = name.partition("::")
        assert (CHECKOUT / file).exists(), f"{path.name} names {file}"
        if test:
            assert re.search(
                rf"^(async )?def {re.escape(test)}\(", (CHECKOUT / file).read_text("utf-8"), re.MULTILINE
            ), name


def test_every_requirement_stands_in_the_table_once(paper: str) -> None:
    wanted = {
        f"{chapter}.{section}.{number}"
        for chapter, sizes in SECTIONS.items()
        for section, size in enumerate(sizes, 1)
        for number in range(1, size + 1)
    }
    assert len(wanted) == 345
    found = Counter(number for line in lines(paper) for number in line.each())
    assert set(found) == wanted
    assert [number for number, times in found.items() if times > 1] == []
    assert sum(len([*line.each()]) for line in lines(paper) if line.numbers.endswith(" (3)")) == OF_LEVEL_THREE


def test_every_line_has_an_answer(paper: str) -> None:
    for line in lines(paper):
        assert len(line.asked) > 3, line.numbers
        assert len(line.met.partition(":**")[2] or line.met) > 10, line.numbers
        if line.met.startswith((NOT_MET, OPERATOR)):
            assert line.proved, line.numbers
        else:  # who says that it is met says how one knows
            assert line.proved == "reading" or "tests/" in line.proved, line.numbers
            assert "`" in line.met or line.met.startswith((NOT_APPLYING, "There ", "None ")), line.numbers


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Not met, the most serious first", NOT_MET),
        ("Not met on purpose", ON_PURPOSE),
        ("Left to the operator", OPERATOR),
    ],
)
def test_the_lists_on_top_are_those_of_the_table(paper: str, heading: str, kind: str) -> None:
    wanted = [line for line in of(kind, lines(paper)) if kind == ON_PURPOSE or not line.met.startswith(ON_PURPOSE)]
    top = listed(paper, heading)
    assert len(top) > 3
    assert sorted(top) == sorted((line.numbers, line.asked) for line in wanted)


def test_the_numbers_in_front_are_counted(paper: str) -> None:
    found = lines(paper)
    missed, operator, rest = of(NOT_MET, found), of(OPERATOR, found), of(NOT_APPLYING, found)
    met = len(found) - len(missed) - len(operator) - len(rest)
    told = [
        f"of {len(found)} lines (345 requirements), {met} are met, {len(missed)} are not met",
        f"({len(of(ON_PURPOSE, found))} of them on purpose), {len(operator)} are the operator's,",
        f"{len(rest)} do not apply.",
    ]
    assert " ".join(told) in paper
