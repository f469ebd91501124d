"""Starting: quick help, a version that names the model, completion."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.conftest import Run


def seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_takes_little_longer_than_typer_itself(arguments: list[str]) -> None:
    """0.1 s against 0.06 s where nothing else runs; by turns and as a ratio, since machines are shared."""
    pairs = [
        (
            seconds(sys.executable, "-m", "escore_cli", *arguments),
            seconds(sys.executable, "-c", "import typer, typer.core, typer.main"),
        )
        for _ in range(7)
    ]
    assert min(ours for ours, _ in pairs) <= 4 * min(typers for _, typers in pairs)


def test_help_loads_nothing_heavy() -> None:
    program = "import sys; from escore_cli import main; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"numpy", "onnxruntime", "tokenizers", "torch", "rich", "escore"}.isdisjoint(done.stdout.split())


def test_help_ends_with_two_examples_and_tells_each_default(escore: Run) -> None:
    done = escore("run", "--help", env=os.environ | {"COLUMNS": "200"})
    lines = done.stdout.decode().rstrip().splitlines()
    assert lines[-2].strip().startswith("escore run --min 10")
    assert lines[-1].strip().startswith("escore run ")
    options = done.stdout.decode().split("\n  -")[1:]
    assert len(options) == 11
    for option in options[:-1]:  # all but --help
        assert "default" in option, option


def test_the_version_names_package_and_model(escore: Run) -> None:
    done = escore("--version")
    assert done.stdout == b"escore 0.1.0, model escore-en 5 (int8)\n"


def test_a_version_is_told_beside_a_bad_model(escore: Run) -> None:
    done = escore("--version", env=os.environ | {"ESCORE_MODEL": "nowhere"})
    assert (done.returncode, done.stdout) == (1, b"escore 0.1.0\n")
    assert b"nowhere: no such folder" in done.stderr


def test_onnxruntime_reports_nothing(tmp_path: Path) -> None:
    """It would keep a device id and a queue of events under the home folder, and send them."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in ("CI", "ORT_DISABLE_TELEMETRY")}
    program = "import time; from escore import Scorer; Scorer()('Anna'); time.sleep(3)"
    subprocess.run([sys.executable, "-c", program], env=environment | {"HOME": str(home)}, check=True)
    assert list(home.rglob("*")) == []


def test_a_shell_can_complete(escore: Run) -> None:
    asked = {"_ESCORE_COMPLETE": "complete_bash", "COMP_WORDS": "escore ev", "COMP_CWORD": "1"}
    assert escore(env=os.environ | asked).stdout.split() == [b"evaluate"]
    asked = {"_ESCORE_COMPLETE": "complete_bash", "COMP_WORDS": "escore run --form", "COMP_CWORD": "2"}
    assert escore("run", env=os.environ | asked).stdout.split() == [b"--format"]
    shown = escore(env=os.environ | {"_ESCORE_COMPLETE": "source_bash"})
    assert b"_ESCORE_COMPLETE=complete_bash" in shown.stdout
