"""How good escore is beside taggers that were trained on the same corpora, and beside rules.

All get the same texts and are measured as `escore evaluate` does; none of the files trained any of them.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import CACHE, ROOT, results
from benchmarks.quality import capitals, page, perceptron
from benchmarks.quality.corpora import Prediction
from benchmarks.quality.page import US
from benchmarks.results import Result
from escore import EscoreError, Scorer
from escore.scale import ENTITY_MINIMUM
from escore_evaluation.figures import Figures, compute_figures
from escore_evaluation.scoring import LabeledTexts, ScoredRow, align_scores, read_texts
from escore_evaluation.spans import count_matches
from escore_evaluation.suite import Row, suite_rows
from escore_training.recipe import load_recipe

RESAMPLES, SEED = 1000, 1
POOLED = "CrossNER dev"  # its domains are one column
FIGURES = ("three_classes", "four_classes", "entity_ap", "entity_f1", "entity_f1_220", "span_f1")

Tagger = Callable[[Iterable[str]], Iterable[Prediction]]


def main(
    corpora: Path,
    output: Path = results.FOLDER / "quality.json",
    page_file: Path = ROOT / "docs" / "quality.md",
    trained: Path = CACHE,
    earlier: Path | None = None,
    model: str | None = None,
) -> None:
    """Quality beside other taggers: docs/quality.md.

    CORPORA is the folder of the corpora that the default recipe names. --trained holds spacy/, made by train-spacy
    (else spaCy is left out), and perceptron.json, which is made where it is missing. --earlier is a result whose
    figures are kept for taggers that are not measured now.
    """
    rows, missing = suite_rows(corpora)
    print(*(f"quality: {line}" for line in missing), sep="\n", file=sys.stderr)
    scorer = Scorer(model)
    manifest = scorer.bundle.manifest
    result = results.begin()
    result["model"] = f"{manifest.name} {manifest.version}, {manifest.precision}"
    result["versions"] = result.pop("machine")["versions"]
    taggers: dict[str, Tagger] = {US: partial(predict, scorer)}
    if (trained / "spacy").is_dir():
        from benchmarks.quality import spacy_tagger

        taggers["spaCy"] = partial(spacy_tagger.predict, spacy_tagger.spacy.load(trained / "spacy"))
        result["versions"]["spacy"] = result["peers"]["spacy"]
    weights = perceptron.load_or_train(trained / "perceptron.json", load_recipe("default").corpora, corpora)
    taggers |= {"perceptron": partial(perceptron.predict, weights), "capitals": capitals.predict}
    result["corpora"] = measure(taggers, pooled(rows))
    if earlier:
        carry_over(json.loads(earlier.read_text("utf-8")), result)
    results.save(result, output)
    page_file.write_text(page.render(result), "utf-8")


def predict(scorer: Scorer, texts: Iterable[str]) -> Iterator[Prediction]:
    """What escore says, its entities those of `escore run --entities`."""
    for document in scorer.stream(texts):
        yield Prediction(document, [(entity.start, entity.end) for entity in document.entities(ENTITY_MINIMUM)])


def measure(taggers: dict[str, Tagger], rows: list[Row]) -> dict[str, dict[str, Any]]:
    """By label of a row: the number of its words, and each tagger's figures, [value, low, high]. Raises CorpusError."""
    corpora: dict[str, dict[str, Any]] = {}
    for row in rows:
        print(f"quality: {row.label}", file=sys.stderr, flush=True)
        texts = read_texts(row.files, row.change)
        corpora[row.label] = {"words": sum(len(text.tokens) for text in texts.texts), "systems": {}}
        for name, tagger in taggers.items():
            figures = asdict(_figures(row, texts, name, tagger))
            rounded = {key: figures[key] and [round(value, 6) for value in figures[key].values()] for key in FIGURES}
            corpora[row.label]["systems"][name] = rounded
    return corpora


def _figures(row: Row, texts: LabeledTexts, name: str, tagger: Tagger) -> Figures:
    """One tagger on one row, by the entities that it found. Labels rank nothing: only escore has average precision."""
    predictions = list(tagger(text.text for text in texts.texts))
    tokens = align_scores(texts.texts, [prediction.document for prediction in predictions])
    if tokens.entities is not None:
        pairs = zip(texts.texts, predictions, strict=True)
        tokens = replace(
            tokens, entities=np.array([count_matches(text, prediction.spans) for text, prediction in pairs])
        )
    scored = ScoredRow(row, texts, tokens, calibrates=np.zeros(len(texts.texts), np.bool_))
    figures = compute_figures(scored, None, RESAMPLES, SEED)
    return figures if name == US else replace(figures, entity_ap=None, entity_f1=None)


def pooled(rows: list[Row]) -> list[Row]:
    """The rows, with those of CrossNER's domains as one."""
    domains = [row for row in rows if row.label.startswith(POOLED)]
    one = Row(POOLED, tuple(file for row in domains for file in row.files))
    return [one if row in domains else row for row in rows if row not in domains[1:]]


def carry_over(earlier: Result, result: Result) -> None:
    """Add an earlier result's taggers that were not measured now. Raises EscoreError where the texts differ."""
    names: list[str] = []
    for label, corpus in result["corpora"].items():
        before = earlier["corpora"].get(label)
        if before is None or before["words"] != corpus["words"]:
            raise EscoreError(f"the earlier result has other texts of {label}", "measure all taggers again")
        ours = corpus["systems"]
        more = {name: figures for name, figures in before["systems"].items() if name not in ours}
        corpus["systems"] = {US: ours[US]} | more | ours
        names = list(more)
    if names == earlier.get("earlier", {}).get("systems"):  # nor were they measured then
        earlier = earlier["earlier"]
    result["earlier"] = {"date": earlier["date"], "systems": names, "versions": earlier["versions"]}
