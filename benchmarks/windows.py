"""How much two overlapping windows disagree about a word, by overlap: the table of docs/windows.md.

    python benchmarks/windows.py CORPUS_FILE...

Whole documents of each file are scored; differences are of the middle half of each overlap, a token, of 300.
"""

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from escore import Scorer
from escore.pipeline.encode import encode_text
from escore.pipeline.windows import Window, make_windows
from escore_labels.readers.formats import read_corpus
from escore_labels.texts import join_sentences

OVERLAPS = (16, 32, 48, 64, 90)


def disagreements(scorer: Scorer, windows: list[Window]) -> Iterator[NDArray[np.float32]]:
    """For each pair of neighbouring windows, how far their scores of the same tokens lie apart around the hand-over."""
    scores = [scorer._run(Window(window.ids, slice(0, len(window.ids)))) for window in windows]
    for (window, here), (following, there) in pairwise(zip(windows, scores, strict=True)):
        shared = len(window.ids) - window.keep.stop + following.keep.start
        yield np.abs(here[-shared:] - there[:shared])[shared // 4 : -shared // 4]


def main() -> None:
    """Print the table as Markdown."""
    scorer = Scorer()
    capacity = scorer.bundle.manifest.max_tokens - 2
    print("| file | overlap | mean | median | 95th percentile | cost |\n|---|---|---|---|---|---|")
    for path in map(Path, sys.argv[1:]):
        texts = [join_sentences(document).text for document in read_corpus(path)]
        for overlap in OVERLAPS:
            planned = [
                list(make_windows(encode_text(scorer.bundle.tokenizer, text), capacity, overlap)) for text in texts
            ]
            long = [windows for windows in planned if len(windows) > 1]
            found = np.concatenate([part for windows in long for part in disagreements(scorer, windows)])
            run = sum(len(window.ids) for windows in long for window in windows)
            kept = sum(window.keep.stop - window.keep.start for windows in long for window in windows)
            figures = f"{found.mean():.2f} | {np.median(found):.2f} | {np.percentile(found, 95):.1f} | {run / kept:.2f}"
            print(f"| {path.name} | {overlap} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
