"""Documents: words, marks, entities, arrays."""

import dataclasses
import pickle
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from escore import Calibration, Document, Entity, Mark, SettingError, Word

MARKS = (Mark("-", 60), Mark("+", 160), Mark("★", 260))
SCORES = st.lists(st.floats(0, 300, width=32), max_size=20)


def make_document(text: str, scores: list[float]) -> Document:
    """Words are what spaces and line breaks leave."""
    starts, position = [], 0
    for word in text.split():
        position = text.index(word, position)
        starts.append(position)
        position += len(word)
    ends = [start + len(word) for start, word in zip(starts, text.split(), strict=True)]
    arrays = np.array(starts, np.int32), np.array(ends, np.int32), np.array(scores, np.float32)
    return Document(text, *arrays, MARKS)


@pytest.mark.parametrize(
    ("score", "mark"),
    [(0, ""), (59.99, ""), (60, "-"), (159.99, "-"), (160, "+"), (259.99, "+"), (260, "★"), (300, "★")],
)
def test_marks_begin_at_their_edges(score: float, mark: str) -> None:
    assert make_document("Anna", [score]).words[0].mark == mark


def test_words_are_frozen_and_know_their_place() -> None:
    (word,) = make_document(" Anna", [250.5]).words
    assert word == Word("Anna", 1, 5, 250.5, "+")
    with pytest.raises(dataclasses.FrozenInstanceError):
        word.score = 1  # type: ignore[misc]


def test_arrays_are_read_only() -> None:
    document = make_document("Anna Berg", [250, 251])
    for array in (document.starts, document.ends, document.scores):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@given(SCORES, st.floats(0, 300))
def test_words_above_are_those_that_reach_the_minimum(scores: list[float], minimum: float) -> None:
    document = make_document(" ".join("w" * len(scores)), scores)
    assert document.words_above(minimum) == tuple(word for word in document.words if word.score >= minimum)
    assert document.words_above(0) == document.words


def test_entities_join_neighbours() -> None:
    document = make_document("Joe Biden met Boris\nJohnson", [290, 280, 10, 270, 260])
    assert document.entities(220) == (
        Entity("Joe Biden", 0, 9, 285),
        Entity("Boris", 14, 19, 270),
        Entity("Johnson", 20, 27, 260),
    )
    assert make_document("", []).entities(0) == ()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\n\n"])
def test_a_line_end_ends_an_entity(end: str) -> None:
    assert len(make_document(f"Joe{end}Boris", [290, 280]).entities(220)) == 2


@pytest.mark.parametrize("minimum", [-1, 300.1, float("nan"), float("inf")])
def test_a_minimum_that_is_no_score_is_refused(minimum: float) -> None:
    document = make_document("Anna", [250])
    for call in (document.words_above, document.entities):
        with pytest.raises(SettingError, match="not a score"):
            call(minimum)


def test_documents_survive_pickling() -> None:
    document = make_document("Anna Berg", [250, 251])
    copy = pickle.loads(pickle.dumps(document))  # noqa: S301
    assert copy.words == document.words
    assert not copy.scores.flags.writeable


def test_words_know_their_probability_where_the_bundle_is_calibrated() -> None:
    plain = make_document("Anna said", [280, 20])
    assert plain.probabilities() is None
    assert plain.words[0].probability is None
    assert plain.entities(0)[0].probability is None
    calibrated = dataclasses.replace(plain, calibration=Calibration((30, 130, 280), (0.02, 0.1, 0.9)))
    assert [word.probability for word in calibrated.words] == [0.9, 0.02]
    assert calibrated.entities(0)[0].probability == pytest.approx(0.46)
    between = dataclasses.replace(calibrated, scores=np.array([80, 205], np.float32))
    assert between.probabilities() == pytest.approx([0.06, 0.5])
    assert pickle.loads(pickle.dumps(between)).words[1].probability == pytest.approx(0.5)  # noqa: S301


@pytest.mark.parametrize(
    ("scores", "probabilities"),
    [
        ((), ()),
        ((1,), (0.1, 0.2)),
        ((2, 1), (0.1, 0.2)),
        ((1, 1), (0.1, 0.2)),
        ((-1, 2), (0.1, 0.2)),
        ((1, 301), (0.1, 0.2)),
        ((1, 2), (0.2, 0.1)),
        ((1, 2), (0.2, 1.1)),
        ((1, 2), (-0.1, 0.2)),
        ((float("nan"), 2), (0.1, 0.2)),
        ((1, 2), (0.1, float("nan"))),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(
    scores: tuple[float, ...], probabilities: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="a calibration"):
        Calibration(scores, probabilities)


def test_a_short_repr_says_what_it_is() -> None:
    assert repr(make_document("Anna Berg", [250, 251])) == "<Document: 2 words, 'Anna Berg'>"
    assert len(repr(make_document("word " * 1000, [1.0] * 1000))) < 100


def test_the_default_minimums_are_those_of_the_command_line() -> None:
    document = make_document("The ship of Anna", [10, 100, 20, 250])
    assert document.words_above() == document.words_above(80)
    assert document.above().tolist() == [1, 3]
    assert [entity.text for entity in document.entities()] == ["Anna"]


def test_dicts_hold_the_fields_of_words_and_entities() -> None:
    document = make_document("The Anna Berg", [10, 240, 250])
    assert document.to_dicts() == [dataclasses.asdict(word) for word in document.words]
    assert [item["text"] for item in document.to_dicts(100)] == ["Anna", "Berg"]
    assert document.to_dicts(entities=True) == [dataclasses.asdict(document.entities()[0])]
    assert document.to_dicts(300, entities=True) == []
    with pytest.raises(SettingError, match="not a score"):
        document.to_dicts(301)


@pytest.mark.parametrize("minimum", ["220", None, [220], 1j, True])
def test_a_minimum_that_is_no_number_is_refused(minimum: object) -> None:
    with pytest.raises(SettingError, match="is not a score; give a number from 0 to 300"):
        make_document("Anna", [250]).entities(minimum)  # type: ignore[arg-type]
    assert make_document("Anna", [250]).entities(np.float32(220))


class _Text(HTMLParser):
    """What a browser shows of HTML, and the tags that it holds."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.tags, self.titles = "", set[str](), list[str]()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.titles += [value or "" for name, value in attrs if name == "title"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_the_text_and_nothing_of_it_is_html() -> None:
    text = "<script>alert(1)</script> <b title='x'> Anna & \"Berg\" \u202ered\x00\x1b[31m\nnext"
    document = make_document(text, [280.0] * len(text.split()))
    page = _Text(document._repr_html_())
    assert page.tags == {"div", "span", "small"}
    shown = text.replace("\u202e", "<U+202E>").replace("\x00", "<U+0000>").replace("\x1b", "<U+001B>")
    assert page.text == f"{shown}{len(text.split())} words; - from 60, + from 160, ★ from 260"
    assert page.titles == ["score 280.0"] * len(text.split())


def test_a_notebook_shows_the_beginning_of_a_long_text() -> None:
    document = make_document("Anna " * 10_000, [280.0] * 10_000)
    shown = document._repr_html_()
    assert "and 30,000 more characters" in shown
    assert shown.count("title=") == 4000
