"""Open a bundle: check that it is whole, unchanged and runnable here, and hold what scoring needs of it."""

import hashlib
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from escore.bundle import manifest
from escore.bundle.manifest import FileRecord, Manifest
from escore.bundle.tokenizer import WordTokenizer
from escore.errors import (
    BundleError,
    BundleNotFoundError,
    DeviceError,
    DeviceWarning,
    IncompatibleBundleError,
    SettingError,
)

DEFAULT = Path(__file__).parents[1] / "models" / "escore-en-5"
FILES = ("model.onnx", "tokenizer.json", "README.md")
INPUTS = ["input_ids", "attention_mask"]
OUTPUT = "scores"
# onnxruntime would join each addition with the layer norm behind it, and its kernel for both is slower on a CPU.
_DISABLED = ["SkipLayerNormFusion"]
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_WITHOUT_CUDA = (
    "this onnxruntime has no CUDA; "
    "pip uninstall onnxruntime, then pip install onnxruntime-gpu (both at once overwrite each other)"
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle, ready to run."""

    path: Path
    manifest: Manifest
    tokenizer: WordTokenizer
    session: onnxruntime.InferenceSession

    @classmethod
    def open(cls, model: str | Path | None = None, device: str = "auto") -> "Bundle":
        """Open the bundle in folder `model`; None or "default" is the one that ships.

        `device` is "cpu", "cuda" (or an error), or "auto": CUDA for an fp16 bundle where onnxruntime has it, else the
        CPU, for an fp16 bundle with a DeviceWarning.
        Raises BundleNotFoundError, BundleError (not a bundle, or a changed byte), IncompatibleBundleError (a newer
        schema, or a newer onnxruntime needed), DeviceError, SettingError.
        """
        path = locate(model)
        described = manifest.read(path)
        if _numbers(onnxruntime.__version__) < _numbers(described.onnxruntime):
            raise IncompatibleBundleError(
                f"{path}: needs onnxruntime {described.onnxruntime} or newer, {onnxruntime.__version__} is installed; "
                f"pip install 'onnxruntime>={described.onnxruntime}'"
            )
        if set(described.files) != set(FILES):
            raise BundleError(f"{path}: {manifest.NAME} lists other files than {', '.join(FILES)}; restore the bundle")
        contents = {name: _verified(path / name, described.files[name]) for name in FILES}
        session = _session(path / "model.onnx", contents.pop("model.onnx"), _providers(described, device), device)
        try:
            tokenizer = WordTokenizer(contents["tokenizer.json"].decode(), described.whole_words)
        except ValueError as error:
            raise BundleError(f"{path / 'tokenizer.json'}: {error}; restore the bundle") from error
        return cls(path, described, tokenizer, session)

    @property
    def on_cuda(self) -> bool:
        """Whether CUDA runs the model."""
        return CUDA in self.session.get_providers()


def locate(model: str | Path | None) -> Path:
    """The folder that a model's name means: None and "default" are the bundle that ships, all else is a path.

    Raises SettingError for an empty name, which a script gives by mistake.
    """
    if model == "":
        raise SettingError("the model's folder is an empty name; give the folder of a bundle, or leave it out")
    return DEFAULT if model is None or model == "default" else Path(model)


def _verified(file: Path, record: FileRecord) -> bytes:
    """The content of a file, of which nothing is used that was not hashed."""
    try:
        content = file.read_bytes()
    except OSError as error:
        advice = "make it readable" if isinstance(error, PermissionError) else "restore the bundle"
        raise BundleNotFoundError(f"{file}: {error.strerror}; {advice}") from error
    if len(content) != record.size or hashlib.sha256(content).hexdigest() != record.sha256:
        raise BundleError(f"{file}: changed since the bundle was written; restore the bundle")
    return content


def _providers(described: Manifest, device: str) -> list[str]:
    if device not in ("auto", "cpu", "cuda"):
        raise SettingError(f"device '{device}' is unknown; give auto, cpu or cuda")
    there = CUDA in onnxruntime.get_available_providers()
    half = described.precision == "fp16"
    if device == "cuda" and not there:
        raise DeviceError(f"device cuda: {_WITHOUT_CUDA}, or use the device cpu")
    if device == "cuda" and described.precision == "int8":
        raise DeviceError(
            "device cuda: onnxruntime runs int8 models on the CPU only; export the checkpoint with --precision fp16"
        )
    if device == "auto" and half and not there:
        _warn(f"{_WITHOUT_CUDA}; this fp16 model runs on the CPU, where int8 is quicker")
    return [CUDA, CPU] if device == "cuda" or (device == "auto" and half and there) else [CPU]


def _warn(message: str) -> None:
    warnings.warn(message, DeviceWarning, stacklevel=4)


def _session(file: Path, model: bytes, providers: list[str], device: str) -> onnxruntime.InferenceSession:
    reason = "it did not say why"
    try:
        session = _started(model, providers)
    except Exception as error:  # onnxruntime's exceptions share no narrower parent
        reason = str(error).partition("\n")[0]
        if CUDA not in providers:
            raise BundleError(f"{file}: onnxruntime cannot load it: {reason}") from error
        session = None
    if CUDA in providers and (session is None or CUDA not in session.get_providers()):
        advice = f"onnxruntime could not start CUDA: {reason}; check the driver, CUDA and cuDNN"
        if device == "cuda":
            raise DeviceError(f"device cuda: {advice}, or use the device cpu")
        _warn(f"{advice}; this model runs on the CPU")
        session = session or _session(file, model, [CPU], device)
    assert session is not None
    inputs = [tensor.name for tensor in session.get_inputs()]
    outputs = [tensor.name for tensor in session.get_outputs()]
    if sorted(inputs) != sorted(INPUTS) or OUTPUT not in outputs:
        raise BundleError(f"{file}: takes {inputs} and gives {outputs}, needed {INPUTS} and '{OUTPUT}'")
    return session


def _started(model: bytes, providers: list[str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One thread a run: windows run side by side instead, which is faster and gives the same bits for any thread count.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without its own way to fall back, which prints to standard output.
    return onnxruntime.InferenceSession(
        model, options, providers=providers, disabled_optimizers=_DISABLED, enable_fallback=0
    )


def _numbers(version: str) -> list[int]:
    """The three leading numbers of a version: [1, 20, 0] of 1.20.0rc1."""
    return [int(found) for found in re.findall(r"\d+", version)[:3]]
