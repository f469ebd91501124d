"""How the page of a review trains: as `escore train` does, in a process of its own."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escore_service.review.training import TrainingOptions


def check_torch() -> None:
    """Raise MissingExtraError where torch is not installed; it is not loaded here, since that takes seconds."""
    from importlib.util import find_spec

    from escore.errors import install_advice
    from escore_cli.extras import MissingExtraError

    for name in ("torch", "transformers"):
        if find_spec(name) is None:
            raise MissingExtraError(f"--train: {name} is not installed", install_advice("train,export"))


def training_options(feedback: Path, model: str | None, threads: int, device: str) -> "TrainingOptions":
    """Trainings in a folder beside the file of decisions, each from `model`, as `escore train` does them."""
    from escore_cli.review_files import TRAININGS
    from escore_service.current_model import open_model
    from escore_service.review.training import TrainingOptions

    folder = feedback.with_suffix(TRAININGS)

    def command(labels: Path, checkpoint: Path, bundle: Path) -> list[str]:
        name = f"{feedback.stem}-{bundle.parent.name}"
        start = [sys.executable, "-m", "escore_cli", "train", str(labels), "-o", str(checkpoint)]
        return [*start, "--from", model or "default", "--export", str(bundle), "--name", name, "--json"]

    return TrainingOptions(folder, command, lambda bundle: open_model(str(bundle), threads, device))
