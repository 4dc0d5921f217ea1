"""The desks' account: bands from ten on, once a month, and nothing in it that tells of one case."""

import json
from collections.abc import Sequence
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
from server.private.facts import Facts, State, half_day
from server.private.routing import Excluded
from server.transparency import desks
from tests.people import Community
from tests.private.scene import Scene

FIRST = datetime(2026, 4, 1, 0, 5, tzinfo=UTC)
IN_MARCH = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture
def account(scene: Scene, tmp_path: Path) -> Counting:
    return Counting(scene.work.db, scene.work.vault, scene.work.reporting, tmp_path / "told")


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
        made = Counting(scene.work.db, scene.work.vault, scene.work.reporting, tmp_path / str(number))
        made.run(FIRST)
        worlds.append((tmp_path / str(number) / counting.FILE_NAME).read_bytes())
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
