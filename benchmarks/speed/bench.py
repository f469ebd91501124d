"""What the rows of rows.toml are measured with: amounts, texts, and peers whose scores are known to be escore's."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import CACHE
from benchmarks.measure import in_turn
from benchmarks.measure_process import ESCORE, measure_process
from benchmarks.speed.equivalence import check_peer
from benchmarks.speed.models import get_model
from benchmarks.texts import SENTENCE_LENGTHS, Source, Texts
from benchmarks.worker import Worker
from escore import EscoreError

SPACY = CACHE / "spacy"
BATCHES = (1, 4, 8, 16)
PROGRAMS = {"escore": ESCORE, "python": sys.executable}

Call = Callable[[], float]
open_worker = cache(Worker)


class SkippedError(EscoreError, RuntimeError):
    """A row that cannot be measured here."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The text, the amounts (see rows.toml), and the cores that everything runs on."""

    source: Source
    amount: SimpleNamespace
    cores: list[int]

    def texts(self, kind: str) -> Texts:
        """Texts of a kind that rows.toml names."""
        amount, source = self.amount, self.source
        match kind.split():
            case [size, "lines" | "document" as shape]:
                return source.document(getattr(amount, size), lines=shape == "lines")
            case [length, "words"]:
                return source.texts(amount.sentences if length == "16" else amount.sentences // 4, int(length))
            case ["few" | "mixed"]:
                return source.texts(amount.few if kind == "few" else amount.sentences, *SENTENCE_LENGTHS)
            case ["calls" | "sentence"]:
                return source.texts(amount.calls if kind == "calls" else 1, 16)
        return source.bulk(amount.bulk)

    def peer(self, name: str, model: str = "default", **options: Any) -> Worker:
        """A peer that runs a model in its own form, once its scores were found to be escore's.

        Raises DisagreementError, and SkippedError for what is missing here.
        """
        if name == "spacy" and not SPACY.is_dir():
            raise SkippedError(
                "spaCy's pipeline is missing", "run python -m benchmarks train-spacy CORPORA .bench/spacy"
            )
        if len(self.cores) < options.get("cores", 0):
            raise SkippedError("this process may use one core only", "give it two")
        options = {key: len(self.cores) if value == "cores" else value for key, value in options.items()}
        if "cores" in options:
            options["cores"] = tuple(self.cores[: options["cores"]])
        forms = get_model(model)
        folders = {"escore": forms.int8, "plain": forms.int8, "optimum": forms.optimum, "spacy": SPACY}
        worker = open_worker(name, folder=str(folders.get(name, forms.transformers)), **options)
        check_peer(worker, model, self.source)
        return worker

    def side(self, unit: str, texts: str = "", command: list[str] | None = None, **options: Any) -> tuple[Call, str]:
        """A call that measures one side of a row of rows.toml, and what it does in words."""
        several, minimum = self.texts(texts), self.amount.seconds * options.pop("times", 1)
        note = f"{len(several.texts)} texts of {several.words} words"
        if command:
            whole, text = [PROGRAMS[command[0]], *command[1:]], several.texts[0] + "\n" if texts else None
            return lambda: measure_process(whole, text)[unit == "MB"], note
        batch, callers, percentile = (options.pop(key, None) for key in ("batch", "callers", "percentile"))
        call = partial(self.peer(options.pop("peer"), **options).call, texts=several.texts)
        if percentile:
            return lambda: 1e3 * float(np.percentile(call("seconds_each"), percentile)), note
        if callers:
            return partial(call, "seconds_shared", callers=callers), note
        seconds = {size: partial(call, "seconds", minimum=minimum, batch=size) for size in BATCHES}
        if batch == "best":
            times = in_turn(seconds, 1)
            batch = min(times, key=times.__getitem__)
        note += f"; batches of {batch}" if batch else ""
        if unit == "words/s":
            return lambda: several.words / seconds[batch or 1](), note
        return lambda: 1e6 * seconds[batch or 1]() / several.words, note
