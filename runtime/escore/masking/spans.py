"""What of a document is masked: its entities, and what matches a pattern, but for what is kept."""

from dataclasses import dataclass

from escore.caseless import name_key
from escore.document import Document
from escore.masking.patterns import Pattern, pattern_spans
from escore.terms import Terms


@dataclass(frozen=True, slots=True)
class MaskSpan:
    """A part of a text that is masked: offsets in code points, half open.

    label: in capitals, what it is: a kind of entity, ENTITY where the bundle says none, EMAIL, URL or PHONE.
    """

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Names that are not masked, in any text: as terms where they are a part of an entity, and as whole matches."""

    terms: Terms | None
    keys: frozenset[str]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> "Kept":
        """Raises TermsError for a name without a word."""
        return cls(Terms(never=names) if names else None, frozenset(map(name_key, names)))

    def ranges(self, document: Document) -> list[tuple[int, int]]:
        """Where the names stand in a document: start and end of each, in order."""
        if self.terms is None:
            return []
        words = self.terms.apply(document.text, document.starts, document.ends, document.scores.copy())
        return [(int(document.starts[first]), int(document.ends[last])) for first, last in words.tolist()]


def mask_spans(document: Document, minimum: float, patterns: tuple[Pattern, ...], kept: Kept) -> list[MaskSpan]:
    """The parts of a text that are masked, in order and without overlaps. Raises SettingError outside 0..300."""
    text = document.text
    matches = [
        MaskSpan(start, end, name.upper())
        for start, end, name in pattern_spans(text, patterns)
        if name_key(text[start:end]) not in kept.keys
    ]
    holes = sorted([*kept.ranges(document), *((span.start, span.end) for span in matches)])
    entities = [
        MaskSpan(start, end, (entity.kind or "entity").upper())
        for entity in document.entities(minimum, identifiers=True)
        for start, end in _without(entity.start, entity.end, holes, text)
    ]
    return sorted([*matches, *entities], key=lambda span: span.start)


def _without(start: int, end: int, holes: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """What is left of a span outside the holes, without white space at its ends; signs alone are nothing."""
    parts = []
    for hole_start, hole_end in holes:
        if hole_start < end and hole_end > start:
            parts.append((start, hole_start))
            start = hole_end
    parts.append((start, end))
    result = []
    for first, last in parts:
        part = text[first:last]
        if any(map(str.isalnum, part)):
            result.append((first + len(part) - len(part.lstrip()), last - len(part) + len(part.rstrip())))
    return result
