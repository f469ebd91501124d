"""What people decide in a review, stored as corrections. Each action is one transaction, and can be undone."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from escore_labels.record import Record, Span
from escore_service.feedback import StoredText, add_record, delete_unused_text, now, stored_text, text_sha256
from escore_service.feedback_connections import Connections

_KEYS = {  # the columns by which a change finds its row
    "corrections": ("text_sha256", "start", "end", "model", "by"),
    "reviews": ("text_sha256", "by"),
}

Replaced = tuple[int, int] | None  # start and end of an own span that a new one takes the place of


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person says of a span of a text, in place of what they said of `replaces` before."""

    span: Span
    replaces: Replaced = None


@dataclass(frozen=True, slots=True)
class Undone:
    """An action that was undone: the text where it was done, and all texts that it had changed, as SHA-256."""

    text_sha256: str
    changes: int
    changed: frozenset[str]


class Decisions:
    """The decisions in a file of corrections. Every method raises FeedbackFileError."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def texts(self) -> dict[str, StoredText]:
        """The texts of which somebody said something, by SHA-256."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT sha256 FROM texts").fetchall()
            stored = {sha256: stored_text(connection, sha256) for (sha256,) in rows}
        return {sha256: text for sha256, text in stored.items() if text is not None}

    def text(self, sha256: str) -> StoredText | None:
        """One of them; None where nobody said anything."""
        with self._connections.reading() as connection:
            return stored_text(connection, sha256)

    def reviewed_by(self, sha256: str) -> tuple[str, ...]:
        """Who has read all of a text."""
        stored = self.text(sha256)
        return () if stored is None else stored.reviewed_by

    def last_text(self, by: str) -> str | None:
        """SHA-256 of the text where a person did something last."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT text_sha256 FROM actions WHERE by = ? ORDER BY id DESC LIMIT 1", (by,)
            ).fetchone()
        return row and str(row[0])

    def decide(self, by: str, where: Record, decisions: Iterable[tuple[Record, Iterable[Decision]]]) -> None:
        """Store decisions of a person, in one or many texts, as one action that was done in the text `where`."""
        with self._connections.writing() as connection:
            action = _Action(connection, by, text_sha256(where.text))
            for record, of_text in decisions:
                add_record(connection, record)
                sha256 = text_sha256(record.text)
                for decision in of_text:
                    action.correct(sha256, record.text, decision)

    def accept(self, by: str, record: Record, reviewed: bool = True) -> None:
        """Store that a person has read the whole text, or that they have not after all."""
        with self._connections.writing() as connection:
            sha256 = text_sha256(record.text)
            add_record(connection, record)
            action = _Action(connection, by, sha256)
            action.put("reviews", (sha256, by), {"time": action.time} if reviewed else None)
            delete_unused_text(connection, sha256)

    def undo(self, by: str, find: Callable[[str], Record | None]) -> Undone | None:
        """Undo the last action of a person; None where there is none. `find` gives the record of a text."""
        with self._connections.writing() as connection:
            last = connection.execute(
                "SELECT id, text_sha256 FROM actions WHERE by = ? ORDER BY id DESC LIMIT 1", (by,)
            ).fetchone()
            if last is None:
                return None
            changes = connection.execute(
                "SELECT name, key, before FROM changes WHERE action = ? ORDER BY rowid DESC", (last[0],)
            ).fetchall()
            changed = set()
            for name, key, before in changes:
                sha256 = json.loads(key)[0]
                changed.add(sha256)
                if before is not None and stored_text(connection, sha256) is None:  # deleted meanwhile
                    if (record := find(sha256)) is None:
                        continue
                    add_record(connection, record)
                _restore(connection, name, json.loads(key), before and json.loads(before))
            connection.execute("DELETE FROM actions WHERE id = ?", (last[0],))
            for sha256 in changed:
                delete_unused_text(connection, sha256)
        return Undone(last[1], len(changes), frozenset(changed))


class _Action:
    """Something that a person does now, within a transaction; remembers what its changes replace."""

    def __init__(self, connection: sqlite3.Connection, by: str, sha256: str) -> None:
        self._connection, self._by, self.time = connection, by, now()
        row = connection.execute(
            "INSERT INTO actions (by, text_sha256, time) VALUES (?, ?, ?)", (by, sha256, self.time)
        )
        self._id = row.lastrowid

    def correct(self, sha256: str, text: str, decision: Decision) -> None:
        span = decision.span
        places = {(span.start, span.end)} | ({decision.replaces} if decision.replaces else set())
        for start, end in places:
            models = self._connection.execute(
                'SELECT model FROM corrections WHERE text_sha256 = ? AND "start" = ? AND "end" = ? AND by = ?',
                (sha256, start, end, self._by),
            ).fetchall()
            for (model,) in models:
                self.put("corrections", (sha256, start, end, model, self._by), None)
        values: dict[str, object] = {
            "word": text[span.start : span.end],
            "label": span.label,
            "target": span.target,
            "kind": span.kind,
            "score": span.score,
            "settles": int(span.settles),
            "time": self.time,
        }
        self.put("corrections", (sha256, span.start, span.end, span.model or "", self._by), values)

    def put(self, name: str, key: tuple[str | int, ...], values: dict[str, object] | None) -> None:
        """Put a row in the place of the one with this key, or None there; remember what was there."""
        columns = _KEYS[name]
        where = " AND ".join(f'"{column}" = ?' for column in columns)
        rows = self._connection.execute(f"SELECT * FROM {name} WHERE {where}", key)  # noqa: S608
        names = [column[0] for column in rows.description]
        row = rows.fetchone()
        before = None if row is None else json.dumps(dict(zip(names, row, strict=True)))
        self._connection.execute("INSERT INTO changes VALUES (?, ?, ?, ?)", (self._id, name, json.dumps(key), before))
        _restore(self._connection, name, key, values and dict(zip(columns, key, strict=True)) | values)


def _restore(connection: sqlite3.Connection, name: str, key: Iterable[object], row: dict[str, object] | None) -> None:
    """Have a table hold this row at its key, or none there."""
    where = " AND ".join(f'"{column}" = ?' for column in _KEYS[name])
    connection.execute(f"DELETE FROM {name} WHERE {where}", tuple(key))  # noqa: S608
    if row is not None:
        columns = ", ".join(f'"{column}"' for column in row)
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {name} ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
