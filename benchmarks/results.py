"""Results as JSON files: what was measured, when, of which code and on which machine."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks import ROOT
from escore_evaluation.machine import read_machine

FOLDER = ROOT / "benchmarks" / "results"
PEERS = ("torch", "transformers", "optimum", "optimum-onnx", "spacy", "matplotlib")
Result = dict[str, Any]


def begin() -> Result:
    """What is known before anything is measured; the command is without the folders of this machine."""
    words = [Path(word).name if os.sep in word else word for word in sys.argv[1:]]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": shlex.join(["python", "-m", "benchmarks", *words]),
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--", ".", ":!benchmarks/results", ":!docs")),
        "machine": asdict(read_machine()),
        "peers": {package.name: package.version for package in distributions() if package.name in PEERS},
    }


def _git(*arguments: str) -> str:
    """What git says; "" where this is no checkout."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def code(result: Result) -> str:
    """The code that was measured, for reading."""
    return f"commit {(result['commit'] or 'unknown')[:12]}{', with changes not committed' if result['dirty'] else ''}"


def versions(numbers: dict[str, str]) -> str:
    """Versions for reading."""
    return ", ".join(f"{package} {number}" for package, number in numbers.items() if number)


def save(result: Result, file: Path) -> None:
    """Write a result."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
