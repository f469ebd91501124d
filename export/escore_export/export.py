"""Checkpoint ─▶ fused graph ─▶ int8 or fp16 ─▶ bundle, each step checked, the folder written whole or not at all."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import onnx

from escore import Bundle, Scorer, SettingError
from escore.bundle.card import render_card
from escore.bundle.manifest import HeadParity, Manifest, Parity, Probe
from escore.bundle.session import CPU, OUTPUT, open_session
from escore.bundle.writer import atomic_bundle, write_manifest
from escore.difference import GATES, Gates
from escore.pipeline.infer import run_window
from escore.pipeline.pipeline import Pipeline
from escore.pipeline.pooling import WordOutputs
from escore.pipeline.windows import Window
from escore.printable import is_printable_line, printable
from escore.sample_text import paragraphs
from escore.scale import MARKS
from escore_export.checkpoint.checkpoint import (
    MIN_TOKENS,
    ORIGINAL,
    OVERLAP,
    Checkpoint,
    count_positions,
    read_checkpoint,
)
from escore_export.checkpoint.model import Meaning
from escore_export.errors import ExportError, ParityError
from escore_export.graph.contract import check_contract
from escore_export.graph.fp16 import to_fp16
from escore_export.graph.fuse import count_fused, fuse_graph, split_skip_norms
from escore_export.graph.scoring_model import make_scoring_model
from escore_export.head_parity import check_heads, concatenate, equal_outputs
from escore_export.output_range import check_range
from escore_export.parity import check_fp32, check_parity, graph_run, score_reference, score_texts, torch_run
from escore_export.quantization.calibrate import collect_statistics
from escore_export.quantization.quantize import quantize_graph
from escore_export.report import Report
from escore_export.speed import measure_speed
from escore_export.tokenizer_parity import check_ids
from escore_export.verification import read_verification_text, verification_paragraphs, verification_texts

CALIBRATION_TOKENS = 8192  # more of them hardly help, and cost time in large models
MIN_ONNXRUNTIME = "1.20.0"  # the oldest that escore installs with
PROBE = (
    "Last week the mayor of Rotterdam met Anna Kowalska, who heads the Baltic Wind Alliance, at Gate 12 of the station."
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asks for; None is the default of the checkpoint, or of the precision.

    precision: int8, fp16 or fp32.
    verify_on: a text of the user's to compare on, beside the export's own.
    mean, p99, marks_changed: gates (see Gates).
    force: replace an older bundle.
    meaning: what the model's outputs are, where they are no logits of scores.
    is_logit: the user says that the outputs are logits, whatever their range looks like.
    """

    precision: str = "int8"
    verify_on: Path | None = None
    name: str | None = None
    license: str | None = None
    max_tokens: int | None = None
    mean: float | None = None
    p99: float | None = None
    marks_changed: float | None = None
    force: bool = False
    meaning: Meaning = field(default_factory=Meaning)
    is_logit: bool = False

    def gates(self) -> Gates:
        """The gates of the precision, or the user's."""
        gates = {"mean": self.mean, "p99": self.p99, "marks_changed": self.marks_changed}
        return replace(GATES[self.precision], **{name: gate for name, gate in gates.items() if gate is not None})


def export_checkpoint(
    folder: Path, output: Path, options: Options | None = None, finish: Callable[[Path], None] = lambda _: None
) -> Report:
    """Write the checkpoint in `folder` as a bundle to `output`; each stage is a line on standard error.

    `finish` is called with the folder of the whole bundle just before that becomes `output`.

    Raises CheckpointError, SettingError for an option out of range, ParityError where the bundle does not agree with
    torch, ExportError where `verify_on` is no text, and OutputError where `output` cannot be written, or exists (and
    `force` is not set).
    """
    options = options or Options()
    _check(options)
    texts = verification_texts()
    if options.verify_on is not None:
        texts.append(read_verification_text(options.verify_on))
    with atomic_bundle(output, options.force) as part:
        _say(f"reading {folder}")
        checkpoint = _with_options(read_checkpoint(folder, options.meaning), options)
        for remark in checkpoint.remarks:
            _say(remark)
        report = _write_bundle(checkpoint, part, options, texts)
        finish(part)
        return replace(report, bundle=output)


def _check(options: Options) -> None:
    if options.precision not in GATES:
        raise SettingError(f"precision '{options.precision}' is unknown", f"give {', '.join(GATES)}")
    for name, value in (("name", options.name), ("license", options.license)):
        if value is not None and not is_printable_line(value):
            raise SettingError(f"{name} {value!r} is empty or not printable", "give one line of text")


def _with_options(checkpoint: Checkpoint, options: Options) -> Checkpoint:
    """The checkpoint with the user's name, license and window. Raises SettingError for a window that does not fit."""
    max_tokens = checkpoint.max_tokens if options.max_tokens is None else options.max_tokens
    positions = count_positions(checkpoint.model)
    if not MIN_TOKENS <= max_tokens <= positions:
        problem = f"windows of {max_tokens} tokens do not fit the model"
        raise SettingError(problem, f"give {MIN_TOKENS} to {positions}")
    notes = checkpoint.notes
    notes = replace(notes, name=options.name or notes.name, license=options.license or notes.license)
    return replace(checkpoint, notes=notes, max_tokens=max_tokens)


def _write_bundle(checkpoint: Checkpoint, folder: Path, options: Options, texts: Sequence[str]) -> Report:
    """Write the four files of the bundle to `folder`; `texts` are compared with torch on the way."""
    tokenizer, precision, gates = checkpoint.vocabulary.tokenizer, options.precision, options.gates()
    ids = check_ids(checkpoint.vocabulary, texts)
    model = make_scoring_model(checkpoint.model, checkpoint.outputs)
    layers = model.config.num_hidden_layers
    run_torch = torch_run(checkpoint.model, checkpoint.outputs, tokenizer.special_ids)
    pipeline = Pipeline(tokenizer, checkpoint.max_tokens, OVERLAP, run_torch)
    _say(f"torch scores the texts to verify on ({checkpoint.kind}, {layers} layers)")
    if not options.is_logit:
        check_range(checkpoint, pipeline, verification_paragraphs())
    reference = score_reference(pipeline, texts)

    _say("fp32 graph: exported, fused, compared with torch")
    fused = fuse_graph(model, folder)
    graph = split_skip_norms(fused)
    fp32_run = graph_run(_serialize(graph), tokenizer.special_ids, model.heads)
    fp32_max = check_fp32(reference, score_texts(pipeline, fp32_run, texts))
    probe = Probe(PROBE, tuple(round(score, 2) for score in score_texts(pipeline, fp32_run, [PROBE]).scores.tolist()))
    del fp32_run

    if precision == "fp16":
        _say("fp16 graph")
        graph = to_fp16(fused)
    elif precision == "int8":
        _say(f"int8 graph: calibrated and rounded, {layers} layers")
        statistics = collect_statistics(model, tokenizer.special_ids, list(_calibration_windows(pipeline)))
        graph = split_skip_norms(quantize_graph(fused, statistics))
    path = folder / "model.onnx"
    path.write_bytes(_serialize(graph))
    (folder / "tokenizer.json").write_text(checkpoint.vocabulary.content, "utf-8")

    _say(f"{precision} graph: read again, compared with torch")
    session = open_session(path, path.read_bytes(), [CPU], "cpu")
    check_contract(onnx.load(path), session, tokenizer.special_ids, model.roberta.embeddings.padding_idx, model.heads)
    run = partial(run_window, session, tokenizer.special_ids, outputs=(OUTPUT, *model.heads))
    outputs = score_texts(pipeline, run, texts)
    if precision == "fp32":
        fp32_max = check_fp32(reference, outputs)
    parity = check_parity(reference, outputs.scores, gates, precision, fp32_max)
    heads = check_heads(reference.outputs, outputs, gates, precision)
    manifest = _write_manifest(checkpoint, folder, precision, graph, parity, heads, probe)
    del session, run

    _say("the bundle, opened by the runtime and compared again")
    scorer = Scorer(Bundle.open(folder, "cpu"))
    documents = list(scorer.stream(texts))
    bundle = concatenate(WordOutputs(document.scores, document.joins, document.kinds) for document in documents)
    if not equal_outputs(bundle, outputs):
        raise ParityError("the bundle does not give the scores of its graph", "export again")

    _say("speed")
    speed = measure_speed(pipeline, scorer, verification_texts())
    fp32_bytes = 4 * sum(value.numel() for value in model.state_dict().values())
    model_bytes = manifest.files["model.onnx"].size
    return Report(
        bundle=folder,
        manifest=manifest,
        kind=checkpoint.kind,
        remarks=checkpoint.remarks,
        ids=ids,
        layers=layers,
        fused=count_fused(fused),
        fp32_bytes=fp32_bytes,
        model_bytes=model_bytes,
        gates=gates,
        speed=speed,
    )


def _calibration_windows(pipeline: Pipeline) -> Iterator[Window]:
    """The windows of the sample text, up to CALIBRATION_TOKENS."""
    tokens = 0
    for text in paragraphs():
        for window in pipeline.windows(text):
            tokens += len(window.ids)
            if tokens > CALIBRATION_TOKENS:
                return
            yield window


def _serialize(graph: onnx.ModelProto) -> bytes:
    try:
        content: bytes = graph.SerializeToString(deterministic=True)
    except Exception as error:  # protobuf's own, beyond 2 GB
        problem = f"the graph is too large for one file (2 GB): {error}"
        raise ExportError(problem, "export a smaller model") from error
    return content


def _write_manifest(
    checkpoint: Checkpoint,
    folder: Path,
    precision: str,
    graph: onnx.ModelProto,
    parity: Parity,
    heads: dict[str, HeadParity],
    probe: Probe,
) -> Manifest:
    """Write card and manifest beside the graph and the tokenizer."""
    notes = checkpoint.notes
    manifest = Manifest(
        name=notes.name,
        version=notes.version,
        license=notes.license,
        trained_on=notes.trained_on,
        precision=precision,
        opset=next(item.version for item in graph.opset_import if item.domain in ("", "ai.onnx")),
        ir_version=graph.ir_version,
        onnxruntime=MIN_ONNXRUNTIME,
        max_tokens=checkpoint.max_tokens,
        overlap=OVERLAP,
        whole_words=checkpoint.vocabulary.whole_words,
        marks=MARKS,
        files={},
        parity=parity,
        probe=probe,
        quality={},  # measured on the finished bundle: escore evaluate … --write
        calibration=None,
        heads=heads,
        by_sentence=checkpoint.kind == ORIGINAL,
    )
    (folder / "README.md").write_text(render_card(manifest, notes.limits, notes.minutes), "utf-8")
    return write_manifest(folder, manifest)


def _say(stage: str) -> None:
    print(f"escore: {printable(stage)}", file=sys.stderr, flush=True)
