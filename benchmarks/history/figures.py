"""What is measured of each version, and its file: benchmarks/history/<version>.<kind of machine>.json."""

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from escore import EscoreError

SCHEMA = 1
FOLDER = Path(__file__).parent
File = dict[str, Any]


class Figure(NamedTuple):
    """A figure's name for readers, its unit and format, whether more is better, and whether the chart shows it."""

    title: str
    unit: str
    form: str = "{:.2f}"
    more_is_better: bool = False
    charted: bool = False


FIGURES = {
    "sentence_p50_1": Figure("one sentence, 50th percentile, one thread", "ms", charted=True),
    "sentence_p99_1": Figure("one sentence, 99th percentile, one thread", "ms"),
    "sentence_p50_2": Figure("one sentence, 50th percentile, two threads", "ms"),
    "sentence_p99_2": Figure("one sentence, 99th percentile, two threads", "ms"),
    "page_p50_1": Figure("200 words, 50th percentile, one thread", "ms", charted=True),
    "page_p99_1": Figure("200 words, 99th percentile, one thread", "ms"),
    "page_p50_2": Figure("200 words, 50th percentile, two threads", "ms"),
    "page_p99_2": Figure("200 words, 99th percentile, two threads", "ms"),
    "corpus_1": Figure("a corpus, one thread", "words/s", "{:,.0f}", more_is_better=True, charted=True),
    "corpus_2": Figure("a corpus, two threads", "words/s", "{:,.0f}", more_is_better=True),
    "cold_start": Figure("cold start, to the first scores", "s", charted=True),
    "cold_memory": Figure("peak memory, one sentence", "MB", "{:.0f}", charted=True),
    "corpus_memory": Figure("peak memory, a corpus", "MB", "{:.0f}"),
    "bundle_size": Figure("size of the bundle", "MB", charted=True),
}


class Quality(NamedTuple):
    """A figure of quality: its name for readers, and its field and the rows' names in manifests, newest first."""

    title: str
    field: str
    rows: tuple[str, ...]


_EWT, _CONLL, _WNUT = "ewt/en_ewt-ud-dev.conllu", "conll2003/eng.testa", "wnut17/emerging.dev.conll"
QUALITY = {
    "ewt_classes": Quality("web text: words in the right one of three classes", "three_classes", ("EWT dev", _EWT)),
    "ewt_ap": Quality("web text: average precision of words in entities", "entity_ap", ("EWT dev", _EWT)),
    "ewt_lower_ap": Quality(
        "web text in lower case: average precision", "entity_ap", ("EWT dev, lower case", f"{_EWT}, lower case")
    ),
    "ewt_spans": Quality("web text: F1 of whole entities", "span_f1", ("EWT dev",)),
    "conll_ap": Quality("news agency: average precision", "entity_ap", ("CoNLL-2003 testa", _CONLL)),
    "wnut_ap": Quality("posts: average precision", "entity_ap", ("WNUT-17 dev", _WNUT)),
    "worldwide_ap": Quality("news of the world: average precision", "entity_ap", ("Worldwide",)),
    "worldwide_spans": Quality("news of the world: F1 of whole entities", "span_f1", ("Worldwide",)),
}


class HistoryError(EscoreError, ValueError):
    """A file of the history that cannot be read, or does not go with the others."""


def machine_kind(flags: Iterable[str], architecture: str) -> str:
    """A short name for what decides the speed of 8-bit products: part of a file's name, never of a host."""
    found = set(flags)
    if architecture in ("aarch64", "arm64"):
        return "arm"
    if architecture != "x86_64":
        return architecture
    kinds = {"amx_int8": "amx", "avx512_vnni": "vnni", "avx_vnni": "vnni", "avx2": "avx2"}
    return f"x86-{next((kind for flag, kind in kinds.items() if flag in found), 'old')}"


def quality_of(manifest: Mapping[str, Any]) -> dict[str, float]:
    """The figures of QUALITY that a bundle's manifest has."""
    measured = manifest["quality"]
    found = {
        name: next((measured[row][wanted.field] for row in wanted.rows if wanted.field in measured.get(row, {})), None)
        for name, wanted in QUALITY.items()
    }
    return {name: round(value, 4) for name, value in found.items() if value is not None}


def read_history(folder: Path, versions: Iterable[str]) -> dict[str, list[File]]:
    """The files of each kind of machine, in the order of `versions`. Raises HistoryError.

    Every file but a kind's first must have been measured beside the one before it, so that its ratios go with that one.
    """
    order, history = list(versions), {}
    for path in folder.glob("*.json"):
        name, _, kind = path.stem.rpartition(".")
        file = json.loads(path.read_text("utf-8"))
        if file.get("schema") != SCHEMA or name not in order or (file["version"], file["kind"]) != (name, kind):
            raise HistoryError(f"{path.name}: no file of this history", "measure again: make history")
        history.setdefault(kind, []).append(file)
    for kind, files in history.items():
        files.sort(key=lambda file: order.index(file["version"]))
        for before, file in pairwise(files):
            if file["before"]["version"] != before["version"]:
                problem = f"{file['version']}.{kind}.json: measured beside {file['before']['version']}"
                raise HistoryError(f"{problem}, not {before['version']}", "measure again: make history")
    return dict(sorted(history.items()))
