"""How good a model in training is: on a person's held-out texts, and on general ones, to see what it forgets."""

from collections.abc import Sequence

import torch
from transformers import RobertaForTokenClassification

from escore import Document
from escore.pipeline.pooling import mean_pool
from escore.scale import MARKS, MAX_SCORE
from escore_evaluation.text_figures import TextFigures, measure_texts
from escore_labels.texts import LabeledText
from escore_training.personal.encode import EncodedText, predict


def measure(
    model: RobertaForTokenClassification, texts: Sequence[LabeledText], encodings: Sequence[EncodedText]
) -> TextFigures:
    """The figures of a model on labeled texts."""
    documents = []
    for text, encoding, logits in zip(texts, encodings, predict(model, encodings), strict=True):
        scores = mean_pool(encoding.counts, (MAX_SCORE * torch.sigmoid(logits)).numpy())
        documents.append(Document(text.text, encoding.starts, encoding.ends, scores, MARKS))
    return measure_texts(texts, documents)
