"""Sentences made up here, and the corpora and the recipe of a training in little."""

from collections.abc import Mapping

from tests.conftest import ROOT

SMOKE = ROOT / "training" / "smoke"
RECIPE = ROOT / "training" / "escore_training" / "recipes" / "smoke.toml"
NAMES = ("Anna Berg", "Oslo", "Kattegat Lines", "Ingrid Solheim", "Rotterdam", "Henrik Vik")
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


def conllu_sentence(number: int, subject: str, noun: str, entity: str = "_") -> str:
    return "\n".join(
        [
            f"# sent_id = s{number}",
            f"1\t{subject}\t_\tPROPN\tNNP\t_\t_\t_\t_\t{entity}",
            "2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_",
            "2\tdid\t_\tAUX\tVBD\t_\t_\t_\t_\t_",
            "3\tn't\t_\tPART\tRB\t_\t_\t_\t_\t_",
            "4\tsee\t_\tVERB\tVB\t_\t_\t_\t_\t_",
            "5\tthe\t_\tDET\tDT\t_\t_\t_\t_\t_",
            "5.1\tgone\t_\tVERB\tVBN\t_\t_\t_\t_\t_",
            f"6\t{noun}\t_\tNOUN\tNN\t_\t_\t_\t_\tSpaceAfter=No",
            "7\t.\t_\tPUNCT\t.\t_\t_\t_\t_\t_",
        ]
    )


def columns(count: int, separator: str = "\t") -> str:
    """Sentences in columns, of which each names somebody or something."""
    lines = []
    for i in range(count):
        names = NAMES[i % len(NAMES)].split()
        tokens = [
            ("The", "O"),
            ("mayor", "O"),
            ("met", "O"),
            *((n, "BI"[k > 0] + "-X") for k, n in enumerate(names)),
            (".", "O"),
        ]
        lines.append("".join(f"{token}{separator}{tag}\n" for token, tag in tokens))
    return "\n".join(lines) + "\n"
