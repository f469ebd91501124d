"""Starting: quick help, a version that names the model, completion."""

import os
import subprocess
import sys
import time
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from tests.conftest import ROOT, Run

from escore.scale import ENTITY_MINIMUM, MAX_SCORE, WORD_MINIMUM

HEAVY = {
    *("numpy", "onnxruntime", "tokenizers", "torch", "rich", "flask", "waitress", "prometheus_client", "msgspec"),
    *("escore", "escore_labels", "escore_evaluation", "escore_export", "escore_training", "escore_service"),
}


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
        for _ in range(5)
    ]
    assert min(ours for ours, _ in pairs) <= 4 * min(typers for _, typers in pairs)


def test_help_loads_nothing_heavy() -> None:
    for arguments in (["escore", "--help"], ["escore", "run", "--help"]):
        program = f"import sys; sys.argv = {arguments}; from escore_cli.main import run_command; run_command()"
        command = [sys.executable, "-c", f"{program}; print(*sys.modules, file=sys.stderr)"]
        modules = subprocess.run(command, capture_output=True, text=True, check=True).stderr.split()
        assert "escore_cli.commands.run" in modules
        assert HEAVY.isdisjoint(modules)
        assert ("escore_cli.commands.train" in modules) == ("run" not in arguments)


def test_help_ends_with_examples_and_tells_each_default(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = escore_here("run", "--help")
    lines = result.stdout.decode().rstrip().splitlines()
    assert lines[-3].strip().startswith("escore run --min 10")
    assert all(line.strip().startswith("escore run ") for line in lines[-3:])
    options = result.stdout.decode().split("\n  -")[1:]
    assert len(options) == 20
    for option in options[:-1]:  # all but --help
        assert "default" in option, option


def test_help_names_the_minimums(escore_here: Run) -> None:
    shown = " ".join(escore_here("run", "--help").stdout.decode().split())
    assert f"{WORD_MINIMUM:.0f}, or {ENTITY_MINIMUM:.0f} with --entities" in shown
    assert f"0 to {MAX_SCORE:.0f}" in shown


def test_the_version_names_package_and_model(escore_here: Run) -> None:
    result = escore_here("--version")
    assert result.stdout == b"escore 0.1.0, model escore-en 7 (int8)\n"


def test_sources_without_metadata_have_a_version_too(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an image or an archive that holds the packages, but no *.dist-info."""

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    monkeypatch.setattr("importlib.metadata.version", missing)
    assert escore_here("--version").stdout == f"escore {project['version']}, model escore-en 7 (int8)\n".encode()


def test_a_version_is_shown_beside_a_bad_model(escore_here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCORE_MODEL", "nowhere")
    result = escore_here("--version")
    assert (result.returncode, result.stdout) == (1, b"escore 0.1.0\n")
    assert b"nowhere: no such folder" in result.stderr


def test_onnxruntime_reports_nothing(tmp_path: Path) -> None:
    """It would keep a device id and a queue of events under the home folder, and send them."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in ("CI", "ORT_DISABLE_TELEMETRY")}
    program = "from escore import Scorer; Scorer()('Anna')"
    subprocess.run([sys.executable, "-c", program], env=environment | {"HOME": str(home)}, check=True)
    assert list(home.rglob("*")) == []


def test_a_shell_can_complete(escore: Run, tmp_path: Path) -> None:
    for words, number, completions in [("escore ev", "1", [b"evaluate"]), ("escore run --form", "2", [b"--format"])]:
        variables = {"_ESCORE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": number}
        assert escore(env=os.environ | variables).stdout.split() == completions
    for shell, part in [("bash", b"COMPREPLY"), ("zsh", b"#compdef escore"), ("fish", b"complete --command escore")]:
        for arguments in (["--show-completion", shell], [f"--show-completion={shell}"]):
            result = escore(*arguments)
            assert result.returncode == 0
            assert part in result.stdout
    result = escore("--install-completion", "fish", env=os.environ | {"HOME": str(tmp_path)})
    assert result.returncode == 0
    assert (tmp_path / ".config/fish/completions/escore.fish").read_text().startswith("complete --command escore")
    result = escore("--install-completion", "tcsh", env=os.environ | {"HOME": str(tmp_path)})
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"'tcsh' is not one of bash, zsh, fish, powershell, pwsh; see 'escore --help'" in result.stderr
    shown = escore(env=os.environ | {"_ESCORE_COMPLETE": "source_bash"})
    assert b"_ESCORE_COMPLETE=complete_bash" in shown.stdout
