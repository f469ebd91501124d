"""The tokenizer of a bundle without its model: what counts words, and the pieces that they fall into."""

from pathlib import Path

import numpy as np

from escore.bundle.bundle import locate, read_unchanged
from escore.bundle.manifest import read_manifest
from escore.bundle.tokenizer import Ints, WordTokenizer
from escore.errors import BundleError
from escore.pipeline.encode import encode_text

_FILE = "tokenizer.json"


class Vocabulary:
    """A bundle's tokenizer, and the name and version of its model.

    Raises BundleNotFoundError and BundleError.
    """

    def __init__(self, model: str | Path | None = None) -> None:
        path = locate(model)
        manifest = read_manifest(path)
        self.model = manifest.model_name
        content = read_unchanged(path / _FILE, manifest.files[_FILE]).decode()
        try:
            self._tokenizer = WordTokenizer(content, manifest.whole_words)
        except ValueError as error:
            raise BundleError(f"{path / _FILE}: {error}", "restore the bundle") from error

    def words(self, text: str) -> tuple[Ints, Ints, int]:
        """Where words start and end (code points, int32, [words]), and the pieces of all. Raises WordLengthError."""
        chunks = list(encode_text(self._tokenizer, text))
        if not chunks:
            return np.empty(0, np.int32), np.empty(0, np.int32), 0
        starts, ends = (np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in ("starts", "ends"))
        return starts, ends, sum(int(chunk.counts.sum()) for chunk in chunks)
