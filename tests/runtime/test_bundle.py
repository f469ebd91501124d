"""Bundles are opened whole, unchanged and runnable, or refused with the reason."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from tests.bundles import rehash, rewrite

from escore import (
    Bundle,
    BundleError,
    BundleNotFoundError,
    Calibration,
    DeviceError,
    DeviceWarning,
    EscoreError,
    IncompatibleBundleError,
    Manifest,
    Scorer,
    SettingError,
)
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import SCHEMA, read_manifest
from escore.bundle.session import CPU, CUDA, choose_providers


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))


def test_the_shipped_bundle_is_small_and_sound() -> None:
    size = sum(path.stat().st_size for path in DEFAULT.iterdir())
    assert size <= 16_000_000
    bundle = Bundle.open()
    assert bundle.path == DEFAULT
    assert bundle.manifest.model_name == f"escore-en {bundle.manifest.version}"
    assert bundle.manifest.precision == "int8"
    assert [(mark.symbol, mark.minimum) for mark in bundle.manifest.marks] == [("-", 60), ("+", 160), ("★", 260)]
    assert (DEFAULT / "escore.json").read_bytes() == bundle.manifest.render()


def test_its_graph_gives_scores_heads_and_hidden_states() -> None:
    session = Bundle.open().session
    assert {(tensor.name, tensor.type) for tensor in session.get_inputs()} == {
        ("input_ids", "tensor(int64)"),
        ("attention_mask", "tensor(int64)"),
    }
    assert {(tensor.name, tensor.type) for tensor in session.get_outputs()} == {
        ("scores", "tensor(float)"),
        ("joins", "tensor(float)"),
        ("kinds", "tensor(float)"),
        ("hidden", "tensor(float)"),
    }


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "README.md", "escore.json"])
@pytest.mark.parametrize("place", [0.01, 0.5, 0.99])
def test_a_changed_byte_is_refused(bundle: Path, name: str, place: float) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[int(len(content) * place)] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(BundleError, match=name) as caught:
        Bundle.open(bundle)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("edit", [('"minimum": 60', '"minimum": 61'), ("★", "*"), ('"overlap": 16', '"overlap":  16')])
def test_an_edited_manifest_is_refused(bundle: Path, edit: tuple[str, str]) -> None:
    path = bundle / "escore.json"
    text = path.read_text("utf-8")
    assert edit[0] in text
    path.write_text(text.replace(*edit), "utf-8")
    with pytest.raises(BundleError, match="changed since it was written"):
        Bundle.open(bundle)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b'{"schema": 1}', b'{"schema": "x"}', b"[" * 99_999]
)
def test_a_manifest_that_is_none_is_refused(bundle: Path, content: bytes) -> None:
    (bundle / "escore.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"escore\.json"):
        Bundle.open(bundle)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "README.md", "escore.json"])
def test_a_missing_file_is_named(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleNotFoundError, match=name) as caught:
        Bundle.open(bundle)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_path_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, reason in [
        (tmp_path / "nowhere", "no such folder"),
        (tmp_path / "file", "not a folder"),
        (tmp_path, r"has no escore\.json"),
    ]:
        with pytest.raises(BundleNotFoundError, match=reason):
            Bundle.open(path)
    with pytest.raises(SettingError, match="empty name"):
        Bundle.open("")


def test_a_folder_whose_name_is_no_utf_8_is_opened(tmp_path: Path) -> None:
    Bundle.open(shutil.copytree(DEFAULT, Path(os.fsdecode(bytes(tmp_path) + b"/b\xff"))))


def test_what_stands_in_the_place_of_the_manifest_is_named(bundle: Path) -> None:
    (bundle / "escore.json").unlink()
    (bundle / "escore.json").mkdir()
    with pytest.raises(BundleNotFoundError, match=r"escore\.json: Is a directory"):
        Bundle.open(bundle)


def test_an_older_schema_is_read(bundle: Path) -> None:
    def older(content: dict[str, Any]) -> None:
        content["schema"] = 1
        del content["whole_words"], content["calibration"]
        for item in (content, *content["trained_on"]):
            item["licence"] = item.pop("license")

    rewrite(bundle, older)
    manifest = Bundle.open(bundle).manifest
    assert not manifest.whole_words
    assert manifest.calibration is None
    assert len(Scorer(bundle)("Anna lives here.").words) == 4


def test_a_calibration_is_read_and_written(bundle: Path) -> None:
    calibration = {"scores": [0, 150, 300], "probabilities": [0, 0.25, 1]}
    rewrite(bundle, lambda content: content.update(calibration=calibration))
    opened = Bundle.open(bundle)
    assert opened.manifest.calibration == Calibration((0, 150, 300), (0, 0.25, 1))
    words = Scorer(opened)("Anna lives here.").words
    assert [word.probability for word in words] == pytest.approx(
        np.interp([word.score for word in words], calibration["scores"], calibration["probabilities"])
    )
    rewrite(bundle, lambda content: content.update(calibration={"scores": [1, 0], "probabilities": [0, 1]}))
    with pytest.raises(BundleError, match="a calibration's scores must rise"):
        Bundle.open(bundle)


def test_a_newer_schema_is_refused(bundle: Path) -> None:
    rewrite(bundle, lambda content: content.update(schema=SCHEMA + 1, unheard_of=True))
    with pytest.raises(IncompatibleBundleError, match=f"schema {SCHEMA + 1} is newer") as caught:
        Bundle.open(bundle)
    assert isinstance(caught.value, RuntimeError)


def test_a_newer_onnxruntime_is_asked_for(bundle: Path) -> None:
    rewrite(bundle, lambda content: content.update(onnxruntime="99.1.0"))
    with pytest.raises(IncompatibleBundleError, match=rf"needs onnxruntime 99\.1\.0 .*{onnxruntime.__version__}"):
        Bundle.open(bundle)


def test_other_names_in_the_graph_are_refused(bundle: Path) -> None:
    model = onnx.load(bundle / "model.onnx")
    output = model.graph.output[0]
    for node in model.graph.node:
        node.output[:] = ["logits" if name == output.name else name for name in node.output]
    output.name = "logits"
    onnx.save(model, bundle / "model.onnx")
    rehash(bundle, "model.onnx")
    with pytest.raises(BundleError, match=r"gives .*logits.*needed.*scores"):
        Bundle.open(bundle)


@pytest.mark.parametrize(("name", "reason"), [("model.onnx", "cannot load"), ("tokenizer.json", "not a tokenizer")])
def test_a_file_of_another_kind_is_refused(bundle: Path, name: str, reason: str) -> None:
    (bundle / name).write_text("{}")
    rehash(bundle, name)
    with pytest.raises(BundleError, match=reason):
        Bundle.open(bundle)


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is here")
def test_cuda_that_is_not_there_is_told() -> None:
    with pytest.raises(DeviceError, match="no CUDA; pip uninstall onnxruntime, then pip install onnxruntime-gpu"):
        Scorer(device="cuda")


def precision(bundle: Path, name: str) -> Path:
    rewrite(bundle, lambda written: written.update(precision=name))
    return bundle


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is here")
def test_auto_falls_back_to_the_cpu_with_one_warning(bundle: Path) -> None:
    with pytest.warns(DeviceWarning, match="this onnxruntime has no CUDA") as caught:
        scorer = Scorer(precision(bundle, "fp16"))
    assert [warning.category for warning in caught] == [DeviceWarning]
    assert not scorer.bundle.on_cuda
    Scorer(precision(bundle, "int8"))  # int8 is made for the CPU: no warning, which would be an error here
    Scorer(bundle, device="cpu")


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="CUDA is here")
def test_cuda_that_does_not_start_is_told(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where onnxruntime-gpu is installed and the driver is not: only the list of providers is made up here."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    with pytest.raises(DeviceError, match="int8 models on the CPU only"):
        Scorer(bundle, device="cuda")
    precision(bundle, "fp16")
    with pytest.warns(UserWarning, match="not in available"), pytest.raises(DeviceError, match="could not start"):
        Scorer(bundle, device="cuda")
    with pytest.warns(UserWarning, match="not in available"), pytest.warns(DeviceWarning, match="could not start CUDA"):
        assert not Scorer(bundle).bundle.on_cuda


@pytest.mark.parametrize(
    ("precision", "device", "providers"),
    [
        ("int8", "auto", [CPU]),
        ("int8", "cpu", [CPU]),
        ("fp16", "cpu", [CPU]),
        ("fp16", "auto", [CUDA, CPU]),
        ("fp16", "cuda", [CUDA, CPU]),
        ("fp32", "auto", [CPU]),
        ("fp32", "cuda", [CUDA, CPU]),
    ],
)
def test_where_cuda_is_precision_and_device_choose_the_provider(
    precision: str, device: str, providers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    assert choose_providers(precision, device) == providers


def test_every_error_has_escores_parent_and_a_builtin() -> None:
    from escore import errors

    for error in vars(errors).values():
        if isinstance(error, type) and error is not EscoreError:
            first, second = error.__bases__
            assert first is EscoreError
            assert second.__module__ == "builtins"


def test_a_manifest_reads_back_what_it_renders(bundle: Path) -> None:
    manifest = read_manifest(bundle)
    assert isinstance(manifest, Manifest)
    assert manifest.render() == (bundle / "escore.json").read_bytes()
