"""A bundle and a person's labels to a bundle with a personal head, with figures of before and after."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from escore import Bundle, EscoreError
from escore.bundle.personal_head import HeadArrays
from escore.bundle.writer import check_output
from escore.scale import MAX_SCORE
from escore_adapt.basis import Floats, fit_projection
from escore_adapt.bundle import write_adapted
from escore_adapt.equations import Equations, word_changes
from escore_adapt.fit import FitSettings, choose_strength, fit_head, scale_head
from escore_adapt.judges import Judges
from escore_adapt.projections import Directions, Projections, project
from escore_adapt.report import AdaptReport
from escore_adapt.states import TextStates, run_texts
from escore_evaluation.text_figures import TextFigures
from escore_labels.general import general_records, general_sentences
from escore_labels.record import Record, RecordError
from escore_labels.split import is_held_out
from escore_labels.targets import logit

_MIN_WORDS = 5  # labeled held-out words that can say whether anything was gained


class NoGainError(EscoreError, ValueError):
    """A head that makes nothing better, or of which nobody can tell."""


@dataclass(frozen=True, slots=True)
class AdaptSettings:
    """What decides an adaptation.

    fit: see FitSettings.
    general_texts: how many general sentences should not change.
    max_texts: how many labeled texts are learned from, and how many are measured on, at most.
    max_class_loss, max_ap_loss: what other general text may lose in 3 classes and in average precision.
    """

    fit: FitSettings = field(default_factory=FitSettings)
    general_texts: int = 1200
    max_texts: int = 2000
    max_class_loss: float = 0.002
    max_ap_loss: float = 0.02


def adapt(
    records: Sequence[Record],
    model: str | Path | None,
    output: Path,
    name: str,
    prefer: str | None = None,
    force: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    settings: AdaptSettings | None = None,
) -> AdaptReport:
    """Learn from the records that are not held out, and write a bundle with a personal head to `output`.

    model: folder of a bundle; None is the one that ships. A head that it has already is replaced.
    name: of the new model.
    prefer: the person whose labels win where two differ; without it such words are left open.
    force: write the bundle even where the held-out texts gain nothing.
    warn: gets a line for each thing that the person should know.

    Raises what Bundle.open raises, RecordError for records that teach nothing, NoGainError, and OutputError.
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
    learned = _sample(learned, settings, warn)
    held_out = _sample(held_out, settings, lambda _: None)
    bundle = Bundle.open(model, "cpu")

    general_states = list(run_texts(bundle, general_sentences()[: settings.general_texts]))
    projections = _fit_projections(general_states, settings.fit.dimensions)
    general = project(general_states, projections)
    del general_states
    own, corrections = _equations(learned, bundle, projections, prefer, warn)
    if not corrections:
        raise RecordError(
            f"the {len(learned)} texts correct nothing that the model says", "correct words that it scores wrong"
        )
    own_judges = Judges(bundle, held_out, projections, prefer) if held_out else None
    general_judges = Judges(bundle, general_records(), projections, None)

    best = choose_strength(own, general, projections, settings.fit)
    full = fit_head(own, general, projections, settings.fit)
    strength, general_after = _bound(full, best, general_judges, settings)
    head = scale_head(full, strength)
    report = AdaptReport(
        train_texts=len(learned),
        held_out_texts=len(held_out),
        corrections=corrections,
        strength=strength,
        own_before=own_judges.before if own_judges else None,
        own_after=own_judges.measure(head) if own_judges else None,
        general_before=general_judges.before,
        general_after=general_after,
        seconds=time.monotonic() - begin,
    )
    if (problem := _no_gain(report)) and not force:
        raise NoGainError(f"{problem}; nothing was written", "correct more texts, or give --force")
    write_adapted(bundle, head, report, output, name)
    return report


def _sample(records: list[Record], settings: AdaptSettings, warn: Callable[[str], None]) -> list[Record]:
    if len(records) <= settings.max_texts:
        return records
    warn(f"{settings.max_texts} of the {len(records)} labeled texts are used, drawn at random; 'escore train' uses all")
    return random.Random(settings.fit.seed).sample(records, settings.max_texts)


def _fit_projections(states: Sequence[TextStates], dimensions: int) -> Projections:
    hidden = np.concatenate([text.hidden for text in states])
    every = max(1, len(hidden) // 20_000)  # enough for a covariance
    means = np.concatenate([text.means for text in states])
    return Projections(fit_projection(hidden[::every], dimensions), fit_projection(means, dimensions))


def _equations(
    records: Sequence[Record], bundle: Bundle, projections: Projections, prefer: str | None, warn: Callable[[str], None]
) -> tuple[Equations, int]:
    """What the records ask, and how many words they correct."""
    names = _names(bundle)
    strangers = {span.model for record in records for span in record.spans if span.by_person and span.model}
    if strangers := strangers - set(names):
        listed = " and ".join(sorted(strangers))
        warn(f"some labels correct {listed}, not {names[0]}; words that were left as they are say nothing there")
    parts: list[Directions] = []
    columns: list[tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.int64]]] = []
    count = first = 0
    for number, (record, states) in enumerate(
        zip(records, run_texts(bundle, [record.text for record in records]), strict=True)
    ):
        change, is_corrected, words = word_changes(record, states, prefer, names)
        known = ~np.isnan(change)
        directions = project([states], projections)
        parts.append(Directions(directions.tokens[known], directions.texts, directions.windows[known] + first))
        first += len(directions.texts)
        numbers = np.full(int(known.sum()), number)
        columns.append((logit(states.base / MAX_SCORE)[known], change[known], is_corrected[known], numbers))
        count += words
    tokens, texts, windows = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("tokens", "texts", "windows")
    )
    base, changes, corrected, owners = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Equations(Directions(tokens, texts, windows), base, changes, corrected, owners), count


def _names(bundle: Bundle) -> tuple[str, ...]:
    """Name and version of a bundle, and of its base where it has a head."""
    manifest = bundle.manifest
    own = f"{manifest.name} {manifest.version}"
    return (own,) if manifest.personal_head is None else (own, manifest.personal_head.base)


def _bound(full: HeadArrays, best: float, general: Judges, settings: AdaptSettings) -> tuple[float, TextFigures]:
    """The largest strength, up to the best, at which general text loses no more than is allowed, and its figures.

    What it loses is measured against the model without a head. Raises NoGainError where there is no such strength.
    """
    if best == 0:
        raise NoGainError(
            "no share of the change makes the texts predict each other; nothing was written",
            "correct more texts, or use 'escore train'",
        )
    base = general.measure(None)
    for strength in settings.fit.strengths:
        if strength <= best:
            after = general.measure(scale_head(full, strength))
            lost_classes = (base.classes or 0.0) - (after.classes or 0.0)
            lost_ap = (base.ap or 0.0) - (after.ap or 0.0)
            if lost_classes <= settings.max_class_loss and lost_ap <= settings.max_ap_loss:
                return strength, after
    raise NoGainError(
        f"general text loses more than is allowed even at a strength of {strength:g}: {lost_classes:.3f} in 3 classes "
        f"and {lost_ap:.3f} in average precision; nothing was written",
        "correct more texts, or use 'escore train'",
    )


def _no_gain(report: AdaptReport) -> str:
    """What is wrong where nothing was gained; "" where something was.

    The first of average precision, rank correlation, F1 and classes that differs decides.
    """
    before, after = report.own_before, report.own_after
    if before is None or after is None or before.words < _MIN_WORDS:
        words = 0 if before is None else before.words
        return f"too little to say: {words} labeled words are held out, and {_MIN_WORDS} are needed"
    for name in ("ap", "rank_correlation", "f1", "classes"):
        first, second = getattr(before, name), getattr(after, name)
        if first is not None and second is not None and first != second:
            return "" if second > first else f"{name} of the held-out texts falls from {first:.3f} to {second:.3f}"
    return "no figure of the held-out texts changes"
