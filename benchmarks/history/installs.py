"""Each version as its users had it: the code of its commit, installed in a folder, with today's other packages."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import CACHE, ROOT
from benchmarks.measure_process import ProcessError

VERSIONS = Path(__file__).with_name("versions.toml")


class Install(NamedTuple):
    """An installed version: its name, its commit (None: this tree), and the folder that goes on PYTHONPATH."""

    name: str
    commit: str | None
    folder: Path

    @property
    def bundle(self) -> Path:
        """The folder of the bundle that it ships."""
        (manifest,) = self.folder.glob("escore/models/*/escore.json")
        return manifest.parent

    def manifest(self) -> dict[str, Any]:
        """The manifest of the bundle that it ships."""
        return dict(json.loads((self.bundle / "escore.json").read_text("utf-8")))


def read_versions(file: Path = VERSIONS) -> dict[str, str | None]:
    """The commit of each version, oldest first; None for the one that ships."""
    return {name: entry.get("commit") for name, entry in tomllib.loads(file.read_text("utf-8")).items()}


def read_changes(file: Path = VERSIONS) -> dict[str, str]:
    """What came with each version beside figures."""
    return {name: entry["brings"] for name, entry in tomllib.loads(file.read_text("utf-8")).items()}


def install(name: str, commit: str | None) -> Install:
    """Install a version in .bench/, unless its commit is there already. Raises ProcessError."""
    folder = CACHE / "history" / name
    done = Install(name, commit, folder / (commit[:12] if commit else "tree"))
    if commit is None or not done.folder.exists():
        known = ["git", "cat-file", "-e", commit or "HEAD"]
        if subprocess.run(known, cwd=ROOT, capture_output=True, check=False).returncode and commit:
            raise ProcessError(f"{name}: this clone lacks commit {commit[:12]}; git fetch --unshallow")
        shutil.rmtree(folder, ignore_errors=True)
        source, unfinished = ROOT, folder / "unfinished"
        if commit:
            source = folder / "source"
            source.mkdir(parents=True)
            # Without checkpoints, which are large and not installed.
            _run(f'git archive "$1" . ":!training/checkpoints" | tar -x -C "{source}"', commit)
        pip = '"$1" -m pip install --quiet --disable-pip-version-check --no-deps --target "$2" "$3"'
        _run(pip, sys.executable, unfinished, source)
        unfinished.rename(done.folder)
    found = done.manifest()
    if f"{found['name']}-{found['version']}" != name:
        raise ProcessError(f"{VERSIONS}: the commit of {name} ships {found['name']} {found['version']}")
    return done


def _run(script: str, *arguments: str | Path) -> None:
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script, "bash", *map(str, arguments)], cwd=ROOT, check=False
    )
    if ended.returncode:
        raise ProcessError(f"exit {ended.returncode} of: {script}; its message is above")
