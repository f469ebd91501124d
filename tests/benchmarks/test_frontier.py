"""Bundles by speed and quality: the command as it is typed, and its plot."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.corpora import conllu_sentence

from escore.bundle.bundle import DEFAULT


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.frontier", *map(str, arguments)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_two_bundles_are_one_table_and_one_plot(tmp_path: Path) -> None:
    (tmp_path / "ewt").mkdir()
    sentences = [conllu_sentence(number, name, "sea") for number, name in enumerate(("Anna", "Oslo"), 1)]
    (tmp_path / "ewt" / "en_ewt-ud-dev.conllu").write_text("# newdoc\n" + "\n\n".join(sentences) + "\n\n")
    shutil.copytree(DEFAULT, tmp_path / "copy")
    done = run(tmp_path, tmp_path / "plot.svg", DEFAULT, tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    head, _, first, second = done.stdout.splitlines()
    assert head.startswith("| bundle | words/s | EWT dev, 3 classes |")
    assert first.startswith(f"| {DEFAULT.name} |")
    assert second.startswith("| copy |")
    assert first.split("|")[3:] == second.split("|")[3:]  # the same model is as good
    assert (tmp_path / "plot.svg").read_text().count("<svg ") == 1


def test_what_is_missing_is_one_line(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2
    done = run(tmp_path / "nowhere", tmp_path / "plot.svg", DEFAULT)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert not (tmp_path / "plot.svg").exists()
