"""Checkpoint ─▶ fp32 graph ─▶ int8 graph ─▶ bundle, each step checked, the folder written whole or not at all."""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from escore import Bundle, EscoreError, Scorer
from escore.bundle import FILES
from escore.encode import encode
from escore.infer import infer
from escore.manifest import NAME, FileRecord, Manifest, Mark, Parity, Probe
from escore.plan import Window, plan
from escore_export import card, checkpoint, graph, parity, quantize, smooth
from escore_export.checkpoint import Checkpoint

OVERLAP = 48  # tokens; see docs/windows.md
MARKS = (Mark("-", 60), Mark("+", 160), Mark("★", 260))  # the original model's own edges
LEAST_ONNXRUNTIME = "1.20.0"  # the least that escore installs with; opset 17 and IR version 8 need less
PROBE = (
    "Last week the mayor of Rotterdam met Anna Kowalska, who heads the Baltic Wind Alliance, at Gate 12 of the station."
)
VERIFY_ON = Path(__file__).parent / "verify.txt"


class ExportError(EscoreError, OSError):
    """A bundle that cannot be written where it should be."""


def export(folder: Path, output: Path) -> Manifest:
    """Write the checkpoint in `folder` as an int8 bundle to `output`, which must not exist.

    Raises CheckpointError, ParityError where the bundle does not agree with torch, ExportError.
    """
    if output.exists():
        raise ExportError(f"{output}: exists already; give a new folder")
    if not output.absolute().parent.is_dir():
        raise ExportError(f"{output.absolute().parent}: no such folder; make it first")
    opened = checkpoint.read(folder)
    try:
        aside = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.absolute().parent))
    except OSError as error:
        raise ExportError(f"{output}: {error.strerror}") from error
    try:
        manifest = _write(opened, aside)
        aside.chmod(0o755)
        os.replace(aside, output)
    except EscoreError:
        raise
    except OSError as error:
        raise ExportError(f"{output}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return manifest


def _write(opened: Checkpoint, folder: Path) -> Manifest:
    texts = [text for text in VERIFY_ON.read_text("utf-8").split("\n\n") if text.strip()]
    texts.append("\n\n".join(texts))  # as one document, longer than a window
    size = (opened.max_tokens, OVERLAP)
    first, last = opened.tokenizer.encode("").ids
    model = graph.scores_of(opened.model)
    expected = parity.reference(opened.tokenizer, parity.torch_run(model, (first, last)), texts, *size)

    _say("fp32 graph")
    windows = [window for text in texts for window in plan(encode(opened.tokenizer, text), size[0] - 2, size[1])]
    smooth.smooth(model, (first, last), windows)
    fp32 = folder / "fp32.onnx"
    graph.write(model, fp32)
    session = onnxruntime.InferenceSession(fp32, providers=["CPUExecutionProvider"])

    def run(window: Window) -> NDArray[np.float32]:
        return infer(session, (first, last), window)

    scores = np.concatenate([parity.score(opened.tokenizer, run, text, *size) for text in texts])
    fp32_max = parity.check_fp32(expected, scores)
    probe = Probe(PROBE, tuple(round(x, 2) for x in parity.score(opened.tokenizer, run, PROBE, *size).tolist()))

    _say("int8 graph")
    quantize.quantize(fp32, folder / "model.onnx")
    fp32.unlink()
    opened.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)

    _say("parity")
    unproved = Parity(0, fp32_max, 0.0, 0.0, 0.0, 0.0)
    _describe(opened, folder, unproved, probe)
    scorer = Scorer(Bundle.open(folder, "cpu"))
    scores = np.concatenate([document.scores for document in scorer.stream(texts)])
    proved = parity.check_int8(expected, scores, fp32_max, MARKS)
    _say(f"int8 against torch on {proved.words} words: mean {proved.mean}, 99th percentile {proved.p99} of 300")
    manifest = _describe(opened, folder, proved, probe)
    Bundle.open(folder, "cpu")
    return manifest


def _describe(opened: Checkpoint, folder: Path, measured: Parity, probe: Probe) -> Manifest:
    """Write card and manifest beside the graph and the tokenizer."""
    model = onnx.load(folder / "model.onnx")
    manifest = Manifest(
        name=opened.name,
        version=opened.version,
        licence=opened.licence,
        trained_on=opened.trained_on,
        precision="int8",
        opset=next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx")),
        ir_version=model.ir_version,
        onnxruntime=LEAST_ONNXRUNTIME,
        max_tokens=opened.max_tokens,
        overlap=OVERLAP,
        marks=MARKS,
        files={},
        parity=measured,
        probe=probe,
        quality=opened.quality,
    )
    (folder / "README.md").write_text(card.render(manifest, opened.limits, opened.minutes), "utf-8")
    for name in FILES:
        content = (folder / name).read_bytes()
        manifest.files[name] = FileRecord(len(content), hashlib.sha256(content).hexdigest())
    (folder / NAME).write_bytes(manifest.render())
    return manifest


def _say(stage: str) -> None:
    print(f"escore: {stage}", file=sys.stderr, flush=True)
