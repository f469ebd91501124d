"""How good escore is beside taggers that learned from the same corpora, and beside rules, on the same texts."""

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import CACHE, ROOT, results
from benchmarks.quality import capitals, page, perceptron
from benchmarks.quality.page import FIGURES, US
from benchmarks.results import Result
from escore import EscoreError, Scorer
from escore_evaluation.figures import compute_figures
from escore_evaluation.scoring import score_row
from escore_evaluation.suite import Row, suite_rows
from escore_training.recipe import load_recipe

RESAMPLES, SEED = 1000, 1
POOLED = "CrossNER dev"  # its domains are one column


def main(
    corpora: Path,
    output: Path = results.FOLDER / "quality.json",
    page_file: Path = ROOT / "docs" / "quality.md",
    trained: Path = CACHE,
    earlier: Path | None = None,
    model: str | None = None,
) -> None:
    """Quality beside other taggers: docs/quality.md. CORPORA is the folder that the default recipe reads.

    --trained holds spacy/, by train-spacy (else spaCy is left out), and perceptron.json, which is made where missing.
    --earlier is a result whose figures are kept for taggers that are not measured now.
    """
    rows, missing = suite_rows(corpora)
    print(*(f"quality: {line}" for line in missing), sep="\n", file=sys.stderr)
    taggers: dict[str, Any] = {US: (scorer := Scorer(model))}  # of whatever streams documents
    manifest, result = scorer.bundle.manifest, results.begin()
    result["model"] = f"{manifest.name} {manifest.version}, {manifest.precision}"
    result["versions"] = result.pop("machine")["versions"]
    if (trained / "spacy").is_dir():
        from benchmarks.quality import spacy_tagger

        nlp = spacy_tagger.spacy.load(trained / "spacy")
        taggers["spaCy"] = SimpleNamespace(stream=partial(spacy_tagger.stream, nlp))
        result["versions"]["spacy"] = result["peers"]["spacy"]
    weights = perceptron.load_or_train(trained / "perceptron.json", load_recipe("default").corpora, corpora)
    taggers |= {"perceptron": SimpleNamespace(stream=partial(perceptron.stream, weights)), "capitals": capitals}
    result["corpora"] = measure(taggers, pooled(rows))
    if earlier:
        carry_over(json.loads(earlier.read_text("utf-8")), result)
    results.save(result, output)
    page_file.write_text(page.render(result), "utf-8")


def measure(taggers: dict[str, Any], rows: list[Row]) -> dict[str, dict[str, Any]]:
    """By label of a row: its words, and each tagger's figures, [value, low, high]. Raises CorpusError."""
    corpora: dict[str, dict[str, Any]] = {}
    for row in rows:
        print(f"quality: {row.label}", file=sys.stderr, flush=True)
        systems = {}
        for name, tagger in taggers.items():
            figures = asdict(compute_figures(score_row(tagger, row), None, RESAMPLES, SEED))
            if name != US:
                figures["entity_ap"] = None  # labels rank nothing
            shown = {key: figures[key] for key in FIGURES}
            systems[name] = {key: value and [round(v, 6) for v in value.values()] for key, value in shown.items()}
        corpora[row.label] = {"words": figures["words"], "systems": systems}
    return corpora


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
        names = [name for name in before["systems"] if name not in ours]
        corpus["systems"] = {US: ours[US]} | {name: before["systems"][name] for name in names} | ours
    if names == earlier.get("earlier", {}).get("systems"):  # nor were they measured then
        earlier = earlier["earlier"]
    result["earlier"] = {"date": earlier["date"], "systems": names, "versions": earlier["versions"]}
