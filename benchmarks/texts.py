"""The texts that are scored: all cut from one file, so that anyone can put a text of theirs in its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from escore import Bundle, EscoreError
from escore.pipeline.encode import encode_text

CALIBRATION = Path(__file__).parent.parent / "runtime" / "escore" / "sample_text.txt"
MIXED = (5, 24, 9, 45, 16, 12, 30, 20)  # words: lengths of sentences as they come, in no order
LENGTHS = (4, 8, 16, 32, 64, 100)
LEAST = 1000  # words of the file
LONGEST = 120  # words of one text at most: with room to spare for the 192 tokens that the original read


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of one kind, and the number of words in them all, by escore's tokenizer, which is the same for everyone."""

    texts: list[str]
    words: int


class Source:
    """A file whose words are found once; gives texts of any number of words out of it, one after the other."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or CALIBRATION
        text = self.path.read_text("utf-8-sig")
        self.paragraphs = [part for part in text.split("\n\n") if part.strip()]
        self._tokenizer = Bundle.open(device="cpu").tokenizer
        self._spans = [(paragraph, *self._tokenizer.encode(paragraph)[2:]) for paragraph in self.paragraphs]
        if sum(len(starts) for _, starts, _ in self._spans) < LEAST:
            raise EscoreError(f"{self.path}: too short to measure on; give a text of {LEAST} words or more")

    def cut(self, lengths: tuple[int, ...], count: int) -> Texts:
        """`count` texts of `lengths` words in turn, cut where they come, over and over where the file is too short."""
        stream = self._words()
        texts, words = [], 0
        for number in range(count):
            length = lengths[number % len(lengths)]
            texts.append("".join(next(stream) for _ in range(length)).lstrip())
            words += length
        return Texts(texts, words)

    def sentences(self, count: int, length: int = 16) -> Texts:
        """Texts of one length in words."""
        return self.cut((length,), count)

    def mixed(self, count: int) -> Texts:
        """Texts of the lengths that sentences have."""
        return self.cut(MIXED, count)

    def bulk(self, words: int) -> Texts:
        """Paragraphs, until there are about `words` words; long ones are cut at LONGEST words."""
        texts, found = [], 0
        while found < words:
            for paragraph, starts, ends in self._spans:
                for begin in range(0, len(starts), LONGEST):
                    end = min(begin + LONGEST, len(starts))
                    texts.append(paragraph[starts[begin] : ends[end - 1]])
                    found += end - begin
                if found >= words:
                    break
        return Texts(texts, found)

    def spaced(self, length: int, count: int) -> list[str]:
        """Texts with a space between all words, which RoBERTa's own tokenizer and escore's split alike."""
        stream = self._words()
        return [" ".join(next(stream).strip() for _ in range(length)) for _ in range(count)]

    def document(self, size: int) -> str:
        """One text of `size` bytes of UTF-8 or a little less, paragraph after paragraph."""
        whole = "\n\n".join(self.paragraphs).encode() + b"\n\n"
        return (whole * (size // len(whole) + 1))[:size].decode("utf-8", "ignore")

    def documents(self, size: int) -> Texts:
        """The same as the only text of its kind."""
        text = self.document(size)
        return Texts([text], sum(len(piece.counts) for piece in encode_text(self._tokenizer, text)))

    def lines(self, size: int) -> str:
        """The same as lines of one paragraph each."""
        whole = "\n".join(" ".join(paragraph.split()) for paragraph in self.paragraphs).encode() + b"\n"
        return (whole * (size // len(whole) + 1))[:size].decode("utf-8", "ignore")

    def _words(self) -> Iterator[str]:
        """Each word with the white space before it, over and over."""
        for paragraph, starts, ends in cycle(self._spans):
            before = [" ", *(paragraph[end:start] for end, start in zip(ends[:-1], starts[1:], strict=True))]
            for gap, start, end in zip(before, starts, ends, strict=True):
                yield gap + paragraph[start:end]
