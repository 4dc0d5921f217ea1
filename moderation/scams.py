"""Lures: money or favours for what agencies do for nothing. An explainable sum of findings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from moderation.normalise import Folded
from moderation.phrases import Hit, Hits, Words
from moderation.policy import ScamPolicy


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that speaks for a lure, the author's words for it, and its points."""

    name: str
    part: str
    points: int


@dataclass(frozen=True, slots=True)
class Lure:
    """The sum of the findings. Zero for whoever warns of a lure, tells of one, or asks.

    `told`: the text speaks of a lure and makes none. `favours`: what asks for a favour, in the author's words.
    """

    score: int
    findings: tuple[Finding, ...]
    told: bool = False
    favours: tuple[str, ...] = ()


NOTHING = Lure(0, ())
_AMOUNT = re.compile(r"[$€£]\s?\d|\d\s?[$€£]")
_SHORTENERS = [
    "bit.ly/",
    "tinyurl.com/",
    "goo.gl/",
    "cutt.ly/",
    "rb.gy/",
    "is.gd/",
    "shorturl.at/",
    "t.ly/",
    "ow.ly/",
    "tiny.cc/",
]
_HOST = re.compile(r"(?:https?://)?([\w\-]{1,63}(?:\.[\w\-]{1,63}){1,6})(?:[/:?#]|$)")
_HONEST_HOST = re.compile(
    r"(?:^|\.)(?:unhcr|acnur|unicef|wfp|icrc|ifrc|unrwa|refugee)\.(?:org|info)$|(?:^|\.)(?:iom|who)\.int$"
)
_LONG_NAMES = ("unhcr", "acnur", "unicef", "unrwa")
_SHORT_NAMES = frozenset({"iom", "icrc", "wfp", "oim"})
_LOOK_ALIKE = str.maketrans("0134578|!$@", "oieastbiisa")
_LONGEST_ADDRESS = 150
"""An address that is longer is looked at up to here, so that no pattern grows slow."""
_MAY_LINK = re.compile(r"/|\w\.\w")
_CHAT_LINK = re.compile(r"(?:wa\.me|t\.me|chat\.whatsapp\.com|api\.whatsapp\.com)/\S+")


def judge(text: Words, hits: Hits, policy: ScamPolicy, *, name: str = "") -> Lure:
    """How much in the text speaks for a lure; `hits` holds at least policy.SCAM_LISTS.

    `name` is the author's, when nobody made sure of it: an agency's name adds weight to an offer.
    """
    findings = _findings(text, hits, policy)
    favours = tuple(sign.part for sign in findings if sign.name == "favour_for_service")
    if not findings:
        return NOTHING if not _tells(hits) else Lure(0, (), told=True)
    if _only_tells_or_asks(text, hits, findings):
        score = sum(finding.points for finding in findings)
        if score < policy.hold or _warns(hits) or not _tells(hits):
            return Lure(0, (), told=_warns(hits) or _tells(hits))
        # It tells of an offer, and has everything that an offer has: others read it, and a person looks.
        return Lure(policy.hold - 1, tuple(findings), told=True)
    if speaks_for := _agency(text, hits, name, policy):
        findings.append(speaks_for)
    score = sum(finding.points for finding in findings)
    told = _warns(hits) or _tells(hits)
    if told:
        # Somebody who warns or tells and yet says "contact me": a person shall look, nobody shall wait.
        score = min(score, policy.hold - 1)
    return Lure(score, tuple(findings), told, () if told else favours)


def _agency(text: Words, hits: Hits, name: str, policy: ScamPolicy) -> Finding | None:
    """An agency in the author's name or under the text, or "I work for …", of somebody whom nobody verified."""
    points = policy.points["agency_name"]
    if name and looks_like_agency(name):
        return Finding("agency_name", name, points)
    for claim in hits.get("claim", ()):
        for agency in hits.get("agencies", ()):
            if 0 <= agency.first - claim.last <= _CLAIM_REACH:
                return Finding("agency_name", text.part(Hit("", claim.first, agency.last)), points)
    lines = text.folded.original.rstrip().rsplit("\n", 1)
    if len(lines) == 2 and len(lines[1]) <= _LONGEST_SIGNATURE and looks_like_agency(lines[1]):
        return Finding("agency_name", lines[1].strip(), points)
    return None


_CLAIM_REACH = 4
_LONGEST_SIGNATURE = 60


def looks_like_agency(name: str) -> bool:
    """Whether a name is taken for an agency's, with digits and look-alike letters in it too."""
    plain = Folded(name).text.translate(_LOOK_ALIKE)
    letters = "".join(letter for letter in plain if letter.isalnum())
    return any(long in letters for long in _LONG_NAMES) or not _SHORT_NAMES.isdisjoint(re.split(r"[\W_]+", plain))


def _findings(text: Words, hits: Hits, policy: ScamPolicy) -> list[Finding]:
    found: list[Finding] = []
    service = _service(text, hits, policy)
    if service:
        found.append(service)
    found += [
        Finding(name, text.part(hits[name][0]), policy.points[name])
        for name in ("brand", "move", "urgency", "papers", "offer")
        if name in hits
    ]
    folded = text.folded
    if not _MAY_LINK.search(folded.text):
        return found
    if "move" not in hits and (chat := _CHAT_LINK.search(folded.text)):
        found.append(Finding("move", folded.part(*chat.span()), policy.points["move"]))
    if link := _disguised_link(folded.text):
        found.append(Finding("short_link", link, policy.points["short_link"]))
    return found


def _disguised_link(plain: str) -> str | None:
    """An address that hides where it leads, or that only looks like an agency's."""
    for word in plain.split():
        link = word[:_LONGEST_ADDRESS]
        if "." not in link:
            continue
        host = _HOST.match(link.strip("(<[\"'"))
        looks_alike = host is not None and not _HONEST_HOST.search(host[1]) and looks_like_agency(host[1])
        if looks_alike or any(short in link for short in _SHORTENERS):
            return link
    return None


def _service(text: Words, hits: Hits, policy: ScamPolicy) -> Finding | None:
    """Money, or a favour, near the name of something that costs nothing."""
    services = hits.get("service", [])[:_MOST_HITS]
    if not services:
        return None
    for list_name, points_name in (("favour", "favour_for_service"), ("money", "fee_for_service")):
        pair = _nearest(hits.get(list_name, [])[:_MOST_HITS], services, policy.reach)
        if pair:
            part = _between(text, *pair)
            return Finding(points_name, part, policy.points[points_name])
    if amount := _AMOUNT.search(text.folded.text):
        part = text.folded.part(*amount.span())
        return Finding("fee_for_service", part, policy.points["fee_for_service"])
    return None


_MOST_HITS = 50
"""Pairs are compared; a text with more of them is judged by the first."""


def _nearest(prices: Sequence[Hit], services: Sequence[Hit], reach: int) -> tuple[Hit, Hit] | None:
    pairs = [(abs(price.first - service.first), index, number)
             for index, price in enumerate(prices)
             for number, service in enumerate(services)
             if price.last < service.first or service.last < price.first]  # fmt: skip
    if not pairs or min(pairs)[0] > reach:
        return None
    _, index, number = min(pairs)
    return prices[index], services[number]


_LONGEST_PART = 120


def _between(text: Words, one: Hit, other: Hit) -> str:
    """The author's words from the first of the two to the last."""
    whole = Hit("", min(one.first, other.first), max(one.last, other.last))
    return text.part(whole)[:_LONGEST_PART]


def _warns(hits: Hits) -> bool:
    """Words of warning or complaint that are not part of "this is not a scam"."""
    excused = [(hit.first, hit.last) for hit in hits.get("excuse", ())]
    return any(not any(first <= hit.first <= last for first, last in excused) for hit in hits.get("warning", ()))


def _tells(hits: Hits) -> bool:
    """Words like "he took money from me", with money or a service in them."""
    return "tells" in hits and ("money" in hits or "service" in hits)


def _only_tells_or_asks(text: Words, hits: Hits, findings: Sequence[Finding]) -> bool:
    """A warning, a complaint or a question, by somebody who offers nothing."""
    if "offer" in hits or _CHAT_LINK.search(text.folded.text):
        return False
    asks = "?" in text.folded.text and all(finding.name != "move" for finding in findings)
    return asks or _warns(hits) or _tells(hits)
