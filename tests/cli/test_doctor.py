"""`escore doctor`: one verdict, right for what is sound and for what is not; a line for each thing that is wrong."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from tests.bundles import rehash, rewrite
from tests.conftest import Run

from escore import Bundle
from escore.bundle.bundle import DEFAULT
from escore.bundle.session import INPUTS


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))


@pytest.fixture
def doctor(escore: Run, clean_environment: dict[str, str]) -> Callable[..., tuple[int, list[str]]]:
    """The exit code and the lines of a doctor's table; nothing may reach standard error."""

    def run(*arguments: str | Path, **options: Any) -> tuple[int, list[str]]:
        done = escore("doctor", *arguments, **{"env": clean_environment} | options)
        assert done.stderr == b""
        return done.returncode, done.stdout.decode().splitlines()

    return run


Doctor = Callable[..., tuple[int, list[str]]]


def row(lines: list[str], name: str) -> str:
    (line,) = [line for line in lines if line.split(" ", 1)[0] == name]
    return line.removeprefix(name).strip()


def test_a_sound_machine(doctor: Doctor) -> None:
    code, lines = doctor()
    assert code == 0
    assert lines[-1].startswith("all right: escore-en 7 ")
    assert f"onnxruntime {onnxruntime.__version__}" in row(lines, "versions")
    assert row(lines, "bundle") == str(DEFAULT)
    assert row(lines, "model") == "escore-en 7, int8, license: CC-BY-SA-4.0"
    for name in ("escore.json", "model.onnx", "tokenizer.json", "README.md"):
        assert row(lines, name) == "ok"
    assert row(lines, "providers").endswith("the bundle runs on CPUExecutionProvider")
    assert row(lines, "telemetry") == f"ORT_DISABLE_TELEMETRY is {os.environ.get('ORT_DISABLE_TELEMETRY', '1')}"
    assert row(lines, "same").endswith("yes")


def test_json_holds_the_same(escore: Run, clean_environment: dict[str, str]) -> None:
    done = escore("doctor", "--json", "--threads", "3", env=clean_environment | {"ORT_DISABLE_TELEMETRY": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    report = json.loads(done.stdout)
    assert list(report)[:4] == ["ok", "verdict", "problems", "warnings"]
    assert report["ok"] is True
    assert report["verdict"].startswith("all right: ")
    assert report["problems"] == []
    assert report["machine"]["versions"]["onnxruntime"] == onnxruntime.__version__
    assert report["threads"]["used"] == report["threads"]["asked"] == 3
    assert report["onnxruntime"]["provider"] in report["onnxruntime"]["providers"]
    assert report["onnxruntime"]["telemetry_disabled"] == "0"
    assert report["bundle"]["files"] == dict.fromkeys(
        ["escore.json", "README.md", "model.onnx", "tokenizer.json"], "ok"
    )
    manifest = Bundle.open().manifest
    probe = report["probe"]
    assert probe["words"] == len(manifest.probe.scores)
    assert 0 < probe["mean"] <= probe["largest"] <= probe["largest_limit"] == 12
    assert probe["mean"] <= probe["mean_limit"] == 1.5
    assert report["same_bits"] is True


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "README.md", "escore.json"])
def test_a_changed_file_is_named(doctor: Doctor, bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[content.index(b"CC-BY") if name == "escore.json" else len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    code, lines = doctor("--model", "bundle")
    assert code == 1
    assert lines[-1].startswith("off: bundle")
    assert f"{name}: changed" in lines[-1]
    assert lines[-1].endswith("restore the bundle")
    if name != "escore.json":
        assert {other: row(lines, other) for other in ("model.onnx", "tokenizer.json", "README.md")} == {
            other: "changed" if other == name else "ok" for other in ("model.onnx", "tokenizer.json", "README.md")
        }
    assert not any(line.startswith(("probe", "same")) for line in lines)


def test_all_files_that_are_off_are_named(doctor: Doctor, bundle: Path) -> None:
    (bundle / "model.onnx").unlink()
    (bundle / "README.md").unlink()
    (bundle / "README.md").mkdir()
    code, lines = doctor("--model", "bundle")
    assert code == 1
    assert row(lines, "model.onnx") == "missing"
    assert lines[-1] == "off: bundle: README.md: Is a directory, model.onnx: missing; restore the bundle"


def test_a_bundle_that_is_none(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for model, reason in [("nowhere", "no such folder"), ("empty", "not a bundle: it has no escore.json")]:
        code, lines = doctor("--model", model)
        assert code == 1
        assert lines[-1].startswith(f"off: {model}: {reason}; ")
        assert row(lines, "providers").endswith("no bundle was loaded")
        assert row(lines, "kind")


def test_a_newer_onnxruntime_that_is_needed(doctor: Doctor, bundle: Path) -> None:
    rewrite(bundle, lambda content: content.update(onnxruntime="99.1.0"))
    code, lines = doctor("--model", "bundle")
    assert code == 1
    assert lines[-1].startswith("off: bundle: needs onnxruntime 99.1.0")


def test_probe_scores_that_are_not_this_machines(doctor: Doctor, bundle: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["probe"]["scores"][5] -= 250  # 285.13, of a name

    rewrite(bundle, change)
    code, lines = doctor("--model", "bundle")
    assert code == 1
    assert "marks changed 1" in row(lines, "probe")
    assert lines[-1].startswith("off: scores differ from fp32 by ")
    assert "a bundle of fp32: int8 is not exact enough here" in lines[-1]


def test_a_probe_of_other_words(doctor: Doctor, bundle: Path) -> None:
    rewrite(bundle, lambda content: content["probe"].update(text="Anna lives here."))
    code, lines = doctor("--model", "bundle")
    assert code == 1
    words = len(Bundle.open().manifest.probe.scores)
    assert lines[-1].startswith(f"off: the probe has 4 words here and {words} scores in escore.json; ")


def test_fp32_has_to_be_exact_unless_the_export_was_not(escore_here: Run, bundle: Path) -> None:
    """The int8 model under the name of an fp32 one."""
    for mean, largest, limits, code in [(0.001, 0.002, (0.05, 0.05), 1), (1, 9, (2, 18), 0)]:

        def change(content: dict[str, Any], mean: float = mean, largest: float = largest) -> None:
            content["precision"] = "fp32"
            content["parity"].update(mean=mean, max=largest)

        rewrite(bundle, change)
        done = escore_here("doctor", "--model", "bundle", "--json")
        report = json.loads(done.stdout)
        assert (done.returncode, report["ok"]) == (code, code == 0)
        assert (report["probe"]["mean_limit"], report["probe"]["largest_limit"]) == limits
        assert all("try another version of onnxruntime" in problem for problem in report["problems"])


def put_model(folder: Path, *nodes: onnx.NodeProto) -> None:
    """A graph in the place of the model's: `nodes` make `scores` of `ids`, the token ids as floats.

    A manifest without heads asks for no joins and kinds.
    """
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"]) for name in INPUTS]
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["b", "s"])
    cast = helper.make_node("Cast", ["input_ids"], ["ids"], to=TensorProto.FLOAT)
    graph = helper.make_graph([cast, *nodes], "scores", inputs, [scores])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    rehash(folder, "model.onnx")
    rewrite(folder, lambda content: content.update(heads={}))


def test_a_model_that_says_something_else_each_time(doctor: Doctor, bundle: Path) -> None:
    put_model(bundle, helper.make_node("RandomUniformLike", ["ids"], ["scores"], low=0.0, high=300.0))
    code, lines = doctor("--model", "bundle", "--threads", "4")
    assert code == 1
    assert row(lines, "same") == "bits      from 1 thread and from 4: no"
    assert "scores differ from fp32" in lines[-1]
    assert "1 and 4 threads give different scores" in lines[-1]


def test_a_model_that_gives_no_numbers(escore_here: Run, bundle: Path) -> None:
    put_model(
        bundle,
        helper.make_node("Sub", ["ids", "ids"], ["zeros"]),
        helper.make_node("Div", ["zeros", "zeros"], ["scores"]),
    )
    done = escore_here("doctor", "--model", "bundle", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["probe"]) == (1, None)
    assert report["verdict"].startswith("off: the model gives scores that are no numbers on this machine; ")


def test_a_model_that_cannot_run(escore_here: Run, bundle: Path) -> None:
    shape = helper.make_node("Constant", [], ["shape"], value_ints=[7, 7])
    put_model(bundle, shape, helper.make_node("Reshape", ["ids", "shape"], ["scores"]))
    done = escore_here("doctor", "--model", "bundle")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith(b"off: bundle: onnxruntime cannot run it here: ")
    assert b"Traceback" not in done.stderr  # onnxruntime's own words are all that is there


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="has CUDA")
def test_cuda_that_is_not_there(doctor: Doctor) -> None:
    code, lines = doctor("--device", "cuda")
    assert code == 1
    assert lines[-1].startswith("off: device cuda: ")
    assert row(lines, "model.onnx") == "ok"


def test_two_onnxruntimes_are_warned_of(doctor: Doctor, tmp_path: Path, clean_environment: dict[str, str]) -> None:
    information = tmp_path / "site" / "onnxruntime_gpu-1.20.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime-gpu\nVersion: 1.20.0\n")
    code, lines = doctor(env=clean_environment | {"PYTHONPATH": str(tmp_path / "site")})
    assert code == 0
    assert row(lines, "warning").startswith("onnxruntime and onnxruntime-gpu overwrite each other; ")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_threads_and_why(doctor: Doctor, clean_environment: dict[str, str]) -> None:
    one = min(os.sched_getaffinity(0))
    _, lines = doctor(preexec_fn=lambda: os.sched_setaffinity(0, {one}))
    assert f"1, all that this process may use: 1 of {os.cpu_count()} cores by affinity" in row(lines, "threads")
    _, lines = doctor(env=clean_environment | {"ESCORE_THREADS": "3"})
    assert row(lines, "threads").startswith("3, as asked; ")


@pytest.mark.parametrize("arguments", [["--frobnicate"], ["--threads", "0"], ["--device", "tpu"], ["extra"]])
def test_wrong_use_exits_with_2(escore_here: Run, arguments: list[str]) -> None:
    done = escore_here("doctor", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"see 'escore doctor --help'" in done.stderr


def test_help_tells_each_default_and_ends_with_examples(escore: Run) -> None:
    done = escore("doctor", "--help", env=os.environ | {"COLUMNS": "200"})
    assert done.stdout.decode().rstrip().splitlines()[-2].strip() == "escore doctor"
    options = done.stdout.decode().split("\n  -")[1:]
    assert len(options) == 5
    for option in options[:-1]:  # all but --help
        assert "default" in option, option
