"""`escore train`: labeled texts of one's own, or a recipe and corpora, in; a checkpoint out."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from escore_cli.label_files import Feedback, Name, Prefer, Tags, read_merged

EXAMPLES = """\b
Examples:
  escore train labels.jsonl -o mine --export mine-bundle
  escore train labels.jsonl --feedback corrections.db -o mine
  escore train default --corpora corpora -o checkpoint
  escore train finetune --from checkpoint --corpora corpora -o better
"""


def train(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="CHECKPOINT", help="Folder to write; a checkpoint there is replaced."),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LABELS...",
            help="Labeled files of any format that 'escore labels' reads, - for standard input; with --corpora one "
            "recipe: a TOML file, or default, finetune or smoke.",
        ),
    ] = None,
    feedback: Feedback = None,
    tags: Tags = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            show_default="default, the one that ships; with a recipe, none",
            help="Model to start from: the folder of a bundle or of a checkpoint, or fast, the smaller one that ships.",
        ),
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="none", help="Folder of the corpora that a recipe names."),
    ] = None,
    unlabeled: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", show_default="none", help="Text of yours without labels, a text a line, to keep as it is."
        ),
    ] = None,
    prefer: Prefer = None,
    name: Name = None,
    draw_scores: Annotated[
        bool,
        typer.Option(
            "--draw-scores",
            help="Draw the score that a labeled word should get anew each time, around that of its class (noun 100, "
            "proper 180, entity 280), as the original demo did; default: off.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="N", help="Random seed.")] = 1,
    export_to: Annotated[
        Path | None,
        typer.Option("--export", metavar="DIR", show_default="none", help="Also export the model to a new bundle."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the bundle that --export names; default: off.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table; default: off.")] = False,
) -> None:
    """Train a model of your own on labeled texts, or follow a recipe.

    Every fifth text is held out, always the same ones; figures before and after are of these, and of general text,
    which shows what the model forgets. A training that was killed continues from its last save when started again.
    """
    if corpora is not None:
        if not inputs or len(inputs) > 1 or feedback or tags:
            raise typer.BadParameter("give one recipe with --corpora, and no labels")
        of_labels = {"--unlabeled": unlabeled, "--prefer": prefer, "--name": name, "--draw-scores": draw_scores,
                     "--export": export_to, "--json": as_json}  # fmt: skip
        for option, value in of_labels.items():
            if value:
                raise typer.BadParameter(f"{option} goes with LABELS..., not with --corpora")
        _follow_recipe(inputs[0], corpora, output, None if start is None else Path(start))
        return
    from escore_training.recipe import is_recipe_name

    if not (inputs or feedback):
        raise typer.BadParameter("give labels, or --feedback FILE")
    if inputs and is_recipe_name(inputs[0]):
        raise typer.BadParameter(f"'{inputs[0]}' is a recipe; give its corpora with --corpora DIR")
    from escore.bundle.writer import check_output
    from escore.printable import is_printable_line
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.output.destination import open_output

    start = "default" if start is None else start
    name = output.name if name is None else name
    if not is_printable_line(name):
        raise typer.BadParameter(f"{name!r} is empty or not one line of text")
    if force and export_to is None:
        raise typer.BadParameter("--force goes with --export DIR")
    if export_to is not None:
        if export_to.resolve() == output.resolve():
            raise typer.BadParameter(f"{export_to}: is also the checkpoint's folder; give --export another one")
        check_output(export_to, force)
    records = read_merged(map(Path, inputs or ()), feedback or (), tags)
    texts = [line for path in unlabeled or [] for line in _lines(path)]
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # torch's threads would spin, for minutes beside other work
    with extra("train" if export_to is None else "train,export"):
        from escore_training.personal.report import to_table
        from escore_training.personal.settings import PersonalSettings
        from escore_training.personal.train import train_personal

        if export_to is not None:  # here, so that what is missing is said before the training
            from escore_training.personal.export import export_personal
    signals.clean_up_first()
    settings = PersonalSettings(draw_scores=draw_scores, seed=seed)
    report = train_personal(records, start, output, name, texts, prefer, settings)
    if export_to is not None:
        export_personal(output, export_to, report, records, start, prefer, force)
    with open_output(None) as write:
        write(json.dumps(asdict(report), indent=2) + "\n" if as_json else to_table(report))


def _follow_recipe(recipe: str, corpora: Path, output: Path, start: Path | None) -> None:
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_training.recipe import load_recipe

    loaded = load_recipe(recipe)
    with extra("train"):
        from escore_training.train import run_recipe
    signals.clean_up_first()
    run_recipe(loaded, corpora, output, start)


def _lines(path: Path) -> list[str]:
    from escore_cli.inputs import lines

    return [line for line in lines(str(path), "utf-8") if line.strip()]
