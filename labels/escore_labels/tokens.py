"""Labeled tokens, in one shape for all corpora.

What a label says is an interval of four classes: 0 none, 1 common noun, 2 proper noun that names no entity, 3 part of a
named entity. A corpus of entities alone leaves a token outside of them at 0..2, one of parts of speech alone leaves a
proper noun at 2..3.
"""

from dataclasses import dataclass

from escore import EscoreError

NONE, COMMON, PROPER, ENTITY = range(4)


class CorpusError(EscoreError, ValueError):
    """A corpus file that is missing, not text, or not in the format it seems to be in."""


@dataclass(frozen=True, slots=True)
class Token:
    """One labeled token.

    text: as it is written.
    low, high: its class is one of these and those between, both included.
    space_after: whether white space follows it in the text.
    starts_entity: whether it is the first token of a named entity, in corpora that say where these begin; None where
        what a corpus says of it is not to be relied on.
    probabilities: of none, common noun, proper noun and entity, from a teacher; None without one.
    target: the score that it should get (0..300), where a person said a number instead of a class.
    tag: its entity tag as the corpus has it, such as B-PER; "" where entities are not labeled.
    kind: what kind of entity it is part of (person, organization, place, other); None where nothing says so.
    """

    text: str
    low: int
    high: int
    space_after: bool = True
    starts_entity: bool | None = False
    probabilities: tuple[float, float, float, float] | None = None
    target: float | None = None
    tag: str = ""
    kind: str | None = None


Sentence = list[Token]
Document = list[Sentence]
