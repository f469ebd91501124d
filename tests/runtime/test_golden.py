"""The shipped model's scores of the example texts, as they were when it was exported."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import EXAMPLES
from tests.runtime.golden import PATH

from escore import Scorer

# int8 products are exact everywhere (no pair of weights saturates), but float rounding in between differs between
# processors, and a value that rounds the other way moves a score. Measured: see docs/background/quantization.md.
MEAN, LARGEST = 0.1, 5.0


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_scores_are_those_of_the_golden_file(scorer: Scorer, path: Path) -> None:
    golden = json.loads(PATH.read_text("utf-8"))[path.name]
    document = scorer(path.read_text("utf-8"))
    assert [word.text for word in document.words] == [text for text, _ in golden]
    differences = np.abs(document.scores - np.array([score for _, score in golden]))
    assert differences.mean() < MEAN
    assert differences.max() < LARGEST


@pytest.mark.parametrize("name", ["Ingrid Solheim", "Kattegat Lines", "Kenji", "Frankfurt", "Arsenal"])
def test_names_in_the_examples_are_found(scorer: Scorer, name: str) -> None:
    entities = [entity.text for path in EXAMPLES for entity in scorer(path.read_text("utf-8")).entities(200)]
    assert any(name in entity for entity in entities)
