"""Lures: money or favours for what agencies do for nothing. An explainable sum of findings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    """The sum of the findings. Zero for whoever warns of a lure, tells of one, or asks."""

    score: int
    findings: tuple[Finding, ...]


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
_AGENCY_HOST = re.compile(r"(?:https?://)?([\w\-.]*(?:unhcr|iom|acnur)[\w\-.]*\.[a-z]{2,12})(?:[/:?]|$)")
_HONEST_HOST = re.compile(r"(?:^|\.)(?:unhcr|acnur)\.org$|(?:^|\.)iom\.int$")
_LONGEST_ADDRESS = 150
"""An address that is longer is looked at up to here, so that no pattern grows slow."""
_MAY_LINK = re.compile(r"/|unhcr|iom|acnur")
_CHAT_LINK = re.compile(r"(?:wa\.me|t\.me|chat\.whatsapp\.com|api\.whatsapp\.com)/\S+")


def judge(text: Words, hits: Hits, policy: ScamPolicy) -> Lure:
    """How much in the text speaks for a lure; `hits` holds at least policy.SCAM_LISTS."""
    findings = _findings(text, hits, policy)
    if not findings or _only_tells_or_asks(text, hits, findings):
        return NOTHING
    score = sum(finding.points for finding in findings)
    if _warns(hits):
        # Somebody who warns and yet says "contact me": a person shall look, nobody shall wait.
        score = min(score, policy.hold - 1)
    return Lure(score, tuple(findings))


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
        host = _AGENCY_HOST.match(link)
        looks_alike = host is not None and not _HONEST_HOST.search(host[1])
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


def _only_tells_or_asks(text: Words, hits: Hits, findings: Sequence[Finding]) -> bool:
    """A warning, a complaint or a question, by somebody who offers nothing."""
    if "offer" in hits or _CHAT_LINK.search(text.folded.text):
        return False
    asks = "?" in text.folded.text and all(finding.name != "move" for finding in findings)
    return asks or _warns(hits)
