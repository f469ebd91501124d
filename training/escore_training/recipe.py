"""A recipe: all that decides what a training gives, in one TOML file."""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

from escore import EscoreError
from escore.printable import is_printable_line

T = TypeVar("T")
RECIPES = Path(__file__).parent / "recipes"
_MAY_BE_ZERO = (
    "seed",
    "repeat",
    "teacher_repeat",
    "frozen",
    "trust",
    "share",
    "dropout",
    "shift",
    "edge_loss",
    "side_loss",
    "weight_decay",
    "warmup",
)


class RecipeError(EscoreError, ValueError):
    """A recipe that is missing, is no TOML, or holds a key that is unknown, lacking, mistyped or out of range."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files that train, under which license, and how often an epoch reads them (2.5: twice, and half of them again).

    `entities` names the manner in which entities are labelled, "" where they are not; `posts` stand alone, a sentence
    each. `plain` files are text without any label, a sentence a line.
    """

    name: str
    files: str
    license: str
    repeat: float
    teacher_repeat: float
    entities: str
    posts: bool
    plain: bool


@dataclass(frozen=True, slots=True)
class Attribution:
    """Something else that the weights come from, and under which license."""

    name: str
    license: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The byte-level BPE: its size; one sentence in `capitals_every` is counted again in ALL CAPS."""

    size: int
    capitals_every: int


@dataclass(frozen=True, slots=True)
class Teacher:
    """The larger model that fills what the labels leave open.

    `encoder` is minilm or mpnet, its first `frozen` layers stay as they are; texts have at most `tokens` of its tokens.
    `ask` names the manners of labelling (see Corpus) whose mean says what an entity is where nobody labelled them.
    The odds of that opinion are raised to the power `sharpness`. `trust` (0..1) is the teacher's share where a label is
    known too.
    """

    encoder: str
    frozen: int
    tokens: int
    epochs: float
    batch_tokens: int
    learning_rate: float
    head_factor: float
    ask: list[str]
    sharpness: float
    trust: float


@dataclass(frozen=True, slots=True)
class Scratch:
    """A training from nothing but a pretrained encoder: a vocabulary of its own, and a teacher."""

    vocabulary: Vocabulary
    teacher: Teacher


@dataclass(frozen=True, slots=True)
class Further:
    """A training that goes on from an escore checkpoint, which gives weights and vocabulary and is the teacher too.

    `trust` (0..1) is its share where a label is known too. What ships is the mean of the weights it began with and
    those it came to, `share` (0..1) of the latter.
    """

    trust: float
    share: float


@dataclass(frozen=True, slots=True)
class Model:
    """The encoder: how many layers (MiniLM's, or those of the checkpoint), and the longest window in tokens."""

    layers: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Texts:
    """How documents become training texts: sentences a text, and one in how many comes again changed.

    `names_lower_every`: with names in lower case; `noise_every`: with lost punctuation, typing errors, Title Case,
    hashtags or numbered names. In one text in `renamed_every`, and its copies, other names stand for some of its own.
    """

    sentences: list[int]
    renamed_every: int
    lower_every: int
    capitals_every: int
    names_lower_every: int
    noise_every: int


@dataclass(frozen=True, slots=True)
class Training:
    """The optimiser's settings; `learning_rate` is AdamW's, `warmup` a share of all steps.

    `dropout` is the share of hidden values that are left out. Beside the score's distance from where it should be,
    `edge_loss` weighs on which side of the edges between the classes it lies, `side_loss` the classes themselves.
    At the end the logits are multiplied by `steepness` and raised by `shift`, which moves doubtful words off the edges.
    `bfloat16` runs the products, the teacher's too, in half the width: quicker where the processor has AVX-512 BF16
    or AMX, slower elsewhere.
    """

    epochs: int
    batch_tokens: int
    learning_rate: float
    head_factor: float
    dropout: float
    steepness: float
    shift: float
    edge_loss: float
    side_loss: float
    weight_decay: float
    warmup: float
    bfloat16: bool
    save_every: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe, read."""

    name: str
    version: str
    license: str
    seed: int
    corpora: list[Corpus]
    attributions: list[Attribution]
    origin: Scratch | Further
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
    known = {field.name for field in fields(Recipe)} - {"origin"} | {"further", "vocabulary", "teacher"}
    if unknown := sorted(data.keys() - known):
        raise RecipeError(f"{path}: unknown key '{unknown[0]}'")
    corpora = data.pop("corpora", None)
    if not isinstance(corpora, list) or not corpora:
        raise RecipeError(f"{path}: no [[corpora]]")
    sections = {"model": Model, "texts": Texts, "training": Training}
    attributions = data.pop("attributions", [])
    if not isinstance(attributions, list):
        raise RecipeError(f"{path}: attributions: not [[attributions]]")
    built: dict[str, Any] = {
        "corpora": [_build(Corpus, item, f"{path}: [[corpora]]") for item in corpora],
        "attributions": [_build(Attribution, item, f"{path}: [[attributions]]") for item in attributions],
    }
    for key, kind in sections.items():
        built[key] = _build(kind, data.pop(key, {}), f"{path}: [{key}]")
    if "further" in data:
        if needless := sorted(data.keys() & {"teacher", "vocabulary"}):
            raise RecipeError(f"{path}: [{needless[0]}] stands beside [further], which needs none; remove one of them")
        built["origin"] = _build(Further, data.pop("further"), f"{path}: [further]")
    else:
        vocabulary = _build(Vocabulary, data.pop("vocabulary", {}), f"{path}: [vocabulary]")
        built["origin"] = Scratch(vocabulary, _build(Teacher, data.pop("teacher", {}), f"{path}: [teacher]"))
    recipe = _build(Recipe, data | built, str(path))
    if wrong := next(_wrong(recipe), None):
        raise RecipeError(f"{path}: {wrong}")
    return recipe


def _wrong(recipe: Recipe) -> Iterator[str]:
    """What no training could follow, though each setting is of the right type."""
    for corpus in recipe.corpora:
        path = Path(corpus.files).parts
        if not path or path[0] == "/" or ".." in path or any("**" in part and part != "**" for part in path):
            yield f"[[corpora]]: files = {corpus.files!r}: give a pattern inside the corpora's folder"
    for setting, value, least, most in _bounds(recipe):
        if not least <= value <= most:
            yield f"{setting} = {value}: give {least} to {most}"
    if not recipe.texts.sentences:
        yield "[texts]: sentences = []: give lengths, such as [1, 4]"
    if not any(corpus.repeat for corpus in recipe.corpora):
        yield "[[corpora]]: repeat is 0 for all; nothing would be learnt"
    yield from _wrong_origin(recipe)
    parts: list[Corpus | Attribution] = [*recipe.corpora, *recipe.attributions]
    told = [text for part in parts for text in (part.name, part.license)]
    for text in (recipe.name, recipe.version, recipe.license, *told):
        if not is_printable_line(text):
            yield f"{text!r}: names, versions and licenses are a line of text, for the model card"


def _bounds(recipe: Recipe) -> Iterator[tuple[str, float, float, float]]:
    """Settings with the least and the greatest value that they may have."""
    yield "[model]: layers", recipe.model.layers, 1, 6
    yield "[model]: max_tokens", recipe.model.max_tokens, 16, 512
    yield "[training]: dropout", recipe.training.dropout, 0, 0.9
    yield "[training]: warmup", recipe.training.warmup, 0, 1
    match recipe.origin:
        case Scratch(vocabulary, teacher):
            yield "[vocabulary]: size", vocabulary.size, 300, 100_000
            yield "[teacher]: tokens", teacher.tokens, 16, 512
            yield "[teacher]: trust", teacher.trust, 0, 1
        case Further(trust, share):
            yield "[further]: trust", trust, 0, 1
            yield "[further]: share", share, 0, 1


def _wrong_origin(recipe: Recipe) -> Iterator[str]:
    """What does not fit where a training begins."""
    taught = any(corpus.teacher_repeat for corpus in recipe.corpora)
    if isinstance(recipe.origin, Further):
        if taught:
            yield "[[corpora]]: teacher_repeat: no teacher is trained where [further] stands; give 0"
        return
    if not taught:
        yield "[[corpora]]: teacher_repeat is 0 for all; nothing would be learnt"
    ask = recipe.origin.teacher.ask
    manners = {corpus.entities for corpus in recipe.corpora} - {""}
    if unknown := sorted(set(ask) - manners) or (not ask and ["no manner"]):
        yield f"[teacher]: ask: {unknown[0]}: give the `entities` of some of the corpora"


def _build(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    if not isinstance(values, Mapping):
        raise RecipeError(f"{where}: not a table")
    known = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(values.keys() - known.keys()):
        raise RecipeError(f"{where}: unknown key '{unknown[0]}'")
    if missing := sorted(known.keys() - values.keys()):
        raise RecipeError(f"{where}: no '{missing[0]}'")
    for key, expected in known.items():
        value = values[key]
        if not _fits(value, expected):
            name = expected.__name__ if type(expected) is type else expected
            raise RecipeError(f"{where}: {key} = {value!r} is not {name}")
        numbers = value if isinstance(value, list) else [value]
        if any(type(n) in (int, float) and (n < 0 or (n == 0 and key not in _MAY_BE_ZERO)) for n in numbers):
            raise RecipeError(f"{where}: {key} = {value!r} is too small")
        if any(type(n) is float and not math.isfinite(n) for n in numbers):
            raise RecipeError(f"{where}: {key} = {value!r} is no number")
    return kind(**values)


def _fits(value: object, expected: object) -> bool:
    if isinstance(expected, UnionType):
        return type(value) in get_args(expected)
    if get_origin(expected) is list:
        return isinstance(value, list) and all(_fits(item, *get_args(expected)) for item in value)
    return type(value) is expected or (expected is float and type(value) is int)
