"""What `escore serve --review` reads, labels or texts, which the model labels first; and how it trains."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escore import Scorer
    from escore_labels.notes import Report
    from escore_labels.readers.source import Placed
    from escore_labels.record import Record
    from escore_service.review.training import TrainingOptions

_TABLES = (".csv", ".tsv", ".parquet")


def review_records(paths: Iterable[Path], scorer: "Scorer") -> tuple[list["Record"], list[Path]]:
    """The records of files and folders, each text once, in order; and the files in which people said something.

    What had to change is printed. Texts without labels get the model's, as `escore label` writes them, but for those
    that are held out: the model must not sway whoever labels what it is measured on. Raises what reading the files
    raises.
    """
    from escore_cli.label_files import noted
    from escore_labels.merge import merge_records
    from escore_labels.suggest import suggest
    from escore_labels.unlabeled import Text
    from escore_service.serialize import model_name

    with noted() as report:
        read = {path: list(_read(path, report)) for path in dict.fromkeys(paths)}
        records = merge_records((placed for placed_records in read.values() for placed in placed_records), report)
    labels = [path for path, placed in read.items() if any(record.is_labeled for _, record in placed)]
    open_places = [i for i, record in enumerate(records) if not (record.spans or record.reviewed or record.held_out)]
    texts = ((records[i].text, i) for i in open_places)
    model = model_name(scorer.bundle.manifest)
    for document, i in scorer.stream(texts, as_tuples=True):
        record = records[i]
        text = Text(record.text, record.id, record.source or "", record.time)
        records[i] = suggest(document, text, model)
    return records, labels


def _read(path: Path, report: "Report") -> Iterator["Placed"]:
    from escore_cli.label_files import read
    from escore_cli.texts import Format, Source
    from escore_labels.unlabeled import unlabeled_record

    if path.is_dir() and not any(path.rglob("*.ann")):  # else it is brat's
        for file in sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith(".")):
            yield from _read(file, report)
    elif path.suffix.lower() in _TABLES and not _has_tags(path):
        source = Source(Format.AUTO, False, "text", "text", "utf-8", report)
        for text in source.read([str(path)]):
            yield text.id, unlabeled_record(text)
    else:
        yield from read([path], None, None, report)


def _has_tags(path: Path) -> bool:
    """Whether a table is one of CoNLL's, in columns of words and tags."""
    from escore_labels.detect import detect_format

    try:
        return path.suffix.lower() == ".tsv" and detect_format(path) in ("conll", "gmb", "conllu")
    except ValueError:
        return False


def check_torch() -> None:
    """Raise MissingExtraError where torch is not installed; it is not loaded here, since that takes seconds."""
    from importlib.util import find_spec

    from escore_cli.extras import MissingExtraError

    for name in ("torch", "transformers"):
        if find_spec(name) is None:
            problem = f"--train: {name} is not installed"
            raise MissingExtraError(problem, "in the folder of escore's source: pip install '.[train,export]'")


def training_options(feedback: Path, model: str | None, threads: int, device: str) -> "TrainingOptions":
    """Trainings in a folder beside the file of decisions, each from `model`, as `escore train` does them."""
    from escore_service.current_model import open_model
    from escore_service.review.training import TrainingOptions

    folder = feedback.with_suffix(".training")

    def command(labels: Path, checkpoint: Path, bundle: Path) -> list[str]:
        name = f"{feedback.stem}-{bundle.parent.name}"
        start = [sys.executable, "-m", "escore_cli", "train", str(labels), "-o", str(checkpoint)]
        return [*start, "--from", model or "default", "--export", str(bundle), "--name", name, "--json"]

    return TrainingOptions(folder, command, lambda bundle: open_model(str(bundle), threads, device))
