import pytest

from moderation.verdict import Outcome, Rule


def rules_of(verdict):
    return {reason.rule for reason in verdict.reasons}


OFFERS = [
    "Pay 200 dollars and UNHCR resettlement is guaranteed, whatsapp me",
    "I can get you a visa to Canada, just send 300 USD by Western Union",
    "This is not a scam! Send me the fee for your embassy interview, urgent, contact me on Telegram",
    "ادفع 300 دولار للتوطين الى كندا مضمون تواصل معي واتساب",
    "Payez 300 euros de frais pour votre visa, garanti, contactez-moi sur WhatsApp",
    "Te consigo la visa por 500 dólares, garantizado, escríbeme por WhatsApp",
    "با ۵۰۰ دلار ویزای کانادا تضمینی، در واتساپ پیام بدهید",
    "Lipa dola 100 kwa makazi mapya Canada, uhakika, wasiliana nami WhatsApp",
    "Заплатіть 300 доларів за візу до Канади, гарантую, пишіть мені в телеграм",
]

COMPLAINTS = [
    "Beware! Someone asked me for 200 dollars for UNHCR resettlement on WhatsApp",
    "A man at the office asked me to pay 50 dollars for my registration",
    "They wanted 50 dollars from me for the embassy interview. Is that legal?",
    "Never pay for resettlement. UNHCR services are free",
    "Do I have to pay a fee for registration at UNHCR?",
    "طلب مني رجل 300 دولار للتوطين الى كندا",
    "احذروا، تسجيل المفوضية مجاني، لا تدفعوا المال",
    "On m'a demandé 300 euros pour un visa, attention arnaque",
    "Cuidado, me pidieron 500 dólares por la visa, es una estafa",
    "از من ۵۰۰ دلار پول خواستند برای ویزای کانادا، مراقب باشید",
    "Jihadharini, waliniomba dola 100 kwa makazi mapya, ni utapeli",
    "Обережно, в мене просили 300 доларів за візу, це шахраї",
]


@pytest.mark.parametrize("text", OFFERS)
def test_an_offer_of_what_is_free_for_money_is_held(text, rules):
    verdict = rules.screen(text)
    assert verdict.outcome is Outcome.HOLD
    assert Rule.SCAM in rules_of(verdict)


@pytest.mark.parametrize("text", COMPLAINTS)
def test_whoever_tells_of_a_scam_is_no_scammer(text, rules):
    verdict = rules.screen(text)
    assert verdict.outcome is Outcome.PUBLISH
    assert Rule.SCAM not in rules_of(verdict)


def test_the_findings_of_a_lure_are_the_authors_own_words(rules):
    verdict = rules.screen("I arrange visas to Germany, 300 USD by Western Union")
    parts = [reason.part for reason in verdict.reasons if reason.rule is Rule.SCAM]
    assert "Western Union" in parts


def test_the_name_of_a_service_is_not_its_own_price(rules):
    assert not rules.screen("Cash assistance comes on Monday").raised


def test_a_link_that_only_looks_like_an_agency_counts(rules):
    lure = "Registration is open, pay the fee at https://unhcr-help.info/pay today only"
    assert any(reason.part.startswith("https://unhcr-help") for reason in rules.screen(lure).reasons)
    honest = "Registration is open, see https://help.unhcr.org/jordan"
    assert rules.screen(honest).reasons == ()


def test_a_warning_that_also_asks_to_be_contacted_is_read_but_not_held(rules):
    verdict = rules.screen(
        "Beware of fake agents who sell UNHCR visas for dollars on WhatsApp! If it happened, contact me"
    )
    assert verdict.outcome is Outcome.PUBLISH
    assert verdict.raised


DANGER = [
    "I want to kill myself",
    "He is beating me right now, please help",
    "My daughter is missing since yesterday",
    "He is going to kill me",
    "il va me tuer, aidez moi",
    "The guard asked me for sex to get food",
    "أريد أن أموت، سأنتحر",
    "je veux mourir, je pense au suicide",
    "quiero quitarme la vida",
    "می‌خواهم بمیرم، به خودکشی فکر می‌کنم",
    "nataka kufa, nitajiua",
    "я не хочу жити",
    "я не хочу жить",
    "alinibaka usiku",
    "ልጄ ጠፍቷል እርዱኝ",
]


@pytest.mark.parametrize("text", DANGER)
def test_a_cry_for_help_is_held_for_a_trained_person(text, rules):
    verdict = rules.screen(text)
    assert verdict.outcome is Outcome.HOLD
    assert Rule.DISCLOSURE in rules_of(verdict)


IDIOMS = [
    "This queue is killing me",
    "My mother will kill me if I come home late",
    "I am dying to see you",
    "I nearly died laughing",
    "cette attente me tue",
    "me muero de hambre",
    "كدت أموت من الضحك",
    "That exam was murder",
]


@pytest.mark.parametrize("text", IDIOMS)
def test_a_figure_of_speech_is_no_danger(text, rules):
    verdict = rules.screen(text)
    assert (verdict.outcome, verdict.raised, verdict.reasons) == (Outcome.PUBLISH, False, ())


THREATS = [
    "I will kill you tonight",
    "we know where you live",
    "سأقتلك اليوم",
    "je vais te tuer",
    "te voy a matar",
    "nitakuua kesho",
    "я тебе вб'ю",
    "seni öldüreceğim",
    "waan ku dili doonaa, waan ku dili",
]


@pytest.mark.parametrize("text", THREATS)
def test_a_threat_is_held(text, rules):
    verdict = rules.screen(text)
    assert verdict.outcome is Outcome.HOLD
    assert Rule.THREAT in rules_of(verdict)


TESTIMONY = [
    "They burned our house and killed my brother",
    "He said he will kill me",
    "He told me: I will kill you if you talk",
    "أحرقوا بيتنا وقتلوا أخي",
    "قال لي سأقتلك إذا رجعت",
    "Il a dit: je vais te tuer",
    "Me dijo: te voy a matar",
    "alisema nitakuua",
    "він сказав: я тебе вб'ю",
    "Soldiers beat my father and we fled at night",
    "She says he is going to kill me",
    "Il a dit qu'il va me tuer si je parle",
    "Dijo que me va a matar",
    "Ele disse que vai me matar se eu voltar",
    "قال إنه سيقتلني",
]


@pytest.mark.parametrize("text", TESTIMONY)
def test_testimony_is_not_held_as_a_threat(text, screener):
    verdict = screener.screen(text)
    assert verdict.outcome is Outcome.PUBLISH
    assert Rule.THREAT not in rules_of(verdict)


def test_telling_of_a_threat_asks_a_person_to_look(rules):
    assert rules.screen("My cousin said he will kill me").raised
