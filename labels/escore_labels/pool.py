"""The pool of scored texts that some are chosen from: on disk, and of each text a few numbers in memory."""

import re
import unicodedata
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import IO

import msgspec
import numpy as np
from numpy.typing import NDArray

from escore import Document
from escore.kinds import KINDS
from escore_labels.record import Record
from escore_labels.split import is_held_out
from escore_labels.unlabeled import Text

FORMS = 1 << 20  # word forms that are told apart, by hash: the memory is bounded

_DIGITS = re.compile(r"\d+")
_SIGNS = re.compile(r"[\W_]+")


class _Scored(msgspec.Struct, array_like=True):
    text: Text
    starts: bytes
    ends: bytes
    scores: bytes
    terms: bytes | None
    joins: bytes | None
    kinds: bytes | None


class Pool:
    """Scored texts in the order in which they were added; `pool[i]` reads one back.

    file: an empty file, to write to and read from; the caller closes it.
    keys: of each text, the same for near-duplicates (see near_duplicate_key).
    is_held_back: whether training holds the text back by its hash.
    files: the number of each text's source, in the order in which sources appeared.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.keys, self.is_held_back, self.files = array("Q"), array("b"), array("Q")
        self._file = file
        self._offsets, self._sources = array("Q", [0]), dict[str, int]()
        self._example: Document | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[tuple[Document, Text]]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, index: int) -> tuple[Document, Text]:
        assert self._example is not None
        start, end = self._offsets[index], self._offsets[index + 1]
        self._file.seek(start)
        item = msgspec.msgpack.decode(self._file.read(end - start), type=_Scored)
        document = replace(
            self._example,
            text=item.text.text,
            starts=np.frombuffer(item.starts, np.int32),
            ends=np.frombuffer(item.ends, np.int32),
            scores=np.frombuffer(item.scores, np.float32),
            terms=None if item.terms is None else np.frombuffer(item.terms, np.int32).reshape(-1, 2),
            joins=None if item.joins is None else np.frombuffer(item.joins, np.float32),
            kinds=None if item.kinds is None else np.frombuffer(item.kinds, np.float32).reshape(-1, len(KINDS)),
        )
        return document, item.text

    def add(self, document: Document, text: Text) -> None:
        """Add a text at the end. Not between two reads. Raises what the system raises."""
        if self._example is None:
            self._example = document
        arrays = (document.starts, document.ends, document.scores, document.terms, document.joins, document.kinds)
        data = msgspec.msgpack.encode([text, *(None if array is None else array.tobytes() for array in arrays)])
        self._file.seek(self._offsets[-1])
        self._file.write(data)
        self._offsets.append(self._offsets[-1] + len(data))
        self.keys.append(near_duplicate_key(text.text))
        self.is_held_back.append(is_held_out(Record(text=text.text)))
        self.files.append(self._sources.setdefault(text.source, len(self._sources)))


def near_duplicate_key(text: str) -> int:
    """A number (64 bits) that is the same for texts that differ in digits, case, signs and white space alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = _SIGNS.sub(" ", _DIGITS.sub("0", folded)).strip()
    return int.from_bytes(blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def form_ids(document: Document) -> NDArray[np.intp]:
    """A number of each word's form ([words], 0..FORMS), the same for forms that differ in case and digits alone."""
    text = document.text
    forms = (
        text[start:end].casefold() for start, end in zip(document.starts.tolist(), document.ends.tolist(), strict=True)
    )
    hashes = (zlib.crc32(_DIGITS.sub("0", form).encode("utf-8", "surrogatepass")) for form in forms)
    return np.fromiter(hashes, np.intp, len(document.starts)) % FORMS
