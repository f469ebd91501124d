"""What a store says about a span of days: counts by entity and day, and distributions by day, as arrays."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from escore_monitor import store_file
from escore_monitor.days import EARLIEST_DAY, iso
from escore_monitor.errors import ReportError
from escore_monitor.signals import SIGNALS

Ints = NDArray[np.int64]
_IN_QUERY = 500  # values that are looked up by one statement
_CELLS = 10_000_000  # of entities and days: where more are mentioned, the rarest are left out


@dataclass(frozen=True, slots=True)
class Series:
    """Counts of `days` consecutive days.

    first: the first of them, from 1970-01-01.
    documents, words, pieces, mentions: of each day (int64, [days]).
    distinct: how many entities were mentioned.
    entities: ids in the store, ascending (int64, [entities]); in long spans without those that few documents have.
    counts: documents that have an entity, by entity and day (int32, [entities, days]).
    models: by name how many documents are counted, and on how many days.
    streams: on which day which stream of the store counts.
    """

    first: int
    documents: Ints
    words: Ints
    pieces: Ints
    mentions: Ints
    distinct: int
    entities: Ints
    counts: NDArray[np.int32]
    models: dict[str, tuple[int, int]]
    streams: frozenset[tuple[int, int]]

    @property
    def days(self) -> int:
        """How many days there are."""
        return len(self.documents)


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """What is said of an entity in a span of days.

    name: its most frequent spelling; variants: all, with their mentions since the store began, the most frequent first.
    kind: its most frequent kind; None where no model says one.
    mentions: in the span; score: their mean (0..300), None without any.
    """

    name: str
    variants: tuple[tuple[str, int], ...]
    kind: str | None
    first_day: int
    mentions: int
    score: float | None


class StoreReader:
    """Reads a store as it is at one moment; it may be written to meanwhile. Every method raises StoreError.

    In all of them, `source` and `model` restrict what is read; None is all.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def newest(self, source: str | None, model: str | None) -> tuple[int, str]:
        """The newest day with documents, and the model of the latest ones. Raises ReportError where there are none.

        Days before 1900, which older versions counted, are left out.
        """
        where, values = _where({"source": source, "model": model}, "day >= ?")
        query = (
            "SELECT day, model FROM days JOIN streams ON streams.id = days.stream"  # noqa: S608
            f" {where} ORDER BY day DESC, stream DESC LIMIT 1"
        )
        for day, name in self._connection.execute(query, (*values, EARLIEST_DAY)):
            return int(day), str(name)
        raise self._nothing(source, model)

    def _nothing(self, source: str | None, model: str | None) -> ReportError:
        names: dict[str, list[str]] = {}
        for name, value in (("source", source), ("model", model)):
            names[name] = [row[0] for row in self._connection.execute(f"SELECT DISTINCT {name} FROM streams")]  # noqa: S608
            if value is not None and names[name] == [""]:
                return ReportError(f"{self.path}: its documents name no {name}", f"leave out --{name}")
            if value is not None and names[name] and value not in names[name]:
                given = ", ".join(f"'{other}'" for other in sorted(filter(None, names[name]))[:10])
                return ReportError(f"{self.path}: no document of {name} '{value}'", f"choose one of {given}")
        if self._connection.execute("SELECT 1 FROM days").fetchone() and source is model is None:
            return ReportError(
                f"{self.path}: all of its documents are of before 1900",
                "give the right times, and add them to a new store",
            )
        if not names["model"]:
            return ReportError(f"{self.path}: no document is counted in it yet", "add some with: escore watch add")
        return ReportError(f"{self.path}: no document of this source and model")

    def check_kind(self, kind: str) -> None:
        """Raises ReportError where no entity has this kind."""
        kinds = [row[0] for row in self._connection.execute("SELECT DISTINCT kind FROM kinds ORDER BY kind")]
        if not kinds:
            raise ReportError(f"{self.path}: its models say no kinds of entities", "leave out --kind")
        if kind not in kinds:
            given = ", ".join(f"'{other}'" for other in kinds[:10])
            raise ReportError(f"{self.path}: no entity of kind '{kind}'", f"choose one of {given}")

    def series(self, first: int, last: int, source: str | None, model: str, *, strict: bool) -> Series:
        """The counts from day `first` to `last`.

        On a day on which `model` scored nothing of a source, the model that scored most of it stands in, since entities
        are entities whoever finds them; not if `strict`.
        """
        streams = self._choose(first, last, source, model, strict=strict)
        size = last - first + 1
        sums = np.zeros((4, size), np.int64)
        models: dict[str, tuple[int, int]] = {}
        names = dict(self._connection.execute("SELECT id, model FROM streams"))
        query = "SELECT day, stream, documents, words, pieces, mentions FROM days WHERE day BETWEEN ? AND ?"
        for day, stream, *values in self._connection.execute(query, (first, last)):
            if (day, stream) in streams:
                sums[:, day - first] += values
                documents, days = models.get(names[stream], (0, 0))
                models[names[stream]] = documents + values[0], days + 1
        rows = self._rows(first, last, streams)
        entities, places = np.unique(rows[:, 1], return_inverse=True)
        distinct = len(entities)
        totals = np.bincount(places, rows[:, 3], distinct)
        most = _CELLS // size
        enough = totals >= (np.partition(totals, -most)[-most] + 1 if distinct > most else 1)
        rows, places = rows[enough[places]], (np.cumsum(enough) - 1)[places[enough[places]]]
        counts = np.zeros((int(enough.sum()), size), np.int32)
        np.add.at(counts, (places, rows[:, 0] - first), rows[:, 3])
        return Series(
            first, sums[0], sums[1], sums[2], sums[3], distinct, entities[enough], counts, models, frozenset(streams)
        )

    def _choose(self, first: int, last: int, source: str | None, model: str, *, strict: bool) -> set[tuple[int, int]]:
        """Which stream counts on which day."""
        where, values = _where({"source": source, "model": model if strict else None}, "day BETWEEN ? AND ?")
        query = (
            "SELECT day, source, model, stream, documents FROM days JOIN streams ON streams.id = stream"  # noqa: S608
            f" {where}"
        )
        best: dict[tuple[int, str], tuple[tuple[bool, int], int]] = {}
        for day, name, scored_by, stream, documents in self._connection.execute(query, (*values, first, last)):
            rank = (scored_by == model, documents)
            if (day, name) not in best or rank > best[day, name][0]:
                best[day, name] = rank, stream
        return {(day, stream) for (day, _), (_, stream) in best.items()}

    def _rows(self, first: int, last: int, streams: set[tuple[int, int]]) -> Ints:
        """day, entity, stream, documents ([rows, 4]) of the days and streams that count."""
        # A row a day, of lists of numbers: twice as quick as a row an entity.
        query = (
            "SELECT day, group_concat(entity), group_concat(stream), group_concat(documents) FROM counts"
            " WHERE day BETWEEN ? AND ? GROUP BY day"
        )
        parts = [np.empty((0, 4), np.int64)]
        for day, *lists in self._connection.execute(query, (first, last)):
            columns = [np.fromstring(numbers, np.int64, sep=",") for numbers in lists]
            parts.append(np.stack([np.full(len(columns[0]), day), *columns], axis=1))
        rows = np.concatenate(parts)
        chosen = np.array([day * (1 << 20) + stream for day, stream in streams], np.int64)
        return rows[np.isin(rows[:, 0] * (1 << 20) + rows[:, 2], chosen)]

    def bins(self, first: int, last: int, source: str | None, model: str) -> dict[str, Ints]:
        """How many values of one model's fall into each bin of each signal (int64, [days, bins]), by its name."""
        counts = {name: np.zeros((last - first + 1, signal.bins), np.int64) for name, signal in SIGNALS.items()}
        where, values = _where({"source": source, "model": model}, "day BETWEEN ? AND ?")
        query = f"SELECT day, signal, bin, count FROM bins JOIN streams ON streams.id = stream {where}"  # noqa: S608
        for day, signal, place, count in self._connection.execute(query, (*values, first, last)):
            if signal in counts and place < SIGNALS[signal].bins:
                counts[signal][day - first, place] += count
        return counts

    def first_days(self, entities: Ints) -> Ints:
        """The day on which each entity was first mentioned ([entities])."""
        days = dict(self._lookup("SELECT id, first_day FROM entities WHERE id IN ({})", entities.tolist()))
        return np.array([days[entity] for entity in entities.tolist()], np.int64)

    def facts(self, entities: Sequence[int], first: int, series: Series) -> dict[int, EntityFacts]:
        """What reports say of entities, by their ids; mentions and scores are those of a series from day `first` on."""
        first_days = dict(self._lookup("SELECT id, first_day FROM entities WHERE id IN ({})", entities))
        forms: dict[int, list[tuple[str, int]]] = {}
        for entity, text, count in self._lookup(
            "SELECT entity, text, mentions FROM forms WHERE entity IN ({}) ORDER BY mentions DESC, text", entities
        ):
            forms.setdefault(entity, []).append((text, count))
        kinds: dict[int, str] = {}
        for entity, kind in self._lookup(
            "SELECT entity, kind FROM kinds WHERE entity IN ({}) ORDER BY mentions DESC, kind", entities
        ):
            kinds.setdefault(entity, kind)
        sums = {entity: np.zeros(2, np.int64) for entity in entities}
        last = series.first + series.days - 1
        query = "SELECT day, stream, entity, mentions, score FROM counts WHERE day BETWEEN {:d} AND {:d}"
        for day, stream, entity, *values in self._lookup(query.format(first, last) + " AND entity IN ({})", entities):
            if (day, stream) in series.streams:
                sums[entity] += values
        return {
            entity: EntityFacts(
                name=forms[entity][0][0],
                variants=tuple(forms[entity]),
                kind=kinds.get(entity),
                first_day=first_days[entity],
                mentions=int(sums[entity][0]),
                score=sums[entity][1] / 100 / sums[entity][0] if sums[entity][0] else None,
            )
            for entity in entities
        }

    def document_frequencies(self, keys: Sequence[str]) -> tuple[dict[str, int], int]:
        """How many documents have each entity, by its key, and how many there are."""
        found = dict(self._lookup("SELECT key, documents FROM entities WHERE key IN ({})", keys))
        (total,) = self._connection.execute("SELECT coalesce(sum(documents), 0) FROM days").fetchone()
        return found, int(total)

    def _lookup(self, query: str, values: Sequence[object]) -> Iterator[tuple]:  # type: ignore[type-arg]
        for first in range(0, len(values), _IN_QUERY):
            some = values[first : first + _IN_QUERY]
            yield from self._connection.execute(query.format(", ".join("?" * len(some))), some)


@contextmanager
def reading(path: Path | str) -> Iterator[StoreReader]:
    """A store as it is now. Raises StoreError."""
    path = Path(path)
    with closing(store_file.connect(path)) as connection, store_file.sqlite_errors(path):
        connection.execute("BEGIN")
        yield StoreReader(path, connection)


def _where(names: dict[str, str | None], *others: str) -> tuple[str, list[str]]:
    conditions = [f"{name} = ?" for name, value in names.items() if value is not None]
    values = [value for value in names.values() if value is not None]
    return f"WHERE {' AND '.join([*conditions, *others])}" if conditions or others else "", values


def span_text(first: int, last: int) -> str:
    """Days as a person reads them."""
    return iso(first) if first == last else f"{iso(first)} to {iso(last)}"
