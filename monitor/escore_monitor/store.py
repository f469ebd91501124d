"""The store: how often which entity was in how many documents of a day, and no document's text."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from escore_monitor import store_file
from escore_monitor.errors import StoreError
from escore_monitor.observation import Mention, Observation
from escore_monitor.variants import variant_key

_KNOWN_ENTITIES = 200_000  # whose numbers are kept in memory
_IN_QUERY = 500  # values that are looked up by one statement


@dataclass(frozen=True, slots=True)
class Added:
    """What became of observations.

    documents: how many were new, and counted.
    known: how many were counted before, by this or an earlier call, with the same text.
    changed: which are not counted, since another text was under the same id, by their place among the observations.
    """

    documents: int
    known: int
    changed: tuple[int, ...]


class Store:
    """A store in a file that several processes may share. Every method raises StoreError.

    path: is made if nothing is there.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        store_file.create(self.path)
        self._identity = store_file.identity(self.path)
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._entities: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, observations: Sequence[Observation]) -> Added:
        """Count documents, all or none; they are on the disk when this returns. One that was counted is left out."""
        with self._writing() as connection:
            try:
                return self._add(connection, observations)
            except BaseException:
                self._entities.clear()  # some may have been made by what is undone now
                raise

    def is_in_place(self) -> bool:
        """Whether the file is still the one that was opened: neither deleted, moved nor replaced."""
        try:
            return store_file.identity(self.path) == self._identity
        except StoreError:
            return False

    def close(self) -> None:
        """Close the file, which merges SQLite's other files into it. A file that is not closed loses nothing."""
        if self._connection is not None and self._process == os.getpid():
            self._connection.close()
        self._connection = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on the disk when the `with` block ends, undone if it raises."""
        with store_file.sqlite_errors(self.path):
            # SQLite would go on writing to a file that was deleted or moved.
            if store_file.identity(self.path) != self._identity:
                raise StoreError(self.path, "replaced since it was opened", "start again")
            if self._connection is None or self._process != os.getpid():
                self._connection, self._process = store_file.connect(self.path), os.getpid()
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite itself has rolled back after most errors of the disk
                    connection.execute("ROLLBACK")
                raise

    def _add(self, connection: sqlite3.Connection, observations: Sequence[Observation]) -> Added:
        sums = _Sums()
        changed = []
        for place, item in enumerate(observations):
            values = (item.key, item.content)
            if connection.execute("INSERT OR IGNORE INTO documents VALUES (?, ?)", values).rowcount:
                sums.add(item, self._stream(connection, item))
                continue
            (content,) = connection.execute("SELECT content FROM documents WHERE key = ?", values[:1]).fetchone()
            if content != item.content:
                changed.append(place)
        self._write(connection, sums)
        return Added(sums.documents, len(observations) - sums.documents - len(changed), tuple(changed))

    def _stream(self, connection: sqlite3.Connection, item: Observation) -> int:
        values = (item.source, item.model)
        query = "SELECT id FROM streams WHERE source = ? AND model = ?"
        if (row := connection.execute(query, values).fetchone()) is None:
            connection.execute("INSERT INTO streams (source, model) VALUES (?, ?)", values)
            row = connection.execute(query, values).fetchone()
        return int(row[0])

    def _write(self, connection: sqlite3.Connection, sums: "_Sums") -> None:
        connection.executemany(
            "INSERT INTO days VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " documents = documents + excluded.documents, words = words + excluded.words,"
            " pieces = pieces + excluded.pieces, mentions = mentions + excluded.mentions",
            [(*key, *values) for key, values in sums.days.items()],
        )
        connection.executemany(
            "INSERT INTO bins VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(*key, count) for key, count in sums.bins.items()],
        )
        connection.executemany(
            "INSERT INTO entities (key, first_day, documents) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
            " documents = documents + excluded.documents, first_day = min(first_day, excluded.first_day)",
            [(key, *values) for key, values in sorted(sums.entities.items())],
        )
        ids = self._ids(connection, sums.entities)
        connection.executemany(
            "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " documents = documents + excluded.documents, mentions = mentions + excluded.mentions,"
            " score = score + excluded.score",
            sorted((day, ids[key], stream, *values) for (day, key, stream), values in sums.counts.items()),
        )
        for table, counts in (("forms", sums.forms), ("kinds", sums.kinds)):
            connection.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?)"  # noqa: S608
                " ON CONFLICT DO UPDATE SET mentions = mentions + excluded.mentions",
                sorted((ids[key], text, count) for (key, text), count in counts.items()),
            )

    def _ids(self, connection: sqlite3.Connection, keys: "dict[str, list[int]]") -> dict[str, int]:
        """The numbers of entities."""
        unknown = [key for key in keys if key not in self._entities]
        if len(self._entities) + len(unknown) > _KNOWN_ENTITIES:
            self._entities.clear()
            unknown = list(keys)
        for first in range(0, len(unknown), _IN_QUERY):
            some = unknown[first : first + _IN_QUERY]
            places = ", ".join("?" * len(some))
            query = f"SELECT key, id FROM entities WHERE key IN ({places})"  # noqa: S608
            self._entities.update(connection.execute(query, some))
        return {key: self._entities[key] for key in keys}


@dataclass(slots=True)
class _Sums:
    """What new documents add to each table."""

    documents: int = 0
    days: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    bins: Counter[tuple[int, int, str, int]] = field(default_factory=Counter)
    entities: dict[str, list[int]] = field(default_factory=dict)  # first day, documents
    counts: dict[tuple[int, str, int], list[int]] = field(default_factory=dict)  # documents, mentions, score
    forms: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, item: Observation, stream: int) -> None:
        self.documents += 1
        values = (1, item.words, item.pieces, len(item.mentions))
        _increase(self.days.setdefault((item.day, stream), [0, 0, 0, 0]), values)
        for (signal, place), count in item.bins.items():
            self.bins[item.day, stream, signal, place] += count
        by_entity: dict[str, list[Mention]] = {}
        for mention in item.mentions:
            by_entity.setdefault(variant_key(mention.text), []).append(mention)
        for key, mentions in by_entity.items():
            entity = self.entities.setdefault(key, [item.day, 0])
            entity[0] = min(entity[0], item.day)
            entity[1] += 1
            score = sum(round(100 * mention.score) for mention in mentions)
            _increase(self.counts.setdefault((item.day, key, stream), [0, 0, 0]), (1, len(mentions), score))
            for mention in mentions:
                self.forms[key, " ".join(mention.text.split())] += 1
                if mention.kind:
                    self.kinds[key, mention.kind] += 1


def _increase(sums: list[int], values: tuple[int, ...]) -> None:
    for i, value in enumerate(values):
        sums[i] += value
