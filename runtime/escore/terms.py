"""Lists of terms: what is always one entity, and what is never part of one, whatever the model says.

A term matches whole words, with any white space between them, or none. One that is written without a capital letter
matches in any case, another as it is written; accents may be composed or not (NFC, NFD). Terms that match do not
overlap: the first counts; of those that begin with the same word, the longest; of the same words, the term with
capitals.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from escore.arguments import describe
from escore.caseless import fold
from escore.errors import TermsError
from escore.scale import MAX_SCORE
from escore.segmentation import words

_TERMS = 1 << 9  # whose words are found in one call

Files = str | Path | Iterable[str | Path]
PlacedTerm = tuple[str, str]  # where a term stands, and the term


class Terms:
    """Terms that are always one entity, and terms that are never part of one. Threads may share it.

    always, never: the terms. White space around them, and the same term twice, make no difference.

    Raises TermsError for a term without a word, for one that is no str, and for one in both lists.
    """

    def __init__(self, always: Iterable[str] = (), never: Iterable[str] = ()) -> None:
        self._as_written, self._in_any_case = _compile(_items(always, "always"), _items(never, "never"))

    @classmethod
    def read(cls, always: Files = (), never: Files = ()) -> "Terms":
        """The terms of a file each, or of several: UTF-8, one a line; blank lines and those with "# " first are none.

        Raises TermsError that names the file and the line.
        """
        terms = cls()
        terms._as_written, terms._in_any_case = _compile(_lines(always), _lines(never))
        return terms

    def apply(
        self, text: str, starts: NDArray[np.int32], ends: NDArray[np.int32], scores: NDArray[np.float32]
    ) -> NDArray[np.int32]:
        """The first and the last word of each term that a text has, in order (int32, [terms, 2]).

        starts, ends: where each word starts and ends in `text`, in code points ([words]).
        scores: of the words ([words]); set to 300 in a term that is always an entity, to 0 in one that never is.
        """
        text_words = [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        tables = (self._as_written, self._in_any_case)
        keys = [table.keys(text_words) for table in tables]
        candidates = {i for table, of in zip(tables, keys, strict=True) for i in table.candidates(of)}
        matches: list[tuple[int, int]] = []
        end = 0
        for first in sorted(candidates):
            if first < end:
                continue
            lengths = [table.longest(of, first) for table, of in zip(tables, keys, strict=True)]
            length, is_always = max(lengths, key=lambda match: match[0])  # of equal ones the first
            if length:
                end = first + length
                scores[first:end] = MAX_SCORE if is_always else 0
                matches.append((first, end - 1))
        return np.array(matches, np.int32).reshape(-1, 2)


class _Table:
    """Terms by the keys of their words, and which of them are always entities; `key` makes a word's."""

    def __init__(self, key: Callable[[str], str]) -> None:
        self._key = key
        self._is_always: dict[str, bool] = {}  # by a term's keys, with a blank between them
        self._lengths: dict[str, tuple[int, ...]] = {}  # of the terms that begin with a word, the longest first

    def add(self, term_words: Sequence[str], is_always: bool) -> bool:
        """Add a term; whether it is not in the other list already."""
        keys = self.keys(term_words)
        lengths = self._lengths.get(keys[0], ())
        if len(keys) not in lengths:
            self._lengths[keys[0]] = tuple(sorted((*lengths, len(keys)), reverse=True))
        return self._is_always.setdefault(" ".join(keys), is_always) == is_always

    def keys(self, text_words: Sequence[str]) -> list[str]:
        return list(map(self._key, text_words))

    def candidates(self, keys: Sequence[str]) -> Iterator[int]:
        """The words that a term may begin with."""
        return (i for i, key in enumerate(keys) if key in self._lengths)

    def longest(self, keys: Sequence[str], first: int) -> tuple[int, bool]:
        """Words of the longest term that begins with a word (0 for none), and whether it is always an entity."""
        for length in self._lengths.get(keys[first], ()):
            is_always = self._is_always.get(" ".join(keys[first : first + length]))
            if is_always is not None and first + length <= len(keys):
                return length, is_always
        return 0, False


def _compile(always: Iterable[PlacedTerm], never: Iterable[PlacedTerm]) -> tuple[_Table, _Table]:
    """The terms that match as they are written, and those that match in any case. Raises TermsError."""
    as_written, in_any_case = _Table(_compose), _Table(fold)
    for terms, is_always in ((always, True), (never, False)):
        for place, term, term_words in _split(terms):
            if not term_words:
                raise TermsError(f"{place}: '{term}' has no word in it", "take it out")
            table = in_any_case if term == term.lower() else as_written
            if not table.add(term_words, is_always):
                raise TermsError(f"{place}: '{term}' is both always and never an entity", "take it out of one list")
    return as_written, in_any_case


def _split(terms: Iterable[PlacedTerm]) -> Iterator[tuple[str, str, list[str]]]:
    """Each term with its words. No word goes on beyond white space, so many terms are split in one call."""
    others = []
    for place, term in terms:
        if is_plain(term):
            yield place, term, term.split()
        else:
            others.append((place, term))
    left = iter(others)
    while part := list(islice(left, _TERMS)):
        text = "\n".join(term for _, term in part)
        spans = iter([span for _, span in words(re.sub("[\ud800-\udfff]", "\ufffd", text))])
        span = next(spans, None)
        end = -1
        for place, term in part:
            end += 1 + len(term)
            term_words = []
            while span is not None and span[0] < end:
                term_words.append(text[slice(*span)])
                span = next(spans, None)
            yield place, term, term_words


def is_plain(term: str) -> bool:
    """Whether a term's words are what lies between its blanks: letters and digits of ASCII alone, as in most terms."""
    return term.isascii() and term.replace(" ", "").isalnum()


def _compose(word: str) -> str:
    return word if word.isascii() else normalize("NFC", word)


def _items(terms: Iterable[str], name: str) -> Iterator[PlacedTerm]:
    if isinstance(terms, str):
        raise TermsError(f"{name}: one str, needed a list of terms", f"give [{terms[:40]!r}]")
    if not isinstance(terms, Iterable):
        raise TermsError(f"{name}: {describe(terms)}, needed a list of terms", "give a list of str")
    for number, term in enumerate(terms):
        if not isinstance(term, str):
            raise TermsError(f"{name}[{number}]: a term must be a str, not {type(term).__name__}")
        yield f"{name}[{number}]", term


def _lines(files: Files) -> Iterator[PlacedTerm]:
    if not isinstance(files, str | Path | Iterable):
        raise TermsError(f"{describe(files)} is no file", "give paths of files of terms")
    for file in [files] if isinstance(files, str | Path) else files:
        if not isinstance(file, str | Path):
            raise TermsError(f"{describe(file)} is no file", "give paths of files of terms")
        try:
            text = Path(file).read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise TermsError(f"{file}: {error.strerror}", "give a file with a term on each line") from error
        except UnicodeDecodeError as error:
            number = 1 + error.object.count(b"\n", 0, error.start)
            raise TermsError(f"{file}: line {number}: not UTF-8", "convert the file to UTF-8") from error
        except ValueError as error:  # a NUL in the path
            raise TermsError(f"{str(file)!r} is no path", "give paths of files of terms") from error
        for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):
            if line.strip() and not re.match(r"#(\s|$)", line):
                yield f"{file}: line {number}", line.strip()
