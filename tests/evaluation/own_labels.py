"""Records of one's own, and the report of `escore evaluate` on them."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import Run
from tests.corpora import NAMES

from escore_labels.record import Label, Record, Span


def label(text: str, part: str, said: Label | float, **fields: Any) -> Span:
    start = text.index(part)
    claim = {"label": said} if isinstance(said, str) else {"target": said}
    return Span(start=start, end=start + len(part), **claim, **fields)


def reviewed(count: int) -> list[Record]:
    records = []
    for i in range(count):
        name = NAMES[i % len(NAMES)]
        text = f"The mayor of ward {i} met {name}."
        records.append(Record(text=text, reviewed=True, spans=(label(text, name, "entity"),)))
    return records


def evaluate(escore: Run, *arguments: str | Path) -> dict[str, Any]:
    done = escore("evaluate", "default", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report
