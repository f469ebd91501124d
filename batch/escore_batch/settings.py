"""What decides what a part says: two runs with the same settings write the same parts."""

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from typing import Any, Literal

import escore
from escore import Manifest
from escore.scale import ENTITY_MINIMUM, WORD_MINIMUM

Unit = Literal["words", "entities"]
Format = Literal["parquet", "jsonl"]
SCHEMA_VERSION = 1  # of the columns that are written (see schema.py)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a row has its fields.

    id, time: None is a column "id" or "time" where there is one.
    """

    text: str = "text"
    id: str | None = None
    time: str | None = None

    @property
    def names(self) -> tuple[str, str, str]:
        """Those that are read: of the text, of the id and of the time."""
        return self.text, self.id or "id", self.time or "time"


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides what a part says.

    model: name and version; model_hash: SHA-256 of its files (hexadecimal).
    unit: what is written of a text; minimum: the lowest score of one, 0..300.
    keep_text: whether the text itself is written too.
    """

    model: str
    model_hash: str
    unit: Unit = "words"
    minimum: float = WORD_MINIMUM
    columns: Columns = field(default_factory=Columns)
    format: Format = "parquet"
    keep_text: bool = True

    def content(self) -> dict[str, Any]:
        """As JSON has it, with the versions that scores may depend on."""
        libraries = {name: version(name) for name in ("onnxruntime", "tokenizers")}
        return asdict(self) | {"schema_version": SCHEMA_VERSION, "escore": escore.__version__, **libraries}

    def digest(self) -> str:
        """SHA-256 of the content (hexadecimal)."""
        return hashlib.sha256(json.dumps(self.content(), sort_keys=True).encode()).hexdigest()


def default_minimum(unit: Unit) -> float:
    """The minimum score where none is given."""
    return ENTITY_MINIMUM if unit == "entities" else WORD_MINIMUM


def model_hash(manifest: Manifest) -> str:
    """One SHA-256 (hexadecimal) for all files of a bundle, which its manifest has of each."""
    hashes = sorted((name, record.sha256) for name, record in manifest.files.items())
    head = "" if manifest.personal_head is None else str(manifest.personal_head)
    return hashlib.sha256(f"{hashes}{head}{manifest.calibration}{manifest.entity_calibration}".encode()).hexdigest()


def differences(mine: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs between the contents of two settings, as a person reads it."""
    mine, other = _flat(mine), _flat(other)
    return [
        f"{name} is {mine.get(name)!r} and was {other.get(name)!r}"
        for name in sorted({*mine, *other})
        if mine.get(name) != other.get(name)
    ]


def versions() -> dict[str, str]:
    """What a summary says of where it was made."""
    libraries = {name: version(name) for name in ("onnxruntime", "tokenizers", "pyarrow", "fsspec", "numpy")}
    return {"escore": escore.__version__, "python": platform.python_version(), **libraries}


def _flat(content: dict[str, Any]) -> dict[str, Any]:
    columns = content.get("columns") or {}
    options = {f"--{item.name}-column": columns.get(item.name) for item in fields(Columns)}
    return {name: value for name, value in content.items() if name != "columns"} | options
