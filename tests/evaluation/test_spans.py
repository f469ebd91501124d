"""Where entities start and end: as readers find it, as it is compared, and after texts were changed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.corpora import conllu_sentence

from escore import Document
from escore.bundle.manifest import Calibration
from escore_evaluation.calibration import Tables, fit_entity_table
from escore_evaluation.figures import compute_figures
from escore_evaluation.perturbations import (
    PERTURBATIONS,
    add_typos,
    perturb,
    remove_punctuation,
    title_case,
    upper_case,
)
from escore_evaluation.scoring import LabeledTexts, align_row, align_scores
from escore_evaluation.spans import UNKNOWN, count_matches, count_outcomes, found_entities, labeled_spans
from escore_evaluation.suite import Row
from escore_labels.readers.corpus import read_corpus
from escore_labels.texts import LabeledText, join_sentences
from escore_labels.tokens import Sentence, Token


def named(text: LabeledText) -> list[str]:
    return [text.text[start:end] for start, end in labeled_spans(text)]


def sentence(*tokens: tuple[str, str]) -> Sentence:
    """Tokens with "B", "I" or "O", none followed by a space before a sign."""
    texts = [text for text, _ in tokens]
    return [
        Token(text, 3 * (tag != "O"), 3 if tag != "O" else 2, space_after=after[:1].isalnum(), starts_entity=tag == "B")
        for (text, tag), after in zip(tokens, [*texts[1:], "x"], strict=True)
    ]


def test_readers_keep_borders(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text(
        "Anna\tB-PER\nBerg\tI-PER\nBen\tB-PER\n,\tO\nMay\tB-Date\nOslo\tI-LOC\n\nRome\tI-LOC\n"
    )
    (tmp_path / "a.testa").write_text(
        "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nAnna NNP I-NP I-PER\nBen NNP I-NP B-PER\nsaw VBD I-VP O\n"
    )
    (tmp_path / "a.gmb").write_text(
        "\tSentence #\tWord\tPOS\tTag\n0\tSentence: 1\tOslo\tNNP\tB-geo\n1\tSentence: 1\tBay\tNNP\tI-geo\n"
        "2\tSentence: 1\tMonday\tNNP\tB-tim\n3\tSentence: 1\tRome\tNNP\tI-geo\n"
    )
    (tmp_path / "a.conllu").write_text("# newdoc\n" + conllu_sentence(0, "Anna", "ship") + "\n\n")
    (tmp_path / "a.uner.iob2").write_text(
        "# sent_id = s0\n1\tAnna\tB-PER\t-\n2\tdid\tO\t-\n3\tn't\tO\t-\n4\tsee\tO\t-\n5\tthe\tB-LOC\t-\n"
        "6\tship\tI-LOC\t-\n7\t.\tO\t-\n"
    )
    found = {}
    for name in ("a.conll", "a.testa", "a.gmb", "a.conllu"):
        (document,) = read_corpus(tmp_path / name)
        found[name] = named(join_sentences(document))
    assert found == {
        "a.conll": ["Anna Berg", "Ben", "Oslo", "Rome"],
        "a.testa": ["EU", "Anna", "Ben"],
        "a.gmb": ["Oslo Bay", "Rome"],
        "a.conllu": ["Anna", "the ship"],
    }


def test_entities_are_the_same_when_both_ends_agree_but_for_signs() -> None:
    text = join_sentences(
        [sentence(("Acme", "B"), ("Inc", "I"), (".", "I"), ("met", "O"), ("Anna", "B"), ("Berg", "I"), ("!", "O"))]
    )

    def span(part: str) -> tuple[int, int]:
        return text.text.index(part), text.text.index(part) + len(part)

    assert text.text == "Acme Inc. met Anna Berg! "
    assert named(text) == ["Acme Inc.", "Anna Berg"]
    assert count_matches(text, [span("Acme Inc"), span("Anna Berg!")]) == (2, 2, 2)
    assert count_matches(text, [span("Acme"), span("Anna Berg"), span("met")]) == (1, 3, 2)
    assert count_matches(text, []) == (0, 0, 2)
    assert count_matches(text, [span("!"), span(".")]) == (0, 2, 2)  # signs alone stay what they are


def test_entities_are_right_or_found_in_part_or_missed() -> None:
    text = join_sentences([sentence(("Anna", "B"), ("Berg", "B"), ("saw", "O"), ("Oslo", "B"), ("Bay", "I"))])

    def span(part: str) -> tuple[int, int]:
        return text.text.index(part), text.text.index(part) + len(part)

    assert count_outcomes(text, [span("Anna"), span("Berg"), span("Oslo Bay")]) == (3, 0, 0, 0)
    assert count_outcomes(text, [span("Anna Berg"), span("saw")]) == (0, 2, 1, 1)
    assert count_outcomes(text, [span("Anna"), span("Oslo"), span("Bay")]) == (1, 1, 1, 0)


def test_entities_that_were_found_are_those_of_the_minimum() -> None:
    text = join_sentences([sentence(("Anna", "B"), ("Berg", "B"), ("saw", "O"), ("Oslo", "B"))])
    starts, ends = np.array(text.spans, np.int32).T.copy()
    document = Document(text.text, starts, ends, np.array([280, 220, 219, 219.9], np.float32), ())
    compared = align_scores([text], [document])
    assert compared.entities is not None
    assert compared.entities.tolist() == [[0, 1, 3]]  # "Anna Berg" is one, where the labels have two
    assert (
        align_scores(
            [join_sentences([[Token("Oslo", 2, 3)]])],
            [Document("Oslo", *np.array([[0], [4]], np.int32), np.ones(1, np.float32), ())],
        ).entities
        is None
    )


def test_changes_are_the_same_each_time_and_keep_labels() -> None:
    run = [
        sentence(("Anna", "B"), ("Berg", "I"), ("walks", "O"), ("towards", "O"), ("Rotterdam", "B"), (".", "O")),
        sentence(("“", "B"), ("Winter", "I"), ("Palace", "I"), ("”", "I"), ("opens", "O"), ("again", "O")),
        sentence(("…", "O"), ("!", "O")),
    ]
    for name, change in PERTURBATIONS.items():
        after = perturb(run, change)
        assert after == perturb(run, change), name
        assert perturb(run[1:], change) == after[1:], name  # whatever stands around it
    assert named(join_sentences(perturb(run, upper_case))) == ["ANNA BERG", "ROTTERDAM", "“ WINTER PALACE”"]
    bare = join_sentences(perturb(run, remove_punctuation))
    assert bare.text == "Anna Berg walks towards Rotterdam Winter Palace opens again "
    assert named(bare) == ["Anna Berg", "Rotterdam", "Winter Palace"]


def test_title_case_leaves_what_is_joined_to_a_word() -> None:
    words = [Token("they", 0, 0), Token("do", 0, 0, space_after=False), Token("n't", 0, 0), Token("eat", 0, 0)]
    assert join_sentences([title_case(words)]).text == "They Don't Eat "


def test_typing_errors_hit_one_word_in_ten_and_change_little() -> None:
    run = [[Token(f"w{'abcdefgh'[i % 8]}{'ijklmnop'[j % 8]}ord", 0, 0) for j in range(40)] for i in range(200)]
    changed = 0
    for before, after in zip(run, perturb(run, add_typos), strict=True):
        for one, other in zip(before, after, strict=True):
            changed += one != other
            assert abs(len(one.text) - len(other.text)) <= 1
            assert one.text[0] == other.text[0]
    assert 600 < changed < 1000  # of 8,000; a letter swapped with its like changes nothing


KINDS = np.eye(4, dtype=np.float32)  # person, organization, place, other


def kinds_case() -> tuple[LabeledText, Document]:
    """Anna Berg (person, found as one), Oslo (place, found as an organization), Ben (of no kind), Rome (missed)."""
    tokens = sentence(
        ("Anna", "B"), ("Berg", "I"), ("saw", "O"), ("Oslo", "B"), ("Ben", "B"), ("and", "O"), ("Rome", "B")
    )
    kinds = ["person", "person", None, "place", None, None, "place"]
    text = join_sentences([[replace(token, kind=kind) for token, kind in zip(tokens, kinds, strict=True)]])
    starts, ends = np.array(text.spans, np.int32).T.copy()
    scores = np.array([290, 280, 1, 250, 295, 2, 150], np.float32)
    joins = np.array([0, 1, 0, 0, 0, 0, 0], np.float32)
    likeliest = KINDS[[0, 0, 1, 1, 0, 1, 2]]
    return text, Document(text.text, starts, ends, scores, (), joins=joins, kinds=likeliest)


def test_kinds_of_entities_that_are_found_right() -> None:
    text, document = kinds_case()
    found = found_entities([text], [document], [True], 220)
    assert found.scores.tolist() == [285, 250, 295]
    assert found.right.tolist() == [True, True, True]
    assert found.kinds.tolist() == [1, 0, UNKNOWN]
    assert not len(found_entities([text], [document], [False], 220).scores)
    low = found_entities([text], [document], [True], 100, 220)
    assert sorted(low.scores.tolist()) == [150, 250, 285, 295]  # each once
    texts = LabeledTexts([text], np.array([0]), np.array([False]), [""])
    figures = compute_figures(align_row(Row("x", ()), texts, [document]), Tables(), 0, 0)
    assert figures.kinds is not None
    assert figures.kinds.value == 0.5
    assert figures.entity_ece is None
    table = Tables(None, Calibration((200.0, 300.0), (0.0, 1.0)))
    figures = compute_figures(align_row(Row("x", ()), texts, [document]), table, 0, 0)
    assert figures.entity_ece is not None
    assert round(figures.entity_ece.value, 4) == round((0.15 + 0.5 + 0.05) / 3, 4)


def test_entities_have_a_table_of_their_own() -> None:
    text, document = kinds_case()
    document = replace(document, scores=np.array([290, 280, 1, 250, 295, 2, 1], np.float32))
    wrong = replace(document, scores=np.array([230, 1, 240, 1, 1, 1, 1], np.float32))  # "Anna" is half of an entity
    assert fit_entity_table([text] * 40, [document] * 40) is None  # none is wrong
    table = fit_entity_table([text] * 160, [document, wrong] * 80)
    assert table is not None
    low, high = np.interp([230, 290], table.scores, table.probabilities)
    assert low < 0.1
    assert high > 0.9
    calibrated = replace(document, calibration=Calibration((0.0, 300.0), (0.0, 1.0)), entity_calibration=table)
    probabilities = [entity.probability for entity in calibrated.entities(220)]
    expected = [float(np.interp(score, table.scores, table.probabilities)) for score in (285, 250, 295)]
    assert probabilities == pytest.approx(expected)
    by_words = [entity.probability for entity in replace(calibrated, entity_calibration=None).entities(220)]
    assert by_words == pytest.approx([285 / 300, 250 / 300, 295 / 300])
    term = replace(calibrated, terms=np.array([[3, 3]], np.int32))
    assert [entity.probability for entity in term.entities(220)][1] == 1
