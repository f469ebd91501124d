"""Where entities begin: whether a token goes on with the entity of the token before it, as far as a corpus says so."""

from collections.abc import Sequence

from escore_labels.tokens import ENTITY, PROPER, Token

UNKNOWN = -1


def is_decided(token: Token) -> bool:
    """Whether a label says that a token is in an entity, or that it is in none."""
    return token.low == ENTITY or token.high < ENTITY


def token_joins(tokens: Sequence[Token]) -> list[int]:
    """1 for a token that goes on with the entity of the one before it, 0 for one that does not, or UNKNOWN.

    Unknown are tokens that may be in an entity or not; the first token of an entity behind such a one, if that is a
    proper noun, which may be a title (President Ruiz); and entities that the corpus gives no beginning, as GUM. So are
    tokens outside that follow no entity: what a model answers there decides nothing, and there are so many of them that
    it would learn to answer low wherever it doubts that a word is an entity.
    """
    joins: list[int] = []
    has_start = False  # whether the entity that the token before was in has one
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        if token.low == ENTITY and (before is None or before.low != ENTITY):
            has_start = bool(token.starts_entity)
        if not is_decided(token):
            join = UNKNOWN
        elif token.low < ENTITY:
            join = 0 if before is not None and before.low == ENTITY else UNKNOWN
        elif not has_start or token.starts_entity is None:
            join = UNKNOWN
        elif token.starts_entity:
            is_after_name = before is not None and before.low == PROPER and not is_decided(before)
            join = UNKNOWN if is_after_name else 0
        else:
            join = 1
        joins.append(join)
    return joins
