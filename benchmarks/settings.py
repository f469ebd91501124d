"""How much is measured: enough for figures, or just enough to see that everything runs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks import models
from benchmarks.models import Model
from benchmarks.texts import Source


@dataclass(frozen=True, slots=True)
class Amount:
    """`pairs` of each row; `least` seconds that one side of a pair runs; numbers of texts, words, bytes."""

    pairs: int = 7
    few: int = 3  # pairs of what takes minutes, or gives nearly the same each time
    least: float = 2.0
    sentences: int = 64
    slow_sentences: int = 8  # of what takes a third of a second each
    calls: int = 400  # of which percentiles are taken
    curve_calls: int = 200
    bulk: int = 50_000
    base_bulk: int = 2_000
    small: int = 1_000_000
    large: int = 10_000_000
    long: int = 100_000_000
    part: int = 100_000


QUICK = Amount(
    pairs=3,
    few=2,
    least=0.1,
    sentences=8,
    slow_sentences=2,
    calls=20,
    curve_calls=10,
    bulk=2_000,
    base_bulk=300,
    small=50_000,
    large=200_000,
    long=400_000,
    part=20_000,
)


@dataclass
class Bench:
    """What all rows share; models are made when the first row needs them."""

    source: Source
    amount: Amount
    cores: list[int]  # those that everything runs on; two, unless asked otherwise
    all_cores: list[int]  # those that this process was given
    corpora: Path | None = None
    spacy: Path = models.CACHE / "spacy"

    @cached_property
    def base(self) -> Model:
        return models.base()

    @cached_property
    def default(self) -> Model:
        return models.default()


class Skipped(Exception):  # noqa: N818
    """A row that cannot be measured here; the message says why."""


def size(count: int) -> str:
    """A number of bytes in words: 10 MB, 100 kB."""
    return f"{count / 1e6:g} MB" if count >= 1e6 else f"{count / 1e3:g} kB"
