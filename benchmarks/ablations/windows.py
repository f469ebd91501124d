"""How long windows should be, and how far they should overlap: the table of docs/decisions.md."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import table
from escore import Bundle, Document, Scorer
from escore.pipeline.infer import run_window
from escore.pipeline.pipeline import Pipeline
from escore.pipeline.windows import Window
from escore_evaluation.figures import measure_tokens
from escore_evaluation.scoring import LabeledTexts, align_scores, read_texts

SETTINGS = ((256, 48), (256, 16), (192, 16), (128, 48), (128, 16), (128, 8), (96, 16), (64, 8))  # max_tokens, overlap
FIGURES = {"3 classes": "three_classes", "AP": "entity_ap", "span F1": "span_f1"}


def main(files: list[Path]) -> None:
    """How long windows should be, and how far overlap: docs/decisions.md. FILES are corpora of whole documents."""
    bundle, rows = Bundle.open(device="cpu"), []
    for path, (max_tokens, overlap) in product(files, SETTINGS):
        texts = read_texts([path], sentences=sys.maxsize)
        cut = replace(bundle, manifest=replace(bundle.manifest, max_tokens=max_tokens, overlap=overlap))
        documents, seconds = score(cut, texts)
        figures = measure_tokens(align_scores(texts.texts, documents), len(texts.texts))
        values = np.concatenate(list(disagreements(cut, texts)))
        rows.append(
            [path.name, str(max_tokens), str(overlap), f"{values.mean():.2f}"]
            + [f"{figures[name]:.3f}" if name in figures else "–" for name in FIGURES.values()]
            + [f"{1e6 * seconds / sum(len(document.words) for document in documents):.0f}"]
        )
    print(table(["file", "tokens", "overlap", "differ by", *FIGURES, "µs of CPU a word"], rows))


def score(bundle: Bundle, texts: LabeledTexts) -> tuple[list[Document], float]:
    """The texts scored by one thread, and the CPU seconds that it took."""
    scorer = Scorer(bundle, threads=1)
    scorer(texts.texts[0].text)
    start = time.process_time()
    documents = [scorer(text.text) for text in texts.texts]
    return documents, time.process_time() - start


def disagreements(bundle: Bundle, texts: LabeledTexts) -> Iterator[NDArray[np.float32]]:
    """How far the scores of two neighboring windows lie apart in the middle half of their overlap, a token."""
    cut = Pipeline(bundle.tokenizer, bundle.manifest.max_tokens, bundle.manifest.overlap, np.asarray).windows
    for text in texts.texts:
        windows = list(cut(text.text))
        whole = (Window(window.ids, slice(0, len(window.ids))) for window in windows)
        scores = [run_window(bundle.session, bundle.tokenizer.special_ids, window) for window in whole]
        for (first, ours), (second, theirs) in pairwise(zip(windows, scores, strict=True)):
            shared = len(ours) - first.keep.stop + second.keep.start
            quarter = max(1, shared // 4)
            yield np.abs(ours[-shared:] - theirs[:shared])[quarter:-quarter]
