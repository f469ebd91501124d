"""An averaged perceptron that tags words from left to right, by the word, its neighbors and the two tags before it.

After Collins, "Discriminative Training Methods for Hidden Markov Models" (EMNLP 2002), decoded greedily. A label is an
interval of classes, so several tags may be right; only a wrong tag changes the weights, away from it and toward the one
among the right tags that scores highest.
"""

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from benchmarks.quality.corpora import Span, TaggedDocument, by_class, labeled, texts
from escore.segmentation import words
from escore_labels.texts import LabeledText, join_sentences, overlaps
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Document, Token
from escore_training.recipe import Corpus

CLASSES = (NONE, COMMON, PROPER, ENTITY, ENTITY)  # of each tag; the last two begin an entity, and continue it
BEGIN, INSIDE, OUTSIDE = 3, 4, 5  # OUTSIDE is the tag before the text

Weights = dict[str, list[float]]  # a weight a tag, by feature


@lru_cache(1 << 16)
def _word_features(word: str) -> tuple[str, str, str, str]:
    """The word in lower case, its shape without repeats, its last letters, its whole shape: X, x, l, d and signs."""
    kinds = ((str.isupper, "X"), (str.islower, "x"), (str.isalpha, "l"), (str.isdigit, "d"))
    shape = "".join(next((kind for test, kind in kinds if test(char)), char) for char in word)
    short = "".join(kind for kind, _ in groupby(shape))
    return f"l {word.lower()}", f"s {short}", f"e3 {word.lower()[-3:]}", f"form {shape[:6]}"


def features(text: Sequence[str]) -> Iterator[list[str]]:
    """The features of each word of a text; the last two are to be joined with the tag before."""
    near = [_word_features(word) for word in ("", "", *text, "", "")]
    for word, earlier, before, own, behind, later in zip(text, *(near[i:] for i in range(5)), strict=False):
        lower = word.lower()
        neighbors = (("-2", earlier[:2]), ("-1", before[:3]), ("+1", behind[:3]), ("+2", later[:2]))
        yield [
            *(f"{place} {name}" for place, names in neighbors for name in names),
            *(f"{before[0]} {lower}", f"{own[0]} {behind[0][2:]} +1", f"{before[1]} {own[1][2:]} {behind[1][2:]}"),
            *(f"w {word}", *own, "any"),
            *(f"e{n} {lower[-n:]}" for n in (1, 2, 4)),
            *(f"b{n} {word[:n]}" for n in (2, 3, 4)),
            *own[:2],
        ]


def tag(weights: Weights, text: Sequence[str]) -> Iterator[tuple[int, list[float], list[str]]]:
    """The best tag of each word, the scores of all tags, and its features; weights may change meanwhile."""
    earlier = before = OUTSIDE
    for *names, lower, shape in features(text):
        names += [f"tag {before} {lower}", f"tag {before} {shape}", f"tags {earlier} {before}"]
        rows = [weights[name] for name in names if name in weights]
        scores = [sum(column) for column in zip(*rows, strict=True)] or [0.0] * len(CLASSES)
        best = scores.index(max(scores))
        yield best, scores, names
        earlier, before = before, best


def train(documents: list[Document], epochs: int = 8, seed: int = 1) -> Weights:
    """The mean of the weights over all words of all epochs; the same for the same seed."""
    rng = random.Random(seed)
    examples = []
    for run in texts(documents, rng):
        text = join_sentences(run)
        places = words(text.text)
        examples.append(([word for word, _ in places], right_tags(text, [place for _, place in places])))
    weights: Weights = defaultdict(lambda: [0.0] * len(CLASSES))
    late: Weights = defaultdict(lambda: [0.0] * len(CLASSES))  # each change times the words that came before it
    seen = 0
    for epoch in range(1, epochs + 1):
        rng.shuffle(examples)
        for text, right in examples:
            for allowed, (best, scores, names) in zip(right, tag(weights, text), strict=True):
                if best not in allowed:
                    for place, change in ((max(allowed, key=scores.__getitem__), 1), (best, -1)):
                        for name in names:
                            weights[name][place] += change
                            late[name][place] += change * seen
                seen += 1
        print(f"perceptron: epoch {epoch}, {seen} words so far", file=sys.stderr, flush=True)
    return {name: [w - late[name][i] / seen for i, w in enumerate(row)] for name, row in weights.items()}


def right_tags(text: LabeledText, places: Sequence[Span]) -> list[tuple[int, ...]]:
    """The tags that a word may have: those of the token of which it shares most; all where it shares none."""
    right: list[tuple[int, ...]] = []
    first = 0
    for start, end in places:
        while first < len(text.spans) and text.spans[first][1] <= start:
            first += 1
        shared = list(overlaps(text.spans, first, start, end))
        token = text.tokens[max(shared, key=lambda pair: pair[1])[0]] if shared else Token("", NONE, ENTITY)
        if token.low == ENTITY:
            begins = any(text.tokens[i].starts_entity and text.spans[i][0] >= start for i, _ in shared)
            right.append((BEGIN if begins else INSIDE,))
        else:
            right.append(tuple(tag for tag, label in enumerate(CLASSES) if token.low <= label <= token.high))
    return right


def stream(weights: Weights, texts: Iterable[str]) -> Iterator[TaggedDocument]:
    """What it says of each text, in their order."""
    for text in texts:
        places = words(text)
        tags = [best for best, _, _ in tag(weights, [word for word, _ in places])]
        starts = [best == BEGIN for best in tags]
        yield by_class(text, [place for _, place in places], [CLASSES[best] for best in tags], starts)


def load_or_train(file: Path, corpora: Iterable[Corpus], folder: Path) -> Weights:
    """The weights in a JSON file, which is made where it is missing. Raises CorpusError."""
    if not file.exists():
        file.write_text(json.dumps(train(labeled(corpora, folder))), "utf-8")
    return dict(json.loads(file.read_text("utf-8")))
