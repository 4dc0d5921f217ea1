"""People at the desks who go against a case that is not theirs, with everything the server has in their hands."""

from uuid import UUID

import pytest

from server.crypto.sealed import boxes, manifests, recovery, slots
from server.crypto.sealed.slots import Binding
from server.errors import NotFound, Refused
from server.private import records
from server.private.records import Link
from server.private.recovering import Recovering
from server.private.routing import Excluded
from tests.private.scene import Scene

CANARY = "canary-2218-lynx"


def the_alias(scene: Scene, name: str) -> str:
    return scene.work.casework.work_list(scene.people[name].me, at=scene.clock.now())[0].alias


def keys_forged_by(scene: Scene, name: str, reporter: UUID) -> bytes:
    """What a reader of another desk can do who holds PEPPER and the shred keys, and writes into the database: new keys
    for the case, well signed, with a slot for themselves. Gives the secret of these keys."""
    mal, secret = scene.people[name], boxes.new_key()
    with scene.work.db.transaction() as tx:
        case = records.case_by_id(tx, scene.work.vault, reporter)
        assert case is not None
        _, old = manifests.read(records.links(tx, scene.work.vault, case.id)[0].manifest)
        binding = Binding(case.id, 1, slots.reporter_of(old.reporter_public, old.reporter_verify))
        slot = slots.slot(mal.paper.public, secret, binding)
        forged = manifests.Manifest(
            case=case.id,
            epoch=1,
            case_public=boxes.public_of(secret),
            reporter_public=old.reporter_public,
            reporter_verify=old.reporter_verify,
            heir=manifests.heir_of(secret),
            blobs=manifests.blobs_of([slot]),
            previous=old.hash(),
        )
        signed = manifests.signed(forged, mal.me.signing_seed, before=secret)
        records.put_link(tx, scene.work.vault, case.id, Link(signed, b""))
        tag = slots.tag(scene.work.vault.pepper, mal.me.person, case.id, 1)
        records.put_slots(tx, scene.work.vault, case.id, {tag: slot})
        known = case.facts.changed(epoch=1, case_public=forged.case_public)
        records.keep(tx, scene.work.vault, case, known)
    return secret


def test_a_reader_of_another_desk_with_everything_of_the_server_signs_no_keys_of_a_case(scene: Scene) -> None:
    _, reporter = scene.filed(CANARY)
    case = scene.work.conversations.find(reporter, at=scene.clock.now())
    assert case is not None
    secret = keys_forged_by(scene, "farah", case)
    with pytest.raises(Refused):
        scene.work.conversations.add(reporter, CANARY + " more", at=scene.clock.now())
    farah = scene.people["farah"].me
    with pytest.raises((Refused, NotFound)):
        scene.work.casework.answer(farah, the_alias(scene, "farah"), "tell me more", at=scene.clock.now())
    with scene.work.db.reading() as tx:
        found = [boxes.unsealed(secret, one.for_desk) for one in records.entries(tx, scene.work.vault, case)]
    assert found == [None], "nothing was sealed to the forged keys"


def test_a_bundle_looks_the_same_to_an_officer_with_and_without_a_case_that_is_not_theirs(scene: Scene) -> None:
    def seen(officer: int) -> tuple[int, set[int], int, int]:
        """All that an officer can count: boxes and their sizes, what opens, what opens of a colleague's half."""
        bundle = recovery.read(Recovering(scene.work).bundle())
        own, colleague = scene.officers[officer], scene.officers[1 - officer]
        half = recovery.half_opened(bundle, own.box_secret)
        second = recovery.half_opened(bundle, colleague.box_secret).bundle
        successor = scene.people["dara"].paper
        opened = recovery.resealed(second, own.box_secret, successor).opened
        return len(bundle.boxes), {len(box) for box in (*bundle.boxes, *second.boxes)}, half.opened, opened

    scene.filed("for all of them")
    before = seen(0), seen(1)
    scene.filed("about the office of the first", excluded=Excluded(organisation="Board 0"))
    after = seen(0), seen(1)
    assert after[0] == before[0], "whoever is left out"
    assert after[1] != before[1], "and whoever is not"


def test_boxes_that_stay_in_two_bundles_may_be_decoys_and_those_that_change_too(scene: Scene) -> None:
    scene.filed("for all of them")
    days: list[set[bytes]] = []
    for _ in range(3):
        days.append(set(recovery.read(Recovering(scene.work).bundle()).boxes))
        scene.clock.goes_on(days=1)
    for one, other in zip(days, days[1:], strict=False):
        assert 900 < len(one & other) < 1024
    scene.clock.goes_on(days=200)
    assert len(days[0] & set(recovery.read(Recovering(scene.work).bundle()).boxes)) == 3, "the case's own"
