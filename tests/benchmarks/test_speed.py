"""The parts of the speed benchmark that need no peer: texts, pairs, goals, equivalence, results and their page."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from benchmarks import ROOT, results
from benchmarks.measure import estimate, in_turn, paired, table
from benchmarks.measure_process import ProcessError, measure_process
from benchmarks.speed import bench, page, suite, trees
from benchmarks.speed.bench import Bench, model_flops
from benchmarks.speed.equivalence import INT8, DisagreementError, check
from benchmarks.speed.page import AMOUNTS, ROWS, goal, meets_goal
from benchmarks.speed.peers import Worker
from benchmarks.texts import SENTENCE_LENGTHS, Source

from escore import EscoreError, Scorer, SettingError
from escore_evaluation.machine import read_machine
from escore_evaluation.metrics import Estimate

QUICK = SimpleNamespace(**AMOUNTS["quick"])
VNNI, AVX2 = "AVX-512 with VNNI", "AVX2 only"


@pytest.fixture(scope="module")
def source() -> Source:
    return Source()


def test_texts_have_the_words_they_say(source: Source, scorer: Scorer) -> None:
    kinds = [source.texts(40, 16), source.texts(20, 5, 24), source.bulk(3000)]
    kinds += [source.document(50_000), source.document(50_000, lines=True)]
    for texts in kinds:
        assert sum(len(scorer(text).scores) for text in texts.texts) == texts.words
    assert [len(scorer(text).scores) for text in source.texts(8, *SENTENCE_LENGTHS).texts] == list(SENTENCE_LENGTHS)
    for texts in kinds[3:]:
        assert 49_990 <= len(texts.texts[0].encode()) <= 50_000


def test_texts_come_from_any_file(tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("Anna lives here . " * 300)
    assert set(" ".join(Source(path).texts(9, 16).texts).split()) == {"Anna", "lives", "here", "."}
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


def test_more_calls_take_turns_too() -> None:
    order: list[str] = []
    calls = {name: lambda name=name: order.append(name) for name in "abc"}  # type: ignore[misc]
    assert in_turn(calls, 2, warm_up=0) == {"a": [None] * 2, "b": [None] * 2, "c": [None] * 2}
    assert "".join(order) == "abccba"


def test_the_estimate_is_the_median_of_ratios() -> None:
    assert estimate([(2.0, 1.0)] * 7) == Estimate(2, 2, 2)
    assert estimate([(3.0, 2.0)]) == Estimate(1.5, 1.5, 1.5)
    random = np.random.default_rng(5)
    found = estimate([(float(x), 1.0) for x in random.normal(3, 0.1, 15)])
    assert found.low < found.value < found.high
    assert 2.8 < found.low < 3 < found.high < 3.2


def test_tables_are_markdown() -> None:
    assert table(["a", ""], [["1", "2"]]) == "| a |  |\n|---|---|\n| 1 | 2 |"
    assert table(["a", "b"], [], numbers_from=1) == "| a | b |\n|---|--:|"


def test_goals_depend_on_the_processor() -> None:
    assert (goal("base-original", AVX2), goal("base-original", VNNI)) == (10, 15)
    assert meets_goal("base-original", 12, AVX2)
    assert not meets_goal("base-original", 12, VNNI)
    assert meets_goal("cold", 1.4, AVX2)
    assert not meets_goal("cold", 1.41, AVX2)
    assert meets_goal("base-plain", 1, VNNI) is None


def test_only_what_is_surely_worse_fails() -> None:
    assert trees.worse(Estimate(1.2, 1.06, 1.3), 0.05)
    assert not trees.worse(Estimate(1.2, 1.04, 1.3), 0.05)


def test_operations_of_a_model() -> None:
    config = {"num_hidden_layers": 1, "hidden_size": 2, "intermediate_size": 3}
    weights = 4 * 2 * 2 + 2 * 2 * 3 + 2
    assert model_flops(config, [5, 5]) == 2 * (2 * 5 * weights + 4 * 25 * 2)


def test_a_worker_scores_as_the_scorer_does(source: Source, scorer: Scorer) -> None:
    text = source.texts(1, 16).texts[0]
    worker = Worker("escore", threads=1)
    assert worker.call("tokens", text) == [(w.start, w.end, w.score) for w in scorer(text).words]
    assert worker.call("seconds", [text]) > 0
    assert len(worker.call("seconds_each", [text] * 3)) == 3
    assert worker.call("seconds_shared", [text] * 5, callers=2) > 0
    with pytest.raises(ProcessError, match="escore: InputTypeError: a text must be a str"):
        worker.call("tokens", 5)


class Fixed:
    """A worker whose scores are known."""

    name = "fixed"

    def __init__(self, scorer: Scorer, moved: float = 0, split: bool = False) -> None:
        self.scorer, self.moved, self.split = scorer, moved, split

    def call(self, _: str, text: str) -> list[tuple[int, int, float]]:
        words = [(w.start, w.end, w.score) for w in self.scorer(text).words]
        words[3] = (*words[3][:2], words[3][2] + self.moved)
        if self.split:  # the tokens of a word, whose mean it is
            start, end, score = words.pop(1)
            words[1:1] = [(start, start + 1, score - 9), (start + 1, end, score + 9)]
        return words


def test_disagreement_stops_everything(source: Source, scorer: Scorer) -> None:
    def compare(moved: float, split: bool = False) -> None:
        check(cast("Worker", Fixed(scorer)), cast("Worker", Fixed(scorer, moved, split)), source, (0.5, 0.5, 0.5))

    compare(0)
    compare(0.4)
    compare(0, split=True)
    for moved in (0.6, float("nan")):
        with pytest.raises(DisagreementError, match=r"disagree: mean .*nothing was timed"):
            compare(moved)
    assert INT8.keys() == {"default", "base"}


def test_memory_is_seen_from_outside() -> None:
    ballast = bytearray(300_000_000)  # what this process holds does not count
    small = measure_process([sys.executable, "-c", "pass"])[1]
    large = measure_process([sys.executable, "-c", "len(b'a' * 50_000_000)"])[1]
    assert len(ballast) > 0
    assert small < 50
    assert 40 < large - small < 120
    with pytest.raises(ProcessError, match="exit 3"):
        measure_process([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_command_reads_its_text() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit(open(sys.argv[1], encoding='utf-8').read() != 'é\\n')"]
    assert measure_process(command, "é\n")[0] > 0
    with pytest.raises(ProcessError, match="exit 1"):
        measure_process(command, "e\n")


@pytest.mark.long
def test_rows_are_measured_as_their_table_says(source: Source) -> None:
    amount = SimpleNamespace(**AMOUNTS["quick"] | {"rounds": 1, "seconds": 0.01, "bulk": 500})
    shared, texts = Bench(source, amount, [0, 0]), source.bulk(500)
    described = f"{len(texts.texts)} texts of {texts.words} words"
    notes = {"cold": ROWS["cold"]["note"], "callers": f"{described}; scores bit-equal", "cores": described}
    for name, expected in notes.items():
        ((row, pairs, note),) = bench.measure(shared, name)
        assert (row, note) == (name, expected)
        assert all(over > 0 and under > 0 for over, under in pairs)
    with pytest.raises(SettingError, match="one core only"):
        list(bench.measure(Bench(source, amount, [0]), "cores"))
    units = {row.get("unit", "words/s") for row in ROWS.values() if "over" in row}
    assert units == {"words/s", "ms", "s", "MB", "µs a word"}


def result() -> dict[str, Any]:
    made = suite.begin(Bench(Source(), QUICK, [0, 1]), True) | {"text": "own.txt"}
    made["machine"] |= {"kind": VNNI, "memory": 2**33}
    suite.add(made, "base-original", [(1200.0, 100.0)] * 7, "8 texts")
    suite.add(made, "memory-most", [(140.0, 1.0)] * 3, "seen from outside")
    return made


def test_a_result_keeps_every_value(tmp_path: Path) -> None:
    made = result()
    results.save(made, tmp_path / "results" / "a.json")
    assert json.loads((tmp_path / "results" / "a.json").read_text("utf-8")) == json.loads(json.dumps(made))
    row = made["rows"]["base-original"]
    assert (row["median"], row["goal"], row["met"], len(row["pairs"])) == (12, 15, False, 7)
    assert made["rows"]["memory-most"]["over"] == made["sizes"]["large"] == "200 kB"
    assert str(ROOT) not in json.dumps(made)


def test_a_result_goes_on_and_each_row_names_its_commit() -> None:
    older = result() | {"commit": "a" * 40, "dirty": True}
    del older["rows"]["base-original"]["code"]  # as rows were kept once
    newer = result() | {"commit": "b" * 40, "dirty": False, "rows": {}}
    suite.carry_over(older, newer)
    suite.add(newer, "memory-most", [(150.0, 1.0)] * 3, "seen again")
    text = page.render(newer, [])
    assert f"commit {'b' * 12}, where a row names no other" in text
    assert f"8 texts; commit {'a' * 12}, with changes not committed |" in text
    assert "seen again |" in text
    fewer = result() | {"cores": 1, "rows": {}}
    suite.carry_over(older, fewer)
    assert not fewer["rows"]


def test_the_page_says_what_was_met_and_missed() -> None:
    text = page.render(result(), ["peers"])
    assert "| ≥ 15.00 × | 12.00 × [12.00 ×, 12.00 ×] | **missed** |" in text
    assert "| ≤ 250 MB | 140 MB [140 MB, 140 MB] | met |" in text
    assert "no figure here means anything" in text
    assert "![words a second of escore over those of its peers](benchmarks/peers.svg)" in text


def test_plots_come_out_the_same(tmp_path: Path) -> None:
    from benchmarks.speed.plots import draw

    for name in "ab":
        assert draw(result(), tmp_path / name) == ["peers"]
    assert (tmp_path / "a" / "peers.svg").read_bytes() == (tmp_path / "b" / "peers.svg").read_bytes()


def test_the_committed_page_is_that_of_its_result(tmp_path: Path) -> None:
    without_vnni, newest = sorted(results.FOLDER.glob("2*.json"))
    page.write(json.loads(newest.read_text("utf-8")), tmp_path)
    assert (tmp_path / "benchmarks.md").read_text("utf-8") == (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    drawn = sorted(path.name for path in (tmp_path / "benchmarks").iterdir())
    assert drawn == ["latency.svg", "memory.svg", "peers.svg", "threads.svg"]
    assert "| default-spacy | escore 11,062, spacy 16,118 words/s | 7 |" in page.render(
        json.loads(without_vnni.read_text("utf-8")), []
    )


def test_the_machine_is_written_whole() -> None:
    assert result()["machine"].keys() == asdict(read_machine()).keys()
