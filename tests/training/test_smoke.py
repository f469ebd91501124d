"""The smoke recipe as it ships, end to end: train, export, run, evaluate."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.training.corpora import SMOKE

from escore_labels.readers.corpus import read_corpus
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER
from escore_training.data.datasets import Source, load_sources
from escore_training.recipe import load_recipe

HELD_OUT = SMOKE / "held-out.conllu"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoint and the bundle of the smoke recipe."""
    folder = tmp_path_factory.mktemp("smoke")
    for arguments in (
        ["train", "smoke", "--corpora", str(SMOKE), "-o", "checkpoint"],
        ["export", "checkpoint", "-o", "bundle"],
    ):
        command = [sys.executable, "-m", "escore_cli", *arguments]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
def test_what_was_trained_scores_text_sensibly(folder: Path, escore: Run) -> None:
    text = b"The captain wrote a letter to Anna Berg in Oslo on Monday."
    done = escore("run", "--model", folder / "bundle", "--min", "150", input=text)
    assert [line.split(b"\t")[5] for line in done.stdout.splitlines()] == [b"Anna", b"Berg", b"Oslo", b"Monday"]
    done = escore("run", "--model", folder / "bundle", "--min", "50", input=text)
    assert {b"captain", b"letter"} <= {line.split(b"\t")[5] for line in done.stdout.splitlines()}
    card = (folder / "bundle" / "README.md").read_text()
    assert "# escore-smoke 1" in card
    assert "Notes, made up for escore (CC0-1.0)" in card


@pytest.mark.long
def test_figures_on_the_held_out_file_are_good(folder: Path, escore: Run) -> None:
    done = escore("evaluate", folder / "bundle", HELD_OUT, "--json", "--resamples", "0")
    figures, _ = json.loads(done.stdout)["rows"]  # the other is of the general text
    # Of the words 68 % are none of these kinds: who says so of all of them has 0.68.
    assert figures["three_classes"]["value"] > 0.85
    assert figures["entity_ap"]["value"] > 0.6


def classes(source: Source) -> set[tuple[int, int]]:
    return {(token.low, token.high) for sentence in source.sentences() for token in sentence}


def test_the_corpora_hold_what_they_say() -> None:
    """A few hundred short sentences, in all three ways of labeling, and none that are held out."""
    sources = load_sources(load_recipe("smoke").corpora, SMOKE)
    notes, names, plain = sources
    assert len(notes.documents) > 5
    assert sum(1 for source in sources for _ in source.sentences()) >= 300
    assert classes(notes) == {
        (NONE, NONE),
        (COMMON, COMMON),
        (PROPER, ENTITY),
        (NONE, ENTITY),
    }
    assert classes(names) == {
        (NONE, PROPER),
        (ENTITY, ENTITY),
        (NONE, ENTITY),
    }
    assert classes(plain) == {(NONE, ENTITY)}

    held_out = read_corpus(HELD_OUT)
    assert {token.low for document in held_out for sentence in document for token in sentence} == {0, 1, 2, 3}
    seen = {tuple(token.text for token in sentence) for source in sources for sentence in source.sentences()}
    assert not [s for document in held_out for s in document if tuple(token.text for token in s) in seen]
