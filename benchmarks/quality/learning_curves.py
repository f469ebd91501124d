"""How much better a model of one's own becomes with the number of texts: docs/make-it-yours.md."""

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import matplotlib as mpl
import typer

mpl.use("svg")
import matplotlib.pyplot as plt

from benchmarks import ROOT, results
from benchmarks.domains import DOMAINS, load_domain
from escore_evaluation.scoring import read_texts
from escore_evaluation.suite import suite_rows
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record
from escore_labels.split import is_held_out
from escore_labels.texts import LabeledText
from escore_training.personal.encode import encode
from escore_training.personal.measure import measure
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.start import open_start
from escore_training.personal.train import train_personal

GENERAL = ("EWT dev", "GUM dev", "CoNLL-2003 testa")
PLOT = ROOT / "docs" / "pictures" / "learning-curves.svg"
Texts = dict[str, list[LabeledText]]
Run = dict[str, Any]


def general_texts(corpora: Path) -> Texts:
    """Texts of four sentences each of general corpora."""
    rows = [row for row in suite_rows(corpora)[0] if row.label in GENERAL]
    return {row.label: read_texts(row.files).texts for row in rows}


def figures(model: str | Path, texts: Texts) -> dict[str, dict[str, float | None]]:
    """Figures of a bundle or a checkpoint on each of the texts."""
    start = open_start(model, 0.0)
    rows = {}
    for name, labeled in texts.items():
        encodings = [encode(start.tokenizer, text.text, start.max_tokens) for text in labeled]
        rows[name] = asdict(measure(start.model, labeled, encodings))
    return rows


def train(records: Sequence[Record], texts: Texts, seed: int) -> Run:
    """One training, and its figures."""
    with tempfile.TemporaryDirectory() as folder:
        begin, cpu = time.monotonic(), time.process_time()
        output = Path(folder) / "mine"
        report = train_personal(records, "default", output, "mine", settings=PersonalSettings(seed=seed))
        times = {"seconds": time.monotonic() - begin, "cpu_seconds": time.process_time() - cpu}
        run = {"corrections": report.corrections, "averaging_weight": report.averaging_weight, **times}
        return run | {"figures": figures(output, texts)}


def runs(domain: str, sizes: Sequence[int], seeds: int, corpora: Path, general: Texts, old: list[Run]) -> Iterator[Run]:
    """The trainings of a domain that are not among the old ones, and the figures of the model that ships."""
    pool, held_out = load_domain(domain, corpora)
    pool = [record for record in pool if not is_held_out(record)]
    texts = {"own": [to_labeled_text(record) for record in held_out], **general}
    done = {(run["domain"], run["texts"], run["seed"]) for run in old}
    for size, seed in [(0, 0), *((size, seed) for seed in range(1, seeds + 1) for size in sizes)]:
        key = {"domain": domain, "texts": size, "seed": seed}
        if size <= len(pool) and tuple(key.values()) not in done:
            sample = random.Random(seed).sample(pool, size)
            yield key | (train(sample, texts, seed) if size else {"figures": figures("default", texts)})


def draw(all_runs: list[Run], path: Path) -> None:
    """Quality on one's own texts, and the change on general ones, by the number of texts."""
    figure, (own, general) = plt.subplots(1, 2, figsize=(8.5, 3.4), layout="constrained")
    for domain in DOMAINS:
        points = mean_by_size([run for run in all_runs if run["domain"] == domain])
        if not points:
            continue
        sizes, values, changes = zip(*points, strict=True)
        own.plot(sizes, values, "o-", label=domain, markersize=4)
        general.plot(sizes, changes, "o-", label=domain, markersize=4)
    own.set_title("own texts: entity AP (tickets: rank correlation)", loc="left", fontsize=9)
    general.set_title("general texts: change of entity AP", loc="left", fontsize=9)
    general.axhline(0, color="gray", linewidth=0.8)
    for axes in (own, general):
        axes.set_xlabel("texts to learn from", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    own.legend(fontsize=8, frameon=False)
    with mpl.rc_context({"svg.hashsalt": "escore"}):  # the same figures give the same bytes
        figure.savefig(path, metadata={"Date": None})


def mean_by_size(domain_runs: list[Run]) -> list[tuple[int, float, float]]:
    """Number of texts, the figure of own texts, and the mean change of AP on general ones, over seeds."""
    if not any(run["texts"] == 0 for run in domain_runs):
        return []
    before = next(general_ap(run) for run in domain_runs if run["texts"] == 0)
    points = []
    for size in sorted({run["texts"] for run in domain_runs}):
        same = [run for run in domain_runs if run["texts"] == size]
        own = sum(own_figure(run) for run in same) / len(same)
        points.append((size, own, sum(general_ap(run) for run in same) / len(same) - before))
    return points


def own_figure(run: Run) -> float:
    """Rank correlation where importance is a number, else average precision."""
    own = run["figures"]["own"]
    return float(own["ap"] if own["rank_correlation"] is None else own["rank_correlation"])


def general_ap(run: Run) -> float:
    """The mean average precision of the general corpora."""
    return sum(run["figures"][name]["ap"] for name in GENERAL) / len(GENERAL)


def main(
    corpora: Path,
    sizes: Annotated[str, typer.Option(help="Numbers of texts to learn from.")] = "50,100,200,300,400",
    domains: Annotated[str, typer.Option(help="Domains, of those in benchmarks/domains.py.")] = ",".join(DOMAINS),
    seeds: int = 1,
) -> None:
    """Train on 50 to 400 texts of several domains, and measure. A run that was stopped goes on where it was."""
    path = results.FOLDER / "learning-curves.json"
    result = results.begin() | {"runs": json.loads(path.read_text())["runs"] if path.exists() else []}
    general = general_texts(corpora)
    for domain in domains.split(","):
        for run in runs(domain, [int(size) for size in sizes.split(",")], seeds, corpora, general, result["runs"]):
            result["runs"].append(run)
            results.save(result, path)
            own = run["figures"]["own"]
            print(domain, run["texts"], run["seed"], {k: v and round(v, 3) for k, v in own.items()}, flush=True)
    draw(result["runs"], PLOT)
