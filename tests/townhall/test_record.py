"""The record of a hall: rounded numbers, answers, and promises that everybody can hold against their owners."""

import csv
import io
import re

import pytest

from server.townhall.asking.models import Reason
from server.townhall.polling.models import PollKind
from server.townhall.record import queries
from server.townhall.record.polls import TOO_FEW
from server.townhall.running.closing import close
from tests.people import Community
from tests.townhall.scene import Attendee, HallScene

PROMISE = {
    "said_en": "The path is dark.",
    "do_en": "Four lamps come.",
    "owner": "Shelter team",
    "due_on": "2027-03-01",
    "standing": "planned",
}


@pytest.fixture
def scene(community_on_both: Community) -> HallScene:
    """An open hall."""
    scene = HallScene(community_on_both)
    scene.opens()
    return scene


def asked(scene: HallScene, who: Attendee, words: str, **fields: str):  # type: ignore[no-untyped-def]
    """A question that everybody can read."""
    before = set(scene.waiting())
    who.asks(words, **fields)
    (question,) = set(scene.waiting()) - before
    scene.lets_through(question)
    return question


def answered(scene: HallScene, question, words: str) -> None:  # type: ignore[no-untyped-def]
    """Fatou answers it in the hall."""
    from server.townhall.asking import staging

    with scene.writing() as tx:
        staging.answer(tx, scene.hall, question, "en", words, scene.as_facilitator(tx))


def edit(scene: HallScene, part: str, **fields: str) -> int:
    """Fatou sends a form of the record; gives the status."""
    return scene.fatou.sends(f"/h/{scene.code}/record/{part}", **fields).status_code


def reads(scene: HallScene) -> str:
    """The record as somebody without a seat and an account reads it."""
    return scene.community.browser().get(f"/h/{scene.code}/record", headers={"accept-language": "en"}).text


def test_answered_questions_are_quoted_and_others_only_with_leave(scene: HallScene) -> None:
    amina = scene.attendee()
    well = asked(scene, amina, "Where is the new well?")
    answered(scene, well, "Behind the school.")
    quiet = asked(scene, amina, "Who owns the pump at night?")
    loud = asked(scene, amina, "When does the school open?", quote_ok="yes")
    amina.asks("What nobody let through")
    scene.closes()
    assert edit(scene, "publish") == 409
    for question in (quiet, loud):
        assert edit(scene, f"questions/{question}/owner", owner="School office", due_on="2027-02-01") == 303
    assert edit(scene, "publish") == 303
    page = reads(scene)
    assert "Where is the new well?" in page and "Behind the school." in page and "Macro" not in page
    assert "When does the school open?" in page and "School office" in page
    assert "Who owns the pump" not in page and "Question 2" in page and "What nobody let through" not in page


def test_before_it_is_published_nobody_outside_reads_a_word(scene: HallScene) -> None:
    question = asked(scene, scene.attendee(), "Where is the new well?")
    answered(scene, question, "Behind the school.")
    scene.closes()
    edit(scene, "edit", **PROMISE)
    assert "not published yet" in reads(scene) and "Four lamps" not in reads(scene)
    assert scene.community.browser().get(f"/h/{scene.code}/record/table").status_code == 404


def test_only_whoever_runs_the_hall_writes_it(scene: HallScene) -> None:
    scene.closes()
    amina = scene.community.member("amina")
    for person in (amina, scene.bo):
        assert person.gets(f"/h/{scene.code}/record/edit").status_code == 404
        assert person.sends(f"/h/{scene.code}/record/publish").status_code == 404
        assert person.sends(f"/h/{scene.code}/record/edit", **PROMISE).status_code == 404


def test_an_answer_afterwards_comes_into_the_record_and_ends_the_debt(scene: HallScene) -> None:
    question = asked(scene, scene.attendee(), "When does the school open?", quote_ok="yes")
    scene.closes()
    edit(scene, f"questions/{question}/owner", owner="School office", due_on="2027-02-01")
    edit(scene, "publish")
    assert "Not answered in the hall" in reads(scene)
    assert edit(scene, f"questions/{question}/answer", answer_en="On Monday.") == 303
    assert "On Monday." not in reads(scene)
    edit(scene, "publish")
    assert "On Monday." in reads(scene)
    with scene.community.services.db.reading() as tx:
        (debt,) = queries.commitments_of(tx, scene.hall.id)
        assert debt.standing == "done"


def test_what_cannot_be_done_says_why_and_the_history_stays(scene: HallScene) -> None:
    scene.closes()
    assert edit(scene, "edit", **PROMISE) == 303
    with scene.community.services.db.reading() as tx:
        (promise,) = queries.commitments_of(tx, scene.hall.id)
    change = f"promises/{promise.public_id}"
    assert edit(scene, change, **{**PROMISE, "standing": "doing"}) == 303
    assert edit(scene, change, **{**PROMISE, "standing": "cannot"}) == 409
    assert edit(scene, change, **{**PROMISE, "standing": "cannot", "because_en": "No poles are left."}) == 303
    edit(scene, "publish")
    page = reads(scene)
    assert "No poles are left." in page and "is being done" in page and "planned" in page


def test_small_numbers_are_not_told_and_cannot_be_worked_out(scene: HallScene) -> None:
    amina = scene.attendee()
    for number in range(3):
        amina.asks(f"Something private {number}")
        scene.decides(scene.bo, scene.waiting()[0], "decline", reason=str(Reason.ABOUT_A_PERSON), note="")
    scene.closes()
    edit(scene, "publish")
    with scene.community.services.db.reading() as tx:
        record = queries.record_of(tx, scene.hall.id)
    assert record is not None
    assert record.numbers == {"attended": 0, "asked": 0, "answered": 0, "later": 0, "declined": 3}
    assert "fewer than ten" in reads(scene)


def test_people_are_counted_in_tens_at_the_close(scene: HallScene) -> None:
    for _ in range(17):
        scene.attendee()
    scene.closes()
    with scene.community.services.db.reading() as tx:
        record = queries.record_of(tx, scene.hall.id)
    assert record is not None and record.numbers == {"attended": 20}


def test_the_table_runs_nothing_in_a_spreadsheet(scene: HallScene) -> None:
    question = asked(scene, scene.attendee(), '=HYPERLINK("http://x") and "quotes", commas')
    answered(scene, question, "-1 +1")
    scene.closes()
    edit(scene, "publish")
    answer = scene.community.browser().get(f"/h/{scene.code}/record/table")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    (line,) = [line for line in lines if line[0] == "question"]
    assert line[2].startswith("'=HYPERLINK") and line[3] == "'-1 +1"


def test_results_of_polls_come_in_without_small_numbers(scene: HallScene) -> None:
    openly = scene.polls(title="Which day?")
    quiet = scene.polls(PollKind.YES_NO, sensitive=True, title="Are you afraid at night?")
    for place in range(6):
        attendee = scene.attendee()
        assert attendee.posts(f"polls/{openly}/vote", {"choice": "2"}).status_code == 303
        assert attendee.posts(f"polls/{quiet}/vote", {"choice": "1" if place else "2"}).status_code == 303
    with scene.writing() as tx:
        close(tx, scene.hall, scene.as_facilitator(tx))
    scene.clock_comes_by()
    assert edit(scene, "publish") == 303
    with scene.community.services.db.reading() as tx:
        results = {row.said: row.counts for row in queries.entries_of(tx, scene.hall.id) if row.kind == "poll"}
    assert results["Which day?"] == {"Monday": 0, "Tuesday": 6, "Friday": 0}
    assert results["Are you afraid at night?"] == {"Yes": 5, "No": TOO_FEW, "Not sure": TOO_FEW}
    assert "too few to say" in reads(scene)


def test_publishing_again_after_the_words_are_forgotten_takes_nothing_away(scene: HallScene) -> None:
    question = asked(scene, scene.attendee(), "Where is the new well?")
    answered(scene, question, "Behind the school.")
    scene.closes()
    edit(scene, "publish")
    scene.community.clock.goes_on(days=40)
    scene.clock_comes_by()
    scene.fatou.signs_in("fatou", code=scene.community.code_of("fatou"))
    assert edit(scene, "publish") == 303
    page = reads(scene)
    assert "Behind the school." in page and "Where is the new well?" in page and "Water in the camp" in page


def test_a_hall_that_goes_on_has_no_record(scene: HallScene) -> None:
    assert edit(scene, "publish") == 409 and edit(scene, "edit", **PROMISE) == 409
    assert "written when the hall is over" in scene.fatou.reads(f"/h/{scene.code}/record/edit")


def test_a_record_is_for_those_who_may_read_its_space(community: Community) -> None:
    from sqlalchemy import update
    from sqlmodel import col

    from server.spaces.models import Access, Space

    scene = HallScene(community)
    scene.opens()
    seated = scene.attendee()
    scene.closes()
    edit(scene, "edit", **PROMISE)
    edit(scene, "publish")
    with scene.writing() as tx:
        tx.run(update(Space).where(col(Space.slug) == "questions").values(access=Access.MEMBERS))
    assert community.browser().get(f"/h/{scene.code}/record").status_code == 404
    assert "Four lamps come." in seated.page("/record")
    assert "Four lamps come." in community.member("yara").reads(f"/h/{scene.code}/record")


def test_a_wrong_form_comes_back_with_everything_that_was_typed(scene: HallScene) -> None:
    scene.closes()
    answer = scene.fatou.sends(f"/h/{scene.code}/record/edit", **{**PROMISE, "due_on": "soon"})
    assert answer.status_code == 422
    assert "Four lamps come." in answer.text and re.search(r'href="#due_on"', answer.text)
