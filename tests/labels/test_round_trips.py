"""What is written in any format is read back as far as the format can say it, and the rest is counted."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escore.segmentation import words
from escore_labels.detect import detect_format
from escore_labels.formats import read_labels, write_labels
from escore_labels.notes import Notes
from escore_labels.record import Record, Span

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
            "model": st.just("escore-en 7"),
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
