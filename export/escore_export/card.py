"""The model card: README.md of a bundle, written from its manifest."""

from escore.manifest import Manifest

FIGURES = {
    "three_classes": "3 classes",
    "four_classes": "4 classes",
    "entity_ap": "entity AP",
    "entity_f1": "entity F1",
}


def render(manifest: Manifest, limits: str, minutes: int | None) -> str:
    """The card as Markdown.

    `limits` is Markdown on what the model is bad at, `minutes` the training's length where that is known.
    """
    marks = ", ".join(f"{mark.symbol} from {mark.minimum:g}" for mark in manifest.marks)
    parity = manifest.parity
    parts = [
        f"# {manifest.name} {manifest.version}",
        "Scores every word of a text from 0 to 300 by how much it looks like an entity: about 100 a common "
        f"noun, 200 a proper noun, 300 a named entity. Marks: {marks}. A bundle of escore; any onnxruntime can run "
        "`model.onnx` with the ids that `tokenizer.json` gives.",
        f"Licence of the weights: {manifest.licence}. Precision: {manifest.precision}. Windows of "
        f"{manifest.max_tokens} tokens, overlapping by {manifest.overlap} or more. Needs onnxruntime "
        f"{manifest.onnxruntime} or newer.",
        "## Made from",
        "\n".join(f"- {source.name} ({source.licence})" for source in manifest.trained_on) or "Not stated.",
        *([] if minutes is None else [f"Training took {minutes or 'less than one'} minutes."]),
        "## How far it is from the checkpoint",
        f"Against the checkpoint in torch, {parity.words} words of text that calibrated nothing, on the machine that "
        f"exported it: mean {parity.mean:g} of 300, 99th percentile {parity.p99:g}, largest {parity.max:g}; "
        f"{parity.marks_changed:.2%} of words change their mark. The unquantized graph: {parity.fp32_max:g} at most.",
    ]
    if manifest.quality:
        parts += ["## What it scores", _table(manifest.quality)]
    if limits:
        parts += ["## What it is bad at", limits.strip()]
    return "\n\n".join(parts) + "\n"


def _table(quality: dict[str, dict[str, float]]) -> str:
    head = ["file", *FIGURES.values()]
    rows = [
        [file, *(f"{figures[key]:.3f}" if key in figures else "–" for key in FIGURES)]
        for file, figures in quality.items()
    ]
    note = (
        "Words, measured by `escore evaluate`. 3 classes: the share between the right ones of the edges 50 and "
        "150; 4 classes: and 250. Entity AP and F1: average precision and best F1 of the words of named entities."
    )
    return "\n".join([note, "", *(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])])
