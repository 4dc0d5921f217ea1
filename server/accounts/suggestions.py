"""Names and passphrases to suggest. The words are simple, and say nothing of where anybody comes from."""

import secrets

WORDS = """
acorn amber anchor apple apron arrow autumn badge bamboo banner barley barrel basil basket beach bean bell bench
berry bicycle bird blanket blossom blue boat book bottle bowl branch brass bread breeze brick bridge bright
broom brush bucket butter button cabin cake camel candle canvas carpet carrot castle cedar chair chalk cherry
chess circle clay clear cliff clock cloud clover coast coat cocoa coffee coin copper coral corn cotton cradle
crane crystal cup curtain dance dawn desk dew door dove drum duck dune eagle early earth easel echo elbow elm
ember evening falcon farm fabric feather fence fern field fig finch finger fire flag flax flint flour flower
flute forest fountain fox frost fruit garden garlic gate gentle ginger glass globe glove goat gold goose grain
grape grass gravel green grove guitar hammer happy harbour harp harvest hat hazel heron hill honey horizon horse
house hundred ink iron island ivory jacket jar jasmine jug juniper kettle key kind kite kitchen knot ladder lake
lamp lantern laurel lavender leaf lemon lentil letter light lily lime linen lion lizard loaf lotus lucky lunch
maize mango map maple marble market marsh meadow melon middle milk mill mint mirror mint moon morning moss
mountain mouse music needle nest net night noon north nutmeg oak oar oasis ocean olive onion orange orchard
otter oven owl paddle paint palm paper parrot path peach peacock pear pearl pebble pencil pepper piano pigeon
pillow pilot pine planet plate plum pocket pond poppy postcard potato pottery purple quiet quilt rabbit radio
rain rainbow raven reed ribbon rice ring river road robin rocket roof rope rose round saddle saffron sail salt
sand sandal scarf school sea season seed seven shadow sheep shell shoe silent silk silver sky slow smile snow
soap soft song soup south sparrow spice spoon spring square squirrel stable star station steel stone stool storm
story straw stream street sugar summer sun swallow swan table tailor tea teapot tent thread thunder thyme ticket
tiger timber tomato tower train travel tree trumpet tulip turtle twelve valley vase velvet village vine violet
violin wagon walnut water wave wheat wheel whistle willow wind window winter wooden wool yarn yellow zebra
""".split()
"""About 350 words: five of them carry more than 40 bits, and Argon2id makes each guess dear."""
PASSPHRASE_WORDS = 5

_CALM = """
Amber Basket Blue Bright Cedar Clear Cloud Coral Dawn Early Evening Feather Fern Garden Gentle Golden Green
Harbour Hill Honey Island Kind Lake Lamp Lantern Leaf Maple Marble Meadow Mint Moon Morning North Oak Ocean
Olive Orchard Palm Paper Pebble Pine Quiet Rain River Rose Round Silver Sky Slow Soft South Spring Star Stone
Summer Thunder Violet Water Willow Window Winter Yellow
""".split()
"""For pseudonyms: things that every place has."""


def pseudonym() -> str:
    """Two words and a number, like "Quiet River 27"."""
    first = secrets.choice(_CALM)
    second = secrets.choice([word for word in _CALM if word != first])
    return f"{first} {second} {secrets.randbelow(90) + 10}"


def login() -> str:
    """A sign-in name to begin with; the person may change it."""
    return f"{secrets.choice(WORDS)}-{secrets.choice(WORDS)}-{secrets.randbelow(9000) + 1000}"


def passphrase() -> str:
    """Five words with spaces between them."""
    return " ".join(secrets.choice(sorted(set(WORDS))) for _ in range(PASSPHRASE_WORDS))
