"""Corpora that several tests measure on, and what their trainings must not leave behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tests.training.corpora import NAMES, columns, conllu_sentence


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """A folder with some of the planned corpora, made up."""
    folder = tmp_path / "corpora"
    documents, layer = [], []
    for i in range(24):
        genre = ("email", "reviews")[i % 2]
        name = NAMES[i % len(NAMES)].split()[0]
        documents.append(f"# newdoc id = {genre}-{i}\n" + conllu_sentence(i, name, "ship") + "\n\n")
        tags = enumerate([(name, "B-X"), *((word, "O") for word in ("did", "n't", "see", "the", "ship", "."))], 1)
        layer.append(f"# sent_id = s{i}\n" + "".join(f"{k}\t{word}\t{tag}\t-\n" for k, (word, tag) in tags) + "\n")
    for path, text in {
        "ewt/en_ewt-ud-dev.conllu": "".join(documents),
        "ewt/en_ewt-ud-dev.uner.iob2": "".join(layer),
        "wnut17/emerging.dev.conll": columns(12),
        "crossner/music/dev.txt": columns(9),
        "worldwide/a.tsv": columns(5),
        "worldwide/b.tsv": columns(6),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def usual_torch() -> Iterator[None]:
    """Torch as it was before a training set it."""
    yield
    torch.use_deterministic_algorithms(False)
