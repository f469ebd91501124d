"""brat's standoff format: NAME.txt, and NAME.ann with a line for each span; offsets are code points.

https://brat.nlplab.org/standoff.html
"""

import re
from collections.abc import Iterator
from pathlib import Path

from escore_labels.readers.files import decode, read_bytes
from escore_labels.readers.source import Placed, Source, TaggedSpan
from escore_labels.record import RecordError

_OFFSETS = r"\d{1,18} \d{1,18}"
_SPAN = re.compile(rf"T\d+\t(\S+) ({_OFFSETS}(?:;{_OFFSETS})*)(?:\t.*)?")


def read_brat(source: Source) -> Iterator[Placed]:
    """A record a text. The path is a folder, or one of a pair of files; a text with a span is reviewed."""
    if source.path.is_dir():
        texts = sorted(path for path in source.path.rglob("*.txt") if path.with_suffix(".ann").is_file())
        lonely = next((p for p in sorted(source.path.rglob("*.ann")) if not p.with_suffix(".txt").is_file()), None)
        if lonely is not None:
            raise RecordError(f"{lonely}: there is no {lonely.with_suffix('.txt').name} beside it")
        yield from source.read_each(_read_pair, ((path, path.relative_to(source.path).as_posix()) for path in texts))
    else:
        path = source.path.with_suffix(".txt")
        yield from source.read_each(_read_pair, [(path, path.name)])


def _read_pair(source: Source, pair: tuple[Path, str]) -> Placed:
    path, name = pair
    text = decode(path, read_bytes(path))
    annotations = path.with_suffix(".ann")
    spans: list[TaggedSpan] = []
    for number, line in enumerate(decode(annotations, read_bytes(annotations)).split("\n"), 1):
        place = f"{annotations}: line {number}"
        if not line.strip():
            continue
        if not line.startswith("T"):
            source.lost(place, "relations, events, attributes and notes are left out")
            continue
        match = _SPAN.fullmatch(line.rstrip("\r"))
        if match is None:
            advice = "write T1, a tab, its type, start and end, a tab, its text"
            source.broken(RecordError(f"{place}: not a span of brat", advice))
            continue
        fragments = [(int(start), int(end)) for start, end in map(str.split, match[2].split(";"))]
        outside = next((f"{start}..{end}" for start, end in fragments if not start <= end <= len(text)), None)
        if outside is not None:
            problem = f"{place}: span {outside}: outside the text, which has {len(text)} characters"
            source.broken(RecordError(problem))
            continue
        parts = _join_lines(text, fragments)
        if len(parts) > 1:
            source.lost(place, "a span of several parts is read as one span a part")
        spans += [TaggedSpan(start, end, match[1]) for start, end in parts]
    return source.record(str(path), text, spans, id=name, reviewed=bool(spans))


def _join_lines(text: str, fragments: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of a span, those joined that only white space parts: brat cuts a span at the end of a line."""
    parts = fragments[:1]
    for start, end in fragments[1:]:
        if text[parts[-1][1] : start].strip():
            parts.append((start, end))
        else:
            parts[-1] = parts[-1][0], end
    return parts
