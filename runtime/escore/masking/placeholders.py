"""What stands in place of names: labels with numbers, keyed hashes, pseudonyms, or a character for each of theirs."""

import hashlib
import hmac
import re
from collections.abc import Callable

from escore.caseless import name_key
from escore.masking.entries import PLACEHOLDER

HASH_DIGITS = 16  # of 64 bits: two of a million names share them once in 37 million runs
MIN_KEY = 16  # bytes

_FIRSTS = ("Bal", "Cor", "Dal", "Fen", "Gar", "Hol", "Jor", "Kel", "Lor", "Mar", "Nev", "Or", "Pel", "Quin", "Ros",
           "Sel", "Tar", "Ul", "Ver", "Wil", "Yor", "Zan", "Tev")  # fmt: skip
_MIDDLES = ("a", "e", "i", "o", "u", "ani", "ebo", "idu", "omi", "ura", "asto", "enko", "ilva", "ondi", "ume", "areth",
            "essa", "indor", "olla")  # fmt: skip
_LASTS = ("bek", "dane", "fort", "gan", "hurst", "jin", "kova", "lund", "mere", "nath", "pool", "quist", "rath", "sen",
          "tova", "vin", "wick")  # fmt: skip
_PARTS = ("|".join(parts) for parts in (_FIRSTS, sorted(_MIDDLES, key=len, reverse=True), _LASTS))
INVENTED = re.compile(f"(?i:{''.join(f'(?:{part})' for part in _PARTS)}[0-9]*)|555-01[0-9]+")  # the words of pseudonyms
_WORDS = len(_FIRSTS) * len(_MIDDLES) * len(_LASTS)
_STRIDE = 2741  # a prime: neighbors in the order look unlike

Name = Callable[[str, str, int], str]  # from a name's key, its label and a number, a placeholder


def number_label(_: str, label: str, number: int) -> str:
    """[PERSON_1]."""
    return f"[{label}_{number}]"


def hash_label(key: bytes) -> Name:
    """[PERSON_6f1e0c2b9a3d4857]: HMAC-SHA-256 (RFC 2104) of the name, by a key; a number above 1 is hashed with it."""

    def name(text: str, label: str, number: int) -> str:
        message = text if number == 1 else f"{number}\0{text}"
        digest = hmac.new(key, message.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"[{label}_{digest[:HASH_DIGITS]}]"

    return name


def pseudonym(_: str, label: str, number: int) -> str:
    """An invented name that belongs to nobody: two words for a person, "… Group" for an organization, else one."""
    if label == "EMAIL":
        return f"{_word(number).lower()}@example.org"  # a domain that is reserved for examples (RFC 2606)
    if label == "URL":
        return f"https://{_word(number).lower()}.example.org"
    if label == "PHONE":
        return f"555-01{number:02d}"  # never assigned in North America
    if label == "PERSON":
        return f"{_word(number)} {_word(number + _WORDS // 2)}"
    return f"{_word(number)} Group" if label == "ORGANIZATION" else _word(number)


def spellings(placeholder: str, text: str, first: str) -> list[str]:
    """Placeholders for another spelling of a name whose `first` one has `placeholder`, the best first."""
    if PLACEHOLDER.fullmatch(placeholder):
        return []
    if text.isupper() and not first.isupper():
        return [placeholder.upper()]
    if text.islower() and not first.islower():
        return [placeholder.lower()]
    return []


def hide(text: str, char: str) -> str:
    """`text` with `char` for each character that is not white space."""
    return "".join(c if c.isspace() else char for c in text)


def key_of(text: str) -> str:
    """What all spellings of a name have in common."""
    return name_key(text)


def _word(number: int) -> str:
    """The word of a number; from _WORDS on with that number's turn behind it."""
    turn, place = divmod(number, _WORDS)
    place = place * _STRIDE % _WORDS
    place, last = divmod(place, len(_LASTS))
    first, middle = divmod(place, len(_MIDDLES))
    return f"{_FIRSTS[first]}{_MIDDLES[middle]}{_LASTS[last]}{turn + 1 if turn else ''}"
