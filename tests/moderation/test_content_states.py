import itertools

import pytest

from moderation.states import LEGAL, ContentState, IllegalMove, Move, moved


@pytest.mark.parametrize(("pair", "after"), LEGAL.items())
def test_every_legal_move_leads_where_the_table_says(pair, after):
    assert moved(*pair) is after


@pytest.mark.parametrize("pair", [p for p in itertools.product(ContentState, Move) if p not in LEGAL])
def test_every_other_move_is_refused(pair):
    with pytest.raises(IllegalMove, match=str(pair[1])):
        moved(*pair)


def test_withdrawn_and_erased_text_never_comes_back():
    seen = {ContentState.WITHDRAWN}
    for _ in ContentState:
        seen |= {after for (state, _), after in LEGAL.items() if state in seen}
    assert seen == {ContentState.WITHDRAWN, ContentState.ERASED}
