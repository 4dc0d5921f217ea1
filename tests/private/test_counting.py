"""The desks' account: bands from ten on, once a month, and nothing in it that tells of one case."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.private import counting, records
from server.private.counting import LEAST, Counting, band, last_month
from server.private.desks import Topic
from server.private.facts import Facts, State, Support, half_day
from server.private.forgetting import Forgetting
from server.private.routing import Excluded
from server.transparency import desks
from tests.people import Community
from tests.private.scene import Scene

FIRST = datetime(2026, 4, 1, 0, 5, tzinfo=UTC)
IN_MARCH = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture
def account(scene: Scene, tmp_path: Path) -> Counting:
    return counting_in(scene, tmp_path)


def counting_in(scene: Scene, folder: Path) -> Counting:
    """It has told nothing yet."""
    folder.mkdir(exist_ok=True)
    work = scene.work
    noted = Forgetting(folder, work.vault.pepper, now=scene.clock.now, revocations=list, successions=list)
    return Counting(work.db, work.vault, work.reporting, noted, folder / "told")


def closed(scene: Scene, count: int, *, topic: Topic = Topic.SEA, **facts: object) -> list[Facts]:
    """So many cases of a desk, closed in March with these facts."""
    known = {"state": State.CLOSED, "closed": half_day(IN_MARCH), "acknowledged": half_day(IN_MARCH), **facts}
    done: list[Facts] = []
    for _ in range(count):
        _, reporter = scene.filed("One of many.", topic=topic)
        with scene.work.db.transaction() as tx:
            case = records.case_by_receipt(tx, scene.work.vault, reporter.lookup)
            assert case is not None
            done.append(records.keep(tx, scene.work.vault, case, case.facts.changed(**known)).facts)
    return done


def told(account: Counting, at: datetime = FIRST) -> dict[str, object]:
    return account.account(last_month(at.date()), at=at).content()


def test_nine_are_never_told_and_ten_are_told_as_a_band(scene: Scene, account: Counting) -> None:
    closed(scene, 9)
    assert told(account)["desks"] == {}
    closed(scene, 1)
    assert told(account)["desks"] == {"sea": [["answered", "later", "10-19"]]}
    assert [band(count) for count in (0, 9, 10, 19, 20, 99, 100, 5000)] == [
        "", "", "10-19", "10-19", "20-49", "50-99", "100+", "100+",
    ]  # fmt: skip


def test_a_desk_is_told_in_the_finest_way_in_which_every_number_is_large_enough(
    scene: Scene, account: Counting
) -> None:
    closed(scene, 10, outcome="outcome_substantiated")
    closed(scene, 10, outcome="outcome_insufficient")
    assert told(account)["desks"] == {
        "sea": [["outcome_insufficient", "later", "10-19"], ["outcome_substantiated", "later", "10-19"]]
    }
    [late] = closed(scene, 1, outcome="outcome_out_of_scope")
    assert told(account)["desks"] == {"sea": [["", "later", "20-49"]]}, "one more, and the outcomes are not told"
    closed(scene, 1, acknowledged=late.opened)
    assert told(account)["desks"] == {"sea": [["", "", "20-49"]]}


def test_whoever_is_left_out_reads_the_same_account_in_both_worlds(scene: Scene, tmp_path: Path) -> None:
    """Cleo counts ten on her own list; a case from which she is left out must not make the number another one."""
    closed(scene, 10)
    worlds: list[bytes] = []
    for number in range(2):
        counting_in(scene, tmp_path / str(number)).run(FIRST)
        worlds.append((tmp_path / str(number) / "told" / counting.FILE_NAME).read_bytes())
        for _ in range(12):
            _, reporter = scene.filed("About her.", excluded=Excluded(organisation="Harbour Refugee Support"))
            with scene.work.db.transaction() as tx:
                case = records.case_by_receipt(tx, scene.work.vault, reporter.lookup)
                assert case is not None and not case.facts.counts
                ended = case.facts.changed(state=State.CLOSED, closed=half_day(IN_MARCH))
                records.keep(tx, scene.work.vault, case, ended)
    assert worlds[0] == worlds[1]
    assert b"10-19" in worlds[0]


def test_a_month_is_told_once_and_filing_changes_nothing_in_it(scene: Scene, account: Counting, tmp_path: Path) -> None:
    path = tmp_path / "told" / counting.FILE_NAME
    closed(scene, 12)
    account.run(FIRST)
    first = path.read_bytes()
    assert [one["month"] for one in json.loads(first)] == ["2026-03"]
    closed(scene, 30)  # closed late, said to be of March
    for days in range(30):
        account.run(FIRST + timedelta(days=days))
        assert path.read_bytes() == first
    account.run(FIRST + timedelta(days=31))
    assert [one["month"] for one in json.loads(path.read_bytes())] == ["2026-03", "2026-04"]
    assert json.loads(path.read_bytes())[0] == json.loads(first)[0]
    assert json.loads(path.read_bytes())[1]["desks"] == {}, "no case of March is told again in April"


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_text("[]"), lambda path: path.write_text("{")])
def test_a_month_is_not_told_again_when_somebody_takes_the_file_away(
    scene: Scene, account: Counting, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    """Two accounts of one month, held against each other, could tell of what was changed between them."""
    path = tmp_path / "told" / counting.FILE_NAME
    closed(scene, 19)
    account.run(FIRST)
    harm(path)
    before = path.read_bytes() if path.exists() else b""
    closed(scene, 1)
    for days in range(29):
        account.run(FIRST + timedelta(days=days))
        assert (path.read_bytes() if path.exists() else b"") == before
    account.run(FIRST + timedelta(days=31))
    assert [one["month"] for one in json.loads(path.read_bytes())] == ["2026-04"]


def test_a_file_that_was_written_before_it_could_be_noted_is_noted_then(
    scene: Scene, account: Counting, tmp_path: Path
) -> None:
    path, other = tmp_path / "told" / counting.FILE_NAME, tmp_path / "other"
    counting_in(scene, other).run(FIRST)
    path.parent.mkdir()
    path.write_bytes((other / "told" / counting.FILE_NAME).read_bytes())
    account.run(FIRST)
    path.unlink()
    account.run(FIRST)
    assert not path.exists()


BY_WHOM = ("the desk", "the reporter")


@pytest.mark.parametrize("who", BY_WHOM)
@pytest.mark.parametrize(("again_in", "counted"), [(IN_MARCH, ["2026-03"]), (FIRST, [])])
def test_a_case_that_is_closed_twice_stands_in_one_account_at_most(
    scene: Scene, account: Counting, who: str, again_in: datetime, counted: list[str]
) -> None:
    """It stood in the one of March already, if it was opened again after March."""
    closed(scene, 9)
    closed(scene, 9, closed=half_day(FIRST))
    _, reporter = scene.filed("Closed twice.")
    work, cleo = scene.work, scene.people["cleo"].me
    with work.db.transaction() as tx:
        case = records.case_by_receipt(tx, work.vault, reporter.lookup)
        assert case is not None
        ended = case.facts.changed(state=State.CLOSED, closed=half_day(IN_MARCH), support=Support.DECLINED)
        records.keep(tx, work.vault, case, ended)
    if who == "the desk":
        work.casework.move(cleo, ended.alias, State.REOPENED, "So.", at=again_in)
    else:
        work.conversations.add(reporter, "One more thing.", at=again_in)
    for state in (State.TRIAGE, State.FEEDBACK_GIVEN, State.CLOSED):
        work.casework.move(cleo, ended.alias, state, "So.", at=again_in)
    months = {month: told(account, at) for month, at in {"2026-03": FIRST, "2026-04": FIRST + timedelta(30)}.items()}
    assert [month for month, one in months.items() if one["desks"]] == counted


def test_those_who_wait_too_long_are_told_from_ten_on(scene: Scene, account: Counting) -> None:
    for _ in range(9):
        scene.filed("Nobody answers.")
    assert told(account)["overdue"] == ""
    scene.filed("Nobody answers.")
    assert told(account)["overdue"] == "10-19"
    for _ in range(12):
        scene.filed("Nobody answers.", excluded=Excluded(role="manager"))
    assert told(account)["overdue"] == "10-19"


CASES = st.lists(
    st.tuples(st.sampled_from(["", "outcome_substantiated", "outcome_insufficient"]), st.sampled_from([1, 10, 40])),
    max_size=60,
)
LIKE = Facts(
    alias="A", desk="sea", topic="sea", language="en", opened=0, reporter_public=b"", reporter_verify=b"",
    case_public=b"", filing=b"", state=State.CLOSED, counts=True,
)  # fmt: skip


def _counted(cases: Sequence[tuple[str, int]]) -> list[Facts]:
    return [replace(LIKE, outcome=outcome, acknowledged=half) for outcome, half in cases]


@given(CASES)
def test_the_numbers_of_a_desk_never_overlap_and_none_is_small(cases: list[tuple[str, int]]) -> None:
    """Each case stands in one number at most, so no two of them can be taken from each other."""
    known = _counted(cases)
    lines = counting._finest(known)
    cells = [(outcome, soon) for outcome, soon, _ in lines]
    assert len(set(cells)) == len(cells)
    for one, other in product(cells, cells):
        alike = all(not a or not b or a == b for a, b in zip(one, other, strict=True))
        assert alike is (one == other), "a total beside its parts would tell what is left"
    for outcome, soon, words in lines:
        inside = [one for one in known if outcome in ("", counting._outcome(one)) and soon in ("", counting._soon(one))]
        assert len(inside) >= LEAST and words == band(len(inside))
    assert sum(
        any(o in ("", counting._outcome(one)) and s in ("", counting._soon(one)) for o, s in cells) for one in known
    ) in (0, len(known))


def test_the_public_page_tells_it_and_survives_a_file_that_is_not_ours(community: Community) -> None:
    folder = community.services.told_dir
    folder.mkdir(exist_ok=True)
    path = folder / desks.FILE_NAME
    page = community.visitor().reads("/transparency")
    assert "Fewer than ten at each desk" in page
    month = {"month": "2026-02", "desks": {"sea": [["answered", "2_days", "10-19"]]}, "overdue": "20-49"}
    for raw in (
        "[",
        "{}",
        '[{"month": "<b>"}]',
        '[{"month": "2026-02"}]',
        json.dumps([{**month, "desks": {"x": [1]}}]),
    ):
        path.write_text(raw)
        assert desks.lines(folder) == []
        desks.overdue(folder)
    path.write_text(json.dumps([{"month": "2026-01", "desks": {}, "overdue": ""}, month]))
    community.services.fragments.clear()
    page = community.visitor().reads("/transparency")
    assert "10 to 19" in page and "within 2 days" in page and "end of 2026-02: 20 to 49" in page
