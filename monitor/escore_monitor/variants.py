"""Which spellings are one entity."""

import re
import unicodedata
from functools import lru_cache

_POSSESSIVE = re.compile("['’ʼ＇]s?$", re.IGNORECASE)
_ARTICLE = re.compile(r"^the\s+(?=\S)", re.IGNORECASE)
_SIGN = re.compile(r"[\W_]+")


@lru_cache(1 << 16)
def variant_key(text: str) -> str:
    """What the spellings of one entity have in common: letters and digits, whatever their case and accents.

    A leading "The" and a final possessive are left out, as are blanks, hyphens, dots and all other signs: "Coca-Cola",
    "COCA COLA" and "Coca Cola's" are one. What is made of signs alone is kept as it is written.
    """
    plain = _ARTICLE.sub("", _POSSESSIVE.sub("", " ".join(text.split())))
    if plain.isascii():
        letters = plain.lower()
    else:  # compatibility caseless matching, Unicode 16, section 3.13.5, D146, without the marks
        letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold())
    return _SIGN.sub("", letters) or text.strip()
