"""Open a bundle: check that it is whole, unchanged and runnable here, and hold what scoring needs of it."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime

from escore.arguments import describe
from escore.bundle.head_graph import PERSONAL_OUTPUT, add_head
from escore.bundle.manifest import MANIFEST_NAME, FileRecord, Manifest, read_manifest
from escore.bundle.personal_head import HEAD_NAME, parse_head
from escore.bundle.session import CUDA, HEADS, OUTPUT, choose_providers, open_session
from escore.bundle.tokenizer import WordTokenizer
from escore.errors import BundleError, BundleNotFoundError, IncompatibleBundleError, InputTypeError, SettingError

DEFAULT, FAST = (Path(__file__).parents[1] / "models" / name for name in ("default", "fast"))
SHIPPED = {"default": DEFAULT, "fast": FAST}  # the bundles that ship, by their names
FILES = ("model.onnx", "tokenizer.json", "README.md")  # and HEAD_NAME where there is a personal head


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """An opened bundle, ready to run.

    output: the graph's output that is the score of a token.

    A pickled bundle is its path, and is opened again, on the same device, where it is unpickled.
    """

    path: Path
    manifest: Manifest
    tokenizer: WordTokenizer
    session: onnxruntime.InferenceSession
    output: str = OUTPUT

    @classmethod
    def open(cls, model: str | Path | None = None, device: str = "auto", personal: bool = True) -> "Bundle":
        """Open a bundle.

        model: its folder, or a name of SHIPPED: "default", the same as None, or "fast", the smaller one beside it.
        device: "cpu", "cuda" (or an error), or "auto": CUDA for an fp16 bundle where onnxruntime has it, else the CPU,
            for an fp16 bundle with a DeviceWarning.
        personal: whether to use the personal head that `escore adapt` made, where there is one.

        Raises BundleNotFoundError, BundleError (not a bundle, or a changed byte), IncompatibleBundleError (a newer
        schema, or a newer onnxruntime needed), DeviceError, SettingError, InputTypeError.
        """
        path = locate(model)
        manifest = read_manifest(path)
        if _version_numbers(onnxruntime.__version__) < _version_numbers(manifest.onnxruntime):
            raise IncompatibleBundleError(
                f"{path}: needs onnxruntime {manifest.onnxruntime} or newer, {onnxruntime.__version__} is installed",
                f"pip install 'onnxruntime>={manifest.onnxruntime}'",
            )
        names = bundle_files(manifest)
        if set(manifest.files) != set(names):
            problem = f"{path}: {MANIFEST_NAME} lists other files than {', '.join(names)}"
            raise BundleError(problem, "restore the bundle")
        contents = {name: read_unchanged(path / name, manifest.files[name]) for name in names}
        providers = choose_providers(manifest.precision, device)
        model_bytes, output = contents.pop("model.onnx"), OUTPUT
        if manifest.personal_head is not None and personal:
            try:
                model_bytes = add_head(model_bytes, parse_head(contents[HEAD_NAME], manifest.personal_head))
            except ValueError as error:
                raise BundleError(f"{path / HEAD_NAME}: {error}", "restore the bundle") from error
            output = PERSONAL_OUTPUT
        session = open_session(path / "model.onnx", model_bytes, providers, device, manifest.heads)
        try:
            tokenizer = WordTokenizer(contents["tokenizer.json"].decode(), manifest.whole_words)
        except ValueError as error:
            raise BundleError(f"{path / 'tokenizer.json'}: {error}", "restore the bundle") from error
        return cls(path, manifest, tokenizer, session, output)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The graph's outputs that scoring uses: `output`, and those of HEADS that the bundle has, in their order."""
        return (self.output, *(head for head in HEADS if head in self.manifest.heads))

    @property
    def on_cuda(self) -> bool:
        """Whether CUDA runs the model."""
        return CUDA in self.session.get_providers()

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        device = "cuda" if self.on_cuda else "cpu"
        is_personal = self.manifest.personal_head is None or self.output == PERSONAL_OUTPUT
        return _open_again, (portable_name(self.path), device, is_personal, self.manifest.files)


def _open_again(model: str, device: str, personal: bool, files: dict[str, FileRecord]) -> Bundle:
    """Open a bundle that was pickled. Raises BundleError where the folder holds another one by now."""
    bundle = Bundle.open(model, device, personal)
    if bundle.manifest.files != files:
        raise BundleError(f"{bundle.path}: another bundle than the one that was pickled", "pickle it again")
    return bundle


def bundle_files(manifest: Manifest) -> tuple[str, ...]:
    """The files of a bundle beside its manifest."""
    return FILES if manifest.personal_head is None else (*FILES, HEAD_NAME)


def locate(model: str | Path | None) -> Path:
    """The folder that a model's name means: a name of SHIPPED ("default" for None), or a path; a Path is no name.

    Raises SettingError for an empty name, which a script gives by mistake, and InputTypeError for what is no path.
    """
    if model is not None and not isinstance(model, str | Path):
        raise InputTypeError(f"a model must be the path of a folder, not {describe(model)}", "give a str or a Path")
    if model == "":
        raise SettingError("the model's folder is an empty name", "give the folder of a bundle, or leave it out")
    if isinstance(model, Path):
        return model
    return SHIPPED.get(model or "default") or Path(str(model))


def portable_name(path: Path) -> str:
    """What `locate` finds a bundle by in other processes and machines: its name in SHIPPED, or its whole path."""
    return next((name for name, shipped in SHIPPED.items() if shipped == path), str(path.absolute()))


def read_unchanged(file: Path, record: FileRecord) -> bytes:
    """The content of a bundle's file, of which nothing is used that was not hashed.

    Raises BundleError where it is not what `record` says, BundleNotFoundError where it cannot be read.
    """
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
