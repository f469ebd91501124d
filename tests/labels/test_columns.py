"""Files of columns and of tagged words are read for what they say."""

from pathlib import Path

import pytest
from tests.corpora import conllu_sentence
from tests.labels.conftest import Write
from tests.labels.test_formats import spans

from escore_labels.detect import detect_format
from escore_labels.formats import read_labels, write_labels
from escore_labels.notes import Notes
from escore_labels.record import Record, Span
from escore_labels.tag_map import TagMap


@pytest.mark.parametrize(
    "content",
    [
        "Anna\tB-PER\nBerg\tI-PER\nsaw\tO\nOslo\tB-LOC\n\n",
        "\ufeff# a comment\r\nAnna\tB-PER\r\nBerg\tE-PER\r\nsaw\tO\r\nOslo\tS-LOC\r\n",
        "-DOCSTART- O\n\nAnna  I-PER\nBerg I-PER\nsaw O\nOslo I-LOC",
        "Anna B-PER\nBerg L-PER\nsaw O\nOslo U-LOC\n",
        "Anna B-PER\nBerg E-PER\nsaw O\nOslo S-LOC\n",
        "Anna\tPER\nBerg\tPER\nsaw\tO\nOslo\tLOC\n",
        "Anna\tB-PER\tO\nBerg\tI-PER\tB-LOC\nsaw\tO\tO\nOslo\tB-LOC\tO\n",
        "1\tAnna\tB-PER\t-\t-\n2\tBerg\tI-PER\t-\t-\n3\tsaw\tO\t-\t-\n4\tOslo\tB-LOC\t-\t-\n",
        "Anna NNP B-PER\nBerg NNP I-PER\nsaw VBD O\nOslo NNP B-LOC\n",
        "Anna NNP I-NP B-PER\nBerg NNP I-NP I-PER\nsaw VBD I-VP O\nOslo NNP I-NP B-LOC\n",
        "Anna PROPN O B-PER\nBerg PROPN O I-PER\nsaw VERB O O\nOslo PROPN O B-LOC\n",
        "Anna NE O B-PER\nBerg NE O I-PER\nsah VVFIN O O\nOslo NE O B-LOC\n",
    ],
)
def test_columns_in_every_scheme(write: Write, content: str) -> None:
    path = write("x.conll", content)
    assert detect_format(path) == "conll"
    (record,) = read_labels(path)
    assert record.reviewed
    assert [span for span in spans(record) if span[1] != "none"] == [("Anna Berg", "person"), ("Oslo", "place")]


def test_columns_without_types_and_with_numbers_for_tags(write: Write) -> None:
    (record,) = read_labels(write("x.conll", "The\tO\nold\tB\nship\tI\nQuay\tB\n.\tO\n"))
    assert spans(record) == [("old ship", "entity"), ("Quay", "entity")]
    tags = TagMap({"ship": 250.0, "date": "none"})
    notes = Notes()
    path = write("y.conll", "Quay\tB-SHIP\nMay\tB-DATE\nBen\tB-CREW\n")
    (record,) = read_labels(path, tags=tags, report=notes.add)
    assert spans(record) == [("Quay", "250.0"), ("May", "none"), ("Ben", "entity")]
    assert notes.lines() == [
        f"{path}: line 1: tag 'CREW' is not in the tag map, and counts as entity; "
        'say what it is worth in --tags FILE, below [tags]: CREW = "none", or another worth'
    ]
    assert notes.count("unknown tag") == 1


def test_a_no_break_space_separates_nothing_and_comments_may_hold_the_text(write: Write) -> None:
    path = write(
        "x.conll", "# sent_id = s1\n# text = 10\u00a0000  ships (big)\n10\u00a0000\tO\nships\tO\n(\tO\nbig\tO\n)\tO\n"
    )
    (record,) = read_labels(path)
    assert (record.id, record.text) == ("s1", "10\u00a0000  ships (big)")
    (record,) = read_labels(write("y.conll", "10\u00a0000 B-QUANTITY\nships O\n"))
    assert spans(record) == [("10\u00a0000", "none")]


def test_parts_of_speech_are_spans_outside_of_entities(write: Write) -> None:
    path = write("x.conllu", "# newdoc\n" + conllu_sentence(1, "Anna", "ship") + "\n\n")
    notes = Notes()
    (record,) = read_labels(path, report=notes.add)
    assert (record.id, record.text, record.reviewed) == ("s1", "Anna didn't see the ship.", False)
    assert spans(record) == [("didn't see the", "none"), ("ship", "noun"), (".", "none")]
    assert notes.lines() == [f"{path}: line 1: a proper noun that may be part of an entity is left open"]
    tagged = conllu_sentence(1, "Anna", "ship", "name=B-PER")
    assert spans(next(read_labels(write("y.conllu", tagged))))[0] == ("Anna", "person")
    german = conllu_sentence(1, "Anna", "ship").replace("\tNNP\t", "\tNE\t")
    assert spans(next(read_labels(write("z.conllu", german)))) == spans(record)
    layer = "\n".join(f"{i}\tw\t{'B-PER' if i == 1 else 'O'}\t-\t-" for i in range(1, 8))
    write("x.uner.iob2", f"# sent_id = s1\n{layer}\n")
    (record,) = read_labels(path)
    assert (record.reviewed, spans(record)[0]) == (True, ("Anna", "person"))


def test_gmb_and_word_tag(write: Write) -> None:
    gmb = '\tSentence #\tWord\tPOS\tTag\n0\t1.0\tCaf\xe9\tNNP\tB-org\n1\t1.0\tMonday\tNNP\tB-tim\n2\t2.0\t""""\t``\tO\n'
    first, second = read_labels(write("GMB.txt", gmb.encode("latin-1")))
    assert (first.id, spans(first), spans(second)) == (
        "1.0",
        [("Café", "organization"), ("Monday", "none")],
        [('"', "none")],
    )
    assert spans(next(read_labels(write("utf8.txt", gmb)))) == spans(first)
    kaggle = "Sentence #,Word,POS,Tag\nSentence: 1,Caf\xe9,NNP,B-org\n,Monday,NNP,B-tim\nSentence: 2,x,NN,O\n"
    third, fourth = read_labels(write("kaggle.csv", kaggle.encode("latin-1")))
    assert (third.id, spans(third), fourth.text) == ("Sentence: 1", spans(first), "x")
    notes = Notes()
    path = write("m.txt", "Anna_NNP has_VBZ ships_NNS M. \n")
    (record,) = read_labels(path, report=notes.add)
    assert (detect_format(path), record.text) == ("word-tag", "Anna has ships M.")
    assert spans(record) == [("has", "none"), ("ships", "noun")]
    assert notes.count("lost") == 1


def test_prose_is_no_table(write: Write) -> None:
    for text in ("Then I saw.\nAnd I went on,\nwhere O lay.\nAnd I\n", "Who am I\nO king\nIf I may say so\n"):
        assert detect_format(write("a.txt", text)) == "text"


def test_own_files_of_word_tag_are_recognized_and_prose_is_not(tmp_path: Path, write: Write) -> None:
    text = "Anna met Bob_ in Oslo near the old harbor."
    record = Record(text=text, spans=(Span(start=0, end=4, label="proper"), Span(start=35, end=41, label="noun")))
    write_labels(tmp_path / "x.txt", [record], "word-tag")
    assert detect_format(tmp_path / "x.txt") == "word-tag"
    (back,) = read_labels(tmp_path / "x.txt")
    assert [(back.text[span.start : span.end], span.label) for span in back.spans] == [("harbor", "noun")]
    for prose in ("Set max_tokens in MY_NN here.", "Call __init__ first.", "A plain text."):
        assert detect_format(write("prose.txt", prose)) == "text"
