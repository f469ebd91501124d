"""A component of spaCy's pipelines: `nlp.add_pipe("escore")` sets the entities of documents, and scores of tokens."""

from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc, Span, Token
from spacy.util import filter_spans

from escore import Document, Scorer
from escore.scale import ENTITY_MINIMUM

# By kind, as spaCy's models call them.
LABELS = {"person": "PERSON", "organization": "ORG", "place": "LOC", "other": "MISC", None: "ENTITY"}


@Language.factory(
    "escore",
    default_config={"model": None, "minimum": ENTITY_MINIMUM, "threads": None, "overwrite": False},
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "token._.escore"],
)
def make_component(
    nlp: Language, name: str, model: str | None, minimum: float, threads: int | None, overwrite: bool
) -> "EscoreComponent":
    """The factory that `nlp.add_pipe("escore", config={...})` calls; see EscoreComponent."""
    return EscoreComponent(model, minimum, threads, overwrite)


class EscoreComponent:
    """Scores documents with one model.

    model: the folder of a bundle, or "fast"; None is the default one that ships.
    minimum: the lowest score of an entity's words, 0..300.
    threads: see Scorer.
    overwrite: whether entities that an earlier component found make way; otherwise they stay, and escore adds others.

    `doc.ents` gets the entities: PERSON, ORG, LOC and MISC, or ENTITY where the bundle says no kinds. `token._.escore`
    is the score of a token (0..300): the mean of the words that it shares characters with.

    Raises what Scorer raises.
    """

    def __init__(
        self, model: str | None = None, minimum: float = ENTITY_MINIMUM, threads: int | None = None,
        overwrite: bool = False,
    ) -> None:  # fmt: skip
        self._scorer, self._minimum, self._overwrite = Scorer(model, threads), minimum, overwrite
        if not Token.has_extension("escore"):
            Token.set_extension("escore", default=0.0)

    def __call__(self, doc: Doc) -> Doc:
        """Set the entities of one document."""
        return self._annotate(doc, self._scorer(doc.text))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 128) -> Iterator[Doc]:
        """Set the entities of many documents, on all threads; `batch_size` makes no difference."""
        pairs = ((doc.text, doc) for doc in stream)
        for document, doc in self._scorer.stream(pairs, as_tuples=True):
            yield self._annotate(doc, document)

    def _annotate(self, doc: Doc, document: Document) -> Doc:
        spans = [
            doc.char_span(entity.start, entity.end, LABELS[entity.kind], alignment_mode="expand")
            for entity in document.entities(self._minimum)
        ]
        ours = filter_spans([span for span in spans if span is not None])
        first, second = (ours, list(doc.ents)) if self._overwrite else (list(doc.ents), ours)
        doc.ents = [*first, *(span for span in second if not _overlaps(span, first))]
        _set_scores(doc, document)
        return doc


def _overlaps(span: Span, others: list[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _set_scores(doc: Doc, document: Document) -> None:
    """The score of each token, from the words that it overlaps, in order."""
    starts, ends, scores = document.starts.tolist(), document.ends.tolist(), document.scores.tolist()
    first = 0
    for token in doc:
        end = token.idx + len(token)
        while first < len(ends) and ends[first] <= token.idx:
            first += 1
        last = first
        while last < len(starts) and starts[last] < end:
            last += 1
        if last > first:
            token._.escore = sum(scores[first:last]) / (last - first)
