"""The onnxruntime session of a bundle: which device runs the model, and with which options."""

import warnings
from collections.abc import Collection
from pathlib import Path

import onnxruntime

from escore.errors import BundleError, DeviceError, DeviceWarning, SettingError

INPUTS = ["input_ids", "attention_mask"]
OUTPUT = "scores"
JOINS, KINDS = "joins", "kinds"
HEADS = (JOINS, KINDS)  # outputs that a bundle may have beside OUTPUT: none, the first, or both
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
# onnxruntime would join each addition with the layer norm behind it, and its kernel for both is slower on a CPU.
DISABLED_OPTIMIZERS = ["SkipLayerNormFusion"]
_NO_CUDA = "this onnxruntime has no CUDA"
_INSTALL_CUDA = "pip uninstall onnxruntime, then pip install onnxruntime-gpu (both at once overwrite each other)"


def choose_providers(precision: str, device: str) -> list[str]:
    """The providers, in order, for a model of `precision` on `device` ("auto", "cpu" or "cuda").

    Raises SettingError for another device, DeviceError where CUDA is asked for and cannot be used.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise SettingError(f"device '{device}' is unknown", "give auto, cpu or cuda")
    has_cuda = CUDA in onnxruntime.get_available_providers()
    is_half = precision == "fp16"
    if device == "cuda" and not has_cuda:
        raise DeviceError(f"device cuda: {_NO_CUDA}", f"{_INSTALL_CUDA}, or use the device cpu")
    if device == "cuda" and precision == "int8":
        problem = "device cuda: onnxruntime runs int8 models on the CPU only"
        raise DeviceError(problem, "export the checkpoint with --precision fp16")
    if device == "auto" and is_half and not has_cuda:
        _warn(_NO_CUDA, f"{_INSTALL_CUDA}; this fp16 model runs on the CPU, where int8 is quicker")
    return [CUDA, CPU] if device == "cuda" or (device == "auto" and is_half and has_cuda) else [CPU]


def open_session(
    file: Path, model: bytes, providers: list[str], device: str, heads: Collection[str] = ()
) -> onnxruntime.InferenceSession:
    """A session of the graph `model`, read from `file`, on the first of `providers` that can be started.

    Raises BundleError for a graph that cannot be loaded, has other inputs than INPUTS, or lacks OUTPUT or one of
    `heads`, and DeviceError where CUDA does not start and `device` is "cuda"; where it is "auto", a DeviceWarning is
    shown.
    """
    reason = "it did not say why"
    try:
        session = _make_session(model, providers)
    except Exception as error:  # onnxruntime's exceptions share no narrower parent
        reason = str(error).partition("\n")[0]
        if CUDA not in providers:
            raise BundleError(f"{file}: onnxruntime cannot load it: {reason}") from error
        session = None
    if CUDA in providers and (session is None or CUDA not in session.get_providers()):
        problem, advice = f"onnxruntime could not start CUDA: {reason}", "check the driver, CUDA and cuDNN"
        if device == "cuda":
            raise DeviceError(f"device cuda: {problem}", f"{advice}, or use the device cpu")
        _warn(problem, f"{advice}; this model runs on the CPU")
        session = session or open_session(file, model, [CPU], device, heads)
    assert session is not None
    inputs = [tensor.name for tensor in session.get_inputs()]
    outputs = [tensor.name for tensor in session.get_outputs()]
    needed = [OUTPUT, *heads]
    if sorted(inputs) != sorted(INPUTS) or not set(needed) <= set(outputs):
        raise BundleError(f"{file}: takes {inputs} and gives {outputs}, needed {INPUTS} and {needed}")
    return session


def _make_session(model: bytes, providers: list[str]) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One thread a run: windows run side by side instead, which is faster and gives the same bits for any thread count.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without its own way to fall back, which prints to standard output.
    return onnxruntime.InferenceSession(
        model, options, providers=providers, disabled_optimizers=DISABLED_OPTIMIZERS, enable_fallback=0
    )


def _warn(problem: str, advice: str) -> None:
    warnings.warn(DeviceWarning(problem, advice), stacklevel=4)
