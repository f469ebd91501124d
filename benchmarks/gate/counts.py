"""Instructions of each stage of a tree's code, counted by callgrind: the same on each processor with AVX2.

Valgrind runs a program on a processor of its own making, so that a count depends on Python, the libraries and valgrind,
and on nothing else.
"""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import ROOT
from benchmarks.measure_process import ProcessError
from benchmarks.texts import SAMPLE
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import MANIFEST_NAME, render_manifest

STAGES = ("import", "open", "encode", "windows", "infer", "pooling", "call", "document", "command", "output")
FOLDERS = ("cli", "evaluation", "labels", "monitor", "runtime", "service")  # which the work imports
_WORKLOAD = Path(__file__).with_name("workload.py")
_GRAPH = """
<ir_version: 8, opset_import: ["": 17]>
small (int64[batch, sequence] input_ids, int64[batch, sequence] attention_mask)
    => (float[batch, sequence] scores, float[batch, sequence] joins, float[batch, sequence, 4] kinds)
<int64 factor = {7919}, int64 most = {301}, int64[1] last = {-1}, float odds = {300.0},
 float[4] parts = {0.1, 0.2, 0.3, 0.4}>
{
    mixed = Mul(input_ids, factor)
    rest = Mod(mixed, most)
    scores = Cast<to: int = 1>(rest)
    joins = Div(scores, odds)
    column = Unsqueeze(joins, last)
    kinds = Mul(column, parts)
}
"""


def missing() -> str:
    """Why nothing can be counted here; "" where it can."""
    if platform.machine() != "x86_64":
        return f"instructions are counted on x86-64, and this is {platform.machine()}"
    return "" if shutil.which("valgrind") else "valgrind is not on PATH"


def environment() -> dict[str, str]:
    """All that a count depends on beside the code."""
    names = ("numpy", "onnxruntime", "tokenizers", "typer")
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    libc = " ".join(platform.libc_ver())
    return {"python": sys.version, "libc": libc, "valgrind": valgrind} | {name: version(name) for name in names}


def small_bundle(folder: Path, tree: Path) -> Path:
    """The bundle that ships with a tree, with a graph that takes no time in the place of its own."""
    from onnx import parser  # of the extra test, and quick to miss

    shutil.copytree(tree / DEFAULT.relative_to(ROOT), folder)
    graph = parser.parse_model(_GRAPH).SerializeToString()
    (folder / "model.onnx").write_bytes(graph)
    manifest = json.loads((folder / MANIFEST_NAME).read_bytes())
    del manifest["sha256"]
    manifest["files"]["model.onnx"] = {"size": len(graph), "sha256": hashlib.sha256(graph).hexdigest()}
    (folder / MANIFEST_NAME).write_bytes(render_manifest(manifest))
    return folder


def count(tree: Path, stages: Sequence[str] = STAGES) -> dict[str, int]:
    """Instructions of each of `stages` with the code of a checkout. Raises ProcessError where it does not run."""
    packages = [str(tree / name) for name in FOLDERS]  # as many for each tree: Python looks into one after the other
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = small_bundle(folder / "bundle", tree)
        text = folder / "text.txt"
        text.write_text(SAMPLE.read_text("utf-8")[:4000], "utf-8")
        # Nothing of the caller's environment; bytecode is compiled by a run before the one that counts.
        env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(packages), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
        env["ORT_DISABLE_TELEMETRY"] = "1"  # whose thread would be counted anywhere
        env |= {
            "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
            "OMP_NUM_THREADS": "1",
            "XDG_CACHE_HOME": f"{folder}/cache",
        }
        work = [sys.executable, "-P", str(_WORKLOAD), str(bundle), str(text), *stages]
        _run(work, env)
        _run(["valgrind", "--tool=callgrind", "--instr-atstart=no", "--vgdb=no", "--compress-strings=yes",
              f"--callgrind-out-file={folder}/counts", *work], env)  # fmt: skip
        return dict(filter(None, map(_read, folder.glob("counts.*"))))


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ProcessError(f"{' '.join(command[:3])} …: exit {done.returncode}: {done.stderr.strip()[-600:]}")


def _read(file: Path) -> tuple[str, int] | None:
    content = file.read_text("utf-8", "replace")
    stage = re.search(r"^desc: Trigger: Client Request: (\w+)$", content, re.MULTILINE)
    total = re.search(r"^totals: (\d+)$", content, re.MULTILINE)
    return (stage[1], int(total[1])) if stage and total else None
