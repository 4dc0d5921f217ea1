"""The labelled text a model learns from: reading it, and where it came from."""

import lzma
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SUB_LABELS = ("insult", "threat", "identity_attack", "profanity")
"""Labels that are asked only of toxic text."""


class Sources(StrEnum):
    """Which texts a training may learn from."""

    ALL = "all"
    PERMISSIVE = "permissive"


class Licence(StrEnum):
    """How free a source is, in the three classes that matter to whoever ships the weights."""

    PERMISSIVE = "permissive"
    NON_COMMERCIAL = "non-commercial"
    NOT_STATED = "no licence stated"
    UNCLEAR = "licence unclear"
    OWN = "our own sentences"


@dataclass(frozen=True, slots=True)
class Source:
    """One data set: what it is called in the field, its terms as found, and their class."""

    title: str
    terms: str
    licence: Licence


def _source(title: str, terms: str, licence: Licence) -> Source:
    return Source(title, terms, licence)


_FREE, _NC = Licence.PERMISSIVE, Licence.NON_COMMERCIAL
_NONE, _UNCLEAR = Licence.NOT_STATED, Licence.UNCLEAR

SOURCES: dict[str, Source] = {
    "alakrot_youtube": _source("Alakrot 2018, Arabic YouTube comments", "none stated", _NONE),
    "am_ranlp": _source("AmharicHateSpeech, RANLP 2023", "none stated", _NONE),
    "am_trac": _source("AmharicHateSpeech, TRAC intensity", "none stated", _NONE),
    "bn_multilabel": _source("Multi-Labeled Bengali Toxic Comments", "none stated", _NONE),
    "cyber2021": _source("Arabic Cyber_2021", "none stated", _NONE),
    "davidson": _source("Davidson 2017, hate speech and offensive language", "MIT", _FREE),
    "dynahate": _source("Dynamically Generated Hate Speech", "CC BY 4.0, unverified", _UNCLEAR),
    "fortuna19": _source("Fortuna 2019, Portuguese", "none stated", _NONE),
    "germeval18": _source("GermEval 2018", "CC BY 4.0", _FREE),
    "hasoc_hi": _source("HASOC 2019-2021, Hindi", "none stated", _NONE),
    "haspeede20": _source("HaSpeeDe 2, EVALITA 2020", "on request, terms unclear", _NONE),
    "hatc_tr": _source("HATC, Turkish Instagram comments", "none stated", _NONE),
    "hateval_es": _source("HatEval 2019, Spanish", "CC BY-NC 4.0", _NC),
    "hatexplain": _source("HateXplain", "MIT", _FREE),
    "kaggle5k_tr": _source("5k uncivil Turkish tweets", "none stated", _NONE),
    "lhsab": _source("L-HSAB, Levantine", "none stated", _NONE),
    "macd": _source("MACD, Hindi", "none stated", _NONE),
    "mhs_ken20": _source("Measuring Hate Speech", "CC BY 4.0, unverified", _UNCLEAR),
    "mlma": _source("MLMA hate speech", "MIT", _FREE),
    "mubarak17": _source("Mubarak 2017, Arabic", "none stated", _NONE),
    "myhatespeech": _source("myHateSpeech, Burmese", "CC BY-NC-SA 4.0", _NC),
    "offenseval_tr": _source("OffensEval-TR 2020", "CC BY 2.0, unverified", _UNCLEAR),
    "olid": _source("OLID 2019", "cite only, none stated", _NONE),
    "osact20": _source("OSACT4, Arabic", "none stated", _NONE),
    "paradetox_en": _source("ParaDetox, English", "CC0", _FREE),
    "parsoffensive": _source("Pars-OFF, Farsi", "none stated (cite)", _NONE),
    "rudetox": _source("RuDetox 2022", "none stated", _NONE),
    "ruhsold": _source("RUHSOLD, Roman Urdu", "MIT", _FREE),
    "textdetox": _source("TextDetox inputs", "OpenRAIL++", _FREE),
    "toldbr": _source("ToLD-Br", "CC BY-SA 4.0", _FREE),
    "ucc": _source("Unhealthy Comments Corpus", "CC BY-NC-SA 4.0", _NC),
    "ud_uk": _source("UD Ukrainian-IU", "CC BY-NC-SA 4.0", _NC),
    "vicomtech": _source("Vicomtech hate speech dataset", "CC BY-SA 3.0 ES", _FREE),
    "wikipedia_tox": _source("Wikipedia toxicity, test bias set", "CC BY 4.0", _FREE),
}

AUGMENTED = "aug_"
"""How the names of our own sentences begin."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text. A sub-label of None was never asked."""

    language: str
    text: str
    toxic: bool
    sub_labels: tuple[bool | None, ...]
    source: str
    split: str


def _known(value: str) -> bool | None:
    return None if value not in ("0", "1") else value == "1"


def _row(values: dict[str, str]) -> Row:
    return Row(
        language=values["lang"],
        text=values["text"],
        toxic=values["toxic"] == "1",
        sub_labels=tuple(_known(values.get(label, "-1")) for label in SUB_LABELS),
        source=values["source"],
        split=values["split"],
    )


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of one `<lang>.tsv.xz`; its first line names the columns."""
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        columns = next(lines).rstrip("\n").split("\t")
        for line in lines:
            values = line.rstrip("\n").split("\t")
            if len(values) == len(columns):
                yield _row(dict(zip(columns, values, strict=True)))


def _is_wanted(row: Row, sources: Sources, languages: frozenset[str]) -> bool:
    if row.language not in languages:
        return False
    if sources is Sources.ALL or row.source.startswith(AUGMENTED):
        return True
    found = SOURCES.get(row.source)
    return found is not None and found.licence is Licence.PERMISSIVE


EVERYDAY = Path(__file__).with_name("everyday.toml")
"""Harmless sentences of our own, learnt from with every corpus."""
FILLINGS = 4
"""How many names and places each everyday sentence is written with."""


def everyday(languages: frozenset[str]) -> Iterator[Row]:
    """Our everyday sentences as benign training rows."""
    held = tomllib.loads(EVERYDAY.read_text(encoding="utf-8"))
    for language, sentences in held["sentences"].items():
        ending = "_arabic" if language in ("ar", "fa") else ""
        names, places = held[f"names{ending}"], held[f"places{ending}"]
        for number, sentence in enumerate(sentences if language in languages else ()):
            for turn in range(number, number + FILLINGS):
                text = sentence.format(name=names[turn % len(names)], place=places[turn % len(places)])
                unknown = (None,) * len(SUB_LABELS)
                yield Row(language, text, False, unknown, f"{AUGMENTED}everyday", "train")


def read(corpus: Path, sources: Sources, languages: frozenset[str]) -> list[Row]:
    """Every wanted row of the folder, in an order that does not depend on the machine."""
    return [
        row for path in sorted(corpus.glob("*.tsv.xz")) for row in rows_of(path) if _is_wanted(row, sources, languages)
    ]
