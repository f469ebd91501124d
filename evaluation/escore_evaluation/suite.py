"""What a model is measured on: the public corpora below one folder, or anybody's labeled files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from escore.printable import printable
from escore_evaluation.perturbations import PERTURBATIONS
from escore_labels.readers.files import folder_problem
from escore_labels.tokens import CorpusError

# What tables add to a row's name, by the change that was made to its texts.
CHANGE_LABELS = {
    "kept": "",
    "lower": ", lower case",
    "upper": ", ALL CAPS",
    "title": ", Title Case",
    "typos": ", typing errors",
    "unpunctuated": ", no punctuation",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of figures.

    label: its name in tables.
    files: labeled files that are measured together.
    change: what is done to their texts first: "kept" (nothing), or one of perturbations.PERTURBATIONS.
    calibrates: whether every second document (text, where documents are few) may fit a calibration table. Then the
        calibration error is that of the others.
    """

    label: str
    files: tuple[Path, ...]
    change: str = "kept"
    calibrates: bool = False


@dataclass(frozen=True, slots=True)
class _Corpus:
    """A corpus of the suite: its name, its files below the folder, whether it calibrates, and its changed copies."""

    label: str
    pattern: str
    calibrates: bool = False
    changes: tuple[str, ...] = ("kept",)


# Speed, and the difference from another bundle, are measured on the first row. Web pages and posts fit the calibration
# table by half; all other files only judge it.
_SUITE = (
    _Corpus("EWT dev", "ewt/en_ewt-ud-dev.conllu", calibrates=True, changes=("kept", *PERTURBATIONS)),
    _Corpus("GUM dev", "gum/en_gum-ud-dev.conllu"),
    _Corpus("CoNLL-2003 testa", "conll2003/eng.testa"),
    _Corpus("WNUT-17 dev", "wnut17/emerging.dev.conll", calibrates=True),
    _Corpus("Tweebank dev", "tweebank/dev.conll"),
    *(
        _Corpus(f"CrossNER dev, {name}", f"crossner/{name.lower()}/dev.txt")
        for name in ("AI", "literature", "music", "politics", "science")
    ),
    _Corpus("Worldwide", "worldwide/*.tsv"),
)


def suite_rows(folder: Path) -> tuple[list[Row], list[str]]:
    """The rows of the suite whose files are below `folder`, and a line on each corpus that is not there.

    Raises CorpusError where none is.
    """
    rows: list[Row] = []
    missing = []
    for corpus in _SUITE:
        if files := tuple(sorted(folder.glob(corpus.pattern))):
            rows += [Row(corpus.label + CHANGE_LABELS[name], files, name, corpus.calibrates) for name in corpus.changes]
        else:
            missing.append(f"{folder / corpus.pattern}: no such file; '{corpus.label}' is left out")
    if not rows:
        problem = folder_problem(folder) or "is empty, or holds other corpora"
        advice = f"give the folder that holds {_SUITE[0].pattern} and others of the suite"
        raise CorpusError(f"{folder}: {problem}", advice)
    return rows, missing


def file_rows(files: Sequence[Path], change: str = "kept", calibration_files: Sequence[Path] = ()) -> list[Row]:
    """A row for each of the files; those that are also `calibration_files` may fit a calibration table by half.

    A row is named by its file and folder, and by the whole path where that is not enough.
    """
    names = ["/".join(file.parts[-2:]) for file in files]
    labels = [str(file) if names.count(name) > 1 else name for file, name in zip(files, names, strict=True)]
    rows = [
        Row(printable(label) + CHANGE_LABELS[change], (file,), change)
        for label, file in zip(labels, files, strict=True)
    ]
    return calibrate_on(rows, calibration_files)


def calibrate_on(rows: Sequence[Row], files: Sequence[Path]) -> list[Row]:
    """The same rows, of which those with one of the files, and no others, may fit a calibration table."""
    paths = {path.resolve() for path in files}
    return [replace(row, calibrates=not paths.isdisjoint(file.resolve() for file in row.files)) for row in rows]
