"""How many lures and disclosures are found, and how often wrongly: first over the lines that the lists were made
with, then over lines that they had not met."""

import tomllib
from pathlib import Path

import pytest

from moderation.private_data import find
from moderation.scams import looks_like_agency
from moderation.screening import Author
from moderation.verdict import Outcome, Rule


def lines(name, key, languages=None):
    table = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))
    return [
        line for language, lists in table.items() if languages is None or language in languages for line in lists[key]
    ]


def rules_of(verdict):
    return {reason.rule for reason in verdict.reasons}


def is_held_for(rules, line, *wanted):
    verdict = rules.screen(line)
    return verdict.outcome is Outcome.HOLD and not rules_of(verdict).isdisjoint(wanted)


def test_there_are_lines_enough():
    assert len(lines("lure_lines", "offers")) >= 60
    assert len(lines("lure_lines", "complaints")) >= 60
    assert len(lines("disclosure_lines", "disclosures")) >= 40
    assert len(lines("disclosure_lines", "others")) >= 40


def test_95_of_100_offers_are_held(rules):
    offers = lines("lure_lines", "offers")
    missed = [line for line in offers if not is_held_for(rules, line, Rule.SCAM, Rule.DISCLOSURE)]
    assert len(missed) <= 0.05 * len(offers), missed


@pytest.mark.parametrize("name", ["lure_lines", "unseen_lines"])
def test_no_complaint_is_held(name, rules):
    assert [line for line in lines(name, "complaints") if rules.screen(line).outcome is Outcome.HOLD] == []


def test_who_tells_of_a_lure_in_its_own_words_is_read_and_looked_at(rules):
    verdict = rules.screen("They want a passport photo and 80 dollars for a visa first. When you pay, they are gone.")
    assert (verdict.outcome, verdict.raised, verdict.complaint) == (Outcome.PUBLISH, True, True)


def test_90_of_100_complaints_are_known_for_what_they_are(rules):
    complaints = lines("lure_lines", "complaints")
    missed = [line for line in complaints if not rules.screen(line).complaint]
    assert len(missed) <= 0.1 * len(complaints), missed


def test_95_of_100_disclosures_are_held_for_a_trained_person(rules):
    told = lines("disclosure_lines", "disclosures")
    missed = [line for line in told if not is_held_for(rules, line, Rule.DISCLOSURE)]
    assert len(missed) <= 0.05 * len(told), missed


@pytest.mark.parametrize("name", ["disclosure_lines", "unseen_lines"])
def test_testimony_grief_and_figures_of_speech_are_not_held(name, rules):
    wrong = [line for line in lines(name, "others") if rules.screen(line).outcome is Outcome.HOLD]
    assert len(wrong) <= 0.02 * len(lines(name, "others")), wrong


@pytest.mark.parametrize("standing", [Author(known=True), Author(known=False, vouched=True)])
def test_a_disclosure_is_held_whoever_wrote(standing, rules):
    for line in lines("disclosure_lines", "disclosures", {"en"}):
        assert rules.screen(line, standing).outcome is Outcome.HOLD


def test_lines_that_the_lists_had_not_met(rules, policy):
    """A floor under what was measured: 12 of 16 offers, 11 of 17 disclosures, all 35 details, none of 35 wrongly."""
    offers, told = lines("unseen_lines", "offers"), lines("unseen_lines", "disclosures")
    assert sum(rules.screen(line).outcome is Outcome.HOLD for line in offers) >= 12
    assert sum(rules.screen(line).outcome is Outcome.HOLD for line in told) >= 11
    private = [line.replace("⟦", "").replace("⟧", "") for line in lines("unseen_lines", "private")]
    assert sum(bool(find(line, policy.private_data)) for line in private) >= 34
    assert sum(bool(find(line, policy.private_data)) for line in lines("unseen_lines", "harmless")) == 0


@pytest.mark.parametrize(
    "name", ["UNHCR Officer", "UNHСR", "unhcr_jordan", "UNH-CR help", "UN1CEF", "Iom Team", "ACNUR"]
)
def test_a_name_is_known_for_an_agencys(name):
    assert looks_like_agency(name)


@pytest.mark.parametrize("name", ["River 27", "Axiom", "Biometrics", "Omar", "Lamp of the Union", "Naomi"])
def test_other_names_are_left_alone(name):
    assert not looks_like_agency(name)


OFFER = "I can help with your registration, 20 dollars"


def test_an_agencys_name_adds_weight_to_an_offer_and_not_to_a_greeting(rules):
    plain, agency = Author(known=True, pseudonym="River 27"), Author(known=True, pseudonym="UNHCR Officer")
    assert rules.screen(OFFER, plain).outcome is Outcome.PUBLISH
    assert rules.screen(OFFER, agency).outcome is Outcome.HOLD
    assert rules.screen("Good morning to all of you", agency).reasons == ()
    assert rules.screen(OFFER, Author(known=True, pseudonym="UNHCR Officer", verified=True)).outcome is Outcome.PUBLISH
    assert rules.screen(f"{OFFER}\nUNHCR team").outcome is Outcome.HOLD
    assert rules.screen(f"{OFFER}. I work for UNHCR").outcome is Outcome.HOLD


def test_a_favour_for_a_service_goes_to_trained_people(rules):
    verdict = rules.screen("I help with your registration if you spend the night with me")
    assert verdict.outcome is Outcome.HOLD
    assert Rule.DISCLOSURE in rules_of(verdict)


@pytest.mark.parametrize(
    "host", ["https://unhcr-jobs.com/x", "http://un1cef.help.org", "iom.apply-now.org/visa", "www.acnur.co"]
)
def test_a_host_that_looks_like_an_agencys_counts(host, rules):
    verdict = rules.screen(f"Registration is open, pay the fee at {host} today only")
    assert verdict.outcome is Outcome.HOLD


@pytest.mark.parametrize(
    "host", ["https://help.unhcr.org/jordan", "https://www.iom.int/", "axiom.com/x", "unicef.org/kids"]
)
def test_honest_hosts_do_not(host, rules):
    assert rules.screen(f"Registration is open, see {host}").reasons == ()
