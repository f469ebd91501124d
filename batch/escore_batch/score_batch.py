"""Scores a table of texts with one model: an actor class of Ray Data, and what every worker runs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from escore import Document, Scorer
from escore_batch.errors import BatchError
from escore_batch.fields import id_values, text_values, time_values
from escore_batch.schema import to_table
from escore_batch.settings import Columns, Settings, Unit, default_minimum, model_hash


class ScoreBatch:
    """Scores tables of texts; called with one it returns another, of `escore_batch.SCHEMA`, row for row.

    It is made once in each worker, which then holds the model: an actor class for Ray Data's `map_batches`, with
    `batch_format="pyarrow"`, and a plain callable elsewhere.

    model: the folder of a bundle, on every node, or "fast"; None is the default one that ships.
    text_column, id_column, time_column: where a row has its fields. id_column None: "id" where there is one, else rows
        have the id "". time_column None: "time" where there is one.
    entities: write entities (words joined) instead of words.
    minimum: the lowest score, 0..300; None is 80 for words and 220 for entities.
    keep_text: whether the output has the text too.
    threads: windows that are run at once. One a worker is best, and as many workers as there are cores.

    Raises what Scorer raises, and ColumnError where a table lacks a column.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        text_column: str = "text",
        id_column: str | None = None,
        time_column: str | None = None,
        entities: bool = False,
        minimum: float | None = None,
        keep_text: bool = True,
        threads: int = 1,
    ) -> None:
        self._scorer = Scorer(model, threads)
        manifest = self._scorer.bundle.manifest
        unit: Unit = "entities" if entities else "words"
        self.settings = Settings(
            model=manifest.model_name,
            model_hash=model_hash(manifest),
            unit=unit,
            minimum=default_minimum(unit) if minimum is None else minimum,
            columns=Columns(text_column, id_column, time_column),
            keep_text=keep_text,
        )

    @classmethod
    def of(cls, settings: Settings, model: str | None, threads: int = 1) -> "ScoreBatch":
        """One that writes what `settings` say. Raises BatchError where the model here is another."""
        columns, is_entities = settings.columns, settings.unit == "entities"
        scorer = cls(
            model,
            text_column=columns.text,
            id_column=columns.id,
            time_column=columns.time,
            entities=is_entities,
            minimum=settings.minimum,
            keep_text=settings.keep_text,
            threads=threads,
        )
        if scorer.settings.model_hash != settings.model_hash:
            problem = f"{scorer._scorer.bundle.path}: another model than {settings.model} where the run began"
            raise BatchError(problem, "put the same bundle on every node")
        scorer.settings = settings
        return scorer

    def __call__(self, batch: Any) -> pa.Table:
        """A table, a data frame, or a dict of arrays by column, as a table of SCHEMA; a null text has null words.

        Raises ColumnError, and WordLengthError for a text that has a word of millions of characters.
        """
        table = _table(batch)
        place = "a batch"
        texts = text_values(table, self.settings.columns.text, place)
        ids = id_values(table, self.settings.columns.id, place) or [None] * len(texts)
        times = time_values(table, self.settings.columns.time, place)
        return to_table(
            [name or "" for name in ids],
            [time if isinstance(time, datetime) else None for time in times],
            [self.document(text) if isinstance(text, str) else None for text in texts],
            self.settings,
        )

    def document(self, text: str) -> Document:
        """A text scored. Raises WordLengthError."""
        return self._scorer(text)


def _table(batch: Any) -> pa.Table:
    if isinstance(batch, pa.Table):
        return batch
    if isinstance(batch, pa.RecordBatch):
        return pa.Table.from_batches([batch])
    if isinstance(batch, dict):
        return pa.table({name: pa.array(values, from_pandas=True) for name, values in batch.items()})
    return pa.Table.from_pandas(batch, preserve_index=False)
