"""Figures of labeled texts at a glance: on a person's own texts, and on general ones, to see what a model forgets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from escore import Document
from escore.bundle.quality import ALL_FIGURES, GENERAL_BEFORE, RANK_CORRELATION
from escore_evaluation.figures import measure_tokens, score_right
from escore_evaluation.scoring import align_scores
from escore_labels.texts import LabeledText

# The fields of TextFigures that a manifest keeps, by the names that `escore evaluate` has for the same figures.
_FIELDS = {
    "three_classes": "classes",
    "entity_ap": "ap",
    "entity_f1_220": "f1",
    "span_f1": "span_f1",
    RANK_CORRELATION: "rank_correlation",
}


@dataclass(frozen=True, slots=True)
class TextFigures:
    """Figures of labeled texts; None where their labels cannot say. All but the first and the last are as in Figures.

    words: how many have a label.
    classes: three_classes.
    ap, f1, span_f1: entity_ap, entity_f1_220 and span_f1.
    rank_correlation: Spearman's, of scores and targets, over words with a target.
    accuracy: the share of words of one certain class (of 3) whose score lies between its edges, also where labels are
        of one class, or of some words alone. Then there is no `classes`; otherwise they are equal.
    """

    words: int
    classes: float | None
    ap: float | None
    f1: float | None
    span_f1: float | None
    rank_correlation: float | None
    accuracy: float | None


def measure_texts(texts: Sequence[LabeledText], documents: Iterable[Document]) -> TextFigures:
    """The figures of labeled texts, and the same texts scored, in the same order."""
    tokens = align_scores(texts, documents)
    figures = measure_tokens(tokens, len(texts))
    right = score_right(tokens, 3)
    return TextFigures(
        words=int(tokens.labeled().sum()),
        accuracy=float(right.mean()) if len(right) else None,
        **{field: figures.get(name) for name, field in _FIELDS.items()},
    )


def loses_at_most(before: TextFigures, after: TextFigures, class_loss: float, ap_loss: float) -> bool:
    """Whether 3 classes and average precision fall by no more than these losses; missing figures count as 0."""
    lost_classes = (before.classes or 0.0) - (after.classes or 0.0)
    lost_ap = (before.ap or 0.0) - (after.ap or 0.0)
    return lost_classes <= class_loss and lost_ap <= ap_loss


def before_and_after(before: TextFigures | None, after: TextFigures | None) -> tuple[TextFigures, TextFigures] | None:
    """Both, where both were measured."""
    return None if before is None or after is None else (before, after)


def to_table(own: tuple[TextFigures, TextFigures] | None, general: tuple[TextFigures, TextFigures]) -> str:
    """Figures before and after as lines of text; `own` is None where no text is held out."""
    lines = [f"{'':<31}{'before':>8}{'after':>8}"]
    if own is None:
        lines.append("own: no text is held out; about 20 texts are needed for a figure")
    else:
        lines += _rows(f"own, {own[0].words} words", *own)
    lines += _rows(f"general, {general[0].words} words", *general)
    return "\n".join(lines) + "\n"


def quality_rows(
    own: tuple[TextFigures, TextFigures] | None, general: tuple[TextFigures, TextFigures]
) -> dict[str, dict[str, float]]:
    """Figures before and after in the form of a manifest's `quality`; `own` is None where no text is held out."""
    rows = {"general": general[1], GENERAL_BEFORE: general[0]}
    if own is not None:
        rows |= {"own, held out": own[1], "own, held out, before": own[0]}
    return {label: _quality(figures) for label, figures in rows.items()}


def _quality(figures: TextFigures) -> dict[str, float]:
    values = {name: getattr(figures, field) for name, field in _FIELDS.items()}
    return {name: round(value, 6) for name, value in values.items() if value is not None}


def _rows(title: str, before: TextFigures, after: TextFigures) -> list[str]:
    """A line a figure that both have; accuracy only where the labels can say nothing else."""
    values = {ALL_FIGURES[name]: (getattr(before, field), getattr(after, field)) for name, field in _FIELDS.items()}
    values = {name: pair for name, pair in values.items() if None not in pair}
    if not values and before.accuracy is not None and after.accuracy is not None:
        values["accuracy"] = before.accuracy, after.accuracy
    titles = [title, *[""] * len(values)]
    return [
        f"{title:<20}  {name:<18}{first:>7.3f}{second:>8.3f}"
        for title, (name, (first, second)) in zip(titles, values.items(), strict=False)
    ]
