"""Figures at a glance, of labels that say little and of labels that say much."""

import pytest

from escore import Scorer
from escore_evaluation.text_figures import measure_texts, to_table
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record, Span

TEXT = "Anna Kowalska lives in Rotterdam with a cat."


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
    assert (result.words, result.classes, result.ap, result.span_f1) == (1, 1, None, None)


def test_targets_are_compared_by_rank(scorer: Scorer) -> None:
    places = {(0, 4): 290, (14, 19): 5, (40, 43): 100}
    spans = [Span(start=start, end=end, target=target, by="ann") for (start, end), target in places.items()]
    assert figures(scorer, *spans).rank_correlation == pytest.approx(1)


def test_the_table_shows_what_there_is_before_and_after(scorer: Scorer) -> None:
    one = figures(scorer, Span(start=0, end=13, label="entity", by="ann"), reviewed=True)
    assert to_table(None, (one, one)).splitlines()[1:3] == [
        "own: no text is held out; about 20 texts are needed for a figure",
        "general, 9 words      3 classes           1.000   1.000",
    ]
    assert "own, 9 words          3 classes           1.000   1.000" in to_table((one, one), (one, one))
