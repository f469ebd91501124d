"""docs/quality.md, written of a result of quality.py: the table, and where escore is behind.

python -m benchmarks.quality_page RESULT.json > docs/quality.md
"""

import json
import sys
from pathlib import Path
from typing import Any

FIGURES = {
    "three_classes": "three classes",
    "entity_f1_220": "words of entities, F1",
    "span_f1": "whole entities, F1",
    "entity_ap": "words of entities, average precision",
}
US = "escore"

HEAD = """# Quality

{date}: {model}; {versions}. Made by `make quality`; 95 % intervals (bootstrap over documents, or over texts where these
are few) stand in [{source}](../{source}).

Every system gets the same texts and is measured in the same way; the best of a column is bold. "–" stands where the
labels cannot say. None of these files trained any of them, and no rule was written to fit one.

"""

EARLIER = """Measured earlier, on the same texts, and not again since nothing of it changed: {systems}
({date}; {versions}).

"""

FOOT = """
## How

- **Three classes**: the share of words on the right side of none, common noun, and proper noun or entity.
- **Words of entities** and **whole entities** are at each system's own decision: for escore from 220 on, as
  `escore run --entities` joins neighbouring words; for the others as they label them. An entity is found when both its
  ends are right, whatever its type; quotes and full stops at the ends do not count. GUM's labels do not say where an
  entity begins.
- **Average precision** needs scores. A system that gives labels has a curve of one point, which its F1 says already.
- **spaCy**{absent}: a blank English pipeline, tagger and ner, as `spacy init config --optimize efficiency` writes it,
  trained on the labelled corpora of escore's default recipe with copies in lower case and capitals:
  `benchmarks/spacy_peer.py`.
- **perceptron**: an averaged perceptron (Collins 2002) over words, neighbours, letters and shapes, greedy from left to
  right, trained on the same: `benchmarks/perceptron.py`.
- **capitals**: rules about capitals, sentence starts and a list of small words, written by hand:
  `benchmarks/capitals.py`. In lower case and ALL CAPS they find no entity.
- The baselines learn from these corpora alone. What escore's weights started from, and what else it learnt from, stands
  in its recipes, [default.toml](../training/escore_training/recipes/default.toml) and
  [finetune.toml](../training/escore_training/recipes/finetune.toml).
"""


def page(result: dict[str, Any], source: str = "benchmarks/results/quality.json") -> str:
    """The whole page; `source` is where the result lies in the project."""
    versions = _versions(result["versions"])
    head = HEAD.format(date=result["date"], model=result["model"], versions=versions, source=source)
    earlier = result.get("earlier", {"systems": [], "versions": {}})
    if earlier["systems"]:
        before = _versions(earlier["versions"])
        head += EARLIER.format(systems=", ".join(earlier["systems"]), date=earlier["date"], versions=before)
    there = "spacy" in result["versions"] | earlier["versions"]
    foot = FOOT.format(absent="" if there else " (not in this table: no pipeline was given)")
    return f"{head}{_table(result['corpora'])}{_behind(result['corpora'])}{foot}"


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _table(corpora: dict[str, Any]) -> str:
    systems = list(next(iter(corpora.values()))["systems"])
    lines = [_row("", "", *corpora), "|---|---" + "|--:" * len(corpora) + "|"]
    lines.append(_row("words", "", *(f"{each['words']:,}" for each in corpora.values())))
    for figure, title in FIGURES.items():
        for system in systems:
            values = [_value(each, system, figure) for each in corpora.values()]
            if any(value is not None for value in values):
                best = [max(_value(each, other, figure) or 0 for other in systems) for each in corpora.values()]
                shown = [_shown(*pair) for pair in zip(values, best, strict=True)]
                lines.append(_row(title, system, *shown))
                title = ""  # noqa: PLW2901
    return "\n".join(lines) + "\n"


def _behind(corpora: dict[str, Any]) -> str:
    """A line a figure: the columns where another system is better, and by which."""
    lines = []
    for figure, title in FIGURES.items():
        lost = []
        for label, each in corpora.items():
            own = _value(each, US, figure)
            ahead = {name: _value(each, name, figure) or 0 for name in each["systems"]}
            ahead = {name: value for name, value in ahead.items() if own is not None and value > own}
            if ahead:
                others = ", ".join(f"{name} {_number(value)}" for name, value in ahead.items())
                lost.append(f"{label} ({others}; escore {_number(own)})")
        if lost:
            lines.append(f"- {title}: {'; '.join(lost)}")
    return "\n## Where escore is behind\n\n" + ("\n".join(lines) or "Nowhere in this table.") + "\n"


def _value(corpus: dict[str, Any], system: str, figure: str) -> float | None:
    interval = corpus["systems"][system][figure]
    return interval[0] if interval else None


def _shown(value: float | None, best: float) -> str:
    if value is None:
        return "–"
    return f"**{_number(value)}**" if value == best else _number(value)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".removeprefix("0")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text("utf-8"))), end="")
