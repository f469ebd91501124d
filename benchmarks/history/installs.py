"""Each version as its users had it: the code of its commit, installed in a folder, with today's other packages."""

import json
import shutil
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import CACHE, ROOT
from benchmarks.commits import checkout
from benchmarks.measure_process import ProcessError

VERSIONS = Path(__file__).with_name("versions.toml")


class Install(NamedTuple):
    """An installed version: its name, its commit (None: this tree), and the folder that goes on PYTHONPATH."""

    name: str
    commit: str | None
    folder: Path

    @property
    def bundle(self) -> Path:
        """The folder of the bundle that it ships, of the default one where there are several."""
        default = self.folder / "escore" / "models" / "default"
        if default.is_dir():
            return default
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
    """Install a version in .bench/, unless its commit is there already. Raises GitError or ProcessError."""
    folder = CACHE / "history" / name
    done = Install(name, commit, folder / (commit[:12] if commit else "tree"))
    if commit is None or not done.folder.exists():
        unfinished = folder / "unfinished"
        # Without checkpoints, which are large and not installed.
        with checkout(commit, ".", ":!training/checkpoints") if commit else nullcontext(ROOT) as source:
            shutil.rmtree(folder, ignore_errors=True)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            code = subprocess.run([*pip, "--target", unfinished, source], check=False).returncode
        if code:
            raise ProcessError(f"{name}: pip install: exit {code}; its message is above")
        unfinished.rename(done.folder)
    found = done.manifest()
    if f"{found['name']}-{found['version']}" != name:
        raise ProcessError(f"{VERSIONS}: the commit of {name} ships {found['name']} {found['version']}")
    return done
