"""A recipe: everything that decides what a training gives, in one TOML file."""

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from escore import EscoreError
from escore.printable import is_printable_line, printable

RECIPES = Path(__file__).parent / "recipes"

_FINITE = sys.float_info.max
Count = Annotated[int, Meta(ge=1)]
Tokens = Annotated[int, Meta(ge=16, le=512)]
Positive = Annotated[float, Meta(gt=0, le=_FINITE)]
NotNegative = Annotated[float, Meta(ge=0, le=_FINITE)]
Share = Annotated[float, Meta(ge=0, le=1)]


class RecipeError(EscoreError, ValueError):
    """A recipe that is missing, is not TOML, or holds a key that is unknown, missing, mistyped or out of range."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a recipe."""


class Attribution(Section, frozen=True):
    """Something else that the weights come from, and its license; both are shown on the model card."""

    name: str
    license: str

    def __post_init__(self) -> None:
        _check_lines(self.name, self.license)


class Corpus(Section, frozen=True):
    """Files to train on.

    name, license: for the model card.
    files: a glob pattern inside the folder of the corpora.
    repeat: how often an epoch of the student reads it (2.5: twice, and half of it again).
    teacher_repeat: the same for the teacher.
    annotation_scheme: corpora that agree on what an entity is share one; "" where entities are not labeled.
    posts: each sentence stands alone, as in tweets.
    plain: text without labels, a sentence a line.
    neighbors: whether its labels can be relied on where one entity ends and another begins right behind it.
    """

    name: str
    files: str
    license: str
    repeat: NotNegative
    teacher_repeat: NotNegative
    annotation_scheme: str
    posts: bool
    plain: bool
    neighbors: bool = True

    def __post_init__(self) -> None:
        _check_lines(self.name, self.license)
        parts = Path(self.files).parts
        if not parts or parts[0] == "/" or ".." in parts or any("**" in part and part != "**" for part in parts):
            raise ValueError(f"files = {self.files!r}: give a pattern inside the corpora's folder")


class Vocabulary(Section, frozen=True):
    """The byte-level BPE: how many tokens; one sentence in `uppercase_every` is counted again in ALL CAPS."""

    size: Annotated[int, Meta(ge=300, le=100_000)]
    uppercase_every: Count


class Teacher(Section, frozen=True):
    """The larger model that predicts what the labels leave open.

    encoder: minilm or mpnet.
    frozen_layers: how many of its layers are not trained, from the first.
    max_tokens: the longest sequence, special tokens included.
    epochs: need not be whole.
    head_lr_factor: the heads learn this many times faster.
    annotation_schemes: those whose mean says what an entity is where no corpus labels it.
    sharpness: the power that the odds of this mean are raised to (the inverse of a temperature).
    teacher_weight: of the teacher's prediction where there is a label too.
    """

    encoder: str
    frozen_layers: Annotated[int, Meta(ge=0)]
    max_tokens: Tokens
    epochs: Positive
    batch_tokens: Count
    learning_rate: Positive
    head_lr_factor: Positive
    annotation_schemes: Annotated[list[str], Meta(min_length=1)]
    sharpness: Positive
    teacher_weight: Share


class Finetune(Section, frozen=True):
    """A training that continues from an escore checkpoint, which is the teacher too.

    teacher_weight: of the checkpoint's prediction where there is a label too.
    averaging_weight: of the new weights in their mean with the checkpoint's, which is what is written.
    frozen_embeddings: whether the embeddings are not trained.
    frozen_layers: how many layers are not trained, from the first; with any, the embeddings are not either.
    """

    teacher_weight: Share
    averaging_weight: Share
    frozen_layers: Annotated[int, Meta(ge=0)]
    frozen_embeddings: bool = False


class Model(Section, frozen=True):
    """The encoder.

    layers: the first ones of MiniLM's, or of the checkpoint's.
    intermediate_size: neurons of each feed-forward layer, the most important ones of those.
    max_tokens: the longest window.
    """

    layers: Annotated[int, Meta(ge=1, le=6)]
    intermediate_size: Count
    max_tokens: Tokens


class Texts(Section, frozen=True):
    """How documents become training texts; "every" is one text in so many, at random.

    sentences: lengths of texts; each entry gets the same share of all sentences.
    entity_swap_every: has some of its names replaced by others.
    lowercase_every, uppercase_every, lowercase_names_every: comes again in lower case, in ALL CAPS, with its names in
        lower case.
    augment_every: comes again in Title Case, with lost punctuation, typing errors, hashtags, numbered names, bullets
        or emphasis, or from the middle of a sentence on.
    template_every: is followed by a text that is made up: of mail, logs, code, settings, tables, lists, captions.
    """

    sentences: Annotated[list[Count], Meta(min_length=1)]
    entity_swap_every: Count
    lowercase_every: Count
    uppercase_every: Count
    lowercase_names_every: Count
    augment_every: Count
    template_every: Count


class Training(Section, frozen=True):
    """The student's training.

    epochs: of the first run. restart_epochs: of a second one, in which the learning rate rises and falls again, and
        after which the model gets the mean of the weights at the ends of both; 0 for none.
    learning_rate, weight_decay: AdamW's.
    head_lr_factor: the head and the case embeddings learn this many times faster.
    dropout: of hidden states.
    ordinal_loss_weight: of the loss at the edges between the classes, beside the squared error of the score.
    class_loss_weight: of the loss of an auxiliary head that tells the classes.
    joins_loss_weight: of the loss of the head that tells where entities go on; 0 for a model without it.
    kinds_loss_weight: of the loss of the head that tells the kinds of entities; 0 for a model without it.
    logit_scale, logit_shift: the logits are multiplied by the one and raised by the other after the training.
    warmup_ratio: the share of all steps, the teacher's too, in which the learning rate rises.
    bfloat16: matrix products, the teacher's too, in half precision: faster with AVX-512 BF16 or AMX, slower without.
    save_steps: steps between two saves, the teacher's too.
    """

    epochs: Count
    batch_tokens: Count
    learning_rate: Positive
    head_lr_factor: Positive
    dropout: Annotated[float, Meta(ge=0, le=0.9)]
    ordinal_loss_weight: NotNegative
    class_loss_weight: NotNegative
    joins_loss_weight: NotNegative
    kinds_loss_weight: NotNegative
    logit_scale: Positive
    logit_shift: NotNegative
    weight_decay: NotNegative
    warmup_ratio: Share
    bfloat16: bool
    save_steps: Count
    restart_epochs: Annotated[int, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if self.kinds_loss_weight and not self.joins_loss_weight:
            raise ValueError("kinds_loss_weight: needs a joins_loss_weight, too: a model tells kinds of whole entities")


class BaseRecipe(Section, frozen=True, kw_only=True):
    """What all recipes have."""

    name: str
    version: str
    license: str
    seed: Annotated[int, Meta(ge=0)]
    corpora: Annotated[list[Corpus], Meta(min_length=1)]
    attributions: list[Attribution] = []
    model: Model
    texts: Texts
    training: Training

    def __post_init__(self) -> None:
        _check_lines(self.name, self.version, self.license)
        if not any(corpus.repeat for corpus in self.corpora):
            raise ValueError("corpora: repeat is 0 for all, so that nothing would be learned")


class ScratchRecipe(BaseRecipe, frozen=True, kw_only=True):
    """A training that starts from a pretrained encoder, with a vocabulary of its own and a teacher."""

    vocabulary: Vocabulary
    teacher: Teacher

    def __post_init__(self) -> None:
        BaseRecipe.__post_init__(self)
        if not any(corpus.teacher_repeat for corpus in self.corpora):
            raise ValueError("corpora: teacher_repeat is 0 for all, so that nothing would be learned")
        schemes = {corpus.annotation_scheme for corpus in self.corpora} - {""}
        if unknown := sorted(set(self.teacher.annotation_schemes) - schemes):
            raise ValueError(f"teacher.annotation_schemes: no corpus has the annotation_scheme {unknown[0]!r}")


class FinetuneRecipe(BaseRecipe, frozen=True, kw_only=True):
    """A training that continues from a checkpoint, with its vocabulary."""

    finetune: Finetune

    def __post_init__(self) -> None:
        BaseRecipe.__post_init__(self)
        if any(corpus.teacher_repeat for corpus in self.corpora):
            raise ValueError("corpora: teacher_repeat must be 0 beside [finetune], which trains no teacher")
        frozen, layers = self.finetune.frozen_layers, self.model.layers
        if frozen > layers:
            raise ValueError(f"finetune.frozen_layers: {frozen}, but the model has {layers}; give at most {layers}")


Recipe = ScratchRecipe | FinetuneRecipe


def is_recipe_name(name: str) -> bool:
    """Whether this names a recipe that ships, or a TOML file."""
    return name.endswith(".toml") or (RECIPES / f"{name}.toml").is_file()


def load_recipe(name: str | Path) -> Recipe:
    """Read a recipe that ships (`default`) or a TOML file. Raises RecipeError."""
    path, content = _read(name)
    if isinstance(other := content.get("corpora"), str):
        corpora = _read(other)[1].get("corpora")
        if isinstance(corpora, list) and isinstance(content.get("more_corpora"), list):
            corpora = corpora + content.pop("more_corpora")
        content["corpora"] = corpora
    if "finetune" in content and (needless := sorted(content.keys() & {"teacher", "vocabulary"})):
        raise RecipeError(f"{path}: [{needless[0]}] has no use beside [finetune]", "remove one of them")
    try:
        if "finetune" in content:
            return msgspec.convert(content, FinetuneRecipe)
        return msgspec.convert(content, ScratchRecipe)
    except msgspec.ValidationError as error:
        problem, _, place = printable(str(error)).partition(" - at `$.")  # where msgspec says it: - at `$.model.layers`
        where = f"{place.rstrip('`')}: " if place else ""
        raise RecipeError(f"{path}: {where}{problem}") from error


def _read(name: str | Path) -> tuple[Path, dict[str, Any]]:
    shipped = RECIPES / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    try:
        return path, tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        names = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise RecipeError(f"{name}: {error.strerror}", f"give a TOML file or one of: {names}") from error
    except ValueError as error:
        raise RecipeError(f"{path}: not a TOML file: {error}") from error


def _check_lines(*texts: str) -> None:
    for text in texts:
        if not is_printable_line(text):
            raise ValueError(f"{text!r}: names, versions and licenses must be one line of text, for the model card")
