"""Names that look alike are the same name: folded before they are compared.

The tables are small and our own: letters of other scripts and digits that pass for Latin ones, signs that
cannot be seen, and the words that only staff and agencies may carry.
"""

import unicodedata

_CAPITALS = str.maketrans(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ" + "АВЕЅІЈКМНОРСТУХҮ",
    "abezhikmnoptyxc" + "abesijkmhopctyxy",
)
"""Capitals first: a Greek capital Nu is a Latin N to the eye, while its small letter is a v."""
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕԁһӏɡαοερτυνκιηωвнкмтү0134578$@|",
    "aeopcyxijsdhlgaoeptuvkinwbhkmtyoieastbsal",
)
_ARABIC = str.maketrans("یىکأإٱةہەھ", "ييكااا" + "هههه")
"""One letter, several keys: what Persian, Urdu and Kurdish keyboards write, as Arabic writes it."""
_UNSEEN = frozenset("\u034f\u0640\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters to a computer, nothing to the eye: fillers, and the stroke that only makes an Arabic word longer."""
_SCRIPTS_THAT_MIX_BADLY = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE")

_RESERVED_PARTS = """
moderator moderateur moderador moderatoren steward facilitator facilitateur facilitador official officiel oficial
focalpoint administrator administrateur administrador unhcr acnur unicef unrwa redcross redcrescent croixrouge
cruzroja harbourrefugee bridgenetwork модератор администратор координатор مشرف مفوضي مدير ادمين منسق
""".split()
"""Nobody else may carry these anywhere in a name."""
_RESERVED_WORDS = """
admin support staff baraza iom wfp nrc irc msf drc police help helpdesk team office agency رسمي اداره پليس поддержка
полиция помощь polisi msaada soporte ayuda equipo policia aide equipe
""".split()
"""Nor these as a word of their own, with or without a number; inside other words they are harmless."""


def folded(name: str) -> str:
    """The skeleton of a name: two names with one skeleton cannot be told apart at a glance."""
    decomposed = unicodedata.normalize("NFKD", name).translate(_CAPITALS).casefold()
    seen = (sign for sign in decomposed if not unicodedata.combining(sign) and sign not in _UNSEEN)
    letters = "".join(str(unicodedata.decimal(sign, sign)) for sign in seen)
    mapped = letters.translate(_LOOK_ALIKE).replace("rn", "m").replace("vv", "w").replace("l", "i")
    return "".join(sign for sign in mapped.translate(_ARABIC) if sign.isalnum())


def mixes_scripts(name: str) -> bool:
    """Whether letters of two scripts that pass for each other stand in one name."""
    used = {
        script
        for sign in unicodedata.normalize("NFKC", name)
        if sign.isalpha()
        for script in _SCRIPTS_THAT_MIX_BADLY
        if unicodedata.name(sign, "").startswith(script)
    }
    return len(used) > 1


def is_reserved(name: str) -> bool:
    """Whether a name could be taken for staff or for an agency."""
    whole = folded(name)
    words = {_plain(word) for word in name.split()} | {_plain(name), _camel(name)}
    return any(part in whole for part in _FOLDED_PARTS) or bool(words & _FOLDED_WORDS)


def without_number(name: str) -> str:
    """The skeleton of a name, without the number that may stand after it."""
    return _plain(name)


def _plain(word: str) -> str:
    """The folded word without the number after it."""
    return folded(word.rstrip("0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹ "))


def _camel(name: str) -> str:
    """ "TheTeam 5" without its article and number."""
    return _plain(name.strip().removeprefix("The").removeprefix("the"))


_FOLDED_PARTS = tuple(folded(part) for part in _RESERVED_PARTS)
_FOLDED_WORDS = frozenset(folded(word) for word in _RESERVED_WORDS)
