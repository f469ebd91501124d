"""This repository's earlier states, from git."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import ROOT
from escore import EscoreError


class GitError(EscoreError, RuntimeError):
    """Git is not here, or not what was asked of it."""


def git(*arguments: str) -> str:
    """What a command of git says of this repository. Raises GitError."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise GitError("git is not on PATH", "install git") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["git failed"]
        raise GitError(f"git {arguments[0]}: {lines[-1]}", "run this in a clone with all of its history")
    return done.stdout.strip()


@contextmanager
def checkout(commit: str, *paths: str) -> Iterator[Path]:
    """The files of a commit that `paths` match, in a folder of their own for a while. Raises GitError."""
    with tempfile.TemporaryDirectory() as folder:
        archive, tree = Path(folder, "tree.tar"), Path(folder, "tree")
        git("archive", f"--output={archive}", commit, "--", *paths)
        tree.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", tree], check=True)
        yield tree
