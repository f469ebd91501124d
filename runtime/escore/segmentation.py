"""What a word is: one regular expression, carried inside every tokenizer.json.

The words are those of the Penn Treebank, near enough: clitics stand alone, numbers keep their commas, a hyphenated
word is one word. White space belongs to no word. Everything that reads a tokenizer.json shares this one definition.
"""

import re
from functools import cache

from tokenizers import PreTokenizedString, Regex, Tokenizer, pre_tokenizers

from escore.errors import WordLengthError
from escore.normalization import INVISIBLE, normalizer

# Letters, marks, digits; the two joiners belong to a word that they stand in (Persian, Devanagari).
_CHAR = r"[\p{L}\p{M}\p{N}_]"
# Underscores belong to a word that they stand in ("snake_case"); those around it mark it ("_Emma_").
_RUN = r"[\p{L}\p{M}\p{N}](?:(?>_{0,3})[\p{L}\p{M}\p{N}\x{200C}\x{200D}])*+"
_CLITIC = rf"(?i:s|re|ve|m|ll|d)(?!{_CHAR})"
# Format characters of Grapheme_Cluster_Break=Prepend (Unicode 16, GraphemeBreakProperty.txt); others are letters.
_PREPEND = r"\x{0600}-\x{0605}\x{06DD}\x{070F}\x{0890}\x{0891}\x{08E2}\x{110BD}\x{110CD}"
_EXTENDS = r"\p{M}\x{200C}\x{200D}\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}"
_NOT = rf"(?i:n['’]t)(?!{_CHAR})"

WORD = "|".join(
    (
        r"(?:\p{L}\.){2,}",  # U.S.
        _NOT,  # n't
        rf"['’]{_CLITIC}",  # 's 're 've 'm 'll 'd
        r"\p{N}+(?:[.,:]\p{N}+)+[\p{L}\p{M}]*+",  # 1,000.5  10:30  7.25bn
        rf"\p{{L}}+?(?={_NOT})",  # the do of don't
        rf"{_RUN}(?:(?:[-‐‑&]|['’](?!{_CLITIC})){_RUN})*",  # Mary-Ellen  O'Neil  AT&T
        r"_++\p{M}*+",  # around a word
        r"\.{2,}",  # ...
        rf"[{_PREPEND}]",  # alone, since its grapheme cluster would swallow a following space
        rf"[\x{{1F1E6}}-\x{{1F1FF}}]{{2}}(?![{_EXTENDS}])",  # a flag; \X would look back over a whole run of them
        r"(?!\s)\X",  # any other grapheme cluster, alone
    )
)


@cache
def _split() -> pre_tokenizers.Split:
    return pre_tokenizers.Split(Regex(WORD), behavior="removed", invert=True)  # compiled when it is first needed


# Characters of a part of a text that is split at once: few, since the time for more grows faster than their number.
PART = 1 << 12
MAX_WORD = 1 << 22  # characters: for much more the regular expression gives up
# No word's extent depends on more characters that are seen beyond its end than this: those of "n&#00039;t", and more.
LOOK_AHEAD = 32


def words(text: str) -> list[tuple[str, tuple[int, int]]]:
    """The words of a text, with their half-open code point offsets."""
    if text.isascii() and "&" not in text:
        spans: list[tuple[str, tuple[int, int]]] = _split().pre_tokenize_str(text)
        return spans
    pre_tokenized = PreTokenizedString(text)
    pre_tokenized.normalize(normalizer().normalize)
    _split().pre_tokenize(pre_tokenized)
    return [(text[slice(*span)], span) for _, span, _ in pre_tokenized.get_splits("original", "char")]


def word_offsets(text: str) -> list[tuple[int, int]]:
    """The half-open code point offsets of the words of a text of any length. Raises WordLengthError.

    Words never look back, so a part may begin at any word; the last words of a part, which might go on beyond it, are
    left to the next.
    """
    offsets: list[tuple[int, int]] = []
    position, size = 0, PART
    while position < len(text):
        part = text[position : position + size]
        is_last = position + size >= len(text)
        if not part.isascii():
            part = re.sub("[\ud800-\udfff]", "\ufffd", part)
        spans = [span for _, span in words(part)]
        complete = spans if is_last else [span for span in spans if span[1] <= certain_end(part)]
        if spans and not complete:
            size = longer(size)
            continue
        offsets += [(position + start, position + end) for start, end in complete]
        position += spans[len(complete)][0] if len(complete) < len(spans) else len(part)
        size = PART
    return offsets


def certain_end(part: str) -> int:
    """Up to which character the words of a part of a text are certain, whatever follows the part."""
    end, left = len(part), LOOK_AHEAD
    if part.isascii():
        return end - left
    while end and left:
        end -= 1
        left -= part[end] not in INVISIBLE
    return end


def longer(size: int) -> int:
    """Twice the characters of a part, for a word that does not fit. Raises WordLengthError."""
    if size >= MAX_WORD:
        raise WordLengthError(f"a word of more than {MAX_WORD} characters", "put white space into the text")
    return 2 * size


def find_words(tokenizer: Tokenizer, prefix_space: bool = True) -> None:
    """Give a byte-level BPE the plain forms and the words of escore: the normalizer and the pre-tokenizer."""
    tokenizer.normalizer = normalizer()
    tokenizer.pre_tokenizer = pre_tokenizer(prefix_space)


def pre_tokenizer(prefix_space: bool = True) -> pre_tokenizers.PreTokenizer:
    """Split a text into words, then show each word alone to the byte-level BPE, with a leading space or without.

    Each word's tokens depend on the word alone, so a list of words and their text give the same ids.
    """
    return words_before(pre_tokenizers.ByteLevel(add_prefix_space=prefix_space, use_regex=False))


def words_before(inner: pre_tokenizers.PreTokenizer) -> pre_tokenizers.PreTokenizer:
    """Split a text into words, then each word by a pre-tokenizer of a model's own.

    GPT-2's and RoBERTa's split words further before they merge bytes ("don't" into "don" and "'t"); a vocabulary that
    was trained that way needs it.
    """
    return pre_tokenizers.Sequence([_split(), inner])
