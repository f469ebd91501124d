"""A bundle and a person's labels to a bundle with a personal head, with figures of before and after."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from escore import Bundle, EscoreError
from escore.bundle.personal_head import HeadArrays
from escore.bundle.writer import check_output
from escore.scale import MAX_SCORE
from escore_adapt.basis import Floats, fit_projection
from escore_adapt.bundle import write_adapted
from escore_adapt.fit import DIMENSIONS, STRENGTHS, choose_strength, fit_head, scale_head
from escore_adapt.measured_texts import MeasuredTexts
from escore_adapt.projections import Directions, Projections, concatenate, project
from escore_adapt.report import AdaptReport
from escore_adapt.states import run_texts
from escore_adapt.token_changes import TokenChanges, word_changes
from escore_evaluation.text_figures import TextFigures, loses_at_most
from escore_labels.general import general_records, general_sentences
from escore_labels.record import Record, RecordError
from escore_labels.split import is_held_out
from escore_labels.targets import logit

_MIN_WORDS = 5  # labeled held-out words that can say whether anything was gained


class NoGainError(EscoreError, ValueError):
    """A head that makes nothing better, or of which nobody can tell."""


@dataclass(frozen=True, slots=True)
class AdaptSettings:
    """What decides an adaptation, beside the labels.

    seed: of what is drawn at random.
    general_texts: how many general sentences should not change.
    max_texts: how many labeled texts are learned from, and how many are measured on, at most.
    max_class_loss, max_ap_loss: what other general text may lose in 3 classes and in average precision.
    """

    seed: int = 1
    general_texts: int = 1200
    max_texts: int = 2000
    max_class_loss: float = 0.002
    max_ap_loss: float = 0.02


def adapt(
    records: Sequence[Record],
    model: str | Path | None,
    output: Path,
    *,
    name: str,
    prefer: str | None = None,
    force: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    settings: AdaptSettings | None = None,
) -> AdaptReport:
    """Learn from the records that are not held out, and write a bundle with a personal head to `output`.

    model: folder of a bundle, or "fast"; None is the default one that ships. A head that it has already is replaced.
    name: of the new model.
    prefer: the person whose labels win where two differ; without it such words are left open.
    force: write the bundle even where the held-out texts gain nothing.
    warn: gets a line for each thing that the person should know.

    Raises what Bundle.open raises, BundleError for a bundle without hidden states or one that changes meanwhile,
    RecordError for records that teach nothing or hold a word that is too long, NoGainError, and OutputError.
    """
    begin = time.monotonic()
    settings = settings or AdaptSettings()
    check_output(output, force=False)
    learned = [record for record in records if not is_held_out(record) and record.is_labeled]
    held_out = [record for record in records if is_held_out(record) and record.is_labeled]
    if not learned:
        raise RecordError(
            f"none of the {len(records)} texts that are not held out has a label of a person's, or is reviewed",
            "correct or review some first",
        )
    learned = _sample(learned, "learned from", settings, warn)
    held_out = _sample(held_out, "measured on", settings, warn)
    bundle = Bundle.open(model, "cpu")

    states = concatenate([text.directions for text in run_texts(bundle, general_sentences()[: settings.general_texts])])
    projections = _fit_projections(states)
    general = project(states, projections)
    del states
    own, corrections = _token_changes(learned, bundle, projections, prefer, warn)
    if not corrections:
        raise RecordError(
            f"the {len(learned)} texts correct nothing that the model says", "correct words that it scores wrong"
        )
    own_texts = MeasuredTexts(bundle, held_out, projections, prefer) if held_out else None
    general_texts = MeasuredTexts(bundle, general_records(), projections, None)

    best = choose_strength(own, general, projections, settings.seed)
    full = fit_head(own, general, projections, settings.seed)
    strength, general_after = _bound(full, best, general_texts, settings)
    head = scale_head(full, strength)
    report = AdaptReport(
        train_texts=len(learned),
        held_out_texts=len(held_out),
        corrections=corrections,
        strength=strength,
        own_before=own_texts.before if own_texts else None,
        own_after=own_texts.measure(head) if own_texts else None,
        general_before=general_texts.before,
        general_after=general_after,
        seconds=time.monotonic() - begin,
    )
    if (problem := _no_gain(report)) and not force:
        raise NoGainError(f"{problem}; nothing was written", "correct more texts, or give --force")
    write_adapted(bundle, head, report, output, name)
    return report


def _sample(records: list[Record], use: str, settings: AdaptSettings, warn: Callable[[str], None]) -> list[Record]:
    if len(records) <= settings.max_texts:
        return records
    warn(f"{settings.max_texts} of {len(records)} labeled texts are {use}, drawn at random; 'escore train' uses all")
    return random.Random(settings.seed).sample(records, settings.max_texts)


def _fit_projections(states: Directions) -> Projections:
    every = max(1, len(states.tokens) // 20_000)  # enough for a covariance
    return Projections(
        fit_projection(states.tokens[::every], DIMENSIONS), fit_projection(states.window_means, DIMENSIONS)
    )


def _token_changes(
    records: Sequence[Record], bundle: Bundle, projections: Projections, prefer: str | None, warn: Callable[[str], None]
) -> tuple[TokenChanges, int]:
    """What the records ask, and how many words they correct."""
    names = _names(bundle)
    strangers = {span.model for record in records for span in record.spans if span.by_person and span.model}
    if strangers := strangers - set(names):
        listed = " and ".join(sorted(strangers))
        warn(f"some labels correct {listed}, not {names[0]}; words that were left as they are say nothing there")
    directions: list[Directions] = []
    columns: list[tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.int64]]] = []
    count = 0
    all_states = run_texts(bundle, (record.text for record in records), projections)
    for number, (record, states) in enumerate(zip(records, all_states, strict=True)):
        change, is_corrected, words = word_changes(record, states, prefer, names)
        has_change, text = ~np.isnan(change), states.directions
        directions.append(Directions(text.tokens[has_change], text.window_means, text.windows[has_change]))
        numbers = np.full(int(has_change.sum()), number)
        base = logit(states.base / MAX_SCORE)
        columns.append((base[has_change], change[has_change], is_corrected[has_change], numbers))
        count += words
    return TokenChanges(concatenate(directions), *map(np.concatenate, zip(*columns, strict=True))), count


def _names(bundle: Bundle) -> tuple[str, ...]:
    """Name and version of a bundle, and of its base where it has a head."""
    manifest = bundle.manifest
    head = manifest.personal_head
    return (manifest.model_name,) if head is None else (manifest.model_name, head.base)


def _bound(full: HeadArrays, best: float, general: MeasuredTexts, settings: AdaptSettings) -> tuple[float, TextFigures]:
    """The largest strength, up to the best, at which general text loses no more than is allowed, and its figures.

    What it loses is measured against the model without a head. Raises NoGainError where there is no such strength.
    """
    if best == 0:
        raise NoGainError(
            "no share of the change makes the texts predict each other; nothing was written",
            "correct more texts, or use 'escore train'",
        )
    base = general.measure(None)
    for strength in STRENGTHS:
        if strength <= best:
            after = general.measure(scale_head(full, strength))
            if loses_at_most(base, after, settings.max_class_loss, settings.max_ap_loss):
                return strength, after
    raise NoGainError(
        f"general text loses more than is allowed even at a strength of {strength:g}; nothing was written",
        "correct more texts, or use 'escore train'",
    )


def _no_gain(report: AdaptReport) -> str:
    """What is wrong where nothing was gained; "" where something was.

    The first of average precision, rank correlation, F1 and accuracy that differs decides.
    """
    before, after = report.own_before, report.own_after
    if before is None or after is None or before.words < _MIN_WORDS:
        words = 0 if before is None else before.words
        return f"too little to say: {words} labeled words are held out, and {_MIN_WORDS} are needed"
    for name in ("ap", "rank_correlation", "f1", "accuracy"):
        first, second = getattr(before, name), getattr(after, name)
        if first is not None and second is not None and first != second:
            return "" if second > first else f"{name} of the held-out texts falls from {first:.3f} to {second:.3f}"
    return "no figure of the held-out texts changes"
