import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.normalise import Folded, judged, sentences


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("٠٧٩ ۰۷۹", "079 079"),
        ("أَنْتَ إلى آخر", "انت الي اخر"),
        ("pa\u200by\u00ad me", "pay me"),
        ("Éléonore", "eleonore"),
        ("Ｆｕｌｌ", "full"),
        ("sсam", "scam"),
        ("IŞIK ışık", "isik isik"),
    ],
)
def test_look_alike_and_hidden_letters_become_plain(written, plain):
    assert Folded(written).text == plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("you are sooooo slow", " you are so slow "),
        ("i d i o t", " idiot "),
        ("st0p th1s", " stop this "),
        ("see https://example.org/x now", " see now "),
        ("why?!", " why ? ! "),
        ("मैं तुम्हें जानता हूँ।", " मैं तुम्हें जानता हूँ . "),
    ],
)
def test_the_model_reads_stretched_spaced_and_disguised_words(written, read):
    assert judged(Folded(written).text) == read


@given(st.text(max_size=80), st.data())
def test_a_folded_part_always_points_into_the_original(text, data):
    folded = Folded(text)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first <= last <= len(text)
    assert folded.part(start, end) == text[first:last]
    if end > start:
        assert last > first


@given(st.text(max_size=120))
def test_folding_and_reading_take_any_text(text):
    read = judged(Folded(text).text)
    assert read.startswith(" ")
    assert read.endswith(" ")
    assert "".join(sentences(text)) == "" or text.strip()


@given(st.text(max_size=80))
def test_folding_a_folded_text_changes_nothing_more(text):
    once = Folded(text).text
    assert Folded(Folded(once).text).text == Folded(once).text
