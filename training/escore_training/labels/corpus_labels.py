"""What the corpora say of each token, split into part of speech and entity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import ENTITY, PROPER
from escore_training.data.datasets import Source

UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class CorpusLabels:
    """The labels of all tokens of the sources, in their order (int8, [tokens]); UNKNOWN where a corpus has none.

    part_of_speech: NONE, COMMON or PROPER.
    entity: 1 inside an entity, 0 outside.
    scheme: the index of the corpus's annotation scheme in `annotation_schemes`.
    """

    part_of_speech: NDArray[np.int8]
    entity: NDArray[np.int8]
    scheme: NDArray[np.int8]


def annotation_schemes(sources: list[Source]) -> list[str]:
    """The ways of labeling entities, in the order of the corpora."""
    schemes = (source.corpus.annotation_scheme for source in sources)
    return list(dict.fromkeys(scheme for scheme in schemes if scheme))


def split_labels(sources: list[Source]) -> CorpusLabels:
    """The labels of the sources' tokens, each split into part of speech and entity."""
    schemes = annotation_schemes(sources)
    rows: list[tuple[int, int, int]] = []
    for source in sources:
        scheme = schemes.index(source.corpus.annotation_scheme) if source.corpus.annotation_scheme else UNKNOWN
        for sentence in source.sentences():
            for token in sentence:
                part_of_speech = token.low if token.low == min(token.high, PROPER) else UNKNOWN
                entity = UNKNOWN
                if scheme != UNKNOWN and (token.low == ENTITY or token.high < ENTITY):
                    entity = int(token.low == ENTITY)
                rows.append((part_of_speech, entity, scheme))
    return CorpusLabels(*np.array(rows, np.int8).T)
