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
from escore_evaluation.expectations import SHIPPED, Failure, Report, Result, Sentence, check, judge, read
from escore_labels.tokens import CorpusError

SENTENCES = read()
MUST = [sentence for sentence in SENTENCES if sentence.must]
HEAD = "[bands]\nname = [150, 300]\nlow = [0, 50]\n"
GROUP = '[[groups]]\nname = "people"\n'


@pytest.fixture
def two(tmp_path: Path) -> tuple[Sentence, ...]:
    path = tmp_path / "two.toml"
    path.write_text(
        HEAD
        + GROUP
        + 'must = [["Anna met Anna.", {name = "Anna#2 Anna#1", low = "met"}]]\n'
        + '[[groups]]\nname = "days"\nshould = [["it\'s May", {name = "May", low = "it \'s"}]]\n'
    )
    return read(path)


def scored(sentence: Sentence, *scores: float) -> Document:
    spans = np.array([span for _, span in words(sentence.text)], np.int32)
    return Document(sentence.text, spans[:, 0], spans[:, 1], np.array(scores, np.float32), ())


# What escore-en 5 misses, and what it says instead; a model that passes has to take its line away.
MISSED = {
    "Children under five pay nothing.": "pay 51",
    "I TOLD MY MOTHER THAT I HAD LOST THE KEYS": "KEYS 164",
    "We climbed Mount Kenya and swam in Lake Victoria.": "swam 84",
    "My neighbour grows tomatoes and beans in her garden.": "tomatoes 265",
}


def _expected(sentence: Sentence) -> Sentence | ParameterSet:
    missed = MISSED.get(sentence.text)
    return sentence if missed is None else pytest.param(sentence, marks=pytest.mark.xfail(reason=missed, strict=True))


@pytest.mark.parametrize(
    "sentence", list(map(_expected, MUST)), ids=lambda sentence: f"{sentence.group}: {sentence.text!r}"
)
def test_any_decent_model_passes(scorer: Scorer, sentence: Sentence) -> None:
    failures = judge(sentence, scorer(sentence.text)).failures
    assert not failures, "; ".join(map(str, failures))


def test_there_are_enough_sentences_of_every_kind(scorer: Scorer) -> None:
    assert len(SENTENCES) >= 140
    groups = check(scorer).by_group()
    assert min(len(report.results) for report in groups.values()) >= 5
    assert 50 <= len(MUST) < len(SENTENCES) / 2
    named = {expected.band.name for sentence in SENTENCES for expected in sentence.expected}
    assert named == {"entity", "name", "proper", "some", "noun", "not_name", "low"}


def test_the_words_are_those_that_the_model_scores(scorer: Scorer) -> None:
    for sentence in SENTENCES:
        found = [(word.text, (word.start, word.end)) for word in scorer(sentence.text).words]
        assert words(sentence.text) == found
        for expected in sentence.expected:
            assert (expected.word.split("#")[0], (expected.start, expected.end)) in found


def test_a_word_is_found_by_its_number(two: tuple[Sentence, ...]) -> None:
    people, days = two
    assert [(e.word, e.start, e.end, e.band.name) for e in people.expected] == [
        ("Anna#2", 9, 13, "name"),
        ("Anna#1", 0, 4, "name"),
        ("met", 5, 8, "low"),
    ]
    assert [(e.word, e.start, e.end) for e in days.expected] == [("May", 5, 8), ("it", 0, 2), ("'s", 2, 4)]
    assert (people.must, days.must) == (True, False)


def test_a_word_fails_outside_its_band_only(two: tuple[Sentence, ...]) -> None:
    people, _ = two
    assert judge(people, scored(people, 150, 50, 300, 299)).passed
    failed = judge(people, scored(people, 149.5, 50.5, 300, 0))
    assert not failed.passed
    assert [str(failure) for failure in failed.failures] == [
        "Anna#1 149.5, not name (150 to 300)",
        "met 50.5, not low (0 to 50)",
    ]


def test_swapped_scores_fail(scorer: Scorer) -> None:
    (sentence,) = (s for s in SENTENCES if s.text == "Google bought a small company in Israel.")
    document = scorer(sentence.text)
    assert judge(sentence, document).passed
    swapped = replace(document, scores=document.scores[[1, 0, 2, 3, 4, 5, 6, 7]])
    assert {failure.expected.word for failure in judge(sentence, swapped).failures} == {"Google", "bought"}
    assert not any(judge(s, replace(d, scores=300 - d.scores)).passed for s in MUST for d in [scorer(s.text)])


def test_a_model_with_other_words_is_judged_by_the_characters(two: tuple[Sentence, ...]) -> None:
    _, days = two
    starts, ends = np.array([0, 5], np.int32), np.array([4, 8], np.int32)  # "it's" as one word
    document = Document(days.text, starts, ends, np.array([80, 200], np.float32), ())
    assert [(f.expected.word, f.score) for f in judge(days, document).failures] == [("it", 80), ("'s", 80)]


def test_shares_count_sentences(two: tuple[Sentence, ...]) -> None:
    people, days = two
    bad = Result(people, (Failure(people.expected[0], 0),))
    report = Report((bad, Result(people, ()), Result(people, ()), Result(days, ())))
    assert report.share() == 0.75
    assert {name: group.share() for name, group in report.by_group().items()} == {"people": 2 / 3, "days": 1}
    assert report.must().share() == 2 / 3
    assert np.isnan(Report(()).share())


def test_check_scores_each_sentence_alone(scorer: Scorer, two: tuple[Sentence, ...]) -> None:
    assert check(scorer, two) == Report(tuple(judge(sentence, scorer(sentence.text)) for sentence in two))
    assert [result.sentence for result in check(scorer).results] == list(SENTENCES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("bands = ", "not a TOML file: Invalid value"),
        ("bands = 3", r"no \[bands\]"),
        (HEAD, r"no \[\[groups\]\]"),
        ("groups = 3\n" + HEAD, r"no \[\[groups\]\]"),
        ("other = 3\n" + HEAD, "unknown 'other'; known are bands, groups"),
        ("[bands]\nname = [300, 150]\n" + GROUP, "band 'name' is .300, 150., not two scores"),
        ("[bands]\nname = 150\n" + GROUP, "band 'name' is 150, not two scores"),
        ("[bands]\nname = [true, 150]\n" + GROUP, "band 'name' is .True, 150., not two scores"),
        (HEAD + "[[groups]]\nmust = []", "a group without a name"),
        (HEAD + GROUP, "people: no sentences"),
        (HEAD + GROUP + "may = []", "people: unknown 'may'; known are must, name, should"),
        (HEAD + GROUP + "must = 3", "people: 'must' is no list of sentences"),
        (HEAD + GROUP + 'must = ["Anna"]', r"people: 'Anna' is not \[text, \{band = words\}\]"),
        (HEAD + GROUP + 'must = [[" ", {name = "Anna"}]]', "people: .* is not"),
        (HEAD + GROUP + 'must = [["Anna", {}]]', "people: 'Anna': nothing is expected of it"),
        (HEAD + GROUP + 'must = [["Anna", {high = "Anna"}]]', "people: 'Anna': unknown 'high'; known are low, name"),
        (HEAD + GROUP + 'must = [["Anna", {name = ["Anna"]}]]', "people: 'Anna': name = .'Anna'. is not words"),
        (HEAD + GROUP + 'must = [["Anna", {name = ""}]]', "people: 'Anna': name = '' is not words"),
        (HEAD + GROUP + 'must = [["I don\'t", {low = "don\'t"}]]', "people: \"I don't\": .* its words: I do n't"),
        (HEAD + GROUP + 'must = [["a\\na", {low = "a"}]]', r"people: 'a\\na': 'a' is there 2 times; write a#1 to a#2"),
        (HEAD + GROUP + 'must = [["a a", {low = "a#3"}]]', "people: 'a a': 'a' is there 2 times, so there is no a#3"),
        (HEAD + GROUP + 'must = [["a", {low = "a", name = "a#1"}]]', "people: 'a': 'a#1' is named twice, as low and"),
        (HEAD + (GROUP + 'must = [["a", {low = "a"}]]\n') * 2, "two groups are named 'people'"),
        (HEAD + GROUP + 'must = [["a", {low = "a"}], ["a", {low = "a"}]]', "people: 'a' is there twice"),
    ],
)
def test_a_malformed_file_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(CorpusError, match=rf"x\.toml: {message}") as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="No such file"):
        read(tmp_path / "no.toml")
    (tmp_path / "latin.toml").write_bytes(b"x = '\xe9'")
    with pytest.raises(CorpusError, match=r"latin\.toml: not a TOML file"):
        read(tmp_path / "latin.toml")


def test_the_base_install_is_enough() -> None:
    code = (
        "import sys, escore_training.expectations as e; e.read(); print({'torch', 'transformers'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
    assert SHIPPED.parent.name == "escore_training"
