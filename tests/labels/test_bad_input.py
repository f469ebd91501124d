"""Label files that are broken in every way: one line of error with the place, or a note, and no other exception."""

from pathlib import Path

import pytest

from escore import EscoreError, segmentation
from escore_labels.adjudicate import adjudicate
from escore_labels.formats import READERS, WRITERS, read_labels, read_placed, write_labels
from escore_labels.notes import Notes
from escore_labels.record import Record, RecordError, Span, read_records, write_records

GMB = b"\tSentence #\tWord\tPOS\tTag\n"
TOKEN = b"\tAnna\t_\tPROPN\tNNP\t_\t_\t_\t_\t"
BAD = {
    "empty": b"",
    "blank": b" \n\n",
    "null": b"null\n",
    "number": b"3\n",
    "array": b"[1, 2]\n",
    "deep": b"[" * 4_000,
    "deep object": b'{"text":' + b"[" * 4_000,
    "mixed": b'{"text":"Anna"}\n{"text":"Anna","label":[[0,4,"PER"]]}\nAnna\tB-PER\n',
    "outside": b'{"text":"Anna","label":[[-1,4,"PER"]]}\n',
    "reversed": b'{"text":"Anna","label":[[4,2,"PER"]]}\n',
    "far outside": b'{"text":"Anna","label":[[0,99999999999999999999,"PER"]]}\n',
    "outside of run": b'{"text":"Anna","words":[{"start":-5,"end":4,"score":290}]}\n',
    "score": b'{"text":"Anna","words":[{"start":0,"end":4,"score":1e999}]}\n',
    "surrogate": b'{"text":"Anna \\ud800","label":[]}\n',
    "raw surrogate": b'{"text":"Anna \xed\xa0\x80"}\n',
    "utf-16": '{"text":"Anna"}'.encode("utf-16"),
    "latin-1": b"Jos\xe9\tB-PER\n",
    "pickle": b"\x80\x04K\x01.",
    "long integer": b'{"id":' + b"9" * 5000 + b',"text":"Anna","label":[]}\n',
    "long token id": b"9" * 5000 + TOKEN + b"_\n",
    "no token": b"1\t\t_\tPROPN" + b"\t_" * 5 + b"\tname=B-PER\n",
    "comments": b"# text = x\n",
    "mentions": b"# global.Entity = x\n1" + TOKEN + b"Entity=((((1))-\n2" + TOKEN + b"Entity=(5\n",
    "escape": b"1" + TOKEN + b"SpacesAfter=\\\n",
    "no-break space": b"\xc2\xa0\tB-PER\n",
    "no tags": b"-DOCSTART- O\n\n",
    "header": GMB,
    "quotes": GMB + b'0\t1\t"Anna\tNNP\tB-per\n',
    "long field": GMB + b"0\t1\t" + b"x" * 200_000 + b"\tNNP\tB-per\n",
    "no tags of Penn": b"a_B c_D e_F\n",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_every_reader_and_writer_survives_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").write_bytes(content)
    for name in (None, *(set(READERS) - {"spacy", "brat"})):
        errors: list[EscoreError] = []
        placed = list(read_placed(tmp_path / "bad", name, broken=errors.append))
        assert placed or errors
        for error in errors:
            assert str(error).startswith(f"{tmp_path / 'bad'}: ")
        if errors:
            with pytest.raises(EscoreError):
                list(read_labels(tmp_path / "bad", name))
            continue
        for target in set(WRITERS) - {"spacy"}:
            write_labels(tmp_path / f"{name}.{target}", (record for _, record in placed), target)


def test_odd_times_of_prodigy_are_left_out(tmp_path: Path) -> None:
    for number in ("1e30", "-1e12"):
        (tmp_path / "x").write_text(
            f'{{"text":"Anna","_timestamp":{number},"spans":[{{"start":0,"end":4,"label":"PER"}}],"answer":"accept"}}'
        )
        notes = Notes()
        (record,) = read_labels(tmp_path / "x", report=notes.add)
        assert record.spans[0].time is None
        assert notes.count("lost") == 1


def test_spans_of_brat_that_are_broken_are_named_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Anna")
    (tmp_path / "a.ann").write_text(f"T1\tPER 0 9\tx\nT2\tPER 0 x\nT3\tPER 0 {'9' * 5000}\tx\nT4\tPER 0 4\tAnna\n")
    errors: list[EscoreError] = []
    ((_, record),) = read_placed(tmp_path, broken=errors.append)
    assert (len(record.spans), len(errors)) == (1, 3)


def test_a_lone_surrogate_is_written_as_a_replacement_and_offsets_stay(tmp_path: Path) -> None:
    record = Record(text="a\udcff Anna", id="\ud800", spans=(Span(start=3, end=7, label="entity", by="x\ud800"),))
    write_records(tmp_path / "x.jsonl", [record])
    (written,) = read_records(tmp_path / "x.jsonl")
    assert (written.text, written.id) == ("a\ufffd Anna", "\ufffd")
    assert written.spans == (Span(start=3, end=7, label="entity", by="x\ufffd"),)
    for name in set(WRITERS) - {"spacy"}:
        write_labels(tmp_path / name, [record], name)


def test_a_word_that_is_too_long_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "MAX_WORD", 1 << 14)
    long = "x" * 50_000
    for name, content in (("x.conll", f"{long}\tB-PER\n"), ("x.jsonl", f'{{"text":"{long}","label":[]}}')):
        (tmp_path / name).write_text(content)
        with pytest.raises(RecordError, match=rf"{name}: .*a word of more than 16384 characters"):
            list(read_labels(tmp_path / name))
    with pytest.raises(RecordError, match="notes: a word of more than 16384 characters"):
        adjudicate(Record(text=long, id="notes"))
