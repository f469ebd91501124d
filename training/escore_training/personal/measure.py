"""How good a model in training is: on a person's held-out texts, and on general ones, to see what it forgets."""

from collections.abc import Sequence

import torch
from transformers import RobertaForTokenClassification

from escore import Document
from escore.pipeline.infer import beside
from escore.pipeline.pooling import pool
from escore.scale import MARKS, MAX_SCORE
from escore_evaluation.text_figures import TextFigures, measure_texts
from escore_labels.texts import LabeledText
from escore_training.personal.encode import EncodedText, predict_all
from escore_training.personal.head_targets import JOIN


def measure(
    model: RobertaForTokenClassification, texts: Sequence[LabeledText], encodings: Sequence[EncodedText]
) -> TextFigures:
    """The figures of a model on labeled texts."""
    documents = []
    for text, encoding, logits in zip(texts, encodings, predict_all(model, encodings), strict=True):
        columns = [MAX_SCORE * torch.sigmoid(logits[:, 0])]
        if model.config.num_labels > 1:
            columns.append(torch.sigmoid(logits[:, JOIN]))
        words = pool(encoding.counts, beside([column.numpy() for column in columns]))
        documents.append(Document(text.text, encoding.starts, encoding.ends, words.scores, MARKS, joins=words.joins))
    return measure_texts(texts, documents)
