"""The wheel as a stranger gets it: small, complete, few libraries, no network."""

import json
import os
import subprocess
import sys
import zipfile
from functools import partial
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from tests.conftest import EXAMPLES, ROOT
from tests.environments import linked_environment, new_environment

from escore import Bundle, Scorer

PACKAGES = [
    "escore",
    "escore/bundle",
    "escore/concurrency",
    "escore/masking",
    "escore/pipeline",
    "escore_adapt",
    "escore_batch",
    "escore_batch/readers",
    "escore_cli",
    "escore_cli/commands",
    "escore_cli/output",
    "escore_evaluation",
    "escore_evaluation/speed",
    "escore_export",
    "escore_export/checkpoint",
    "escore_export/graph",
    "escore_export/quantization",
    "escore_integrations",
    "escore_labels",
    "escore_labels/readers",
    "escore_labels/writers",
    "escore_monitor",
    "escore_service",
    "escore_service/review",
    "escore_training",
    "escore_training/data",
    "escore_training/labels",
    "escore_training/model",
    "escore_training/personal",
]
DATA = {
    "escore": "sample_text.txt",
    "escore/models/default": "README.md escore.json model.onnx tokenizer.json",
    "escore/models/fast": "README.md escore.json model.onnx tokenizer.json",
    "escore_evaluation": "expectations.toml report.css",
    "escore_export": "verify.txt",
    "escore_labels": "general.jsonl general.txt",
    "escore_monitor": "report.css",
    "escore_service/static": """
        api.js chips.css chunks.js corrections.js document.js download.js editor.js entities.js entity_list.js
        examples.js file_input.js filter.js icon.svg identifiers.js language.js lines.js occurrences.js open_texts.js
        page.css page.js
        panel.css placement.js printable.js results.js scoring.js session.js span_corrections.js status.js
        storage.js text.css text_view.js word_card.js
    """,
    "escore_service/static/review": """
        choices.js keys.js panel.js person.js progress.js queue.js review.css review.js review_text.js
        sheet.js training.js work.js
    """,
    "escore_service/templates": "index.html review.html",
    "escore_training/data/templates": """
        documents.toml outputs.toml packages.toml phrases.toml programs.toml terms.toml words.toml
    """,
    "escore_training/recipes": "default.toml fast.toml finetune.toml smoke.toml",
}
NO_NETWORK = """
import socket
def refused(*arguments, **options): raise RuntimeError("the network is forbidden")
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = socket.getaddrinfo = refused
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.iterdir()
    return wheel


def test_the_wheel_is_pure_and_small(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size <= 24_000_000


def test_the_wheel_holds_what_is_listed_and_nothing_else(wheel: Path) -> None:
    files = [Path(name) for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    modules = {file for file in files if file.suffix == ".py"}
    assert modules == {path.relative_to(top.parent) for top in ROOT.glob("*/escore*") for path in top.rglob("*.py")}
    assert sorted({str(module.parent) for module in modules}) == PACKAGES
    data = sorted(str(file) for file in files if file.suffix != ".py" and file.name != "py.typed")
    assert data == sorted(f"{folder}/{name}" for folder, names in DATA.items() for name in names.split())
    typed = sorted(str(file.parent) for file in files if file.name == "py.typed")
    assert typed == [package for package in PACKAGES if "/" not in package]


def test_it_runs_beside_what_it_requires_without_network(wheel: Path, tmp_path: Path) -> None:
    programs, names = linked_environment(tmp_path / "env", wheel)
    assert {"numpy", "onnxruntime", "tokenizers", "typer", "msgspec"} <= names
    assert names.isdisjoint({"torch", "transformers", "optimum", "onnx", "scipy"})
    (site,) = (tmp_path / "env").glob("**/site-packages")
    (info,) = site.glob("escore-*.dist-info")
    (script,) = Distribution.at(info).entry_points.select(group="console_scripts", name="escore")
    program = f"from {script.module} import {script.attr} as main; main()"
    check_without_network([programs / "python", "-c", program], site, tmp_path)


@pytest.mark.long
def test_pip_installs_it_with_what_it_requires(wheel: Path, tmp_path: Path) -> None:
    programs = new_environment(tmp_path / "env", "--constraint", ROOT / "constraints.txt", wheel)
    (site,) = (tmp_path / "env").glob("**/site-packages")
    installed = {path.name.split("-")[0].lower() for path in site.glob("*.dist-info")}
    assert {"escore", "numpy", "onnxruntime", "tokenizers", "typer", "msgspec"} <= installed
    assert installed.isdisjoint({"torch", "transformers", "optimum", "onnx", "scipy"})
    check_without_network([programs / "escore"], site, tmp_path)


def check_without_network(program: list[str | Path], site: Path, folder: Path) -> None:
    (site / "no_network.py").write_text(NO_NETWORK)
    (site / "no_network.pth").write_text("import no_network\n")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # which may lead here
    run = partial(subprocess.run, cwd=folder, env=variables, capture_output=True, check=True)
    result = run([*program, "run", "--min", "10"], input=EXAMPLES[0].read_bytes())
    assert result.stderr == b""
    assert len(result.stdout.splitlines()) > 20
    version = run([*program, "--version"])
    assert version.stdout.startswith(b"escore 0.1.0, model escore-en 7 (int8)")


@pytest.mark.long
def test_the_extra_export_is_complete(wheel: Path, tmp_path: Path) -> None:
    """A new environment, the wheel with its extra, and nothing else: a checkpoint becomes a bundle that runs."""
    from tests.export import checkpoints  # imports torch

    programs = new_environment(tmp_path / "env", "--constraint", ROOT / "constraints.txt", f"{wheel}[export]")
    checkpoints.trained(tmp_path / "checkpoint")
    subprocess.run([programs / "escore", "export", "checkpoint", "-o", "bundle"], cwd=tmp_path, check=True)
    command = [programs / "escore", "run", "--model", "bundle", "--min", "0"]
    result = subprocess.run(command, input=b"Anna lives in Rotterdam.", cwd=tmp_path, capture_output=True, check=True)
    assert result.stdout.count(b"\n") == 5


@pytest.mark.long
def test_the_oldest_onnxruntime_runs_the_bundle(wheel: Path, tmp_path: Path) -> None:
    programs = new_environment(tmp_path / "env", wheel, f"onnxruntime=={Bundle.open().manifest.onnxruntime}")
    command = [programs / "escore", "run", "--format", "json", "--min", "0"]
    result = subprocess.run(command, input=EXAMPLES[0].read_bytes(), cwd=tmp_path, capture_output=True, check=True)
    scores = [word["score"] for word in json.loads(result.stdout)[0]["words"]]
    assert scores == pytest.approx(Scorer()(EXAMPLES[0].read_text("utf-8")).scores, abs=10)
