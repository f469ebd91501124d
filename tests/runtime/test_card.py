"""The cards of the models that ship: what each says of itself is what it does."""

import re
from functools import cache

import pytest

from escore import Scorer
from escore.bundle.bundle import SHIPPED

GIVES = re.compile(r'"([^"]+)"\s+gives\s+((?:\S+ \d+(?:,\s+|\s+and\s+)?)+)')
SCORED = re.compile(r"(\S+) (\d+)")
NEAR = 12  # of 300: what other processors' instructions may change

EXAMPLES = [
    (model, re.sub(r"\s+", " ", text), word, int(score))
    for model, folder in SHIPPED.items()
    for text, scored in GIVES.findall((folder / "README.md").read_text("utf-8"))
    for word, score in SCORED.findall(scored)
]
open_scorer = cache(Scorer)


@pytest.mark.parametrize(("model", "least"), [("default", 12), ("fast", 8)])
def test_there_are_examples(model: str, least: int) -> None:
    assert len({text for name, text, _, _ in EXAMPLES if name == model}) >= least


@pytest.mark.parametrize(("model", "text", "word", "score"), EXAMPLES)
def test_an_example_is_what_the_model_gives(model: str, text: str, word: str, score: int) -> None:
    differences = [abs(scored.score - score) for scored in open_scorer(model)(text).words if scored.text == word]
    assert differences, f"no word '{word}' in '{text}'"
    assert min(differences) < NEAR
