"""How far two overlapping windows disagree about a token, by overlap: the table of docs/decisions.md."""

import sys
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import table
from escore import Bundle
from escore.pipeline.infer import run_window
from escore.pipeline.pipeline import Pipeline
from escore.pipeline.windows import Window
from escore_evaluation.scoring import read_texts

OVERLAPS = (16, 32, 48, 64, 90)  # tokens


def disagreements(bundle: Bundle, windows: list[Window]) -> Iterator[NDArray[np.float32]]:
    """How far the scores of two neighboring windows lie apart in the middle half of their overlap, a token."""
    whole = (Window(window.ids, slice(0, len(window.ids))) for window in windows)
    scores = [run_window(bundle.session, bundle.tokenizer.special_ids, window) for window in whole]
    for (window, ours), (following, theirs) in pairwise(zip(windows, scores, strict=True)):
        shared = len(window.ids) - window.keep.stop + following.keep.start
        yield np.abs(ours[-shared:] - theirs[:shared])[shared // 4 : -shared // 4]


def main(files: list[Path]) -> None:
    """How far overlapping windows disagree: docs/decisions.md. FILES are corpora of whole documents."""
    bundle, rows = Bundle.open(device="cpu"), []
    for path, overlap in product(files, OVERLAPS):
        cut = Pipeline(bundle.tokenizer, bundle.manifest.max_tokens, overlap, np.asarray).windows
        documents = [list(cut(text.text)) for text in read_texts([path], sentences=sys.maxsize).texts]
        several = [windows for windows in documents if len(windows) > 1]
        values = np.concatenate([part for windows in several for part in disagreements(bundle, windows)])
        run = sum(len(window.ids) for windows in several for window in windows)
        kept = sum(window.keep.stop - window.keep.start for windows in several for window in windows)
        figures = f"{values.mean():.2f}", f"{np.median(values):.2f}", f"{np.percentile(values, 95):.1f}"
        rows.append([path.name, str(overlap), *figures, f"{run / kept:.2f}"])
    print(table(["file", "overlap", "mean", "median", "95th percentile", "cost"], rows))
