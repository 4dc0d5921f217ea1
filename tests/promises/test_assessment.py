"""The impact assessment and the register are made from the maps, overwrite nothing, and say what a person must add."""

import csv
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server import policies, promised
from server.assessment import flows, measures, register
from server.assessment.writing import assessment, write_assessment, write_register
from server.cli import app
from server.errors import BootRefused
from server.places import CHECKOUT
from server.privacy import Kind

POLICIES = CHECKOUT / "policies"
DAY = date(2027, 3, 1)


@pytest.fixture(scope="module")
def paper() -> str:
    """The assessment of the policies that ship."""
    return assessment(promised.maps(POLICIES), policies.load(POLICIES), on=DAY)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of policies that a test may change."""
    folder = tmp_path / "policies"
    shutil.copytree(POLICIES, folder)
    return folder


def changed(folder: Path, file: str, written: str, instead: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert written in text
    (folder / file).write_text(text.replace(written, instead, 1), "utf-8")


def test_the_command_writes_both_says_where_and_overwrites_nothing(tmp_path: Path) -> None:
    page, sheet = tmp_path / "dpia.html", tmp_path / "register.csv"
    words = ["check", "--data", str(tmp_path / "var"), "--dpia", str(page), "--register", str(sheet)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert str(page) in done.output and str(sheet) in done.output
    page.write_text("what somebody filled in")
    again = CliRunner().invoke(app, words)
    assert isinstance(again.exception, BootRefused)
    assert "is there already" in str(again.exception)
    assert page.read_text() == "what somebody filled in"
    with pytest.raises(BootRefused, match="is there already"):
        write_register(POLICIES, sheet)


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BootRefused, match="cannot be written"):
        write_assessment(POLICIES, tmp_path / "nowhere" / "dpia.html")


def test_it_stands_alone_and_is_light(paper: str) -> None:
    assert not re.search(r"<script|<link|<img|@import|\son[a-z]+=|javascript:", paper)
    assert set(re.findall(r"(?:href|src)=\"(.)", paper)) == {"#"}
    assert not re.search(r"url\((?!#)", paper)
    assert "default-src 'none'" in paper
    assert "@media print" in paper
    assert len(paper.encode()) < 150_000


def test_it_tells_every_activity_table_and_file(paper: str) -> None:
    maps = promised.maps(POLICIES)
    for kind in Kind:
        assert paper.count(f'id="activity-{kind}"') == 1
    for name in [*maps.community.tables, *maps.private.tables, *(file.path for file in maps.files)]:
        assert f"<code>{name}</code>" in paper
    assert f"Made on {DAY.isoformat()}" in paper
    assert policies.load(POLICIES).version in paper


def test_it_says_the_numbers_of_this_installation(own: Path, tmp_path: Path) -> None:
    changed(own, "retention.toml", "letters_days = 90", "letters_days = 12345")
    changed(own, "data_map_files.toml", '["keys/*"]\nabout = "The', '["keys/*"]\nabout = "Our own <b>')
    write_assessment(own, tmp_path / "dpia.html")
    text = (tmp_path / "dpia.html").read_text("utf-8")
    assert "12345 days" in text
    assert "Our own &lt;b&gt;" in text


def test_a_map_that_says_less_than_the_tables_makes_no_paper(own: Path, tmp_path: Path) -> None:
    line = next(one for one in (own / "data_map.toml").read_text("utf-8").splitlines() if one.startswith("totp_step"))
    changed(own, "data_map.toml", line + "\n", "")
    with pytest.raises(BootRefused, match=r"member\.totp_step has no entry"):
        write_assessment(own, tmp_path / "dpia.html")
    with pytest.raises(BootRefused, match=r"member\.totp_step has no entry"):
        write_register(own, tmp_path / "register.csv")
    assert not (tmp_path / "dpia.html").exists()


@pytest.mark.parametrize(
    "title",
    [
        "Controller",
        "Data protection officer",
        "Transfers",
        "Why this place is needed",
        "Why no less data would do",
        "Consultation",
        "Residual risk",
    ],
)
def test_what_only_people_know_is_left_to_them(paper: str, title: str) -> None:
    part = paper.split(f"<h3>{title} <span", 1)[1].split("</div>", 1)[0]
    assert "the operator fills this in" in part
    assert part.rstrip().endswith('<div class="room">') or part.rstrip().endswith('<div class="room low">')


def test_two_people_sign(paper: str) -> None:
    signatures = paper.split("<h3>Signatures", 1)[1].split("</table>", 1)[0]
    assert signatures.split("<tbody>")[1].count("<tr>") == 2


def test_seven_adversaries_and_every_measure_is_carried_by_a_file_that_exists(paper: str) -> None:
    assert len(measures.ADVERSARIES) == 7
    every = [*measures.EVERYWHERE, *(one for adversary in measures.ADVERSARIES for one in adversary.measures)]
    for measure in every:
        assert measure.carried_by, measure.what
        for path in measure.carried_by:
            assert (CHECKOUT / path).is_file(), path
            assert f"<code>{path}</code>" in paper
    for adversary in measures.ADVERSARIES:
        assert adversary.not_protected.endswith(".")


def test_the_register_has_a_line_for_every_column(own: Path, tmp_path: Path) -> None:
    changed(own, "retention.toml", "letters_days = 90", "letters_days = 12345")
    write_register(own, tmp_path / "register.csv", on=DAY)
    with (tmp_path / "register.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    maps = promised.maps(own)
    wanted = {
        (database, name, column)
        for database, data_map in (("community", maps.community), ("private", maps.private))
        for name, table in data_map.tables.items()
        for column in table.columns
    }
    assert {(row["database"], row["table"], row["column"]) for row in rows} == wanted
    assert len(rows) == len(wanted)
    assert all(all(row[name] for name in register.HEADINGS) for row in rows)
    letter = next(row for row in rows if row["lifetime"] == "12345 days")
    assert letter["legal_ground"] == "contract"


def test_the_drawing_is_counted_from_the_maps(own: Path) -> None:
    before = _lines(flows.drawing(promised.maps(POLICIES)), flows.COMMUNITY_DATA)
    line = next(one for one in (own / "data_map.toml").read_text("utf-8").splitlines() if one.startswith("totp_step"))
    changed(own, "data_map.toml", line + "\n", "")
    after = _lines(flows.drawing(promised.maps(own)), flows.COMMUNITY_DATA)
    count = sum(len(table.columns) for table in promised.maps(POLICIES).community.tables.values())
    assert f"{count} columns" in before
    assert f"{count - 1} columns" in after


def test_no_line_of_the_drawing_crosses_a_box_and_all_is_on_the_sheet() -> None:
    drawing = flows.drawing(promised.maps(POLICIES))
    for box in drawing.boxes:
        assert box.x >= 0 and box.x + box.width <= drawing.width
        assert box.y >= 0 and box.y + box.height <= drawing.height
        for words in box.lines:
            assert len(words) * 7 <= box.width, words
    for arrow in drawing.arrows:
        for x, y in _points(arrow.path):
            for box in drawing.boxes:
                inside = box.x < x < box.x + box.width and box.y < y < box.y + box.height
                assert not inside, (arrow.sender, arrow.receiver, box.name)


def _lines(drawing: flows.Drawing, name: str) -> str:
    return " ".join(next(box.lines for box in drawing.boxes if box.name == name))


def _points(path: str) -> list[tuple[float, float]]:
    """A hundred points on each piece of a path of M, L, H and V."""
    corners: list[tuple[float, float]] = []
    for letter, numbers in re.findall(r"([MLHV])([-\d ]+)", path):
        values = [float(one) for one in numbers.split()]
        x, y = corners[-1] if corners else (0.0, 0.0)
        corners.append({"H": (values[0], y), "V": (x, values[0])}.get(letter) or (values[0], values[1]))
    pieces = zip(corners, corners[1:], strict=False)
    return [(a + (c - a) * k / 100, b + (d - b) * k / 100) for (a, b), (c, d) in pieces for k in range(101)]
