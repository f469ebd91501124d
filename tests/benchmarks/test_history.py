"""The history of versions: what is measured, the files that keep it, and the page and the chart that show them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from benchmarks import ROOT
from benchmarks.history import chart, page
from benchmarks.history.figures import FIGURES, FOLDER, QUALITY, File, HistoryError, machine_kind, quality_of
from benchmarks.history.figures import read_history as read
from benchmarks.history.installs import Install, read_changes, read_versions
from benchmarks.history.suite import Texts, Worker, check, make_texts, run_command, to_file

from escore.bundle.bundle import DEFAULT

HERE = Install("escore-en-7", None, ROOT / "runtime")  # as if installed there
VERSIONS = list(read_versions())


@pytest.fixture(scope="module")
def texts() -> Texts:
    return make_texts(3, 2, 300)


def test_the_newest_version_is_the_one_that_ships() -> None:
    manifest = json.loads((DEFAULT / "escore.json").read_text("utf-8"))
    *older, (newest, commit) = read_versions().items()
    assert (newest, commit) == (f"{manifest['name']}-{manifest['version']}", None)
    assert all(re.fullmatch("[0-9a-f]{40}", commit or "") for _, commit in older)
    assert all(read_changes().values())
    measured = [file for files in read(FOLDER, VERSIONS).values() for file in files if file["version"] == newest]
    assert measured
    assert all(file["quality"] == quality_of(manifest) for file in measured)
    assert quality_of(manifest).keys() == QUALITY.keys()


def test_a_version_is_measured_once_it_scores_every_word(texts: Texts) -> None:
    worker = Worker(HERE, 1)
    try:
        check([worker], texts)
        assert sum(worker.call("words", texts.corpus)) == texts.corpus_words
        measured = worker.round(texts)
        assert list(measured) == ["sentence_p50_1", "sentence_p99_1", "page_p50_1", "page_p99_1", "corpus_1"]
        assert measured["sentence_p50_1"] < measured["page_p50_1"] <= measured["page_p99_1"]
        worker.version = HERE._replace(folder=ROOT / "evaluation")
        with pytest.raises(HistoryError, match="escore-en-7: other code or another bundle was loaded"):
            check([worker], texts)
    finally:
        worker.close()


class Known:
    """A worker whose answers are known."""

    def __init__(self, words: list[int], spread: float) -> None:
        self.version, self.answers = HERE, {"words": words, "spread": spread, "place": [str(HERE.folder)]}

    def call(self, method: str, _: list[str]) -> Any:
        return self.answers[method]


@pytest.mark.parametrize(
    ("other", "message"), [(([3, 4], 90), "another number of words"), (([3, 5], 2), "scores all words alike")]
)
def test_a_version_that_scores_otherwise_is_not_measured(
    texts: Texts, other: tuple[list[int], float], message: str
) -> None:
    check([Known([3, 5], 90)], texts)  # type: ignore[list-item]
    with pytest.raises(HistoryError, match=message):
        check([Known(*other), Known([3, 5], 90)], texts)  # type: ignore[list-item]


def test_a_command_is_measured_from_outside(texts: Texts) -> None:
    measured = run_command(HERE, texts)
    assert list(measured) == ["cold_start", "cold_memory", "corpus_memory"]
    assert 30 < measured["cold_memory"] < 1000


@pytest.mark.parametrize(
    ("flags", "architecture", "kind"),
    [
        (["avx2", "avx512_vnni", "amx_int8"], "x86_64", "x86-amx"),
        (["avx2", "avx_vnni"], "x86_64", "x86-vnni"),
        (["avx2", "avx512f"], "x86_64", "x86-avx2"),
        ([], "x86_64", "x86-old"),
        (["asimddp"], "aarch64", "arm"),
        ([], "riscv64", "riscv64"),
    ],
)
def test_kinds_of_machines_have_short_names(flags: list[str], architecture: str, kind: str) -> None:
    assert machine_kind(flags, architecture) == kind


def files() -> dict[str, list[File]]:
    """Two versions, of which the second is twice as fast, and larger."""
    machine = {"processor": "P", "flags": ("avx2",), "kind": "K", "cores": 2, "memory": 1, "system": "S"}
    about = {"commit": "c" * 40, "dirty": True, "date": "2026-11-30", "command": "python", "quick": False}
    about |= {"machine": machine | {"versions": {"escore": "0.1.0", "numpy": "2"}}}
    slow = {name: [2.0, 2.0, 2.0] for name in FIGURES}
    fast = slow | {"sentence_p50_1": [1.0, 1.0, 1.0], "corpus_1": [4.0, 3.9, 4.1], "bundle_size": [3.0, 3.0, 3.0]}
    older = to_file(about, HERE._replace(name=VERSIONS[0], commit="a" * 40), slow, None)
    newer = to_file(about, HERE._replace(name=VERSIONS[1]), fast, (VERSIONS[0], slow))
    older["quality"], newer["quality"] = (
        {"ewt_ap": 0.8, "wnut_ap": 0.7},
        {"ewt_ap": 0.9, "wnut_ap": 0.701, "ewt_spans": 1},
    )
    return {older["kind"]: [older, newer]}


def test_files_say_what_was_measured() -> None:
    ((kind, (older, newer)),) = files().items()
    assert (older["version"], older["commit"], older["dirty"], older["before"]) == (VERSIONS[0], "a" * 40, False, None)
    assert (newer["commit"], newer["dirty"], newer["rounds"]) == ("c" * 40, True, 3)
    assert newer["before"]["version"] == VERSIONS[0]
    assert newer["before"]["ratios"]["corpus_1"] == [2.0, 1.95, 2.05]
    assert newer["libraries"] == {"numpy": "2"}
    assert chart.costs([older, newer], "corpus_1") == [1, 0.5]
    assert chart.costs([older, newer], "bundle_size") == [1, 1.5]
    assert kind in {"arm", *(f"x86-{name}" for name in ("amx", "vnni", "avx2", "old"))}


def test_the_page_says_what_was_gained_and_lost() -> None:
    text = page.render(files())
    gained, _, lost = text.partition("| lost |")
    assert "| one sentence, 50th percentile, one thread | 2.00 ms | 1.00 ms | 0.50 × |" in gained
    assert "| a corpus, one thread | 2 words/s | 4 words/s | 2.00 × [1.95, 2.05] |" in gained
    assert "| web text: average precision of words in entities | 0.800 | 0.900 | +0.100 |" in gained
    assert "| size of the bundle | 2.00 MB | 3.00 MB | 1.50 × |" in lost
    assert f"other {len(FIGURES) - 3 + 1} [figures]" in lost
    assert "| one sentence, 50th percentile, one thread, ms | 2.00 | 1.00 (0.50 ×) |" in lost


def write(folder: Path, *measured: File) -> None:
    for file in measured:
        (folder / f"{file['version']}.{file['kind']}.json").write_text(json.dumps(file))


def test_files_that_do_not_go_together_are_told(tmp_path: Path) -> None:
    ((_, (older, newer)),) = files().items()
    write(tmp_path, newer, older)
    assert [file["version"] for file in read(tmp_path, VERSIONS)[older["kind"]]] == VERSIONS[:2]
    write(tmp_path, newer | {"before": newer["before"] | {"version": VERSIONS[2]}})
    with pytest.raises(HistoryError, match=f"measured beside {VERSIONS[2]}, not {VERSIONS[0]}; measure again"):
        read(tmp_path, VERSIONS)
    write(tmp_path, newer | {"schema": 99})
    with pytest.raises(HistoryError, match="no file of this history"):
        read(tmp_path, VERSIONS)


def shape(svg: str) -> tuple[list[str], list[float]]:
    """The words of a chart, and the coordinates of its lines."""
    lines = re.findall(r'<path d="([^"]+)" clip-path', svg)
    return re.findall(r"<text[^>]*>([^<]+)<", svg), [float(number) for number in re.findall(r"[\d.]+", " ".join(lines))]


def test_the_committed_page_and_chart_are_those_of_the_files(tmp_path: Path) -> None:
    page.write(FOLDER, tmp_path, VERSIONS)
    committed = ROOT / "docs" / "benchmarks"
    assert (tmp_path / "history.md").read_text("utf-8") == (committed / "history.md").read_text("utf-8")
    words, numbers = shape((tmp_path / "history.svg").read_text("utf-8"))
    expected_words, expected = shape((committed / "history.svg").read_text("utf-8"))
    assert words == expected_words
    assert len(numbers) > 50
    assert numbers == pytest.approx(expected, abs=0.5)
