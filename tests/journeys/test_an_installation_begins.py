"""The newcomer's hour: init, links, the first staff, the first member."""

import re
import shutil
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner

from server import answering, operating
from server.app import build
from server.cli import app
from server.errors import BootRefused
from server.findings import findings
from server.places import CHECKOUT
from server.settings import Settings
from server.spaces.models import Access, Joining
from tests.authenticator import SoftAuthenticator
from tests.doubles import StillClock, WordScreen, quick_passwords
from tests.people import ADDRESS, Community, Person

WORDS = "seven goats in the rain"


@pytest.fixture
def started(tmp_path: Path) -> tuple[Settings, list[str]]:
    settings = Settings(data_dir=tmp_path / "var")
    lines = operating.first_start(
        settings, slug="welcome", name="Welcome", host="Bridge Network", languages=["en"], timezone="Africa/Khartoum"
    )
    return settings, lines


def opened(settings: Settings) -> Community:
    clock, screen = StillClock(operating.SystemClock().now()), WordScreen()
    return Community(build(settings, clock=clock, screen=screen, passwords=quick_passwords), clock, screen)


def moderator_link(lines: list[str]) -> str:
    """The link for the first moderator, from what init prints."""
    found = next(re.search(r"/staff/[0-9A-Z-]+", line) for line in lines if "moderator" in line)
    assert found is not None
    return found.group(0)


def takes_the_link(person: Person, link: str, login: str) -> None:
    """A staff link, the card, and the app that gives codes."""
    page = person.reads(link)
    assert "Join the team" in page
    answer = person.sends(link, login=login, passphrase=WORDS, pseudonym="North Lamp 41")
    assert answer.status_code == 200, answer.text
    assert person.gets(link).status_code == 404, "the link opens once"
    sets_up_an_app(person)


def sets_up_an_app(person: Person) -> pyotp.TOTP:
    """As the page asks for it: the words, and the first code."""
    page = person.reads("/me/second-factor")
    secret = re.search(r'<code dir="ltr">([A-Z2-7 ]+)</code>', page)
    sealed = re.search(r'name="sealed" value="([0-9a-f]+)"', page)
    assert secret and sealed
    app = pyotp.TOTP(secret.group(1).replace(" ", ""))
    code = app.at(person.community.clock.now())
    assert person.sends("/me/second-factor", passphrase=WORDS, code="000000", sealed=sealed.group(1)).status_code == 422
    assert person.sends("/me/second-factor", passphrase=WORDS, code=code, sealed=sealed.group(1)).status_code == 303
    return app


def test_the_links_of_init_make_a_moderator_who_can_work(started: tuple[Settings, list[str]]) -> None:
    settings, lines = started
    link = moderator_link(lines)
    with opened(settings) as community:
        fatou = community.visitor()
        assert "run by" not in fatou.reads("/"), "not by the program"
        assert fatou.gets("/review").headers["location"].startswith("/sign-in")
        takes_the_link(fatou, link, "fatou-desk")
        assert "Nothing waits" in fatou.reads("/review")


def test_a_policies_folder_that_is_not_complete_is_told_in_a_sentence(started: tuple[Settings, list[str]]) -> None:
    settings, _ = started
    own = settings.data_dir / "policies"
    shutil.copytree(CHECKOUT / "policies", own)
    (own / "moderation.toml").unlink()
    elsewhere = settings.model_copy(update={"private_socket": settings.data_dir / "room"})
    with pytest.raises(BootRefused, match="must be complete"):
        answering.serve(elsewhere, host="127.0.0.1", port=0)


def test_whoever_leaves_the_team_is_out_at_once(started: tuple[Settings, list[str]]) -> None:
    settings, lines = started
    link = moderator_link(lines)
    with opened(settings) as community:
        fatou = community.visitor()
        takes_the_link(fatou, link, "fatou-desk")
        with pytest.raises(BootRefused, match="Nobody of this name"):
            operating.staff_removed(settings, role="moderator", space="welcome", name="Other 3")
        operating.staff_removed(settings, role="moderator", space="welcome", name="north lamp 41")
        assert fatou.gets("/me").headers["location"].startswith("/sign-in")
        with pytest.raises(BootRefused, match="Nobody of this name"):
            operating.staff_removed(settings, role="moderator", space="welcome", name="north lamp 41")


def test_a_lost_code_app_is_taken_off_and_no_role_is_ever_held_by_words_alone(
    started: tuple[Settings, list[str]],
) -> None:
    settings, lines = started
    steward = next(re.search(r"/staff/[0-9A-Z-]+", line) for line in lines if "For one steward" in line)
    assert steward is not None
    settings = settings.model_copy(update={"public_url": ADDRESS})
    with opened(settings) as community:
        fatou = community.visitor()
        takes_the_link(fatou, moderator_link(lines), "fatou-desk")
        assert fatou.sends(steward.group(0)).status_code == 303
        assert fatou.gets("/steward").status_code == 200
        device = SoftAuthenticator()
        assert device.is_added_by(fatou, passphrase=WORDS).status_code == 303
        for name, space in (("Other 3", "welcome"), ("nobody-desk", ""), ("fatou-desk", "welcome")):
            with pytest.raises(BootRefused, match="Nobody of this name"):
                operating.code_reset(settings, name=name, space=space)
        with pytest.raises(BootRefused, match="no space called"):
            operating.code_reset(settings, name="fatou-desk", space="nowhere")
        assert fatou.gets("/steward").status_code == 200, "a wrong name takes nothing away"
        told = operating.code_reset(settings, name="north lamp 41", space="welcome")
        assert fatou.gets("/me").headers["location"].startswith("/sign-in")
        thief = community.visitor()
        assert device.signs_in(thief).status_code == 409, "the passkeys were in the telephone"
        thief.signs_in("fatou-desk", WORDS)
        assert thief.gets("/me/second-factor").status_code == 404, "no app of a thief's own"
        assert "A way into your account changed" in thief.reads("/me")
        links = [found.group(0) for line in told if (found := re.search(r"/staff/[0-9A-Z-]+", line))]
        assert len(links) == 2
        for page in ("/steward", "/review"):
            assert thief.gets(page).status_code == 404
        again = community.visitor()
        again.signs_in("fatou-desk", WORDS)
        assert again.sends(links[0]).status_code == 303
        assert again.gets("/steward").status_code == again.gets("/review").status_code == 404, "the link alone is none"
        sets_up_an_app(again)
        assert again.sends(links[1]).status_code == 303
        assert again.gets("/steward").status_code == 200
        again.begins_a_shift()
        assert again.gets("/review").status_code == 200
        assert thief.gets("/me").status_code == 303, "the new app ended every other session"
        with pytest.raises(BootRefused, match="Nobody of this name"):
            operating.code_reset(settings, name="nobody-desk", space="")
        assert len(operating.code_reset(settings, name="Fatou-Desk ", space="")) == 4, "by the sign-in name too"


def test_staff_rights_wait_for_the_second_factor(started: tuple[Settings, list[str]]) -> None:
    settings, lines = started
    link = moderator_link(lines)
    with opened(settings) as community:
        fatou = community.visitor()
        fatou.sends(link, login="fatou", passphrase=WORDS, pseudonym="North Lamp 41")
        assert fatou.gets("/review").status_code == 404


def test_an_invitation_opens_a_closed_circle_once(started: tuple[Settings, list[str]]) -> None:
    settings, _ = started
    with opened(settings) as community:
        community.space("circle", Access.MEMBERS, Joining.INVITATION)
        [line] = operating.invitations(settings, space="circle", count=1)
        code = line.rpartition("=")[2]
        amina, nadia = community.visitor(), community.visitor()
        assert amina.gets("/s/circle").status_code == 404
        assert "Circle" in amina.reads(f"/join?invite={code}")
        fields = {"passphrase": "red kettle under table", "space": "circle", "invite": code}
        assert amina.sends("/join", login="amina", pseudonym="River 27", **fields).status_code == 200
        refused = nadia.sends("/join", login="nadia", pseudonym="Lake 12", **fields)
        assert refused.status_code == 422
        assert "This invitation code is not valid" in refused.text
        assert "Lake 12" in refused.text
        assert "Circle" in amina.reads("/s/circle")
        assert amina.posts(amina.opens_topic("Hello", "I am here", "circle"), "again").status_code == 303


def test_init_refuses_to_begin_twice(started: tuple[Settings, list[str]]) -> None:
    settings, _ = started
    with pytest.raises(BootRefused, match="started before"):
        operating.first_start(settings, slug="welcome", name="W", host="B", languages=["en"], timezone="UTC")


def test_check_finds_a_key_that_others_can_read(started: tuple[Settings, list[str]]) -> None:
    settings, _ = started
    fine = {finding.part: finding for finding in findings(settings.data_dir)}
    assert all(fine[part].fine for part in ("settings", "policies", "keys", "database", "migrations", "data map"))
    (settings.keys_dir / "server.key").chmod(0o644)
    found = {finding.part: finding for finding in findings(settings.data_dir)}
    assert not found["keys"].fine


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve"], "Run `baraza init`"),
        (["invite", "questions"], "Run `baraza init`"),
        (["staff", "add", "moderator"], "every other role needs it"),
        (["serve", "--workers", "2"], "More than one worker"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(words: list[str], said: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
    assert isinstance(result.exception, BootRefused)
    assert said in str(result.exception)


@pytest.mark.parametrize("words", [["model", "train", "/nowhere"], ["model", "evaluate", "/nowhere"]])
def test_training_needs_a_folder_that_exists(words: list[str]) -> None:
    assert "There is no folder /nowhere" in str(CliRunner().invoke(app, words).exception)


def test_an_unknown_setting_stops_the_boot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BARAZA_NEUTRAL_ULR", "https://weather.example")
    result = CliRunner().invoke(app, ["serve", "--data", str(tmp_path)])
    assert "BARAZA_NEUTRAL_ULR is not a setting" in str(result.exception)


def test_the_first_page_names_whoever_runs_the_place(community: Community) -> None:
    assert "This place is run by Bridge Network." in community.visitor().reads("/")
