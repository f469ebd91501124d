"""Results as JSON files: what was measured, when, of which code and on which machine."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
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
    git = partial(subprocess.run, cwd=ROOT, capture_output=True, text=True, check=False)
    written = (":!benchmarks/results", ":!benchmarks/history/*.json", ":!docs")
    changes = git(["git", "status", "--porcelain", "--", ".", *written]).stdout
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "command": shlex.join(["python", "-m", "benchmarks", *map(os.path.basename, sys.argv[1:])]),
        "commit": git(["git", "rev-parse", "HEAD"]).stdout.strip(),  # "" where this is no checkout
        "dirty": bool(changes),
        "machine": asdict(read_machine()),
        "peers": {package.name: package.version for package in distributions() if package.name in PEERS},
    }


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
