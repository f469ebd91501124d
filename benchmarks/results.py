"""A result: the machine, the versions, the commit, every value of every run, and what came of each goal."""

import json
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS
from benchmarks.measure import Row, estimate
from benchmarks.worker import ROOT
from escore_evaluation.machine import Machine

FOLDER = Path(__file__).parent / "results"
PEERS = ("torch", "transformers", "optimum", "optimum-onnx", "spacy", "scipy", "matplotlib")


def begin(machine: Machine, command: str, text: Path, cores: int, sizes: dict[str, str], quick: bool) -> dict[str, Any]:
    """What is known before anything runs. `text` is named without its folder."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": command,
        "commit": _git("rev-parse", "HEAD"),
        # Results of earlier runs, and the page made of them, are no change of what is measured.
        "dirty": bool(_git("status", "--porcelain", "--", ".", ":!benchmarks/results", ":!docs")),
        "quick": quick,
        "machine": asdict(machine),
        "cores": cores,
        "peers": {name: _version(name) for name in PEERS},
        "text": text.name,
        "sizes": sizes,
        "rows": {},
        "skipped": {},
        "curves": {},
    }


def take_over(result: dict[str, Any], older: dict[str, Any]) -> None:
    """Keep what an older result of the same amounts, cores and text holds; each row says of which code it is."""
    if any(result[key] != older.get(key) for key in ("quick", "cores", "text")):
        return
    result |= {key: older[key] for key in ("rows", "skipped", "curves")}
    for row in result["rows"].values():
        row.setdefault("code", code(older))
    result["command"] = f"{older['command']}\n    {result['command']}"


def code(result: dict[str, Any]) -> str:
    """What was measured, in words."""
    return f"commit {(result['commit'] or 'unknown')[:12]}{', with changes not committed' if result['dirty'] else ''}"


def add(result: dict[str, Any], row: Row) -> None:
    """Put a row among the others, with its goal and whether it is met."""
    goal, kind, found = GOALS[row.name], result["machine"]["kind"], estimate(row.pairs)
    result["rows"][row.name] = {
        "title": goal.title.format(**result["sizes"]),
        "over": row.over,
        "under": row.under,
        "unit": row.unit,
        "pairs": [[_short(value) for value in pair] for pair in row.pairs],
        "median": _short(found.median),
        "interval": [_short(found.low), _short(found.high)],
        "goal": goal.value(kind),
        "at_most": goal.at_most,
        "met": goal.met(found.median, kind),
        "note": row.note,
        "code": code(result),
    }


def path(result: dict[str, Any]) -> Path:
    """Where a result belongs: date and kind of machine."""
    kind = result["machine"]["kind"].lower().replace(" ", "-")
    return FOLDER / f"{result['date']}-{kind}.json"


def save(result: dict[str, Any], to: Path) -> None:
    """Write it as JSON, one line a list of numbers."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(_render(result) + "\n", "utf-8")


def load(of: Path) -> dict[str, Any]:
    """Read what `save` wrote."""
    content: dict[str, Any] = json.loads(of.read_text("utf-8"))
    return content


def _render(value: object, depth: int = 0) -> str:
    """JSON with two spaces of indent, but lists and what holds no object on one line."""
    if not isinstance(value, dict) or (not any(isinstance(item, dict) for item in value.values()) and depth > 1):
        return json.dumps(value, ensure_ascii=False)
    pad = "  " * (depth + 1)
    items = [f"{pad}{json.dumps(key, ensure_ascii=False)}: {_render(item, depth + 1)}" for key, item in value.items()]
    return "{\n" + ",\n".join(items) + "\n" + "  " * depth + "}" if items else "{}"


def _short(value: float) -> float:
    """Five digits are more than any of these measures has."""
    return float(f"{value:.5g}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    """What git says, without line ends; None where this is no checkout."""
    try:
        ended = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return ended.stdout.strip()
