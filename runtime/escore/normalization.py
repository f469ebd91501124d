"""What the model is shown instead of rare forms: a normalizer inside tokenizer.json, with offsets those of the text.

Corpora are written with plain quotes and letters, so a model knows no others. Characters that nobody sees are left out,
so that a word with a soft hyphen in it is one word; they belong to no word where they stand at its ends.
"""

import struct
from functools import cache
from itertools import chain, count
from typing import Any
from unicodedata import normalize

from tokenizers import Regex, normalizers

# Soft hyphen, zero-width spaces, marks of direction (all Default_Ignorable_Code_Point in Unicode 16). Not the joiners
# U+200C and U+200D, which letters and emoji need.
INVISIBLE = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
)
_PARTING = "\u200b"
_SIGNS = {
    '"': "“”„‟«»″",
    "'": "‘’‚‛‹›′´",
    # With blanks, since they would be part of the words beside them otherwise.
    " - ": "‒–—―−•‣◦∙▪●■◆►▸➢➤",
    "-": "‐‑",
    " ...": "…",
}
# Where letters and digits are that NFKC makes those of ASCII: long s, letterlike symbols, Roman numerals, circled
# letters, ligatures, full-width forms with their signs, mathematical letters and digits. Not superscripts and "½",
# which would be other words, nor "™" and "№", which would be letters of the word beside them.
_RANGES = (
    *((0x132, 0x133), (0x17F, 0x17F), (0x2102, 0x2138), (0x2145, 0x2149), (0x2160, 0x217F), (0x24B6, 0x24E9)),
    *((0xFB00, 0xFB06), (0xFF01, 0xFF5E), (0x1D400, 0x1D7FF)),
)
_LEFT_AS_THEY_ARE = "№℠℡™"
# HTML's writing of a character, of text that was cut out of a page. Only inside a word that begins with one to eight
# letters: what takes the place of several characters stands at the last of them, and each character is to be in a word.
_BEGIN = "|".join(
    rf"{before}\p{{L}}{{{letters}}}" for letters in range(1, 9) for before in (r"\A", r"[^\p{L}\p{M}\p{N}_'.,:]")
)
_STOP = "\ufdd0"  # a noncharacter, which is no text
_HTML = (
    (rf"(?<={_BEGIN})&(?:#0{{0,4}}39|#[xX]0{{0,4}}27|apos|rsquo|#0{{0,4}}8217);(?=\p{{L}})"
     r"(?!(?i:s|re|ve|m|ll|d)(?![\p{L}\p{M}\p{N}_]))", "'"),
    # White space that is seen: two full stops are one word, and stand at its first and its last character.
    ("&(?=(?:nbsp|#0{0,4}160);)", f" {_STOP}"),
    (f"(?<={_STOP})(?:nbsp|#0{{0,4}}160);", "."),
    (_STOP, "."),
    (rf"(?<={_BEGIN})&(?:amp|#0{{0,4}}38);(?=\p{{L}})", "&"),  # last, as in &amp;nbsp;
)  # fmt: skip


@cache
def normalizer() -> normalizers.Normalizer:
    """The normalizer that a tokenizer of escore has."""
    table = plain_forms()
    short = "".join(f"\\x{{{ord(sign):X}}}" for sign in table if ord(sign) < 0x10000)
    # The table's forms take the place of grapheme clusters of less than six bytes, marks and all, so these are parted.
    part_marks = normalizers.Replace(Regex(rf"(?<=[{short}])(?=[\p{{M}}\x{{200C}}\x{{200D}}])"), _PARTING)
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(f"[{''.join(sorted(INVISIBLE))}]"), ""),
            part_marks,
            normalizers.Precompiled(_charsmap(table)),
            normalizers.Replace(_PARTING, ""),
            *(normalizers.Replace(Regex(pattern), plain) for pattern, plain in _HTML),
        ]
    )


@cache
def plain_forms() -> dict[str, str]:
    """What single characters are shown as."""
    forms = {sign: plain for plain, signs in _SIGNS.items() for sign in signs}
    for sign in map(chr, chain.from_iterable(range(first, last + 1) for first, last in _RANGES)):
        plain = normalize("NFKC", sign)
        if plain.isascii() and sign not in _LEFT_AS_THEY_ARE:
            forms[sign] = plain
    return forms


def _charsmap(table: dict[str, str]) -> bytes:
    """The table as SentencePiece's precompiled_charsmap: a double array of the keys (Aoe 1989), then the values.

    A node lies at a place of the array; its children, by their byte, at that place XOR its offset XOR the byte.
    """
    values, places = b"", dict[str, int]()
    for plain in table.values():
        if plain not in places:
            places[plain] = len(values)
            values += plain.encode() + b"\0"
    trie: dict[int, Any] = {}
    for sign, plain in table.items():
        node = trie
        for byte in sign.encode():
            node = node.setdefault(byte, {})
        node[0] = places[plain]
    units, bases = {0: 0}, set[int]()
    waiting = [(trie, 0)]
    while waiting:
        node, place = waiting.pop()
        base = next(base for base in count(1) if base not in bases and all(base ^ byte not in units for byte in node))
        bases.add(base)  # of no other node: a unit knows its byte, and not its parent
        units[place] |= (base ^ place) << 10 | (0 in node) << 8
        for byte, child in node.items():
            units[base ^ byte] = byte if byte else 1 << 31 | child
            if byte:
                waiting.append((child, base ^ byte))
    size = (max(units) | 255) + 1  # a byte that no child has must not lead beyond the end
    array = struct.pack(f"<{size}I", *(units.get(place, 0) for place in range(size)))
    return struct.pack("<I", len(array)) + array + values
