"""Score labeled texts through the public API: each labeled token beside the score that it gets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from escore import Document, Scorer
from escore.scale import ENTITY_MINIMUM
from escore_evaluation.metrics import Bools, Floats, Ints
from escore_evaluation.perturbations import PERTURBATIONS, perturb
from escore_evaluation.spans import FoundEntities, count_matches, found_entities
from escore_evaluation.suite import Row
from escore_labels.readers.corpus import read_with_genres
from escore_labels.texts import LabeledText, join_sentences, overlaps
from escore_labels.tokens import ENTITY, NONE, CorpusError

TEXT_SENTENCES = 4  # sentences of a document that make one text …
_POSTS = ("wnut17", "tweebank")  # … but posts, in folders of these names, are texts of their own
_FEW_DOCUMENTS = 20  # fewer are no sample of documents, so the texts count instead


@dataclass(frozen=True, slots=True, eq=False)
class LabeledTexts:
    """The texts that files are measured on.

    texts: the labeled texts.
    documents: the number of each text's document (int, [texts]).
    first_half: which texts may fit a calibration table where their row may ([texts]): every second document (or text,
        where documents are few), whatever a change leaves out.
    genres: the genre of each text's document; "" if unknown.
    origins: the file and the line of each text; empty for corpora.
    """

    texts: list[LabeledText]
    documents: Ints
    first_half: Bools
    genres: list[str]
    origins: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredTokens:
    """The labeled tokens of some texts, in order.

    scores: 0..300 (float64, [tokens]).
    low, high: the lowest and the highest class that the label allows (int, [tokens] each).
    targets: the score that a person said (float64, [tokens], 0..300); nan where nobody did.
    texts: the number of each token's text (int, [tokens]).
    entities: entities that match, that the model found, and that are labeled (int, [texts, 3]): 0 each for a text that
        is not decided in full; None where no text is, or labels do not say where entities start.
    found: the entities that the model found in texts that are decided in full.
    """

    scores: Floats
    low: Ints
    high: Ints
    targets: Floats
    texts: Ints
    entities: Ints | None
    found: FoundEntities

    def classes(self, count: int) -> tuple[Ints, Bools]:
        """The class of each token, and whether its label leaves no other ([tokens] both).

        Of 4 classes (none, common noun, proper noun, entity), or of 3, where the last two are one.
        """
        low, high = np.minimum(self.low, count - 1), np.minimum(self.high, count - 1)
        return low, low == high

    def labeled(self) -> Bools:
        """Whether anything is said of each token ([tokens])."""
        labeled: Bools = (self.low > NONE) | (self.high < ENTITY) | ~np.isnan(self.targets)
        return labeled

    def decided(self) -> Bools:
        """Whether each token's label says if it is part of an entity ([tokens])."""
        decided: Bools = (self.low == ENTITY) | (self.high < ENTITY)
        return decided

    def entity_scores(self) -> tuple[Floats, Bools]:
        """Of the tokens that are decided: the scores, and whether they are part of an entity ([decided] both)."""
        decided = self.decided()
        return self.scores[decided], self.low[decided] == ENTITY

    def select(self, chosen: Bools) -> "ScoredTokens":
        """The tokens of the chosen texts ([texts]) alone."""
        tokens = chosen[self.texts]
        texts = (np.cumsum(chosen) - 1)[self.texts[tokens]]
        entities = None if self.entities is None else self.entities[chosen]
        return ScoredTokens(
            self.scores[tokens],
            self.low[tokens],
            self.high[tokens],
            self.targets[tokens],
            texts,
            entities,
            self.found.select(chosen),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRow:
    """One row of figures, read and scored; `calibrates` says which texts may fit a calibration table ([texts])."""

    row: Row
    texts: LabeledTexts
    documents: list[Document]
    tokens: ScoredTokens
    calibrates: Bools

    def held_out(self) -> ScoredTokens:
        """The tokens of texts that fit no calibration table, and so may judge one."""
        return self.tokens.select(~self.calibrates)


def read_texts(files: Sequence[Path], change: str = "kept", sentences: int | None = None) -> LabeledTexts:
    """The texts of corpus files, with `change` (see suite.Row) made to them.

    `sentences` of a document make one text (None: 4, but 1 in a folder wnut17 or tweebank). Raises CorpusError.
    """
    texts: list[LabeledText] = []
    documents: list[int] = []
    places: list[int] = []
    genres: list[str] = []
    document_count = place = 0
    for path in files:
        size = sentences or (1 if path.resolve().parent.name in _POSTS else TEXT_SENTENCES)
        texts_before = len(texts)
        for genre, document in read_with_genres(path):
            for start in range(0, len(document), size):
                run = document[start : start + size]
                if change != "kept":
                    run = perturb(run, PERTURBATIONS[change])
                if any(run):
                    texts.append(join_sentences(run))
                    documents.append(document_count)
                    places.append(place)
                    genres.append(genre)
                place += 1
            document_count += 1
        if len(texts) == texts_before:
            raise CorpusError(f"{path}: no words in it", "give a file with labeled words")
    # The same halves whatever a change leaves out: else a changed copy would be judged on texts that fitted the table.
    numbers = np.array(documents if are_many(np.array(documents)) else places)
    return LabeledTexts(texts, np.array(documents), numbers % 2 == 0, genres)


def score_row(scorer: Scorer, row: Row, sentences: int | None = None) -> ScoredRow:
    """Read and score the texts of a row of corpora; `sentences` as in read_texts. Raises CorpusError."""
    return score_texts(scorer, row, read_texts(row.files, row.change, sentences))


def score_texts(scorer: Scorer, row: Row, texts: LabeledTexts) -> ScoredRow:
    """Score the texts of a row."""
    return align_row(row, texts, list(scorer.stream(text.text for text in texts.texts)))


def align_row(row: Row, texts: LabeledTexts, documents: list[Document]) -> ScoredRow:
    """The texts of a row beside the same texts scored, in the same order."""
    return ScoredRow(row, texts, documents, align_scores(texts.texts, documents), texts.first_half & row.calibrates)


def are_many(documents: Ints) -> bool:
    """Whether there are enough documents ([texts]: the number of each text's) to be resampled or halved."""
    return len(np.unique(documents)) >= _FEW_DOCUMENTS


def align_scores(texts: Sequence[LabeledText], documents: Iterable[Document]) -> ScoredTokens:
    """Labeled texts beside the same texts scored, in the same order."""
    tokens = [token for text in texts for token in text.tokens]
    in_full = are_decided(texts)
    scored = list(documents)
    scores, entities = [], []
    for text, document, decided in zip(texts, scored, in_full, strict=True):
        scores.append(token_scores(text, document))
        entities.append(count_entities(text, document, ENTITY_MINIMUM) if decided else (0, 0, 0))
    return ScoredTokens(
        scores=np.concatenate(scores),
        low=np.array([token.low for token in tokens]),
        high=np.array([token.high for token in tokens]),
        targets=np.array([np.nan if token.target is None else token.target for token in tokens]),
        texts=np.repeat(np.arange(len(texts)), [len(text.tokens) for text in texts]),
        entities=np.array(entities) if any(in_full) else None,
        found=found_entities(texts, scored, in_full, ENTITY_MINIMUM),
    )


def are_decided(texts: Sequence[LabeledText]) -> list[bool]:
    """Whether entities found in each text can be judged: its labels decide each word, and say where entities start."""
    starts_labeled = any(token.starts_entity for text in texts for token in text.tokens)
    return [starts_labeled and is_decided(text) for text in texts]


def is_decided(text: LabeledText) -> bool:
    """Whether the labels say of all words if they are part of an entity: else no entity found there can be judged."""
    return all(token.low == ENTITY or token.high < ENTITY for token in text.tokens)


def count_entities(text: LabeledText, document: Document, minimum: float) -> tuple[int, int, int]:
    """How many entities of a minimum score match, are found, and are labeled; see spans.count_matches."""
    return count_matches(text, [(entity.start, entity.end) for entity in document.entities(minimum)])


def token_scores(text: LabeledText, document: Document) -> Floats:
    """A score for each labeled token (float64, [tokens]).

    It is the mean of the scored words that overlap the token, weighted by shared characters; 0 where none does.
    """
    words = list(zip(document.starts.tolist(), document.ends.tolist(), strict=True))
    scores = np.zeros(len(text.spans))
    first = 0
    for i, (start, end) in enumerate(text.spans):
        while first < len(words) and words[first][1] <= start:
            first += 1
        shares = list(overlaps(words, first, start, end))
        if shares:
            weighted = sum(shared * float(document.scores[word]) for word, shared in shares)
            scores[i] = weighted / sum(shared for _, shared in shares)
    return scores
