"""Polls: one seat has one ballot, results are hidden until their moment, small numbers of sensitive ones for ever."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import text

from server.database import Transaction
from server.errors import Refused
from server.permissions import Role
from server.townhall.halls.states import Results
from server.townhall.polling import rules
from server.townhall.polling.models import PollKind
from server.townhall.polling.views import PollView, all_polls, poll_views
from tests.people import Community
from tests.townhall.scene import Attendee, HallScene


@pytest.fixture
def scene(community: Community) -> HallScene:
    made = HallScene(community)
    made.opens()
    return made


@pytest.fixture
def on_both(community_on_both: Community) -> HallScene:
    made = HallScene(community_on_both)
    made.opens()
    return made


def votes(attendee: Attendee, poll: UUID, *chosen: int) -> int:
    fields = {f"chosen_{position}": "yes" for position in chosen} if len(chosen) != 1 else {"choice": str(chosen[0])}
    return attendee.posts(f"polls/{poll}/vote", fields).status_code


def counts(scene: HallScene, poll: UUID) -> list[int]:
    """As the rows stand."""
    rows = (
        "SELECT o.count FROM hall_option o JOIN hall_poll p ON o.poll_id = p.id WHERE p.public_id = :id "
        "ORDER BY o.position"
    )
    with scene.community.services.db.reading() as tx:
        return list(tx.session.execute(text(rows), {"id": key(tx, poll)}).scalars())


def key(tx: Transaction, poll: UUID) -> object:
    return poll if tx.is_postgres else poll.hex


def ballots(scene: HallScene) -> int:
    with scene.community.services.db.reading() as tx:
        return int(tx.session.execute(text("SELECT count(*) FROM hall_ballot")).scalar_one())


def seen(scene: HallScene, attendee: Attendee | None = None) -> PollView:
    """The newest poll as this seat sees it; without one, as everybody does."""
    with scene.community.services.db.reading() as tx:
        seat = scene.seat(tx, attendee) if attendee else None
        return poll_views(tx, scene.hall, "en", least=5, seat=seat)[-1]


def channels(scene: HallScene, poll: UUID) -> set[str]:
    """Where something was told of it since the log was last emptied."""
    with scene.community.services.db.reading() as tx:
        rows = tx.session.execute(text("SELECT channel FROM hall_event WHERE target = :id"), {"id": str(poll)})
        return set(rows.scalars())


def forgets_events(scene: HallScene) -> None:
    with scene.writing() as tx:
        tx.session.execute(text("DELETE FROM hall_event"))


def test_a_poll_is_unknown_until_it_is_opened(scene: HallScene) -> None:
    amina = scene.attendee()
    poll = scene.polls(opened=False)
    assert "Which day?" not in amina.page() and votes(amina, poll, 1) == 404
    assert "Which day?" in unescape(scene.fatou.gets(f"/h/{scene.code}/polls").text)
    assert scene.does_with_poll(poll, "open").status_code == 303
    assert "Which day?" in amina.page() and "A poll is open." in amina.page("/list")


def test_the_form_of_a_new_poll_takes_several_languages_line_by_line(scene: HallScene) -> None:
    address = f"/h/{scene.code}/polls"
    fields = {"title_en": "Which gate?", "options_en": "North\nSouth", "title_ar": "أي باب؟", "kind": "single"}
    uneven = scene.fatou.sends(address, **fields, options_ar="الشمال")
    assert uneven.status_code == 422 and "North\nSouth" in unescape(uneven.text)
    assert scene.fatou.sends(address, title_en="Which?", options_en="Only one", kind="single").status_code == 409
    assert scene.fatou.sends(address, **fields, options_ar="الشمال\nالجنوب").status_code == 303
    poll = UUID(re.findall(r'id="p-([0-9a-f-]{36})"', scene.fatou.gets(address).text)[-1])
    scene.does_with_poll(poll, "open")
    arabic = scene.attendee().browser.get(f"/h/{scene.code}?lang=ar").text
    assert "أي باب؟" in arabic and "الجنوب" in arabic and "South" not in arabic


def test_a_seat_has_one_ballot_and_the_last_one_counts(on_both: HallScene) -> None:
    amina, yara = on_both.attendee(), on_both.attendee()
    poll = on_both.polls()
    assert votes(amina, poll, 1) == votes(amina, poll, 1) == votes(yara, poll, 1) == 303
    assert counts(on_both, poll) == [2, 0, 0]
    assert votes(amina, poll, 3) == 303
    assert counts(on_both, poll) == [1, 0, 1] and ballots(on_both) == 2
    assert "Answer otherwise" in amina.page()


def test_many_at_once_are_all_counted(on_both: HallScene) -> None:
    seats = [on_both.attendee() for _ in range(8)]
    poll = on_both.polls()
    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(lambda each: [votes(each[1], poll, 1 + (each[0] + n) % 3) for n in range(3)], enumerate(seats))
        )
    assert {status for statuses in done for status in statuses} == {303}
    assert sum(counts(on_both, poll)) == 8 == ballots(on_both)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (PollKind.SINGLE, [(1,), (3,)], [(), (4,), (1, 2)]),
        (PollKind.SEVERAL, [(1,), (1, 2, 3)], [(), (4,)]),
        (PollKind.SCALE, [(5,)], [(6,), ()]),
        (PollKind.YES_NO, [(3,)], [(4,), (1, 2)]),
    ],
)
def test_each_kind_takes_its_answers_and_no_other(
    scene: HallScene, kind: PollKind, good: Sequence[tuple[int, ...]], bad: Sequence[tuple[int, ...]]
) -> None:
    amina, poll = scene.attendee(), scene.polls(kind)
    for chosen in bad:
        assert votes(amina, poll, *chosen) == 409, chosen
    assert ballots(scene) == 0
    for chosen in good:
        assert votes(amina, poll, *chosen) == 303, chosen
    assert ballots(scene) == 1


@pytest.mark.parametrize(
    ("results", "before", "after_voting"),
    [(Results.OPENLY, True, True), (Results.AFTER_VOTING, False, True), (Results.AFTER_CLOSING, False, False)],
)
def test_results_are_hidden_until_their_moment_in_pages_and_in_events(
    scene: HallScene, results: Results, before: bool, after_voting: bool
) -> None:
    amina, yara, poll = scene.attendee(), scene.attendee(), scene.polls(results=results)
    forgets_events(scene)
    assert votes(yara, poll, 2) == 303
    assert seen(scene).results is seen(scene, amina).results is before
    assert ("pub" in channels(scene, poll)) is ("stage" in channels(scene, poll)) is before
    assert ('class="results"' in amina.page()) is before
    scene.does_with_poll(poll, "show")
    assert ('class="results"' in scene.fatou.gets(f"/h/{scene.code}/stage").text) is before
    assert ('class="results"' in scene.fatou.gets(f"/h/{scene.code}/polls").text) is before, "the team sees no more"
    if not before:
        assert all(option.count is None and option.room == 0 for option in seen(scene, amina).options)
    votes(amina, poll, 1)
    assert seen(scene, amina).results is after_voting
    scene.does_with_poll(poll, "close")
    assert [option.count for option in seen(scene).options] == [1, 1, 0]
    assert 'class="results"' in scene.attendee().page()


def test_results_can_be_put_off_and_never_brought_forward(scene: HallScene) -> None:
    poll = scene.polls(results=Results.AFTER_VOTING)
    assert scene.does_with_poll(poll, "results", results="openly").status_code == 409
    assert scene.does_with_poll(poll, "results", results="after_voting").status_code == 409
    assert scene.does_with_poll(poll, "results", results="after_closing").status_code == 303
    assert scene.does_with_poll(poll, "results", results="after_voting").status_code == 409
    old = scene.fatou.sends(f"/h/{scene.code}/polls/{poll}/close", version="1")
    assert old.status_code == 409, "somebody else has changed it meanwhile"


def test_a_sensitive_poll_tells_no_small_number_and_nothing_before_its_close(scene: HallScene) -> None:
    poll = scene.polls(results=Results.OPENLY, sensitive=True)
    forgets_events(scene)
    for place in range(9):
        votes(scene.attendee(), poll, 1 if place < 6 else 2)
    assert channels(scene, poll) == set(), "not even when somebody answers"
    assert not seen(scene).results and seen(scene).voters is None
    scene.does_with_poll(poll, "close")
    view = seen(scene)
    assert [option.count for option in view.options] == [6, None, None]
    assert view.voters is None, "else the number that is left out could be reckoned"
    page = scene.attendee().page()
    assert "Numbers below 5 are not told." in page and "9 answers" not in page


def test_of_few_answers_to_a_sensitive_poll_nothing_is_told(scene: HallScene) -> None:
    poll = scene.polls(sensitive=True)
    for _ in range(4):
        votes(scene.attendee(), poll, 1)
    scene.does_with_poll(poll, "close")
    assert [option.count for option in seen(scene).options] == [None, None, None]
    with scene.community.services.db.reading() as tx:
        assert all_polls(tx, scene.hall, "en", least=5)[-1].voters is None


def test_ballots_are_destroyed_at_the_close_and_nobody_votes_any_more(on_both: HallScene) -> None:
    amina, poll, other = on_both.attendee(), on_both.polls(), on_both.polls()
    votes(amina, poll, 1)
    votes(amina, other, 2)
    assert on_both.does_with_poll(poll, "close").status_code == 303
    assert ballots(on_both) == 1, "that of the other poll"
    assert votes(amina, poll, 2) == 409 and counts(on_both, poll) == [1, 0, 0]
    assert on_both.does_with_poll(poll, "open").status_code == 409


def test_votes_of_one_seat_have_nothing_in_common(scene: HallScene) -> None:
    amina = scene.attendee()
    for _ in range(3):
        votes(amina, scene.polls(), 1)
    with scene.community.services.db.reading() as tx:
        keys = tx.session.execute(text("SELECT voter_key FROM hall_ballot")).scalars().all()
    assert len(set(keys)) == 3


def test_nobody_votes_while_the_hall_is_paused_or_stopped(scene: HallScene) -> None:
    amina, poll = scene.attendee(), scene.polls(results=Results.OPENLY)
    votes(amina, poll, 1)
    scene.fatou.sends(f"/h/{scene.code}/move", to="paused")
    assert votes(amina, poll, 2) == 409 and "Which day?" in amina.page()
    scene.fatou.sends(f"/h/{scene.code}/stop")
    assert votes(amina, poll, 2) == 409 and "Which day?" not in amina.page()
    with scene.community.services.db.reading() as tx:
        assert poll_views(tx, scene.hall, "en", least=5) == []


def test_answers_in_own_words_are_read_first_and_shown_when_results_are(on_both: HallScene) -> None:
    scene = on_both
    amina = scene.attendee()
    poll = scene.polls(PollKind.OPEN, title="What is missing?")
    first = scene.readable(amina, "A question before")
    refused = amina.posts(f"polls/{poll}/answer", {"text": ""})
    assert refused.status_code == 422
    assert amina.posts(f"polls/{poll}/answer", {"text": "Soap and light"}).status_code == 303
    (answer,) = scene.waiting()
    page = unescape(scene.bo.gets(f"/h/{scene.code}/console", headers={"accept-language": "en"}).text)
    assert "Answer to:" in page and "What is missing?" in page
    forgets_events(scene)
    assert scene.decides(scene.bo, answer, "approve").status_code == 303
    assert channels(scene, answer).isdisjoint({"pub", "stage"}) and "pub" not in channels(scene, poll)
    yara = scene.attendee()
    assert "Soap and light" not in yara.page() and yara.questions() == [first]
    assert scene.fatou.sends(f"/h/{scene.code}/questions/{answer}/stage", version="2").status_code == 409
    scene.does_with_poll(poll, "close")
    assert "Soap and light" in yara.page() and amina.posts(f"polls/{poll}/answer", {"text": "More"}).status_code == 409
    second = scene.readable(amina, "A question after")
    assert "Question 2" in yara.page("/list"), "answers to polls take no number"
    assert yara.questions() == [first, second]


def test_hands_count_when_another_helper_has_seen_them_and_stand_apart(scene: HallScene) -> None:
    poll = scene.polls(PollKind.YES_NO, results=Results.OPENLY)
    hawa, idris = scene.gives("hawa", Role.HELPER), scene.gives("idris", Role.HELPER)
    address = f"/h/{scene.code}/hands/{poll}"
    assert hawa.sends(address, hands_1="12", hands_2="3").status_code == 303
    assert seen(scene).options[0].room == 0
    assert hawa.sends(f"{address}/confirm", label="helper 1").status_code == 409
    assert "I saw the same" not in hawa.gets(f"/h/{scene.code}/hands", headers={"accept-language": "en"}).text
    assert "I saw the same" in idris.gets(f"/h/{scene.code}/hands", headers={"accept-language": "en"}).text
    assert idris.sends(f"{address}/confirm", label="helper 1").status_code == 303
    votes(scene.attendee(), poll, 1)
    assert [(option.count, option.room) for option in seen(scene).options] == [(1, 12), (0, 3), (0, 0)]
    assert "and 12 hands in the room" in scene.attendee().page()
    assert hawa.sends(address, hands_1="13", hands_2="3").status_code == 303
    assert seen(scene).options[0].room == 0, "another number must be seen again"


def test_no_hands_are_counted_for_what_is_sensitive(scene: HallScene) -> None:
    poll = scene.polls(sensitive=True)
    hawa = scene.gives("hawa", Role.HELPER)
    assert "Which day?" not in hawa.gets(f"/h/{scene.code}/hands").text
    assert hawa.sends(f"/h/{scene.code}/hands/{poll}", hands_1="12").status_code == 409


def test_a_poll_opens_only_while_the_hall_does(scene: HallScene) -> None:
    poll = scene.polls(opened=False)
    scene.fatou.sends(f"/h/{scene.code}/move", to="paused")
    with pytest.raises(Refused, match="while the hall is open"), scene.writing() as tx:
        rules.open_poll(tx, scene.hall, poll, 1, scene.as_facilitator(tx))
