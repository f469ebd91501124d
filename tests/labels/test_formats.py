"""Files of other tools are known by looking, read for what they say, and refused in one line where they are broken."""

import json
import pickle
from pathlib import Path

import pytest
from tests.labels.conftest import Write

from escore import EscoreError
from escore_labels.detect import detect_format
from escore_labels.formats import read_labels, read_placed
from escore_labels.notes import Notes
from escore_labels.record import Record

TEXT = "Zoë 🙂 met Anna Berg."
RECORD = {"text": "a", "spans": [{"start": 0, "end": 1, "label": "entity"}]}
DOCCANO = {"text": "a", "label": [[0, 1, "PER"]]}
EMOJI = 1  # UTF-16 counts so many more before "Anna"


def lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def spans(record: Record) -> list[tuple[str, str | None]]:
    """The text of each span, and its kind or label, or its target."""
    return [(record.text[s.start : s.end], s.kind or s.label or str(s.target)) for s in record.spans]


def test_prodigy(write: Write) -> None:
    span = {"start": 10, "end": 19, "label": "PERSON", "token_start": 3, "token_end": 4}
    task = {"text": TEXT, "spans": [span], "_input_hash": 1, "_session_id": "ann", "_timestamp": 1_700_000_000}
    path = write(
        "x.jsonl",
        lines(
            task | {"answer": "accept", "_view_id": "ner_manual"},
            task | {"answer": "accept", "_view_id": "ner"},
            task | {"answer": "reject", "relations": [{"head": 1}]},
            {"text": TEXT, "meta": {}},
        ),
    )
    notes = Notes()
    manual, binary, rejected, plain = read_labels(path, report=notes.add)
    assert spans(manual) == spans(binary) == [("Anna Berg", "person")]
    assert (manual.reviewed, binary.reviewed, rejected.reviewed, plain.reviewed) == (True, False, False, False)
    assert (manual.spans[0].by, manual.spans[0].time) == ("ann", "2023-11-14T22:13:20+00:00")
    assert rejected.spans == ()
    assert notes.lines() == [
        f"{path}: line 3: relations are left out",
        f"{path}: line 3: the answer is reject: its spans are left out",
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"id": 7, "text": TEXT, "label": [[10, 19, "PER"]], "Comments": []},
        {"id": 7, "text": TEXT, "labels": [[10, 19, "PER"]]},
        {"id": 7, "data": TEXT, "label": [[10, 19, "PER"]]},
        {"id": 7, "text": TEXT, "entities": [[10, 19, "PER"]]},
        {"id": 7, "text": TEXT, "relations": [], "Comments": [],
         "entities": [{"id": 1, "label": "PER", "start_offset": 10, "end_offset": 19}]},
        {"id": 7, "text": TEXT, "annotation_approver": None,
         "annotations": [{"label": "PER", "start_offset": 10, "end_offset": 19, "user": 1}]},
    ],
)  # fmt: skip
def test_doccano_in_the_shapes_of_its_versions(write: Write, item: dict[str, object]) -> None:
    path = write("x.jsonl", lines(item, {"text": "x", "label": []}))
    assert detect_format(path) == "doccano"
    labeled, empty = read_labels(path)
    assert (labeled.id, labeled.reviewed, spans(labeled)) == ("7", True, [("Anna Berg", "person")])
    assert not empty.reviewed
    assert spans(next(read_labels(write("x.json", json.dumps([item]))))) == [("Anna Berg", "person")]


def region(start: int, end: int, label: str, **fields: object) -> dict[str, object]:
    value = {"start": start, "end": end, "labels": [label]} | fields
    return {"id": "a", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def test_label_studio(write: Write) -> None:
    units, points = region(10 + EMOJI, 19 + EMOJI, "PER"), region(10, 19, "PER", text="Anna Berg")
    choice = {"id": "c", "type": "choices", "value": {"choices": ["news"]}}
    prediction = {"model_version": "v1", "result": [units | {"score": 0.75}]}
    tasks = [
        {"id": 1, "data": {"text": TEXT}, "predictions": [{"result": [region(0, 3, "ORG")]}],
         "annotations": [{"completed_by": {"id": 2, "email": "ann@example.org"}, "result": [units, choice]}]},
        {"id": 2, "data": {"note": TEXT}, "completions": [{"completed_by": 5, "created_at": 1, "result": [points]}]},
        {"id": 3, "data": {"text": TEXT}, "annotations": [{"was_cancelled": True, "result": [units]}],
         "predictions": [prediction]},
    ]  # fmt: skip
    path = write("x.json", json.dumps(tasks))
    assert detect_format(path) == "label-studio"
    notes = Notes()
    annotated, older, suggested = read_labels(path, report=notes.add)
    assert spans(annotated) == spans(older) == spans(suggested) == [("Anna Berg", "person")]
    assert (annotated.reviewed, older.reviewed, suggested.reviewed) == (True, True, False)
    assert (annotated.spans[0].by, older.spans[0].by) == ("ann@example.org", "5")
    assert (suggested.spans[0].by, suggested.spans[0].model, suggested.spans[0].probability) == ("model", "v1", 0.75)
    assert notes.lines() == [f"{path}: item 1: results of type choices are left out"]


def test_label_studios_json_min(write: Write) -> None:
    item = {"id": 1, "text": TEXT, "annotator": 3, "annotation_id": 9, "created_at": "2026-05-02T10:00:00Z",
            "label": [{"start": 10 + EMOJI, "end": 19 + EMOJI, "text": "Anna Berg", "labels": ["PER"]}]}  # fmt: skip
    path = write("x.json", json.dumps([item]))
    assert detect_format(path) == "label-studio"
    (record,) = read_labels(path)
    assert (spans(record), record.reviewed, record.spans[0].by) == ([("Anna Berg", "person")], True, "3")


def test_brat(write: Write, tmp_path: Path) -> None:
    write("c/notes.txt", "Ben is\nhere. Anna met\nZoë Berg.")
    write("c/notes.ann", "T1\tPerson 13 17\tAnna\nT2\tPerson 22 25;26 30\tZoë Berg\nT3\tPerson 0 3;13 17\tBen Anna\n"
          "R1\tKnows Arg1:T1 Arg2:T2\nT4\tOrganization 17 18\t \n")  # fmt: skip
    write("c/empty.txt", "Nobody.")
    write("c/empty.ann", "")
    notes = Notes()
    empty, full = read_labels(tmp_path / "c", report=notes.add)
    assert (empty.id, empty.reviewed) == ("empty.txt", False)
    assert (full.id, full.reviewed) == ("notes.txt", True)
    assert spans(full) == [("Ben", "person"), ("Anna", "person"), ("Zoë Berg", "person")]
    assert len(notes.lines()) == 3
    assert spans(next(read_labels(tmp_path / "c" / "notes.ann"))) == spans(full)
    write("c/alone.ann", "")
    with pytest.raises(EscoreError, match=r"alone\.ann: there is no alone\.txt beside it"):
        list(read_labels(tmp_path / "c"))


def test_what_escore_run_writes(write: Write) -> None:
    word = {"text": "met", "start": 6, "end": 9, "score": 20.5, "mark": "", "probability": 0.01}
    entity = {"text": "Anna Berg", "start": 10, "end": 19, "score": 290.0, "probability": 0.97}
    inside = {"text": "Anna", "start": 10, "end": 14, "score": 290.0, "mark": "★"}
    item = {"id": "a.txt", "text": TEXT, "words": [word, inside]}
    path = write("x.jsonl", lines(item | {"entities": [entity]}, item))
    assert detect_format(path) == "run"
    joined, apart = read_labels(path)
    assert spans(joined) == [("met", "none"), ("Anna Berg", "entity")]
    assert spans(apart) == [("met", "none"), ("Anna", "entity")]
    assert (joined.id, joined.reviewed, joined.spans[1].by, joined.spans[1].score) == ("a.txt", False, "model", 290.0)


def test_plain_text_is_one_record_or_one_a_line(write: Write) -> None:
    path = write("a.txt", "\ufeffOne line.\r\n\nAnd\u2028another.\n")
    assert [(record.id, record.text) for record in read_labels(path)] == [
        (str(path), "One line.\r\n\nAnd\u2028another.\n")
    ]
    assert [(record.id, record.text) for record in read_labels(path, "lines")] == [
        (f"{path}:1", "One line."),
        (f"{path}:3", "And\u2028another."),
    ]


def test_spans_go_to_word_edges_and_that_is_counted(write: Write) -> None:
    labels = [[11, 17, "PER"], [9, 19, "PER"], [5, 6, "PER"], [10, 10, "PER"], [10, 19, "PER"], [15, 19, "LOC"]]
    notes = Notes()
    (record,) = read_labels(write("x.jsonl", lines({"text": TEXT, "label": labels})), report=notes.add)
    assert spans(record) == [("Anna Berg", "person"), ("Berg", "place")]
    assert (notes.count("moved"), notes.count("overlap"), notes.count("lost")) == (2, 1, 2)
    assert "a span does not lie on word edges, and was moved to them (2 times, first in " in notes.lines()[0]


def test_empty_texts_are_counted_and_records_are_taken_as_they_are(write: Write) -> None:
    notes = Notes()
    path = write("x.jsonl", lines({"text": " "}, {"text": "ab", "spans": [{"start": 1, "end": 2, "label": "entity"}]}))
    assert [place for place, _ in read_placed(path, report=notes.add)] == [f"{path}: line 1", f"{path}: line 2"]
    assert (notes.count("empty"), notes.count("moved")) == (1, 0)
    assert notes.lines() == [f"{path}: line 1: a text without words"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", "", "empty"),
        ("x.jsonl", "\n \n", "empty"),
        ("x.json", "[]", "no text in it"),
        ("x.jsonl", '{"text": "a"}\nAnna\tB-PER\n', "line 2: not JSON"),
        ("x.jsonl", lines(RECORD, DOCCANO), "line 2: a record has no field 'label'"),
        ("x.jsonl", lines(DOCCANO, RECORD), "line 2: records, in a file of doccano; give"),
        ("x.jsonl", '{"text": "a", "label": [[0, 9, "PER"]]}\n', "line 1: span 0..9: outside the text, which has 1"),
        ("x.jsonl", '{"text": "a", "label": [["0", 1, "PER"]]}', r"label\[0\]\[0\]: must be a whole number, but"),
        ("x.jsonl", '{"label": [[0, 1, "PER"]]}\n', "line 1: text: must be text, but is null"),
        ("x.jsonl", '{"text": "a", "spans": [{"start": 0, "end": 1, "label": "x", "by": "a"}]}', "cannot be 'x'"),
        ("x.jsonl", '{"text": "a", "words": [{"start": 0, "end": 1, "score": 999}]}', "score 999: not a number from 0"),
        ("x.json", '[{"data": {"a": "x", "b": "y"}}]', 'item 1: data has no text; name the field of the text "text"'),
        ("x.json", "[1, 2", "not JSON"),
        ("x.jsonl", '{"text":' + "[" * 100_000, "line 1: not JSON"),
        ("x.json", "[1]", "item 1: must be an object, but is a whole number"),
        ("x.ann", "T1\tPER 0 9\tAnna\n", r"x\.ann: line 1: span 0..9: outside the text, which has 4"),
        ("x.ann", "T1 PER 0 4\n", r"x\.ann: line 1: not a span of brat"),
        ("x.conll", "Anna\tB-PER\nsaw\n", "line 2: 1 column, needed 2: a token and its tags"),
        ("x.conll", "Anna\tB-PER\nsaw\tO\nher\tX-PER\n", "line 3: 'X-PER' is not an entity tag"),
        ("x.conll", "Anna O\nsaw O\nher O\nAnna NNP I-NP B-PER\n", "line 4: 'NNP' is not an entity tag"),
        ("x.conll", "one two\n", "line 1: 'two' is not an entity tag"),
        ("x.conllu", "1\tAnna\t_\tPROPN\n", "line 1: 4 columns, needed 10"),
        ("x.jsonl", lines({"text": "a", "meta": {}, "escore": {"time": "soon"}}), "line 1: time 'soon': not a date"),
        ("x.xml", "one two\n", "not a format of labels that escore knows; name it with --from"),
        ("x.conll", "Anna\tO\nJos\xe9\tO\n".encode("latin-1"), "line 2: not UTF-8"),
        ("x.pkl", pickle.dumps([1], 0), "a pickle, which escore does not open"),
        ("x.jsonl", pickle.dumps([1]), "a pickle, which escore does not open"),
        ("x.db", b"SQLite format 3\0", "an SQLite file; if it holds corrections: escore feedback FILE"),
        ("x.json.gz", b"\x1f\x8b\x08", "compressed by gzip"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(write: Write, name: str, content: str | bytes, message: str) -> None:
    write("x.txt", "Anna")
    path = write(name, content)
    with pytest.raises(EscoreError, match=message) as error:
        list(read_labels(path))
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_paths_and_formats_that_there_are_not(tmp_path: Path, write: Write) -> None:
    for path, message in (
        (tmp_path / "none.jsonl", "No such file"),
        (tmp_path, r"a folder without brat's \.ann files"),
    ):
        with pytest.raises(EscoreError, match=message):
            list(read_labels(path))
    with pytest.raises(EscoreError, match="format 'csv' cannot be read; give one of records, run"):
        list(read_labels(write("x.csv", "id\n"), "csv"))


def test_a_docbin_that_is_something_else(write: Write) -> None:
    pytest.importorskip("spacy")
    for content in (b"x", b"x\x9cnothing", pickle.dumps([1], 0)):
        with pytest.raises(EscoreError, match="not a DocBin of spaCy; give a file that spaCy's DocBin wrote"):
            list(read_labels(write("x.spacy", content)))


def test_spacy_is_named_where_it_is_missing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "spacy", None)
    with pytest.raises(ImportError, match=r"spacy is not installed, .* pip install -c constraints.txt '\.\[spacy\]'"):
        list(read_labels(write("x.spacy", b"x\x9c")))
