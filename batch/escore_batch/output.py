"""The folder that a batch writes: parts, each there whole or not at all, and beside them what is known of them.

    OUTPUT/part-<key of the source>-<first row>-<end row>.parquet
    OUTPUT/_escore/run.json            the settings
                   receipts/part-….json  what a part is of: its input, how many texts and words, what went wrong
                   errors.parquet      everything that went wrong, at the end
                   summary.json        all counts, at the end
                   aside/              files that are being written

A part's receipt is written before it, so that every part has one. Tools that open a folder of Parquet leave out names
that begin with _.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from escore import OutputError
from escore.atomic import CAN_LOCK, lock_dir
from escore_batch.errors import BatchError
from escore_batch.inputs import Source, keep_groups
from escore_batch.rows import Ranges
from escore_batch.settings import Format, Settings, differences
from escore_batch.storage import Place, open_place, output_errors, write_whole
from escore_batch.work import ScoredSlice

OWN = "_escore"
ERRORS, SUMMARY = "errors.parquet", "summary.json"  # are there when a run is complete
_PART = re.compile(r"part-([0-9a-f]{16})-(\d{10})-(\d{10})\.(parquet|jsonl)")
_READ_AT_ONCE = 1000  # receipts


@dataclass(frozen=True, slots=True)
class Part:
    """The rows from `first` up to `end` of the source with this key, scored."""

    key: str
    first: int
    end: int
    format: Format

    @property
    def name(self) -> str:
        """Of its file."""
        return f"part-{self.key}-{self.first:010}-{self.end:010}.{self.format}"


def parse_part(name: str) -> Part | None:
    """The part that a file's name means."""
    match = _PART.fullmatch(name)
    if match is None:
        return None
    key, first, end, ending = match.groups()
    return Part(key, int(first), int(end), "jsonl" if ending == "jsonl" else "parquet")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes parts into a folder; may be pickled."""

    root: Place

    @property
    def own(self) -> Place:
        """The folder of what is no part."""
        return self.root.child(OWN)

    def write(self, part: Part, source: Source, scored: ScoredSlice) -> None:
        """Write a part and its receipt. Raises OutputError."""
        receipt = {"input": source.name, "files": source.file_names, **scored.receipt}
        self._write(self._receipt(part.name), json.dumps(receipt, ensure_ascii=False).encode("utf-8", "replace"))
        self._write(self.root.child(part.name), scored.data)

    def write_own(self, name: str, data: bytes) -> None:
        """Write a file beside the parts. Raises OutputError."""
        self._write(self.own.child(name), data)

    @contextmanager
    def open_own(self, name: str) -> Iterator[Any]:
        """A file beside the parts, to write to; it is there when all has gone well. Raises OutputError."""
        aside = self._aside()
        with output_errors(self.own.child(name)):
            with aside.fs.open(aside.path, "wb") as file:
                yield file
            aside.fs.mv(aside.path, self.own.child(name).path)

    def remove_summary(self) -> None:
        """Remove what says that a run is complete. Raises OutputError."""
        with output_errors(self.own):
            for name in {*self.own.files()} & {ERRORS, SUMMARY}:
                self.own.fs.rm_file(self.own.child(name).path)

    def parts(self) -> list[Part]:
        """The parts that are there, in order."""
        return [part for name in sorted(self.root.files()) if (part := parse_part(name)) is not None]

    def has(self, part: Part) -> bool:
        """Whether a part is there."""
        return self.root.child(part.name).exists()

    def receipts(self, parts: list[Part]) -> Iterator[dict[str, Any]]:
        """The receipts of parts."""
        for i in range(0, len(parts), _READ_AT_ONCE):
            places = [self._receipt(part.name) for part in parts[i : i + _READ_AT_ONCE]]
            yield from (json.loads(content) for content in _read_all(places))

    def _receipt(self, name: str) -> Place:
        return self.own.child("receipts", f"{name}.json")

    def _write(self, place: Place, data: bytes) -> None:
        write_whole(place, self._aside(), data)

    def _aside(self) -> Place:
        return self.own.child("aside", os.urandom(8).hex())


@dataclass(slots=True)
class Output:
    """An output folder that is open for one run."""

    writer: Writer
    done: dict[str, Ranges] = field(default_factory=dict)
    lock: int | None = None

    def close(self) -> None:
        """Let another process write there."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def check_apart(output: Place, inputs: list[Place]) -> None:
    """Refuse an output that lies in an input, or the other way round. Raises BatchError."""
    for place in inputs:
        if str(place.fs.protocol) != str(output.fs.protocol):
            continue
        a, b = (f"{path.rstrip('/')}/" for path in (place.path, output.path))
        if a.startswith(b) or (b.startswith(a) and output.fs.isdir(place.path)):
            problem = f"{output.name}: the output and the input {place.name} lie in each other"
            raise BatchError(problem, "give a folder elsewhere with -o")


def open_output(name: str, settings: Settings, resume: bool, overwrite: bool) -> Output:
    """Make the folder, or go on with what is there.

    resume: go on where an earlier run ended; overwrite: remove what it wrote. Without either, nothing may be there.

    Raises OutputError and BatchError.
    """
    writer = Writer(open_place(name))
    root, own = writer.root, writer.own
    if root.is_local and os.path.exists(root.path) and not os.path.isdir(root.path):
        raise OutputError(f"{name}: not a folder", "give a new folder")
    there = _run(writer)
    if there is None and _has_content(root):
        raise OutputError(f"{name}: is not empty, and no output of 'escore batch'", "give a new folder")
    if there is not None and not (resume or overwrite):
        raise OutputError(
            f"{name}: holds the output of a run already", "go on with --resume, or begin with --overwrite"
        )
    if there is not None and resume and (changes := differences(settings.content(), there)):
        problem = f"{name}: was begun otherwise: {'; '.join(changes)}"
        raise BatchError(problem, "give the options of then, another folder, or --overwrite")
    with output_errors(root):
        for folder in (root, own, own.child("receipts"), own.child("aside")):
            root.fs.makedirs(folder.path, exist_ok=True)
    output = Output(writer, lock=lock_dir_of(own))
    try:
        if there is not None and overwrite:
            _remove(writer)
        with output_errors(root):
            for leftover in own.child("aside").files():
                root.fs.rm_file(own.child("aside", leftover).path)
        if there is None or overwrite:
            writer.write_own("run.json", json.dumps(settings.content(), indent=2).encode() + b"\n")
    except BaseException:
        output.close()
        raise
    ranges: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for part in writer.parts():
        ranges[part.key].append((part.first, part.end))
    output.done = {key: Ranges.of(of_key) for key, of_key in ranges.items()}
    return output


def key_sources(output: Output, sources: list[Source], digest: str) -> dict[str, Source]:
    """Sources by the keys of their parts; what is together in a part that is there stays so.

    Raises BatchError where parts are of inputs that have changed, or are not named any more.
    """
    keyed = {source.key(digest): source for source in sources}
    if output.done.keys() <= keyed.keys():
        return keyed
    others = [part for part in output.writer.parts() if part.key not in keyed]
    groups = [source.file_names for key, source in keyed.items() if key in output.done]
    groups += dict.fromkeys(tuple(receipt["files"]) for receipt in output.writer.receipts(others))
    keyed = {source.key(digest): source for source in keep_groups(sources, groups)}
    if others := [part for part in others if part.key not in keyed]:
        receipt = next(output.writer.receipts(others[:1]))
        parts = "1 part is" if len(others) == 1 else f"{len(others):,} parts are"
        problem = f"{output.writer.root.name}: {parts} of inputs that have changed since, or are missing"
        raise BatchError(
            f"{problem}, such as {receipt['input']}", "give all inputs of then, another folder, or --overwrite"
        )
    return keyed


def check_once(parts: list[Part]) -> None:
    """Make sure that no row is in two parts. Raises BatchError."""
    for a, b in pairwise(sorted(parts, key=lambda part: (part.key, part.first, part.end))):
        if a.key == b.key and b.first < a.end:
            raise BatchError(f"{a.name} and {b.name} hold the same rows", "remove one, and run again with --resume")


def lock_dir_of(own: Place) -> int | None:
    """The lock of a local folder. Raises OutputError where another process holds it."""
    if not own.is_local:
        return None
    lock = lock_dir(Path(own.path))
    if lock is None and CAN_LOCK:
        raise OutputError(f"{own.name}: another process is writing there", "wait for it, or end it")
    return lock


def _run(writer: Writer) -> dict[str, Any] | None:
    """What an earlier run wrote of itself. Raises OutputError where that cannot be read."""
    place = writer.own.child("run.json")
    try:
        content: dict[str, Any] = json.loads(place.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OutputError(f"{place.name}: cannot be read ({error})", "give a new folder") from error
    return content


def _has_content(root: Place) -> bool:
    """Whether something is there that a killed run, of which there is no run.json yet, has not made."""
    root.fs.invalidate_cache()
    try:
        names = [info["name"].rstrip("/").rpartition("/")[2] for info in root.fs.ls(root.path, detail=True)]
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(f"{root.name}: {error.strerror or error}", "give another folder") from error
    return any(name != OWN for name in names)


def _remove(writer: Writer) -> None:
    """Remove the parts and all that is known of them; the settings last, by which a killed run is known."""
    root, own = writer.root, writer.own
    with output_errors(root):
        for part in writer.parts():
            root.fs.rm_file(root.child(part.name).path)
        for name in own.child("receipts").files():
            root.fs.rm_file(own.child("receipts", name).path)
        for name in own.files():
            root.fs.rm_file(own.child(name).path)


def _read_all(places: list[Place]) -> list[bytes]:
    if not places:
        return []
    if places[0].is_local:
        return [place.read() for place in places]
    contents: dict[str, bytes] = places[0].fs.cat([place.path for place in places])
    return [contents[place.path] for place in places]
