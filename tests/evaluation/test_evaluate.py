"""Figures against a count by hand: words, entities, calibration, genres, and how far bundles lie apart."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpora import NAMES, columns, conllu_sentence

from escore import Scorer
from escore.bundle.manifest import Calibration
from escore_evaluation import evaluate
from escore_evaluation import suite as plan
from escore_evaluation.difference import UnlikeWordsError, difference
from escore_evaluation.evaluate import gold_scores
from escore_labels.readers.formats import read_corpus
from escore_labels.texts import join_sentences
from escore_labels.tokens import CorpusError, Token


def test_a_gold_word_gets_the_mean_of_the_words_that_overlap_it(scorer: Scorer) -> None:
    gold = join_sentences([[Token("Mary-", 2, 3, False), Token("Ellen", 2, 3), Token("don't", 0, 0)]])
    document = scorer(gold.text)
    assert [word.text for word in document.words] == ["Mary-Ellen", "do", "n't"]
    scores = gold_scores(gold, document)
    assert scores[0] == scores[1] == document.scores[0]
    assert scores[2] == pytest.approx((2 * document.scores[1] + 3 * document.scores[2]) / 5)


def test_figures_are_those_of_the_scores(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    path.write_text("# newdoc\n" + "\n\n".join(conllu_sentence(i, "Anna", "ship") for i in range(4)) + "\n\n")
    scored = evaluate.score(scorer, plan.Row("x", (path,)))
    figures = evaluate.figures(scored, Calibration((0, 300), (0, 1)), 10, 0)
    ((*sentences,),) = read_corpus(path)
    gold = join_sentences(sentences)
    scores = gold_scores(gold, scorer(gold.text))
    classes = [min(token.low, 2) for token in gold.tokens]
    right = [int(score >= 50) + int(score >= 150) == known for score, known in zip(scores, classes, strict=True)]
    assert figures.three_classes is not None
    assert figures.three_classes.value == pytest.approx(np.mean(right))
    assert figures.four_classes is None  # whether Anna is an entity is not labelled
    assert figures.entity_ap is figures.span_f1 is figures.ece is None
    assert (figures.words, figures.texts, figures.units) == (28, 1, 1)


def test_entities_and_calibration_are_counted(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(30))
    scored = evaluate.score(scorer, plan.Row("x", (tmp_path / "x.conll",)), sentences=1)
    found = evaluate.figures(scored, Calibration((0, 300), (0, 1)), 50, 0)
    (document,) = read_corpus(tmp_path / "x.conll")
    hits = known = taken = 0
    for sentence in document:
        text = join_sentences([sentence]).text
        names = {name for name in NAMES if name in text}
        entities = [entity.text for entity in scorer(text).entities(220)]
        hits, known, taken = hits + len(names & set(entities)), known + len(names), taken + len(entities)
    assert found.span_f1 is not None
    assert found.span_f1.value == pytest.approx(2 * hits / (taken + known))
    assert found.units == 30  # few documents: texts are resampled
    assert found.ece is not None
    scores = np.concatenate([gold_scores(gold, scorer(gold.text)) for gold in scored.labelled.golds])
    entity = np.array([token.low == 3 for gold in scored.labelled.golds for token in gold.tokens])
    bins = np.minimum(scores / 300 * 15, 14).astype(int)
    gaps = [abs((scores[bins == b] / 300 - entity[bins == b]).sum()) for b in range(15)]
    assert found.ece.value == pytest.approx(sum(gaps) / len(scores))
    again = evaluate.figures(scored, Calibration((0, 300), (0, 1)), 50, 0)
    assert again == found
    assert evaluate.figures(scored, Calibration((0, 300), (0, 1)), 50, 1).ece != found.ece


def test_halves_are_the_same_whatever_a_change_leaves_out(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "signs.conll"
    path.write_text("".join("!\tO\n\n" if i == 1 else f"Anna{i}\tB-PER\nslept\tO\n\n" for i in range(8)))
    halves = {}
    for change in ("kept", "unpunctuated"):
        scored = evaluate.score(scorer, plan.Row("signs", (path,), change, fits=True), sentences=1)
        pairs = zip(scored.labelled.golds, scored.fits.tolist(), strict=True)
        halves[change] = {gold.tokens[0].text: half for gold, half in pairs}
    assert halves["unpunctuated"] == {word: half for word, half in halves["kept"].items() if word != "!"}


def test_half_of_the_documents_fit_a_table_and_the_others_judge_it(scorer: Scorer, corpora: Path) -> None:
    (row, *_) = plan.planned(corpora)[0]
    scored = evaluate.score(scorer, row)
    assert row.fits
    assert scored.fits.tolist() == [True, False] * 12
    table = evaluate.fit([scored])
    judged = scored.judged()
    assert len(judged.scores) == len(scored.compared.scores) / 2
    whole = evaluate.figures(scored, table, 0, 0)
    half = np.interp(judged.scores, table.scores, table.probabilities)
    bins = np.minimum(half * 15, 14).astype(int)
    gaps = [abs((half[bins == b] - (judged.low[bins == b] == 3)).sum()) for b in range(15)]
    assert whole.ece is not None
    assert whole.ece.value == pytest.approx(sum(gaps) / len(half))
    with pytest.raises(CorpusError, match="x: all words are part of entities, or none is"):
        evaluate.fit([evaluate.score(scorer, plan.Row("x", row.files))])


def test_genres_are_the_documents_own(scorer: Scorer, corpora: Path, tmp_path: Path) -> None:
    (row, lower, *_) = plan.planned(corpora)[0]
    scored = evaluate.score(scorer, row)
    assert evaluate.genres(scored) == ["email", "reviews"]
    assert evaluate.genres(evaluate.score(scorer, lower)) == []
    parts = [evaluate.figures(scored, None, 0, 0, genre) for genre in ("email", "reviews")]
    assert [part.words for part in parts] == [12 * 7, 12 * 7]
    whole = evaluate.figures(scored, None, 0, 0)
    assert whole.three_classes is not None
    shares = [part.three_classes.value for part in parts if part.three_classes]
    assert whole.three_classes.value == pytest.approx(np.mean(shares))
    (tmp_path / "g.conllu").write_text(
        "".join(f"# newdoc id = GUM_{genre}_x\n{conllu_sentence(0, 'Anna', 'ship')}\n\n" for genre in ("news", "bio"))
    )
    assert evaluate.labelled([tmp_path / "g.conllu"]).genres == ["news", "bio"]


def test_how_far_bundles_lie_apart(scorer: Scorer) -> None:
    assert difference(scorer, scorer, ["Anna met Ben."]).mean == 0

    class Other:
        bundle = scorer.bundle

        def stream(self, texts: list[str]) -> Any:
            return scorer.stream([text + " Oslo" for text in texts])

    with pytest.raises(UnlikeWordsError, match="cuts text into other words"):
        difference(scorer, Other(), ["Anna met Ben."])  # type: ignore[arg-type]
