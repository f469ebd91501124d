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

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person says of a span of a text, in place of what they said of `replaces` (start and end) before."""

    span: Span
    replaces: frozenset[tuple[int, int]] = frozenset()


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

    def last_text(self, by: str) -> str | None:
        """SHA-256 of the text where a person did something last; None where they did nothing."""
        with self._connections.reading() as connection:
            action = _last_action(connection, by)
        return action and action[1]

    def decide(self, by: str, where: Record, decisions: Iterable[tuple[Record, Iterable[Decision]]]) -> None:
        """Store decisions of a person, in one or many texts, as one action that was done in the text `where`."""
        with self._connections.writing() as connection:
            action = _Action(connection, by, text_sha256(where.text))
            for record, of_text in decisions:
                action.add_record(record)
                for decision in of_text:
                    action.correct(record, decision)

    def accept(self, by: str, record: Record, reviewed: bool = True) -> None:
        """Store that a person has read the whole text, or that they have not after all; nothing if that is known."""
        sha256 = text_sha256(record.text)
        with self._connections.writing() as connection:
            row = connection.execute("SELECT * FROM reviews WHERE text_sha256 = ? AND by = ?", (sha256, by)).fetchone()
            if (row is not None) == reviewed:
                return
            action = _Action(connection, by, sha256)
            action.add_record(record)
            action.put("reviews", (sha256, by), {"time": action.time} if reviewed else None)

    def undo(self, by: str, find: Callable[[str], Record | None]) -> frozenset[str]:
        """Undo the last action of a person, if they did anything; SHA-256 of each text that it had changed.

        find: gives the record of a text that was deleted meanwhile.
        """
        with self._connections.writing() as connection:
            if (action := _last_action(connection, by)) is None:
                return frozenset()
            changes = connection.execute(
                "SELECT name, key, before FROM changes WHERE action = ? ORDER BY rowid DESC", (action[0],)
            ).fetchall()
            texts = set()
            for name, key, before in changes:
                sha256 = json.loads(key)[0]
                texts.add(sha256)
                if before is not None and stored_text(connection, sha256) is None:
                    if (record := find(sha256)) is None:
                        continue
                    add_record(connection, record)
                _put(connection, name, json.loads(key), before and json.loads(before))
            connection.execute("DELETE FROM actions WHERE id = ?", (action[0],))
            for sha256 in texts:
                delete_unused_text(connection, sha256)
        return frozenset(texts)


class _Action:
    """Something that a person does now, within a transaction; remembers what its changes replace."""

    def __init__(self, connection: sqlite3.Connection, by: str, sha256: str) -> None:
        self._connection, self._by, self.time = connection, by, now()
        row = connection.execute(
            "INSERT INTO actions (by, text_sha256, time) VALUES (?, ?, ?)", (by, sha256, self.time)
        )
        self._id = row.lastrowid

    def add_record(self, record: Record) -> None:
        """Store a text, and what is known of it."""
        sha256 = text_sha256(record.text)
        query = "SELECT record FROM texts WHERE sha256 = ?"
        before = self._connection.execute(query, (sha256,)).fetchone()
        add_record(self._connection, record)
        if before is not None and before != self._connection.execute(query, (sha256,)).fetchone():
            self._remember("texts", (sha256,), {"record": before[0]})

    def correct(self, record: Record, decision: Decision) -> None:
        """Store a decision about a text."""
        sha256, span = text_sha256(record.text), decision.span
        for start, end in {(span.start, span.end), *decision.replaces}:
            models = self._connection.execute(
                'SELECT model FROM corrections WHERE text_sha256 = ? AND "start" = ? AND "end" = ? AND by = ?',
                (sha256, start, end, self._by),
            ).fetchall()
            for (model,) in models:
                self.put("corrections", (sha256, start, end, model, self._by), None)
        values: Row = {
            "word": record.text[span.start : span.end],
            "label": span.label,
            "target": span.target,
            "kind": span.kind,
            "score": span.score,
            "settles": int(span.settles),
            "time": self.time,
        }
        self.put("corrections", (sha256, span.start, span.end, span.model or "", self._by), values)

    def put(self, name: str, key: tuple[str | int, ...], values: Row | None) -> None:
        """Put a row in the place of the one with this key, or none there; remember what was there."""
        where = " AND ".join(f'"{column}" = ?' for column in _KEYS[name])
        rows = self._connection.execute(f"SELECT * FROM {name} WHERE {where}", key)  # noqa: S608
        names = [column[0] for column in rows.description]
        row = rows.fetchone()
        self._remember(name, key, None if row is None else dict(zip(names, row, strict=True)))
        _put(self._connection, name, key, values and dict(zip(_KEYS[name], key, strict=True)) | values)

    def _remember(self, name: str, key: tuple[str | int, ...], before: Row | None) -> None:
        row = (self._id, name, json.dumps(key), None if before is None else json.dumps(before))
        self._connection.execute("INSERT INTO changes VALUES (?, ?, ?, ?)", row)


def _last_action(connection: sqlite3.Connection, by: str) -> tuple[int, str] | None:
    """Id and text of the last action of a person."""
    query = "SELECT id, text_sha256 FROM actions WHERE by = ? ORDER BY id DESC LIMIT 1"
    row: tuple[int, str] | None = connection.execute(query, (by,)).fetchone()
    return row


def _put(connection: sqlite3.Connection, name: str, key: Iterable[object], row: Row | None) -> None:
    """Have a table hold this row at its key, or none there; of a text only the record."""
    if name == "texts":
        values = (None if row is None else row["record"], *key)
        connection.execute("UPDATE texts SET record = ? WHERE sha256 = ?", values)
        return
    where = " AND ".join(f'"{column}" = ?' for column in _KEYS[name])
    connection.execute(f"DELETE FROM {name} WHERE {where}", tuple(key))  # noqa: S608
    if row is not None:
        columns = ", ".join(f'"{column}"' for column in row)
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {name} ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
