"""Named entities as stretches of a text: those of the labels, those that were found, and how many are the same."""

from collections.abc import Sequence

from escore_labels.texts import LabeledText
from escore_labels.tokens import ENTITY

Span = tuple[int, int]  # half-open code point offsets into a text


def gold_spans(gold: LabeledText) -> list[Span]:
    """The entities that the labels name, in order: each from a token that begins one to the last that goes on."""
    found: list[Span] = []
    goes_on = False
    for token, (start, end) in zip(gold.tokens, gold.spans, strict=True):
        if token.starts_entity:
            found.append((start, end))
            goes_on = True
        elif token.low == ENTITY and goes_on:
            found[-1] = (found[-1][0], end)
        else:
            goes_on = False
    return found


def matches(gold: LabeledText, found: Sequence[Span]) -> tuple[int, int, int]:
    """How many of the `found` entities are the labels', how many were found, and how many the labels name.

    Two are the same when both ends agree, whatever their type, once signs at the ends (all that is neither letter nor
    digit: quotes, the full stop of "Inc.", "@") are left out. What has nothing else than signs is compared as it is.
    """
    known = {_trimmed(gold.text, span) for span in gold_spans(gold)}
    taken = {_trimmed(gold.text, span) for span in found}
    return len(known & taken), len(taken), len(known)


def _trimmed(text: str, span: Span) -> Span:
    start, end = span
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return (start, end) if start < end else span
