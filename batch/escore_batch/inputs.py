"""What INPUT names: files, folders and globs, on any file system, as sources that are read one after another."""

import hashlib
import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from escore_batch.errors import BatchError
from escore_batch.slices import SMALLEST
from escore_batch.storage import Place, open_place

Kind = Literal["parquet", "jsonl", "csv", "tsv", "text"]
_KINDS: dict[str, Kind] = {
    ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv",
    ".txt": "text", ".text": "text", ".md": "text", "": "text",
}  # fmt: skip
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_GROUP = 256  # files of text that are read together, at most
_STAMPS = ("ETag", "etag", "mtime", "LastModified", "updated", "last_modified")  # by which a changed file is noticed


@dataclass(frozen=True, slots=True)
class File:
    """A file: where it is, its size in bytes, and what changes when it does."""

    place: Place
    size: int
    stamp: str

    @property
    def compression(self) -> str | None:
        """As pyarrow calls it; None for none."""
        return COMPRESSIONS.get(posixpath.splitext(self.place.path)[1].lower())


@dataclass(frozen=True, slots=True)
class Source:
    """A file of many texts, or several files of one each; its rows are counted from 0."""

    kind: Kind
    files: tuple[File, ...]

    @property
    def name(self) -> str:
        """What messages call it."""
        others = len(self.files) - 1
        return self.files[0].place.name + (f" and {others:,} more" if others else "")

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def file_names(self) -> tuple[str, ...]:
        """Of all files, as messages call them."""
        return tuple(file.place.name for file in self.files)

    def key(self, digest: str) -> str:
        """16 hexadecimal digits of a hash of the files and of the settings: its parts are named by it."""
        parts = [digest, *(f"{file.place.name}\0{file.size}\0{file.stamp}" for file in self.files)]
        return hashlib.sha256("\0\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def find_sources(inputs: Iterable[str], note: Callable[[str], None]) -> list[Source]:
    """The sources that inputs name, in order, each file once; `note` is told of files that are left out.

    A folder is searched through; hidden files, and those whose names begin with _, are left out as other tools do.
    Raises BatchError for an input that is not there or has nothing in it.
    """
    files: dict[tuple[str, str], tuple[Kind, File]] = {}
    for name in inputs:
        for kind, file in _find(name, note):
            files.setdefault((str(file.place.fs.protocol), file.place.path), (kind, file))
    return list(_sources(files.values()))


def keep_groups(sources: Iterable[Source], groups: Iterable[tuple[str, ...]]) -> list[Source]:
    """The same files, with those of one text together as in `groups`, which are file names, where all are there.

    So parts of an earlier run stay valid where files were added among theirs.
    """
    sources = list(sources)
    texts = {file.place.name: file for source in sources if source.kind == "text" for file in source.files}
    kept = [Source("text", tuple(texts[name] for name in group)) for group in groups if texts.keys() >= set(group)]
    grouped = {name for source in kept for name in source.file_names}
    others = [file for name, file in texts.items() if name not in grouped]
    return [
        *(source for source in sources if source.kind != "text"),
        *kept,
        *_sources(("text", file) for file in others),
    ]


def _find(name: str, note: Callable[[str], None]) -> Iterator[tuple[Kind, File]]:
    place = open_place(name)
    try:
        if place.fs.isdir(place.path):
            yield from _walk(place, note)
        elif place.exists():
            info = place.fs.info(place.path)
            if not _is_regular(place, info):
                raise BatchError(f"{name}: is no regular file", "write what it gives to a file first")
            yield _kind(place.path) or "text", _file(place.fs, info, name)
        elif any(character in name for character in "*?["):
            yield from _glob(place)
        else:
            raise BatchError(f"{name}: no such file or folder", "give files, folders or globs")
    except OSError as error:
        raise BatchError(f"{name}: {error.strerror or error}", "give files that can be read") from error


def _walk(folder: Place, note: Callable[[str], None]) -> Iterator[tuple[Kind, File]]:
    found, others = [], []
    for path, info in sorted(folder.fs.find(folder.path, detail=True).items()):
        relative = posixpath.relpath(path, folder.path)
        if any(part.startswith(("_", ".")) for part in relative.split("/")):
            continue
        kind = _kind(path)
        if kind is None or not _is_regular(folder, info):
            others.append(relative)
        else:
            found.append((kind, _file(folder.fs, info, posixpath.join(folder.name, relative))))
    if others:
        files = "1 file" if len(others) == 1 else f"{len(others):,} files"
        note(f"{folder.name}: {files} of other kinds left out, such as {others[0]}")
    if not found:
        raise BatchError(f"{folder.name}: no file in it that can be read", "give Parquet, JSON Lines, CSV or text")
    yield from found


def _glob(pattern: Place) -> Iterator[tuple[Kind, File]]:
    infos = [info for info in pattern.fs.glob(pattern.path, detail=True).values() if _is_regular(pattern, info)]
    if not infos:
        raise BatchError(f"{pattern.name}: no such file", "give a glob that matches files")
    common = len(_steady(pattern.path)), _steady(pattern.name)
    for info in sorted(infos, key=lambda info: str(info["name"])):
        name = common[1] + info["name"][common[0] :]
        yield _kind(info["name"]) or "text", _file(pattern.fs, info, name)


def _is_regular(place: Place, info: dict[str, Any]) -> bool:
    """Whether what lies at a place is a file, and no folder, pipe or device; the last two would be waited for.

    Links are followed; one that leads nowhere passes.
    """
    if info["type"] == "directory":
        return False
    try:
        return info["type"] == "file" or not place.is_local or stat.S_ISREG(os.stat(info["name"]).st_mode)
    except OSError:
        return True


def _steady(pattern: str) -> str:
    """What is before the first part of a pattern that has a wildcard, with its slash."""
    first = min(pattern.index(character) for character in "*?[" if character in pattern)
    return pattern[: pattern.rfind("/", 0, first) + 1]


def _kind(path: str) -> Kind | None:
    """By the ending, that of a compression left out; None for what is not read."""
    stem, ending = posixpath.splitext(posixpath.basename(path).lower())
    if ending in COMPRESSIONS:
        ending = posixpath.splitext(stem)[1]
    return _KINDS.get(ending)


def _file(fs: Any, info: dict[str, Any], name: str) -> File:
    stamp = next((f"{key} {info[key]}" for key in _STAMPS if info.get(key) is not None), "")
    return File(Place(fs, info["name"], name), info["size"] or 0, stamp)


def _sources(files: Iterable[tuple[Kind, File]]) -> Iterator[Source]:
    """Files of many texts by themselves, neighboring files of one text together."""
    for kind, neighbors in groupby(files, key=lambda item: item[0]):
        if kind != "text":
            yield from (Source(kind, (file,)) for _, file in neighbors)
            continue
        group: list[File] = []
        for _, file in neighbors:
            if group and (len(group) == _GROUP or sum(other.size for other in group) + file.size > SMALLEST):
                yield Source("text", tuple(group))
                group = []
            group.append(file)
        yield Source("text", tuple(group))
