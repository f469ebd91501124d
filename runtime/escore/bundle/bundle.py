"""Open a bundle: check that it is whole, unchanged and runnable here, and hold what scoring needs of it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import onnxruntime

from escore.bundle.manifest import MANIFEST_NAME, FileRecord, Manifest, read_manifest
from escore.bundle.session import CUDA, choose_providers, open_session
from escore.bundle.tokenizer import WordTokenizer
from escore.errors import BundleError, BundleNotFoundError, IncompatibleBundleError, SettingError

DEFAULT = Path(__file__).parents[1] / "models" / "escore-en-5"
FILES = ("model.onnx", "tokenizer.json", "README.md")


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle, ready to run."""

    path: Path
    manifest: Manifest
    tokenizer: WordTokenizer
    session: onnxruntime.InferenceSession

    @classmethod
    def open(cls, model: str | Path | None = None, device: str = "auto") -> "Bundle":
        """Open a bundle.

        model: its folder; None or "default" is the bundle that ships.
        device: "cpu", "cuda" (or an error), or "auto": CUDA for an fp16 bundle where onnxruntime has it, else the CPU,
            for an fp16 bundle with a DeviceWarning.

        Raises BundleNotFoundError, BundleError (not a bundle, or a changed byte), IncompatibleBundleError (a newer
        schema, or a newer onnxruntime needed), DeviceError, SettingError.
        """
        path = locate(model)
        manifest = read_manifest(path)
        if _version_numbers(onnxruntime.__version__) < _version_numbers(manifest.onnxruntime):
            raise IncompatibleBundleError(
                f"{path}: needs onnxruntime {manifest.onnxruntime} or newer, {onnxruntime.__version__} is installed",
                f"pip install 'onnxruntime>={manifest.onnxruntime}'",
            )
        if set(manifest.files) != set(FILES):
            problem = f"{path}: {MANIFEST_NAME} lists other files than {', '.join(FILES)}"
            raise BundleError(problem, "restore the bundle")
        contents = {name: _read_unchanged(path / name, manifest.files[name]) for name in FILES}
        providers = choose_providers(manifest.precision, device)
        session = open_session(path / "model.onnx", contents.pop("model.onnx"), providers, device)
        try:
            tokenizer = WordTokenizer(contents["tokenizer.json"].decode(), manifest.whole_words)
        except ValueError as error:
            raise BundleError(f"{path / 'tokenizer.json'}: {error}", "restore the bundle") from error
        return cls(path, manifest, tokenizer, session)

    @property
    def on_cuda(self) -> bool:
        """Whether CUDA runs the model."""
        return CUDA in self.session.get_providers()


def locate(model: str | Path | None) -> Path:
    """The folder that a model's name means: None and "default" are the bundle that ships, all else is a path.

    Raises SettingError for an empty name, which a script gives by mistake.
    """
    if model == "":
        raise SettingError("the model's folder is an empty name", "give the folder of a bundle, or leave it out")
    return DEFAULT if model is None or model == "default" else Path(model)


def _read_unchanged(file: Path, record: FileRecord) -> bytes:
    """The content of a file, of which nothing is used that was not hashed."""
    try:
        content = file.read_bytes()
    except OSError as error:
        advice = "make it readable" if isinstance(error, PermissionError) else "restore the bundle"
        raise BundleNotFoundError(f"{file}: {error.strerror}", advice) from error
    if len(content) != record.size or hashlib.sha256(content).hexdigest() != record.sha256:
        raise BundleError(f"{file}: changed since the bundle was written", "restore the bundle")
    return content


def _version_numbers(version: str) -> list[int]:
    """The three leading numbers of a version: [1, 20, 0] of 1.20.0rc1."""
    return [int(number) for number in re.findall(r"\d+", version)[:3]]
