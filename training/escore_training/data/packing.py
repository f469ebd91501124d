"""Documents as a teacher reads them: word pieces in runs of sentences, each piece knowing its gold token."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from escore_labels.texts import join_sentences
from escore_labels.tokens import Document, Sentence
from escore_training.data.datasets import Source
from escore_training.model.encoders import special
from escore_training.model.minilm import case_class
from escore_training.progress import Progress


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


def of(sources: list[Source], tokenizer: Tokenizer, most: int) -> Pieces:
    """`cut` for the documents of all sources; posts stand alone."""
    documents = [document for source in sources for document in source.documents]
    alone = [source.corpus.posts for source in sources for _ in source.documents]
    return cut(documents, alone, tokenizer, most)


def _sentences(document: list[Sentence], tokenizer: Tokenizer, first: int) -> Iterator[Cut]:
    golds = [join_sentences([sentence]) for sentence in document]
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


def grouped(order: NDArray[np.int64], lengths: NDArray[np.int64], most: int) -> list[NDArray[np.int64]]:
    """Neighbours in `order`, of like length, in batches of at most `most` pieces, padding counted."""
    batches: list[NDArray[np.int64]] = []
    begin, longest = 0, 0
    for i, sequence in enumerate(order):
        longest = max(longest, int(lengths[sequence]))
        if i > begin and (i + 1 - begin) * longest > most:
            batches.append(order[begin:i])
            begin, longest = i, int(lengths[sequence])
    return [*batches, order[begin:]] if begin < len(order) else batches


def places(cut: Pieces, batch: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Where the pieces of a batch lie, and which of them are no padding (int64, both [batch, sequence])."""
    lengths = cut.lengths[batch]
    offsets = np.arange(lengths.max())[None, :]
    mask = offsets < lengths[:, None]
    at = np.where(mask, cut.bounds[batch][:, None] + offsets, 0)
    return torch.from_numpy(at), torch.from_numpy(mask.astype(np.int64))


def asked(cut: Pieces, tokens: int, stage: str, judge: Callable[[Tensor, Tensor], Tensor]) -> NDArray[np.float32]:
    """What `judge` says of each gold token, the mean of its pieces (float32, [tokens, kinds]).

    `judge` gets places and mask of a batch (see `places`) and gives [batch, sequence, kinds]. `stage` is shown.
    """
    owners = torch.from_numpy(cut.owners)
    batches = grouped(np.argsort(cut.lengths, kind="stable"), cut.lengths, 4096)
    progress = Progress(stage, len(batches))
    total, count = torch.zeros(0), torch.zeros(tokens, 1)
    with torch.inference_mode():
        for batch in batches:
            at, mask = places(cut, batch)
            found = judge(at, mask).float()
            if not len(total):
                total = torch.zeros(tokens, found.shape[-1])
            own = mask.bool() & (owners[at] >= 0)
            total.index_add_(0, owners[at][own], found[own])
            count.index_add_(0, owners[at][own], torch.ones(int(own.sum()), 1))
            progress.step()
    mean: NDArray[np.float32] = (total / count.clamp(min=1)).numpy()
    # A token that owns no piece, such as the "not" of "cannot", lies in a piece of the one before it.
    return mean[np.maximum.accumulate(np.where(count[:, 0] > 0, np.arange(tokens), 0))]
