"""What a few corrected words bring without training, and what general text loses: docs/how-to/adapt.md."""

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import results
from benchmarks.domains import DOMAINS, load_domain
from benchmarks.measure import estimate, paired, seconds, table
from benchmarks.texts import Source
from escore import Scorer
from escore_adapt.adapt import AdaptSettings, NoGainError, adapt
from escore_evaluation.scoring import read_texts, token_scores
from escore_evaluation.suite import suite_rows
from escore_evaluation.text_figures import measure_texts
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import LABELS, Record, Span
from escore_labels.split import is_held_out
from escore_labels.targets import POINTS, class_of
from escore_labels.texts import LabeledText
from escore_labels.tokens import NONE

GENERAL = ("EWT dev", "GUM dev", "CoNLL-2003 testa")
Figures = dict[str, dict[str, float | None]]
General = tuple[dict[str, list[LabeledText]], Figures]  # texts of general corpora, and the figures of before
Run = dict[str, Any]


def correct(records: Sequence[Record], scorer: Scorer, words: int, seed: int) -> Iterator[Record]:
    """Texts in random order, until so many words are corrected: those that the model gives another class, no others.

    A word that is in no entity, and that the model takes for one, becomes "none".
    """
    for record in random.Random(seed).sample(records, len(records)):
        text = to_labeled_text(record)
        spans = []
        for token, (start, end), score in zip(
            text.tokens, text.spans, token_scores(text, scorer(text.text)), strict=True
        ):
            says = class_of(float(score) / POINTS)
            asked = says if token.low <= says <= token.high else (token.low if token.low == token.high else NONE)
            if token.target is not None:
                asked = class_of(token.target / POINTS)
            if asked != says and len(spans) < words:
                label = {"label": LABELS[asked]} if token.target is None else {"target": token.target}
                spans.append(Span(start=start, end=end, by="ann", **label))  # type: ignore[arg-type]
        words -= len(spans)
        yield Record(text=record.text, id=record.id, spans=tuple(spans))
        if not words:
            return


def figures(scorer: Scorer, texts: dict[str, list[LabeledText]]) -> Figures:
    """Figures of a bundle on each of the texts."""
    return {
        name: asdict(measure_texts(labels, scorer.stream(label.text for label in labels)))
        for name, labels in texts.items()
    }


def slowdown(with_head: Scorer, without: Scorer) -> dict[str, dict[str, float]]:
    """How much longer a sentence of 16 words and a text of 200 take with a head: median ratio and its interval."""
    ratios = {}
    for length in (16, 200):
        (text,) = Source().texts(1, length).texts
        calls = [partial(seconds, partial(scorer, text)) for scorer in (with_head, without)]
        ratios[f"{length} words"] = asdict(estimate(paired(*calls, rounds=400, warm_up=20)))
    return ratios


def adapt_once(corrected: Sequence[Record], seed: int, before: Figures, texts: dict[str, list[LabeledText]]) -> Run:
    """One adaptation, and the figures of its bundle; those of before where nothing can be gained."""
    begin = time.monotonic()
    run = {"texts": len(corrected), "corrections": sum(len(record.spans) for record in corrected)}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "mine"
        try:
            report = adapt(corrected, None, output, name="mine", force=True, settings=AdaptSettings(seed=seed))
        except NoGainError:
            return run | {"strength": 0.0, "seconds": time.monotonic() - begin, "before": before, "after": before}
        run |= {"strength": report.strength, "seconds": time.monotonic() - begin}
        return run | {"before": before, "after": figures(Scorer(output), texts)}


def runs(domain: str, words: int, seeds: int, corpora: Path, general: General, old: list[Run]) -> Iterator[Run]:
    """The adaptations to a domain that are not among the old ones."""
    done = {(run["domain"], run["words"], run["seed"]) for run in old}
    if not (left := [seed for seed in range(1, seeds + 1) if (domain, words, seed) not in done]):
        return
    pool, held_out = load_domain(domain, corpora)
    pool = [record for record in pool if not is_held_out(record)]
    base, own = Scorer(), {"own": [to_labeled_text(record) for record in held_out]}
    texts, general_before = general
    before = figures(base, own) | general_before
    for seed in left:
        corrected = list(correct(pool, base, words, seed))
        yield {"domain": domain, "words": words, "seed": seed} | adapt_once(corrected, seed, before, own | texts)


def measure_slowdown(corpora: Path, words: int) -> dict[str, dict[str, float]]:
    """The slowdown by a head of the stock list, which always gains something."""
    corrected = list(correct(load_domain("stock", corpora)[0], Scorer(), words, 1))
    with tempfile.TemporaryDirectory() as folder:
        adapt(corrected, None, Path(folder) / "mine", name="mine", force=True)
        return slowdown(Scorer(Path(folder) / "mine", threads=1), Scorer(threads=1))


def main(corpora: Path, words: int = 50, seeds: int = 3, domains: str = ",".join(DOMAINS), every: int = 1) -> None:
    """Correct WORDS words of each domain and adapt to them; EVERY takes one general text of so many.

    Runs that the file of results has already are not made again; those of other domains stay in it.
    """
    path = results.FOLDER / "corrections.json"
    old = json.loads(path.read_text()) if path.exists() else {"runs": []}
    result = results.begin() | {key: old[key] for key in ("runs", "slowdown") if key in old}
    rows = [row for row in suite_rows(corpora)[0] if row.label in GENERAL]
    texts = {row.label: read_texts(row.files).texts[::every] for row in rows}
    general = texts, figures(Scorer(), texts)
    cells = []
    for domain in domains.split(","):
        for run in runs(domain, words, seeds, corpora, general, result["runs"]):
            result["runs"].append(run)
            results.save(result, path)
        cells.append(
            _cells(domain, [run for run in result["runs"] if (run["domain"], run["words"]) == (domain, words)])
        )
        print(" | ".join(cells[-1]), flush=True)
    if "slowdown" not in result:
        results.save(result | {"slowdown": measure_slowdown(corpora, words)}, path)
    head = ["domain", "texts", "before", "after", "gain (each seed)", "strength", "s", *GENERAL]
    print(table(head, cells, 1))


def _cells(domain: str, runs: Sequence[Run]) -> list[str]:
    name = "ap" if runs[0]["before"]["own"]["rank_correlation"] is None else "rank_correlation"
    before = runs[0]["before"]["own"][name]
    after = [run["after"]["own"][name] for run in runs]
    gains = " ".join(f"{value - before:+.3f}" for value in after)
    means = [f"{np.mean([run[key] for run in runs]):.2g}" for key in ("texts", "strength", "seconds")]
    changes = [
        " ".join(
            f"{np.mean([run['after'][corpus][key] - run['before'][corpus][key] for run in runs]):+.4f}"
            for key in ("classes", "ap")
        )
        for corpus in GENERAL
    ]
    return [domain, means[0], f"{before:.3f}", f"{np.mean(after):.3f}", gains, *means[1:], *changes]
