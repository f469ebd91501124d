"""The texts that are scored, all cut from one file, so that anyone can measure on a text of theirs."""

from collections.abc import Iterator
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks import ROOT
from escore import EscoreError
from escore.segmentation import words

SAMPLE = ROOT / "runtime" / "escore" / "sample_text.txt"
SENTENCE_LENGTHS = (5, 24, 9, 45, 16, 12, 30, 20)  # words, as in running text
MINIMUM, LONGEST = 1000, 120  # words of the file, and of a text in bulk: fewer than the original demo's 192 tokens


class Texts(NamedTuple):
    """Texts of one kind, and the number of words in all of them, as escore splits them."""

    texts: list[str]
    words: int


class Source:
    """A file of paragraphs, cut into texts and repeated where it is short. Raises EscoreError for too few words."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or SAMPLE
        self._paragraphs = [part for part in self.path.read_text("utf-8-sig").split("\n\n") if part.strip()]
        self._spans = [(text, [span for _, span in words(text)]) for text in self._paragraphs]
        if sum(len(spans) for _, spans in self._spans) < MINIMUM:
            raise EscoreError(f"{self.path}: too short to measure on", f"give a text of {MINIMUM} words or more")

    def texts(self, count: int, *lengths: int) -> Texts:
        """`count` texts of `lengths` words in turn."""
        stream, sizes = self._words(), list(islice(cycle(lengths), count))
        return Texts(["".join(islice(stream, size)).lstrip() for size in sizes], sum(sizes))

    def _words(self) -> Iterator[str]:
        """Each word with the white space before it, over and over."""
        for text, spans in cycle(self._spans):
            yield " " + text[slice(*spans[0])]
            yield from (text[before:end] for (_, before), (_, end) in pairwise(spans))

    def bulk(self, count: int) -> Texts:
        """Paragraphs until there are about `count` words; long ones are cut."""
        texts, total = [], 0
        for text, spans in cycle(self._spans):
            parts = [spans[first : first + LONGEST] for first in range(0, len(spans), LONGEST)]
            texts += [text[part[0][0] : part[-1][1]] for part in parts]
            total += len(spans)
            if total >= count:
                return Texts(texts, total)

    def document(self, size: int, lines: bool = False) -> Texts:
        """One text of `size` bytes of UTF-8 or a few less; in `lines`, with a paragraph a line."""
        paragraphs = [" ".join(part.split()) for part in self._paragraphs] if lines else self._paragraphs
        content = ("\n" if lines else "\n\n").join([*paragraphs, ""]).encode()
        text = (content * (size // len(content) + 1))[:size].decode("utf-8", "ignore")
        return Texts([text], sum(len(words(line)) for line in text.split("\n")))
