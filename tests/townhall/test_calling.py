"""Somebody in a hall asks for a counsellor: the counsellor learns of a seat, and nothing of a person."""

from sqlalchemy import text

from server.permissions import Role
from server.townhall.calling.queries import calls_of
from server.townhall.halls.team import appoint, dismiss
from tests.people import Community, Person
from tests.townhall.scene import HallScene


def on_duty(scene: HallScene) -> Person:
    cora = scene.community.member("cora", "questions")
    with scene.writing() as tx:
        appoint(tx, scene.hall, scene.community.account("cora"), Role.COUNSELLOR, "", scene.as_facilitator(tx))
    return cora


def test_a_call_is_answered_where_only_the_seat_reads_it(community_on_both: Community) -> None:
    scene = HallScene(community_on_both)
    scene.opens()
    cora = on_duty(scene)
    amina, yara = scene.attendee(), scene.attendee()
    assert amina.posts("counsellor").status_code == 303
    assert "A counsellor knows that you ask." in amina.page("/counsellor")
    with community_on_both.services.db.reading() as tx:
        (call,) = calls_of(tx, scene.hall.id)
    assert call.name in amina.page() and call.name in cora.gets(f"/h/{scene.code}/calls").text
    cora.sends(f"/h/{scene.code}/calls/{call.public_id}", note="Under the tree behind the school")
    assert "Under the tree behind the school" in amina.page("/counsellor")
    assert "Under the tree" not in yara.page("/counsellor")
    amina.posts("counsellor/no-more")
    with community_on_both.services.db.reading() as tx:
        assert tx.session.execute(text("SELECT count(*) FROM hall_call")).scalar_one() == 0


def test_calls_are_for_counsellors_and_trained_people(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    on_duty(scene)
    for person in (scene.bo, scene.fatou, community.member("amina"), community.visitor()):
        answer = person.gets(f"/h/{scene.code}/calls")
        assert answer.status_code in (303, 404)
        assert answer.headers.get("location", "/sign-in").startswith("/sign-in")


def test_one_can_call_while_the_hall_is_stopped(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    on_duty(scene)
    amina = scene.attendee()
    scene.bo.sends(f"/h/{scene.code}/stop")
    assert "/counsellor" in amina.page()
    assert amina.posts("counsellor").status_code == 303


def test_without_a_counsellor_the_page_says_who_else_can_be_reached(community: Community) -> None:
    scene = HallScene(community)
    scene.opens()
    refused = scene.attendee().posts("counsellor")
    assert refused.status_code == 409 and "Help near you" in refused.text


def test_a_counsellor_who_is_dismissed_sees_nothing_more(community: Community) -> None:

    scene = HallScene(community)
    scene.opens()
    cora = on_duty(scene)
    with scene.writing() as tx:
        dismiss(tx, scene.hall, community.account("cora"), Role.COUNSELLOR, "", scene.as_facilitator(tx))
    assert cora.gets(f"/h/{scene.code}/calls").status_code == 404
