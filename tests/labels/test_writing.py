"""How formats say what they can, what they cannot say, and that nothing is lost where writing fails."""

import csv
import json
from pathlib import Path

import pytest
from tests.labels.test_round_trips import FILES, round_trip

from escore import OutputError
from escore_labels.formats import read_labels, write_labels
from escore_labels.notes import Notes
from escore_labels.record import Record, RecordError, Span

TEXT = "Zoë 🙂 met Anna Berg."
RECORD = Record(
    text=TEXT, id="a", time="2026-05-02", source="mail", held_out=True,
    spans=(
        Span(start=0, end=3, label="entity", by="ann", time="2026-05-02"),
        Span(start=10, end=19, target=250, by="model", model="escore-en 7", score=281.5, probability=0.9),
        Span(start=10, end=14, label="noun", kind="person"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("format", "lost"),
    [
        ("records", ""),
        ("prodigy", "kind of no entity"),
        ("doccano", "kind of no entity"),
        ("brat", "time, source, held_out, kind of no entity, target, by, time of span, id is no path, reviewed"),
        ("conll", "id, time, source, held_out, kind of no entity, target, by, time of span, open, noun"),
        ("csv", "time, source, held_out"),
        ("lines", "id, time, source, held_out, kind, kind of no entity, target, by, time of span, spans"),
    ],
)
def test_what_is_lost_is_said(tmp_path: Path, format: str, lost: str) -> None:
    phrases = {
        "id": "id of a text is not written", "time": "time of a text is not written",
        "source": "source of a text is not written", "held_out": "held_out of a text is not written",
        "kind": "kind of a span is not written", "by": "by of a span is not written",
        "kind of no entity": "kind of a span that is no entity is not written",
        "target": "a span with a target is left out", "time of span": "time of a span is not written",
        "id is no path": "an id that is no name of a .txt file is replaced by a number",
        "reviewed": "reviewed is read back as true", "spans": "spans are not written",
        "open": "words that nobody has labeled are written as in no entity",
        "noun": "a span of noun is written as in no entity",
    }  # fmt: skip
    notes = Notes()
    write_labels(tmp_path / "x", [RECORD, Record(text="x")][:1], format, report=notes.add)
    assert {line.removeprefix("a: ") for line in notes.lines()} == {phrases[item] for item in lost.split(", ") if item}


def test_label_studio_counts_utf16_units_in_its_documented_structure(tmp_path: Path) -> None:
    spans = (Span(start=10, end=19, label="entity", kind="person", by="model", model="escore-en 7", probability=0.9),)
    items = [Record(text=TEXT, spans=spans), Record(text=TEXT, spans=spans, reviewed=True), Record(text=TEXT)]
    write_labels(tmp_path / "x.json", items)
    suggested, reviewed, plain = json.loads((tmp_path / "x.json").read_text("utf-8"))
    (prediction,) = suggested["predictions"]
    assert prediction["model_version"] == "escore-en 7"
    (region,) = prediction["result"]
    assert region["value"] == {"start": 11, "end": 20, "text": "Anna Berg", "labels": ["PER"]}
    assert (region["from_name"], region["to_name"], region["type"]) == ("label", "text", "labels")
    assert (region["id"], region["score"]) == ("span0", 0.9)
    assert reviewed["annotations"] == [{"result": [region]}]
    assert plain == {"data": {"text": TEXT}}


def test_a_model_that_nobody_touched_in_doccano_stays_a_model(tmp_path: Path) -> None:
    (back, _) = round_trip(tmp_path, "doccano", (record := Record(text=TEXT, spans=(*SUGGESTED, PERSON))))
    assert back == record
    task = json.loads((tmp_path / FILES["doccano"]).read_text("utf-8"))
    task["label"] = [[0, 3, "PER"], [10, 14, "PER"], [15, 19, "PER"]]  # one kept, one shortened, one tagged anew
    (tmp_path / "edited.jsonl").write_text(json.dumps(task))
    (edited,) = read_labels(tmp_path / "edited.jsonl")
    assert [(span.start, span.by, span.model) for span in edited.spans] == [
        (0, "model", "escore-en 7"), (10, None, None), (15, None, None),
    ]  # fmt: skip
    task["label"] = [[15, 19, "LOC"]]  # of two who said the same, doccano keeps one
    task["escore"]["spans"] = [{"start": 15, "end": 19, "tag": "LOC", "by": by} for by in ("ann", "model")]
    (tmp_path / "edited.jsonl").write_text(json.dumps(task))
    assert [span.by for record in read_labels(tmp_path / "edited.jsonl") for span in record.spans] == ["ann"]


def test_a_format_without_names_says_whose_suggestions_become_a_persons(tmp_path: Path) -> None:
    for name in ("brat", "conllu", "conll", "gmb", "word-tag"):
        notes = Notes()
        write_labels(tmp_path / name, [Record(text=TEXT, spans=SUGGESTED)], name, report=notes.add)
        assert [line for line in notes.lines() if line.startswith("what a model says")] == [
            f"what a model says is written as if a person said it (2 times, first in {TEXT})"
        ]


SUGGESTED = tuple(
    Span(start=start, end=end, label="entity", kind="person", by="model", model="escore-en 7", score=250.0)
    for start, end in ((0, 3), (10, 19))
)
PERSON = Span(start=15, end=19, label="entity", kind="place", by="ann")


def test_the_later_of_overlapping_spans_is_written_and_that_is_said(tmp_path: Path) -> None:
    spans = (Span(start=10, end=19, label="entity"), Span(start=15, end=18, label="entity", kind="place"))
    notes = Notes()
    write_labels(tmp_path / "x.conll", [Record(text=TEXT, spans=spans, reviewed=True)], report=notes.add)
    assert (tmp_path / "x.conll").read_text("utf-8").split("\n")[3:5] == ["Anna\tB-ENTITY", "Berg\tB-LOC"]
    assert (notes.count("overlap"), notes.count("moved")) == (1, 1)


def test_an_entity_that_another_cuts_in_two_starts_again(tmp_path: Path) -> None:
    text = "Bank of England"
    spans = (Span(start=0, end=15, label="entity"), Span(start=5, end=7, label="none"))
    write_labels(tmp_path / "x.conll", [Record(text=text, spans=spans, reviewed=True)])
    assert (tmp_path / "x.conll").read_text() == "Bank\tB-ENTITY\nof\tO\nEngland\tB-ENTITY\n\n"


def test_a_table_has_a_row_a_span(tmp_path: Path) -> None:
    write_labels(tmp_path / "x.csv", [RECORD])
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["Zoë", "Anna Berg", "Anna"]
    assert rows[1] == {
        "id": "a", "start": "10", "end": "19", "text": "Anna Berg", "label": "", "target": "250", "kind": "",
        "by": "model", "model": "escore-en 7", "score": "281.5", "probability": "0.9", "time": "", "settles": "",
    }  # fmt: skip


def test_lines_are_texts_without_their_line_ends(tmp_path: Path) -> None:
    write_labels(tmp_path / "x.txt", [Record(text="one\ntwo"), Record(text="three")])
    assert (tmp_path / "x.txt").read_text() == "one two\nthree\n"


def test_records_open_in_pandas(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    write_labels(tmp_path / "x.jsonl", [RECORD, Record(text="x")])
    frame = pandas.read_json(tmp_path / "x.jsonl", lines=True)
    assert list(frame["text"]) == [TEXT, "x"]


def test_brat_ids_stay_inside_the_folder_and_differ(tmp_path: Path) -> None:
    ids = [
        "notes/7.txt",
        "../evil.txt",
        "/etc/x.txt",
        "notes/7.txt",
        "NOTES/7.TXT",
        "notes/7.txt/8.txt",
        "notes.txt",
        "",
    ]
    write_labels(tmp_path / "x", [Record(text=f"text {i}", id=name) for i, name in enumerate(ids)], "brat")
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.txt")}
    numbered = {f"x/{number:06}.txt" for number in (2, 3, 4, 5, 6, 8)}
    assert files == {"x/notes/7.txt", "x/notes.txt", *numbered}
    assert sorted(record.text for record in read_labels(tmp_path / "x")) == [f"text {i}" for i in range(len(ids))]
    with pytest.raises(OutputError, match="which would be lost; give a new folder"):  # a person may have annotated it
        write_labels(tmp_path / "x", [Record(text="again")], "brat")
    assert len(list(read_labels(tmp_path / "x"))) == len(ids)
    (tmp_path / "empty").mkdir()
    write_labels(tmp_path / "empty", [Record(text="again")], "brat")
    assert [record.text for record in read_labels(tmp_path / "empty")] == ["again"]


def test_what_is_there_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("before")

    def broken() -> object:
        yield Record(text="a")
        raise RecordError("y.jsonl: line 2: broken")

    with pytest.raises(RecordError, match=r"y\.jsonl"):
        write_labels(path, broken())  # type: ignore[arg-type]
    assert path.read_text() == "before"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").touch()
    for output, name, message in (
        (tmp_path / "other", "brat", r"other: holds thesis\.txt, which would be lost; give a new folder"),
        (tmp_path / "other", "records", "other: Is a directory; nothing was written"),
        (path, "brat", "x.jsonl: is a file; give a new folder"),
        (tmp_path / "none" / "x.jsonl", "records", "No such file or directory; make the folder first"),
    ):
        with pytest.raises(OutputError, match=message):
            write_labels(output, [Record(text="a")], name)
    with pytest.raises(RecordError, match=r"no format has the suffix '.docx'; name the format with --to: records, "):
        write_labels(tmp_path / "x.docx", [])
    with pytest.raises(RecordError, match=r"format 'run' cannot be written; give one of records, "):
        write_labels(path, [], "run")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["other", "x.jsonl"]


def test_a_suggestion_that_a_number_takes_the_place_of_is_not_written(tmp_path: Path) -> None:
    """Where a format cannot say the number, what the person rejected must not stand there as said by a person."""
    text = "Bank of Oslo and Ann"
    spans = (
        Span(start=0, end=12, label="entity", by="model"),
        Span(start=0, end=12, target=0, by="ann"),
        Span(start=17, end=20, label="entity", by="model"),
    )
    write_labels(tmp_path / "x.conll", [Record(text=text, spans=spans, reviewed=True)])
    tags = [line.split("\t")[1] for line in (tmp_path / "x.conll").read_text().splitlines() if line]
    assert tags == ["O", "O", "O", "O", "B-ENTITY"]


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    signs = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"
    records = [
        Record(text=f"{sign}1+2", id=sign, spans=(Span(start=0, end=4, label="none", score=1),)) for sign in signs
    ]
    write_labels(tmp_path / "x.csv", records)
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["text"]) for row in rows] == [(f"'{sign}", f"'{sign}1+2") for sign in signs]
    assert {row["score"] for row in rows} == {"1"}
