"""The rows of docs/benchmarks.md and their goals, from rows.toml."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A row, as rows.toml explains it."""

    title: str
    over: dict[str, Any] = field(default_factory=dict)
    under: dict[str, Any] = field(default_factory=dict)
    sides: tuple[str, str] | None = None
    unit: str = "words/s"
    rounds: str = ""
    note: str = ""
    at_least: float | None = None
    at_least_vnni: float | None = None
    at_most: float | None = None
    figure: str = "{:.2f} ×"
    bar: str = ""

    def value(self, kind: str) -> float | None:
        """The goal for a kind of machine (escore_evaluation.machine); None where there is none."""
        vnni = self.at_least_vnni if "with VNNI" in kind else None
        return next((goal for goal in (self.at_most, vnni, self.at_least) if goal is not None), None)

    def met(self, figure: float, kind: str) -> bool | None:
        """Whether a figure reaches the goal; None where there is none."""
        goal = self.value(kind)
        return None if goal is None else figure >= goal if self.at_most is None else figure <= goal


ROWS = tomllib.loads(Path(__file__).with_name("rows.toml").read_text("utf-8"))
GOALS = {name: Goal(**row) for name, row in ROWS.items()}
