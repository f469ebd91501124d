"""How good escore is beside taggers that learned from the same corpora, and beside rules: docs/quality.md."""

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import CACHE, ROOT, results
from benchmarks.measure import table
from benchmarks.quality import capitals, perceptron
from benchmarks.results import Result, versions
from escore import EscoreError, Scorer
from escore_evaluation.calibration import Tables
from escore_evaluation.figures import compute_figures
from escore_evaluation.scoring import score_row
from escore_evaluation.suite import Row, suite_rows
from escore_training.recipe import load_recipe

TEMPLATE = Path(__file__).with_name("page_template.md")
EARLIER = """Measured earlier on the same texts, beside {model}, and not repeated: {systems}
({date}; {versions}).
They learned from the corpora of that model, without those added since.

"""
FIGURES = {
    "three_classes": "three classes",
    "entity_f1_220": "words of entities, F1",
    "span_f1": "whole entities, F1",
    "entity_ap": "words of entities, average precision",
}
US, FAST = "escore", "escore fast"  # give scores; all others give labels
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
    --earlier is a result whose figures are kept for taggers that are not measured now, those that are not there among
    them.
    """
    rows, missing = suite_rows(corpora)
    print(*(f"quality: {line}" for line in missing), sep="\n", file=sys.stderr)
    taggers: dict[str, Any] = {US: (scorer := Scorer(model))}  # of whatever streams documents
    manifest, result = scorer.bundle.manifest, results.begin()
    result["model"] = f"{manifest.model_name}, {manifest.precision}"
    result["versions"] = result.pop("machine")["versions"]
    if model is None:
        taggers[FAST] = Scorer("fast")
    if (trained / "spacy").is_dir():
        from benchmarks.quality import spacy_tagger

        nlp = spacy_tagger.spacy.load(trained / "spacy")
        taggers["spaCy"] = SimpleNamespace(stream=partial(spacy_tagger.stream, nlp))
        result["versions"]["spacy"] = result["peers"]["spacy"]
    if earlier is None or (trained / "perceptron.json").exists():
        weights = perceptron.load_or_train(trained / "perceptron.json", load_recipe("finetune").corpora, corpora)
        taggers["perceptron"] = SimpleNamespace(stream=partial(perceptron.stream, weights))
    taggers["capitals"] = capitals
    result["corpora"] = measure(taggers, pooled(rows))
    if earlier:
        carry_over(json.loads(earlier.read_text("utf-8")), result)
    results.save(result, output)
    page_file.write_text(render(result), "utf-8")


def measure(taggers: dict[str, Any], rows: list[Row]) -> dict[str, dict[str, Any]]:
    """By label of a row: its words, and each tagger's figures, [value, low, high]. Raises CorpusError."""
    corpora: dict[str, dict[str, Any]] = {}
    for row in rows:
        print(f"quality: {row.label}", file=sys.stderr, flush=True)
        systems = {}
        for name, tagger in taggers.items():
            figures = asdict(compute_figures(score_row(tagger, row), Tables(), RESAMPLES, SEED))
            figures["entity_ap"] = figures["entity_ap"] if name in (US, FAST) else None  # labels rank nothing
            systems[name] = {key: figures[key] and [round(v, 6) for v in figures[key].values()] for key in FIGURES}
        corpora[row.label] = {"words": figures["words"], "systems": systems}
    return corpora


def pooled(rows: list[Row]) -> list[Row]:
    """The rows, with those of CrossNER's domains as one."""
    domains = [row for row in rows if row.label.startswith(POOLED)]
    one = Row(POOLED, tuple(file for row in domains for file in row.files))
    return [one if row in domains else row for row in rows if row not in domains[1:]]


def carry_over(earlier: Result, result: Result) -> None:
    """Add an earlier result's taggers that were not measured now, where it has a column.

    Raises EscoreError where the texts differ.
    """
    names: list[str] = []
    for label, corpus in result["corpora"].items():
        if (before := earlier["corpora"].get(label)) is None:
            continue
        if before["words"] != corpus["words"]:
            raise EscoreError(f"the earlier result has other texts of {label}", "measure all taggers again")
        ours = corpus["systems"]
        names = [name for name in before["systems"] if name not in ours]
        corpus["systems"] = {US: ours[US]} | {name: before["systems"][name] for name in names} | ours
    before_that = earlier.get("earlier", {"systems": [], "versions": {}})
    if names == before_that["systems"]:  # nor were they measured then
        earlier = before_that
    versions = earlier["versions"] | before_that["versions"]
    result["earlier"] = {"date": earlier["date"], "model": earlier["model"], "systems": names, "versions": versions}


def render(result: Result) -> str:
    """The page as Markdown."""
    corpora, earlier = result["corpora"], result.get("earlier", {"systems": [], "versions": {}})
    more = {"systems": ", ".join(earlier["systems"]), "versions": versions(earlier["versions"])}
    known = "spacy" in result["versions"] | earlier["versions"]
    parts = {
        "versions": versions(result["versions"]),
        "earlier": EARLIER.format_map(earlier | more) if earlier["systems"] else "",
        "table": _table(corpora),
        "behind": "\n".join(_behind(corpora)) or "Nowhere in this table.",
        "absent": "" if known else " (not in this table: no pipeline was given)",
    }
    return TEMPLATE.read_text("utf-8").format_map(result | parts)


def _table(corpora: dict[str, Any]) -> str:
    rows = [["words", "", *(f"{corpus['words']:,}" for corpus in corpora.values())]]
    for figure, title in FIGURES.items():
        columns = [_values(corpus, figure) for corpus in corpora.values()]
        for system in dict.fromkeys(name for column in columns for name in column):
            cells = ("–" if system not in c else _number(c[system], c[system] == max(c.values())) for c in columns)
            rows.append(["" if title in (row[0] for row in rows) else title, system, *cells])
    return table(["", "", *corpora], rows, numbers_from=2)


def _behind(corpora: dict[str, Any]) -> list[str]:
    """A line a figure: the columns where another system is better, and by which."""
    lines = []
    for figure, title in FIGURES.items():
        columns = []
        for label, corpus in corpora.items():
            values = _values(corpus, figure)
            others = ((name, value) for name, value in values.items() if name != FAST)
            if ahead := [f"{name} {_number(value)}" for name, value in others if value > values.get(US, 1)]:
                columns.append(f"{label} ({', '.join(ahead)}; escore {_number(values[US])})")
        lines += [f"- {title}: {'; '.join(columns)}"] if columns else []
    return lines


def _values(corpus: dict[str, Any], figure: str) -> dict[str, float]:
    return {name: figures[figure][0] for name, figures in corpus["systems"].items() if figures[figure]}


def _number(value: float, bold: bool = False) -> str:
    number = f"{value:.3f}".removeprefix("0")
    return f"**{number}**" if bold else number
