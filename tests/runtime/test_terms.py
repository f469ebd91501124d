"""Term lists: what matches, what becomes of its words and its neighbors, and which lists are refused."""

import pickle
from itertools import pairwise
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escore import Bundle, Document, Scorer, Terms, TermsError
from escore.json_output import entity_objects, word_objects
from escore.segmentation import words
from escore.terms import is_plain

TEXT = "Anna Berg sold Gauze\r\n swabs in Oslo to New York Times readers."


@pytest.fixture(scope="module")
def bundle(scorer: Scorer) -> Bundle:
    return scorer.bundle


def scored(bundle: Bundle, text: str, always: tuple[str, ...] = (), never: tuple[str, ...] = ()) -> Document:
    return Scorer(bundle, terms=Terms(always, never))(text)


def terms_of(document: Document) -> list[str]:
    assert document.terms is not None
    return [document.text[document.starts[a] : document.ends[b]] for a, b in document.terms.tolist()]


def test_words_of_terms_get_300_or_0_and_all_others_keep_their_scores(bundle: Bundle) -> None:
    plain, document = Scorer(bundle)(TEXT), scored(bundle, TEXT, ("gauze swabs",), ("Oslo",))
    assert terms_of(document) == ["Gauze\r\n swabs", "Oslo"]
    mask = document.in_terms()
    assert document.scores[mask].tolist() == [300, 300, 0]
    assert document.scores[~mask].tobytes() == plain.scores[~mask].tobytes()
    assert (document.starts.tobytes(), document.ends.tobytes()) == (plain.starts.tobytes(), plain.ends.tobytes())
    gauze, oslo = document.words[3], document.words[6]
    assert (gauze.text, gauze.score, gauze.mark, gauze.probability, gauze.by) == ("Gauze", 300, "★", 1, "list")
    assert (oslo.text, oslo.score, oslo.mark, oslo.probability, oslo.by) == ("Oslo", 0, "", 0, "list")
    assert document.words[0] == plain.words[0]
    assert plain.words[0].by == "model"


def test_an_always_term_is_one_entity_and_a_never_term_ends_entities(bundle: Bundle) -> None:
    def entities(*lists: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(entity.text, entity.by) for entity in scored(bundle, TEXT, *lists).entities(220)]

    assert entities()[0] == ("Anna Berg", "model")
    assert entities(("Berg",))[:2] == [("Anna", "model"), ("Berg", "list")]
    assert entities(("Anna", "Berg"))[:2] == [("Anna", "list"), ("Berg", "list")]
    assert entities((), ("Berg",))[0] == ("Anna", "model")
    assert entities((), ("York",))[-2:] == [("New", "model"), ("Times", "model")]
    assert ("to", "list") in entities(("to",))
    assert entities((), ("Anna Berg",)) == entities()[1:]
    assert all(entity.text != "Anna" for entity in scored(bundle, TEXT, (), ("anna",)).entities(0))


def test_the_first_term_counts_then_the_longest_then_the_one_with_capitals(bundle: Bundle) -> None:
    def match(always: tuple[str, ...], never: tuple[str, ...]) -> list[tuple[str, float]]:
        document = scored(bundle, TEXT, always, never)
        assert document.terms is not None
        scores = document.scores[document.terms[:, 0]].tolist()
        return list(zip(terms_of(document), scores, strict=True))

    assert match(("new",), ("new york",)) == [("New York", 0)]
    assert match(("new york times",), ("new york", "york times readers")) == [("New York Times", 300)]
    assert match(("Oslo",), ("oslo",)) == [("Oslo", 300)]
    assert match(("oslo",), ("Oslo",)) == [("Oslo", 0)]
    assert match(("readers . more", "times readers"), ()) == [("Times readers", 300)]


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("us", "US and us", ["US", "us"]),
        ("US", "US and us", ["US"]),
        ("straße", "STRASSE", ["STRASSE"]),
        ("José", "Jose\u0301 José", ["Jose\u0301", "José"]),
        ("jose\u0301", "JOSÉ", ["JOSÉ"]),
        ("Ann", "Anna Mary-Ann Ann's", ["Ann"]),
        ("AT&T", "AT&T", ["AT&T"]),
        ("don't", "I DON'T", ["DON'T"]),
        ("Yahoo!", "Yahoo ! Yahoo!", ["Yahoo !", "Yahoo!"]),
        ("👍 ok", "👍🏽 ok 👍\u2003ok", ["👍\u2003ok"]),
        ("東京", "東京 東京都", ["東京"]),
        ("a\ud800b", "x a\ud800b", ["a\ud800b"]),
        ("new  york\n", "New\n\nYork", ["New\n\nYork"]),
        ("ǆ", "ǅ", ["ǅ"]),
    ],
)
def test_what_matches(bundle: Bundle, term: str, text: str, expected: list[str]) -> None:
    assert terms_of(scored(bundle, text, (term,))) == expected


PIECES = st.sampled_from(["new", "New", "york", "a", "É", "e\u0301", "é", "👍", "\ud800", "n't", "Ann's", ".", "U.S."])
GAPS = st.sampled_from([" ", "\r\n", "\u2003", "", "\u200b"])
TEXTS = st.lists(st.one_of(PIECES, GAPS), max_size=12).map("".join)


def key(term: str) -> tuple[str, ...]:
    fold = str.casefold if term == term.lower() else str
    parts = [term[start:end] for _, (start, end) in words(term.replace("\ud800", "\ufffd"))]
    return tuple(normalize("NFC", fold(normalize("NFD", part))) for part in parts)


def expected_terms(texts: list[str], always: list[str], never: list[str]) -> list[tuple[int, int, bool]]:
    """By looking for every term at every word."""
    matches, first = [], 0
    while first < len(texts):
        fitting = [
            (len(key(term)), term != term.lower(), is_always)
            for terms, is_always in ((always, True), (never, False))
            for term in terms
            if (size := len(key(term))) <= len(texts) - first
            and all(
                normalize("NFC", (str.casefold if term == term.lower() else str)(normalize("NFD", word))) == part
                for word, part in zip(texts[first : first + size], key(term), strict=True)
            )
        ]
        size, _, is_always = max(fitting, default=(0, False, False))
        if size:
            matches.append((first, first + size - 1, is_always))
        first += size or 1
    return matches


@settings(max_examples=150, deadline=None)
@given(st.one_of(TEXTS, st.text(max_size=30)), st.lists(TEXTS, max_size=5), st.lists(TEXTS, max_size=5))
def test_for_any_text_and_lists_offsets_stay_and_matches_are_those_of_a_plain_search(
    scorer: Scorer, text: str, always: list[str], never: list[str]
) -> None:
    always = [term for term in always if key(term)]
    both = {(key(term), term == term.lower()) for term in always}
    never = [term for term in never if key(term) and (key(term), term == term.lower()) not in both]
    plain, document = scorer(text), scored(scorer.bundle, text, tuple(always), tuple(never))
    assert [(word.start, word.end) for word in document.words] == [(word.start, word.end) for word in plain.words]
    expected = expected_terms([word.text for word in plain.words], always, never)
    assert document.terms is not None
    assert document.terms.tolist() == [[first, last] for first, last, _ in expected]
    scores = plain.scores.copy()
    for first, last, is_always in expected:
        scores[first : last + 1] = 300 if is_always else 0
    assert document.scores.tobytes() == scores.tobytes()
    for minimum in (0, 150, 220):
        entities = document.entities(minimum)
        assert all(a.end <= b.start for a, b in pairwise(entities))
        listed = [(entity.start, entity.end) for entity in entities if entity.by == "list"]
        assert listed == [
            (document.words[first].start, document.words[last].end) for first, last, is_always in expected if is_always
        ]
        assert not any(
            entity.start < document.words[last].end and document.words[first].start < entity.end
            for entity in entities
            for first, last, is_always in expected
            if not is_always
        )


@given(st.text("azAZ09 _.'-", max_size=12))
def test_plain_terms_are_split_as_texts_are(term: str) -> None:
    if is_plain(term):
        assert term.split() == [word for word, _ in words(term)]


def test_lists_count_in_streams_and_long_texts_for_any_number_of_threads(bundle: Bundle, long_text: str) -> None:
    terms = Terms(["the"], ["Berlin"])
    documents = [Scorer(bundle, threads, terms=terms)(long_text) for threads in (1, 3)]
    (streamed,) = Scorer(bundle, 2, terms=terms).stream([long_text])
    plain = Scorer(bundle)(long_text)
    assert documents[0].terms is not None
    assert len(documents[0].terms) == sum(word.text.lower() == "the" or word.text == "Berlin" for word in plain.words)
    for document in (*documents, streamed, pickle.loads(pickle.dumps(streamed))):  # noqa: S301
        assert document.scores.tobytes() == documents[0].scores.tobytes()
        assert np.array_equal(document.terms, documents[0].terms)
        assert document.entities(220) == documents[0].entities(220)


def test_without_lists_nothing_changes_and_an_empty_one_does_nothing(bundle: Bundle) -> None:
    plain, empty = Scorer(bundle)(TEXT), scored(bundle, TEXT)
    assert plain.terms is None
    assert not plain.in_terms().any()
    assert empty.scores.tobytes() == plain.scores.tobytes()
    assert (empty.words, empty.entities(220)) == (plain.words, plain.entities(220))
    assert scored(bundle, "", ("Anna",)).words == ()


def test_json_says_what_is_by_a_list(bundle: Bundle) -> None:
    document = scored(bundle, "Ben saw Oslo.", ("Oslo",), ("saw",))
    assert [item.get("by") for item in word_objects(document, 0)] == [None, "list", "list", None]
    assert [item.get("by") for item in entity_objects(document, 220)] == [None, "list"]


def test_files(bundle: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "always.txt"
    file.write_bytes("\ufeff# a list\r\n\r\n  gauze\tswabs \r\n#metoo\nOslo\nOslo\n\u00a0\n#\n".encode())
    (tmp_path / "never.txt").write_text("Anna")
    document = Scorer(bundle, terms=Terms.read(file, [tmp_path / "never.txt"]))(TEXT + " #metoo a list #")
    assert terms_of(document) == ["Anna", "Gauze\r\n swabs", "Oslo", "#metoo"]


@pytest.mark.parametrize(
    ("always", "never", "problem"),
    [
        (b"Oslo\nJos\xe9\n", b"", "always: line 2: not UTF-8; convert"),
        (b"Oslo\n", b"anna\nOslo", "never: line 2: 'Oslo' is both always and never an entity; take it out of one list"),
        ("jos\u00e9".encode(), "jose\u0301".encode(), "never: line 1: 'jose\u0301' is both always"),
        (b"new  york", b"\nnew york", "never: line 2: 'new york' is both always"),
        (None, b"", "always: No such file or directory; give a file"),
    ],
)
def test_files_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always: bytes | None, never: bytes, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if always is not None:
        Path("always").write_bytes(always)
    Path("never").write_bytes(never)
    with pytest.raises(TermsError) as error:
        Terms.read("always", ["never"])
    assert str(error.value).startswith(problem)


def test_lists_that_are_refused() -> None:
    for always, never, problem in [
        (["Oslo"], ["oslo", "Oslo"], r"never\[1\]: 'Oslo' is both always and never an entity"),
        (["Oslo", " \n"], [], r"always\[1\]: ' \n' has no word in it"),
        ("Oslo", [], "always: one str, needed a list of terms"),
        ([], [3], r"never\[0\]: a term must be a str, not int"),
    ]:
        with pytest.raises(TermsError, match=problem):
            Terms(always, never)  # type: ignore[arg-type]
