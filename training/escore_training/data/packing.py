"""Documents as a teacher reads them: sentences packed into sequences of word pieces, each piece with its token."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from escore_labels.texts import join_sentences
from escore_labels.tokens import Sentence
from escore_training.data.case import case_class
from escore_training.data.datasets import Source

Pieces = list[tuple[int, int, int]]  # id, case and token of each piece, as in PackedSequences


@dataclass(frozen=True, slots=True, eq=False)
class PackedSequences:
    """Sequences of word pieces, one after the other.

    ids: (int32, [pieces]).
    cases: twice the case class of a piece's token, plus one where the piece is its first (int8, [pieces]).
    tokens: the index of a piece's token among those of all sources, -1 at the ends of a sequence (int64, [pieces]).
    bounds: sequence i is bounds[i]..bounds[i + 1] (int64, [sequences + 1]).
    """

    ids: NDArray[np.int32]
    cases: NDArray[np.int8]
    tokens: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Pieces of each sequence."""
        return np.diff(self.bounds)

    def batch(self, sequences: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Where the pieces of these sequences are, and which of them are not padding (int64, both [batch, length])."""
        lengths = self.lengths[sequences]
        offsets = np.arange(lengths.max())[None, :]
        mask = offsets < lengths[:, None]
        index = np.where(mask, self.bounds[sequences][:, None] + offsets, 0)
        return torch.from_numpy(index), torch.from_numpy(mask.astype(np.int64))


def pack(sources: list[Source], tokenizer: Tokenizer, max_tokens: int) -> PackedSequences:
    """Neighboring sentences of a document in sequences of at most `max_tokens` pieces; posts stand alone."""
    begin, end = tokenizer.encode("").ids
    rows: Pieces = []
    bounds = [0]
    first = 0
    for source in sources:
        for document in source.documents:
            sentences = _encode_sentences(document, tokenizer, first)
            for sequence in _sequences(sentences, source.corpus.posts, max_tokens - 2):
                rows += [(begin, 0, -1), *sequence, (end, 0, -1)]
                bounds.append(len(rows))
            first += sum(map(len, document))
    ids, cases, tokens = np.array(rows, np.int64).reshape(-1, 3).T
    return PackedSequences(ids.astype(np.int32), cases.astype(np.int8), tokens.astype(np.int64), np.array(bounds))


def _encode_sentences(document: list[Sentence], tokenizer: Tokenizer, first: int) -> Iterator[Pieces]:
    texts = [join_sentences([sentence]) for sentence in document]
    encodings = tokenizer.encode_batch([text.text for text in texts], add_special_tokens=False)
    for text, encoding in zip(texts, encodings, strict=True):
        starts = np.array([start for start, _ in text.spans])
        tokens = np.searchsorted(starts, [offset[0] for offset in encoding.offsets], side="right") - 1
        cases = [2 * case_class(token.text) for token in text.tokens]
        is_first = np.diff(tokens, prepend=-1) > 0
        yield [
            (piece, cases[token] + int(opens), first + token)
            for piece, token, opens in zip(encoding.ids, tokens.tolist(), is_first.tolist(), strict=True)
        ]
        first += len(text.tokens)


def _sequences(sentences: Iterable[Pieces], alone: bool, capacity: int) -> Iterator[Pieces]:
    sequence: Pieces = []
    for sentence in sentences:
        if sequence and (alone or len(sequence) + len(sentence) > capacity):
            yield sequence
            sequence = []
        sequence += sentence
        while len(sequence) > capacity:
            yield sequence[:capacity]
            sequence = sequence[capacity:]
    if sequence:
        yield sequence


def make_batches(order: NDArray[np.int64], lengths: NDArray[np.int64], batch_tokens: int) -> list[NDArray[np.int64]]:
    """Neighbors in `order`, of like length, in batches of at most `batch_tokens` pieces, padding included."""
    batches: list[NDArray[np.int64]] = []
    begin, longest = 0, 0
    for i, sequence in enumerate(order):
        longest = max(longest, int(lengths[sequence]))
        if i > begin and (i + 1 - begin) * longest > batch_tokens:
            batches.append(order[begin:i])
            begin, longest = i, int(lengths[sequence])
    return [*batches, order[begin:]] if begin < len(order) else batches
