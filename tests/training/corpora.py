"""The recipe of a small training, and where its corpora are."""

from collections.abc import Mapping

from tests.conftest import ROOT

SMOKE = ROOT / "training" / "smoke"
RECIPE = ROOT / "training" / "escore_training" / "recipes" / "smoke.toml"
# A training that learns next to nothing, but goes through all stages in seconds.
TINY: Mapping[str, Mapping[str, object]] = {
    "vocabulary": {"size": 500},
    "teacher": {"frozen": 5, "epochs": 1, "batch_tokens": 256},
    "model": {"layers": 1},
    "training": {"epochs": 1, "save_every": 5},
}


def recipe(changes: Mapping[str, Mapping[str, object]], **top: object) -> str:
    """The smoke recipe with some settings of its tables, or of its top, changed."""
    section, found = "", set()
    lines = []
    for line in RECIPE.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        key = line.partition(" =")[0]
        values = changes.get(section, {}) if section else top
        if key in values:
            value = values[key]
            found.add((section, key))
            line = f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"  # noqa: PLW2901
        lines.append(line)
    assert found == {("", key) for key in top} | {(name, key) for name, keys in changes.items() for key in keys}
    return "\n".join(lines) + "\n"
