"""Corpus labels and a model's predictions combined into class probabilities for every token."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from escore_labels.tokens import PROPER
from escore_training.data.datasets import Source
from escore_training.labels import demonyms
from escore_training.labels.corpus_labels import UNKNOWN, annotation_schemes, split_labels
from escore_training.labels.function_words import fill_function_words
from escore_training.labels.predictions import Predictions


def label_sources(
    sources: list[Source], predictions: Predictions, teacher_schemes: list[str], sharpness: float, teacher_weight: float
) -> list[Source]:
    """The sources, with `probabilities` in every token.

    teacher_schemes: the annotation schemes whose mean counts where no corpus labels entities. Without any,
        `predictions.entity` has one column for all.
    sharpness, teacher_weight: as in recipe.Teacher.
    """
    labels = split_labels(sources)
    schemes = annotation_schemes(sources)
    sentences = [sentence for source in sources for sentence in source.sentences()]

    columns = [schemes.index(name) for name in teacher_schemes] or [0]
    predicted = _sharpen(predictions.entity.astype(np.float64)[:, columns].mean(1), sharpness)
    # A word that is labeled as no noun, or a common one, is part of an entity only where the teacher is quite sure.
    is_other = (labels.part_of_speech != UNKNOWN) & (labels.part_of_speech < PROPER)
    predicted = np.where(is_other, np.clip(2 * predicted - 1, 0, 1), predicted)
    own_scheme = np.maximum(labels.scheme, 0)[:, None].astype(np.int64)
    own = np.take_along_axis(predictions.entity, own_scheme, 1)[:, 0]
    weighted = (1 - teacher_weight) * labels.entity + teacher_weight * own
    entity = np.where(labels.entity == UNKNOWN, predicted, weighted)

    part_of_speech = predictions.part_of_speech.astype(np.float64)
    has_label = labels.part_of_speech != UNKNOWN
    one_hot = np.eye(3)[labels.part_of_speech[has_label]]
    part_of_speech[has_label] = teacher_weight * part_of_speech[has_label] + (1 - teacher_weight) * one_hot

    is_demonym = demonyms.find_demonyms([token.text for sentence in sentences for token in sentence], labels)
    part_of_speech[is_demonym] = demonyms.PART_OF_SPEECH
    entity[is_demonym] = np.maximum(entity[is_demonym], demonyms.ENTITY)
    entity = fill_function_words(sentences, labels, schemes, entity)

    table = np.column_stack([part_of_speech, entity]).astype(np.float32).tolist()
    rows = ((none, common, proper, entity) for none, common, proper, entity in table)
    return [
        replace(
            source,
            documents=[
                [[replace(token, probabilities=next(rows)) for token in sentence] for sentence in document]
                for document in source.documents
            ],
        )
        for source in sources
    ]


def _sharpen(probability: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """The probability whose odds are those of the given one, raised to a power."""
    yes, no = probability**power, (1 - probability) ** power
    sharper: NDArray[np.float64] = yes / (yes + no)
    return sharper
