"""An operator asks for Detoxify: what the server says and does when its folder is there, or is not."""

from pathlib import Path

import pytest

from moderation import embedded
from moderation.detoxified import folder
from moderation.detoxified.folder import Imported
from server import operating
from server.app import build
from server.findings import Finding, findings
from server.settings import Settings, load
from tests.doubles import quick_passwords


@pytest.fixture
def data(tmp_path: Path) -> Path:
    operating.first_start(
        Settings(data_dir=tmp_path / "var"), slug="welcome", name="Welcome", host="", languages=["en"], timezone="UTC"
    )
    return tmp_path / "var"


def imported(where: Path) -> Imported:
    where.mkdir()
    for name in (folder.NETWORK, folder.TOKENIZER, folder.WEIGHTS):
        (where / name).write_bytes(name.encode())
    checksums = {name: folder.digest_of(where / name) for name in (folder.NETWORK, folder.TOKENIZER, folder.WEIGHTS)}
    about = Imported("detoxify-en-test", "int8", ("toxicity",), ("en",), 512, (0,), (2,), 1, checksums)
    folder.written(where, about)
    return about


def judge_of(data: Path, **settings: object) -> Finding:
    (data / "baraza.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in settings.items()))
    return next(each for each in findings(data) if each.part == "classifier")


def test_check_names_the_judge(data: Path) -> None:
    assert judge_of(data).fine
    assert judge_of(data).sentence == embedded.load().name
    imported(data / "detoxify")
    found = judge_of(data, classifier="detoxify")
    assert found.fine
    assert found.sentence.startswith("detoxify-en-test for en;")
    assert embedded.load().name in found.sentence


def test_check_finds_a_folder_that_is_missing_or_was_changed(data: Path, tmp_path: Path) -> None:
    assert not judge_of(data, classifier="detoxify").fine
    imported(tmp_path / "elsewhere")
    assert judge_of(data, classifier="detoxify", detoxify=tmp_path / "elsewhere").fine
    (tmp_path / "elsewhere" / folder.NETWORK).write_bytes(b"other")
    assert not judge_of(data, classifier="detoxify", detoxify=tmp_path / "elsewhere").fine


def test_without_its_folder_the_embedded_model_judges_in_its_place(data: Path) -> None:
    house = build(load({"BARAZA_CLASSIFIER": "detoxify"}, data_dir=data), passwords=quick_passwords)
    verdict = house.services.screen("My children go to school every day and they like it.", None)
    assert verdict.model == embedded.load().name
    assert verdict.scores is not None
