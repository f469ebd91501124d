"""Rare forms are shown to the model as plain ones; words and offsets are those of the text."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import WHITE_SPACE
from tokenizers import NormalizedString, Tokenizer

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import read_manifest
from escore.bundle.tokenizer import WordTokenizer
from escore.bundle.writer import write_manifest
from escore.normalization import INVISIBLE, normalizer, plain_forms
from escore.pipeline.encode import encode_text
from escore.segmentation import find_words, word_offsets


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    """The shipped model with the normalizer and the words of this version."""
    folder = tmp_path_factory.mktemp("plain") / "bundle"
    shutil.copytree(DEFAULT, folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    find_words(tokenizer)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_manifest(folder, read_manifest(folder))
    return Scorer(folder)


def shown(text: str) -> str:
    """What the model is shown."""
    normalized = NormalizedString(text)
    normalizer().normalize(normalized)
    return normalized.normalized


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        ("“Yes,” ‘he’ said… «Oui»", '"Yes," \'he\' said ... "Oui"'),
        ("Oslo–Bergen — now • next", "Oslo - Bergen  -  now  -  next"),
        ("Rot\u00adter\u00addam \u200eJohn\u200e\ufeff", "Rotterdam John"),
        ("Ａｎｎａ！ 𝐁𝐨𝐥𝐝 𝟏𝟐 ﬁre Ⅳ ℋ Ⓐ", "Anna! Bold 12 fire IV H A"),
        ("m² ½ ™ № ① ﷽ 한 é e\u0301", "m² ½ ™ № ① ﷽ 한 é e\u0301"),
        ("Ａ\u0301 “\u0301 «\u200d", 'A\u0301 "\u0301 "\u200d'),
        ("O&#39;Brien AT&amp;T Ann&nbsp;Lee", "O'Brien AT&T Ann ..Lee"),
        ("&amp; &#39;s Ann&#39;s", "&amp; &#39;s Ann&#39;s"),
    ],
)
def test_what_is_shown(text: str, plain_text: str) -> None:
    assert shown(text) == plain_text


def test_every_form_is_one_character_and_shown_as_it_is_said() -> None:
    forms = plain_forms()
    assert 900 < len(forms) < 1100
    for sign, form in forms.items():
        assert shown(f"a{sign}b") == f"a{form}b"
        assert form.isascii()
    assert all(shown(f"a{sign}b") == "ab" for sign in INVISIBLE)
    others = set(map(chr, [*range(0xD800), *range(0xE000, 0x20000)])) - set(forms) - INVISIBLE - {"\ufdd0"}
    assert all(shown(sign) == sign for sign in others)


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        ("Rot\u00adter\u00addam is big, said John\u200e Smith.", "Rotterdam is big, said John Smith."),
        ("𝐀𝐧𝐧𝐚 lives in 𝐎𝐬𝐥𝐨, Ｎｏｒｗａｙ.", "Anna lives in Oslo, Norway."),
        ("“Come in,” she said… – he’d left.", '"Come in," she said... - he\'d left.'),
        ("\ufeffO&#39;Brien left AT&amp;T.", "O'Brien left AT&T."),
    ],
)
def test_a_text_scores_as_its_plain_form(plain: Scorer, text: str, plain_text: str) -> None:
    document, expected = plain(text), plain(plain_text)
    assert document.scores.tobytes() == expected.scores.tobytes()
    for word in document.words:
        assert text[word.start : word.end] == word.text
        assert word.text.strip("".join(INVISIBLE)) == word.text
    assert [shown(word.text).strip() for word in document.words] == [word.text for word in expected.words]


def test_whole_names_come_out_as_they_stand_in_the_text(plain: Scorer) -> None:
    text = "Rot\u00adter\u00addam, John\u200e Smith, O&#39;Brien and Anna&nbsp;Kowalska met."
    entities = [entity.text for entity in plain(text).entities(220)]
    assert {"Rot\u00adter\u00addam", "John\u200e Smith", "O&#39;Brien", "Anna&nbsp;Kowalska"} <= set(entities)


ODD = st.one_of(
    st.sampled_from([*"aZ.'’-&_1“”—–…•«\u0301\u200d\u200c\u00ad\u200b\u200e\ufeffＡ！𝐀ﬁſ \n\t", "\ufdd0"]),
    st.sampled_from(
        ["n't", "&nbsp;", "&#39;", "&amp;", "nbsp;", "&#0000000039;", "U.S.", "__", "'s", "7.5b", "x", "\u00ad" * 40]
    ),
    st.characters(),
)
TEXTS = st.lists(ODD, max_size=40).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_every_visible_character_is_in_exactly_one_word(plain: Scorer, text: str) -> None:
    document = plain(text)
    position = 0
    for word in document.words:
        assert text[word.start : word.end] == word.text
        assert position <= word.start < word.end
        assert WHITE_SPACE.issuperset(set(text[position : word.start]) - INVISIBLE)
        assert WHITE_SPACE.isdisjoint(word.text)
        position = word.end
    assert WHITE_SPACE.issuperset(set(text[position:]) - INVISIBLE)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_labels_and_scores_have_the_same_words_also_in_parts(plain: Scorer, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    document = plain(text)
    offsets = list(zip(document.starts.tolist(), document.ends.tolist(), strict=True))
    assert word_offsets(text) == offsets
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("escore.segmentation.PART", 48)
        patch.setattr("escore.pipeline.encode.CHUNK", 48)
        assert word_offsets(text) == offsets
        chunks = list(encode_text(plain.bundle.tokenizer, text))
    assert [start for chunk in chunks for start in chunk.starts.tolist()] == document.starts.tolist()


def test_underscores_around_words_are_words() -> None:
    text = "_Emma_ and _Pride and Prejudice_ snake_case __init__ a____b"
    assert [text[start:end] for start, end in word_offsets(text)] == [
        *("_", "Emma", "_", "and", "_", "Pride", "and", "Prejudice", "_", "snake_case", "__", "init", "__"),
        *("a", "____", "b"),
    ]


def test_given_words_are_shown_alike(plain: Scorer) -> None:
    one, other = plain.score_words(
        [["“", "𝐎𝐬𝐥𝐨", "—", "\u00ad", "Rot\u00adterdam"], ['"', "Oslo", "-", "", "Rotterdam"]]
    )
    assert one.tobytes() == other.tobytes()
    assert one[3] == 0


def test_any_other_reader_of_tokenizer_json_has_the_same(plain: Scorer) -> None:
    content = (plain.bundle.path / "tokenizer.json").read_text("utf-8")
    assert json.loads(content)["normalizer"]["type"] == "Sequence"
    text = "“Rot\u00adter\u00addam”"
    ids, _, starts, ends = WordTokenizer(content, False).encode(text)
    encoding = Tokenizer.from_str(content).encode(text, add_special_tokens=False)
    assert encoding.ids == ids.tolist()
    assert (starts.tolist(), ends.tolist()) == ([0, 1, 12], [1, 12, 13])
