"""Does a bundle's tokenizer give the ids of transformers' own? Both are given the words of the same texts."""

import re
from collections.abc import Iterator, Sequence

from transformers import PreTrainedTokenizerFast

from escore_export.checkpoint.tokenizer import NEEDED, Vocabulary
from escore_export.errors import CheckpointError
from escore_export.quiet import quiet

# Words that a text never has, since it would be cut there, but that a caller may give (Scorer.score_words).
GIVEN_WORDS = (
    *(
        "New York",
        "can't've",
        "I'LL",
        "U.S.A.",
        "3.5%",
        "--",
        "...",
        "a\nb",
        "tab\there",
        "naïve—naïve",
        "…",
        "O’Brien",
    ),
    *("东京", "🎉🎉", "x1y22z333", "ALLCAPS", "ſ", "ﬁn", "é", "e\u0301", "\u200b", "#hash_tag", "a.b@c.de", "ＡＢＣ"),
)
_SURROGATES = re.compile("[\ud800-\udfff]")  # no UTF-8, and so nothing that either tokenizer takes


def check_ids(vocabulary: Vocabulary, texts: Sequence[str]) -> int:
    """Compare the ids of the words of `texts`, of odd words and of tokens added by hand; how many words there were.

    transformers' tokenizer is given words (`is_split_into_words`), as a model of words was trained with. One that finds
    words as escore does has no other to compare with. Raises CheckpointError where the ids differ.
    """
    reference = vocabulary.reference
    if reference is None:
        return 0
    tokenizer, count = vocabulary.tokenizer, 0
    given = [*GIVEN_WORDS, *(word for token in vocabulary.added for word in (token, f"a{token}b", f"{token}s"))]
    with quiet("transformers"):  # of texts longer than the model
        ends = reference("")["input_ids"]
        if ends and ends != list(tokenizer.special_ids):
            problem = f"the bundle puts the ids {tokenizer.special_ids} at the ends of a text, transformers {ends}"
            raise CheckpointError(problem, NEEDED)
        for words in (*_words(vocabulary, texts), given):
            ids, counts = tokenizer.encode_words(words)
            if ids.tolist() != _their_ids(reference, words):
                raise CheckpointError(_difference(reference, vocabulary, words), NEEDED)
            count += len(counts)
    return count


def _words(vocabulary: Vocabulary, texts: Sequence[str]) -> Iterator[list[str]]:
    """The words of each text that has any."""
    for text in texts:
        plain = _SURROGATES.sub("\ufffd", text)
        _, _, starts, ends = vocabulary.tokenizer.encode(plain)
        if words := [plain[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]:
            yield words


def _their_ids(reference: PreTrainedTokenizerFast, words: list[str]) -> list[int]:
    """Ids of words as transformers gives them."""
    if reference.add_prefix_space:
        ids: list[int] = reference(words, is_split_into_words=True, add_special_tokens=False)["input_ids"]
        return ids
    # The original demo's way; transformers' tokenizer takes no list of words that do not begin with a space.
    return [i for word in words for i in reference(word, add_special_tokens=False)["input_ids"]]


def _difference(reference: PreTrainedTokenizerFast, vocabulary: Vocabulary, words: list[str]) -> str:
    """The first word whose ids differ alone; else that they differ together."""
    for word in words:
        own, theirs = vocabulary.tokenizer.encode_words([word])[0].tolist(), _their_ids(reference, [word])
        if own != theirs:
            pieces = [reference.convert_ids_to_tokens(ids[:6]) for ids in (own, theirs)]
            return f"the bundle's tokenizer splits {word[:40]!r} into {pieces[0]}, transformers' into {pieces[1]}"
    return "the bundle's tokenizer and transformers' split words differently where they stand together"
