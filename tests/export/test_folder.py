"""A bundle appears whole or not at all: killed, interrupted, out of space, or replaced."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Run

from escore import OutputError
from escore.bundle.manifest import MANIFEST_NAME
from escore.bundle.writer import atomic_bundle, check_output

PROGRAM = [sys.executable, "-m", "escore_cli", "export"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, content: str) -> None:
    (folder / MANIFEST_NAME).write_text(content)


def test_a_folder_appears_at_the_end(tmp_path: Path) -> None:
    with atomic_bundle(tmp_path / "bundle", force=False) as aside:
        fill(aside, "new")
        assert not (tmp_path / "bundle").exists()
    assert names(tmp_path) == ["bundle"]
    with pytest.raises(ZeroDivisionError), atomic_bundle(tmp_path / "other", force=False) as aside:
        fill(aside, f"half {1 / 0}")
    assert names(tmp_path) == ["bundle"]


def test_force_replaces_a_bundle_after_success(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    fill(bundle, "old")
    with (
        pytest.raises(OutputError, match="exists already; give a new folder, or --force"),
        atomic_bundle(bundle, force=False),
    ):
        pass
    with pytest.raises(ZeroDivisionError), atomic_bundle(bundle, force=True):
        raise ZeroDivisionError
    assert (bundle / MANIFEST_NAME).read_text() == "old"
    with atomic_bundle(bundle, force=True) as aside:
        fill(aside, "new")
        assert (bundle / MANIFEST_NAME).read_text() == "old"
    assert (bundle / MANIFEST_NAME).read_text() == "new"
    assert names(tmp_path) == ["bundle"]


def test_force_replaces_nothing_but_bundles(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with (
        pytest.raises(OutputError, match="something else than a bundle"),
        atomic_bundle(tmp_path / "thesis", force=True),
    ):
        pass
    (tmp_path / "bundle").mkdir()
    fill(tmp_path / "bundle", "old")
    (tmp_path / "bundle" / "mine.txt").write_text("a note laid beside it")
    with pytest.raises(OutputError, match=r"something else than a bundle \('mine.txt'\)"):
        check_output(tmp_path / "bundle", force=True)
    (tmp_path / "file").write_text("text")
    for name, match in [
        ("file", "is a file"),
        ("file/bundle", "file: not a folder"),
        ("no/where", "no such folder; make it first"),
        ("", "has no name of its own"),
        ("thesis/..", "has no name of its own"),
        ("a" * 300, "File name too long"),
        ("a\udcff", "is no name in UTF-8"),
    ]:
        with pytest.raises(OutputError, match=match):
            check_output(tmp_path / name if name else Path(), force=True)
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OutputError):
        check_output(tmp_path / "circle" / "bundle", force=True)
    assert names(tmp_path) == ["bundle", "circle", "file", "thesis"]


@pytest.mark.parametrize("appears", ["a folder", "a file"])
def test_what_appears_meanwhile_is_left_alone(tmp_path: Path, appears: str) -> None:
    def write() -> None:
        with atomic_bundle(tmp_path / "bundle", force=False) as aside:
            fill(aside, "new")
            if appears == "a file":
                (tmp_path / "bundle").write_text("mine")
            else:
                (tmp_path / "bundle").mkdir()
                (tmp_path / "bundle" / "mine.txt").write_text("mine")

    with pytest.raises(OutputError, match=r"is a file|exists already"):
        write()
    assert names(tmp_path) == ["bundle"]
    left = tmp_path / "bundle" if appears == "a file" else tmp_path / "bundle" / "mine.txt"
    assert left.read_text() == "mine"


def test_names_that_are_alike_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / ".model.old").mkdir()
    (tmp_path / ".model.old" / "mine.txt").write_text("not from an export")
    (tmp_path / "model").mkdir()
    fill(tmp_path / "model", "old")
    with atomic_bundle(tmp_path / "model.int8", force=False) as aside:
        fill(aside, "int8")
        check_output(tmp_path / "model", force=True)
        with pytest.raises(OutputError, match="exists already"), atomic_bundle(tmp_path / "model", force=False):
            pass
    assert names(tmp_path) == [".model.old", "model", "model.int8"]
    assert (tmp_path / ".model.old" / "mine.txt").exists()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    fill(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to("real")
    with atomic_bundle(tmp_path / "link", force=True) as aside:
        fill(aside, "new")
    assert (tmp_path / "real" / MANIFEST_NAME).read_text() == "new"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("replaced", [False, True])
def test_after_a_kill_between_the_renames_nothing_is_lost(tmp_path: Path, replaced: bool) -> None:
    """What lies there when a process dies after the first rename, or after the second."""
    older, bundle = tmp_path / ".bundle.0123456789abcdef.old", tmp_path / "bundle"
    older.mkdir()
    fill(older, "old")
    if replaced:
        bundle.mkdir()
        fill(bundle, "new")
    expected = "exists already" if replaced else "an earlier run was killed while it replaced this folder; rename"
    with pytest.raises(OutputError, match=expected), atomic_bundle(bundle, force=False):
        pass
    assert names(tmp_path) == (["bundle"] if replaced else [older.name])


def test_a_rename_that_fails_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    fill(bundle, "old")
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with (
        pytest.raises(OutputError, match="Input/output error; nothing was written"),
        atomic_bundle(bundle, force=True) as aside,
    ):
        fill(aside, "new")
    assert (bundle / MANIFEST_NAME).read_text() == "old"
    assert names(tmp_path) == ["bundle"]


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with atomic_bundle(tmp_path / "bundle", force=False) as aside:
        fill(aside, "first")
        second = (
            "from pathlib import Path; from escore.bundle.writer import atomic_bundle; "
            "atomic_bundle(Path('bundle'), False).__enter__()"
        )
        done = subprocess.run([sys.executable, "-c", second], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "another process is writing it" in done.stderr
    assert (tmp_path / "bundle" / MANIFEST_NAME).read_text() == "first"


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    for _ in range(2400):
        if condition() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert condition()


def test_a_killed_export_leaves_no_bundle_and_the_next_cleans_up(trained: Path, tmp_path: Path) -> None:
    with subprocess.Popen([*PROGRAM, trained, "-o", "bundle"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: any(tmp_path.glob(".bundle.*.part")), process)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "bundle").exists()
    assert len(names(tmp_path)) == 1  # what it left aside
    subprocess.run([*PROGRAM, trained, "-o", "bundle"], cwd=tmp_path, check=True, capture_output=True)
    assert names(tmp_path) == ["bundle"]


@pytest.mark.parametrize(
    "stage",
    [
        "reading",
        pytest.param("torch scores", marks=pytest.mark.long),
        pytest.param("fp32 graph", marks=pytest.mark.long),
        "int8 graph",
        "the bundle",
        pytest.param("speed", marks=pytest.mark.long),
    ],
)
def test_an_interrupt_leaves_nothing_behind(trained: Path, tmp_path: Path, stage: str) -> None:
    command = [*PROGRAM, trained, "-o", "bundle"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if stage.encode() in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(60) == 130
    assert b"Traceback" not in rest
    assert names(tmp_path) == []


def test_no_space_left(trained: Path, tmp_path: Path) -> None:
    """Files may grow to 64 kB, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    command = [*PROGRAM, trained, "-o", tmp_path / "bundle"]
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, check=False)
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith("escore: ")
    assert "File too large" in last
    assert b"Traceback" not in done.stderr
    assert names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_place(trained: Path, escore: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = escore("export", trained, "-o", "locked/bundle")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().endswith("locked/bundle: Permission denied\n")
