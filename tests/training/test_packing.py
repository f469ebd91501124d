"""Word pieces know their token, and nothing is lost where sequences are packed."""

import msgspec
import numpy as np
import pytest
from tests.training.corpora import SMOKE
from tokenizers import Tokenizer

from escore_labels.readers.corpus import read_corpus
from escore_labels.tokens import Document, Sentence, Token
from escore_training.data.case import CASES
from escore_training.data.datasets import Source
from escore_training.data.packing import PackedSequences, pack
from escore_training.model.encoders import minilm_tokenizer
from escore_training.recipe import load_recipe

CORPUS = load_recipe("smoke").corpora[0]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return minilm_tokenizer()


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return read_corpus(SMOKE / "notes.conllu") + read_corpus(SMOKE / "names.conll")


def words(documents: list[Document]) -> list[Token]:
    return [token for document in documents for sentence in document for token in sentence]


def source(documents: list[Document], posts: bool = False) -> Source:
    return Source(msgspec.structs.replace(CORPUS, posts=posts), documents)


def spelling(packed: PackedSequences, tokenizer: Tokenizer) -> dict[int, str]:
    """The characters of each token's pieces."""
    texts: dict[int, str] = {}
    for piece, token in zip(packed.ids.tolist(), packed.tokens.tolist(), strict=True):
        if token >= 0:
            texts[token] = texts.get(token, "") + tokenizer.id_to_token(piece).removeprefix("##")
    return texts


def test_each_token_has_its_pieces_and_no_others(documents: list[Document], tokenizer: Tokenizer) -> None:
    packed = pack([source(documents)], tokenizer, 64)
    tokens = words(documents)
    texts = spelling(packed, tokenizer)
    assert sorted(texts) == list(range(len(tokens)))
    differing = {(token.text, texts[i]) for i, token in enumerate(tokens) if texts[i] != token.text.lower()}
    # Word pieces part words at an apostrophe, the corpora before n't: the letter n is part of the word before.
    assert differing == {
        ("does", "doesn"),
        ("would", "wouldn"),
        ("did", "didn"),
        ("Do", "don"),
        ("n't", "'t"),
    }
    own = packed.tokens[packed.tokens >= 0]
    assert (np.diff(own) >= 0).all()  # in the order of the text
    opening = np.flatnonzero(packed.cases[packed.tokens >= 0] % 2)
    assert own[opening].tolist() == list(range(len(tokens)))  # one piece of each begins it
    cases = (packed.cases[packed.tokens >= 0] // 2)[opening]
    assert CASES[cases[0]] == "initial"
    assert CASES[cases[next(i for i, token in enumerate(tokens) if token.text == "2016")]] == "digits"


@pytest.mark.parametrize("most", [8, 24, 500])
@pytest.mark.parametrize("posts", [False, True])
def test_long_texts_are_cut_and_nothing_is_lost(
    documents: list[Document], tokenizer: Tokenizer, most: int, posts: bool
) -> None:
    whole = pack([source(documents)], tokenizer, 100_000)
    assert len(whole.lengths) == len(documents)
    packed = pack([source(documents, posts)], tokenizer, most)
    assert packed.lengths.max() <= most
    begin, end = tokenizer.encode("").ids
    for first, last in zip(packed.bounds[:-1], packed.bounds[1:], strict=True):
        assert (packed.ids[first], packed.ids[last - 1]) == (begin, end)
        assert (packed.tokens[first], packed.tokens[last - 1]) == (-1, -1)
        assert (packed.tokens[first + 1 : last - 1] >= 0).all()
    for name in ("ids", "tokens", "cases"):
        pieces = getattr(packed, name)[packed.tokens >= 0]
        assert pieces.tolist() == getattr(whole, name)[whole.tokens >= 0].tolist()


def test_posts_stand_alone_and_other_sentences_together(tokenizer: Tokenizer) -> None:
    document: list[Sentence] = [[Token("Hi", 0, 0)], [Token("Anna", 3, 3)], [Token("Berg", 3, 3)]]
    packed = pack([source([document], posts=True), source([document])], tokenizer, 64)
    assert [
        sorted(set(packed.tokens[a:b].tolist()) - {-1}) for a, b in zip(packed.bounds, packed.bounds[1:], strict=False)
    ] == [
        [0],
        [1],
        [2],
        [3, 4, 5],
    ]
