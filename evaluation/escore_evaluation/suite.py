"""What the figures of a model are measured on: the public corpora below one folder, or files of anybody's."""

from dataclasses import dataclass, replace
from pathlib import Path

from escore.printable import printable
from escore_evaluation.perturbations import CHANGES
from escore_labels.readers.files import folder_problem
from escore_labels.tokens import CorpusError

CHANGED = {
    "kept": "",
    "lower": ", lower case",
    "upper": ", ALL CAPS",
    "title": ", Title Case",
    "typos": ", typing errors",
    "unpunctuated": ", no punctuation",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of figures: the files that are measured together, and what is done to their texts first.

    `change` is "kept", or one of disturb.CHANGES. `fits`: every second document (text, where there are few documents)
    may fit a calibration table, and the calibration error is that of the others.
    """

    label: str
    files: tuple[Path, ...]
    change: str = "kept"
    fits: bool = False


@dataclass(frozen=True, slots=True)
class _Planned:
    """A corpus: its name, its files below the folder, whether it fits calibration, and its changed copies."""

    label: str
    pattern: str
    fits: bool = False
    changes: tuple[str, ...] = ("kept",)


# Speed, and the difference from fp32, are measured on the first row. Web pages and posts fit the calibration table by
# half; all other files judge it alone.
_PLAN = (
    _Planned("EWT dev", "ewt/en_ewt-ud-dev.conllu", fits=True, changes=("kept", *CHANGES)),
    _Planned("GUM dev", "gum/en_gum-ud-dev.conllu"),
    _Planned("CoNLL-2003 testa", "conll2003/eng.testa"),
    _Planned("WNUT-17 dev", "wnut17/emerging.dev.conll", fits=True),
    *(
        _Planned(f"CrossNER dev, {name}", f"crossner/{name.lower()}/dev.txt")
        for name in ("AI", "literature", "music", "politics", "science")
    ),
    _Planned("Worldwide", "worldwide/*.tsv"),
)


def planned(folder: Path) -> tuple[list[Row], list[str]]:
    """The rows of the plan whose files are below `folder`, and a line on each corpus that is not there.

    Raises CorpusError where none is.
    """
    rows: list[Row] = []
    missing = []
    for corpus in _PLAN:
        if files := tuple(sorted(folder.glob(corpus.pattern))):
            rows += [Row(corpus.label + CHANGED[name], files, name, corpus.fits) for name in corpus.changes]
        else:
            missing.append(f"{folder / corpus.pattern}: no such file; '{corpus.label}' is left out")
    if not rows:
        wrong = folder_problem(folder) or "is empty, or holds other corpora"
        raise CorpusError(f"{folder}: {wrong}; give the folder that holds {_PLAN[0].pattern} and others of the plan")
    return rows, missing


def given(files: list[Path], change: str, fits: list[Path]) -> list[Row]:
    """A row for each of the files; those that are also in `fits` may fit a calibration table by half.

    A row is called what its file and folder are called, and the whole path where that is not enough.
    """
    names = ["/".join(file.parts[-2:]) for file in files]
    labels = [str(file) if names.count(name) > 1 else name for file, name in zip(files, names, strict=True)]
    rows = [Row(printable(label) + CHANGED[change], (file,), change) for label, file in zip(labels, files, strict=True)]
    return fitting(rows, fits)


def fitting(rows: list[Row], fits: list[Path]) -> list[Row]:
    """The same rows, of which those with a file in `fits`, and no others, may fit a calibration table."""
    known = {path.resolve() for path in fits}
    return [replace(row, fits=not known.isdisjoint(file.resolve() for file in row.files)) for row in rows]
