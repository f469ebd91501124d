"""A recipe: all that decides what a training gives, in one TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from escore import EscoreError

T = TypeVar("T")
RECIPES = Path(__file__).parent / "recipes"


class RecipeError(EscoreError, ValueError):
    """A recipe that is missing, is no TOML, or holds a key that is unknown, lacking or of the wrong type."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files that train, under which licence, and how often an epoch reads them."""

    name: str
    files: str
    licence: str
    repeat: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """Something else that the weights come from, and under which licence."""

    name: str
    licence: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The byte-level BPE: its size, and a file of plain text that is counted along with the corpora."""

    size: int
    extra_text: str


@dataclass(frozen=True, slots=True)
class Model:
    """The encoder: how many of MiniLM's layers, and the longest window in tokens."""

    layers: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Texts:
    """How documents become training texts."""

    sentences: list[int]
    lower_every: int
    capitals_every: int


@dataclass(frozen=True, slots=True)
class Training:
    """The optimiser's settings; `learning_rate` is AdamW's, `warmup` a share of all steps.

    `bfloat16` runs the products in half the width: quicker where the processor has AVX-512 BF16, slower elsewhere.
    """

    epochs: int
    batch_tokens: int
    learning_rate: float
    head_factor: float
    weight_decay: float
    warmup: float
    bfloat16: bool
    save_every: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe, read."""

    name: str
    version: str
    licence: str
    seed: int
    corpora: list[Corpus]
    attributions: list[Attribution]
    vocabulary: Vocabulary
    model: Model
    texts: Texts
    training: Training


def load(name: str | Path) -> Recipe:
    """Read a recipe that ships (`default`) or a TOML file. Raises RecipeError."""
    shipped = RECIPES / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        names = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise RecipeError(f"{name}: {error.strerror}; give a TOML file or one of: {names}") from error
    except ValueError as error:
        raise RecipeError(f"{path}: not a TOML file: {error}") from error
    corpora = data.pop("corpora", None)
    if not isinstance(corpora, list) or not corpora:
        raise RecipeError(f"{path}: no [[corpora]]")
    sections = {"vocabulary": Vocabulary, "model": Model, "texts": Texts, "training": Training}
    attributions = data.pop("attributions", [])
    built: dict[str, Any] = {
        "corpora": [_build(Corpus, item, f"{path}: [[corpora]]") for item in corpora],
        "attributions": [_build(Attribution, item, f"{path}: [[attributions]]") for item in attributions],
    }
    for key, kind in sections.items():
        built[key] = _build(kind, data.pop(key, {}), f"{path}: [{key}]")
    return _build(Recipe, data | built, str(path))


def _build(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    known = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    if missing := sorted(known.keys() - values.keys()):
        raise RecipeError(f"{where}: no '{missing[0]}'")
    if unknown := sorted(values.keys() - known.keys()):
        raise RecipeError(f"{where}: unknown key '{unknown[0]}'")
    for key, expected in known.items():
        value = values[key]
        if expected is float and type(value) is int:
            continue
        if isinstance(expected, type) and not isinstance(value, expected):
            raise RecipeError(f"{where}: {key} = {value!r} is not {expected.__name__}")
    return kind(**values)
