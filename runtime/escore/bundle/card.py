"""The model card: README.md of a bundle, written from its manifest."""

import numpy as np

from escore.bundle.manifest import Calibration, HeadParity, Manifest
from escore.bundle.quality import ENTITY_ECE, EXPECTATIONS, GENERAL_BEFORE, columns
from escore.bundle.quality import KINDS as KIND_FIGURE
from escore.bundle.session import JOINS, KINDS

_QUALITY = "## What it scores"
_LIMITS = "## What it is bad at"
_PERSONAL = "## Whose it is"
# What a head says, and which words it was compared on.
_HEADS = {
    JOINS: ("It says where entities go on, by which words are joined", "words"),
    KINDS: ("It says what kind of entity a name is: person, organization, place or other", "words that score 220"),
}
_ENTITY_EXAMPLES = (180, 200, 220, 240, 260, 280, 290)
_EXAMPLES = (100, 160, 200, 220, 260, 280)  # scores whose probability the card shows


def render_card(manifest: Manifest, limits: str, minutes: int | None) -> str:
    """The card as Markdown.

    limits: Markdown on what the model is bad at.
    minutes: the training's length; None where it is not known.
    """
    marks = ", ".join(f"{mark.symbol} from {mark.minimum:g}" for mark in manifest.marks)
    parity = manifest.parity
    parts = [
        f"# {manifest.model_name}",
        "Scores every word of a text from 0 to 300 by how much it looks like an entity: about 100 a common "
        f"noun, 200 a proper noun, 300 a named entity. Marks: {marks}. A bundle of escore; any onnxruntime can run "
        "`model.onnx` with the ids that `tokenizer.json` gives.",
        f"License of the weights: {manifest.license}. Precision: {manifest.precision}. Windows of "
        f"{manifest.max_tokens} tokens, overlapping by {manifest.overlap} or more. Needs onnxruntime "
        f"{manifest.onnxruntime} or newer.",
        "## Made from",
        "\n".join(f"- {source.name} ({source.license})" for source in manifest.trained_on) or "Not stated.",
        *([] if minutes is None else [f"Training took {minutes or 'less than one'} minutes."]),
        "## How far it is from the checkpoint",
        f"Against the checkpoint in torch, {parity.words} words of text that was not used for calibration, on the "
        f"machine that exported it: mean {parity.mean:g} of 300, 99th percentile {parity.p99:g}, "
        f"largest {parity.max:g}; {parity.marks_changed:.2%} of words change their mark. "
        f"The unquantized graph: {parity.fp32_max:g} at most.",
        *map(_head, manifest.heads.items()),
    ]
    parts += _quality(manifest)
    if limits:
        parts += [_LIMITS, limits.strip()]
    return "\n\n".join(parts) + "\n"


def _head(item: tuple[str, HeadParity]) -> str:
    name, head = item
    about, words = _HEADS[name]
    return (
        f"{about} (`{name}`). From the checkpoint in torch, of {head.words} {words}: mean {head.mean:g}, "
        f"99th percentile {head.p99:g}, largest {head.max:g} of 1; the answer changes for {head.changed:.2%}."
    )


def update_figures(card: str, manifest: Manifest) -> str:
    """A card with the figures and the calibration of `manifest` instead of its own; all else stays as it is.

    A manifest knows neither the training's length nor the limits, so that a finished bundle's card is not made anew.
    """
    head, limits_head, limits = card.partition(f"\n\n{_LIMITS}\n")
    before = head.partition(f"\n\n{_QUALITY}\n")[0].rstrip("\n")
    after = limits_head + limits if limits_head else "\n"
    return "\n\n".join([before, *_quality(manifest)]) + after


def render_personal_card(card: str, manifest: Manifest) -> str:
    """The card of a bundle with a personal head, from that of its base."""
    head = manifest.personal_head
    assert head is not None
    about = (
        f"{head.base} with a personal head, learned by `escore adapt` from {head.corrections} corrected words of "
        f"{head.texts} texts, at a strength of {head.strength:g}. `model.onnx` is that of {head.base}, and so is all "
        "that is said of its training and of its distance from the checkpoint; `Scorer(personal=False)` and "
        "`escore run --no-personal-head` score with it alone."
    )
    _, _, rest = card.partition("\n\n")
    intro, made_from, after = rest.partition("\n\n## Made from\n")
    earlier, section, _ = intro.partition(f"\n\n{_PERSONAL}\n")  # of a bundle that was adapted before
    intro = earlier if section else intro
    parts = [f"# {manifest.model_name}", intro, _PERSONAL, about]
    return update_figures("\n\n".join(parts) + made_from + after, manifest)


def _quality(manifest: Manifest) -> list[str]:
    """The section on figures and calibration, in paragraphs; none where nothing was measured."""
    parts = []
    rows = {name: figures for name, figures in manifest.quality.items() if name != EXPECTATIONS}
    if rows:
        parts.append(_table(rows, _measured_by(manifest)))
    if counts := manifest.quality.get(EXPECTATIONS):
        parts.append(
            f"{counts['passed']:.0f} of {counts['sentences']:.0f} short sentences get the scores that were "
            "expected of them before any model was asked (`expectations.toml` of escore's evaluation package)."
        )
    if manifest.calibration is not None:
        parts.append(_probabilities(manifest.calibration))
        if manifest.entity_calibration is not None:
            examples = _examples(manifest.entity_calibration, _ENTITY_EXAMPLES)
            parts.append(f"How probable an entity's score makes it that both of its ends are right: {examples}.")
        if manifest.calibration_from is not None:
            parts.append(f"These probabilities were measured on {manifest.calibration_from}, not on this model.")
    return [_QUALITY, *parts] if parts else []


def _measured_by(manifest: Manifest) -> str:
    if GENERAL_BEFORE not in manifest.quality:
        return "escore evaluate"
    return "escore train" if manifest.personal_head is None else "escore adapt"


def _probabilities(calibration: Calibration) -> str:
    return (
        "How probable a score makes it that a word is part of a named entity: "
        f"{_examples(calibration, _EXAMPLES)}. The table is in `escore.json`."
    )


def _examples(calibration: Calibration, scores: tuple[int, ...]) -> str:
    probabilities = np.interp(scores, calibration.scores, calibration.probabilities)
    return ", ".join(f"{score} {value:.0%}" for score, value in zip(scores, probabilities, strict=True))


def _table(quality: dict[str, dict[str, float]], command: str) -> str:
    names = columns(quality.values())
    head = ["words of", *names.values()]
    rows = [
        [file, *(f"{figures[key]:.3f}" if key in figures else "–" for key in names)]
        for file, figures in quality.items()
    ]
    note = (
        f"Measured by `{command}`. 3 classes: the share of words on the right side of the edges 50 and 150; "
        "4 classes: also of 250. Entity AP, best F1 and F1 at 220: of the words of named entities, by score. Span F1: "
        "of whole entities, as `escore run --entities` joins them. ECE: expected calibration error of the probability "
        "that a word is part of an entity, on texts that did not fit it."
    )
    if KIND_FIGURE in names:
        note += " Kinds: the share of the entities found right whose kind is right too."
    if ENTITY_ECE in names:
        note += " ECE of entities: of the probability that an entity is right."
    return "\n".join([note, "", *(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])])
