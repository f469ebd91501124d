"""Bad input: one line that says what is wrong and where, the right exit code, no traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bundles import rewrite
from tests.cli.runs import PROGRAM, one_line
from tests.conftest import Run

from escore.bundle.bundle import DEFAULT


def test_a_file_that_cannot_be_read_is_named_and_the_others_scored(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("Anna")
    (tmp_path / "folder").mkdir()
    result = escore_here("run", "missing.txt", "good.txt", "folder", "bad\nname")
    assert result.returncode == 1
    first, second, third = result.stderr.decode().splitlines()
    assert "missing.txt: No such file" in first
    assert "folder: Is a directory" in second
    assert "bad\\nname" in third
    assert result.stdout.startswith(b"good.txt\t0\t4\t")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission_is_named(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").touch(0o000)
    result = escore_here("run", "secret")
    assert result.returncode == 1
    one_line(result.stderr, "secret: Permission denied")


@pytest.mark.parametrize("extra", [(), ("--lines",)])
def test_bytes_of_another_encoding_are_placed(escore_here: Run, tmp_path: Path, extra: tuple[str, ...]) -> None:
    (tmp_path / "latin.txt").write_bytes(b"Anna\nJos\xe9 went\nBen\n")
    (tmp_path / "good.txt").write_text("Eve")
    result = escore_here("run", *extra, "latin.txt", "good.txt")
    assert result.returncode == 1
    one_line(result.stderr, "latin.txt: byte 8: not utf-8", "--encoding")
    assert (b"Anna" in result.stdout) == bool(extra)  # lines before the bad one are scored
    assert b"Eve" in result.stdout
    assert b"Ben" not in result.stdout


def test_a_bad_byte_is_placed_in_a_long_stream_of_lines(escore_here: Run) -> None:
    lines = ("\u2003" * 40 + "\n").encode() * 1000  # wide blanks: characters of three bytes, and no word
    result = escore_here("run", "--lines", input=lines + b"\xc3(\n")
    assert result.returncode == 1
    one_line(result.stderr, f"standard input: byte {len(lines)}: ")
    result = escore_here("run", "--lines", "--min", "300", input=b"Anna\n\xc3")
    one_line(result.stderr, "byte 5: ")


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--min", ["high", "301", "-1", "nan", ""]),
        ("--format", ["xml"]),
        ("--device", ["tpu"]),
        ("--color", ["red"]),
        ("--threads", ["0", "x", "1025", "9" * 30]),
        ("--encoding", ["klingon", "base64"]),
    ],
)
def test_a_value_out_of_range_exits_with_2(escore_here: Run, option: str, values: list[str]) -> None:
    for value in values:
        result = escore_here("run", option, value)
        assert (result.returncode, result.stdout) == (2, b"")
        one_line(result.stderr, option, "escore run --help")


@pytest.mark.parametrize("option", ["--frobnicate", "--min", "-o"])
def test_an_option_unknown_or_without_its_value_exits_with_2(escore_here: Run, option: str) -> None:
    result = escore_here("run", option)
    assert (result.returncode, result.stdout) == (2, b"")
    one_line(result.stderr, option, "escore run --help")


def test_a_wrong_option_is_one_line_whatever_it_holds(escore_here: Run) -> None:
    result = escore_here("run", "--bad\nname")
    assert (result.returncode, result.stdout) == (2, b"")
    one_line(result.stderr, r"--bad\x0aname")


def test_an_unknown_command_and_none(escore_here: Run) -> None:
    result = escore_here("fly")
    assert result.returncode == 2
    one_line(result.stderr, "fly", "escore --help")
    one_line(escore_here("rnu").stderr, "Did you mean 'run'?")
    result = escore_here()
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"Usage: escore" in result.stderr


def test_a_terminal_as_input_gets_a_hint(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    main, terminal = pty.openpty()
    result = subprocess.run([*PROGRAM, "run"], stdin=terminal, capture_output=True, cwd=tmp_path, check=False)
    os.close(main)
    os.close(terminal)
    assert result.returncode == 2
    one_line(result.stderr, "give a file", "escore run --help")


def test_models_that_cannot_be_used(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    changed = Path(shutil.copytree(DEFAULT, tmp_path / "changed"))
    with (changed / "model.onnx").open("r+b") as file:
        file.seek(100)
        file.write(b"x")
    for name, change in [("schema", {"schema": 99}), ("runtime", {"onnxruntime": "99.0.0"})]:
        rewrite(Path(shutil.copytree(DEFAULT, tmp_path / name)), lambda content, change=change: content.update(change))
    for model, part in [
        ("schema", "schema 99 is newer"),
        ("runtime", "needs onnxruntime 99.0.0"),
        ("nowhere", "nowhere: no such folder"),
        ("file", "file: not a folder"),
        ("empty", "has no escore.json"),
        ("changed", "model.onnx: changed"),
    ]:
        result = escore_here("run", "--model", model, input=b"Anna")
        assert (result.returncode, result.stdout) == (1, b"")
        one_line(result.stderr, part)


@pytest.mark.parametrize("extra", [(), ("--lines",), ("--format", "jsonl"), ("--entities",)])
def test_odd_content_is_scored(escore_here: Run, tmp_path: Path, extra: tuple[str, ...]) -> None:
    contents = [
        b"",
        b" \r\n\t ",
        b"... !!! ???",
        b"a\0b\0",
        b"\xef\xbb\xbf",
        b"Anna\r\nBen\r\n",
        b"x" * 5_000,
        "漢".encode() * 5_000,
    ]
    files = [f"{number}.txt" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        (tmp_path / file).write_bytes(content)
    result = escore_here("run", "--min", "0", *extra, *files)
    assert result.returncode == 0
    one_line(result.stderr, "7.txt")  # most of it is not Latin, and the model reads English
    assert b"7.txt" in result.stdout


@pytest.mark.parametrize("size", [50_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_much_without_a_space_is_one_word(escore_here: Run, size: int) -> None:
    result = escore_here("run", "--min", "0", input=b"x" * size)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"-\t0\t%d\t" % size)


def test_closed_streams(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("Anna")
    run = f"'{sys.executable}' -m escore_cli"
    for closing, code, output in [
        (f"{run} run missing.txt in.txt 2>&-", 1, b"in.txt\t0\t4\t"),
        (f"{run} run in.txt >&-", 1, b""),
        (f"{run} run <&-", 2, b""),
        (f"{run} run - <&-", 1, b""),
        (f"{run} run in.txt <&-", 0, b"in.txt\t0\t4\t"),
        (f"{run} --help | true; exit ${{PIPESTATUS[0]}}", 0, b""),
    ]:
        result = subprocess.run(["bash", "-c", closing], cwd=tmp_path, capture_output=True, check=False)
        assert result.returncode == code, closing
        assert result.stdout.startswith(output)
        assert b"escore:" not in result.stdout
        assert result.stderr.count(b"\n") <= 1


@pytest.mark.parametrize("command", ["export", "train"])
def test_a_missing_extra_says_what_to_install(escore: Run, tmp_path: Path, command: str) -> None:
    for name in ("torch", "transformers"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError('no', name={name!r})")
    arguments = {"export": ["x", "-o", "y"], "train": ["default", "--corpora", "x", "-o", "y"]}[command]
    # Before the folders of this one, from which escore itself may come.
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    result = escore(command, *arguments, env=os.environ | {"PYTHONPATH": path})
    assert result.returncode == 1
    one_line(result.stderr, "torch is not installed", f"pip install -c constraints.txt '.[{command}]'")


def test_what_an_export_needs_is_missed_before_the_training(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "optimum.py").write_text("raise ModuleNotFoundError('no', name='optimum')")
    (tmp_path / "labels.jsonl").write_text('{"text": "Anna", "spans": [{"start": 0, "end": 4, "label": "entity"}]}\n')
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    arguments = [tmp_path / "labels.jsonl", "-o", tmp_path / "mine", "--export", tmp_path / "bundle"]
    result = escore("train", *arguments, env=os.environ | {"PYTHONPATH": path})
    assert result.returncode == 1
    one_line(result.stderr, "optimum is not installed", "pip install -c constraints.txt '.[train,export]'")
    assert not (tmp_path / "mine").exists()
