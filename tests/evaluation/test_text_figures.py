"""Figures at a glance, of labels that say little and of labels that say much."""

import numpy as np
import pytest

from escore import Scorer
from escore_evaluation.calibration import Tables
from escore_evaluation.figures import compute_figures
from escore_evaluation.scoring import LabeledTexts, align_row
from escore_evaluation.suite import Row
from escore_evaluation.text_figures import measure_texts, to_table
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Label, Record, Span

TEXT = "Anna Kowalska lives in Rotterdam with a cat."
WORDS: list[tuple[int, int, Label]] = [(14, 19, "none"), (40, 43, "noun")]


def figures(scorer: Scorer, *spans: Span, reviewed: bool = False):  # type: ignore[no-untyped-def]
    return measure_texts([to_labeled_text(Record(text=TEXT, spans=spans, reviewed=reviewed))], [scorer(TEXT)])


def test_labels_of_all_words_give_all_figures_of_entities(scorer: Scorer) -> None:
    person, place = (Span(start=start, end=end, label="entity", by="ann") for start, end in ((0, 13), (23, 32)))
    result = figures(scorer, person, place, reviewed=True)
    assert (result.words, result.ap, result.f1, result.span_f1) == (9, 1, 1, 1)
    assert result.rank_correlation is None
    wrong = figures(scorer, Span(start=40, end=43, label="entity", by="ann"), reviewed=True)
    assert wrong.ap == pytest.approx(1 / 4)  # three words of names come before the cat


def test_labels_of_few_words_say_little_but_what_they_say(scorer: Scorer) -> None:
    result = figures(scorer, Span(start=40, end=43, label="noun", by="ann"))
    assert (result.words, result.accuracy, result.classes, result.ap, result.span_f1) == (1, 1, None, None, None)


def test_targets_are_compared_by_rank(scorer: Scorer) -> None:
    places = {(0, 4): 290, (14, 19): 5, (40, 43): 100}
    spans = [Span(start=start, end=end, target=target, by="ann") for (start, end), target in places.items()]
    assert figures(scorer, *spans).rank_correlation == pytest.approx(1)


def test_figures_are_those_of_evaluate(scorer: Scorer) -> None:
    """Whatever the labels say: what a bundle keeps of a training means what `escore evaluate` would have kept."""
    person = Span(start=0, end=13, label="entity", by="ann")
    none, noun = (Span(start=start, end=end, label=label, by="ann") for start, end, label in WORDS)
    targets = [Span(start=0, end=4, target=290, by="ann"), Span(start=40, end=43, target=5, by="ann")]
    for spans, reviewed in [
        ([person], False), ([person], True), ([none, noun], False), ([person, none], False), ([noun], True),
        ([person, none, noun], False), ([person, none, noun], True), (targets, False), ([*targets, none], True),
    ]:  # fmt: skip
        text = to_labeled_text(Record(text=TEXT, spans=tuple(spans), reviewed=reviewed))
        texts = LabeledTexts([text, text], np.arange(2), np.zeros(2, np.bool_), ["", ""])
        expected = compute_figures(align_row(Row("x", ()), texts, [scorer(TEXT)] * 2), Tables(), 0, 0)
        names = {"classes": "three_classes", "ap": "entity_ap", "f1": "entity_f1_220"}
        result = measure_texts(texts.texts, [scorer(TEXT)] * 2)
        assert result.words == expected.words
        for name in ("classes", "ap", "f1", "span_f1", "rank_correlation"):
            estimate = getattr(expected, names.get(name, name))
            assert getattr(result, name) == (None if estimate is None else estimate.value), (name, spans, reviewed)


def test_the_table_shows_what_there_is_before_and_after(scorer: Scorer) -> None:
    one = figures(scorer, *(Span(start=start, end=end, label=label) for start, end, label in WORDS))
    assert (one.classes, one.accuracy) == (None, 1)
    assert to_table(None, (one, one)).splitlines()[1:] == [
        "own: no text is held out; about 20 texts are needed for a figure",
        "general, 2 words      accuracy            1.000   1.000",
    ]
    whole = figures(
        scorer,
        Span(start=0, end=13, label="entity"),
        *(Span(start=start, end=end, label=label) for start, end, label in WORDS),
    )
    assert to_table((whole, whole), (whole, whole)).splitlines()[1:3] == [
        "own, 4 words          3 classes           1.000   1.000",
        "                      entity AP           1.000   1.000",
    ]
