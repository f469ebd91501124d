"""Where entities go on, and of what kind they are, is learned from what the corpora say, and from nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import ROOT
from tests.training.corpora import plain_sentence
from tokenizers import Tokenizer

from escore_labels.texts import join_sentences
from escore_labels.tokens import ENTITY, NONE, PROPER, Sentence, Token
from escore_training.data.boundaries import UNKNOWN, token_joins
from escore_training.data.examples import encode_text


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    (file,) = (ROOT / "runtime" / "escore" / "models").glob("default/tokenizer.json")
    return Tokenizer.from_file(str(file))


def labeled(text: str) -> Sentence:
    """Words; *Anna begins an entity, +Berg goes on with one, ?Mr is a proper noun that may be in one."""
    tokens = []
    for word in text.split():
        mark, name = (word[0], word[1:]) if word[0] in "*+?" else ("", word)
        low, high = {"*": (ENTITY, ENTITY), "+": (ENTITY, ENTITY), "?": (PROPER, ENTITY)}.get(mark, (NONE, PROPER))
        tokens.append(Token(name, low, high, starts_entity=mark == "*", probabilities=(0.0, 0.0, 1.0, 0.5)))
    return tokens


def test_a_token_goes_on_with_an_entity_or_does_not() -> None:
    assert token_joins(labeled("*Anna +Berg met *Oskar *Rotterdam")) == [0, 1, 0, 0, 0]


def test_what_nobody_labels_is_unknown() -> None:
    assert token_joins(plain_sentence("Anna met Oskar")) == [UNKNOWN] * 3
    assert token_joins(labeled("she met *Oskar")) == [UNKNOWN, UNKNOWN, 0]  # no entity to go on with
    # The title may be part of the name; what follows the name is known again.
    assert token_joins(labeled("?President *Ruiz +Vega left")) == [UNKNOWN, UNKNOWN, 1, 0]
    # A corpus that marks no beginnings says nothing of neighbors.
    without_starts = [replace(token, starts_entity=False) for token in labeled("*Anna +Berg left")]
    assert token_joins(without_starts) == [UNKNOWN, UNKNOWN, 0]


def test_a_beginning_that_cannot_be_relied_on_is_unknown() -> None:
    tokens = labeled("*Sri *Lanka won")
    assert token_joins([tokens[0], replace(tokens[1], starts_entity=None), tokens[2]]) == [0, UNKNOWN, 0]


def test_each_word_has_its_labels_at_its_pieces(tokenizer: Tokenizer) -> None:
    sentence = [
        replace(token, kind="person" if token.low == ENTITY else None) for token in labeled("*Anna +Bergström left")
    ]
    (example,) = encode_text(join_sentences([sentence]), tokenizer, 64)
    words = [i for i, join in enumerate(example.joins) if join != UNKNOWN]
    assert example.joins[words].tolist() == [0, 1, 0]
    assert words[2] - words[1] > 1  # the name has several pieces, and says where it goes on at the first
    assert example.kinds.tolist() == [0] * words[2] + [UNKNOWN] * (len(example.ids) - words[2])


def test_words_within_a_token_go_on_with_its_entity(tokenizer: Tokenizer) -> None:
    entity = Token("Anna/Berg", ENTITY, ENTITY, starts_entity=True, probabilities=(0, 0, 1, 1))
    other = Token("in/out", NONE, NONE, probabilities=(1, 0, 0, 0))
    joins = [next(encode_text(join_sentences([[token]]), tokenizer, 64)).joins for token in (entity, other)]
    assert [values[values != UNKNOWN].tolist() for values in joins] == [[0, 1, 1], []]
    assert all(values.dtype == np.int8 for values in joins)
