"""The card of the model that ships: what it says of itself is what it does."""

import re
from pathlib import Path

import pytest

from escore import Scorer
from escore.bundle.bundle import DEFAULT

CARD = (Path(DEFAULT) / "README.md").read_text("utf-8")
GIVES = re.compile(r'"([^"]+)"\s+gives\s+((?:\S+ \d+(?:,\s+|\s+and\s+)?)+)')
SCORED = re.compile(r"(\S+) (\d+)")
NEAR = 12  # of 300: what other processors' instructions may change

EXAMPLES = [
    (re.sub(r"\s+", " ", text), word, int(score))
    for text, scored in GIVES.findall(CARD)
    for word, score in SCORED.findall(scored)
]


def test_there_are_examples() -> None:
    assert len({text for text, _, _ in EXAMPLES}) >= 12


@pytest.mark.parametrize(("text", "word", "score"), EXAMPLES)
def test_an_example_is_what_the_model_gives(scorer: Scorer, text: str, word: str, score: int) -> None:
    differences = [abs(scored.score - score) for scored in scorer(text).words if scored.text == word]
    assert differences, f"no word '{word}' in '{text}'"
    assert min(differences) < NEAR
