"""Records of one text become one, every fifth text is held out, and what is wrong with labels is named."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from escore import OutputError
from escore_labels.check import check_labels, summarize
from escore_labels.merge import merge_records
from escore_labels.notes import Notes
from escore_labels.record import Record, Span, read_records
from escore_labels.split import SplitError, is_held_out, write_split

TEXT = "Anna lives in Paris."
ANN = Span(start=14, end=19, label="entity", by="ann")
BOB = Span(start=14, end=19, label="none", by="bob")
MODEL = Span(start=0, end=4, label="entity", by="model", score=290.0)


def problems(*records: Record, held_out: tuple[Record, ...] = ()) -> list[str]:
    placed = [(f"line {i}", record) for i, record in enumerate(records, 1)]
    return list(map(str, check_labels(placed, [("held", record) for record in held_out])))


def test_records_of_one_text_are_united() -> None:
    notes = Notes()
    first = Record(text=TEXT, spans=(ANN, MODEL))
    second = Record(text=TEXT, id="a", time="2026-05-02", held_out=True, spans=(BOB, ANN))
    other = Record(text="other", id="a")
    merged = merge_records([("1", first), ("2", other), ("3", second), ("4", Record(text=TEXT, id="b"))], notes.add)
    assert merged == [Record(text=TEXT, id="a", time="2026-05-02", held_out=True, spans=(ANN, MODEL, BOB)), other]
    assert notes.lines() == [
        "3: another text has the same id",
        "4: the same text occurs twice; the first id is kept",
    ]


def test_a_review_beats_what_a_model_suggested_elsewhere() -> None:
    reviewed, suggested = Record(text=TEXT, reviewed=True, spans=(ANN,)), Record(text=TEXT, spans=(MODEL, BOB))
    for pair in ((reviewed, suggested), (suggested, reviewed)):
        notes = Notes()
        (record,) = merge_records([("x", item) for item in pair], notes.add)
        assert (record.reviewed, set(record.spans)) == (True, {ANN, BOB})
        assert notes.count("lost") == 1


def test_every_fifth_text_is_held_out_for_ever(tmp_path: Path) -> None:
    records = [Record(text=f"text {i}", held_out=i == 0) for i in range(200)]
    train, held = tmp_path / "train.jsonl", tmp_path / "held.jsonl"
    counts = write_split(records, train, held)
    assert sum(counts) == 200
    assert 25 <= counts[1] <= 55
    held_texts = {record.text for record in read_records(held)}
    assert "text 0" in held_texts
    assert all(record.held_out for record in read_records(held))
    assert not any(record.held_out or is_held_out(record) for record in read_records(train))
    write_split(records[:50], train, held)
    assert {record.text for record in read_records(held)} == held_texts & {record.text for record in records[:50]}


def test_all_records_of_one_text_are_on_one_side(tmp_path: Path) -> None:
    train, held = tmp_path / "train.jsonl", tmp_path / "held.jsonl"
    record = next(record for i in range(9) if not is_held_out(record := Record(text=f"a text {i}")))
    for marked in (replace(record, held_out=True), replace(record, text=record.text.replace(" ", "\n"), held_out=True)):
        for records in ((record, marked), (marked, record)):
            assert write_split((*records, Record(text="b")), train, held) == (1, 2)


def test_both_files_are_written_or_neither(tmp_path: Path) -> None:
    both = [Record(text="a", held_out=True), Record(text="b")]
    with pytest.raises(OutputError, match=r"train\.jsonl: No such file or directory; make the folder first"):
        write_split(both, tmp_path / "none" / "train.jsonl", tmp_path / "held.jsonl")
    with pytest.raises(OutputError, match=r"held\.jsonl: "):
        write_split(both, tmp_path / "train.jsonl", tmp_path / "none" / "held.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_no_side_of_a_split_is_empty(tmp_path: Path) -> None:
    learned = Record(text="b")
    for records, number in (
        ([learned] * 2, "2 texts, of which 0"),
        ([replace(learned, held_out=True)], "1 text, of which 1"),
    ):
        with pytest.raises(SplitError, match=f"{number} would be held out; give more texts"):
            write_split(records, tmp_path / "train.jsonl", tmp_path / "held.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_good_labels_have_no_problem() -> None:
    reviewed = Record(text=TEXT, reviewed=True, spans=(ANN, MODEL))
    assert (
        problems(reviewed, reviewed, Record(text=TEXT, spans=(ANN,)), Record(text="x"), held_out=(Record(text="y"),))
        == []
    )
    assert summarize([reviewed, Record(text="x", held_out=True)]) == (
        "2 texts (1 reviewed, 1 held out), 2 spans (2 entity, 1 by ann, 1 by model)"
    )
    assert summarize([]) == "0 texts (0 reviewed, 0 held out), 0 spans"


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ([Record(text=TEXT, spans=(ANN, BOB))],
         "line 1: 'Paris' is entity to ann and 'Paris' is none to bob; agree on one, or prefer a person"),
        ([Record(text=TEXT, spans=(ANN,)), Record(text=TEXT, spans=(BOB,))],
         "line 2 and line 1: 'Paris' is entity to ann and 'Paris' is none to bob; agree on one, or prefer a person"),
        ([Record(text=TEXT, spans=(ANN,)), Record(text=TEXT, reviewed=True)],
         "line 2: the text is in line 1 too, with other labels; leave one of the two out"),
        ([Record(text=TEXT, reviewed=True, spans=(ANN, Span(start=15, end=19, label="none")))],
         "line 1: span 'aris' crosses a word's edge; label whole words"),
        ([Record(text=TEXT, spans=(ANN,))],
         "all texts: every word that is labeled is entity; nothing can be learned from that"),
        ([Record(text=TEXT, spans=(Span(start=0, end=4, target=250.0),))],
         "all texts: every word that is labeled is 250.0; nothing can be learned from that"),
        ([Record(text=TEXT)], "all texts: no word is labeled; nothing can be learned from that"),
        ([Record(text="Anna  lives\nin Paris.", reviewed=True, spans=(MODEL,))],
         "line 1: the text is held out in held; take it out of one of the two"),
        ([Record(text=TEXT, reviewed=True, held_out=True, spans=(ANN, MODEL)),
          Record(text=TEXT, reviewed=True, spans=(ANN, MODEL))],
         "line 2: the text is held out in line 1; take it out of one of the two"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(records: list[Record], problem: str) -> None:
    assert problems(*records, held_out=(Record(text=TEXT, held_out=True),) if "in held;" in problem else ()) == [
        problem
    ]


def test_overlapping_spans_of_one_person_are_counted() -> None:
    part = Span(start=14, end=16, label="none", by="ann")
    overlap = "line 1: spans of one person overlap: the later one counts"
    assert overlap in problems(Record(text=TEXT, reviewed=True, spans=(MODEL, ANN, part)))
    for others in ((ANN, ANN, MODEL), (ANN, replace(part, by="bob")), (ANN, replace(part, by="model"))):
        assert overlap not in problems(Record(text=TEXT, reviewed=True, spans=others))


def test_an_id_of_two_texts_is_named_once_more() -> None:
    records = [Record(text=text, id="a", reviewed=True, spans=(ANN, MODEL)) for text in (TEXT, TEXT + ".", TEXT)]
    assert problems(*records) == ["line 2: another text has the same id"]
