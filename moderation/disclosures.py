"""What a person in danger may have written: words that bring help before they bring readers."""

from dataclasses import dataclass

from moderation.decisions import Finding
from moderation.phrases import Hit, Hits, Words
from moderation.policy import DANGER_LISTS


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A cry for help: which list it came from, and the author's words."""

    kind: Finding
    part: str


def disclosures(text: Words, hits: Hits, *, reach: int) -> list[Disclosure]:
    """The dangers told of, without figures of speech ("my mother will kill me").

    Violence feared is a threat told of where speech is reported at most `reach` words before it.
    """
    idioms = hits.get("idiom", [])
    found: list[Disclosure] = []
    for kind in DANGER_LISTS:
        for hit in hits.get(kind, ()):
            if kind != "idiom" and not any(_overlap(hit, idiom) for idiom in idioms):
                is_told = kind == "violence_feared" and _is_reported(hit, hits, reach)
                found.append(Disclosure(Finding("told_of_threat" if is_told else kind), text.part(hit)))
                break
    return found


def _is_reported(hit: Hit, hits: Hits, reach: int) -> bool:
    """Whether words like "he said" stand before it."""
    return any(0 <= hit.first - speech.last <= reach for speech in hits.get("reported", ()))


def _overlap(one: Hit, other: Hit) -> bool:
    return one.first <= other.last and other.first <= one.last


@dataclass(frozen=True, slots=True)
class Menace:
    """What a text says about violence: a threat made, one told of, or something suffered."""

    made: str | None
    told: str | None
    is_testimony: bool


def menace(text: Words, hits: Hits, *, reach: int) -> Menace:
    """Tells the threat from the witness: "I will kill you" from "he said: I will kill you".

    Speech reported at most `reach` words before a threat makes it testimony.
    """
    made: str | None = None
    told: str | None = None
    for threat in hits.get("threat", []):
        if _is_reported(threat, hits, reach):
            told = told or text.part(threat)
        else:
            made = made or text.part(threat)
    return Menace(made, told, is_testimony=bool(told or "testimony" in hits))
