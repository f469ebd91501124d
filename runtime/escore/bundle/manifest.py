"""escore.json: what a bundle says of itself, read once into a frozen dataclass and written in one exact form."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

from escore.bundle.personal_head import PersonalHead
from escore.bundle.session import HEADS, JOINS
from escore.errors import BundleError, BundleNotFoundError, IncompatibleBundleError
from escore.scale import Mark

MANIFEST_NAME = "escore.json"
SCHEMA = 7  # 1 had no whole_words, 2 no calibration, 3 wrote "licence"
# The fields that came with a schema, and what they are in an older one.
_NEW_FIELDS: dict[int, dict[str, Any]] = {
    5: {"calibration_from": None, "personal_head": None},
    6: {"heads": {}, "entity_calibration": None},
    7: {"by_sentence": False},
}


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size in bytes and SHA-256 (hexadecimal) of one file of the bundle."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """A corpus that the weights were trained on."""

    name: str
    license: str


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the bundle's scores (0..300) lie from the checkpoint's in torch, over `words` words of real text.

    fp32_max: the unquantized graph's largest difference.
    mean, p99, max, marks_changed: those of the graph that ships, on the processor that exported it (see
        ScoreDifference).
    """

    words: int
    fp32_max: float
    mean: float
    p99: float
    max: float
    marks_changed: float


@dataclass(frozen=True, slots=True)
class HeadParity:
    """How far a head's probabilities (0..1) lie from the checkpoint's in torch, over `words` words.

    The words are those of Parity; of kinds, those that score as entities do.
    mean, p99, max: of the absolute differences.
    changed: the share of words that another answer is likelier for: joined or not, or which kind.
    """

    words: int
    mean: float
    p99: float
    max: float
    changed: float


@dataclass(frozen=True, slots=True)
class Probe:
    """A short text and the scores that the fp32 graph gives its words."""

    text: str
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a score says: how probable it is that a word is part of a named entity, or that an entity is just right.

    `probabilities` (0..1, never falling) at `scores` (0..300, rising); linear between these, constant outside them.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        scores, probabilities = self.scores, self.probabilities
        if len(scores) != len(probabilities) or not scores:
            raise ValueError("a calibration needs a probability for each of its scores, and at least one")
        if any(not low < high for low, high in pairwise((-1e-9, *scores, 300 + 1e-9))):
            raise ValueError("a calibration's scores must rise from 0 to at most 300")
        if any(not low <= high for low, high in pairwise((0.0, *probabilities, 1.0))):
            raise ValueError("a calibration's probabilities must not fall, and lie in 0..1")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A bundle's own description.

    precision: "int8", "fp16" or "fp32".
    max_tokens: tokens of the longest window, <s> and </s> included.
    overlap: the smallest number of tokens that two neighboring windows share.
    whole_words: the model was trained on words given one by one; given words are never split (see WordTokenizer).
    onnxruntime: the oldest version that can run the graph.
    quality: figures by file, as `escore evaluate` names them.
    calibration: None where none was measured.
    calibration_from: the model that the calibration was measured on, where that is another one than this.
    personal_head: None where nobody adapted the model.
    heads: the graph's outputs beside scores and hidden states, "joins" and "kinds" (see session.HEADS).
    entity_calibration: how probable an entity's score makes it that both of its ends are right; None where none was
        measured.
    by_sentence: the model was trained on one sentence at a time; a window of several is new to it.
    """

    name: str
    version: str
    license: str
    trained_on: tuple[Source, ...]
    precision: str
    opset: int
    ir_version: int
    onnxruntime: str
    max_tokens: int
    overlap: int
    whole_words: bool
    marks: tuple[Mark, ...]
    files: dict[str, FileRecord]
    parity: Parity
    probe: Probe
    quality: dict[str, dict[str, float]]
    calibration: Calibration | None
    calibration_from: str | None = None
    personal_head: PersonalHead | None = None
    heads: dict[str, HeadParity] = field(default_factory=dict)
    entity_calibration: Calibration | None = None
    by_sentence: bool = False

    @property
    def model_name(self) -> str:
        """What the model is called where one is named: its name and version."""
        return f"{self.name} {self.version}"

    @property
    def calibrated_model(self) -> str | None:
        """Name and version of the model that the calibration was measured on; None without one."""
        if self.calibration is None:
            return None
        return self.calibration_from or self.model_name

    def render(self) -> bytes:
        """The exact bytes of escore.json, its own hash included; of the oldest schema from 4 on that can say it all."""
        content, schema = asdict(self), SCHEMA
        while schema in _NEW_FIELDS and all(content[name] == value for name, value in _NEW_FIELDS[schema].items()):
            for name in _NEW_FIELDS[schema]:
                del content[name]
            schema -= 1
        return render_manifest({"schema": schema} | content)


def read_manifest(folder: Path) -> Manifest:
    """Read and check a bundle's manifest, but not the files that it lists.

    Raises BundleNotFoundError, BundleError, or IncompatibleBundleError for a schema newer than this escore's.
    """
    path = folder / MANIFEST_NAME
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _not_found(folder, path, error) from error
    except ValueError as error:  # a NUL in the path
        raise BundleNotFoundError(f"{str(folder)!r}: no path", "give the folder of a bundle") from error
    try:
        content = json.loads(raw)
        schema = content["schema"]
        if isinstance(schema, int) and schema > SCHEMA:
            problem = f"{path}: schema {schema} is newer than this escore reads ({SCHEMA})"
            raise IncompatibleBundleError(problem, "upgrade escore")
        del content["sha256"]
        if render_manifest(content) != raw:
            raise BundleError(f"{path}: changed since it was written", "restore the bundle")
        if content.pop("schema") not in range(1, SCHEMA + 1):
            raise ValueError("unknown schema")
        return _parse(_upgrade(content, schema))
    except BundleError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"{path}: not a manifest of escore ({type(error).__name__}: {error})"
        raise BundleError(problem, "restore the bundle") from error


def render_manifest(content: dict[str, Any]) -> bytes:
    """The exact bytes of escore.json for all that it says but its own hash, which is added."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    complete = content | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}
    return (json.dumps(complete, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()


def _not_found(folder: Path, path: Path, error: OSError) -> BundleNotFoundError:
    if isinstance(error, FileNotFoundError) and folder.is_dir():
        problem = f"{folder}: not a bundle: it has no {MANIFEST_NAME}"
        return BundleNotFoundError(problem, "make one with 'escore export'")
    if isinstance(error, FileNotFoundError):
        return BundleNotFoundError(f"{folder}: no such folder", "give the folder of a bundle, or default or fast")
    if isinstance(error, NotADirectoryError):
        return BundleNotFoundError(f"{folder}: not a folder", "give the folder of a bundle")
    return BundleNotFoundError(f"{path}: {error.strerror}", "give the folder of a bundle that can be read")


def _upgrade(content: dict[str, Any], schema: int) -> dict[str, Any]:
    """What a manifest of an older schema says, in the newest."""
    if schema < 2:
        content["whole_words"] = False
    if schema < 3:
        content["calibration"] = None
    if schema < 4:
        for item in (content, *content["trained_on"]):
            item["license"] = item.pop("licence")
    for newer, fields_of in _NEW_FIELDS.items():
        if schema < newer:
            content |= fields_of
    return content


def _parse(content: dict[str, Any]) -> Manifest:
    if content.keys() != {field.name for field in fields(Manifest)}:
        raise ValueError("keys are missing or unknown")
    return Manifest(
        **content
        | {
            "trained_on": tuple(Source(**item) for item in content["trained_on"]),
            "marks": tuple(Mark(**item) for item in content["marks"]),
            "files": {name: FileRecord(**item) for name, item in content["files"].items()},
            "parity": Parity(**content["parity"]),
            "probe": Probe(content["probe"]["text"], tuple(content["probe"]["scores"])),
            "calibration": _calibration(content["calibration"]),
            "heads": _heads(content["heads"]),
            "entity_calibration": _calibration(content["entity_calibration"]),
            "personal_head": None if content["personal_head"] is None else PersonalHead(**content["personal_head"]),
        }
    )


def _heads(content: dict[str, dict[str, Any]]) -> dict[str, HeadParity]:
    if set(content) not in (set(), {JOINS}, set(HEADS)):
        raise ValueError(f"heads {sorted(content)}, needed {JOINS}, or {' and '.join(HEADS)}, or none")
    return {name: HeadParity(**item) for name, item in content.items()}


def _calibration(content: dict[str, list[float]] | None) -> Calibration | None:
    if content is None:
        return None
    return Calibration(**{name: tuple(map(float, values)) for name, values in content.items()})
