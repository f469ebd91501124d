"""Checkpoint ─▶ fused graph ─▶ int8 or fp16 ─▶ bundle, each step checked, the folder written whole or not at all."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from escore import Bundle, Scorer, SettingError
from escore.bundle.card import render_card
from escore.bundle.manifest import Manifest, Parity, Probe
from escore.bundle.writer import atomic_bundle, write_manifest
from escore.difference import GATES, Gates
from escore.pipeline.windows import Window
from escore.printable import is_printable_line, printable
from escore.sample_text import paragraphs
from escore.scale import MARKS
from escore_export import parity, speed, texts
from escore_export.checkpoint.checkpoint import MIN_TOKENS, Checkpoint, count_positions, read_checkpoint
from escore_export.errors import ExportError
from escore_export.graph import contract
from escore_export.graph import fuse as graph
from escore_export.parity import Windows
from escore_export.quantization import calibrate as statistics
from escore_export.quantization.quantize import quantize
from escore_export.speed import Speed

OVERLAP = 48  # tokens; see docs/decisions.md
CALIBRATION = 8192  # tokens: more of them hardly help, and cost time in large models
LEAST_ONNXRUNTIME = "1.20.0"  # the least that escore installs with
PROBE = (
    "Last week the mayor of Rotterdam met Anna Kowalska, who heads the Baltic Wind Alliance, at Gate 12 of the station."
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the person asks for; None is the default of the checkpoint, or of the precision."""

    precision: str = "int8"
    verify_on: Path | None = None
    name: str | None = None
    license: str | None = None
    max_tokens: int | None = None
    mean: float | None = None
    p99: float | None = None
    marks_changed: float | None = None
    force: bool = False

    def gates(self) -> Gates:
        """The gates that hold."""
        usual = GATES[self.precision]
        asked = (self.mean, self.p99, self.marks_changed)
        given = zip(asked, (usual.mean, usual.p99, usual.marks_changed), strict=True)
        return Gates(*(default if value is None else value for value, default in given))


@dataclass(frozen=True, slots=True)
class Report:
    """What an export did. `fused` counts fused operators by name, `sizes` bytes: the weights in fp32, and the graph."""

    manifest: Manifest
    kind: str
    layers: int
    fused: dict[str, int]
    sizes: tuple[int, int]
    gates: Gates
    speed: Speed


def export_checkpoint(folder: Path, output: Path, options: Options | None = None) -> Report:
    """Write the checkpoint in `folder` as a bundle to `output`, and say on standard error how far it is.

    Raises CheckpointError, SettingError for an option out of range, ParityError where the bundle does not agree with
    torch, and ExportError where `output` cannot be written or exists (and `force` is not set).
    """
    options = options or Options()
    _check(options)
    own = texts.given(options.verify_on) if options.verify_on is not None else []
    with atomic_bundle(output, options.force) as aside:
        _say(f"reading {folder}")
        opened = _with(read_checkpoint(folder), options)
        return _write(opened, aside, options, [*texts.proof(), *own])


def _check(options: Options) -> None:
    if options.precision not in GATES:
        raise SettingError(f"precision '{options.precision}' is unknown; give {', '.join(GATES)}")
    for name, value in (("name", options.name), ("license", options.license)):
        if value is not None and not is_printable_line(value):
            raise SettingError(f"{name} {value!r} is empty or not printable; give one line of text")


def _with(opened: Checkpoint, options: Options) -> Checkpoint:
    """The checkpoint with what the person says of it. Raises SettingError for a window that does not fit."""
    most = opened.max_tokens if options.max_tokens is None else options.max_tokens
    room = count_positions(opened.model)
    if not MIN_TOKENS <= most <= room:
        raise SettingError(f"windows of {most} tokens do not fit the model; give {MIN_TOKENS} to {room}")
    told = opened.notes
    told = replace(told, name=options.name or told.name, license=options.license or told.license)
    return replace(opened, notes=told, max_tokens=most)


def _write(opened: Checkpoint, folder: Path, options: Options, proof: Sequence[str]) -> Report:
    tokenizer = opened.vocabulary.tokenizer
    windows = Windows(tokenizer, opened.max_tokens, OVERLAP)
    model = graph.scores_of(opened.model)
    by_torch = parity.torch_run(model, tokenizer.special_ids)
    _say(f"torch scores the texts of the proof ({opened.kind}, {model.config.num_hidden_layers} layers)")
    expected = parity.reference(windows, by_torch, proof)

    _say("fp32 graph: exported, fused, compared with torch")
    fused = graph.fused(model, folder)  # aside, where a killed export's leavings are found
    fp32 = graph.plain_norms(fused)
    session = _session(fp32)
    by_graph = parity.session_run(session, tokenizer.special_ids)
    scores = np.concatenate([windows.scores(text, by_graph) for text in proof])
    fp32_max = parity.check_fp32(expected, scores)
    probe = Probe(PROBE, tuple(round(x, 2) for x in windows.scores(PROBE, by_graph).tolist()))
    del session, by_graph

    made = fp32
    if options.precision == "fp16":
        _say("fp16 graph")
        made = graph.half(fused)
    elif options.precision == "int8":
        _say(f"int8 graph: calibrated and rounded, {model.config.num_hidden_layers} layers")
        calibration = list(_first(windows.of(paragraphs()), CALIBRATION))
        made = graph.plain_norms(quantize(fused, statistics.collect(model, tokenizer.special_ids, calibration)))
    (folder / "model.onnx").write_bytes(_bytes(made))
    (folder / "tokenizer.json").write_text(opened.vocabulary.content, "utf-8")

    _say("the bundle, opened by the runtime and compared with torch")
    unproved = Parity(0, fp32_max, 0.0, 0.0, 0.0, 0.0)
    _describe(opened, folder, options.precision, made, unproved, probe)
    scorer = Scorer(Bundle.open(folder, "cpu"))
    written = onnx.load(folder / "model.onnx")
    contract.check(written, scorer.bundle.session, tokenizer.special_ids, model.roberta.embeddings.padding_idx)
    scores = np.concatenate([document.scores for document in scorer.stream(proof)])
    if options.precision == "fp32":
        fp32_max = parity.check_fp32(expected, scores)
    gates = options.gates()
    proved = parity.check(expected, scores, gates, options.precision, fp32_max, MARKS)

    _say("speed")
    measured = speed.compare(windows, by_torch, scorer, texts.proof())
    manifest = _describe(opened, folder, options.precision, made, proved, probe)
    Bundle.open(folder, "cpu")
    sizes = (4 * sum(value.numel() for value in model.state_dict().values()), manifest.files["model.onnx"].size)
    kinds = graph.operators(fused)
    return Report(manifest, opened.kind, model.config.num_hidden_layers, kinds, sizes, gates, measured)


def _first(windows: Iterable[Window], most: int) -> Iterator[Window]:
    tokens = 0
    for window in windows:
        tokens += len(window.ids)
        if tokens > most:
            return
        yield window


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(_bytes(model), options, providers=["CPUExecutionProvider"])


def _bytes(model: onnx.ModelProto) -> bytes:
    try:
        content: bytes = model.SerializeToString(deterministic=True)
    except Exception as error:  # protobuf's own, beyond 2 GB
        raise ExportError(f"the graph is too large for one file (2 GB): {error}; export a smaller model") from error
    return content


def _describe(
    opened: Checkpoint, folder: Path, precision: str, model: onnx.ModelProto, measured: Parity, probe: Probe
) -> Manifest:
    """Write card and manifest beside the graph and the tokenizer."""
    told = opened.notes
    manifest = Manifest(
        name=told.name,
        version=told.version,
        license=told.license,
        trained_on=told.trained_on,
        precision=precision,
        opset=next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx")),
        ir_version=model.ir_version,
        onnxruntime=LEAST_ONNXRUNTIME,
        max_tokens=opened.max_tokens,
        overlap=OVERLAP,
        whole_words=opened.vocabulary.whole_words,
        marks=MARKS,
        files={},
        parity=measured,
        probe=probe,
        quality={},  # measured on the finished bundle: escore evaluate … --write
        calibration=None,
    )
    (folder / "README.md").write_text(render_card(manifest, told.limits, told.minutes), "utf-8")
    return write_manifest(folder, manifest)


def _say(stage: str) -> None:
    print(f"escore: {printable(stage)}", file=sys.stderr, flush=True)
