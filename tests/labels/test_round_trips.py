"""What is written in any format is read back as far as the format can say it, and the rest is counted."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escore import OutputError
from escore.segmentation import words
from escore_labels.detect import detect_format
from escore_labels.formats import read_labels, write_labels
from escore_labels.notes import Notes
from escore_labels.record import Record, RecordError, Span

FILES = {
    "records": "x.jsonl", "prodigy": "x.jsonl", "doccano": "x.jsonl", "label-studio": "x.json", "brat": "x",
    "spacy": "x.spacy", "conllu": "x.conllu", "conll": "x.conll", "conll2003": "x.conll", "gmb": "x.txt",
    "word-tag": "x.txt",
}  # fmt: skip
GAPS = ["", " ", "  ", "\n", "\u00a0", "\u2028", " \t"]
PARTS = ["Anna", "O'Neil", "U.S.", "🙂", "Zoë", "do", "n't", "#", '"', ".", "_", "a_b", "O", "-", "日本", "(", "``"]
LABELS = st.one_of(
    st.fixed_dictionaries({"label": st.sampled_from(["none", "noun", "proper"])}),
    st.fixed_dictionaries(
        {"label": st.just("entity"), "kind": st.sampled_from([None, "person", "organization", "place", "other"])}
    ),
)
CLAIMS = st.tuples(
    LABELS | st.fixed_dictionaries({"target": st.floats(0, 300)}),
    st.fixed_dictionaries(
        {},
        optional={
            "by": st.sampled_from(["ann", "model", "list"]),
            "model": st.just("escore-en 6"),
            "score": st.floats(0, 300),
            "probability": st.floats(0, 1),
            "time": st.just("2026-05-02T10:00:00Z"),
        },
    ),
).map(lambda parts: parts[0] | parts[1])


@st.composite
def records(draw: st.DrawFn, gaps: list[str], claims: st.SearchStrategy[dict[str, object]], overlap: bool) -> Record:
    """A text of odd words, and spans on their edges."""
    pair = st.tuples(st.sampled_from(PARTS), st.sampled_from(gaps)).map("".join)
    text = draw(st.lists(pair, min_size=1, max_size=8).map("".join))
    offsets = [offset for _, offset in words(text)]
    edges = sorted(draw(st.sets(st.integers(0, len(offsets)), max_size=6)))
    runs = [(edges[0], edges[-1])] if overlap and len(edges) > 2 else []
    runs += list(zip(edges[::2], edges[1::2], strict=False))
    spans = {Span(start=offsets[i][0], end=offsets[j - 1][1], **draw(claims)) for i, j in runs}  # type: ignore[arg-type]
    return Record(
        text=text,
        id=draw(st.sampled_from(["", "a", "notes/7.txt"])),
        reviewed=draw(st.booleans()),
        spans=tuple(sorted(spans, key=lambda span: (span.start, span.end))),
    )


def small(test: Callable[..., None]) -> Callable[..., None]:
    return settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])(test)


def round_trip(tmp_path: Path, format: str, record: Record, **options: object) -> tuple[Record, Notes]:
    notes = Notes()
    path = tmp_path / FILES[format]
    if path.is_dir():
        shutil.rmtree(path)  # of an earlier example: no folder is replaced
    write_labels(path, [record], format, report=notes.add, **options)  # type: ignore[arg-type]
    assert detect_format(path) == ("conll" if format == "conll2003" else format)
    (back,) = read_labels(path)
    return back, notes


def word_labels(record: Record, only: str = "") -> list[tuple[int, int, str | None, str | None]]:
    """The spans; those of one class beside each other are one, unless they are entities."""
    joined: list[tuple[int, int, str | None, str | None]] = []
    for span in record.spans:
        before = joined[-1] if joined else (0, 0, "", "")
        touches = span.label != "entity" and before[2] == span.label and not words(record.text[before[1] : span.start])
        joined[len(joined) - touches :] = [(before[0] if touches else span.start, span.end, span.label, span.kind)]
    return [item for item in joined if only in ("", item[2])]


@pytest.mark.parametrize("format", ["records", "prodigy", "label-studio"])
@small
@given(record=records(GAPS, CLAIMS, overlap=True))
def test_some_formats_say_all_that_a_record_does(tmp_path: Path, format: str, record: Record) -> None:
    back, notes = round_trip(tmp_path, format, record)
    assert back == record
    assert notes.lines() == []


@pytest.mark.parametrize("format", ["doccano", "brat"])
@small
@given(record=records(GAPS, LABELS, overlap=True))
def test_formats_of_spans_say_what_is_where(tmp_path: Path, format: str, record: Record) -> None:
    back, notes = round_trip(tmp_path, format, record)
    assert (back.text, back.spans) == (record.text, record.spans)
    if format == "doccano" or notes.count("lost") == 0:
        assert (back.reviewed, back.id) == (record.reviewed, record.id)


@small
@given(record=records(GAPS, LABELS, overlap=False))
def test_conllu_keeps_the_text_and_its_words(tmp_path: Path, record: Record) -> None:
    back, notes = round_trip(tmp_path, "conllu", record)
    assert (back.text, word_labels(back), back.reviewed) == (record.text, word_labels(record), record.reviewed)
    assert back.id == (record.id or f"{tmp_path / 'x.conllu'}:1")
    assert notes.lines() == []


@small
@given(record=records(GAPS, LABELS, overlap=False))
def test_a_docbin_keeps_the_text_and_its_words(tmp_path: Path, record: Record) -> None:
    pytest.importorskip("spacy")
    record = msgspec.structs.replace(record, id="")
    back, notes = round_trip(tmp_path, "spacy", record)
    assert (back.text, word_labels(back)) == (record.text, word_labels(record))
    assert back.reviewed == record.reviewed or not record.reviewed
    assert notes.lines() == []


@pytest.mark.parametrize("scheme", ["bio", "bioes", "iob1"])
@pytest.mark.parametrize("format", ["conll", "conll2003", "gmb"])
@small
@given(record=records(["", " "], LABELS, overlap=False))
def test_columns_keep_the_words_of_a_reviewed_text(tmp_path: Path, format: str, scheme: str, record: Record) -> None:
    record = msgspec.structs.replace(record, reviewed=True, id="")
    back, notes = round_trip(tmp_path, format, record, scheme=scheme)
    assert "".join(back.text.split()) == "".join(record.text.split())
    if back.text != record.text:
        assert notes.count("lost") > 0
    elif format == "conll":
        assert word_labels(back, "entity") == word_labels(record, "entity")
    else:
        assert word_labels(back) == word_labels(record)


@small
@given(record=records([" "], LABELS, overlap=False))
def test_word_tag_keeps_parts_of_speech(tmp_path: Path, record: Record) -> None:
    others = tuple(span for span in record.spans if span.label in ("none", "noun"))
    record = Record(text=record.text, spans=others)
    path = tmp_path / "x.txt"
    write_labels(path, [record], "word-tag", report=(notes := Notes()).add)
    (back,) = read_labels(path, "word-tag")
    if back.text == record.text:
        assert word_labels(back) == word_labels(record)
    else:
        assert notes.count("lost") > 0


TEXT = "Zoë 🙂 met Anna Berg."
RECORD = Record(
    text=TEXT, id="a", time="2026-05-02", source="mail", held_out=True,
    spans=(
        Span(start=0, end=3, label="entity", by="ann", time="2026-05-02"),
        Span(start=10, end=19, target=250, by="model", model="escore-en 6", score=281.5, probability=0.9),
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
    spans = (Span(start=10, end=19, label="entity", kind="person", by="model", model="escore-en 6", probability=0.9),)
    items = [Record(text=TEXT, spans=spans), Record(text=TEXT, spans=spans, reviewed=True), Record(text=TEXT)]
    write_labels(tmp_path / "x.json", items)
    suggested, reviewed, plain = json.loads((tmp_path / "x.json").read_text("utf-8"))
    (prediction,) = suggested["predictions"]
    assert prediction["model_version"] == "escore-en 6"
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
        (0, "model", "escore-en 6"), (10, None, None), (15, None, None),
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
    Span(start=start, end=end, label="entity", kind="person", by="model", model="escore-en 6", score=250.0)
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
        "by": "model", "model": "escore-en 6", "score": "281.5", "probability": "0.9", "time": "", "settles": "",
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
