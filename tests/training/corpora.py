"""The recipe of a small training, where its corpora are, and tokens with labels."""

import re
from collections.abc import Mapping

from tests.conftest import ROOT

from escore_labels.tokens import ENTITY, NONE, PROPER, Sentence, Token

SMOKE = ROOT / "training" / "smoke"
RECIPE = ROOT / "training" / "escore_training" / "recipes" / "smoke.toml"
# A training that learns next to nothing, but goes through all stages in seconds.
TINY: Mapping[str, Mapping[str, object]] = {
    "vocabulary": {"size": 500},
    "teacher": {"frozen_layers": 5, "epochs": 1, "batch_tokens": 256},
    "model": {"layers": 1},
    "training": {"epochs": 1, "save_steps": 5, "logit_scale": 1.5, "logit_shift": 0.2},
}


def recipe(changes: Mapping[str, Mapping[str, object]], **top: object) -> str:
    """The smoke recipe with some settings of its tables, or of its top, changed."""
    section, changed = "", set()
    lines = []
    for line in RECIPE.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        key = line.partition(" =")[0]
        values = changes.get(section, {}) if section else top
        if key in values:
            value = values[key]
            changed.add((section, key))
            line = f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"  # noqa: PLW2901
        lines.append(line)
    assert changed == {("", key) for key in top} | {(name, key) for name, keys in changes.items() for key in keys}
    return "\n".join(lines) + "\n"


def finetune_recipe(averaging_weight: float = 0.5, extra: str = "", **top: object) -> str:
    """The tiny recipe as one that continues from a checkpoint."""
    text = recipe({"model": TINY["model"], "training": {"epochs": 1, "save_steps": 5}}, **top)
    text = re.sub(r"teacher_repeat = .*", "teacher_repeat = 0", text)
    finetune = f"[finetune]\nteacher_weight = 0.25\naveraging_weight = {averaging_weight}\nfrozen_layers = 0\n{extra}\n"
    return re.sub(r"\[vocabulary\].*(?=\[model\])", finetune, text, flags=re.DOTALL)


def speech_sentence(text: str, proper: str = "") -> Sentence:
    """A sentence of a corpus of parts of speech: some proper nouns, and else no nouns."""
    return [Token(w, PROPER, ENTITY) if w in proper.split() else Token(w, NONE, NONE) for w in text.split()]


def entity_sentence(text: str) -> Sentence:
    """A sentence of a corpus of entities; their words end with *."""
    return [Token(w.rstrip("*"), *((ENTITY, ENTITY) if w.endswith("*") else (NONE, PROPER))) for w in text.split()]


def plain_sentence(text: str) -> Sentence:
    """A sentence without labels."""
    return [Token(w, NONE, ENTITY) for w in text.split()]
