"""The wheel as a stranger gets it: small, complete, three libraries, no network."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.conftest import EXAMPLES, ROOT
from tests.export import checkpoints

from escore import Bundle, Scorer

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
    (made,) = folder.iterdir()
    return made


def test_the_wheel_is_pure_small_and_complete(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size <= 20_000_000
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "escore",
        "escore_cli",
        "escore_export",
        "escore_service",
        "escore_training",
    }
    for package in ("escore", "escore_cli", "escore_export", "escore_service", "escore_training"):
        assert f"{package}/py.typed" in names
    assert "escore/models/escore-en-5/model.onnx" in names
    assert {"escore_service/templates/index.html", "escore_service/static/page.js"} <= set(names)
    assert not [name for name in names if name.endswith((".safetensors", ".bin"))]


@pytest.mark.long
def test_the_extra_export_is_complete(wheel: Path, tmp_path: Path) -> None:
    """A new environment, the wheel with its extra, and nothing else: a checkpoint becomes a bundle that runs."""
    subprocess.run([sys.executable, "-m", "venv", "env"], cwd=tmp_path, check=True)
    bin_folder = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    install = [bin_folder / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*install, "--constraint", ROOT / "constraints.txt", f"{wheel}[export]"], check=True, cwd=tmp_path)
    checkpoints.trained(tmp_path / "checkpoint")
    subprocess.run([bin_folder / "escore", "export", "checkpoint", "-o", "bundle"], cwd=tmp_path, check=True)
    command = [bin_folder / "escore", "run", "--model", "bundle", "--min", "0"]
    done = subprocess.run(command, input=b"Anna lives in Rotterdam.", cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.count(b"\n") == 5


@pytest.mark.long
def test_the_least_onnxruntime_runs_the_bundle(wheel: Path, tmp_path: Path) -> None:
    least = Bundle.open().manifest.onnxruntime
    subprocess.run([sys.executable, "-m", "venv", "env"], cwd=tmp_path, check=True)
    python = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*install, wheel, f"onnxruntime=={least}"], check=True, cwd=tmp_path)
    command = [python, "-m", "escore_cli", "run", "--format", "json", "--min", "0"]
    done = subprocess.run(command, input=EXAMPLES[0].read_bytes(), cwd=tmp_path, capture_output=True, check=True)
    scores = [word["score"] for word in json.loads(done.stdout)[0]["words"]]
    assert scores == pytest.approx(Scorer()(EXAMPLES[0].read_text("utf-8")).scores, abs=10)


def test_it_runs_in_an_empty_environment_without_network(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "env"], cwd=tmp_path, check=True)
    bin_folder = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    python = bin_folder / "python"
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel]
    subprocess.run(install, check=True, cwd=tmp_path)
    listed = subprocess.run([*pip, "list", "--format=freeze"], check=True, capture_output=True, text=True)
    installed = {line.split("==")[0].lower() for line in listed.stdout.split()}
    assert {"escore", "numpy", "onnxruntime", "tokenizers", "typer"} <= installed
    assert installed.isdisjoint({"torch", "transformers", "optimum", "onnx", "scipy"})

    (site,) = (tmp_path / "env").glob("**/site-packages")
    (site / "no_network.py").write_text(NO_NETWORK)
    (site / "no_network.pth").write_text("import no_network\n")
    text = EXAMPLES[0].read_bytes()
    command = [bin_folder / "escore", "run", "--min", "10"]
    done = subprocess.run(command, input=text, cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b""
    assert len(done.stdout.splitlines()) > 20
    version = subprocess.run([bin_folder / "escore", "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert version.stdout.startswith(b"escore 0.1.0, model escore-en 5 (int8)")
