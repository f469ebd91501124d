"""What requests and answers hold, as msgspec types: requests are checked by them, OpenAPI's schemas are made of them.

The extra "must" of a type says in words what a value must be; a refusal quotes it.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from escore import Mark
from escore.bundle.manifest import Calibration
from escore.kinds import Kind
from escore.scale import ENTITY_MINIMUM, MAX_SCORE
from escore_labels.record import LABELS, Label
from escore_service.person import MAX_NAME

Score = Annotated[float, Meta(ge=0, le=MAX_SCORE, extra={"must": f"be a number from 0 to {MAX_SCORE:g}"})]
Offset = Annotated[int, Meta(ge=0, extra={"must": "be a whole number from 0 on"})]  # in code points
Flag = Annotated[bool, Meta(extra={"must": "be true or false"})]
Sha256 = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{64}$",
        max_length=64,  # "$" allows a line end
        description="SHA-256 of the text in UTF-8.",
        extra={"must": "be the SHA-256 of a text, 64 digits in lower case"},
    ),
]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Probability = Annotated[
    float, Meta(ge=0, le=1, description="Of being part of a named entity; only if the model is calibrated.")
]
EntityProbability = Annotated[
    float, Meta(ge=0, le=1, description="Of being just this entity; only if the model is calibrated.")
]
Join = Annotated[
    float, Meta(ge=0, le=1, description="Of going on with the entity of the word before; only if the model says it.")
]


class Message(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object with these fields and no others."""


class Options(Message, frozen=True):
    """How to score texts: fields of a query, or arguments of its URL."""

    min: Annotated[Score, Meta(description="Minimum score of the words in the answer.")] = 0.0
    entities: Annotated[
        bool | Score,
        Meta(
            description=f"Minimum score of the words that are joined into entities; true means {ENTITY_MINIMUM:g}.",
            extra={"must": f"be true, false or a number from 0 to {MAX_SCORE:g}"},
        ),
    ] = False
    columns: Annotated[Flag, Meta(description="Answer with words as columns, without their texts.")] = False

    @property
    def entity_minimum(self) -> float | None:
        """Minimum score (0..300) of the words of an entity; None if no entities are asked for."""
        if isinstance(self.entities, bool):
            return ENTITY_MINIMUM if self.entities else None
        return self.entities


class Query(Options, frozen=True):
    """Text or texts to score."""

    text: Annotated[str | UnsetType, Meta(extra={"must": "be a string"})] = UNSET
    texts: Annotated[list[str] | UnsetType, Meta(extra={"must": "be a list of strings"})] = UNSET

    @property
    def all_texts(self) -> list[str]:
        """The texts, also if there is only one."""
        return self.texts or ([] if self.text is UNSET else [self.text])


class Word(Message, frozen=True):
    """One word: text[start:end] in code points, with the symbol of its mark, "" below all marks."""

    text: str
    start: Offset
    end: Offset
    score: Score
    mark: str
    probability: Probability | UnsetType = UNSET


class Entity(Message, frozen=True):
    """Joined words: text[start:end] in code points, and the mean of the words' scores."""

    text: str
    start: Offset
    end: Offset
    score: Score
    probability: EntityProbability | UnsetType = UNSET
    kind: Annotated[Kind, Meta(description="A hint; only if the model says it.")] | UnsetType = UNSET


class Columns(Message, frozen=True):
    """Words as columns, without their texts."""

    start: list[Offset]
    end: list[Offset]
    score: list[Score]
    probability: list[Probability] | UnsetType = UNSET
    join: list[Join] | UnsetType = UNSET


class Document(Message, frozen=True):
    """The scores of one text."""

    words: list[Word] | Columns
    entities: list[Entity] | UnsetType = UNSET
    notice: Annotated[str, Meta(description="Why the scores mean little: most letters are not Latin.")] | UnsetType = (
        UNSET
    )


class Scores(Message, frozen=True):
    """A document for each text, in order."""

    model: str
    documents: list[Document]


class Model(Message, frozen=True):
    """What the model is and what the service accepts."""

    name: str
    version: str
    precision: str
    license: str
    marks: tuple[Mark, ...]
    max_tokens: int
    calibrated: bool
    entity_calibration: Annotated[
        Calibration | None,
        Meta(description="How probable an entity is by its score, linear between these; null if not measured."),
    ]
    quality: dict[str, dict[str, float]]
    limits: dict[str, int]  # "body" in bytes, "texts" in one request
    feedback: bool
    previous: Annotated[str | None, Meta(description="Name and version of the model that was in use before.")]


class ModelChoice(Message, frozen=True):
    """Which model to use from now on."""

    use: Annotated[
        Literal["path", "previous"],
        Meta(
            description="path: the one that is now where the service was told to look; previous: the one before.",
            extra={"must": "be path or previous"},
        ),
    ]


class NewCorrection(Message, frozen=True):
    """What text[start:end] is (code points, half open), and the score that the model gave it."""

    text: Annotated[str, Meta(min_length=1, extra={"must": "be a string, and not empty"})]
    start: Offset
    end: Offset
    label: Annotated[Label, Meta(extra={"must": f"be one of {', '.join(LABELS)}"})]
    score: Score
    by: Annotated[
        str,
        Meta(max_length=MAX_NAME, description="Who says it.", extra={"must": f"have at most {MAX_NAME} characters"}),
    ] = ""
    model: Annotated[
        str | UnsetType,
        Meta(
            description="The model that gave the score, as the answer named it; if missing, the one in use.",
            extra={"must": "be the name of a model that was in use"},
        ),
    ] = UNSET


class TextHash(Message, frozen=True):
    """Argument of a URL: whose corrections are asked for."""

    text_sha256: Sha256


class Correction(Message, frozen=True):
    """A correction that is stored: a label or, from a review, perhaps a target."""

    id: int
    text_sha256: Sha256
    start: Offset
    end: Offset
    model: str
    time: Time
    label: Label | UnsetType = UNSET
    target: Score | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    score: Score | UnsetType = UNSET
    by: str | UnsetType = UNSET
    settles: int | UnsetType = UNSET


class Corrections(Message, frozen=True):
    """The newest correction of each span."""

    corrections: list[Correction]


class Status(Message, frozen=True):
    """The state of the service."""

    status: str


class Error(Message, frozen=True):
    """Why there is no other answer, in one line."""

    error: str
    field: Annotated[str | UnsetType, Meta(description="The field that is wrong, such as texts[3].")] = UNSET
