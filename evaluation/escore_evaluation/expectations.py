"""Short sentences and the scores that a decent model gives their words: read them, and check a scorer against them.

`expectations.toml` describes its own format.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import DecodeError, Meta, Struct, ValidationError, toml

from escore import Document, Scorer
from escore.segmentation import words
from escore_evaluation.scoring import token_scores
from escore_labels.texts import LabeledText
from escore_labels.tokens import CorpusError

SHIPPED = Path(__file__).with_name("expectations.toml")
_NUMBERED = re.compile(r"(.+)#([1-9][0-9]*)")

_Words = Annotated[str, Meta(pattern=r"\S")]
_Sentence = tuple[_Words, Annotated[dict[str, _Words], Meta(min_length=1)]]  # the text, and words of it by band


class _Group(Struct, forbid_unknown_fields=True):
    name: _Words
    must: list[_Sentence] = []
    should: list[_Sentence] = []


class _File(Struct, forbid_unknown_fields=True):
    bands: Annotated[dict[str, tuple[float, float]], Meta(min_length=1)]
    groups: Annotated[list[_Group], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of scores, from `low` to `high`, both included."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ExpectedWord:
    """A word of a text and the band that its score should lie in.

    word: as written in the file, with "#2" for a second occurrence.
    start, end: half-open code point offsets.
    """

    word: str
    start: int
    end: int
    band: Band


@dataclass(frozen=True, slots=True)
class Expectation:
    """A text with what is expected of some of its words; `must`: any decent model gets all of them right."""

    group: str
    text: str
    must: bool
    words: tuple[ExpectedWord, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A word whose score is not in its band."""

    word: ExpectedWord
    score: float

    def __str__(self) -> str:
        """As in "mayor 172.4, not noun (50 to 150)"."""
        band = self.word.band
        return f"{self.word.word} {self.score:.1f}, not {band.name} ({band.low:g} to {band.high:g})"


@dataclass(frozen=True, slots=True)
class Result:
    """An expectation and the words of it that failed."""

    expectation: Expectation
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether all its words are in their bands."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Results:
    """The results of several expectations, in their order."""

    results: tuple[Result, ...]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(result.passed for result in self.results)

    def must(self) -> "Results":
        """Those of the sentences that any decent model passes."""
        return Results(tuple(result for result in self.results if result.expectation.must))

    def by_group(self) -> dict[str, "Results"]:
        """Those of each group, in the order of the file."""
        groups: dict[str, list[Result]] = {}
        for result in self.results:
            groups.setdefault(result.expectation.group, []).append(result)
        return {name: Results(tuple(results)) for name, results in groups.items()}


def check_expectations(scorer: Scorer, expectations: tuple[Expectation, ...] | None = None) -> Results:
    """Score the sentences (None: those that ship), each as a text of its own, and compare the scores with the bands."""
    expectations = read_expectations() if expectations is None else expectations
    documents = scorer.stream(expectation.text for expectation in expectations)
    return Results(tuple(check_document(*pair) for pair in zip(expectations, documents, strict=True)))


def check_document(expectation: Expectation, document: Document) -> Result:
    """Compare a scored sentence with its bands. A model that splits words otherwise is judged as in token_scores."""
    ordered = sorted(expectation.words, key=lambda word: word.start)
    text = LabeledText(expectation.text, [], [(word.start, word.end) for word in ordered])
    scores = dict(zip(ordered, token_scores(text, document).tolist(), strict=True))
    outside = [word for word in expectation.words if not word.band.low <= scores[word] <= word.band.high]
    return Result(expectation, tuple(Failure(word, scores[word]) for word in outside))


def read_expectations(path: Path = SHIPPED) -> tuple[Expectation, ...]:
    """Read a file of expectations. Raises CorpusError, with the place in the file that it is about."""
    try:
        file = toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise CorpusError(f"{path}: {error}") from error
    except (DecodeError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: not a TOML file: {error}") from error
    for name, (low, high) in file.bands.items():
        if not low < high:
            raise CorpusError(f"{path}: band '{name}' is from {low:g} to {high:g}", "give the lower score first")
    bands = {name: Band(name, *edges) for name, edges in file.bands.items()}
    expectations: dict[str, Expectation] = {}
    group_names: set[str] = set()
    for group in file.groups:
        where = f"{path}: {group.name}"
        if group.name in group_names:
            raise CorpusError(f"{path}: two groups are named '{group.name}'")
        group_names.add(group.name)
        if not group.must and not group.should:
            raise CorpusError(f"{where}: no sentences")
        sentences = [*((True, sentence) for sentence in group.must), *((False, sentence) for sentence in group.should)]
        for must, (text, words_by_band) in sentences:
            if text in expectations:
                raise CorpusError(f"{where}: {text!r} is there twice")
            expected = tuple(_expected_words(text, words_by_band, bands, f"{where}: {text!r}"))
            expectations[text] = Expectation(group.name, text, must, expected)
    return tuple(expectations.values())


def _expected_words(
    text: str, words_by_band: Mapping[str, str], bands: Mapping[str, Band], where: str
) -> Iterator[ExpectedWord]:
    segments = words(text)
    band_of: dict[tuple[int, int], str] = {}
    for band, line in words_by_band.items():
        if band not in bands:
            raise CorpusError(f"{where}: no band is named '{band}'", f"give one of {', '.join(bands)}")
        for word in line.split():
            span = _find_word(word, segments, where)
            if span in band_of:
                raise CorpusError(f"{where}: '{word}' is named twice, as {band_of[span]} and {band}")
            band_of[span] = band
            yield ExpectedWord(word, *span, bands[band])


def _find_word(word: str, segments: list[tuple[str, tuple[int, int]]], where: str) -> tuple[int, int]:
    """The offsets of a word of a sentence, or of its nth occurrence, as in "Sea#2"."""
    numbered = _NUMBERED.fullmatch(word)
    text = numbered[1] if numbered else word
    spans = [span for segment, span in segments if segment == text]
    if not spans:
        raise CorpusError(f"{where}: '{text}' is none of its words: {' '.join(segment for segment, _ in segments)}")
    if numbered is None and len(spans) > 1:
        problem = f"{where}: '{text}' is there {len(spans)} times"
        raise CorpusError(problem, f"write {text}#1 to {text}#{len(spans)}")
    number = int(numbered[2]) if numbered else 1
    if number > len(spans):
        raise CorpusError(f"{where}: '{text}' is there {len(spans)} times, so there is no {word}")
    return spans[number - 1]
