"""What the corpora know and what the teacher thinks, brought together in each token."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import Document
from escore_training.data.datasets import Source
from escore_training.labels import demonyms as origins
from escore_training.labels import function_words as inside
from escore_training.labels.teacher import UNKNOWN, Opinion, known, manners


def label(
    sources: list[Source], opinion: Opinion, ask: list[str], sharpness: float, trust: float
) -> list[list[Document]]:
    """The documents of each source, every token with `soft`.

    `ask`, `sharpness` and `trust` as in recipe.Teacher; without manners to ask, `opinion.entity` is one for all.
    """
    labels = known(sources)
    names = manners(sources)
    speech = opinion.speech.astype(np.float64)

    columns = [names.index(name) for name in ask] or [0]
    asked = opinion.entity.astype(np.float64)[:, columns].mean(1)
    guess = _sharper(asked, sharpness)
    # A word that is labelled to be no noun, or a common one, is part of a name only where the teacher says so clearly.
    guess = np.where((labels.speech != UNKNOWN) & (labels.speech < 2), np.clip(2 * guess - 1, 0, 1), guess)
    own = np.take_along_axis(opinion.entity, np.maximum(labels.manner, 0)[:, None].astype(np.int64), 1)[:, 0]
    entity = np.where(labels.entity == UNKNOWN, guess, (1 - trust) * labels.entity + trust * own)

    told = labels.speech != UNKNOWN
    speech[told] = trust * speech[told] + (1 - trust) * np.eye(3)[labels.speech[told]]
    disputed = origins.disputed(sources, labels)
    speech[disputed] = origins.SPEECH
    entity[disputed] = np.maximum(entity[disputed], origins.NAMED)
    entity = inside.filled(sources, labels, names, entity)
    rows = iter(np.column_stack([speech, entity]).astype(np.float32).tolist())
    return [[_with(document, rows) for document in source.documents] for source in sources]


def _sharper(probability: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """The probability whose odds are those of the given one, raised to a power."""
    yes, no = probability**power, (1 - probability) ** power
    sharper: NDArray[np.float64] = yes / (yes + no)
    return sharper


def _with(document: Document, rows: Iterator[list[float]]) -> Document:
    labelled = []
    for sentence in document:
        tokens = []
        for token in sentence:
            none, common, proper, entity = next(rows)
            tokens.append(replace(token, probabilities=(none, common, proper, entity)))
        labelled.append(tokens)
    return labelled
