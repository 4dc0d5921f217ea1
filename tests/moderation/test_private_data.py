from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.private_data import HIDDEN, Kind, Span, find, hidden


def found(text, policy):
    return [(text[span.start : span.end], span.kind) for span in find(text, policy.private_data)]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("my number is 0791234567", "0791234567"),
        ("call +962 7 9123 4567 tonight", "+962 7 9123 4567"),
        ("اتصل على 00962791234567 مساء", "00962791234567"),
        ("+254 712 345 678", "+254 712 345 678"),
        ("0 7 9 1 2 3 4 5 6 7", "0 7 9 1 2 3 4 5 6 7"),
        ("079\u200b123\u200b4567", "079\u200b123\u200b4567"),
        ("phone: 4612345", "4612345"),
        ("whatsapp O79 I23 45 67", "O79 I23 45 67"),
        ("0️⃣7️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣", "0️⃣7️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣"),
        ("zero seven nine one two three four five six seven", "zero seven nine one two three four five six seven"),
        ("sifuri saba moja mbili tatu nne tano sita", "sifuri saba moja mbili tatu nne tano sita"),
    ],
)
def test_a_phone_number_is_found_however_it_is_written(text, part, policy):
    assert any(part[-6:] in each and kind is Kind.PHONE for each, kind in found(text, policy)), found(text, policy)


@pytest.mark.parametrize("text", ["رقمي ٠٧٩١٢٣٤٥٦٧ شكرا", "شماره من ۰۹۱۲۳۴۵۶۷۸۹ است"])
def test_an_arabic_digit_phone_number_is_found(text, policy):
    [(part, kind)] = found(text, policy)
    assert kind is Kind.PHONE
    assert part in text
    assert hidden(text, find(text, policy.private_data)) == text.replace(part, HIDDEN)


@pytest.mark.parametrize(
    ("text", "part", "kind"),
    [
        ("write amina.k@example.org please", "amina.k@example.org", Kind.EMAIL),
        ("amina (at) example (dot) org", "amina (at) example (dot) org", Kind.EMAIL),
        ("amina at gmail dot com", "amina at gmail dot com", Kind.EMAIL),
        ("send to GB82 WEST 1234 5698 7654 32 now", "GB82 WEST 1234 5698 7654 32", Kind.IBAN),
        ("DE89370400440532013000", "DE89370400440532013000", Kind.IBAN),
        ("card 4111 1111 1111 1111", "4111 1111 1111 1111", Kind.CARD),
        ("wa.me/962791234567", "wa.me/962791234567", Kind.HANDLE),
        ("https://t.me/some_name", "https://t.me/some_name", Kind.HANDLE),
        ("telegram: @some_name", "@some_name", Kind.HANDLE),
        ("my case 123-45C67890 waits", "123-45C67890", Kind.CASE_NUMBER),
        ("case number: ABC-2024-1234", "case number: ABC-2024-1234", Kind.CASE_NUMBER),
    ],
)
def test_addresses_accounts_and_case_numbers_are_found(text, part, kind, policy):
    assert any(part in each and kind is of for each, of in found(text, policy)), found(text, policy)


@pytest.mark.parametrize(
    "text",
    [
        "open from 08:00 to 16:00 on 12.05.2024",
        "between 2019-2024 we moved 3 times",
        "we got 3 500 000 pounds in all",
        "1, 2, 3, 4, 5, 6, 7, 8 and 9",
        "GB82 WEST 1234 5698 7654 33",
        "look at the school. Thanks",
        "room 214, block 4, tent 17",
        "one two three, and we are ready",
        "Resolution 2254 (2015) of the council",
        "Nos vemos en la plaza del mercado. El 4 no hay bus",
        "He is at home. It is late",
    ],
)
def test_dates_amounts_and_wrong_check_sums_are_left_alone(text, policy):
    assert found(text, policy) == []


@given(st.text(alphabet="0123456789٠٧+- @.abمرا/▇\u200b", max_size=60))
def test_spans_lie_in_the_text_in_order_without_overlap(policy, text):
    spans = find(text, policy.private_data)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= two.start for one, two in pairwise(spans))


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4))
def test_hiding_keeps_everything_outside_the_spans(text, pairs):
    spans = [Span(min(p), max(p), Kind.PHONE) for p in pairs if min(p) < max(p) <= len(text)]
    masked = hidden(text, spans)
    covered = {index for span in spans for index in range(span.start, span.end)}
    kept = "".join(char for index, char in enumerate(text) if index not in covered)
    assert masked.replace("▇", "") == kept.replace("▇", "")


def test_a_hotline_of_the_policy_may_be_named(policy):
    search = replace(policy.private_data, public_numbers=frozenset({"80022000"}))
    assert find("call 800 22000", search) == []
