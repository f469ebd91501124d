"""An averaged perceptron as a baseline: a tagger that looks at a word, its neighbours and the tags before it.

    python -m benchmarks.perceptron CORPORA OUTPUT.npz

After Collins, "Discriminative Training Methods for Hidden Markov Models" (EMNLP 2002), with greedy decoding instead of
Viterbi's. It learns from the labelled corpora of escore's default recipe; nothing else is read, no gazetteer and no
vectors. The features stand in features.py.

A label is an interval of classes, so several tags may be right. Only a wrong tag changes the weights: away from it, and
towards the one among the right tags that scores highest.
"""

import random
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora import labelled, texts
from benchmarks.features import OUTSIDE, Features, Rows, history
from benchmarks.predictions import Prediction, Span, by_class
from escore import EscoreError
from escore.atomic import atomic_file
from escore.segmentation import words
from escore_labels.texts import LabeledText, join_sentences, overlaps
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Document, Token
from escore_training.recipe import load_recipe

CLASSES = (NONE, COMMON, PROPER, ENTITY, ENTITY)  # of each tag; the last two begin an entity, and go on in it
BEGIN, INSIDE = 3, 4
EPOCHS = 8
SEED = 1

Weights = NDArray[np.float32]  # [rows, tags]


class Perceptron:
    """Weights and the features that they belong to."""

    def __init__(self, features: Features, weights: Weights) -> None:
        self.features = features
        self.weights = weights

    def __call__(self, texts: Iterable[str]) -> Iterator[Prediction]:
        """What it says of each text, in their order."""
        for text in texts:
            found = words(text)
            rows = self.features.encode([word for word, _ in found])
            tags = [tag for tag, _, _ in _decode(self.weights, rows)]
            places = [place for _, place in found]
            yield by_class(text, places, [CLASSES[tag] for tag in tags], [tag == BEGIN for tag in tags])

    def save(self, path: Path) -> None:
        """Write it to one file, in numpy's .npz."""
        names = np.frombuffer("\n".join(self.features.rows).encode(), np.uint8)
        rows = np.array(list(self.features.rows.values()), np.int32)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as part, part.open("wb") as file:
            np.savez_compressed(file, names=names, rows=rows, weights=self.weights)

    @classmethod
    def load(cls, path: Path) -> "Perceptron":
        """Read what `save` wrote. Raises OSError where there is no such file."""
        with np.load(path) as held:
            names = held["names"].tobytes().decode().split("\n")
            rows = dict(zip(names, held["rows"].tolist(), strict=True))
            return cls(Features(rows, growing=False), held["weights"])


def train(documents: list[Document], epochs: int = EPOCHS, seed: int = SEED) -> Perceptron:
    """The mean of the weights over all words of all epochs; the same for the same seed.

    Progress goes to standard error: the share of words whose tag was not among the right ones.
    """
    rng = random.Random(seed)
    features = Features()
    examples = [_example(features, join_sentences(run)) for run in texts(documents, rng)]
    features.growing = False
    weights = np.zeros((features.size, len(CLASSES)), np.float32)
    late = np.zeros(weights.shape)  # each change times the words that came before it
    seen, started = 0, time.monotonic()
    for epoch in range(1, epochs + 1):
        rng.shuffle(examples)
        wrong, before = 0, seen
        for rows, right in examples:
            for allowed, (tag, scores, used) in zip(right, _decode(weights, rows), strict=True):
                if tag not in allowed:
                    better = max(allowed, key=scores.__getitem__)
                    weights[used, better] += 1
                    weights[used, tag] -= 1
                    late[used, better] += seen
                    late[used, tag] -= seen
                    wrong += 1
                seen += 1
        minutes = (time.monotonic() - started) / 60
        report = f"epoch {epoch}, {seen - before} words, {wrong / (seen - before):.4f} wrong, {minutes:.1f} min"
        print(report, file=sys.stderr, flush=True)
    return Perceptron(features, (weights - late / seen).astype(np.float32))


def _decode(weights: Weights, rows: Rows) -> Iterator[tuple[int, list[float], Rows]]:
    """The best tag of each word, the scores of all tags, and the rows that gave them; weights may change meanwhile."""
    steps = history(rows.shape[1])
    earlier = before = OUTSIDE
    for row in rows:
        used = row + steps[earlier, before]
        scores = weights.take(used, axis=0).sum(axis=0).tolist()
        tag = scores.index(max(scores))
        yield tag, scores, used
        earlier, before = before, tag


def _example(features: Features, gold: LabeledText) -> tuple[Rows, list[tuple[int, ...]]]:
    """The rows of a text's words, and each word's right tags."""
    found = words(gold.text)
    return features.encode([word for word, _ in found]), right_tags(gold, [place for _, place in found])


def right_tags(gold: LabeledText, places: list[Span]) -> list[tuple[int, ...]]:
    """The tags that a word may have: those of the gold token of which it shares most; all where it shares none.

    Entities must have been begun (corpora.begun).
    """
    right: list[tuple[int, ...]] = []
    first = 0
    for start, end in places:
        while first < len(gold.spans) and gold.spans[first][1] <= start:
            first += 1
        shared = list(overlaps(gold.spans, first, start, end))
        token = gold.tokens[max(shared, key=lambda pair: pair[1])[0]] if shared else Token("", NONE, ENTITY)
        if token.low == ENTITY:
            begins = any(gold.tokens[i].starts_entity and gold.spans[i][0] >= start for i, _ in shared)
            right.append((BEGIN if begins else INSIDE,))
        else:
            right.append(tuple(tag for tag, known in enumerate(CLASSES) if token.low <= known <= token.high))
    return right


def main() -> None:
    """Train, and write the weights."""
    try:
        match sys.argv[1:]:
            case [corpora, output]:
                train(labelled(load_recipe("default").corpora, Path(corpora))).save(Path(output))
            case _:
                sys.exit("usage: python -m benchmarks.perceptron CORPORA OUTPUT.npz")
    except (EscoreError, OSError) as error:
        sys.exit(f"perceptron: {error}")


if __name__ == "__main__":
    main()
