"""`escore run -o`: a file is whole or not there, and what is no file stays what it is."""

from pathlib import Path

from tests.cli.runs import NEWS, rows
from tests.conftest import Run


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
