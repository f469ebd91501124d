"""The models that contestants run: made once, kept in .bench/, each folder named by what it was made of.

roberta-base is of that model's size with random weights: speed does not depend on what they say, and the scores are
spread over 0..300 so that a wrong one shows. Its tokens are the default model's, filled up to RoBERTa's 50,265, so a
word of English takes about as many tokens as in the real one.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForTokenClassification, RobertaTokenizerFast

from benchmarks.worker import ROOT
from escore.bundle.bundle import DEFAULT
from escore_export import export
from escore_export.export import Options

CACHE = ROOT / ".bench"
TRAINED = ROOT / "training" / "checkpoints" / "escore-en-5"
VOCABULARY = 50265
BASE = RobertaConfig(
    vocab_size=VOCABULARY, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, num_labels=1
)
# Random weights keep no word away from a mark's edge; see docs/export.md.
LOOSE = Options("int8", mean=3.0, p99=20.0, marks_changed=0.08)


@dataclass(frozen=True, slots=True)
class Model:
    """One model in every form: a folder for transformers, bundles in int8 and fp32, a folder for optimum."""

    checkpoint: Path
    int8: Path
    fp32: Path
    optimum: Path


def base() -> Model:
    """A model of roberta-base's size."""
    checkpoint = _made("base-checkpoint", [Path(__file__), TRAINED / "tokenizer.json"], _write_base)
    return _exported("base", checkpoint, None)


def default() -> Model:
    """The model that ships; its int8 bundle is the one that ships."""
    checkpoint = _made("default-checkpoint", [Path(__file__), *_files(TRAINED)], _write_default)
    return _exported("default", checkpoint, DEFAULT)


def _exported(name: str, checkpoint: Path, int8: Path | None) -> Model:
    code = [*_files(ROOT / "export" / "escore_export"), *_files(checkpoint)]
    if int8 is None:
        int8 = _made(f"{name}-int8", code, lambda folder: export.export_checkpoint(checkpoint, folder, LOOSE))
    fp32 = _made(f"{name}-fp32", code, lambda folder: export.export_checkpoint(checkpoint, folder, Options("fp32")))
    graph = int8 / "model.onnx"
    optimum = _made(
        f"{name}-optimum", [Path(__file__), graph], lambda folder: _write_optimum(checkpoint, graph, folder)
    )
    return Model(checkpoint, int8, fp32, optimum)


def _made(name: str, sources: Iterable[Path], make: Callable[[Path], object]) -> Path:
    """The folder `name` in the cache, made anew when a source has changed; appears whole or not at all."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + source.read_bytes())
    folder = CACHE / f"{name}-{digest.hexdigest()[:12]}"
    if not folder.exists():
        CACHE.mkdir(exist_ok=True)
        for older in CACHE.glob(f"{name}-*"):
            shutil.rmtree(older)
        aside = CACHE / f"{name}-aside"
        shutil.rmtree(aside, ignore_errors=True)  # of a run that was stopped
        make(aside)
        aside.rename(folder)
    return folder


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def _write_base(folder: Path) -> None:
    folder.mkdir()
    model = json.loads((TRAINED / "tokenizer.json").read_text("utf-8"))["model"]
    unused = {f"madeupword{number:04d}": number for number in range(len(model["vocab"]), VOCABULARY)}
    (folder / "vocab.json").write_text(json.dumps(model["vocab"] | unused, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("\n".join(map(" ".join, model["merges"])) + "\n", "utf-8")
    # What save_pretrained adds, tokenizer.json among it, lies beside the two: the original read those.
    RobertaTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"), add_prefix_space=True).save_pretrained(
        folder
    )
    torch.manual_seed(3)
    made = RobertaForTokenClassification(BASE).eval()
    with torch.no_grad():
        hidden = made.roberta(torch.randint(5, len(model["vocab"]), (4, 60)))[0]
        made.classifier.weight *= 2 / made.classifier(hidden).std()
        made.classifier.bias.copy_(-made.classifier(hidden).mean())
    made.save_pretrained(folder)


def _write_default(folder: Path) -> None:
    """What `escore train` wrote, and what transformers needs to know of the tokenizer."""
    shutil.copytree(TRAINED, folder)
    named = ("bos", "<s>"), ("cls", "<s>"), ("eos", "</s>"), ("sep", "</s>"), ("pad", "<pad>"), ("unk", "<unk>")
    most = RobertaConfig.from_pretrained(TRAINED).max_position_embeddings - 2
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(TRAINED / "tokenizer.json"),
        model_max_length=most,
        **{f"{name}_token": token for name, token in named},
    )
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer.save_pretrained(folder / "transformers")
    # The checkpoint is kept in fp16, and the pipeline would run it so, which is slow on a CPU.
    model = RobertaForTokenClassification.from_pretrained(TRAINED, dtype=torch.float32)
    model.save_pretrained(folder / "transformers")


def _write_optimum(checkpoint: Path, graph: Path, folder: Path) -> None:
    """The very graph of a bundle under the names that optimum's pipeline reads: logits, [batch, sequence, 1].

    They hold scores (0..300), which costs the peer nothing. `hidden` goes, since optimum would fetch it.
    """
    source = for_transformers(checkpoint)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    model = onnx.load(graph)
    model.graph.initializer.append(numpy_helper.from_array(torch.tensor([2]).numpy(), "last_axis"))
    model.graph.node.append(helper.make_node("Unsqueeze", ["scores", "last_axis"], ["logits"]))
    del model.graph.output[:]
    axes: list[str | int | None] = ["batch_size", "sequence_length", 1]
    model.graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, axes))
    onnx.save(model, folder / "model.onnx")


def for_transformers(checkpoint: Path) -> Path:
    """The folder that from_pretrained takes; that of the default model lies inside what `escore train` wrote."""
    inner = checkpoint / "transformers"
    return inner if inner.exists() else checkpoint


if __name__ == "__main__":
    print(base(), default(), sep="\n")
