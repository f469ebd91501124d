"""The pages' commands and code, run: what they print is what the page shows."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from tests.conftest import ROOT
from tests.docs.pages import PAGES, Block, blocks, name
from tests.service.servers import serve

from escore import Scorer
from escore.bundle.bundle import DEFAULT

ADDRESS = re.compile(r"(?:127\.0\.0\.1|localhost):8300")
# Examples that use these are only compiled where they are missing.
NOT_INSTALLED = ("a2wsgi", "fastapi", "pydantic", "spacy", "presidio_analyzer", "pandas", "polars", "duckdb", "sklearn")
LONG = ("make-it-yours.md",)  # pages whose commands take minutes
DECIMAL = re.compile(r"\d+\.\d+")
SCORES, PROBABILITIES = 5, 0.1  # how far they may be from what a page shows: int8 differs a little between processors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory that looks like a checkout, with a bundle and a text of the reader's own."""
    for part in ("examples", "training"):
        (tmp_path / part).symlink_to(ROOT / part)
    (tmp_path / "bundle").symlink_to(DEFAULT)
    shutil.copy(ROOT / "examples" / "news.txt", tmp_path / "report.txt")
    commands = tmp_path / ".bin"
    commands.mkdir()
    for command, arguments in {"escore": "-m escore_cli", "python": ""}.items():
        path = commands / command
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        path.chmod(0o755)
    return tmp_path


def _param(page: Path) -> ParameterSet:
    return pytest.param(page, id=name(page), marks=[pytest.mark.long] if page.name in LONG else [])


@pytest.fixture
def environment(folder: Path, clean_environment: dict[str, str]) -> dict[str, str]:
    return clean_environment | {"PATH": f"{folder / '.bin'}:{os.environ['PATH']}"}


@pytest.mark.parametrize("page", [_param(page) for page in PAGES if blocks(page)])
def test_the_examples_of_a_page_do_what_it_shows(page: Path, folder: Path, environment: dict[str, str]) -> None:
    examples = blocks(page)
    if not any(ADDRESS.search(example.code) for example in examples):
        _check_all(page, examples, folder, environment)
        return
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with serve("--feedback", folder / "corrections.db") as service:
        examples = [_at_port(example, service.port) for example in examples]
        _check_all(page, examples, folder, environment)


def test_a_bundle_runs_without_escore(folder: Path, scorer: Scorer) -> None:
    """The example runs in a process that cannot import escore, and gives escore's scores."""
    page = ROOT / "docs" / "how-to" / "export.md"
    (code,) = (example.code for example in blocks(page) if "onnxruntime.InferenceSession" in example.code)
    program = f"import sys\nsys.modules['escore'] = None\n{code}"
    output = _output([sys.executable, "-c", program], folder, dict(os.environ), name(page))
    lines = [line.split() for line in output.splitlines()]
    document = scorer("Anna Kowalska lives in Rotterdam.")
    scores = {word.text[:2]: word.score for word in document.words}
    assert len(lines) >= len(document.words)
    for score, text in (lines[0], lines[-1]):  # the first and last word are one token each
        assert float(score) == pytest.approx(scores[text[:2]], abs=1)


def test_there_are_examples_in_every_language() -> None:
    languages = [example.language for page in PAGES for example in blocks(page)]
    assert languages.count("python") >= 10
    assert languages.count("console") >= 5
    assert languages.count("sh") >= 5


def _at_port(example: Block, port: int) -> Block:
    return replace(example, code=ADDRESS.sub(f"127.0.0.1:{port}", example.code).replace("curl ", "curl --fail "))


def _check_all(page: Path, examples: list[Block], folder: Path, environment: dict[str, str]) -> None:
    for example in examples:
        place = f"{name(page)}, line {example.line}"
        if example.language == "console":
            for command, shown in _commands(example.code):
                _check(_output(["bash", "-c", command], folder, environment, place), shown, place)
        elif example.language == "sh" or not _missing(example.code):
            program = ["bash", "-e"] if example.language == "sh" else [sys.executable]
            output = _output([*program, "-c", example.code], folder, environment, place)
            if example.shown_as == "json":
                assert _matches(json.loads(output), json.loads(example.shown or "")), f"{place}: {output}"
            elif example.shown_as == "text":
                _check(output, example.shown or "", place)


def _commands(code: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, which follow "$", each with what the block shows of its output."""
    for part in code.removeprefix("$ ").split("\n$ "):
        command, _, shown = part.partition("\n")
        yield command, shown if shown.endswith("\n") or not shown else f"{shown}\n"


def _missing(code: str) -> bool:
    """Whether an example, which must compile, imports something that is not installed and need not be."""
    tree = ast.parse(code)
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {item.name for node in ast.walk(tree) if isinstance(node, ast.Import) for item in node.names}
    return any(importlib.util.find_spec(module) is None for module in modules & set(NOT_INSTALLED))


def _output(command: list[str], folder: Path, environment: dict[str, str], place: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{place}: exit code {done.returncode}\n{done.stderr}"
    return done.stdout


def _check(output: str, shown: str, place: str) -> None:
    """Compare an output with what the page shows; decimals may differ a little."""
    assert DECIMAL.sub("#", output) == DECIMAL.sub("#", shown), place
    values, expected = (map(float, DECIMAL.findall(text)) for text in (output, shown))
    assert all(map(_close, values, expected)), f"{place}: {output}"


def _matches(value: Any, shown: Any) -> bool:
    """Whether JSON has the fields that the page shows, with these values; decimals may differ a little."""
    if isinstance(shown, dict):
        return all(key in value and _matches(value[key], item) for key, item in shown.items())
    if isinstance(shown, list):
        return len(value) == len(shown) and all(map(_matches, value, shown))
    return _close(value, shown) if isinstance(shown, float) else bool(value == shown)


def _close(value: float, shown: float) -> bool:
    return abs(value - shown) <= (SCORES if shown > 1 else PROBABILITIES)
