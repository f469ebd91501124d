"""`escore run`: formats, files, encodings, terminals."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.bundles import rewrite
from tests.conftest import EXAMPLES, Run

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore_cli import input_bytes
from escore_cli.output.progress import DELAY

NEWS = "Joe Biden told Boris Johnson not to renege on treaties.\nThe mayor of Oslo agreed.\n"


def rows(output: bytes) -> list[list[str]]:
    return [line.split("\t") for line in output.decode().split("\n")[:-1]]


def test_words_from_standard_input(escore: Run, scorer: Scorer) -> None:
    result = escore("run", "--min", "10", input=NEWS.encode())
    assert (result.returncode, result.stderr) == (0, b"")
    assert rows(result.stdout) == [
        ["-", str(word.start), str(word.end), f"{word.score:.2f}", word.mark, word.text]
        for word in scorer(NEWS).words_above(10)
    ]


def test_the_minimum_is_80_and_220_for_entities(escore_here: Run, scorer: Scorer) -> None:
    assert len(rows(escore_here("run", input=NEWS.encode()).stdout)) == len(scorer(NEWS).words_above(80))
    result = escore_here("run", "--entities", input=NEWS.encode())
    assert [row[5] for row in rows(result.stdout)] == [entity.text for entity in scorer(NEWS).entities(220)]
    assert rows(result.stdout)[0][5] == "Joe Biden"


def test_files_keep_their_order_and_names(escore_here: Run, tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(f"Anna and {name[0].upper()}ob")
    result = escore_here("run", "--format", "jsonl", "--min", "0", "b.txt", "-", "a.txt", input=b"Ben")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["id"] for record in records] == ["b.txt", "-", "a.txt"]
    assert [record["text"] for record in records] == ["Anna and Bob", "Ben", "Anna and Aob"]
    assert list(records[0]) == ["id", "model", "minimum", "text", "words"]
    assert list(records[0]["words"][0]) == ["text", "start", "end", "score", "mark", "probability"]


def test_a_calibrated_bundle_gives_probabilities(escore_here: Run, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    calibration = {"scores": [0, 300], "probabilities": [0, 1]}
    rewrite(bundle, lambda content: content.update(calibration=calibration, entity_calibration=calibration))
    (record,) = json.loads(
        escore_here("run", "--model", bundle, "--format", "json", "--entities", input=b"Ann Lee").stdout
    )
    for item in record["words"] + record["entities"]:
        assert item["probability"] == pytest.approx(item["score"] / 300, abs=2e-4)
    assert len(record["entities"]) == 1


def test_json_is_always_an_array(escore_here: Run, tmp_path: Path) -> None:
    assert json.loads(escore_here("run", "--format", "json", "missing").stdout) == []
    assert json.loads(escore_here("run", "--format", "json").stdout) == [
        {"id": "-", "model": "escore-en 6", "minimum": 80, "text": "", "words": []}
    ]
    for path in EXAMPLES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    result = escore_here("run", "--format", "json", "--entities", *(path.name for path in EXAMPLES))
    records = json.loads(result.stdout)
    assert [record["text"] for record in records] == [path.read_text("utf-8") for path in EXAMPLES]
    for record in records:
        assert record["entities"]
        for item in record["words"] + record["entities"]:
            assert record["text"][item["start"] : item["end"]] == item["text"]
            assert item["score"] == round(item["score"], 2)


def test_each_line_is_a_document(escore_here: Run) -> None:
    text = "\ufeffAnna\r\n\r\nBen \rBerg\n\nEve"
    result = escore_here("run", "--lines", "--format", "jsonl", "--min", "0", input=text.encode())
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["id"] for record in records] == ["-:1", "-:2", "-:3", "-:4", "-:5"]
    assert [record["text"] for record in records] == ["Anna", "", "Ben \rBerg", "", "Eve"]


def test_a_record_leaves_before_the_next_line_must_arrive(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "escore_cli", "run", "--lines", "--format", "jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for name in ("Anna", "Ben"):
            process.stdin.write(f"{name} slept.\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == f"{name} slept."
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_characters_may_arrive_in_parts(escore_here: Run, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Byte by byte: the byte-order mark, letters of several bytes, CRLF."""
    monkeypatch.setattr(input_bytes, "BLOCK", 1)
    text = "Zoë slept.\r\n漢🙂\r\n"
    name = encoding.removesuffix("-sig")
    result = escore_here("run", "--lines", "--format", "jsonl", "--encoding", name, input=text.encode(encoding))
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == text.splitlines()


def test_tabs_and_line_ends_never_break_a_row(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "a\tb.txt").write_text("Joe\tBiden\u3000Smith met\tAnn Lee")
    result = escore_here("run", "--entities", "--min", "0", "a\tb.txt")
    assert {len(row) for row in rows(result.stdout)} == {6}
    assert {row[0] for row in rows(result.stdout)} == {"a b.txt"}
    assert [row[5] for row in rows(result.stdout)] == ["Joe", "Biden\u3000Smith", "met", "Ann Lee"]


def test_offsets_count_code_points_after_a_byte_order_mark(escore_here: Run) -> None:
    result = escore_here("run", "--min", "200", input="\ufeff👩‍👩‍👧 saw Anna Berg".encode())
    assert [(row[1], row[2], row[5]) for row in rows(result.stdout)] == [("10", "14", "Anna"), ("15", "19", "Berg")]


def test_encodings(escore_here: Run) -> None:
    text = "José Müller\nmet Anna\n"
    for encoding in ("latin-1", "utf-16", "utf-16-le", "utf-32", "cp1252"):
        for extra in ([], ["--lines"]):
            result = escore_here("run", "--min", "0", "--encoding", encoding, *extra, input=text.encode(encoding))
            assert [row[5] for row in rows(result.stdout)] == ["José", "Müller", "met", "Anna"]
            assert result.returncode == 0


def test_output_is_utf8_whatever_the_locale(escore: Run) -> None:
    environment = os.environ | {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = escore("run", input=NEWS.encode(), env=environment)
    assert (result.returncode, result.stderr) == (0, b"")
    assert "★" in result.stdout.decode()


def test_the_environment_is_read_and_flags_win(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCORE_MODEL", "nowhere")
    result = escore_here("run", input=b"Anna")
    assert result.returncode == 1
    assert b"nowhere" in result.stderr
    assert escore_here("run", "--model", "default", input=b"Anna").returncode == 0
    monkeypatch.setenv("ESCORE_THREADS", "0")
    assert escore_here("run", "--model", "default", input=b"Anna").returncode == 2


def test_a_file_is_written_whole(escore_here: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("before")
    target.chmod(0o600)
    result = escore_here("run", "-o", "out.tsv", input=NEWS.encode())
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert rows(target.read_bytes())[0][5] == "Joe"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv"]


def test_a_link_stays_a_link_and_a_pipe_a_pipe(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    assert escore_here("run", "-o", "link", input=b"Anna").returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert b"Anna" in (tmp_path / "real").read_bytes()
    assert escore_here("run", "-o", "/dev/null", input=b"Anna").returncode == 0
    assert Path("/dev/null").is_char_device()


def test_what_a_shell_appends_to_is_not_replaced(escore: Run, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    with log.open("a") as opened:
        assert escore("run", "-o", "/dev/stdout", input=b"Anna", capture_output=False, stdout=opened).returncode == 0
    assert log.read_text().startswith("before\n-\t0\t4\t")


def test_csv_has_a_header_and_keeps_what_tsv_cannot(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "=a,b.txt").write_text('Anna\tBerg\u3000Smith said "no" to @ben')
    result = escore_here("run", "--format", "csv", "--min", "0", "=a,b.txt")
    header, *table = csv.reader(io.StringIO(result.stdout.decode(), newline=""))
    assert header == ["id", "start", "end", "score", "mark", "text"]
    assert {row[0] for row in table} == {"'=a,b.txt"}
    assert [row[5] for row in table[:4]] == ["Anna", "Berg", "Smith", "said"]
    assert '"' in [row[5] for row in table]
    entities = escore_here("run", "--format", "csv", "--no-header", "--min", "0", "--entities", "=a,b.txt").stdout
    assert [row[5] for row in csv.reader(io.StringIO(entities.decode(), newline=""))] == [
        "Anna",
        "Berg\u3000Smith",
        'said "no" to',
        "'@ben",
    ]


def test_columns_are_chosen_by_name(escore_here: Run, scorer: Scorer) -> None:
    words = scorer(NEWS).words_above(80)
    result = escore_here("run", "--columns", "text,probability,by", "--header", input=NEWS.encode())
    assert rows(result.stdout) == [
        ["text", "probability", "by"],
        *([word.text, f"{word.probability:.4f}", "model"] for word in words),
    ]
    for arguments, part in [
        (["--columns", "text,type"], "'type' is not one of id, start, end"),
        (["--columns", ""], "'' is not one of"),
        (["--columns", "variants"], "'variants' is not one of"),
        (["--columns", "start", "--count"], "'start' is not one of count, documents, score, text, variants"),
        (["--columns", "text", "--format", "jsonl"], "--columns goes with tsv and csv"),
        (["--count", "--explain-min"], "--count or --explain-min, not both"),
    ]:
        result = escore_here("run", *arguments)
        assert (result.returncode, result.stdout) == (2, b"")
        assert part in result.stderr.decode()


def test_entities_are_counted_over_all_files(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Anna Berg met Ingrid Solheim. ANNA BERG left Oslo.")
    (tmp_path / "b.txt").write_text("Anna Berg lives in Oslo.")
    result = escore_here("run", "--count", "--columns", "count,documents,text,variants", "a.txt", "b.txt")
    assert rows(result.stdout) == [
        ["3", "2", "Anna Berg", "Anna Berg (2), ANNA BERG (1)"],
        ["2", "2", "Oslo", "Oslo (2)"],
        ["1", "1", "Ingrid Solheim", "Ingrid Solheim (1)"],
    ]
    objects = json.loads(escore_here("run", "--count", "--format", "json", "a.txt", "b.txt").stdout)
    assert objects[0]["variants"] == {"Anna Berg": 2, "ANNA BERG": 1}
    lines = escore_here("run", "--count", "--format", "jsonl", "a.txt", "b.txt").stdout.splitlines()
    assert [json.loads(line) for line in lines] == objects
    assert rows(escore_here("run", "--count", "--header", "--min", "300", "a.txt").stdout) == [
        ["count", "documents", "score", "text"]
    ]
    by_line = escore_here("run", "--count", "--lines", "--columns", "documents", input=b"Oslo\n\nOslo and Oslo\n")
    assert by_line.stdout == b"2\n"


def test_what_minimums_find_is_what_the_calibration_expects(escore_here: Run, scorer: Scorer) -> None:
    document = scorer(NEWS)
    probabilities = document.probabilities()
    assert probabilities is not None
    table = json.loads(escore_here("run", "--explain-min", "--format", "json", input=NEWS.encode()).stdout)
    assert [row["minimum"] for row in table] == list(range(0, 300, 20))
    for row in table:
        above = document.scores >= row["minimum"]
        assert row["words"] == above.sum()
        assert row["precision"] == pytest.approx(probabilities[above].mean(), abs=1e-4)
        assert row["recall"] == pytest.approx(probabilities[above].sum() / probabilities.sum(), abs=1e-4)
    shown = escore_here("run", "--explain-min", input=NEWS.encode()).stdout.decode().splitlines()
    assert shown[0].split()[:5] == ["minimum", "words", "precision", "recall", "f1"]
    assert len(shown) == 16
    assert shown[1].split()[:2] == ["0", str(len(document.scores))]
    assert shown[1].endswith("□|")
    assert escore_here("run", "--explain-min", "--format", "tsv", input=b"").stdout.startswith("0\t0\t–\t–".encode())


def test_a_bundle_without_a_calibration_expects_nothing(escore_here: Run, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    rewrite(bundle, lambda content: content.update(calibration=None))
    result = escore_here("run", "--model", bundle, "--explain-min", input=b"Anna")
    assert (result.returncode, result.stdout) == (1, b"")
    assert b"not calibrated" in result.stderr
    assert rows(escore_here("run", "--model", bundle, "--columns", "text,probability", input=b"Anna").stdout) == [
        ["Anna", ""]
    ]


@pytest.mark.parametrize("kind", ["gzip", "bz2", "backports.zstd"])
def test_compressed_files_are_read(escore_here: Run, tmp_path: Path, kind: str) -> None:
    compress = pytest.importorskip(kind).compress
    (tmp_path / "plain.txt").write_text(NEWS)
    # Two members, as after `cat`, in a file whose name does not tell.
    (tmp_path / "packed").write_bytes(compress(NEWS[:30].encode()) + compress(NEWS[30:].encode()))
    for extra in ([], ["--lines"]):
        plain = escore_here("run", *extra, "plain.txt").stdout
        assert escore_here("run", *extra, "packed").stdout == plain.replace(b"plain.txt", b"packed")
        packed = escore_here("run", *extra, input=(tmp_path / "packed").read_bytes())
        assert packed.stdout == plain.replace(b"plain.txt", b"-")
    (tmp_path / "cut").write_bytes(compress(NEWS.encode())[:-6])
    (tmp_path / "damaged").write_bytes(compress(b"Anna\n" * 999)[:20] + b"\xff" * 50 + bytes(500))
    for name, part in [("cut", "data end too early"), ("damaged", "data")]:
        result = escore_here("run", name)
        assert (result.returncode, result.stdout) == (1, b"")
        assert part in result.stderr.decode()
        assert result.stderr.count(b"\n") == 1


def test_zstd_without_a_module_says_what_to_do(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    result = escore_here("run", input=b"\x28\xb5\x2f\xfd" + b"x" * 20)
    assert result.returncode == 1
    assert b"standard input: compressed by zstd, which Python reads from 3.14 on; pip install" in result.stderr


def test_text_that_begins_like_compressed_data_is_text(escore_here: Run) -> None:
    for text in (b"BZh", b"BZh9", b"BZh9 met Anna", b"BZhA"):
        result = escore_here("run", "--min", "0", "--lines", input=text)
        assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("extra", [[], ["--lines"]])
def test_bytes_that_are_no_text_may_be_replaced(escore_here: Run, tmp_path: Path, extra: list[str]) -> None:
    (tmp_path / "latin.txt").write_bytes(b"Anna\nJos\xe9 went\nBen \xe2\x82\n")
    result = escore_here("run", *extra, "--errors", "replace", "--format", "jsonl", "--min", "0", "latin.txt")
    texts = [json.loads(line)["text"] for line in result.stdout.splitlines()]
    assert "".join(texts).replace("\n", "") == "AnnaJos\ufffd wentBen \ufffd"
    assert (result.returncode, result.stderr) == (0, b"escore: 2 places that are not utf-8 were read as U+FFFD\n")
    (tmp_path / "one.txt").write_bytes(b"Jos\xe9 went\n")
    one = escore_here("run", *extra, "--errors", "replace", "one.txt")
    assert one.stderr == b"escore: 1 place that is not utf-8 was read as U+FFFD\n"
    label = escore_here("label", *extra, "--errors", "replace", "latin.txt")
    assert (label.returncode, label.stderr) == (0, b"escore: 2 places that are not utf-8 were read as U+FFFD\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_noticed(escore_here: Run, encoding: str) -> None:
    for extra in ([], ["--lines"], ["--errors", "replace"]):
        result = escore_here("run", *extra, input="José met Anna.\nÉva left.\n".encode(encoding))
        assert (result.returncode, result.stdout) == (1, b"")
        expected = f"escore: standard input: this is {encoding}, not utf-8; give --encoding {encoding}\n"
        assert result.stderr.decode() == expected
    nulls = escore_here("run", "--min", "0", input=b"a\0b\0 some words with two NULs")
    assert (nulls.returncode, nulls.stderr) == (0, b"")


def test_blank_lines_take_little_time(escore_here: Run) -> None:
    """A line of no word is passed over; scored one by one, a million took a minute."""
    start = time.monotonic()
    result = escore_here("run", "--lines", input=b"\n" * 300_000 + b"Anna\r\n \t\r\n\x1c\n")
    assert time.monotonic() - start < 10
    assert rows(result.stdout)[0][0] == "-:300001"


def test_a_person_types_lines_and_sees_each_scored(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "escore_cli", "run", "--lines"]
    settings = {"cwd": tmp_path, "env": clean_environment | {"TERM": "dumb"}}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, **settings) as process:  # type: ignore[call-overload]
        os.close(terminal)
        shown = ""
        for line, expected in [("", "Ctrl-D ends."), ("Anna slept.", "Anna★ slept."), ("Ben Berg", "Ben★ Berg★")]:
            os.write(main, f"{line}\n".encode() if line else b"")
            while expected not in shown:
                shown += os.read(main, 4096).decode()
        assert "Scores from 80 of 300: - from 60, + from 160, ★ from 260" in shown
        os.write(main, b"\x04")
        assert process.wait(20) == 0
    os.close(main)


def test_a_terminal_gets_headings_for_several_files(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "a.txt").write_text("Anna slept.")
    (tmp_path / "b.txt").write_text("Ben\nBerg")
    for extra in ([], ["--lines"]):
        main, terminal = pty.openpty()
        command = [sys.executable, "-m", "escore_cli", "run", *extra, "a.txt", "b.txt"]
        environment = clean_environment | {"NO_COLOR": "1"}
        result = subprocess.run(
            command, stdout=terminal, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, check=True
        )
        os.close(terminal)
        shown = os.read(main, 4096).decode().replace("\r\n", "\n")
        os.close(main)
        assert shown == "==> a.txt <==\nAnna★ slept.\n\n==> b.txt <==\nBen★\nBerg★\n"
        assert result.stderr == b""  # the legend is for a person


def test_a_read_only_file_stays(escore_here: Run, tmp_path: Path) -> None:
    target = tmp_path / "kept.tsv"
    target.write_text("before")
    target.chmod(0o444)
    result = escore_here("run", "-o", "kept.tsv", input=b"Anna")
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == b"escore: kept.tsv: Read-only file; nothing was written\n"
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["kept.tsv"]


def test_a_dash_is_standard_output(escore_here: Run, tmp_path: Path) -> None:
    assert rows(escore_here("run", "-o", "-", input=b"Anna").stdout)[0][5] == "Anna"
    assert b'"label":"entity"' in escore_here("label", "-o", "-", input=b"Anna slept.").stdout
    (tmp_path / "a.txt").write_text("Anna_NNP slept_VBD")
    result = escore_here("labels", "convert", "a.txt", "--from", "word-tag", "--to", "records", "-o", "-")
    assert b'"Anna slept' in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_color(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Anna \x1b[31mred\x07 \u202e x\r\n".encode()
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored = escore_here("run", "--color", "always", input=text).stdout
    shown = colored.decode()
    assert "\x1b[30;48;5;" in shown
    assert "␛" in shown
    assert "␇" in shown
    assert "<U+202E>" in shown
    assert "\x1b[31m" not in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert escore_here("run", "--color", "always", input=text).stdout == colored
    exact = escore_here("run", "--format", "jsonl", "--min", "0", input=text)
    assert json.loads(exact.stdout)["text"].encode() == text


def test_a_terminal_gets_the_text_itself(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    pty = pytest.importorskip("pty")
    (tmp_path / "in.txt").write_text("The Anna Berg\n")
    for variables, expected in [
        ({"TERM": "xterm"}, "\x1b[30;48;5;209mAnna\x1b[0m"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "Anna★"),
        ({"TERM": "dumb"}, "Anna★"),
    ]:
        main, terminal = pty.openpty()
        command = [sys.executable, "-m", "escore_cli", "run", "in.txt"]
        result = subprocess.run(command, stdout=terminal, cwd=tmp_path, env=clean_environment | variables, check=False)
        os.close(terminal)
        shown = os.read(main, 4096).decode()
        os.close(main)
        assert result.returncode == 0
        assert shown.startswith("The ")
        assert expected in shown


def test_progress_is_shown_on_a_terminal_after_two_seconds(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    os.set_blocking(main, False)
    command, pipe = [sys.executable, "-m", "escore_cli", "run", "--lines", "-o", "out.tsv"], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=terminal, cwd=tmp_path) as process:
        assert process.stdin is not None
        start = time.monotonic()
        while not (shown := available(main)):
            assert time.monotonic() - start < 20
            process.stdin.write(b"Anna Berg met Ben.\n")
            process.stdin.flush()
            time.sleep(0.05)
        assert time.monotonic() - start >= DELAY
        assert re.fullmatch(r"\r\x1b\[K\d+ words, [\d,]+ a second", shown)
        process.stdin.close()
        assert process.wait(20) == 0
    assert available(main).endswith("\r\x1b[K")  # the line is taken away again
    assert "\r" not in (tmp_path / "out.tsv").read_text()
    os.close(terminal)
    os.close(main)


def available(terminal: int) -> str:
    """What was written to a terminal since it was last read."""
    try:
        return os.read(terminal, 65536).decode()
    except BlockingIOError:
        return ""
