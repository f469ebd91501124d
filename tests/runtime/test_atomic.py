"""Files and bundles appear whole or not at all: replaced, killed, in a race with others."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from escore import OutputError
from escore.atomic import atomic_file
from escore.bundle.manifest import MANIFEST_NAME
from escore.bundle.writer import atomic_bundle, check_output


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, content: str) -> None:
    (folder / MANIFEST_NAME).write_text(content)


def test_a_folder_appears_at_the_end(tmp_path: Path) -> None:
    with atomic_bundle(tmp_path / "bundle", force=False) as folder:
        fill(folder, "new")
        assert not (tmp_path / "bundle").exists()
    assert names(tmp_path) == ["bundle"]
    with pytest.raises(ZeroDivisionError), atomic_bundle(tmp_path / "other", force=False) as folder:
        fill(folder, f"half {1 / 0}")
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
    with atomic_bundle(bundle, force=True) as folder:
        fill(folder, "new")
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
        with atomic_bundle(tmp_path / "bundle", force=False) as folder:
            fill(folder, "new")
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
    with atomic_bundle(tmp_path / "model.int8", force=False) as folder:
        fill(folder, "int8")
        check_output(tmp_path / "model", force=True)
        with pytest.raises(OutputError, match="exists already"), atomic_bundle(tmp_path / "model", force=False):
            pass
    assert names(tmp_path) == [".model.old", "model", "model.int8"]
    assert (tmp_path / ".model.old" / "mine.txt").exists()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    fill(tmp_path / "real", "old")
    (tmp_path / "link").symlink_to("real")
    with atomic_bundle(tmp_path / "link", force=True) as folder:
        fill(folder, "new")
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
        atomic_bundle(bundle, force=True) as folder,
    ):
        fill(folder, "new")
    assert (bundle / MANIFEST_NAME).read_text() == "old"
    assert names(tmp_path) == ["bundle"]


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with atomic_bundle(tmp_path / "bundle", force=False) as folder:
        fill(folder, "first")
        second = (
            "from pathlib import Path; from escore.bundle.writer import atomic_bundle; "
            "atomic_bundle(Path('bundle'), False).__enter__()"
        )
        done = subprocess.run([sys.executable, "-c", second], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert "another process is writing it" in done.stderr
    assert (tmp_path / "bundle" / MANIFEST_NAME).read_text() == "first"


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    program = (
        "import os; from pathlib import Path; from escore.bundle.writer import atomic_bundle; "
        "writing = atomic_bundle(Path('bundle'), False); writing.__enter__(); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1
    with atomic_bundle(tmp_path / "bundle", force=False) as folder:
        fill(folder, "new")
    assert names(tmp_path) == ["bundle"]


def test_a_file_is_replaced_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "scores.json"
    file.write_text("old")
    file.chmod(0o640)
    with pytest.raises(ZeroDivisionError), atomic_file(file) as part:
        part.write_text(f"half {1 / 0}")
    assert file.read_text() == "old"
    with atomic_file(file) as part:
        part.write_text("new")
        assert part.suffix == ".json"
        assert file.read_text() == "old"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)
    assert names(tmp_path) == ["scores.json"]
