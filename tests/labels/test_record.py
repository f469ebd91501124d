"""The record: what is read is what was written, and each mistake is told in one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escore_labels.record import (
    Record,
    RecordError,
    Span,
    parse_record,
    read_records,
    record_schema,
    render_record,
    write_records,
)

TEXT = "Anna lives in Paris."
SPAN = '{{"text": "a", "spans": [{{{}}}]}}'


def spans_of(text: str) -> st.SearchStrategy[Span]:
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(
        lambda place: place[0] < place[1]
    )
    claims = st.one_of(
        st.fixed_dictionaries({"label": st.sampled_from(["none", "noun", "proper", "entity"])}),
        st.fixed_dictionaries({"target": st.floats(0, 300)}),
    )
    by = st.sampled_from([None, "ann", "model", "list"])
    return st.builds(lambda place, claim, by: Span(start=place[0], end=place[1], by=by, **claim), places, claims, by)


records = st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])).flatmap(
    lambda text: st.builds(
        Record, text=st.just(text), id=st.text(alphabet="ab/1", max_size=5), reviewed=st.booleans(),
        spans=st.lists(spans_of(text), max_size=4).map(tuple),
    )
)  # fmt: skip


@given(records)
def test_what_is_written_is_read_back(record: Record) -> None:
    line = render_record(record)
    assert line.count("\n") == 1
    assert parse_record(line, "here") == record


def test_a_file_of_records(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    several = [Record(text=TEXT, id=str(number)) for number in range(3)]
    assert write_records(path, several) == 3
    path.write_text(path.read_text() + "\n  \n")
    assert list(read_records(path)) == several
    with pytest.raises(RecordError, match="No such file"):
        list(read_records(tmp_path / "none.jsonl"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "here: not JSON"),
        ("[]", "here: must be an object, but is a list"),
        ("{}", "here: has no 'text'"),
        ('{"text": 1}', "here: text: must be text, but is a whole number"),
        ('{"text": "a", "word": 1}', "here: a record has no field 'word'; correct it, or name the format with --from"),
        (SPAN.format('"start": 0, "end": 2, "label": "none"'), "here: span 0..2: outside the text, which has 1"),
        (
            SPAN.format('"start": 0, "end": 0, "label": "none"'),
            r"here: spans\[0\]: start 0, end 0: not 0 <= start < end",
        ),
        (SPAN.format('"start": 0, "end": 1'), r"here: spans\[0\]: has neither a label nor a target; a span needs one"),
        (
            SPAN.format('"start": 0, "end": 1, "label": "none", "target": 9'),
            r"spans\[0\]: has both a label and a target;",
        ),
        (SPAN.format('"start": 0, "end": 1, "target": "9"'), "target: must be a number or null, but is text"),
        ('{"text": "\\ud800 and more"}', "here: not JSON: half a character"),
        ('{"text": "a"}'.encode("utf-16"), "here: not UTF-8, but maybe UTF-16; convert the file to UTF-8"),
        ('{"text": "é"}'.encode("latin-1"), r"here: not UTF-8 \(byte \d+\); convert the file to UTF-8"),
        (
            SPAN.format('"start": 0, "end": 1, "label": "x"'),
            r"here: spans\[0\].label: cannot be 'x'; give one of none, noun, ",
        ),
        (SPAN.format('"start": 0, "end": 1, "target": 301'), "target 301: not a number from 0 to 300"),
        ('{"text": "a", "time": "yesterday"}', "time 'yesterday': not a date and time in ISO 8601"),
    ],
)
def test_a_mistake_is_told_in_one_line(line: str, message: str) -> None:
    with pytest.raises(RecordError, match=message) as error:
        parse_record(line, "here")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("record", "is_labeled"),
    [
        (Record(text="Anna"), False),
        (Record(text="Anna", reviewed=True), True),
        (Record(text=" ", reviewed=True), False),
        (Record(text="Anna", spans=(Span(start=0, end=4, label="none", by="model"),)), False),
        (Record(text="Anna", spans=(Span(start=0, end=4, label="none", by="list"),)), True),
        (Record(text="Anna", spans=(Span(start=0, end=4, target=0),)), True),
    ],
)
def test_only_what_a_person_or_a_list_says_is_a_label(record: Record, is_labeled: bool) -> None:
    assert record.is_labeled == is_labeled


def test_the_schema_names_every_field() -> None:
    definitions = record_schema()["$defs"]
    assert set(definitions["Record"]["properties"]) == set(Record.__struct_fields__)
    assert set(definitions["Span"]["properties"]) == set(Span.__struct_fields__)
