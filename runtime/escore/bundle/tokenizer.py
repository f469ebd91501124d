"""The tokenizer of a bundle: text, or given words, to token ids that know their words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer, pre_tokenizers

Ints = NDArray[np.int32]


class WordTokenizer:
    """What tokenizer.json says, read in one of two ways.

    Its pre-tokenizer finds the words of a text and splits them further as the model's vocabulary needs. A model that
    was trained on words given one by one (`whole_words`) has the steps apart: the first finds words in running text,
    and the others work inside a word, so that a given word is never split by the first.

    special_ids: the ids of <s> and </s>.

    Raises ValueError for a tokenizer.json that cannot be used.
    """

    def __init__(self, content: str, whole_words: bool) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(content)
        except Exception as error:  # tokenizers raises plain Exception
            raise ValueError(f"not a tokenizer that can be read: {error}") from error
        self._splitter = None
        if whole_words:
            try:
                self._splitter, first, *others = self._tokenizer.pre_tokenizer
            except (TypeError, ValueError) as error:
                raise ValueError("its pre-tokenizer is not of two steps or more, as whole words need") from error
            self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence([first, *others]) if others else first
        ids = self._tokenizer.encode("").ids
        if len(ids) != 2:
            raise ValueError("does not put one token before and one after a text")
        self.special_ids: tuple[int, int] = (ids[0], ids[1])

    def encode(self, text: str) -> tuple[NDArray[np.int64], Ints, Ints, Ints]:
        """A text's token ids (int64, [tokens]); tokens, start and end of each word (int32, [words]) in code points."""
        if self._splitter is not None:
            words = self._splitter.pre_tokenize_str(text)
            ids, counts = self.encode_words([word for word, _ in words])
            starts, ends = np.array([span for _, span in words], np.int32).reshape(-1, 2).T.copy()
            return ids, counts, starts, ends
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return np.array(encoding.ids, np.int64), *_words(encoding)

    def encode_words(self, words: Sequence[str]) -> tuple[NDArray[np.int64], Ints]:
        """Token ids (int64, [tokens]) and tokens of each given word (int32, [words]); blank words have no tokens."""
        if self._splitter is not None:  # it is what drops white space from words that are not left whole
            words = ["" if word.isspace() else word for word in words]
        encoding = self._tokenizer.encode(words, is_pretokenized=True, add_special_tokens=False)
        counts = np.bincount(np.array(encoding.word_ids, np.intp), minlength=len(words)).astype(np.int32)
        return np.array(encoding.ids, np.int64), counts


def _words(encoding: Encoding) -> tuple[Ints, Ints, Ints]:
    """Tokens of each word, and its offsets: from its first token's start to its last token's end."""
    words = np.array(encoding.word_ids, np.int32)
    if not len(words):
        return words, words, words
    offsets = np.array(encoding.offsets, np.int32)
    changes = np.flatnonzero(words[1:] != words[:-1])
    edges = np.empty(len(changes) + 2, np.int32)  # the token that each word begins with, and the end
    edges[0], edges[1:-1], edges[-1] = 0, changes + 1, len(words)
    return edges[1:] - edges[:-1], offsets[edges[:-1], 0], offsets[edges[1:] - 1, 1]
