"""Whether the texts that `escore label --review` chooses teach more than as many at random: docs/decisions.md."""

import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import results
from benchmarks.domains import load_domain
from escore import Scorer
from escore_evaluation import metrics
from escore_evaluation.scoring import ScoredTokens, align_scores
from escore_evaluation.text_figures import measure_texts
from escore_export.export import Options, export_checkpoint
from escore_labels.adjudicate import to_labeled_text
from escore_labels.label import LabelOptions, label_texts
from escore_labels.record import Record
from escore_labels.split import is_held_out
from escore_labels.texts import LabeledText
from escore_labels.unlabeled import Text
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.train import train_personal

ROUNDS, RESAMPLES = 2, 2000


def train(records: Sequence[Record], folder: Path, seed: int) -> Scorer:
    """A model of the records, not quantized."""
    train_personal(records, "default", folder / "checkpoint", "mine", settings=PersonalSettings(seed=seed))
    export_checkpoint(folder / "checkpoint", folder / "bundle", Options(precision="fp32"))
    return Scorer(folder / "bundle")


def choose(scorer: Scorer, pool: Sequence[Record], count: int) -> list[Record]:
    """The texts of the pool that `escore label --review` would put first, with their true labels."""
    texts = [Text(record.text, str(i), "pool") for i, record in enumerate(pool)]
    chosen = label_texts(scorer, texts, LabelOptions(review=count), print, lambda _: None)
    return [pool[int(record.id or "")] for record in chosen]


def train_in_rounds(pool: Sequence[Record], count: int, seed: int) -> Scorer:
    """Label, review the most uncertain, train, and again with the new model."""
    reviewed: list[Record] = []
    scorer = Scorer()
    for _ in range(ROUNDS):
        texts = {record.text for record in reviewed}
        reviewed += choose(scorer, [record for record in pool if record.text not in texts], count)
        with tempfile.TemporaryDirectory() as folder:
            scorer = train(reviewed, Path(folder), seed)
    return scorer


def train_at_random(pool: Sequence[Record], count: int, seed: int) -> Scorer:
    """As many texts, drawn at random."""
    with tempfile.TemporaryDirectory() as folder:
        return train(random.Random(seed).sample(pool, count), Path(folder), seed)


def score(scorer: Scorer, texts: Sequence[LabeledText]) -> ScoredTokens:
    """The texts' tokens, scored."""
    return align_scores(texts, scorer.stream(text.text for text in texts))


def difference(first: ScoredTokens, second: ScoredTokens, texts: int) -> dict[str, float]:
    """Average precision of both, and the paired bootstrap's interval of the difference, by texts."""
    weights = metrics.bootstrap_weights(texts, RESAMPLES, seed=1)
    values = [
        metrics.average_precision_and_best_f1(*tokens.entity_scores(), tokens.texts[tokens.decided()], weights)[0]
        for tokens in (first, second)
    ]
    gain = metrics.estimate(values[0] - values[1])
    assert gain is not None
    return {"chosen": float(values[0][0]), "random": float(values[1][0]), "low": gain.low, "high": gain.high}


def main(
    corpora: Path,
    domains: Annotated[str, typer.Option(help="Of those in benchmarks/domains.py.")] = "harbor,stock,litbank,sec",
    count: Annotated[int, typer.Option(help="Texts a round.")] = 100,
    seed: int = 1,
) -> None:
    """Two rounds of the 100 most uncertain texts against 200 at random, by average precision on held-out texts."""
    path = results.FOLDER / "active-learning.json"
    done = json.loads(path.read_text())["domains"] if path.exists() else {}
    result = results.begin() | {"texts": ROUNDS * count, "domains": done}
    for domain in domains.split(","):
        if domain in done:
            continue
        pool, held_out = load_domain(domain, corpora)
        pool = [record for record in pool if not is_held_out(record)]
        texts = [to_labeled_text(record) for record in held_out]
        scored = [
            score(scorer, texts)
            for scorer in (train_in_rounds(pool, count, seed), train_at_random(pool, ROUNDS * count, seed))
        ]
        before = measure_texts(texts, Scorer().stream(text.text for text in texts))
        done[domain] = {"before": before.ap} | difference(*scored, len(texts))
        results.save(result, path)
        print(domain, {name: round(value, 3) for name, value in done[domain].items()}, flush=True)
