"""A recipe's corpora: plain text read as it stands, and files that are wrong refused by name and line."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import WHITE_SPACE
from tests.training.corpora import SMOKE
from tokenizers import Tokenizer, models

from escore.normalization import INVISIBLE
from escore_labels.readers.corpus import read_corpus
from escore_labels.readers.plain import read_plain
from escore_labels.texts import join_sentences
from escore_labels.tokens import CorpusError, Token
from escore_training.data.datasets import load_sources
from escore_training.data.examples import encode_text
from escore_training.recipe import load_recipe

CORPORA = load_recipe("smoke").corpora
LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\x1c\x1d\x1e\ufeff")), min_size=1, max_size=5
).filter(lambda lines: "".join(lines).strip() != "")


def spaced(text: str) -> str:
    """With one space between words, and without what cannot be seen, which may lie between words."""
    visible = "".join(sign for sign in text if sign not in INVISIBLE)
    return re.sub(f"[{re.escape(''.join(WHITE_SPACE))}]+", " ", visible).strip(" ")


def test_plain_text_is_given_back_with_its_spacing(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("“Don't!”  said Zoë (24).\r\n\n  Naïve 🇳🇴 flags\tfly…\n", "utf-8")
    (document,) = read_plain(path)
    assert [join_sentences([sentence]).text for sentence in document] == [
        "“Don't!” said Zoë (24). ",
        "Naïve 🇳🇴 flags fly… ",
    ]
    assert [token.text for token in document[0]] == ["“", "Do", "n't", "!", "”", "said", "Zoë", "(", "24", ")", "."]
    assert {(token.low, token.high) for sentence in document for token in sentence} == {(0, 3)}
    (document,) = read_plain(SMOKE / "plain.txt")
    lines = (SMOKE / "plain.txt").read_text("utf-8").splitlines()
    assert [join_sentences([sentence]).text.rstrip() for sentence in document] == lines


@given(LINES)
def test_any_text_is_given_back(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes("\n".join(lines).encode())
    (document,) = read_plain(path)
    assert spaced(join_sentences(document).text) == spaced("\n".join(lines))


def test_a_sentence_without_words_trains_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.conllu"
    path.write_text("# newdoc\n1\tAnna\t_\t_\tNNP" + "\t_" * 5 + "\n\n# a comment alone\n\n")
    ((_, nothing),) = read_corpus(path)
    tokenizer = Tokenizer(models.BPE())
    assert list(encode_text(join_sentences([nothing]), tokenizer, 64)) == []


def test_names_of_users_are_left_open() -> None:
    _, names, _ = load_sources(CORPORA, SMOKE)
    (document,) = names.documents
    (post,) = [sentence for sentence in document if sentence[1].text == "beachbum99"]
    assert [(token.low, token.high) for token in post[:3]] == [(0, 3), (0, 3), (0, 2)]
    assert post[0] == Token("@", 0, 3, space_after=False)


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMOKE, tmp_path / "corpora"))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("notes.conllu", "4\topens\t_", "4\topens", "notes.conllu: line 7: 9 columns, needed 10"),
        ("notes.conllu", "\tVBZ\t", "\tverb\t", "notes.conllu: line 7: 'verb' is not a Penn part of speech"),
        ("notes.conllu", "\n2\tvillage", "\ntwo\tvillage", "notes.conllu: line 5: 'two' is not a token number"),
        ("notes.conllu", "opens", "op\xe9ns", "notes.conllu: line 3: not UTF-8"),
        ("names.conll", "has\tO", "has", "names.conll: line 3: 1 column"),
        ("names.conll", "has\tO", "has\tVBZ", "names.conll: line 3: 'VBZ' is not an entity tag"),
        ("names.conll", "Oslo", "Troms\xf8", "names.conll: line 6: not UTF-8"),
        ("plain.txt", "stove", "caf\xe9", "plain.txt: line 20: not UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_by_name_and_line(corpora: Path, name: str, old: str, new: str, message: str) -> None:
    path = corpora / name
    before = path.read_text("utf-8")
    path.write_bytes(before.replace(old, new, 1).encode("latin-1"))
    with pytest.raises(CorpusError, match=re.escape(message)) as caught:
        load_sources(CORPORA, corpora)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["notes.conllu", "names.conll", "plain.txt"])
def test_missing_and_empty_files_are_refused_by_name(corpora: Path, name: str) -> None:
    (corpora / name).write_text("\n \n")
    with pytest.raises(CorpusError, match=rf"{name}: empty; give "):
        load_sources(CORPORA, corpora)
    (corpora / name).unlink()
    with pytest.raises(CorpusError, match=rf"{name}: no such file; '.*, made up for escore' is read from there"):
        load_sources(CORPORA, corpora)
    (corpora / name).mkdir()
    with pytest.raises(CorpusError, match=rf"{name}: Is a directory"):
        load_sources(CORPORA, corpora)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"corpora: no such folder; give the folder of the corpora"):
        load_sources(CORPORA, tmp_path / "corpora")
