"""escore scores every word of a text from 0 to 300 by how much it looks like an entity."""

import os as _os
from importlib.metadata import version as _version

# onnxruntime reports its use to its maker over the network, unless this is set before it is first imported.
_os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from escore.bundle import Bundle
from escore.document import Document, Entity, Word
from escore.errors import (
    BundleError,
    BundleNotFoundError,
    DeviceError,
    EscoreError,
    IncompatibleBundleError,
    InputTypeError,
    SettingError,
)
from escore.manifest import Manifest, Mark
from escore.scorer import Scorer

__version__ = _version("escore")

__all__ = [
    "Bundle",
    "BundleError",
    "BundleNotFoundError",
    "DeviceError",
    "Document",
    "Entity",
    "EscoreError",
    "IncompatibleBundleError",
    "InputTypeError",
    "Manifest",
    "Mark",
    "Scorer",
    "SettingError",
    "Word",
]
