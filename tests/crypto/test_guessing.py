"""Which secret words are refused, because somebody else would try them; and that judging them holds nobody up."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.accounts import suggestions
from server.crypto import guessing
from server.errors import Invalid

KNOWN = ("quiet-lamp-8", "Blue Kite 7", "talk.refugees.example", "Bridge Network")
SOON = [
    "passwordpassword",
    "PASS word PASS word",
    "Passw0rd-Passw0rd",
    "p@$$w0rdp@$$w0rd1",
    "password1234",
    "mohamed123456",
    "iloveyouforever",
    "let me in please",
    "one two three four",
    "my name is mohamed",
    "refugee refugee",
    "1234 5678 9012",
    "0791234567 0791234567",
    "22031985 22031985",
    "a b c d e f g h i j",
    "qwertyuiopasdfgh",
    "aaaa bbbb aaaa bbbb",
    "ааааббббаааабббб",
    "!@#$%^&*()_+",
    "x" * 200,
    "password" * 25,
    "1!1!|" * 40,
    # what everybody knows of the person and the place
    "quiet lamp 8 quiet lamp 8",
    "quietlamp8 quietlamp8 quietlamp8",
    "Blue Kite 7 Blue Kite 7",
    "talk.refugees.example",
    "Bridge Network Bridge",
    "bridge network talk refugees",
]
LATE = [
    "green lamp on the seventh roof",
    "nine calm lemons wait",
    "four words of mine",
    "correct horse battery staple",
    "chai maji nyumba mtoto",
    "لمبة خضراء على السطح",
    "رمز سلام بيت شمس",
    "ရေခဲ မီးပုံး လေယာဉ် မြေပဲ",
    "ጨረቃ ወንዝ ዛፍ ድንጋይ",
    "кот дом река ночь",
    "سیب رود کوه ابر",
    "月亮河流石头树木山羊灯笼",
    "x!7$k2#9@m4%",
    "green lamp on the seventh roof" * 7,
]


@pytest.mark.parametrize("words", SOON)
def test_words_that_come_to_everybodys_mind_are_refused(words: str) -> None:
    with pytest.raises(Invalid, match="Many people use these words") as refused:
        guessing.check(words, known=KNOWN)
    assert refused.value.field == "passphrase"


@pytest.mark.parametrize("words", LATE)
def test_words_from_chance_are_taken_in_every_script(words: str) -> None:
    guessing.check(words, known=KNOWN)


def test_a_name_of_this_place_is_no_secret_here_and_is_one_elsewhere() -> None:
    words = "zubayr okonkwo"
    assert guessing.guesses(words) >= guessing.FEWEST_GUESSES > guessing.guesses(words, known=["Zubayr Okonkwo"])
    assert guessing.guesses(words + words, known=["Zubayr Okonkwo"]) < guessing.FEWEST_GUESSES, "said twice"


def test_a_short_name_does_not_spoil_words_that_hold_it() -> None:
    assert guessing.guesses("nine calm lemons wait", known=["a", "li", "on"]) == guessing.guesses(
        "nine calm lemons wait"
    )


def test_what_the_server_suggests_it_takes() -> None:
    for _ in range(200):
        guessing.check(suggestions.passphrase(), known=KNOWN)


def test_nothing_of_anybody_stays_in_the_library() -> None:
    from zxcvbn import matching

    guessing.guesses("four words of mine", known=["zubayrokonkwo"])
    assert "zubayrokonkwo" not in repr(sorted(matching.RANKED_DICTIONARIES))
    assert not any("zubayrokonkwo" in known for known in matching.RANKED_DICTIONARIES.values())


@pytest.mark.parametrize(
    "words",
    [
        "4@8({[<369!|1750$+%2" * 10,
        "4@8(369175024" * 15,
        "z4@8($369175024@8($369175024@8",
        "01@($z" + "ab" * 90,
        "1!|" * 12 + "q7z",
    ],
)
def test_words_made_to_keep_the_server_busy_do_not(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in looks into the lists, not in seconds: read in every way, the first would take ten million."""
    from zxcvbn import matching

    read, real = [], matching.dictionary_match

    def counted(text: str, _ranked_dictionaries: object) -> object:
        read.append(len(text) ** 2)
        return real(text, _ranked_dictionaries)

    monkeypatch.setattr(matching, "dictionary_match", counted)
    guessing.guesses(words, known=KNOWN)
    assert 0 < sum(read) <= 60 * guessing.SIGNS_READ**2


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.lists(st.text(max_size=40), max_size=3))
def test_no_words_are_a_fault(words: str, known: list[str]) -> None:
    assert guessing.guesses(words, known=known) >= 0


def test_the_library_is_loaded_only_when_somebody_chooses_words() -> None:
    script = "import server.app, server.private.process, sys; print('zxcvbn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
