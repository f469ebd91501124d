"""What a model is expected to make of short sentences written for that: read them, and check a scorer against them.

`expectations.toml` tells its own format. Needs the base install only.
"""

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escore import Document, Scorer
from escore.segmentation import words
from escore_evaluation.evaluate import gold_scores
from escore_labels.texts import LabeledText
from escore_labels.tokens import CorpusError

SHIPPED = Path(__file__).with_name("expectations.toml")
_NUMBERED = re.compile(r"(.+)#([1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of scores, from `least` to `most`, both included."""

    name: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Expected:
    """A word, where it stands (half-open code point offsets), and the band that its score should fall into.

    `word` is written as in the file: as in the text, with "#2" for a second occurrence.
    """

    word: str
    start: int
    end: int
    band: Band


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text with what is expected of some of its words; `must`: any decent model gets all of them right."""

    group: str
    text: str
    must: bool
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A word whose score is not in its band."""

    expected: Expected
    score: float

    def __str__(self) -> str:
        """As in "mayor 172.4, not noun (50 to 150)"."""
        band = self.expected.band
        return f"{self.expected.word} {self.score:.1f}, not {band.name} ({band.least:g} to {band.most:g})"


@dataclass(frozen=True, slots=True)
class Result:
    """A sentence and the words of it that failed."""

    sentence: Sentence
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        """Whether all its words are in their bands."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Report:
    """The results of all sentences, in their order."""

    results: tuple[Result, ...]

    def share(self) -> float:
        """The share of sentences that passed; nan where there are none."""
        if not self.results:
            return math.nan
        return sum(result.passed for result in self.results) / len(self.results)

    def must(self) -> "Report":
        """The same for the sentences that any decent model passes."""
        return Report(tuple(result for result in self.results if result.sentence.must))

    def by_group(self) -> dict[str, "Report"]:
        """The same, a group each, in the order of the file."""
        groups: dict[str, list[Result]] = {}
        for result in self.results:
            groups.setdefault(result.sentence.group, []).append(result)
        return {name: Report(tuple(results)) for name, results in groups.items()}


def check(scorer: Scorer, sentences: tuple[Sentence, ...] | None = None) -> Report:
    """Score the sentences (None: those that ship), each a text of its own, and hold the scores against the bands."""
    sentences = read() if sentences is None else sentences
    documents = scorer.stream(sentence.text for sentence in sentences)
    return Report(tuple(judge(*pair) for pair in zip(sentences, documents, strict=True)))


def judge(sentence: Sentence, document: Document) -> Result:
    """Hold a scored sentence against its bands; where the model has other words, their scores are weighed."""
    spans = [(expected.start, expected.end) for expected in sorted(sentence.expected, key=lambda e: e.start)]
    scores = dict(zip(spans, gold_scores(LabeledText(sentence.text, [], spans), document).tolist(), strict=True))
    judged = [Failure(expected, scores[expected.start, expected.end]) for expected in sentence.expected]
    return Result(sentence, tuple(f for f in judged if not f.expected.band.least <= f.score <= f.expected.band.most))


def read(path: Path = SHIPPED) -> tuple[Sentence, ...]:
    """Read a file of expectations. Raises CorpusError, with the group and the sentence that it is about."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise CorpusError(f"{path}: not a TOML file: {error}") from error
    _only(data, {"bands", "groups"}, str(path))
    bands = _bands(data.get("bands"), str(path))
    groups = data.get("groups")
    if not isinstance(groups, list) or not groups:
        raise CorpusError(f"{path}: no [[groups]]")
    names: set[str] = set()
    sentences: list[Sentence] = []
    for group in groups:
        name = group.get("name") if isinstance(group, dict) else None
        if not isinstance(name, str) or not name.strip():
            raise CorpusError(f"{path}: a group without a name")
        if name in names:
            raise CorpusError(f"{path}: two groups are named '{name}'")
        names.add(name)
        sentences.extend(_group(name, group, bands, f"{path}: {name}"))
    texts: set[str] = set()
    for sentence in sentences:
        if sentence.text in texts:
            raise CorpusError(f"{path}: {sentence.group}: {sentence.text!r} is there twice")
        texts.add(sentence.text)
    return tuple(sentences)


def _bands(table: object, where: str) -> dict[str, Band]:
    if not isinstance(table, dict) or not table:
        raise CorpusError(f"{where}: no [bands]")
    for name, edges in table.items():
        if (
            not isinstance(edges, list)
            or [type(edge) in (int, float) for edge in edges] != [True, True]
            or not edges[0] < edges[1]
        ):
            raise CorpusError(f"{where}: band '{name}' is {edges!r}, not two scores, the lower one first")
    return {name: Band(name, *edges) for name, edges in table.items()}


def _group(name: str, group: Mapping[str, Any], bands: Mapping[str, Band], where: str) -> Iterator[Sentence]:
    _only(group, {"name", "must", "should"}, where)
    kinds = {kind: group.get(kind, []) for kind in ("must", "should")}
    for kind, items in kinds.items():
        if not isinstance(items, list):
            raise CorpusError(f"{where}: '{kind}' is no list of sentences")
        for item in items:
            match item:
                case [str(text), dict(named)] if text.strip():
                    expected = tuple(_expected(text, named, bands, f"{where}: {text!r}"))
                    yield Sentence(name, text, kind == "must", expected)
                case _:
                    raise CorpusError(f"{where}: {item!r} is not [text, {{band = words}}]")
    if not any(kinds.values()):
        raise CorpusError(f"{where}: no sentences")


def _expected(text: str, named: Mapping[str, object], bands: Mapping[str, Band], where: str) -> Iterator[Expected]:
    if not named:
        raise CorpusError(f"{where}: nothing is expected of it")
    _only(named, bands.keys(), where)
    segmented = words(text)
    seen: dict[tuple[int, int], str] = {}
    for band, line in named.items():
        if not isinstance(line, str) or not line.split():
            raise CorpusError(f"{where}: {band} = {line!r} is not words with spaces between them")
        for written in line.split():
            span = _find(written, segmented, where)
            if span in seen:
                raise CorpusError(f"{where}: '{written}' is named twice, as {seen[span]} and {band}")
            seen[span] = band
            yield Expected(written, *span, bands[band])


def _find(written: str, segmented: list[tuple[str, tuple[int, int]]], where: str) -> tuple[int, int]:
    numbered = _NUMBERED.fullmatch(written)
    word = numbered[1] if numbered else written
    found = [span for text, span in segmented if text == word]
    if not found:
        raise CorpusError(f"{where}: '{word}' is none of its words: {' '.join(text for text, _ in segmented)}")
    if numbered is None and len(found) > 1:
        raise CorpusError(f"{where}: '{word}' is there {len(found)} times; write {word}#1 to {word}#{len(found)}")
    number = int(numbered[2]) if numbered else 1
    if number > len(found):
        raise CorpusError(f"{where}: '{word}' is there {len(found)} times, so there is no {written}")
    return found[number - 1]


def _only(table: Mapping[str, object], known: Collection[str], where: str) -> None:
    if unknown := [key for key in table if key not in known]:
        raise CorpusError(f"{where}: unknown '{unknown[0]}'; known are {', '.join(sorted(known))}")
