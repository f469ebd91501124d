"""What is kept of every document besides its entities: into which bins its figures fall."""

from bisect import bisect_right
from dataclasses import dataclass

from escore.scale import MAX_SCORE, WORD_MINIMUM


@dataclass(frozen=True, slots=True)
class Signal:
    """A figure whose distribution is watched.

    name: in the store and in reports.
    title: what it is, for people.
    edges: ascending inner edges of its bins; a value belongs to the bin that begins with the last edge not above it.
    """

    name: str
    title: str
    edges: tuple[float, ...]

    @property
    def bins(self) -> int:
        """How many bins there are."""
        return len(self.edges) + 1

    def bin_of(self, value: float) -> int:
        """The bin of a value."""
        return bisect_right(self.edges, value)


SCORE_STEP = 10
# Scores below 80 are not written by `escore run`, unless somebody asks for them, so no record's are counted.
SCORE = Signal(
    "score",
    f"score of the words that score at least {WORD_MINIMUM:g}",
    tuple(float(edge) for edge in range(int(WORD_MINIMUM) + SCORE_STEP, int(MAX_SCORE), SCORE_STEP)),
)
LENGTH = Signal("length", "words a document", (2, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256, 512, 1024, 4096))
# Byte-level BPE has no unknown pieces: a word that the vocabulary does not know falls into many.
PIECES = Signal("pieces", "pieces a word", (1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0))
ENTITIES = Signal("entities", "entities in 100 words", (0.001, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50))
SIGNALS = {signal.name: signal for signal in (SCORE, LENGTH, PIECES, ENTITIES)}
