"""Documents as a teacher reads them: word pieces in runs of sentences, each piece knowing its gold token."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from escore_training.encoders import special
from escore_training.gold import Document, Sentence
from escore_training.minilm import case_class
from escore_training.texts import join


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Sequences of word pieces, one after the other.

    `ids` (int32), `cases` (int8: the case class of the gold token, twice, plus one where the piece begins it) and
    `owners` (int64: the number of the gold token over all documents, -1 for the first and last of a sequence) are
    [pieces]; sequence i is bounds[i]..bounds[i + 1].
    """

    ids: NDArray[np.int32]
    cases: NDArray[np.int8]
    owners: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Pieces of each sequence."""
        return np.diff(self.bounds)


Cut = list[tuple[int, int, int]]  # a sequence: id, case, owner of each piece


def cut(documents: Iterable[Document], alone: Iterable[bool], tokenizer: Tokenizer, most: int) -> Pieces:
    """Neighbouring sentences of a document in sequences of at most `most` pieces; where `alone`, one sentence each."""
    begin, end, _ = special(tokenizer)
    rows: Cut = []
    bounds = [0]
    first = 0
    for document, single in zip(documents, alone, strict=True):
        for sequence in _runs(_sentences(document, tokenizer, first), single, most - 2):
            rows += [(begin, 0, -1), *sequence, (end, 0, -1)]
            bounds.append(len(rows))
        first += sum(map(len, document))
    ids, cases, owners = np.array(rows, np.int64).reshape(-1, 3).T
    return Pieces(ids.astype(np.int32), cases.astype(np.int8), owners.astype(np.int64), np.array(bounds))


def _sentences(document: list[Sentence], tokenizer: Tokenizer, first: int) -> Iterator[Cut]:
    golds = [join([sentence]) for sentence in document]
    encodings = tokenizer.encode_batch([gold.text for gold in golds], add_special_tokens=False)
    for gold, encoding in zip(golds, encodings, strict=True):
        starts = np.array([start for start, _ in gold.spans])
        owners = np.searchsorted(starts, [offset[0] for offset in encoding.offsets], side="right") - 1
        classes = [2 * case_class(token.text) for token in gold.tokens]
        opens = np.diff(owners, prepend=-1) > 0
        yield [
            (piece, classes[owner] + int(opening), first + owner)
            for piece, owner, opening in zip(encoding.ids, owners.tolist(), opens.tolist(), strict=True)
        ]
        first += len(gold.tokens)


def _runs(sentences: Iterator[Cut], single: bool, most: int) -> Iterator[Cut]:
    run: Cut = []
    for sentence in sentences:
        if run and (single or len(run) + len(sentence) > most):
            yield run
            run = []
        run += sentence
        while len(run) > most:
            yield run[:most]
            run = run[most:]
    if run:
        yield run
