"""`python -m benchmarks`: its commands, and those that make a table of docs/decisions.md, as they are typed."""

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from benchmarks.__main__ import COMMANDS
from benchmarks.ablations.windows import SETTINGS
from tests.conftest import EXAMPLES, ROOT
from tests.corpora import columns, conllu_sentence

from escore.bundle.bundle import DEFAULT


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_commands_are_listed_and_have_help() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert run("nothing").returncode == 2
    assert "--search" in run("joining", "--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_a_function(name: str) -> None:
    if name == "train-spacy":
        pytest.importorskip("spacy")  # with the extra bench alone
    assert import_module(f"benchmarks.{COMMANDS[name][0]}").main.__doc__


def test_two_bundles_are_one_table_and_one_plot(tmp_path: Path) -> None:
    (tmp_path / "ewt").mkdir()
    sentences = [conllu_sentence(number, name, "sea") for number, name in enumerate(("Anna", "Oslo"), 1)]
    (tmp_path / "ewt" / "en_ewt-ud-dev.conllu").write_text("# newdoc\n" + "\n\n".join(sentences) + "\n\n")
    shutil.copytree(DEFAULT, tmp_path / "copy")
    done = run("frontier", tmp_path, tmp_path / "plot.svg", DEFAULT, tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    head, _, first, second = done.stdout.splitlines()
    assert head.startswith("| bundle | words/s | EWT dev, 3 classes |")
    assert first.startswith(f"| {DEFAULT.name} |")
    assert second.startswith("| copy |")
    assert first.split("|")[3:] == second.split("|")[3:]  # the same model is as good
    assert (tmp_path / "plot.svg").read_text().count("<svg ") == 1


def test_what_is_missing_is_one_line(tmp_path: Path) -> None:
    assert run("frontier", tmp_path).returncode == 2
    done = run("frontier", tmp_path / "nowhere", tmp_path / "plot.svg", DEFAULT)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert not (tmp_path / "plot.svg").exists()


def test_ways_to_join_are_rows(tmp_path: Path) -> None:
    names = (
        "wikigold/a.txt",
        "crossner/ai/train.txt",
        "gmb/GMB_dataset.txt",
        "wnut17/wnut17train.conll",
        "btc/a.conll",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(columns(12, " " if name.startswith("wikigold") else "\t"))
    done = run("joining", tmp_path, "--search")
    assert done.returncode == 0, done.stderr
    about, variants, letters, minimums = done.stdout.split("\n\n")
    assert "748 words, minimum 220" in about
    assert [line.count("|") for line in variants.splitlines()] == [13] * 13
    assert "| **the rule** | 100.00 |" in variants
    assert len(letters.splitlines()) == 8
    assert minimums.splitlines()[0].startswith("| minimum | 180 | 190 |")


def test_windows_are_rows(tmp_path: Path) -> None:
    words = " ".join(path.read_text("utf-8") for path in EXAMPLES).split()
    (tmp_path / "long.conll").write_text("".join(f"{word}\tO\n" for word in words) + "\n")
    done = run("windows", tmp_path / "long.conll")
    assert done.returncode == 0, done.stderr
    head, _, *rows = done.stdout.splitlines()
    assert head == "| file | tokens | overlap | differ by | 3 classes | AP | span F1 | µs of CPU a word |"
    cells = [row.strip("| ").split(" | ") for row in rows]
    assert [(int(row[1]), int(row[2])) for row in cells] == list(SETTINGS)
    assert all(float(row[3]) > 0 and float(row[-1]) > 0 for row in cells)
