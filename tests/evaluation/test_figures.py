"""Figures against a count by hand: words, entities, calibration, genres, and how far bundles lie apart."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.bundles import rehash
from tests.corpora import NAMES, columns, conllu_sentence, write_corpora

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import Calibration
from escore_evaluation.calibration import Tables, fit_calibration
from escore_evaluation.difference import UnlikeWordsError, compare_scorers
from escore_evaluation.figures import compute_figures, row_genres
from escore_evaluation.scoring import read_texts, score_row, token_scores
from escore_evaluation.suite import Row, suite_rows
from escore_labels.readers.corpus import read_corpus
from escore_labels.texts import join_sentences
from escore_labels.tokens import CorpusError, Token


def test_a_labeled_token_gets_the_mean_of_the_words_that_overlap_it(scorer: Scorer) -> None:
    text = join_sentences([[Token("Mary-", 2, 3, False), Token("Ellen", 2, 3), Token("don't", 0, 0)]])
    document = scorer(text.text)
    assert [word.text for word in document.words] == ["Mary-Ellen", "do", "n't"]
    scores = token_scores(text, document)
    assert scores[0] == scores[1] == document.scores[0]
    assert scores[2] == pytest.approx((2 * document.scores[1] + 3 * document.scores[2]) / 5)


def test_figures_are_those_of_the_scores(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    path.write_text("# newdoc\n" + "\n\n".join(conllu_sentence(i, "Anna", "ship") for i in range(4)) + "\n\n")
    scored = score_row(scorer, Row("x", (path,)))
    figures = compute_figures(scored, Tables(Calibration((0, 300), (0, 1))), 10, 0)
    ((*sentences,),) = read_corpus(path)
    text = join_sentences(sentences)
    scores = token_scores(text, scorer(text.text))
    classes = [min(token.low, 2) for token in text.tokens]
    right = [int(score >= 50) + int(score >= 150) == label for score, label in zip(scores, classes, strict=True)]
    assert figures.three_classes is not None
    assert figures.three_classes.value == pytest.approx(np.mean(right))
    assert figures.four_classes is None  # whether Anna is an entity is not labeled
    assert figures.entity_ap is figures.span_f1 is figures.ece is None
    assert (figures.words, figures.texts, figures.units) == (28, 1, 1)


def test_entities_and_calibration_are_counted(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(30))
    scored = score_row(scorer, Row("x", (tmp_path / "x.conll",)), sentences=1)
    figures = compute_figures(scored, Tables(Calibration((0, 300), (0, 1))), 50, 0)
    (document,) = read_corpus(tmp_path / "x.conll")
    hits = labeled = predicted = 0
    for sentence in document:
        text = join_sentences([sentence]).text
        names = {name for name in NAMES if name in text}
        entities = [entity.text for entity in scorer(text).entities(220)]
        hits, labeled, predicted = hits + len(names & set(entities)), labeled + len(names), predicted + len(entities)
    assert figures.span_f1 is not None
    assert figures.span_f1.value == pytest.approx(2 * hits / (predicted + labeled))
    assert figures.units == 30  # few documents: texts are resampled
    assert figures.ece is not None
    scores = np.concatenate([token_scores(text, scorer(text.text)) for text in scored.texts.texts])
    is_entity = np.array([token.low == 3 for text in scored.texts.texts for token in text.tokens])
    bins = np.minimum(scores / 300 * 15, 14).astype(int)
    gaps = [abs((scores[bins == b] / 300 - is_entity[bins == b]).sum()) for b in range(15)]
    assert figures.ece.value == pytest.approx(sum(gaps) / len(scores))
    again = compute_figures(scored, Tables(Calibration((0, 300), (0, 1))), 50, 0)
    assert again == figures
    assert compute_figures(scored, Tables(Calibration((0, 300), (0, 1))), 50, 1).ece != figures.ece


def test_halves_are_the_same_whatever_a_change_leaves_out(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "signs.conll"
    path.write_text("".join("!\tO\n\n" if i == 1 else f"Anna{i}\tB-PER\nslept\tO\n\n" for i in range(8)))
    halves = {}
    for change in ("kept", "unpunctuated"):
        scored = score_row(scorer, Row("signs", (path,), change, calibrates=True), sentences=1)
        pairs = zip(scored.texts.texts, scored.calibrates.tolist(), strict=True)
        halves[change] = {text.tokens[0].text: half for text, half in pairs}
    assert halves["unpunctuated"] == {word: half for word, half in halves["kept"].items() if word != "!"}


def test_half_of_the_documents_fit_a_table_and_the_others_judge_it(scorer: Scorer, tmp_path: Path) -> None:
    (row, *_) = suite_rows(write_corpora(tmp_path / "corpora", 300))[0]
    scored = score_row(scorer, row)
    assert row.calibrates
    assert scored.calibrates.tolist() == [True, False] * 150
    table = fit_calibration([scored])
    judged = scored.held_out()
    assert len(judged.scores) == len(scored.tokens.scores) / 2
    whole = compute_figures(scored, Tables(table), 0, 0)
    half = np.interp(judged.scores, table.scores, table.probabilities)
    bins = np.minimum(half * 15, 14).astype(int)
    gaps = [abs((half[bins == b] - (judged.low[bins == b] == 3)).sum()) for b in range(15)]
    assert whole.ece is not None
    assert whole.ece.value == pytest.approx(sum(gaps) / len(half))
    with pytest.raises(CorpusError, match="x: 0 labeled words are too few for a calibration"):
        fit_calibration([score_row(scorer, Row("x", row.files))])


def test_genres_are_the_documents_own(scorer: Scorer, corpora: Path, tmp_path: Path) -> None:
    (row, lower, *_) = suite_rows(corpora)[0]
    scored = score_row(scorer, row)
    assert row_genres(scored) == ["email", "reviews"]
    assert row_genres(score_row(scorer, lower)) == []
    parts = [compute_figures(scored, Tables(), 0, 0, genre) for genre in ("email", "reviews")]
    assert [part.words for part in parts] == [12 * 7, 12 * 7]
    whole = compute_figures(scored, Tables(), 0, 0)
    assert whole.three_classes is not None
    shares = [part.three_classes.value for part in parts if part.three_classes]
    assert whole.three_classes.value == pytest.approx(np.mean(shares))
    (tmp_path / "g.conllu").write_text(
        "".join(f"# newdoc id = GUM_{genre}_x\n{conllu_sentence(0, 'Anna', 'ship')}\n\n" for genre in ("news", "bio"))
    )
    assert read_texts([tmp_path / "g.conllu"]).genres == ["news", "bio"]


def test_how_far_bundles_lie_apart(scorer: Scorer, tmp_path: Path) -> None:
    assert compare_scorers(scorer, scorer, ["Anna met Ben."]).mean == 0
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    tokenizer = json.loads((bundle / "tokenizer.json").read_text("utf-8"))
    tokenizer["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {"Regex": r"\S+"}  # words are what white space parts
    (bundle / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    rehash(bundle, "tokenizer.json")
    other = Scorer(bundle)
    assert compare_scorers(scorer, other, ["Anna met Ben"]).words == 3
    with pytest.raises(UnlikeWordsError, match="bundle: splits text into other words"):
        compare_scorers(scorer, other, ["Anna met Ben."])
