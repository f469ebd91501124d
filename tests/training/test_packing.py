"""Word pieces know their gold token, and nothing is lost where texts are cut."""

import numpy as np
import pytest
from tests.training.corpora import SMOKE
from tokenizers import Tokenizer

from escore_labels.readers.formats import read_corpus
from escore_labels.tokens import Document, Sentence, Token
from escore_training.data import packing as pieces
from escore_training.model import encoders
from escore_training.model.minilm import CASES


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(encoders.minilm_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return read_corpus(SMOKE / "notes.conllu") + read_corpus(SMOKE / "names.conll")


def words(documents: list[Document]) -> list[Token]:
    return [token for document in documents for sentence in document for token in sentence]


def spelt(cut: pieces.Pieces, tokenizer: Tokenizer) -> dict[int, str]:
    """The characters of each gold token's pieces."""
    found: dict[int, str] = {}
    for piece, owner in zip(cut.ids.tolist(), cut.owners.tolist(), strict=True):
        if owner >= 0:
            text = tokenizer.id_to_token(piece)
            found[owner] = found.get(owner, "") + text.removeprefix("##")
    return found


def test_each_token_owns_its_pieces_and_no_others(documents: list[Document], tokenizer: Tokenizer) -> None:
    cut = pieces.cut(documents, [False] * len(documents), tokenizer, 64)
    tokens = words(documents)
    found = spelt(cut, tokenizer)
    assert sorted(found) == list(range(len(tokens)))
    differing = {(token.text, found[i]) for i, token in enumerate(tokens) if found[i] != token.text.lower()}
    # Word pieces part words at an apostrophe, the corpora before n't: the letter n belongs to the word before.
    assert differing == {
        ("does", "doesn"),
        ("would", "wouldn"),
        ("did", "didn"),
        ("Do", "don"),
        ("n't", "'t"),
    }
    own = cut.owners[cut.owners >= 0]
    assert (np.diff(own) >= 0).all()  # in the order of the text
    opening = np.flatnonzero(cut.cases[cut.owners >= 0] % 2)
    assert own[opening].tolist() == list(range(len(tokens)))  # one piece of each begins it
    cases = (cut.cases[cut.owners >= 0] // 2)[opening]
    assert CASES[cases[0]] == "initial"
    assert CASES[cases[next(i for i, token in enumerate(tokens) if token.text == "2016")]] == "digits"


@pytest.mark.parametrize("most", [8, 24, 500])
@pytest.mark.parametrize("alone", [False, True])
def test_long_texts_are_cut_and_nothing_is_lost(
    documents: list[Document], tokenizer: Tokenizer, most: int, alone: bool
) -> None:
    whole = pieces.cut(documents, [False] * len(documents), tokenizer, 100_000)
    assert len(whole.lengths) == len(documents)
    cut = pieces.cut(documents, [alone] * len(documents), tokenizer, most)
    assert cut.lengths.max() <= most
    begin, end, _ = encoders.special(tokenizer)
    for first, last in zip(cut.bounds[:-1], cut.bounds[1:], strict=True):
        assert (cut.ids[first], cut.ids[last - 1]) == (begin, end)
        assert (cut.owners[first], cut.owners[last - 1]) == (-1, -1)
        assert (cut.owners[first + 1 : last - 1] >= 0).all()
    for name in ("ids", "owners", "cases"):
        kept = getattr(cut, name)[cut.owners >= 0]
        assert kept.tolist() == getattr(whole, name)[whole.owners >= 0].tolist()


def test_posts_stand_alone_and_other_sentences_together(tokenizer: Tokenizer) -> None:
    document: list[Sentence] = [[Token("Hi", 0, 0)], [Token("Anna", 3, 3)], [Token("Berg", 3, 3)]]
    cut = pieces.cut([document, document], [True, False], tokenizer, 64)
    assert [sorted(set(cut.owners[a:b].tolist()) - {-1}) for a, b in zip(cut.bounds, cut.bounds[1:], strict=False)] == [
        [0],
        [1],
        [2],
        [3, 4, 5],
    ]
