"""`escore train`: a recipe and corpora in, a checkpoint out."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """\b
Examples:
  escore train default --corpora corpora -o checkpoint
  escore train finetune --from checkpoint --corpora corpora -o better
"""


def train(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe that ships (default, finetune, smoke), or a TOML file.")
    ],
    corpora: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the corpora that the recipe names.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="CHECKPOINT", help="Folder to write.")],
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="CHECKPOINT",
            help="Checkpoint of an earlier training, for a recipe that starts from one, as finetune does.",
        ),
    ] = None,
) -> None:
    """Train a model as a recipe says.

    A training that was killed continues from its last save when it is started again.
    """
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_training.recipe import load_recipe

    loaded = load_recipe(recipe)
    with extra("train"):
        from escore_training.train import run_recipe
    signals.clean_up_first()
    run_recipe(loaded, corpora, output, start)
