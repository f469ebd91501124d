"""`escore label` as a user meets it: texts in many formats in, records out."""

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.bundles import rewrite
from tests.conftest import Run

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore_labels.record import Record, Span, parse_record, read_records, write_records
from escore_labels.suggest import suggest
from escore_labels.unlabeled import Text

NAMES = ("Anna Lee", "Boris", "the Bank of England", "oslo", "Delft", "Ryanair", "kowalska", "Unilever")
LINES = [f"We saw {name} {when}." for name in NAMES for when in ("there", "again", "at Gate 7", "at gate 9")]


def records(output: bytes) -> list[Record]:
    return [parse_record(line, "output") for line in output.splitlines()]


def test_texts_in_every_format_become_records(escore: Run, scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\ufeffAnna met Ben.\nIn Oslo.\n")
    (tmp_path / "b.jsonl").write_text('{"text": "Ann Lee 🙂 slept", "id": 7, "time": "2026-05-02", "source": "mail"}\n')
    (tmp_path / "c.CSV").write_text('id,text\nx,"Anna, Ben"\n,Eve\n')
    (tmp_path / "d.tsv").write_text("text\ttime\nBoris\t2026-05-03T10:00:00Z\n")
    done = escore("label", "a.txt", "-", "b.jsonl", "c.CSV", "d.tsv", input=b"The mayor of Oslo")
    assert (done.returncode, done.stderr) == (0, b"")
    texts = [
        Text("Anna met Ben.\nIn Oslo.\n", "a.txt", "a.txt"),
        Text("The mayor of Oslo", "-", "-"),
        Text("Ann Lee 🙂 slept", "7", "mail", "2026-05-02"),
        Text("Anna, Ben", "x", "c.CSV"),
        Text("Eve", "c.CSV:3", "c.CSV"),
        Text("Boris", "d.tsv:2", "d.tsv", "2026-05-03T10:00:00Z"),
    ]
    assert records(done.stdout) == [suggest(scorer(text.text), text, "escore-en 7") for text in texts]


def test_lines_and_formats_may_be_given(escore_here: Run, scorer: Scorer) -> None:
    done = escore_here("label", "--lines", "--precision", ".95", input=b"Anna Kowalska slept\n\nBen\n")
    assert [record.id for record in records(done.stdout)] == ["-:1", "-:3"]
    expected = [suggest(scorer(record.text), text_of(record), "escore-en 7", 0.95) for record in records(done.stdout)]
    assert records(done.stdout) == expected
    done = escore_here("label", "--from", "jsonl", "--text-field", "body", input=b'{"body": "Ben", "text": 3}')
    assert [(record.text, record.id) for record in records(done.stdout)] == [("Ben", "-:1")]
    done = escore_here(
        "label", "--from", "csv", "--column", "b", "--encoding", "latin-1", input="a,b\n1,José\n".encode("latin-1")
    )
    assert [record.text for record in records(done.stdout)] == ["José"]


def text_of(record: Record) -> Text:
    return Text(record.text, record.id, record.source or "", record.time)


def test_review_and_held_out(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("\n".join(LINES))
    arguments = ("label", "--lines", "in.txt", "--held-out", "4", "--review", "5")
    together = records(escore_here(*arguments).stdout)
    assert [record.held_out for record in together] == [True] * 4 + [False] * 5
    assert all(not record.spans for record in together[:4])
    assert all(record.spans and not record.reviewed for record in together[4:])
    done = escore_here(*arguments, "--threads", "3", "--held-out-to", "test.jsonl", "-o", "review.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [*read_records(tmp_path / "test.jsonl"), *read_records(tmp_path / "review.jsonl")] == together
    again = escore_here(*arguments[:-2], "--review", "5", "--skip", "review.jsonl", "--skip", "test.jsonl")
    assert len(records(again.stdout)) == 9
    assert {record.text for record in records(again.stdout)}.isdisjoint(record.text for record in together)
    other_seed = records(escore_here(*arguments, "--seed", "1").stdout)
    assert {record.id for record in other_seed[:4]} != {record.id for record in together[:4]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "review.jsonl", "test.jsonl"]


def test_what_a_person_said_is_not_replaced(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("\n".join(LINES))
    arguments = ("label", "--lines", "in.txt", "--review", "2", "-o", "review.jsonl")
    review = tmp_path / "review.jsonl"
    for _ in range(2):  # nobody has said anything yet
        assert escore_here(*arguments).returncode == 0
    first, second = read_records(review)
    spans = (Span(start=0, end=4, label="none", by="ann"), *first.spans)
    for changed in (replace(first, reviewed=True), replace(first, spans=spans)):
        write_records(review, [second, changed])
        with review.open("a") as file:
            file.write("a line that is no record\n")
        before = review.read_bytes()
        for held_out in ((), ("--held-out", "1", "--held-out-to", "review.jsonl", "-o", "other.jsonl")):
            done = escore_here(*arguments, *held_out)
            assert (done.returncode, done.stdout, review.read_bytes()) == (1, b"", before)
            problem = "review.jsonl: line 2: a person has labeled this text"
            assert done.stderr.decode() == f"escore: {problem}; give another file, or --force to replace it\n"
    assert escore_here(*arguments, "--force").returncode == 0
    assert list(read_records(review)) == [first, second]


@pytest.mark.parametrize(
    ("content", "arguments", "problem"),
    [
        ({"a.txt": ""}, ["a.txt"], "a.txt: no text in it"),
        ({"a.csv": "text\n", "b.jsonl": "\n"}, ["a.csv", "b.jsonl"], "a.csv, b.jsonl: no text in it"),
        ({"a.csv": "id,body\n1,x\n"}, ["a.csv"], "a.csv: no column 'text'; choose one with --column: id, body"),
        ({"a.jsonl": '{"text": "x"}\n{"text"\n'}, ["a.jsonl"], "a.jsonl: line 2: not JSON"),
        ({"a.jsonl": '{"text": "x"}\n{"t": 1}\n'}, ["a.jsonl"], "a.jsonl: line 2: no field 'text'"),
        ({"a.txt": "José"}, ["a.txt"], "a.txt: byte 3: not utf-8"),
        ({"p.pkl": "\x80\x04K\x01."}, ["p.pkl"], "p.pkl: a pickle, which escore does not open; give a file of text"),
        ({"a.csv": "text\nJosé\n"}, ["a.csv"], "a.csv: byte 8: not utf-8"),
        ({}, ["missing.txt"], "missing.txt: No such file"),
        ({"a.txt": "Anna\nBen"}, ["--lines", "a.txt", "--held-out", "2"], "2 of 2 texts cannot be held out"),
        ({"a.txt": "Anna", "b": "{}"}, ["a.txt", "--skip", "b"], "b: line 1: "),
    ],
)
def test_bad_input_is_one_line_and_leaves_no_file(
    escore_here: Run, tmp_path: Path, content: dict[str, str], arguments: list[str], problem: str
) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text, "latin-1")
    done = escore_here("label", *arguments, "-o", "out.jsonl")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().startswith(f"escore: {problem}")
    assert done.stderr.count(b"\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(content)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--uncertain", "5"], "No such option: --uncertain"),  # --review is its one name
        (["--precision", ".3"], "'.3' is not a probability"),
        (["--precision", "nan"], "'nan' is not a probability"),
        (["--review", "0"], "--review"),
        (["--held-out-to", "x"], "--held-out-to goes with --held-out"),
        (["-o", "a.txt"], "a.txt is an input too"),
        (["--held-out", "1", "--held-out-to", "a.txt"], "a.txt is an input too"),
        (["--held-out", "1", "-o", "x", "--held-out-to", "./x"], "x is given to -o and --held-out-to"),
        (["--from", "xml"], "'xml' is not one of"),
        (["--encoding", "klingon"], "'klingon' is not an encoding"),
    ],
)
def test_wrong_usage_is_reported(escore_here: Run, tmp_path: Path, arguments: list[str], problem: str) -> None:
    (tmp_path / "a.txt").write_text("Anna")
    done = escore_here("label", "a.txt", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert problem in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert (tmp_path / "a.txt").read_text() == "Anna"


def test_what_is_left_out_is_said(escore_here: Run, scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "a.jsonl").write_text('{"text": "Anna", "time": "yesterday"}\n{"text": null}\n')
    calibration = scorer.bundle.manifest.entity_calibration
    assert calibration is not None
    surest = calibration.probabilities[-1]
    done = escore_here("label", "empty.txt", "a.jsonl", "--review", "3", "--precision", ".999")
    assert [record.text for record in records(done.stdout)] == ["Anna"]
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        f"escore: precision 0.999: no entity is that sure, the calibration ends at {surest:.3f}",
        "escore: 3 texts to review, and only 1 to choose from; all are written",
        "escore: a.jsonl: line 1: a time that is not in ISO 8601 is left out",
        "escore: a.jsonl: line 2: an empty text is left out",
        "escore: empty.txt: no text in it",
    ]


def test_a_bundle_without_calibration(escore_here: Run, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    rewrite(bundle, lambda content: content.update(calibration=None, entity_calibration=None))
    done = escore_here("label", "--model", bundle, "--lines", "--review", "2", input="\n".join(LINES[:8]).encode())
    assert len(records(done.stdout)) == 2
    assert all(span.probability is None for record in records(done.stdout) for span in record.spans)
    done = escore_here("label", "--model", bundle, "--precision", ".95", input=b"Anna")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"escore-en 7 is not calibrated" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_help_lists_label_next_to_run(escore: Run) -> None:
    overview = escore("--help").stdout.decode()
    commands = [line.split()[0] for line in overview.partition("Commands:\n")[2].splitlines() if line[2:3].strip()]
    assert commands[:3] == ["run", "mask", "label"]
    shown = escore("label", "--help", env=os.environ | {"COLUMNS": "200"}).stdout.decode()
    assert "--review" in shown
    assert json.loads(escore("label", input=b"Anna").stdout)["id"] == "-"


def test_compressed_files_are_read_by_the_ending_before(escore_here: Run, tmp_path: Path) -> None:
    content = b'{"id": "m1", "text": "Anna Berg slept."}\n'
    (tmp_path / "mails.jsonl.gz").write_bytes(gzip.compress(content))
    (record,) = map(json.loads, escore_here("label", "mails.jsonl.gz").stdout.splitlines())
    assert (record["id"], record["text"]) == ("m1", "Anna Berg slept.")
