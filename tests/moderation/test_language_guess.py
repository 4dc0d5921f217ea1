from dataclasses import replace

import pytest

from moderation.evaluate import cases
from moderation.language import detect
from moderation.normalise import Folded
from moderation.screening import Screener
from moderation.train import LANGUAGES

SURE = 0.5

SENTENCES = {
    "en": "My children go to school every day and they like it.",
    "fr": "Mes enfants vont à l'école tous les jours et ils aiment ça.",
    "es": "Mis hijos van a la escuela todos los días y les gusta.",
    "pt": "Meus filhos vão à escola todos os dias e eles gostam muito.",
    "it": "I miei figli vanno a scuola ogni giorno e sono contenti.",
    "de": "Meine Kinder gehen jeden Tag in die Schule und freuen sich.",
    "tr": "Çocuklarım her gün okula gidiyor ve çok mutlular.",
    "ar": "يذهب أطفالي إلى المدرسة كل يوم وهم سعداء",
    "fa": "بچه‌های من هر روز به مکتب می‌روند و خوشحال هستند",
    "ru": "Мои дети каждый день ходят в школу, и им это нравится.",
    "hi": "मेरे बच्चे हर दिन स्कूल जाते हैं और खुश हैं",
    "bn": "আমার সন্তানরা প্রতিদিন স্কুলে যায়",
    "am": "ልጆቼ በየቀኑ ወደ ትምህርት ቤት ይሄዳሉ እና ደስተኞች ናቸው",
    "ur-Latn": "mere bache roz school jate hain aur bohat khush hain",
    "sw": "Watoto wangu wanaenda shule kila siku na wanafurahi sana.",
    "so": "Carruurtaydu waxay aadaan iskuulka maalin walba oo way faraxsan yihiin",
    "uk": "Мої діти щодня ходять до школи, і їм це подобається.",
    "ti": "ደቀይ መዓልታዊ ናብ ቤት ትምህርቲ ይኸዱ ኣለዉ",
    "ps": "زما ماشومان هره ورځ ښوونځي ته ځي",
    "ur": "میرے بچے روزانہ اسکول جاتے ہیں",
    "ku": "Zarokên min her roj diçin dibistanê û kêfxweş in",
    "my": "ကျွန်ုပ်၏ကလေးများ ကျောင်းသွားကြသည်",
    "ar-Latn": "el wled byrou7o 3al madrase kel yom w mabsoutin",
    "hi-Latn": "Namaste, kripya mujhe karyalay ka samay bataiye, parivar ki sahayata avashyak hai, dhanyavad",
    "nl": "Mijn kinderen gaan elke dag naar school en vinden het leuk.",
    "id": "Anak saya pergi ke sekolah setiap hari dan mereka senang.",
}


@pytest.mark.parametrize(("code", "text"), SENTENCES.items())
def test_a_sentence_is_known_by_its_language(code, text):
    found = detect(Folded(text))
    assert (found.code, found.confidence >= SURE) == (code, True)


@pytest.mark.parametrize("text", ["", "ok", "lol", "???", "👍👍", "12345", "Ahmed", "https://example.org"])
def test_too_little_text_is_in_no_language(text):
    assert detect(Folded(text)).confidence < SURE


def test_short_posts_are_recognised_and_seldom_taken_for_another_covered_language():
    for language, sides in cases().items():
        texts = [
            text for kinds in sides.values() for kind, found in kinds.items() if kind != "spelling" for text in found
        ]
        found = [detect(Folded(text)) for text in texts]
        known = sum(each.code == language and each.confidence >= SURE for each in found)
        mistaken = sum(each.code != language and each.code in LANGUAGES and each.confidence >= SURE for each in found)
        assert known >= (0.97 if language == "en" else 0.8) * len(texts), language
        assert mistaken <= 0.02 * len(texts), language


UNCOVERED = [
    "ሰላም፣ ቤት ትምህርቲ መዓስ እዩ ዝኽፈት፧",
    "ኣነ ካብ ኤርትራ እየ፣ ካርደይ ኣበይ ክሕድሶ እኽእል፧",
    "Де можна поновити картку біженця?",
    "Мама і брат чекають на мене вдома",
    "Unde este biroul de înregistrare?",
    "Kje je pisarna, prosim?",
    "On és l'oficina de refugiats?",
    "Nina shida na karatasi zangu, ofisi iko wapi?",
    "Asante sana rafiki yangu",
    "Wanawake wote wakae nyumbani",
    "Waad ku mahadsan tahay caawimaadda",
    "Xafiisku halkee buu ku yaal?",
    "Нам потрібна допомога з документами",
    "كوردستان وڵاتی ئێمەیە و ئێمە زمانی خۆمان خۆش دەوێت",
    "kifak ya zalame, wein el maktab?",
    "Potrzebuję pomocy z dokumentami",
    "Ik weet niet waar het kantoor is",
    "Uşaqlarım hər gün məktəbə gedir",
    "7aga ya rab, meen yegy m3aya bokra el mostashfa?",
    "shlonak akhi, shako mako, wein sayer el dawam",
    "salam 3likom, kifach ndir bach njib les papiers dyali",
    "ကျွန်တော်တို့ ရေမရှိဘူး",
    "ہمارے کیمپ میں دو دن سے پانی نہیں ہے",
]


@pytest.mark.parametrize("text", UNCOVERED)
def test_a_language_without_an_honest_test_gets_no_score(text, screener):
    verdict = screener.screen(text)
    assert verdict.covered is False
    assert verdict.scores is None


def test_a_doubtful_guess_gets_no_score(policy, model):
    doubting = Screener(replace(policy, least_confidence=1.01), model)
    assert doubting.screen(SENTENCES["en"]).scores is None
    assert doubting.screen(SENTENCES["en"]).covered is False


def test_an_arabic_text_is_never_scored_as_english(screener):
    verdict = screener.screen(SENTENCES["ar"] + " office, Berlin")
    assert verdict.language == "ar"


@pytest.mark.parametrize("text", ["You idiot, go away", "I hate women.", "Du bist so dumm", "Eres un idiota"])
def test_a_short_rude_sentence_in_a_covered_language_is_scored(text, screener):
    assert screener.screen(text).covered
