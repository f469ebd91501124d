"""What the review's requests and answers hold; see escore_service.schemas."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from escore.kinds import KINDS, Kind
from escore.scale import MAX_SCORE
from escore_labels.record import LABELS, Label, Span
from escore_service.person import MAX_NAME
from escore_service.review.queue import Show
from escore_service.schemas import Flag, Message, Offset, Score

Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_NAME,
        description="Who decides.",
        extra={"must": f"be a name of 1 to {MAX_NAME} characters"},
    ),
]
_Shown = Annotated[Show, Meta(extra={"must": "be all, unreviewed, unread, changed or conflict"})]
_Text = Annotated[str, Meta(extra={"must": "be a string"})]


class Person(Message, frozen=True):
    """Who asks."""

    by: Name


class Viewer(Message, frozen=True):
    """Argument of a URL: whose decisions count most in what is shown; "" for nobody's."""

    by: Annotated[str, Meta(max_length=MAX_NAME, extra={"must": f"have at most {MAX_NAME} characters"})] = ""


class Filter(Message, frozen=True):
    """Arguments of a URL: which texts to show."""

    show: Annotated[_Shown, Meta(description="unreviewed: by nobody; unread: not reviewed by `by`.")] = "all"
    search: Annotated[_Text, Meta(description="What their text or id holds, whatever its case.")] = ""
    by: Annotated[str, Meta(max_length=MAX_NAME, extra={"must": f"have at most {MAX_NAME} characters"})] = ""


class NewDecision(Message, frozen=True):
    """What somebody says of a span of a text: a label, or a target."""

    by: Name
    start: Offset
    end: Offset
    label: Annotated[Label | UnsetType, Meta(extra={"must": f"be one of {', '.join(LABELS)}"})] = UNSET
    target: Annotated[
        Score | UnsetType,
        Meta(description="What it should score.", extra={"must": f"be a number from 0 to {MAX_SCORE:g}"}),
    ] = UNSET
    kind: Annotated[Kind | UnsetType, Meta(extra={"must": f"be one of {', '.join(KINDS)}"})] = UNSET
    replaces: Annotated[
        tuple[Offset, Offset] | UnsetType,
        Meta(
            description="Start and end of the span, of the same person, that takes this place.",
            extra={"must": "be the start and the end of a span"},
        ),
    ] = UNSET
    settles: Annotated[Flag, Meta(description="Whether it settles what people disagree about.")] = False


class Reviewed(Message, frozen=True):
    """That somebody has read a whole text, or has not after all."""

    by: Name
    reviewed: Flag = True
    version: Annotated[
        str | UnsetType,
        Meta(
            description="That of the text as it was shown; refused if the text has changed since.",
            extra={"must": "be a string"},
        ),
    ] = UNSET


class Everywhere(Message, frozen=True):
    """The span of a text whose decision, of the same person, is to hold at all places of the same string."""

    by: Name
    number: Offset
    start: Offset
    end: Offset


class RecordFormat(Message, frozen=True):
    """Arguments of a URL: how to write the records."""

    format: Annotated[
        str, Meta(pattern="^(records|csv|conll)$", max_length=7, extra={"must": "be records, csv or conll"})
    ] = "records"


class Progress(Message, frozen=True):
    """How far the review is.

    suggested, right, missed: entities in reviewed texts: those of the model, those of them that are right, and those
        that the model has not.
    needed: how many more texts to learn from a training needs to be worth it; 0 where it is.
    """

    texts: int
    reviewed: int
    changed: int
    conflicts: int
    suggested: int
    right: int
    missed: int
    needed: int


class State(Message, frozen=True):
    """The review.

    by: who decides, where the service was told; first: the number of the text to go on with.
    command: what trains a model on what is reviewed, in a shell.
    """

    by: str | None
    first: int
    importance: bool
    training: bool
    command: str
    progress: Progress


class Numbers(Message, frozen=True):
    """Numbers of texts, in order."""

    numbers: list[int]


class Conflict(Message, frozen=True):
    """Two people's spans that disagree about a word."""

    first: Span
    second: Span


class Words(Message, frozen=True):
    """Where the words of a text are, as columns."""

    start: list[Offset]
    end: list[Offset]


class Others(Message, frozen=True):
    """Places of the decided string that the decision does not hold at; not `all` are counted where they are many."""

    places: int
    all: bool


class ReviewText(Message, frozen=True):
    """A text of the queue with what is said of it.

    spans: those that count, each with the words that it decides: they do not overlap.
    version: of these spans.
    text, words: not after a decision, which leaves them as they are.
    others: after a decision.
    """

    number: int
    id: str
    source: str | None
    held_out: bool
    reviewed: bool
    reviewed_by: list[str]
    version: str
    spans: list[Span]
    conflicts: list[Conflict]
    progress: Progress
    text: str | UnsetType = UNSET
    words: Words | UnsetType = UNSET
    others: Others | UnsetType = UNSET


class Changed(Message, frozen=True):
    """What a decision for everywhere changed: places, texts, and the text where it was made."""

    places: int
    texts: int
    text: ReviewText


class Undone(Message, frozen=True):
    """How many texts the undoing of an action changed, and the text where that was done."""

    texts: int
    text: ReviewText


class Records(Message, frozen=True):
    """A file's content, and what its format cannot say."""

    content: str
    notes: list[str]


FIGURES = ("classes", "ap", "f1", "span_f1", "rank_correlation")  # of a training's report, see TextFigures
TrainingStatus = Literal["none", "running", "done", "failed", "stopped"]
Which = Literal["new", "old"]


class BeforeAfter(Message, frozen=True):
    """A figure of the model that a training began with, and of the new one."""

    name: str
    before: float
    after: float


class Report(Message, frozen=True):
    """What a training did: figures of held-out texts (`own_words` of their words have a label), and of general text."""

    train_texts: int
    held_out_texts: int
    own_words: int
    own: list[BeforeAfter]
    general: list[BeforeAfter]


class TrainingState(Message, frozen=True):
    """How far a training is.

    lines: what it said last. bundle: the folder of the new model. model: the one in use.
    """

    status: TrainingStatus
    lines: list[str]
    seconds: float
    report: Report | None
    in_use: Which
    model: str
    bundle: str | None


class Use(Message, frozen=True):
    """Which model to score with."""

    use: Annotated[Which, Meta(extra={"must": "be new or old"})]
