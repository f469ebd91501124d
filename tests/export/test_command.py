"""`escore export` at the keyboard: stages, a table, JSON, one line for whatever is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.export.conftest import Exported

from escore import Scorer
from escore.bundle.manifest import read_manifest

PROGRAM = [sys.executable, "-m", "escore_cli"]


def test_stages_a_table_and_what_to_type_next(escore_here: Run, hugging_face: Path) -> None:
    done = escore_here(
        "export", hugging_face, "-o", "a bundle", "--precision", "fp32", "--name", "mine", "--license", "MIT"
    )
    assert done.returncode == 0, done.stderr
    stages = done.stderr.decode().splitlines()
    assert all(line.startswith("escore: ") for line in stages)
    assert len(stages) >= 5
    rows = dict(
        line.split(maxsplit=1) for line in done.stdout.decode().replace("fp32 graph", "fp32-graph").splitlines()
    )
    assert rows["bundle"] == "a bundle: mine 1, license: MIT"
    assert rows["fused"] == "attention 2 and GELU 2 of 2, layer norm 4 of 4, embedding 1 of 1"
    assert rows["next"] == "escore run --model 'a bundle' FILE"
    done = escore_here("run", "--model", "a bundle", "--min", "0", input=b"Anna")
    assert done.stdout.count(b"\n") == 1


def test_json_says_the_same_and_another_export_gives_the_same(escore_here: Run, int8: Exported, tmp_path: Path) -> None:
    done = escore_here("export", int8.checkpoint, "-o", "bundle", "--json")
    record, manifest = json.loads(done.stdout), int8.report.manifest
    assert (record["name"], record["precision"], record["checkpoint"]) == ("tiny", "int8", "from escore train")
    assert record["parity"]["mean"] == manifest.parity.mean
    assert record["bytes"]["model"] == (tmp_path / "bundle" / "model.onnx").stat().st_size
    assert record["gates"] == {"mean": 1.5, "p99": 12, "marks_changed": 0.01}
    assert record["words_per_second"]["bundle"] > 0
    for path in int8.bundle.iterdir():
        assert path.read_bytes() == (tmp_path / "bundle" / path.name).read_bytes()


def test_another_machine_gives_the_same(int8: Exported, tmp_path: Path) -> None:
    """In another process, with other kernels of torch and another number of threads."""
    environment = os.environ | {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "2", "MKL_CBWR": "COMPATIBLE"}
    environment["OMP_WAIT_POLICY"] = "PASSIVE"  # else its threads use up cores that others wait for
    command = [*PROGRAM, "export", int8.checkpoint, "-o", tmp_path / "bundle"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    for name in ("model.onnx", "tokenizer.json"):
        assert (int8.bundle / name).read_bytes() == (tmp_path / "bundle" / name).read_bytes()


@pytest.mark.parametrize("option", ["--license", "--licence"])
def test_the_license_by_either_spelling(escore_here: Run, hugging_face: Path, tmp_path: Path, option: str) -> None:
    done = escore_here("export", hugging_face, "-o", "bundle", "--precision", "fp32", option, "MIT")
    assert done.returncode == 0, done.stderr
    assert read_manifest(tmp_path / "bundle").license == "MIT"


def test_only_one_spelling_is_shown(escore_here: Run) -> None:
    text = escore_here("export", "--help").stdout
    assert b"--license" in text
    assert b"--licence" not in text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_table_that_cannot_be_written(escore_here: Run, hugging_face: Path, tmp_path: Path) -> None:
    stdout = os.dup(1)
    try:
        with Path("/dev/full").open("wb") as full:
            os.dup2(full.fileno(), 1)
        done = escore_here("export", hugging_face, "-o", "bundle", "--precision", "fp32")
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert last == "escore: standard output: No space left on device; the bundle bundle is written all the same"
    Scorer(tmp_path / "bundle")


def test_a_failed_gate_says_which_words_differ(escore_here: Run, trained: Path, tmp_path: Path) -> None:
    done = escore_here("export", trained, "-o", "bundle", "--max-mean", "0.0001")
    assert (done.returncode, done.stdout) == (1, b"")
    last = done.stderr.decode().splitlines()[-1]
    assert "int8: too far from torch: mean" in last
    assert "(at most 0.0001)" in last
    assert " became " in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nowhere.txt", None, "nowhere.txt: No such file or directory; give a text file to verify on"),
        ("empty.txt", b"", "empty.txt: holds no word"),
        ("blank.txt", b"\xef\xbb\xbf \n\t\n", "blank.txt: holds no word"),
        ("latin.txt", "Café".encode("latin-1"), "latin.txt: byte 3 is not UTF-8"),
        ("binary.txt", b"\x00\x01\x02", "binary.txt: holds NUL characters and is no text"),
        ("", None, ".: Is a directory"),
    ],
)
def test_texts_to_verify_on_that_are_none(
    escore_here: Run, trained: Path, tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = list(tmp_path.iterdir())
    done = escore_here("export", trained, "-o", "bundle", "--verify-on", name or ".")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().count("\n") == 1
    assert message in done.stderr.decode()
    assert list(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--precision", "int4"],
        ["--max-mean", "-1"],
        ["--max-mean", "nan"],
        ["--max-p99", "inf"],
        ["--max-marks", "2"],
        ["--max-tokens", "x"],
        ["--max-tokens", "-5"],
        ["--name", ""],
        ["--license", "a\nb"],
        ["--licence", "a\nb"],
        ["--nope"],
    ],
)
def test_wrong_usage(escore_here: Run, trained: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = escore_here("export", trained, "-o", "bundle", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_none(escore_here: Run, tmp_path: Path) -> None:
    done = escore_here("export", "nowhere", "-o", "bundle")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"nowhere: no such folder, and nothing is downloaded; give a checkpoint" in done.stderr
    assert done.stderr.count(b"\n") == 2  # the stage, and what is wrong
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(trained: Path, tmp_path: Path) -> None:
    """torch is made impossible to import, as where it is not installed."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    command = [*PROGRAM, "export", trained, "-o", "bundle"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    advice = "in the folder of escore's source: pip install -c constraints.txt '.[export]'"
    assert done.stderr == f"escore: torch is not installed; {advice}\n"
