"""GET /metrics as Prometheus reads it: every figure has a help, its type and its conventional name."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from tests.service.servers import serve

from escore import Scorer, __version__
from escore_service import create_app
from escore_service.app import MODEL
from escore_service.histogram import BulkHistogram

TEXTS = ["The mayor of Oslo told Ingrid Solheim.", "it rained all day", "", "Anna"]


def families(client: Any) -> dict[str, Metric]:
    page = client.get("/metrics").get_data(as_text=True)
    return {family.name: family for family in text_string_to_metric_families(page)}


def value(client: Any, name: str, **labels: str) -> float:
    samples = [sample for family in families(client).values() for sample in family.samples]
    return next(sample.value for sample in samples if sample.name == name and sample.labels == labels)


def test_every_figure_says_what_it_is(scorer: Scorer, tmp_path: Path) -> None:
    client = create_app(scorer, feedback=tmp_path / "corrections.db").test_client()
    client.post("/v1/score", json={"text": TEXTS[0]})
    figures = families(client)
    assert all(family.documentation and family.type != "untyped" for family in figures.values())
    assert all(name.startswith(("escore_", "process_")) for name in figures)
    for family in figures.values():
        if family.type == "counter":
            assert {sample.name for sample in family.samples} == {f"{family.name}_total"}
        if family.type == "histogram":
            buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
            assert buckets[-1].labels["le"] == "+Inf"


def test_scores_are_counted_in_buckets(scorer: Scorer) -> None:
    client = create_app(scorer).test_client()
    client.post("/v1/score", json={"texts": TEXTS, "min": 300})
    client.post("/v1/score", json={"text": ""})
    documents = [scorer(text) for text in TEXTS]
    scores = np.concatenate([document.scores for document in documents])
    for bound in (25, 150, 250, 300):
        assert value(client, "escore_word_score_bucket", le=f"{bound}.0") == np.count_nonzero(scores <= bound)
    assert value(client, "escore_word_score_bucket", le="+Inf") == len(scores)
    assert value(client, "escore_word_score_count") == value(client, "escore_words_total") == len(scores)
    assert value(client, "escore_word_score_sum") == pytest.approx(scores.sum())
    ratios = [np.mean(document.scores >= 220) for document in documents if len(document.scores)]
    assert len(ratios) == 3
    assert value(client, "escore_text_entity_ratio_count") == 3
    assert value(client, "escore_text_entity_ratio_sum") == pytest.approx(sum(ratios))
    assert value(client, "escore_text_entity_ratio_bucket", le="0.0") == 1
    assert value(client, "escore_texts_total") == 5


def test_a_histogram_counts_as_the_librarys_own() -> None:
    bounds = (0.0, 1.0, 2.5, 300.0)
    values = np.random.default_rng(1).choice(np.float32([-1, 0, 0.5, 1, 2.5, 2.75, 300, 301]), 1000)
    ours, theirs = BulkHistogram("x", "x", bounds), Histogram("x", "x", buckets=bounds, registry=None)
    for some in np.split(values, 10):
        ours.observe(some)
    for single in values:
        theirs.observe(float(single))
    (expected,) = theirs.collect()
    (family,) = ours.collect()
    *buckets, total = ((sample.name, sample.labels, sample.value) for sample in family.samples)
    counts = {(sample.name, *sample.labels.values()): sample.value for sample in expected.samples}
    assert {(name, *labels.values()): count for name, labels, count in buckets}.items() <= counts.items()
    assert len(buckets) == len(bounds) + 2  # with that of all values, and their number
    assert total[2] == pytest.approx(counts["x_sum",])


def test_the_build_follows_the_model(scorer: Scorer) -> None:
    app = create_app(scorer)
    client = app.test_client()
    labels = {"version": __version__, "model": "escore-en 7", "precision": "int8"}
    assert value(client, "escore_build_info", **labels) == 1
    app.extensions[MODEL].swap(Scorer(threads=scorer.threads))
    assert value(client, "escore_build_info", **labels) == 1


def test_corrections_are_counted(scorer: Scorer, tmp_path: Path) -> None:
    client = create_app(scorer, feedback=tmp_path / "corrections.db").test_client()
    assert value(client, "escore_corrections_stored_total", label="noun") == 0
    body = {"text": TEXTS[3], "start": 0, "end": 4, "label": "noun", "score": 1}
    correction = client.post("/v1/feedback", json=body).get_json()
    client.post("/v1/feedback", json=body | {"label": "person"})
    assert value(client, "escore_corrections_stored_total", label="noun") == 1
    assert [client.delete(f"/v1/feedback/{correction['id']}").status_code for _ in range(2)] == [204, 404]
    assert value(client, "escore_corrections_undone_total", label="noun") == 1


def test_the_process_is_measured() -> None:
    with serve() as service:
        assert service.metric("process_resident_memory_bytes") > 20e6
        assert service.metric("process_cpu_seconds_total") > 0
        files = len(os.listdir(f"/proc/{service.process.pid}/fd"))
        assert abs(service.metric("process_open_fds") - files) < 5
