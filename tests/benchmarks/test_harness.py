"""The parts of the benchmarks that need no peer: texts, pairs, goals, agreement, results and their page."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

pytest.importorskip("scipy")  # with the extras train and bench

from benchmarks import compare, flops, page, results
from benchmarks.agree import EXACT, DisagreementError, check
from benchmarks.commands import watch
from benchmarks.goals import GOALS
from benchmarks.measure import Estimate, Row, estimate, paired
from benchmarks.texts import MIXED, Source
from benchmarks.worker import Worker, WorkerError

from escore import EscoreError, Scorer
from escore_evaluation.machine import read_machine

VNNI, AVX2 = "AVX-512 with VNNI", "AVX2 only"


@pytest.fixture(scope="module")
def source() -> Source:
    return Source()


def test_texts_have_the_words_they_say(source: Source, scorer: Scorer) -> None:
    for texts in (source.sentences(40), source.mixed(20), source.bulk(3000), source.documents(50_000)):
        assert sum(len(scorer(text).scores) for text in texts.texts) == texts.words
    assert [len(scorer(text).scores) for text in source.mixed(8).texts] == list(MIXED)
    assert 49_990 <= len(source.document(50_000).encode()) <= 50_000


def test_texts_come_from_any_file(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("Anna lives here . " * 300)
    assert set(" ".join(Source(path).sentences(9).texts).split()) == {"Anna", "lives", "here", "."}
    path.write_text("too little")
    with pytest.raises(EscoreError, match=r"own\.txt: too short"):
        Source(path)


def test_pairs_take_turns_and_the_first_does_not_count() -> None:
    order: list[str] = []

    def value(name: str) -> float:
        order.append(name)
        return float(len(order))

    pairs = paired(lambda: value("a"), lambda: value("b"), 3)
    assert "".join(order) == "baabbaab"
    assert pairs == [(3, 4), (6, 5), (7, 8)]


def test_the_estimate_is_the_median_of_ratios() -> None:
    assert estimate([(2.0, 1.0)] * 7) == Estimate(2, 2, 2)
    random = np.random.default_rng(5)
    found = estimate([(float(x), 1.0) for x in random.normal(3, 0.1, 15)])
    assert found.low < found.median < found.high
    assert 2.8 < found.low < 3 < found.high < 3.2


def test_goals_depend_on_the_processor() -> None:
    goal = GOALS["base-original"]
    assert (goal.value(AVX2), goal.value(VNNI)) == (10, 15)
    assert goal.met(12, AVX2)
    assert not goal.met(12, VNNI)
    assert GOALS["cold"].met(1.4, AVX2)
    assert not GOALS["cold"].met(1.41, AVX2)
    assert GOALS["base-plain"].met(1, VNNI) is None


def test_only_what_is_surely_worse_fails() -> None:
    assert compare.worse(Estimate(1.2, 1.06, 1.3), 0.05)
    assert not compare.worse(Estimate(1.2, 1.04, 1.3), 0.05)


def test_operations_of_a_model() -> None:
    config = {"num_hidden_layers": 1, "hidden_size": 2, "intermediate_size": 3}
    weights = 4 * 2 * 2 + 2 * 2 * 3 + 2
    assert flops.model_flops(config, [5, 5]) == 2 * (2 * 5 * weights + 4 * 25 * 2)


def test_a_worker_scores_as_the_scorer_does(source: Source, scorer: Scorer) -> None:
    text = source.sentences(1).texts[0]
    with Worker("escore", threads=1) as worker:
        assert [tuple(token) for token in worker.tokens(text)] == [
            (w.start, w.end, w.score) for w in scorer(text).words
        ]
        assert worker.passes([text]) > 0
        assert len(worker.each([text] * 3)) == 3
        assert worker.callers([text] * 5, 2) > 0
        with pytest.raises(WorkerError, match="escore: InputTypeError: a text must be a str"):
            worker.tokens(cast("str", 5))


class Fixed:
    """A worker whose scores are known."""

    contestant = "fixed"

    def __init__(self, scorer: Scorer, moved: float, split: bool) -> None:
        self.scorer, self.moved, self.split = scorer, moved, split

    def tokens(self, text: str) -> list[tuple[int, int, float]]:
        words = [(w.start, w.end, w.score) for w in self.scorer(text).words]
        words[3] = (*words[3][:2], words[3][2] + self.moved)
        if self.split:  # the tokens of a word, whose mean it is
            start, end, score = words.pop(1)
            words[1:1] = [(start, start + 1, score - 9), (start + 1, end, score + 9)]
        return words


def test_disagreement_stops_everything(source: Source, scorer: Scorer) -> None:
    def agree(moved: float, split: bool = False) -> None:
        check(cast("Worker", Fixed(scorer, 0, False)), cast("Worker", Fixed(scorer, moved, split)), source, EXACT)

    agree(0)
    agree(0.4)
    agree(0, split=True)
    for moved in (0.6, float("nan")):
        with pytest.raises(DisagreementError, match=r"disagree: mean .*nothing was timed"):
            agree(moved)


def test_memory_is_seen_from_outside() -> None:
    ballast = bytearray(300_000_000)  # what this process holds does not count
    small = watch([sys.executable, "-c", "pass"]).peak
    large = watch([sys.executable, "-c", "len(b'a' * 50_000_000)"]).peak
    assert len(ballast) > 0
    assert small < 50e6
    assert 40e6 < large - small < 120e6
    with pytest.raises(WorkerError, match="left with 3"):
        watch([sys.executable, "-c", "raise SystemExit(3)"])


def result() -> dict[str, Any]:
    made = results.begin(
        read_machine(), "python -m benchmarks", Path("/somewhere/own.txt"), 2, {"large": "10 MB"}, True
    )
    made["machine"]["kind"] = VNNI
    made["machine"]["memory"] = 2**33
    results.add(made, Row("base-original", "escore", "original", "words/s", [(1200.0, 100.0)] * 7, "8 texts"))
    results.add(made, Row("memory-most", "10 MB", "", "MB", [(140.0, 1.0)] * 3, "seen from outside"))
    return made


def test_a_result_keeps_every_value(tmp_path: Path) -> None:
    made = result()
    results.save(made, tmp_path / "results" / "a.json")
    assert results.load(tmp_path / "results" / "a.json") == json.loads(json.dumps(made))
    row = made["rows"]["base-original"]
    assert (row["median"], row["goal"], row["met"], len(row["pairs"])) == (12, 15, False, 7)
    assert "/somewhere" not in json.dumps(made)


def test_a_result_goes_on_and_each_row_names_its_commit() -> None:
    older = result() | {"commit": "a" * 40, "dirty": True}
    del older["rows"]["base-original"]["code"]  # as rows were kept once
    newer = result() | {"commit": "b" * 40, "dirty": False, "rows": {}}
    results.take_over(newer, older)
    results.add(newer, Row("memory-most", "10 MB", "", "MB", [(150.0, 1.0)] * 3, "seen again"))
    text = page.render(newer, [])
    assert f"commit {'b' * 12}, where a row names no other" in text
    assert f"8 texts; commit {'a' * 12}, with changes not committed |" in text
    assert "seen again |" in text
    fewer = result() | {"cores": 1, "rows": {}}
    results.take_over(fewer, older)
    assert not fewer["rows"]


def test_the_page_says_what_was_met_and_missed() -> None:
    text = page.render(result(), ["peers.svg"])
    assert "| ≥ 15.00 × | 12.00 × [12.00 ×, 12.00 ×] | **missed** |" in text
    assert "| ≤ 250 MB | 140 MB [140 MB, 140 MB] | met |" in text
    assert "no figure here means anything" in text
    assert "![words a second of escore over those of its peers](benchmarks/peers.svg)" in text


def test_plots_come_out_the_same(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks import plots

    one, other = (plots.draw(result(), tmp_path / name)["peers"].read_bytes() for name in "ab")
    assert one == other


def test_the_machine_is_written_whole() -> None:
    assert result()["machine"].keys() == asdict(read_machine()).keys()
