"""escore scores every word of a text from 0 to 300 by how much it looks like an entity."""

import os as _os
from typing import TYPE_CHECKING as _TYPE_CHECKING

# onnxruntime reports its use to its maker over the network, unless this is set before it is first imported.
_os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from escore.bundle.bundle import Bundle
from escore.bundle.manifest import Calibration, Manifest
from escore.document import Document, Entity, Word
from escore.errors import (
    BundleError,
    BundleNotFoundError,
    CancelledError,
    DeviceError,
    DeviceWarning,
    EscoreError,
    ForkError,
    IncompatibleBundleError,
    InputTypeError,
    OutputError,
    SettingError,
    TermsError,
    WordLengthError,
)
from escore.scale import Mark
from escore.scorer import Scorer
from escore.terms import Terms

if _TYPE_CHECKING:
    from escore.counts import EntityCount, count_entities
    from escore.masking.entries import MaskEntry
    from escore.masking.masker import Masker, mask, unmask

    __version__: str

__all__ = [
    "Bundle",
    "BundleError",
    "BundleNotFoundError",
    "Calibration",
    "CancelledError",
    "DeviceError",
    "DeviceWarning",
    "Document",
    "Entity",
    "EntityCount",
    "EscoreError",
    "ForkError",
    "IncompatibleBundleError",
    "InputTypeError",
    "Manifest",
    "Mark",
    "MaskEntry",
    "Masker",
    "OutputError",
    "Scorer",
    "SettingError",
    "Terms",
    "TermsError",
    "Word",
    "WordLengthError",
    "__version__",
    "count_entities",
    "mask",
    "unmask",
]

_VERSION = "0.1.0"  # of pyproject.toml; a test compares them
# What scoring does not need is imported when it is asked for: it would take a third of the import of escore.
_LATER = {
    "EntityCount": "escore.counts",
    "count_entities": "escore.counts",
    "MaskEntry": "escore.masking.entries",
    "Masker": "escore.masking.masker",
    "mask": "escore.masking.masker",
    "unmask": "escore.masking.masker",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_LATER[name]), name)
        return value
    if name == "__version__":  # looked up when asked for: importlib.metadata takes a tenth of a cold start
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("escore")
        except PackageNotFoundError:  # the sources alone, on a path, in a zip or an image without *.dist-info
            return _VERSION
    raise AttributeError(f"module 'escore' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
