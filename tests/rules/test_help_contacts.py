"""Help near people: who edits it, what the public sees, and what happens to what nobody has checked."""

import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from server.help_contacts.models import HelpContact
from server.help_contacts.telephones import shown, telephones
from server.help_contacts.telling import Told
from server.permissions import Role
from tests.asked import asked_of
from tests.people import Community, Person

NEW = "/help-near-you/manage/new"
CLINIC = {
    "kind": "health",
    "area": "Lake",
    "telephones": "+1 202 555 0142",
    "cost": "free",
    "name_en": "Clinic",
    "hours_en": "From 8",
    "speaks_ar": "yes",
}


def contact(community: Community) -> str:
    with community.services.db.reading() as tx:
        newest = tx.session.execute(select(col(HelpContact.public_id)).order_by(col(HelpContact.id).desc()).limit(1))
        return f"/help-near-you/manage/{newest.scalar_one()}"


def saved(person: Person, **fields: str) -> None:
    answer = person.sends(NEW, **{**CLINIC, **fields})
    assert answer.status_code == 303, answer.text


def test_the_protection_lead_and_the_steward_edit_and_nobody_else(community_on_both: Community) -> None:
    community = community_on_both
    dina, stella = community.staff("dina", Role.PROTECTION_LEAD), community.staff("stella", Role.STEWARD)
    saved(dina, name_ar="عيادة")
    saved(stella, name_en="Lawyer", kind="legal")
    page = community.visitor().gets("/help-near-you")
    assert page.headers["cache-control"] == "no-store" and "etag" not in page.headers
    assert '<a href="tel:+12025550142" dir="ltr">+1 202-555-0142</a>' in page.text
    assert "Clinic" in page.text and "Lawyer" in page.text and "It is free" in page.text
    arabic = community.visitor().gets("/help-near-you", headers={"accept-language": "ar"}).text
    assert '<h2 lang="ar" dir="rtl">عيادة</h2>' in arabic
    assert dina.gets("/steward").status_code == 404
    amina, bo = community.member("amina"), community.moderator("bo")
    entry = contact(community)
    for person in (amina, bo, community.sender("hana")):
        for path in ("/help-near-you/manage", NEW, entry, f"{entry}/remove"):
            assert person.gets(path).status_code == 404, path
        for path in (NEW, entry, f"{entry}/checked", f"{entry}/remove"):
            assert person.sends(path, **CLINIC).status_code == 404, path


def test_one_finds_by_place_and_language_and_emergencies_always(community: Community) -> None:
    dina, visitor = community.staff("dina", Role.PROTECTION_LEAD), community.visitor()
    saved(dina)
    saved(dina, name_en="School", kind="other", area="Hill", speaks_ar="", speaks_fr="yes")
    saved(dina, name_en="Hotline", kind="other", area="")
    saved(dina, name_en="Fire", kind="emergency", area="City", telephones="112", speaks_ar="")

    def names(query: str) -> list[str]:
        return re.findall(r"<h2 lang=\"en\" dir=\"ltr\">(\w+)</h2>", visitor.reads(f"/help-near-you?{query}"))

    assert names("") == ["Fire", "Clinic", "School", "Hotline"]
    assert names("area=Lake") == ["Fire", "Clinic", "Hotline"]
    assert names("language=fr") == ["Fire", "School"]
    assert names("area=Lake&language=fr") == ["Fire"]
    assert names("area=Nowhere%00&language=xx") == names("")
    assert 'name="lang" value="ar"' in visitor.reads("/help-near-you?lang=ar"), "the choice keeps the language"


def test_what_nobody_has_checked_is_marked_and_then_hidden(community_on_both: Community) -> None:
    community = community_on_both
    dina, visitor = community.staff("dina", Role.PROTECTION_LEAD), community.visitor()
    saved(dina)
    community.clock.goes_on(days=90)
    assert "it may have changed" not in visitor.reads("/help-near-you")
    community.clock.goes_on(days=1)
    assert "This was last checked on March 4, 2026; it may have changed." in visitor.reads("/help-near-you")
    community.clock.goes_on(days=90)
    assert "Clinic" not in visitor.reads("/help-near-you")
    dina = community.staff("dora", Role.PROTECTION_LEAD)
    page = dina.reads("/help-near-you/manage")
    assert "To be checked" in page and "nobody sees it now" in page
    assert dina.sends(f"{contact(community)}/checked").status_code == 303
    assert "To be checked" not in dina.reads("/help-near-you/manage")
    assert "Clinic" in visitor.reads("/help-near-you")
    assert dina.sends(f"{contact(community)}/remove").status_code == 303
    assert "Clinic" not in visitor.reads("/help-near-you")


def test_of_two_editors_the_second_learns_of_the_first(community_on_both: Community) -> None:
    dina = community_on_both.staff("dina", Role.PROTECTION_LEAD)
    saved(dina)
    entry = contact(community_on_both)
    assert "Clinic" in dina.reads(entry) and 'value="yes" checked' in dina.reads(entry)
    assert dina.sends(entry, **{**CLINIC, "name_en": "Clinic one", "version": "1"}).status_code == 303
    late = dina.sends(entry, **{**CLINIC, "name_en": "Clinic two", "version": "1"})
    assert late.status_code == 409
    assert "Clinic one" in late.text and "Clinic two" in late.text, "both are on the page"
    assert 'name="version" value="2"' in late.text
    assert dina.sends(entry, **{**CLINIC, "name_en": "Clinic both", "version": "2"}).status_code == 303


@pytest.mark.parametrize(
    "number", ["12025550142", "+1 202", "hello", "+999 123456789", "1", "1234567", "+1 202 555 0142 ext"]
)
def test_a_number_that_cannot_be_dialled_is_named_and_nothing_is_lost(number: str, community: Community) -> None:
    dina = community.staff("dina", Role.PROTECTION_LEAD)
    answer = dina.sends(NEW, **{**CLINIC, "telephones": f"112\n{number}", "note_en": "Bring water"})
    assert answer.status_code == 422
    assert f"“{number[:30]}” is no full number" in answer.text
    assert "Bring water" in answer.text and number in answer.text


def test_numbers_are_kept_as_machines_dial_them() -> None:
    assert telephones("٩٩٩, 00442079460123; +1 (202) 555-0142\n112\n112") == [
        "999",
        "+442079460123",
        "+12025550142",
        "112",
    ]
    assert [shown(number) for number in ("112", "+442079460123")] == ["112", "+44 20 7946 0123"]


def test_no_table_knows_who_looked(community: Community) -> None:
    dina, amina = community.staff("dina", Role.PROTECTION_LEAD), community.member("amina")
    saved(dina)
    with asked_of(community) as statements:
        amina.gets("/help-near-you?area=Lake")
    assert {statement.split()[0].upper() for statement in statements} == {"SELECT"}, statements
    assert "<title>Places near you" in amina.reads("/help-near-you")


def test_a_folder_that_two_users_share_stays_as_the_operator_made_it(community: Community, tmp_path: Path) -> None:
    """The room runs as another user: what is written there must belong to the group that both are in."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    Told(community.services.db, shared).tell()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o2770
    told = (shared / "help_contacts.json").stat()
    assert stat.S_IMODE(told.st_mode) == 0o640 and told.st_gid == shared.stat().st_gid
