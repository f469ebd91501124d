"""The rows of docs/benchmarks.md and their goals, from rows.toml, which explains them."""

import tomllib
from pathlib import Path
from typing import Any

TABLE = tomllib.loads(Path(__file__).with_name("rows.toml").read_text("utf-8"))
AMOUNTS: dict[str, dict[str, Any]] = TABLE.pop("amounts")
ROWS: dict[str, dict[str, Any]] = TABLE


def goal(name: str, kind: str) -> float | None:
    """The goal of a row for a kind of machine (escore_evaluation.machine); None where there is none."""
    keys = ("at_most", "at_least_vnni", "at_least") if "with VNNI" in kind else ("at_most", "at_least")
    return next((ROWS[name][key] for key in keys if key in ROWS[name]), None)


def meets_goal(name: str, figure: float, kind: str) -> bool | None:
    """Whether a row's figure reaches its goal; None where there is none."""
    limit = goal(name, kind)
    return None if limit is None else figure <= limit if "at_most" in ROWS[name] else figure >= limit
