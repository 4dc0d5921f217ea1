"""What becomes of people's words on a page."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.accounts.confusable import folded, is_reserved
from server.web.limits import AddressBuckets, Limits
from server.web.text import plain_excerpt, rendered


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**now** and *soon*", "<p><strong>now</strong> and <em>soon</em></p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("first\nsecond", "<p>first<br>\nsecond</p>"),
        ("# not a heading", "<p># not a heading</p>"),
        ("![no](https://a.example/picture.png)", "<p>!"),
        ("<b>1 < 2</b>", "<p>&lt;b&gt;1 &lt; 2&lt;/b&gt;</p>"),
    ],
)
def test_the_subset_of_markdown(written: str, shown: str) -> None:
    assert str(rendered(written)).strip().startswith(shown)


@given(
    st.text(st.sampled_from("ab .\n-1)"), max_size=12)
    | st.text(st.sampled_from("ab \n\"'!,:;+#~|=*_`<>&\\/@[]\t\x00\u00a0\u2028\u200b\u0301"), max_size=12)
    | st.text(max_size=30)
)
@example("one. two\nthree\n\nfour")
@example("see clinic.org")
@example("see https://clinic")
@example("one\n two")
@example("one\n\ttwo")
@example("one  \ntwo")
@example("1. one")
@example("one\n- two")
def test_words_without_marks_look_as_markdown_makes_them(written: str) -> None:
    """Such words take a short way. With a sign beside them that only Markdown escapes, they take the long one."""
    assert str(rendered(written)) + "<p>&amp;</p>\n" == str(rendered(f"{written}\n\n&"))


def test_a_link_shows_where_it_leads_and_tells_the_other_side_nothing() -> None:
    made = str(rendered("[Register here](https://agency.example.phish.example/x)"))
    assert "(agency.example.phish.example)" in made
    assert 'rel="nofollow ugc noopener noreferrer"' in made


def test_a_bare_address_becomes_a_link_with_its_domain() -> None:
    assert "(clinic.example)" in str(rendered("see https://clinic.example/hours tomorrow"))


def test_a_domain_in_look_alike_letters_gives_itself_away() -> None:
    assert "xn--" in str(rendered("https://\u0430gency.example/"))


def test_direction_overrides_cannot_disguise_a_text() -> None:
    assert "\u202e" not in rendered("invoice\u202egpj.exe")
    assert "\u202e" not in plain_excerpt("invoice\u202egpj.exe")


@pytest.mark.parametrize("text", ["> " * 3000 + "deep", "[" * 5000, "*" * 8000, "_a" * 4000, "`" * 7999])
def test_hostile_nesting_is_shown_and_not_suffered(text: str) -> None:
    assert rendered(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("River 27", "river27"),
        ("River 27", "R\u0456ver 27"),
        ("Lamp 10", "Lamp lO"),
        ("Cloud 5", "C\u200bloud S"),
        ("Moon", "Moоn"),
    ],
)
def test_names_that_look_alike_are_one_name(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    "name", ["Moderator", "M0derat0r 5", "UNHCR help", "Baraza", "support", "Ad\u043cin", "Official news", "IOM"]
)
def test_a_name_that_could_pass_for_staff_is_reserved(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["Salome 3", "River 27", "Staffa", "Policeman's cap", "نهر ٢٧", "Kilimo 4"])
def test_an_ordinary_name_is_not(name: str) -> None:
    assert not is_reserved(name)


def test_a_bucket_names_a_network_for_an_hour_and_cannot_be_turned_back() -> None:
    now = [0.0]
    buckets = AddressBuckets(seconds=lambda: now[0])
    first = buckets.bucket("203.0.113.7")
    assert first == buckets.bucket("203.0.113.99") == buckets.bucket("::ffff:203.0.113.8")
    assert first != buckets.bucket("198.51.100.7")
    assert buckets.bucket("2001:db8:0:1::1") == buckets.bucket("2001:db8:0:ffff::9") != buckets.bucket("2001:db8:1::")
    assert AddressBuckets().bucket("203.0.113.7") != first
    now[0] = 3601
    assert buckets.bucket("203.0.113.7") != first
    assert buckets.bucket("not an address") == buckets.bucket("")


def test_a_full_window_says_how_long_to_wait() -> None:
    from server.errors import TooFast

    limits = Limits()
    for _ in range(3):
        limits.spend("3/60", "amina")
    with pytest.raises(TooFast) as refused:
        limits.spend("3/60", "amina")
    assert 1 <= refused.value.retry_after <= 61
    limits.spend("3/60", "nadia")


def test_old_counts_leave_the_memory_and_no_act_starts_a_thread() -> None:
    import threading
    import time

    from server.web.limits import SWEEP_SECONDS, Counted

    now = [0.0]
    counted = Counted(seconds=lambda: now[0])
    time.sleep(0.05)  # the library starts one thread when it is made
    running = threading.active_count()
    for number in range(200):
        assert counted.acquire_entry(f"old {number}", 3, 0)
        assert threading.active_count() == running
    assert len(counted.events) == 200
    now[0] = SWEEP_SECONDS + 1
    counted.acquire_entry("new", 3, 60)
    assert set(counted.events) == {"new"}
