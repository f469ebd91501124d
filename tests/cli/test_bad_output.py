"""Outputs that cannot be written: nothing half-written, nothing lost, one line."""

import resource
import subprocess
from pathlib import Path

import pytest
from tests.cli.runs import PROGRAM, one_line
from tests.conftest import Run


def test_an_output_folder_that_is_missing_or_the_output_a_folder(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    for output, part in [
        ("no/where.tsv", "no/where.tsv: No such file"),
        ("folder", "folder: is a folder"),
        ("circle", "circle: "),
    ]:
        result = escore_here("run", "-o", output, input=b"Anna")
        assert result.returncode == 1
        one_line(result.stderr, part)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["circle", "folder"]


def test_an_input_is_not_lost_as_its_own_output(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Anna")
    (tmp_path / "link.txt").symlink_to("mine.txt")
    result = escore_here("run", "mine.txt", "-o", "link.txt")
    assert (result.returncode, result.stdout) == (2, b"")
    one_line(result.stderr, "link.txt is an input too", "another file")
    assert (tmp_path / "mine.txt").read_text() == "Anna"
    with (tmp_path / "mine.txt").open() as file:
        result = subprocess.run(
            [*PROGRAM, "run", "-o", "mine.txt"], stdin=file, capture_output=True, cwd=tmp_path, check=False
        )
    one_line(result.stderr, "mine.txt is an input too")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "a.txt", "--always", "kept", "-o", "kept"),
        ("run", "a.txt", "--never", "kept", "-o", "kept"),
        ("label", "a.txt", "--always", "kept", "-o", "kept"),
        ("label", "a.txt", "--never", "kept", "--held-out", "1", "--held-out-to", "kept"),
        ("label", "a.txt", "--skip", "kept", "-o", "kept"),
        ("feedback", "kept", "-o", "kept"),
        ("labels", "convert", "kept", "-o", "kept", "--to", "csv"),
        ("labels", "convert", "a.txt", "--tags", "kept", "-o", "kept", "--to", "records"),
        ("labels", "convert", "folder", "-o", "folder/a.ann", "--to", "lines"),
        ("labels", "convert", "folder/a.ann", "-o", "folder/a.txt", "--to", "lines"),
        ("labels", "merge", "a.txt", "kept", "-o", "kept", "--to", "lines"),
        ("labels", "split", "kept", "-o", "a.jsonl", "--held-out", "kept"),
        ("evaluate", "default", "kept", "--html", "kept"),
        ("evaluate", "default", "kept", "--save", "kept"),
        ("evaluate", "default", "a.txt", "--tags", "kept", "--save", "kept"),
        ("evaluate", "default", "a.txt", "--calibrate-on", "kept", "--save", "kept"),
        ("evaluate", "default", "--feedback", "kept", "--save", "kept"),
    ],
)
def test_no_input_of_any_kind_is_an_output(escore_here: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.txt", "kept", "folder/a.txt", "folder/a.ann"):
        (tmp_path / name).write_text("Anna")
    result = escore_here(*arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    one_line(result.stderr, "is an input too, and would be lost; give another file to ")
    assert all(path.read_text() == "Anna" for path in tmp_path.rglob("*") if path.is_file())
    assert len(list(tmp_path.rglob("*"))) == 5


def test_a_full_device_is_reported(escore_here: Run, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [*PROGRAM, "run"], input=b"Anna", stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False
        )
    assert result.returncode == 1
    one_line(result.stderr, "standard output: No space left on device")
    result = escore_here("run", "-o", "/dev/full", input=b"Anna")
    assert result.returncode == 1
    one_line(result.stderr, "/dev/full: No space left on device")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("doctor",), ("run", "--help")])
def test_a_full_device_is_reported_whoever_writes(
    escore: Run, clean_environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    buffered = {key: value for key, value in clean_environment.items() if key != "PYTHONUNBUFFERED"}
    with open("/dev/full", "wb") as full:
        result = escore(*arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False, env=buffered)
    assert result.returncode == 1
    assert b"No space left" in result.stderr


def test_a_file_over_the_size_limit_leaves_nothing(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "out.tsv").write_text("before")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    result = escore("run", "--min", "0", "-o", "out.tsv", input=b"Anna met Ben. " * 2000, preexec_fn=limit)
    assert result.returncode == 1
    one_line(result.stderr, "out.tsv: File too large")
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv"]
    assert (tmp_path / "out.tsv").read_text() == "before"


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("Anna met Ben.\n" * 20_000)
    with subprocess.Popen(
        [*PROGRAM, "run", "--lines", "in.txt"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"in.txt:1\t")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_an_output_stays_when_no_input_could_be_read(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "out.tsv").write_text("precious")
    for arguments, part in [
        (["-o", "out.tsv", "missing.txt"], "missing.txt: No such file"),
        (["-o", "out.tsv", "--format", "json", "missing.txt"], "missing.txt: No such file"),
        (["-o", "out.tsv", "--model", "nowhere"], "nowhere: no such folder"),
    ]:
        result = escore_here("run", *arguments, input=b"Anna")
        assert result.returncode == 1
        one_line(result.stderr, part)
        assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]
