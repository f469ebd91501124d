"""How much of what should be masked `escore mask` finds: recall of words and whole entities by minimum score."""

from pathlib import Path

import numpy as np

from benchmarks.measure import table
from escore import Document, Scorer
from escore.masking.spans import Kept, mask_spans
from escore_evaluation.markdown_report import short
from escore_evaluation.scoring import read_texts
from escore_evaluation.spans import labeled_spans
from escore_evaluation.suite import suite_rows
from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY

ROWS = ("EWT dev", "GUM dev", "WNUT-17 dev", "CoNLL-2003 testa")
MINIMUMS = (80, 120, 160, 200, 220, 250)


def measure(scorer: Scorer, files: tuple[Path, ...]) -> tuple[int, int, list[list[float | None]]]:
    """Words of entities, entities; and for each of MINIMUMS recall of words, of entities, and the share of other words.

    A word or an entity is masked if each of its letters and digits is.
    """
    texts = read_texts(files).texts
    documents = list(scorer.stream(text.text for text in texts))
    counts = np.array([[_count(*pair, minimum) for pair in zip(texts, documents, strict=True)] for minimum in MINIMUMS])
    masked_words, words, masked_entities, entities, masked_others, others = counts.sum(axis=1).T
    shares = [masked_words / words, masked_entities / np.maximum(entities, 1), masked_others / others]
    rows = [
        [float(word), float(entity) if entities[0] else None, float(other)]
        for word, entity, other in zip(*shares, strict=True)
    ]
    return int(words[0]), int(entities[0]), rows


def _count(text: LabeledText, document: Document, minimum: float) -> tuple[int, ...]:
    """Words of entities that are masked, and all; entities that are, and all; other words that are, and all."""
    hidden = np.array([not char.isalnum() for char in text.text])
    for span in mask_spans(document, minimum, (), Kept.of(())):
        hidden[span.start : span.end] = True
    tokens = list(zip(text.tokens, text.spans, strict=True))
    inside = [hidden[slice(*span)].all() for token, span in tokens if token.low == ENTITY]
    outside = [
        hidden[slice(*span)].all()
        for token, span in tokens
        if token.high < ENTITY and any(map(str.isalnum, text.text[slice(*span)]))
    ]
    whole = [hidden[slice(*span)].all() for span in labeled_spans(text)]
    return sum(inside), len(inside), sum(whole), len(whole), sum(outside), len(outside)


def main(corpora: Path, model: str = "default") -> None:
    """Recall of `escore mask` by minimum on held-out files below CORPORA: docs/how-to/mask.md."""
    scorer = Scorer(model)
    lines = []
    for row in suite_rows(corpora)[0]:
        if row.label in ROWS:
            words, entities, shares = measure(scorer, row.files)
            for title, index in (("words of entities", 0), ("whole entities", 1), ("other words, masked too", 2)):
                cells = [short(values[index]) for values in shares]
                count = {0: f" ({words:,})", 1: f" ({entities:,})", 2: ""}[index]
                lines.append([row.label, title + count, *cells])
    print(table(["", "", *(str(minimum) for minimum in MINIMUMS)], lines))
