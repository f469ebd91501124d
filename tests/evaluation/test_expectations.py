"""What any decent model makes of sentences written for that, and that the file which tells it is read with care."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from escore import Document, Scorer
from escore.segmentation import words
from escore_evaluation.expectations import (
    Expectation,
    Failure,
    Result,
    Results,
    check_document,
    check_expectations,
    read_expectations,
)
from escore_labels.tokens import CorpusError

EXPECTATIONS = read_expectations()
MUST = [sentence for sentence in EXPECTATIONS if sentence.must]
HEAD = "[bands]\nname = [150, 300]\nlow = [0, 50]\n"
GROUP = '[[groups]]\nname = "people"\n'


@pytest.fixture
def two(tmp_path: Path) -> tuple[Expectation, ...]:
    path = tmp_path / "two.toml"
    path.write_text(
        HEAD
        + GROUP
        + 'must = [["Anna met Anna.", {name = "Anna#2 Anna#1", low = "met"}]]\n'
        + '[[groups]]\nname = "days"\nshould = [["it\'s May", {name = "May", low = "it \'s"}]]\n'
    )
    return read_expectations(path)


def scored(sentence: Expectation, *scores: float) -> Document:
    spans = np.array([span for _, span in words(sentence.text)], np.int32)
    return Document(sentence.text, spans[:, 0], spans[:, 1], np.array(scores, np.float32), ())


# What escore-en 7 misses, and what it says instead; a model that passes has to take its line away.
MISSED = {
    "Children under five pay nothing.": "pay 57",
    "She read Hamlet on the train.": "the 173, train 139",
    "My sister sold her iPhone and bought a Nokia.": "iPhone 123",
    "just saw Taylor Swift at the airport omg": "airport 172",
}


def _expected(sentence: Expectation) -> Expectation | ParameterSet:
    missed = MISSED.get(sentence.text)
    return sentence if missed is None else pytest.param(sentence, marks=pytest.mark.xfail(reason=missed, strict=True))


@pytest.mark.parametrize(
    "sentence", list(map(_expected, MUST)), ids=lambda sentence: f"{sentence.group}: {sentence.text!r}"
)
def test_any_decent_model_passes(scorer: Scorer, sentence: Expectation) -> None:
    failures = check_document(sentence, scorer(sentence.text)).failures
    assert not failures, "; ".join(map(str, failures))


def test_there_are_enough_sentences_of_every_kind(scorer: Scorer) -> None:
    assert len(EXPECTATIONS) >= 140
    groups = check_expectations(scorer).by_group()
    assert min(len(report.results) for report in groups.values()) >= 5
    assert 50 <= len(MUST) < len(EXPECTATIONS) / 2
    named = {expected.band.name for sentence in EXPECTATIONS for expected in sentence.words}
    assert named == {"entity", "name", "proper", "some", "noun", "not_name", "low"}


def test_the_words_are_those_that_the_model_scores(scorer: Scorer) -> None:
    for sentence in EXPECTATIONS:
        found = [(word.text, (word.start, word.end)) for word in scorer(sentence.text).words]
        assert words(sentence.text) == found
        for expected in sentence.words:
            assert (expected.word.split("#")[0], (expected.start, expected.end)) in found


def test_a_word_is_found_by_its_number(two: tuple[Expectation, ...]) -> None:
    people, days = two
    assert [(e.word, e.start, e.end, e.band.name) for e in people.words] == [
        ("Anna#2", 9, 13, "name"),
        ("Anna#1", 0, 4, "name"),
        ("met", 5, 8, "low"),
    ]
    assert [(e.word, e.start, e.end) for e in days.words] == [("May", 5, 8), ("it", 0, 2), ("'s", 2, 4)]
    assert (people.must, days.must) == (True, False)


def test_a_word_fails_outside_its_band_only(two: tuple[Expectation, ...]) -> None:
    people, _ = two
    assert check_document(people, scored(people, 150, 50, 300, 299)).passed
    failed = check_document(people, scored(people, 149.5, 50.5, 300, 0))
    assert not failed.passed
    assert [str(failure) for failure in failed.failures] == [
        "Anna#1 149.5, not name (150 to 300)",
        "met 50.5, not low (0 to 50)",
    ]


def test_swapped_scores_fail(scorer: Scorer) -> None:
    (sentence,) = (s for s in EXPECTATIONS if s.text == "Google bought a small company in Israel.")
    document = scorer(sentence.text)
    assert check_document(sentence, document).passed
    swapped = replace(document, scores=document.scores[[1, 0, 2, 3, 4, 5, 6, 7]])
    assert {failure.word.word for failure in check_document(sentence, swapped).failures} == {"Google", "bought"}
    assert not any(check_document(s, replace(d, scores=300 - d.scores)).passed for s in MUST for d in [scorer(s.text)])


def test_a_model_with_other_words_is_judged_by_the_characters(two: tuple[Expectation, ...]) -> None:
    _, days = two
    starts, ends = np.array([0, 5], np.int32), np.array([4, 8], np.int32)  # "it's" as one word
    document = Document(days.text, starts, ends, np.array([80, 200], np.float32), ())
    assert [(f.word.word, f.score) for f in check_document(days, document).failures] == [("it", 80), ("'s", 80)]


def test_shares_count_sentences(two: tuple[Expectation, ...]) -> None:
    people, days = two
    bad = Result(people, (Failure(people.words[0], 0),))
    report = Results((bad, Result(people, ()), Result(people, ()), Result(days, ())))
    assert report.passed == 3
    assert {name: group.passed for name, group in report.by_group().items()} == {"people": 2, "days": 1}
    assert (len(report.must().results), report.must().passed) == (3, 2)


def test_check_scores_each_sentence_alone(scorer: Scorer, two: tuple[Expectation, ...]) -> None:
    assert check_expectations(scorer, two) == Results(
        tuple(check_document(sentence, scorer(sentence.text)) for sentence in two)
    )
    assert [result.expectation for result in check_expectations(scorer).results] == list(EXPECTATIONS)


SENTENCES = GROUP + "must = "


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("bands = ", "not a TOML file: Invalid value"),
        ("bands = 3", r"Expected `object`, got `int` - at `\$.bands`"),
        (HEAD, "Object missing required field `groups`"),
        ("groups = 3\n" + HEAD, r"Expected `array`, got `int` - at `\$.groups`"),
        ("groups = []\n" + HEAD, r"Expected `array` of length >= 1 - at `\$.groups`"),
        ("[bands]\n" + GROUP, r"Expected `object` of length >= 1 - at `\$.bands`"),
        ("other = 3\n" + HEAD + GROUP, "Object contains unknown field `other`"),
        ("[bands]\nname = [300, 150]\n" + GROUP, "band 'name' is from 300 to 150; give the lower score first"),
        ("[bands]\nname = 150\n" + GROUP, r"Expected `array`, got `int` - at `\$.bands\[...\]`"),
        ("[bands]\nname = [0, 9, 9]\n" + GROUP, r"Expected `array` of length 2, got 3 - at `\$.bands\[...\]`"),
        ("[bands]\nname = [true, 150]\n" + GROUP, r"Expected `float`, got `bool` - at `\$.bands\[...\]\[0\]`"),
        (HEAD + "[[groups]]\nmust = []", r"Object missing required field `name` - at `\$.groups\[0\]`"),
        (HEAD + '[[groups]]\nname = " "', r"Expected `str` matching regex .* - at `\$.groups\[0\].name`"),
        (HEAD + GROUP, "people: no sentences"),
        (HEAD + GROUP + "may = []", r"Object contains unknown field `may` - at `\$.groups\[0\]`"),
        (HEAD + SENTENCES + "3", r"Expected `array`, got `int` - at `\$.groups\[0\].must`"),
        (HEAD + SENTENCES + '["Anna"]', r"Expected `array`, got `str` - at `\$.groups\[0\].must\[0\]`"),
        (
            HEAD + SENTENCES + '[[" ", {name = "Anna"}]]',
            r"Expected `str` matching .*.must\[0\]\[0\]`",
        ),
        (HEAD + SENTENCES + '[["Anna", {}]]', r"Expected `object` of length >= 1 - .*must\[0\]\[1\]`"),
        (HEAD + SENTENCES + '[["Anna", {high = "Anna"}]]', "people: 'Anna': no band is named 'high'; give one of name"),
        (HEAD + SENTENCES + '[["Anna", {name = ["Anna"]}]]', r"Expected `str`, got `array` - at .*must\[0\]\[1\]"),
        (HEAD + SENTENCES + '[["Anna", {name = ""}]]', r"Expected `str` matching .*must\[0\]\[1\]"),
        (HEAD + SENTENCES + '[["I don\'t", {low = "don\'t"}]]', "people: \"I don't\": .* its words: I do n't"),
        (HEAD + SENTENCES + '[["a\\na", {low = "a"}]]', r"people: 'a\\na': 'a' is there 2 times; write a#1 to a#2"),
        (HEAD + SENTENCES + '[["a a", {low = "a#3"}]]', "people: 'a a': 'a' is there 2 times, so there is no a#3"),
        (HEAD + SENTENCES + '[["a", {low = "a", name = "a#1"}]]', "people: 'a': 'a#1' is named twice, as low and"),
        (HEAD + (SENTENCES + '[["a", {low = "a"}]]\n') * 2, "two groups are named 'people'"),
        (HEAD + SENTENCES + '[["a", {low = "a"}], ["a", {low = "a"}]]', "people: 'a' is there twice"),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(CorpusError, match=rf"x\.toml: {message}") as caught:
        read_expectations(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="No such file"):
        read_expectations(tmp_path / "no.toml")
    (tmp_path / "latin.toml").write_bytes(b"x = '\xe9'")
    with pytest.raises(CorpusError, match=r"latin\.toml: not a TOML file"):
        read_expectations(tmp_path / "latin.toml")


def test_the_base_install_is_enough() -> None:
    code = (
        "import sys, escore_evaluation.expectations as e; e.read_expectations();"
        "print({'torch', 'transformers', 'matplotlib', 'scipy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
