"""How words are best joined into entities: the tables of docs/joining.md.

    python -m benchmarks.joining CORPORA [--model DIR] [--words N] [--search]

Files that trained the model are measured, since the rule is chosen on them. Each is scored once; rules are then tried
on the scores. `--search` tries many rules, and the one that ships at many minimums.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np

from escore import Document, EscoreError, Scorer
from escore.entities import RULE, Rule, join_words
from escore.scale import ENTITY_MINIMUM as MINIMUM
from escore_evaluation.scoring import read_texts
from escore_evaluation.spans import Span, count_matches, labeled_spans
from escore_labels.texts import LabeledText
from escore_labels.tokens import CorpusError

CORPORA = {
    "WikiGold": "wikigold/*.txt",
    "CrossNER train": "crossner/*/train.txt",
    "GMB": "gmb/GMB_dataset.txt",
    "WNUT-17 train": "wnut17/wnut17train.conll",
    "Broad Twitter": "btc/*.conll",
}
RECASED = ("WikiGold", "CrossNER train", "GMB")  # measured in lower case and in ALL CAPS, too
WORDS = 12_000  # of each corpus, about

OLD = Rule(share=1, starters="", bare=True)  # longest runs of neighbours that reach the minimum
SHARES = (0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LETTERS = (1, 2, 3, 4, 5, 6)
MINIMUMS = (180, 190, 200, 210, 220, 230, 240, 250, 260)
CAPITALS_FROM = 0.9  # of the minimum, in the variant that lowers it for capitals

Join = Callable[[Document, float], list[Span]]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Gold texts of one corpus, and the same texts scored."""

    name: str
    golds: list[LabeledText]
    documents: list[Document]


@dataclass(frozen=True, slots=True)
class Found:
    """How good entities are: F1 of each corpus, their mean, and the means of precision, recall, and F1 of exact ends.

    All but the last leave signs at the ends of an entity out, as `escore evaluate` does.
    """

    f1: list[float]
    mean: float
    precision: float
    recall: float
    exact: float


def corpora(folder: Path, scorer: Scorer, words: int) -> Iterator[Corpus]:
    """About `words` words of each corpus below `folder`, taken evenly, and scored. Raises CorpusError."""
    for name, pattern in CORPORA.items():
        yield _scored(name, _golds(folder, [pattern], "kept", words), scorer)
    for name, change in (("lower case", "lower"), ("ALL CAPS", "upper")):
        yield _scored(name, _golds(folder, [CORPORA[each] for each in RECASED], change, words), scorer)


def _golds(folder: Path, patterns: Iterable[str], change: str, words: int) -> list[LabeledText]:
    files = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if not files:
        raise CorpusError(f"{folder}: none of {', '.join(patterns)}; give the folder of the corpora")
    golds = read_texts(files, change).texts
    step = max(1, sum(len(gold.tokens) for gold in golds) / words)
    return [_whole_names(golds[int(i * step)]) for i in range(int(len(golds) / step))]


def _whole_names(gold: LabeledText) -> LabeledText:
    """With "@ann" as one entity: Broad Twitter has two, "@" and "ann"."""
    tokens = list(gold.tokens)
    for i, before in enumerate(gold.tokens[:-1]):
        if before.text == "@" and before.starts_entity and not before.space_after:
            tokens[i + 1] = replace(tokens[i + 1], starts_entity=False)
    return replace(gold, tokens=tokens)


def _scored(name: str, golds: list[LabeledText], scorer: Scorer) -> Corpus:
    print(f"joining: {name}, {sum(len(gold.tokens) for gold in golds)} words", file=sys.stderr, flush=True)
    return Corpus(name, golds, list(scorer.stream(gold.text for gold in golds)))


def by(rule: Rule) -> Join:
    """The entities of a rule."""

    def join(document: Document, minimum: float) -> list[Span]:
        runs = join_words(document.text, document.starts, document.ends, document.scores, minimum, rule)
        return [(int(document.starts[first]), int(document.ends[last])) for first, last in runs]

    return join


def capitals_lower(document: Document, minimum: float) -> list[Span]:
    """The rule, but beside a word that reaches the minimum a capital does from 9/10 of it."""
    scores = document.scores.copy()
    for i in np.flatnonzero((scores >= CAPITALS_FROM * minimum) & (scores < minimum)).tolist():
        beside = document.scores[max(i - 1, 0) : i + 2]
        if document.text[document.starts[i]].isupper() and beside.max() >= minimum:
            scores[i] = minimum
    return by(RULE)(replace(document, scores=scores), minimum)


def without_possessives(document: Document, minimum: float) -> list[Span]:
    """The rule, but no entity ends with 's."""
    spans = by(RULE)(document, minimum)
    return [(start, end - 2 * document.text[start:end].endswith(("'s", "’s"))) for start, end in spans]


def without_signs(document: Document, minimum: float) -> list[Span]:
    """The rule, but signs at the ends are cut off."""
    spans = []
    for start, end in by(RULE)(document, minimum):
        named = [i for i in range(start, end) if document.text[i].isalnum()]
        spans.append((named[0], named[-1] + 1))
    return spans


def capitals_only(document: Document, minimum: float) -> list[Span]:
    """The rule, but a word in lower case after one with a capital ends no entity."""
    spans = []
    for start, end in by(RULE)(document, minimum):
        words = document.text[start:end].split(" ")
        while len(words) > 1 and words[-1].islower() and any(word[:1].isupper() for word in words[:-1]):
            words.pop()
        spans.append((start, start + len(" ".join(words))))
    return spans


VARIANTS: dict[str, Join] = {
    "neighbours that reach the minimum, as before": by(OLD),
    "**the rule**": by(RULE),
    "without small words in between": by(replace(RULE, share=1)),
    'without "@" and "#" as beginnings': by(replace(RULE, starters="")),
    "with entities of signs alone": by(replace(RULE, bare=True)),
    "and small words in capitals beside others": by(replace(RULE, acronyms=True)),
    "and signs in between": by(replace(RULE, signs=True)),
    "and capitals beside a name from 9/10 of the minimum": capitals_lower,
    "and no 's at the end": without_possessives,
    "and no signs at the ends": without_signs,
    "and no lower case at the end of capitals": capitals_only,
}


def measure(measured: list[Corpus], join: Join, minimum: float = MINIMUM) -> Found:
    """One way to join on all corpora."""
    rows = []
    for corpus in measured:
        sums = np.zeros(4)
        for gold, document in zip(corpus.golds, corpus.documents, strict=True):
            spans = join(document, minimum)
            sums += [*count_matches(gold, spans), len(set(labeled_spans(gold)) & set(spans))]
        right, found, known, exact = sums
        rows.append((2 * right / (found + known), right / found, right / known, 2 * exact / (found + known)))
    means = np.mean(rows, axis=0).tolist()
    return Found([row[0] for row in rows], *means)


def table(measured: list[Corpus], rows: Iterable[tuple[str, Join, float]]) -> Iterator[str]:
    """A line for each (name, way to join, minimum), in percent, as Markdown."""
    names = ["", *(corpus.name for corpus in measured), "mean", "precision", "recall", "exact ends"]
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    for name, join, minimum in rows:
        found = measure(measured, join, minimum)
        values = [*found.f1, found.mean, found.precision, found.recall, found.exact]
        yield f"| {name} | {' | '.join(f'{100 * value:.2f}' for value in values)} |"


def search(measured: list[Corpus]) -> Iterator[str]:
    """Rules around the one that ships, best mean first; then the one that ships by minimum."""
    rules = [replace(RULE, share=share, letters=letters) for share, letters in product(SHARES, LETTERS)]
    rules.sort(key=lambda rule: -measure(measured, by(rule)).mean)
    yield from table(measured, ((f"share {rule.share}, letters {rule.letters}", by(rule), MINIMUM) for rule in rules))
    yield ""
    yield from table(measured, ((f"minimum {minimum}", by(RULE), minimum) for minimum in MINIMUMS))


def main() -> int:
    """Print the tables; 1 where something is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.joining", description="Measure how words are joined.")
    parser.add_argument("corpora", type=Path, help="folder of the corpora")
    parser.add_argument("--model", help="folder of a bundle (default: the one that ships)")
    parser.add_argument("--words", type=int, default=WORDS, help=f"of each corpus, about (default: {WORDS})")
    parser.add_argument("--search", action="store_true", help="try many rules, too")
    asked = parser.parse_args()
    try:
        scorer = Scorer(asked.model)
        measured = list(corpora(asked.corpora, scorer, asked.words))
    except EscoreError as error:
        print(f"joining: {error}", file=sys.stderr)
        return 1
    manifest = scorer.bundle.manifest
    versions = ", ".join(f"{name} {version(name)}" for name in ("escore", "numpy", "onnxruntime", "tokenizers"))
    words = sum(len(gold.tokens) for corpus in measured for gold in corpus.golds)
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {manifest.name} {manifest.version} ({manifest.precision}), {words} words, "
        f"minimum {MINIMUM}; Python {platform.python_version()}, {versions}.\n"
    )
    for line in table(measured, ((name, join, MINIMUM) for name, join in VARIANTS.items())):
        print(line, flush=True)
    if asked.search:
        print()
        for line in search(measured):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
