"""Figures: metrics against their definitions, and `escore evaluate` against a count by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Run
from tests.training.corpora import conllu_sentence

from escore import Scorer
from escore_training import metrics
from escore_training.corpora import read
from escore_training.evaluate import evaluate, gold_scores
from escore_training.gold import Token
from escore_training.texts import join


def test_average_precision_and_f1_of_a_known_ranking() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    positive = np.array([True, False, True, False])
    assert metrics.average_precision(scores, positive) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert metrics.best_f1(scores, positive) == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40))
def test_ties_count_together(pairs: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in pairs], np.float64)
    positive = np.array([label for _, label in pairs])
    if not positive.any():
        return
    expected, recall_before, best = 0.0, 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        chosen = scores >= threshold
        precision, recall = positive[chosen].mean(), positive[chosen].sum() / positive.sum()
        expected += (recall - recall_before) * precision
        recall_before = recall
        if precision + recall:
            best = max(best, 2 * precision * recall / (precision + recall))
    assert metrics.average_precision(scores, positive) == pytest.approx(expected)
    assert metrics.best_f1(scores, positive) == pytest.approx(best)


def test_accuracy_counts_an_edge_to_the_class_above() -> None:
    scores = np.array([49.9, 50, 150, 250, 260])
    assert metrics.accuracy(scores, np.array([0, 1, 2, 3, 2]), metrics.EDGES) == pytest.approx(0.8)


def test_a_gold_word_gets_the_mean_of_the_words_that_overlap_it(scorer: Scorer) -> None:
    gold = join([[Token("Mary-", 2, 3, False), Token("Ellen", 2, 3), Token("don't", 0, 0)]])
    document = scorer(gold.text)
    assert [word.text for word in document.words] == ["Mary-Ellen", "do", "n't"]
    scores = gold_scores(gold, document)
    assert scores[0] == scores[1] == document.scores[0]
    assert scores[2] == pytest.approx((2 * document.scores[1] + 3 * document.scores[2]) / 5)


def test_figures_are_those_of_the_scores(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    path.write_text("# newdoc\n" + "\n\n".join(conllu_sentence(i, "Anna", "ship") for i in range(4)) + "\n\n")
    figures = evaluate(scorer, path)
    ((*sentences,),) = read(path)
    gold = join(sentences)
    scores = gold_scores(gold, scorer(gold.text))
    classes = [min(token.low, 2) for token in gold.tokens]
    right = [int(score >= 50) + int(score >= 150) == known for score, known in zip(scores, classes, strict=True)]
    assert figures.three_classes == pytest.approx(np.mean(right))
    assert figures.four_classes is None  # whether Anna is an entity is not labelled
    assert figures.entity_ap is None
    assert figures.words == 28


def test_the_command_prints_a_table_or_json(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Anna\tB-PER\nsaw\tO\nthe\tO\nship\tO\n.\tO\n")
    done = escore("evaluate", "default", "x.conll")
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().splitlines()[1].split() == ["x.conll", "5", "-", "-", "1.0000", "1.0000"]
    done = escore("evaluate", "default", "x.conll", "--json", "--case", "upper")
    written = json.loads(done.stdout)
    assert written["model"].startswith("escore-en")
    assert written["files"][0]["case"] == "upper"
    assert written["files"][0]["three_classes"] is None


def test_bad_files_get_one_line(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Anna\tB-PER\nsaw\n")
    for arguments, part in [
        (["default", "x.conll"], "x.conll: line 2"),
        (["default", "nowhere"], "nowhere: No such file"),
        (["nowhere", "x.conll"], "nowhere: no such folder"),
    ]:
        done = escore("evaluate", *arguments)
        assert (done.returncode, done.stdout) == (1, b"")
        assert part in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1
