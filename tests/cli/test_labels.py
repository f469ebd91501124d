"""`escore labels`: files in and out, what is said about them, and exit codes."""

import json
from pathlib import Path

import pytest
from tests.conftest import Run

from escore_cli.commands.labels import SHOWN, TagScheme, Writable
from escore_cli.label_files import Readable
from escore_labels.formats import READERS, WRITERS
from escore_labels.record import Record, Span, read_records, write_records
from escore_labels.writers.sink import Scheme

TEXT = "Anna lives in Paris."
CONLL = "Anna\tB-PER\nsaw\tO\nthe\tO\nOstara\tB-SHIP\n\n"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    span = Span(start=14, end=19, label="entity", kind="place", by="ann")
    write_records(
        path, [Record(text=TEXT, id="a", reviewed=True, spans=(span,)), Record(text="No name.", reviewed=True)]
    )
    return path


def test_the_options_name_the_formats_that_there_are() -> None:
    assert [item.value for item in Readable] == list(READERS)
    assert [item.value for item in Writable] == list(WRITERS)
    assert [scheme.value for scheme in TagScheme] == list(Scheme.__args__)


def test_convert_there_and_back(escore_here: Run, labels: Path, tmp_path: Path) -> None:
    result = escore_here("labels", "convert", labels, "-o", "x.json")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert escore_here("labels", "convert", "x.json", "-o", "back.jsonl").stderr == b""
    assert (tmp_path / "back.jsonl").read_bytes() == labels.read_bytes()
    result = escore_here("labels", "convert", labels, "-o", "x.conll", "--scheme", "bioes")
    assert (tmp_path / "x.conll").read_text().split("\n")[3] == "Paris\tS-LOC"
    assert result.stderr == (
        b"escore: a: id of a text is not written\nescore: a: by of a span is not written\n"
    )  # fmt: skip


def test_tags_are_worth_what_the_file_says(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(CONLL * 2)
    result = escore_here("labels", "convert", "x.conll", "-o", "x.jsonl")
    assert result.stderr.decode() == (
        "escore: tag 'SHIP' is not in the tag map, and counts as entity (2 times, first in x.conll: line 1); "
        'say what it is worth in --tags FILE, below [tags]: SHIP = "none", or another worth\n'
    )
    (tmp_path / "tags.toml").write_text("[tags]\nSHIP = 250\n")
    assert escore_here("labels", "convert", "x.conll", "-o", "x.jsonl", "--tags", "tags.toml").stderr == b""
    assert {span.target for record in read_records(tmp_path / "x.jsonl") for span in record.spans} == {None, 250}


def test_reviewed_and_from_and_to(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("One.\nTwo.\n")
    options = ("--from", "lines", "--to", "doccano", "--reviewed")
    assert escore_here("labels", "convert", "x.txt", "-o", "out", *options).returncode == 0
    assert [json.loads(line)["escore"]["reviewed"] for line in (tmp_path / "out").read_text().splitlines()] == [
        True
    ] * 2


def test_merge(escore_here: Run, labels: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "bob.jsonl", [Record(text=TEXT, spans=(Span(start=0, end=4, label="entity", by="bob"),))])
    assert escore_here("labels", "merge", labels, "bob.jsonl", "-o", "both.jsonl").stderr == b""
    merged, other = read_records(tmp_path / "both.jsonl")
    assert ([span.by for span in merged.spans], merged.reviewed, merged.id) == (["ann", "bob"], True, "a")
    assert other.text == "No name."


def test_split(escore_here: Run, tmp_path: Path) -> None:
    write_records(tmp_path / "x.jsonl", [Record(text=str(i), spans=()) for i in range(50)])
    result = escore_here("labels", "split", "x.jsonl", "-o", "train.jsonl", "--held-out", "held.jsonl")
    train, held = (len(list(read_records(tmp_path / name))) for name in ("train.jsonl", "held.jsonl"))
    assert result.stderr.decode() == f"escore: {train} texts to train.jsonl, {held} to held.jsonl\n"
    assert train + held == 50
    assert escore_here("labels", "check", "train.jsonl", "--against", "held.jsonl").stdout.count(b"held out in") == 0
    result = escore_here("labels", "split", "x.jsonl", "-o", "x", "--held-out", "x")
    assert (result.returncode, b"x is given to -o and --held-out; give another" in result.stderr) == (2, True)


def test_check(escore_here: Run, labels: Path, tmp_path: Path) -> None:
    result = escore_here("labels", "check", labels)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == b"2 texts (2 reviewed, 0 held out), 1 span (1 entity, 1 by ann)\n"
    write_records(tmp_path / "held.jsonl", [Record(text=TEXT, held_out=True)])
    (tmp_path / "x.conll").write_text(CONLL * 2)
    (tmp_path / "empty.jsonl").write_text('{"text": " "}\n')
    result = escore_here("labels", "check", labels, "x.conll", "empty.jsonl", "--against", "held.jsonl")
    assert (result.returncode, result.stderr) == (1, b"")
    empty, unknown, overlap, summary = result.stdout.decode().splitlines()
    assert unknown == (
        "tag 'SHIP' is not in the tag map, and counts as entity (2 times, first in x.conll: line 1); "
        'say what it is worth in --tags FILE, below [tags]: SHIP = "none", or another worth'
    )
    assert empty == "empty.jsonl: line 1: a text without words"
    assert overlap.startswith(f"{labels}: line 1: the text is held out in held.jsonl: line 1")
    assert summary.startswith("5 texts (4 reviewed, 0 held out), 5 spans")


def test_check_counts_overlaps_of_every_format_once_and_on_standard_output(escore_here: Run, tmp_path: Path) -> None:
    spans = [{"start": 0, "end": 9, "label": "entity"}, {"start": 5, "end": 9, "label": "none"}]
    doccano = [[0, 9, "PER"], [5, 9, "NONE"]]
    for content in ({"text": "Anna Berg slept", "spans": spans}, {"text": "Anna Berg slept", "label": doccano}):
        (tmp_path / "x.jsonl").write_text(json.dumps(content) + "\n")
        result = escore_here("labels", "check", "x.jsonl")
        line, summary = result.stdout.decode().splitlines()
        assert (result.returncode, result.stderr) == (0, b"")
        assert line == "x.jsonl: line 1: spans of one person overlap: the later one counts"
        assert summary.startswith("1 text ")


BROKEN = {
    "x.jsonl": ('{"text": "Anna"}', "no", '{"text": 1}', '{"text": "Ben", "spans": [{"start": 0, "end": 9}]}'),
    "doccano.jsonl": ('{"text": "Anna", "label": [[0, 4, "PER"]]}', '{"text": "Anna", "label": [[0, 9, "PER"]]}', "{}"),
    "x.conll": ("Anna\tB-PER", "saw", "Ben\tB-PER", "Eve\tQ"),
    "x.conllu": ("1\tAnna" + "\t_" * 7 + "\tname=B-PER", "2\tsaw", "x" + "\t_" * 9),
    "gmb.tsv": ("\tSentence #\tWord\tPOS\tTag", "0\t1.0\tAnna\tNNP\tB-per", "1\t1.0\tsaw", "2\t1.0"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_check_goes_on_past_lines_that_are_broken(escore_here: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("\n".join(BROKEN[name]) + "\n")
    result = escore_here("labels", "check", name)
    assert (result.returncode, result.stderr) == (1, b"")
    lines = [line for line in result.stdout.decode().splitlines() if line.startswith(f"{name}: line ")]
    numbers = [int(line.split(": line ")[1].split(":")[0]) for line in lines]
    expected = {"x.jsonl": [2, 3, 4], "doccano.jsonl": [2, 3], "x.conll": [2, 4], "x.conllu": [2, 3], "gmb.tsv": [3, 4]}
    assert numbers == expected[name]
    assert result.stdout.decode().splitlines()[-1].endswith(f"; {len(numbers)} errors of reading")
    assert result.stdout.decode().splitlines()[-1].startswith("1 text ")
    result = escore_here("labels", "convert", name, "-o", "out.jsonl")
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (1, b"", 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_check_shows_some_errors_of_many_and_goes_on_with_other_files(
    escore_here: Run, labels: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.jsonl").write_text("{\n" * 50)
    (tmp_path / "latin.conll").write_bytes(b"Jos\xe9\tB-PER\n")
    result = escore_here("labels", "check", "bad.jsonl", "latin.conll", "missing", labels)
    lines = result.stdout.decode().splitlines()
    assert (result.returncode, result.stderr, len(lines)) == (1, b"", SHOWN + 1)
    assert lines[-1].startswith("2 texts (2 reviewed")
    assert lines[-1].endswith("; 52 errors of reading, 20 of them shown")


def test_standard_input_is_read_in_any_format(escore: Run, tmp_path: Path) -> None:
    text = '{"text": "Anna slept.", "label": [[0, 4, "PER"]]}\n'
    result = escore("labels", "convert", "-", "-o", "x.jsonl", input=text.encode())
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert [record.spans[0].kind for record in read_records(tmp_path / "x.jsonl")] == ["person"]
    result = escore("labels", "merge", "x.jsonl", "-", "-o", "y.jsonl", input=(tmp_path / "x.jsonl").read_bytes())
    assert (tmp_path / "y.jsonl").read_bytes() == (tmp_path / "x.jsonl").read_bytes()
    result = escore("labels", "split", "-", "-o", "a.jsonl", "--held-out", "b.jsonl", input=CONLL.encode())
    *_, line = result.stderr.decode().splitlines()
    assert line.startswith("escore: 1 text, of which ")
    assert line.endswith(" would be held out; give more texts, or mark some with held_out")
    assert (result.returncode, (tmp_path / "a.jsonl").exists(), (tmp_path / "b.jsonl").exists()) == (1, False, False)
    result = escore("labels", "check", "-", input=b'[{"text": 1}]')
    assert result.stdout.startswith(b"-: item 1: text: must be text, but is a whole number\n0 texts ")
    result = escore("labels", "check", "-", input=b"")
    assert (result.returncode, result.stdout.splitlines()[0]) == (1, b"-: empty; give a file with labels")


def test_standard_output_is_where_labels_go_without_a_name(escore_here: Run, labels: Path, tmp_path: Path) -> None:
    for name in ((), ("-o", "-")):
        result = escore_here("labels", "convert", labels, *name)
        assert (result.returncode, result.stdout, result.stderr) == (0, labels.read_bytes(), b"")
    result = escore_here("labels", "merge", labels, "--to", "conll")
    assert result.stdout.startswith(b"Anna\tO\nlives\tO\n")
    (tmp_path / "broken.jsonl").write_bytes(labels.read_bytes() + b"{\n")
    result = escore_here("labels", "convert", "broken.jsonl")
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (1, b"", 1)
    assert {path.name for path in tmp_path.iterdir()} == {"labels.jsonl", "broken.jsonl"}


def test_schema(escore_here: Run) -> None:
    schema = json.loads(escore_here("labels", "schema").stdout)
    assert set(schema["$defs"]["Record"]["properties"]) == set(Record.__struct_fields__)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Usage: escore labels"),
        (("convert",), "escore: Missing argument"),
        (("convert", "labels.jsonl", "--to", "brat"), "escore: Invalid value: brat does not go to standard output"),
        (("split", "labels.jsonl"), "escore: Missing option '-o'"),
        (("convert", "labels.jsonl", "-o", "x", "--to", "docx"), "escore: Invalid value for '--to'"),
        (("shuffle",), "escore: No such command 'shuffle'; see 'escore labels --help'"),
    ],
)
def test_wrong_usage(escore_here: Run, labels: Path, arguments: tuple[str, ...], message: str) -> None:
    result = escore_here("labels", *arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode().startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("convert", "none.jsonl", "-o", "x.jsonl"), "none.jsonl: No such file or directory; give"),
        (("convert", "labels.jsonl", "-o", "x.docx"), "x.docx: no format has the suffix '.docx'; name the format with"),
        (("convert", "x.csv", "-o", "x.jsonl"), "x.csv: csv is written, but not read; convert"),
        (("convert", "labels.jsonl", "-o", "none/x.jsonl"), "none/x.jsonl: No such file or directory; make the folder"),
        (("convert", "labels.jsonl", "-o", "x.jsonl", "--tags", "none"), "none: No such file or directory; give"),
        (("convert", "two.jsonl", "-o", "x.jsonl"), "two.jsonl: line 2: text: must be text, but is a whole number"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    escore_here: Run, labels: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "two.jsonl").write_text('{"text": "a"}\n{"text": 1}\n')
    (tmp_path / "x.csv").write_text("id,start,end\n")
    result = escore_here("labels", *arguments)
    assert (result.returncode, result.stderr.count(b"\n")) == (1, 1)
    assert result.stderr.decode().startswith(f"escore: {message}")
    assert {path.name for path in tmp_path.iterdir()} == {"labels.jsonl", "two.jsonl", "x.csv"}
