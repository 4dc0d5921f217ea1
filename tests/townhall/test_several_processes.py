"""Two houses serve one community: what is done in one is heard in the other, with the bus and without it."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from server.bus import Letters
from server.crypto.passkeys import Challenges, WrongKey
from server.errors import BootRefused
from server.events import SessionsEnded
from server.leading import Leading
from server.permissions import Role
from server.redis_bus import RedisBus, connected
from server.settings import Settings
from server.sharing import shared
from server.townhall.asking import staging
from server.townhall.halls import arranging
from server.townhall.live.pipes import SIGNED_OUT
from tests.clusters import Cluster
from tests.conftest import community_at
from tests.memories import Memory
from tests.people import Community, Person
from tests.townhall.listening import Ear
from tests.townhall.scene import Attendee, HallScene
from tests.townhall.test_stage import makes_a_link

pytestmark = pytest.mark.postgres


class Twin:
    """The second house: another process in all but the name, with nothing of the first but its database."""

    def __init__(self, first: Community, second: Community, folder: Path) -> None:
        self.first, self.second, self.folder = first, second, folder
        self.scene = HallScene(first)
        self.scene.opens()

    def over_there(self, attendee: Attendee) -> Attendee:
        """The same browser, whose next request is answered by the other house."""
        browser = self.second.browser()
        browser.cookies.update(attendee.browser.cookies)
        return Attendee(browser, attendee.code)

    def attendees(self, number: int) -> list[Attendee]:
        """So many people with a seat each."""
        return [self.scene.attendee() for _ in range(number)]

    def ear(self, attendee: Attendee) -> Ear:
        """A socket of that browser in the other house."""
        return Ear(self.second, self.over_there(attendee).browser, self.scene.code)


@pytest.fixture
def twin(postgres: Cluster, memory_server: Memory, tmp_path: Path) -> Iterator[Twin]:
    with postgres.new_database() as url, community_at(url, tmp_path, memory_server.url) as first:
        second = community_at(url, tmp_path, memory_server.url, first.clock)
        second.begins()
        yield Twin(first, second, tmp_path)
        second.__exit__()


def test_what_is_let_through_in_one_house_is_heard_in_the_other(twin: Twin) -> None:
    attendee = twin.scene.attendee()
    with twin.ear(attendee) as ear:
        ear.is_told_everything()
        twin.scene.readable(attendee, "Where is the new well?")
        ear.hears_of("Where is the new well?")


def test_whoever_leaves_in_one_house_hears_nothing_in_the_other(twin: Twin) -> None:
    attendee = twin.scene.attendee()
    with twin.ear(attendee) as ear:
        ear.is_told_everything()
        assert attendee.posts("leave").status_code == 303
        assert ear.is_closed_with() == SIGNED_OUT


@pytest.mark.parametrize("told", [True, False], ids=["told", "nobody tells"])
def test_a_screen_that_is_taken_back_in_one_house_ends_in_the_other(
    twin: Twin, memory_server: Memory, told: bool
) -> None:
    link = makes_a_link(twin.scene)
    with Ear(twin.second, twin.second.browser(), twin.scene.code, query="?" + link.partition("?")[2]) as wall:
        wall.hears_of('"ch": "stage"')
        if not told:
            memory_server.dies()
        (act,) = re.findall(r'"(/h/[^"]+/take-back)', twin.scene.fatou.reads(f"/h/{twin.scene.code}/screens"))
        assert twin.scene.fatou.sends(act).status_code == 303
        assert wall.is_closed_with() == SIGNED_OUT


def test_with_the_bus_gone_halls_go_on(twin: Twin, memory_server: Memory) -> None:
    attendee = twin.scene.attendee()
    with twin.ear(attendee) as ear:
        ear.is_told_everything()
        memory_server.dies()
        twin.scene.readable(attendee, "Said while nobody carried it")
        ear.hears_of("Said while nobody carried it")
        memory_server.starts()
        twin.scene.readable(attendee, "Said when it was back")
        ear.hears_of("Said when it was back")
        numbers = ear.picture.numbers
        assert sorted(numbers) == sorted(set(numbers)), (
            "nothing came twice; the ear itself sees to it that nothing fails"
        )


def test_a_bus_that_takes_lines_and_answers_nothing_is_as_good_as_gone(twin: Twin, memory_server: Memory) -> None:
    attendee = twin.scene.attendee()
    with twin.ear(attendee) as ear:
        ear.is_told_everything()
        memory_server.freezes()
        try:
            twin.scene.readable(attendee, "Said into the silence")
            ear.hears_of("Said into the silence")
        finally:
            memory_server.thaws()


def test_both_houses_tell_of_the_same_company(twin: Twin) -> None:
    def tells() -> None:
        for house in (twin.first, twin.second):
            assert house.portal is not None
            house.portal.call(house.house.live._tell_presence)

    with ExitStack() as lines:
        here = [lines.enter_context(Ear(twin.first, each.browser, twin.scene.code)) for each in twin.attendees(6)]
        there = [lines.enter_context(twin.ear(each)) for each in twin.attendees(6)]
        for ear in (*here, *there):
            ear.is_told_everything()
        feeds = [next(iter(house.house.live.feeds.values())) for house in (twin.first, twin.second)]
        ends = time.monotonic() + 10
        while any(feed.company != 12 for feed in feeds):  # what the other house tells comes when it comes
            assert time.monotonic() < ends, "each house counts its own people only"
            tells()
        tells()
        for ear in (here[0], there[0]):
            assert ear.hears_of('"about": 10')["op"] == "presence"
        late = lines.enter_context(Ear(twin.first, twin.attendees(1)[0].browser, twin.scene.code))
        late.is_told_everything()
        tells()
        assert late.hears_of('"presence"')["about"] == 10, "who comes late is told, too"


def test_a_stop_reaches_the_other_house(twin: Twin) -> None:
    attendee = twin.scene.attendee()
    with twin.ear(attendee) as ear:
        ear.is_told_everything()
        assert twin.scene.fatou.sends(f"/h/{twin.scene.code}/stop").status_code == 303
        ear.shows(lambda picture: picture.state == "stopped")


def test_a_seat_given_up_while_nothing_is_carried_closes_the_socket_all_the_same(
    twin: Twin, memory_server: Memory
) -> None:
    attendee = twin.scene.attendee()
    with twin.ear(attendee) as ear:
        ear.is_told_everything()
        memory_server.dies()
        assert attendee.posts("leave").status_code == 303
        assert ear.is_closed_with() == SIGNED_OUT
        memory_server.starts()


def test_a_role_and_a_session_that_end_while_nothing_is_carried_close_what_hung_on_them(
    twin: Twin, memory_server: Memory
) -> None:
    scene = twin.scene
    for ending in ("role", "session"):
        helper = scene.appoints("hawa", Role.HELPER) if ending == "role" else scene.bo
        browser = twin.second.browser()
        browser.cookies.update(helper.browser.cookies)
        with Ear(twin.second, browser, scene.code) as ear:
            ear.is_told_everything()
            memory_server.dies()
            if ending == "role":
                fields = {"role": "helper", "number": "1", "language": ""}
                assert scene.fatou.sends(f"/h/{scene.code}/team/take", **fields).status_code == 303
            else:
                assert helper.sends("/sign-out").status_code == 303
            assert ear.is_closed_with() == SIGNED_OUT, ending
            memory_server.starts()


def test_acts_are_counted_together(twin: Twin, memory_server: Memory) -> None:
    amina = twin.first.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    elsewhere = Person(twin.second, twin.second.browser())
    elsewhere.browser.cookies.update(amina.browser.cookies)
    answers = [(amina, elsewhere)[number % 2].posts(topic, f"Words {number}").status_code for number in range(14)]
    assert answers.count(429) >= 2, answers
    kept = memory_server.everything()
    assert b"amina" not in kept and b"testclient" not in kept


def test_without_the_memory_each_house_counts_for_itself_and_people_go_on(twin: Twin, memory_server: Memory) -> None:
    amina = twin.first.member("amina")
    topic = amina.opens_topic("Water", "Where is the well?")
    memory_server.dies()
    answers = [amina.posts(topic, f"Words {number}").status_code for number in range(14)]
    assert answers[0] == 303 and answers[-1] == 429
    memory_server.starts()


def test_one_house_does_what_is_due_and_the_other_takes_over(twin: Twin) -> None:
    one, other = Leading(twin.first.services.db), Leading(twin.second.services.db)
    twin.second.__exit__()
    twin.first.__exit__()
    assert one.is_ours() and not other.is_ours() and one.is_ours()
    one.close()
    assert other.is_ours()
    other.close()


# Alone with the bus --------------------------------------------------------------------------------------


def test_a_letter_that_somebody_else_signed_ends_nobodys_session(memory_server: Memory) -> None:
    heard: list[object] = []
    ours, forger = RedisBus(memory_server.url, b"k" * 32), Letters(b"x" * 32)
    ours.begin(heard.append)
    friend = RedisBus(memory_server.url, b"k" * 32)
    friend.begin(lambda _: None)
    client = connected(memory_server.url)
    for letter in (forger.of(SessionsEnded("somebody", 1)), b"", b"x" * 16, b"\x00" * 100_000):
        client.publish(Letters(b"k" * 32).channel, letter)
    friend.pass_on(SessionsEnded("somebody", 2))
    for _ in range(200):
        if heard:
            break
        ours._over.wait(0.05)
    assert heard == [SessionsEnded("somebody", 2)]
    ours.end()
    friend.end()


def test_an_answer_of_a_device_counts_once_in_all_houses(memory_server: Memory, twin: Twin) -> None:
    at = twin.first.clock.now()
    settings = Settings(data_dir=twin.folder, redis_url=memory_server.url)
    one, other = shared(settings), shared(settings)
    question = one.challenges.issue(b"", at=at)
    raw = other.challenges.opened(question, b"", at=at)
    other.challenges.spend(raw, at=at)
    with pytest.raises(WrongKey):
        one.challenges.spend(raw, at=at)
    memory_server.dies()
    fresh = one.challenges.issue(b"", at=at)
    with pytest.raises(WrongKey):  # nobody can tell whether it has counted already
        one.challenges.spend(one.challenges.opened(fresh, b"", at=at), at=at)
    assert isinstance(one.challenges, Challenges)


def test_a_server_that_writes_to_its_disk_is_refused(memory_server: Memory) -> None:
    memory_server.dies()
    with pytest.raises(BootRefused, match="nobody answers"):
        connected(memory_server.url)
    memory_server.starts("--save", "60 1")
    with pytest.raises(BootRefused, match="writes to its disk"):
        connected(memory_server.url)
    assert Settings().redis_url == ""


def test_who_is_trained_and_a_screen_beside_a_members_browser_stay_when_each_looks_for_itself(
    twin: Twin, memory_server: Memory
) -> None:
    scene = twin.scene
    pia = twin.first.staff("pia", Role.PROTECTION)
    with scene.writing() as tx:
        token = arranging.make_screen(tx, scene.hall, "en", scene.as_facilitator(tx), hours=12)
    amina = twin.first.member("amina")
    browsers = [twin.second.browser() for _ in range(2)]
    for browser, person in zip(browsers, (pia, amina), strict=True):
        browser.cookies.update(person.browser.cookies)
    attendee = scene.attendee()
    with (
        Ear(twin.second, browsers[0], scene.code) as trained,
        Ear(twin.second, browsers[1], scene.code, query=f"?screen={token}") as screen,
    ):
        trained.is_told_everything()
        screen.hears_of('"op": "snapshot"')
        memory_server.dies()
        question = scene.readable(attendee, "Said while each looked for itself")
        trained.hears_of("Said while each looked for itself")
        with scene.writing() as tx:
            staging.bring_on_stage(tx, scene.hall, question, scene.as_facilitator(tx))
        screen.hears_of("Said while each looked for itself")
        memory_server.starts()
