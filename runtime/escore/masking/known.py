"""The placeholders that are known, found in texts."""

import re
from collections.abc import Iterator

_PREFIX = 3  # characters by which placeholders are looked up: few are different, however many placeholders there are


class KnownPlaceholders:
    """What each placeholder stands for (`texts`), and where placeholders are in a text."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._lengths: dict[str, list[int]] = {}  # of the placeholders that begin so, the longest first
        self._pattern: re.Pattern[str] | None = None

    def add(self, placeholder: str, text: str) -> None:
        """Add a placeholder; the first text of each counts."""
        self.texts.setdefault(placeholder, text)
        prefix = placeholder[:_PREFIX]
        lengths = self._lengths.setdefault(prefix, [])
        if not lengths:
            self._pattern = None
        if len(placeholder) not in lengths:
            lengths.append(len(placeholder))
            lengths.sort(reverse=True)

    def occurrences(self, text: str) -> Iterator[tuple[int, int]]:
        """Where placeholders are in a text, in order and without overlaps: of those that begin together the longest."""
        if not self._lengths:
            return
        if self._pattern is None:
            self._pattern = re.compile("|".join(map(re.escape, self._lengths)))
        position = 0
        while match := self._pattern.search(text, position):
            start = match.start()
            lengths = self._lengths[match[0]]
            length = next((length for length in lengths if text[start : start + length] in self.texts), 1)
            if length > 1:
                yield start, start + length
            position = start + length

    def replace(self, text: str) -> str:
        """A text with all that its placeholders stand for."""
        parts, position = [], 0
        for start, end in self.occurrences(text):
            parts += [text[position:start], self.texts[text[start:end]]]
            position = end
        return "".join([*parts, text[position:]])
