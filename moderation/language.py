"""Which script and language a text is in, and how sure that is.

A small guess from letters and little words, made to answer one question well: does an honest test
of the model exist for this text? When in doubt it says "und", and nothing is scored.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from moderation.normalise import WORD_CLASS, Folded

UNDETERMINED = "und"


@dataclass(frozen=True, slots=True)
class Language:
    """A BCP 47 code (`ur-Latn` is Urdu in Latin letters), a script, a confidence in [0, 1].

    `guess` is the likeliest code, also when it is too doubtful to be named.
    """

    code: str
    script: str
    confidence: float
    guess: str = UNDETERMINED


_SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latin"),
    (0x0250, 0x02AF, "Latin"),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0530, 0x058F, "Armenian"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0750, 0x077F, "Arabic"),
    (0x08A0, 0x08FF, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x1000, 0x109F, "Myanmar"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x2D80, 0x2DDF, "Ethiopic"),
    (0xAB00, 0xAB2F, "Ethiopic"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFC, "Arabic"),
    (0xFF21, 0xFF5A, "Latin"),
)
_OTHER = "Other"
_SAMPLE = 2_000
"""Letters looked at; a longer text is in the language that it begins with."""


@cache
def _script(char: str) -> str:
    """The script of a letter; empty for whatever is no letter."""
    if not char.isalpha():
        return ""
    code = ord(char)
    for first, last, name in _SCRIPTS:
        if first <= code <= last:
            return name
    return _OTHER


def _main_script(text: str) -> tuple[str, float]:
    """The script of most letters, and its share of all letters."""
    if text.isascii():
        return ("Latin", 1.0) if re.search("[a-zA-Z]", text) else ("", 0.0)
    found: Counter[str] = Counter()
    for char, count in Counter(text).items():
        found[_script(char)] += count
    del found[""]
    if not found:
        return "", 0.0
    name, count = found.most_common(1)[0]
    return name, count / found.total()


Votes = Mapping[str, tuple[tuple[str, float], ...]]
_WORD = re.compile(rf"[{WORD_CLASS}]+")


def _votes(words: Mapping[str, str]) -> Votes:
    """For each little word the languages it speaks for; a word that many share says little."""
    speakers: dict[str, set[str]] = {}
    for code, listed in words.items():
        for word in set(re.split(r"[\s']+", Folded(listed).text)):
            speakers.setdefault(word, set()).add(code)
    return {word: tuple((code, 1 / len(codes) ** 1.5) for code in sorted(codes)) for word, codes in speakers.items()}


LITTLE_WORDS = Path(__file__).with_name("little_words.toml")


@cache
def _tables() -> dict[str, Votes]:
    """The votes of each table of little words: one per script, and the Latin endings."""
    held = tomllib.loads(LITTLE_WORDS.read_text(encoding="utf-8"))
    return {script: _votes(words) for script, words in held.items()}


@cache
def _ending_lengths() -> tuple[int, ...]:
    return tuple(sorted({len(ending) for ending in _tables()["endings"]}, reverse=True))


_LETTER_SIGNS: dict[str, tuple[tuple[str, str, float], ...]] = {
    "Latin": (
        ("de", "äß", 0.7),
        ("de", "öü", 0.3),
        ("tr", "ğışİ", 0.8),
        ("tr", "öüç", 0.3),
        ("es", "ñ¿¡", 1.0),
        ("es", "áéíóú", 0.3),
        ("pt", "ãõ", 1.0),
        ("pt", "áéíóúâêç", 0.3),
        ("fr", "èêëîïœùû", 0.5),
        ("fr", "éàçâô", 0.3),
        ("it", "ìò", 0.8),
        ("it", "èàù", 0.35),
        ("ku", "îûê", 0.6),
        ("pl", "łąęśżźćń", 1.0),
        ("ro", "ățț", 1.0),
        ("hu", "őű", 1.5),
        ("cs", "řěůčšž", 0.8),
        ("hr", "đčćšž", 0.6),
        ("vi", "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệọỏốồổỗộớờởỡợụủứừửữự", 1.5),
        ("sv", "åøæ", 1.5),
        ("az", "ə", 2.0),
    ),
    "Arabic": (
        ("ar", "ةىإأؤئ", 0.5),
        ("fa", "پچژگ", 0.7),
        ("fa", "یک", 0.4),
        ("ur", "ٹڈڑےںہھ", 1.2),
        ("ps", "ټډړږښځڅېۍڼ", 1.5),
        ("ku", "ڵێۆڕە", 1.5),
        ("sd", "ڄڃڇڌڊڏڙڦڪڻ", 2.0),
        ("ug", "ۇۈۋې", 1.0),
    ),
    "Cyrillic": (
        ("uk", "іїєґ", 1.2),
        ("ru", "ыэё", 1.0),
        ("be", "ў", 3.0),
        ("sr", "јљњћђџ", 2.0),
        ("mk", "ѓќѕ", 2.5),
        ("kk", "әғқңөұүһ", 2.0),
        ("tg", "ӣӯҳҷ", 2.0),
    ),
    "Ethiopic": (("ti", "ኣዓሓቐቑቒቓቔቕቖኸኹኺኻኼኽኾ", 0.6), ("am", "ኧሏ", 0.3)),
    "Devanagari": (("mr", "ळ", 1.0),),
}
"""Letters that point to a language, with the weight of the first; more count up to three times."""


_TELLING = 1.5
"""A letter of this weight belongs to its language alone."""


def _letter_votes(text: str, script: str, votes: dict[str, float]) -> None:
    present = Counter(text)
    signs: dict[str, float] = {}
    for code, letters, weight in _LETTER_SIGNS.get(script, ()):
        count = sum(present[letter] for letter in letters if letter in present)
        if count and weight >= _TELLING:
            votes[code] = votes.get(code, 0.0) + weight * min(count, 3)
        elif count:
            signs[code] = signs.get(code, 0.0) + weight * min(count, 3)
    for code, weight in signs.items():
        known = votes.get(code, 0.0)
        # Accents without one known word may be of any language with a Latin alphabet.
        votes[code] = known + (weight if known or script != "Latin" else min(weight, 0.6))


def _word_votes(words: list[str], table: Votes, votes: dict[str, float]) -> None:
    for word in words:
        for code, weight in table.get(word, ()):
            votes[code] = votes.get(code, 0.0) + weight


_ARABIZI = re.compile(r"(?<![\w])(?=[a-z'\d]*[a-z])[a-z']*(?:[a-z'][23579]|[23579][a-z'])[a-z'\d]*")
_QUANTITY = re.compile(r"\d+(?:st|nd|rd|th|am|pm|kg|km|cm|mm|mg|ml|g|m|h|s|x|k|d|usd|eur|gb|mb|er|e|o|a|eme|min|hrs?)$")


def _arabizi_votes(text: str, votes: dict[str, float]) -> None:
    """Arabic in Latin letters writes 2 3 5 7 9 for letters that Latin lacks."""
    found = [word for word in _ARABIZI.findall(text) if not _QUANTITY.match(word)]
    if found:
        votes["ar-Latn"] = votes.get("ar-Latn", 0.0) + 0.9 * len(found)


def _ending_vote(words: list[str], votes: dict[str, float]) -> None:
    table, lengths = _tables()["endings"], _ending_lengths()
    for word in words:
        if len(word) < 5:
            continue
        for length in lengths:
            found = table.get(word[-length:])
            if found and length < len(word):
                for code, weight in found:
                    votes[code] = votes.get(code, 0.0) + 0.35 * weight
                break


def _latin(text: str, folded: str) -> dict[str, float]:
    votes: dict[str, float] = {}
    words = re.findall(r"[^\W\d_]+", folded)
    _word_votes(words, _tables()["latin"], votes)
    _ending_vote(words, votes)
    if not text.isascii():
        _letter_votes(text.lower(), "Latin", votes)
    if any(digit in folded for digit in "23579"):
        _arabizi_votes(folded, votes)
    return votes


def _without_article(words: list[str]) -> int:
    """How many words carry the Arabic article, which Persian and Pashto do not use."""
    return sum(word.startswith(("ال", "وال", "بال", "لل")) and len(word) > 4 for word in words)


def _other(text: str, folded: str, script: str) -> dict[str, float]:
    votes: dict[str, float] = {}
    words = _WORD.findall(folded)
    _word_votes(words, _tables()[script.lower()], votes)
    _letter_votes(text, script, votes)
    if script == "Arabic":
        articles = _without_article(words)
        if articles:
            votes["ar"] = votes.get("ar", 0.0) + 0.6 * articles
    return votes


_HOME_VOTE = {"Arabic": 0.25, "Cyrillic": 0.3}
_ALONE = {"Bengali": "bn", "Myanmar": "my"}
"""Scripts of which one language is common enough to guess it from the script alone."""
_AT_HOME = {"Arabic": "ar", "Cyrillic": "ru", "Ethiopic": "am", "Devanagari": "hi"}
"""The likeliest language of a script, for a text of letters without any sign."""
_ENOUGH = 1.3
"""Votes that make a guess as sure as it can be, for a text of few words."""


_SHARE = {"Latin": 0.13}
_SHARE_ELSEWHERE = 0.07
"""Votes per word that make a guess sure. Outside Latin few languages share a script."""


def _confidence(votes: Mapping[str, float], best: str, needed: float) -> float:
    """High when the best guess has votes enough, for the text's length, and no rival is near."""
    top = votes[best]
    rival = max((value for code, value in votes.items() if code != best), default=0.0)
    support = min(1.0, top / _ENOUGH) * min(1.0, top / needed)
    return support * min(1.0, 2.0 * (top - rival) / top)


def _decided(votes: dict[str, float], script: str, share: float, words: int) -> Language:
    at_home = _AT_HOME.get(script)
    if at_home:
        votes[at_home] = votes.get(at_home, 0.0) + _HOME_VOTE.get(script, 0.5)
    if not votes:
        return Language(UNDETERMINED, script, 0.0)
    best = max(sorted(votes), key=lambda code: votes[code])
    needed = words * _SHARE.get(script, _SHARE_ELSEWHERE)
    confidence = round(_confidence(votes, best, needed) * min(1.0, share / 0.7), 2)
    return Language(best if confidence >= _SURE else UNDETERMINED, script, confidence, best)


_SURE = 0.3
"""Below this the guess is not worth naming."""
_LETTERED = re.compile(r"[^\W\d_]\S*")
_IGNORED = re.compile(r"(?:https?://|www\.)\S+|\S{0,80}@[\w.]{1,80}|<\w+>|#\w+")


def detect(folded: Folded) -> Language:
    """The language of the text, or "und" when too little speaks for any."""
    original, plain = folded.original[:_SAMPLE], folded.text[:_SAMPLE]
    if "@" in plain or "/" in plain or "<" in plain or "#" in plain or "www." in plain:
        original, plain = _IGNORED.sub(" ", original), _IGNORED.sub(" ", plain)
    script, share = _main_script(original)
    if script in _ALONE:
        return Language(_ALONE[script], script, round(min(1.0, share), 2))
    if script not in _LETTER_SIGNS:
        return Language(UNDETERMINED, script or "none", 0.0)
    votes = _latin(original, plain) if script == "Latin" else _other(original, plain, script)
    return _decided(votes, script, share, max(1, len(_LETTERED.findall(plain))))
