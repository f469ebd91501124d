"""How good escore is beside baselines that were trained on the same corpora, and beside rules: `make quality`.

    python -m benchmarks.quality CORPORA OUTPUT.json [--page FILE.md] [--spacy FOLDER] [--perceptron FILE] [--model DIR]
        [--earlier RESULT.json]

All systems get the same texts and are measured by `escore_training.evaluate`; none of the files trained any of them.
A folder for --spacy is written by `python -m benchmarks.spacy_peer train CORPORA FOLDER`. The perceptron is trained
here, in some minutes, unless the file that --perceptron names is there already.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import capitals, quality_page
from benchmarks.corpora import labelled
from benchmarks.perceptron import Perceptron, train
from benchmarks.predictions import Prediction
from escore import EscoreError, Scorer
from escore.scale import ENTITY_MINIMUM
from escore_evaluation.figures import Figures, compute_figures
from escore_evaluation.scoring import LabeledTexts, ScoredRow, align_scores, read_texts
from escore_evaluation.spans import count_matches
from escore_evaluation.suite import Row, suite_rows
from escore_training.recipe import load_recipe

RESAMPLES, SEED = 1000, 1
POOLED = "CrossNER dev"  # its domains are one column
RANKS = "escore"  # the one system that gives scores; the others give labels

System = Callable[[Iterable[str]], Iterable[Prediction]]


def measure(systems: dict[str, System], rows: list[Row]) -> dict[str, dict[str, Any]]:
    """For each row, by its label: the number of its words, and the figures of each system. Raises CorpusError."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        print(f"quality: {row.label}", file=sys.stderr, flush=True)
        read = read_texts(row.files, row.change)
        figures = {name: measured(row, read, name, system) for name, system in systems.items()}
        words = sum(len(gold.tokens) for gold in read.texts)
        found[row.label] = {"words": words, "systems": {name: _short(asdict(each)) for name, each in figures.items()}}
    return found


def measured(row: Row, read: LabeledTexts, name: str, system: System) -> Figures:
    """One system on the texts of one row: entities are those that it found, at its own decision.

    Of labels nothing can be ranked: average precision and best F1 are None, as their curve has one point.
    """
    predictions = list(system(gold.text for gold in read.texts))
    compared = align_scores(read.texts, [prediction.document for prediction in predictions])
    if compared.entities is not None:
        pairs = zip(read.texts, predictions, strict=True)
        compared = replace(compared, entities=np.array([count_matches(gold, found.spans) for gold, found in pairs]))
    scored = ScoredRow(row, read, compared, calibrates=np.zeros(len(read.texts), np.bool_))
    figures = compute_figures(scored, None, RESAMPLES, SEED)
    return figures if name == RANKS else replace(figures, entity_ap=None, entity_f1=None)


def pooled(rows: list[Row]) -> list[Row]:
    """The rows, with those of CrossNER's domains as one."""
    domains = [row for row in rows if row.label.startswith(POOLED)]
    if not domains:
        return rows
    one = Row(POOLED, tuple(file for row in domains for file in row.files))
    place = rows.index(domains[0])
    return [*rows[:place], one, *(row for row in rows[place:] if row not in domains)]


def kept(earlier: dict[str, Any], corpora: dict[str, dict[str, Any]]) -> list[str]:
    """Add an earlier result's systems that were not measured now; their names. Labels and texts must be the same.

    Raises ValueError where they are not.
    """
    names: list[str] = []
    for label, corpus in corpora.items():
        before = earlier["corpora"].get(label)
        if before is None or before["words"] != corpus["words"]:
            raise ValueError(f"the earlier result has not these texts of {label}; measure all systems again")
        more = {name: each for name, each in before["systems"].items() if name not in corpus["systems"]}
        ours = corpus["systems"]
        corpus["systems"] = {RANKS: ours[RANKS]} | more | ours
        names = list(more)
    return names


def with_scores(scorer: Scorer) -> System:
    """The system that all is about: its entities are those of `escore run --entities`."""

    def predict(texts: Iterable[str]) -> Iterator[Prediction]:
        for document in scorer.stream(texts):
            yield Prediction(document, [(entity.start, entity.end) for entity in document.entities(ENTITY_MINIMUM)])

    return predict


def _perceptron(corpora: Path, path: Path | None) -> Perceptron:
    if path is not None and path.exists():
        return Perceptron.load(path)
    made = train(labelled(load_recipe("default").corpora, corpora))
    if path is not None:
        made.save(path)
    return made


def _short(figures: dict[str, Any]) -> dict[str, Any]:
    """What the page shows, and intervals: [value, low, high], rounded."""
    names = ("three_classes", "four_classes", "entity_ap", "entity_f1", "entity_f1_220", "span_f1")
    return {name: figures[name] and [round(value, 6) for value in figures[name].values()] for name in names}


def main() -> int:
    """Measure, write the JSON and the page; 1 where something is missing."""
    asked = _arguments()
    packages = ["escore", "numpy", "onnxruntime", "tokenizers", *(["spacy"] if asked.spacy else [])]
    try:
        rows, missing = suite_rows(asked.corpora)
        for line in missing:
            print(f"quality: {line}", file=sys.stderr)
        scorer = Scorer(asked.model)
        systems: dict[str, System] = {RANKS: with_scores(scorer)}
        if asked.spacy:
            from benchmarks.spacy_peer import predictor

            systems["spaCy"] = predictor(asked.spacy)
        systems["perceptron"] = _perceptron(asked.corpora, asked.perceptron)
        systems["capitals"] = capitals.predict
        earlier = json.loads(asked.earlier.read_text("utf-8")) if asked.earlier else None
        manifest = scorer.bundle.manifest
        result: dict[str, Any] = {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "model": f"{manifest.name} {manifest.version}, {manifest.precision}",
            "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
            "corpora": measure(systems, pooled(rows)),
        }
        if earlier:
            names = kept(earlier, result["corpora"])
            if names == earlier.get("earlier", {}).get("systems"):  # nor were they measured then
                earlier = earlier["earlier"]
            result["earlier"] = {"date": earlier["date"], "systems": names, "versions": earlier["versions"]}
        asked.output.parent.mkdir(parents=True, exist_ok=True)
        asked.output.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        if asked.page:
            asked.page.write_text(quality_page.page(result), "utf-8")
    except (EscoreError, OSError, ValueError) as error:
        print(f"quality: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description="Measure escore and baselines.")
    parser.add_argument("corpora", type=Path, help="folder of the corpora")
    parser.add_argument("output", type=Path, help="file of the result, JSON")
    parser.add_argument("--page", type=Path, help="file of the table, Markdown")
    parser.add_argument("--spacy", type=Path, help="folder of a trained pipeline (default: spaCy is left out)")
    parser.add_argument("--perceptron", type=Path, help="file of a trained perceptron; written where it is not there")
    parser.add_argument("--earlier", type=Path, help="a result whose systems stand for those that are not measured now")
    parser.add_argument("--model", help="folder of a bundle (default: the one that ships)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
