"""How `escore run --rank` writes: the entities of each text, the most surprising first."""

import json
from pathlib import Path

from escore import Document
from escore_cli.output.destination import Write
from escore_cli.output.tables import Layout, table
from escore_monitor import Background

COLUMNS = ("id", "surprise", "mentions", "documents", "score", "text")


class RankWriter:
    """Rows, or with JSON an object a text, as they come. Raises StoreError.

    store: what has counted other documents.
    format: "auto", "tsv", "csv", "jsonl" or "json".
    """

    skips_blank = True

    def __init__(self, store: Path, format: str, minimum: float, header: bool, model: str, write: Write) -> None:
        self._background = Background(store)
        self._format, self._minimum, self._model, self._write = format, minimum, model, write
        self._layout: Layout = "csv" if format == "csv" else "tsv"
        self._before = "[" if format == "json" else ""
        if header and format in ("auto", "tsv", "csv"):
            self._write("".join(table(self._layout, [COLUMNS])))

    def add(self, name: str, document: Document) -> None:
        """Write the entities of a document."""
        ranked = self._background.rank(document.entities(self._minimum))
        if self._format in ("json", "jsonl"):
            entities = [
                {
                    "text": item.entity.text,
                    "start": item.entity.start,
                    "end": item.entity.end,
                    "score": round(item.entity.score, 2),
                    "surprise": round(item.bits, 2),
                    "mentions": item.mentions,
                    "documents": item.documents,
                }
                for item in ranked
            ]
            minimum = int(self._minimum) if self._minimum == int(self._minimum) else self._minimum
            content = {"id": name, "model": self._model, "minimum": minimum, "text": document.text}
            line = json.dumps(content | {"entities": entities}, ensure_ascii=False)
            self._write(f"{self._before}{line}" if self._format == "json" else f"{line}\n")
            self._before = ",\n"
            return
        rows = [
            [name, f"{item.bits:.2f}", item.mentions, item.documents, f"{item.entity.score:.2f}", item.entity.text]
            for item in ranked
        ]
        if rows:
            self._write("".join(table(self._layout, rows)))

    def end(self, complete: bool) -> None:
        """Close the array."""
        if self._format == "json":
            self._write(("[" if self._before == "[" else "") + "]\n")
