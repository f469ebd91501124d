"""How words are best joined into entities, tried on files that trained the model: the tables of docs/decisions.md."""

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.measure import table
from benchmarks.results import versions
from escore import Document, Scorer
from escore.entities import RULE, Words, join_words
from escore.scale import ENTITY_MINIMUM
from escore_evaluation.machine import read_machine
from escore_evaluation.scoring import read_texts
from escore_evaluation.spans import Span, count_matches, labeled_spans
from escore_labels.texts import LabeledText
from escore_labels.tokens import CorpusError

COLUMNS = {  # files, and what is done to their texts
    "WikiGold": (["wikigold/*.txt"], "kept"),
    "CrossNER train": (["crossner/*/train.txt"], "kept"),
    "GMB": (["gmb/GMB_dataset.txt"], "kept"),
    "WNUT-17 train": (["wnut17/wnut17train.conll"], "kept"),
    "Broad Twitter": (["btc/*.conll"], "kept"),
    "lower case": (["wikigold/*.txt", "crossner/*/train.txt", "gmb/GMB_dataset.txt"], "lower"),
    "ALL CAPS": (["wikigold/*.txt", "crossner/*/train.txt", "gmb/GMB_dataset.txt"], "upper"),
}
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LETTERS, MINIMUMS = range(1, 7), range(180, 270, 10)

Corpus = list[tuple[LabeledText, Document]]  # labeled texts, and the same texts scored
Join = Callable[[Document, float], list[Span]]


def read_column(folder: Path, scorer: Scorer, name: str, words: int) -> Corpus:
    """About `words` words of a column, taken evenly, and scored. Raises CorpusError."""
    patterns, change = COLUMNS[name]
    files = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if not files:
        raise CorpusError(f"{folder}: none of {', '.join(patterns)}", "give the folder of the corpora")
    texts = read_texts(files, change).texts
    step = max(1, sum(len(text.tokens) for text in texts) / words)
    texts = [_with_whole_handles(texts[int(i * step)]) for i in range(int(len(texts) / step))]
    print(f"joining: {name}, {sum(len(text.tokens) for text in texts)} words", file=sys.stderr, flush=True)
    return list(zip(texts, scorer.stream(text.text for text in texts), strict=True))


def _with_whole_handles(text: LabeledText) -> LabeledText:
    """With "@ann" as one entity: Broad Twitter has two, "@" and "ann"."""
    tokens = list(text.tokens)
    for i, before in enumerate(text.tokens[:-1]):
        if before.text == "@" and before.starts_entity and not before.space_after:
            tokens[i + 1] = replace(tokens[i + 1], starts_entity=False)
    return replace(text, tokens=tokens)


def by(trim: Callable[[str], str] = str, **changes: object) -> Join:
    """The entities of the rule with some of its values changed, each trimmed."""
    rule = replace(RULE, **changes)

    def join(document: Document, minimum: float) -> list[Span]:
        runs = join_words(Words(document.text, document.starts, document.ends, document.scores), minimum, rule)
        places = ((int(document.starts[first]), int(document.ends[last])) for first, last in runs)
        trimmed = ((start, document.text[start:end], trim(document.text[start:end])) for start, end in places)
        return [(first := start + text.index(part), first + len(part)) for start, text, part in trimmed]

    return join


def lower_for_capitals(document: Document, minimum: float) -> list[Span]:
    """The rule, but beside a word that reaches the minimum a capital does from 9/10 of it."""
    scores = document.scores.copy()
    for i in np.flatnonzero((scores >= 0.9 * minimum) & (scores < minimum)).tolist():
        if document.text[document.starts[i]].isupper() and document.scores[max(i - 1, 0) : i + 2].max() >= minimum:
            scores[i] = minimum
    return by()(replace(document, scores=scores), minimum)


def _without_lower_case(text: str) -> str:
    words = text.split(" ")
    while len(words) > 1 and words[-1].islower() and any(word[:1].isupper() for word in words[:-1]):
        words.pop()
    return " ".join(words)


VARIANTS: dict[str, Join] = {
    "neighbors that reach the minimum, as before": by(share=1, starters="", bare=True),
    "**the rule**": by(),
    "without short words in between": by(share=1),
    'without "@" and "#" as beginnings': by(starters=""),
    "with entities of punctuation alone": by(bare=True),
    "and short words in capitals beside others": by(acronyms=True),
    "and punctuation in between": by(signs=True),
    "and capitals beside a name from 9/10 of the minimum": lower_for_capitals,
    "and no 's at the end": by(lambda text: text.removesuffix("'s").removesuffix("’s")),
    "and no punctuation at the ends": by(lambda text: re.sub(r"^[\W_]+|[\W_]+$", "", text)),
    "and no lower case at the end of capitals": by(_without_lower_case),
}


def measure(columns: Iterable[Corpus], join: Join, minimum: float = ENTITY_MINIMUM) -> list[float]:
    """In percent: F1 of each column, and the means of F1, precision, recall, and F1 with punctuation at the ends."""
    rows = []
    for corpus in columns:
        pairs = [(text, join(document, minimum)) for text, document in corpus]
        counts = [[*count_matches(text, spans), len(set(labeled_spans(text)) & set(spans))] for text, spans in pairs]
        right, predicted, labeled, exact = np.sum(counts, axis=0)
        f1, exact_f1 = (2 * hits / (predicted + labeled) for hits in (right, exact))
        rows.append((f1, right / predicted, right / labeled, exact_f1))
    return [100 * float(value) for value in (*(row[0] for row in rows), *np.mean(rows, axis=0))]


def main(folder: Path, model: str | None = None, words: int = 12_000, search: bool = False) -> None:
    """How words of the corpora in FOLDER are joined: docs/decisions.md; with --search, by other values of the rule."""
    scorer = Scorer(model)
    columns = [read_column(folder, scorer, name, words) for name in COLUMNS]
    manifest, total = scorer.bundle.manifest, sum(len(text.tokens) for column in columns for text, _ in column)
    model_name = f"{manifest.model_name} ({manifest.precision})"
    print(f"{model_name}, {total} words, minimum {ENTITY_MINIMUM:g}; {versions(read_machine().versions)}.\n")

    def row(name: object, values: Iterable[float]) -> list[str]:
        return [str(name), *(f"{value:.2f}" for value in values)]

    head = ["", *COLUMNS, "mean", "precision", "recall", "exact ends"]
    print(table(head, (row(name, measure(columns, join)) for name, join in VARIANTS.items())))
    if search:
        mean = len(columns)
        by_letters = {n: [measure(columns, by(share=share, letters=n))[mean] for share in SHARES] for n in LETTERS}
        by_minimum = [measure(columns, by(), minimum)[mean] for minimum in MINIMUMS]
        print("\n" + table(["letters", *map(str, SHARES)], (row(*item) for item in by_letters.items())))
        print("\n" + table(["minimum", *map(str, MINIMUMS)], [row("mean F1", by_minimum)]))
