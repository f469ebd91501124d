"""Two models in the form that each tool reads; made once and kept in .bench/ until what they are made of changes.

`default` is the model that ships. `base` has the size of roberta-base and random weights: its scores are spread over
0..300, so that a wrong one shows, and English takes about as many tokens as in the real one.
"""

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import torch
from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForTokenClassification, RobertaTokenizerFast

from benchmarks import CACHE, ROOT
from escore.bundle.bundle import DEFAULT, FAST
from escore_export.export import Options, export_checkpoint

TRAINED = ROOT / "training" / "checkpoints" / "escore-en-7"  # the default model before its export
SOURCES = (ROOT / "export" / "escore_export", TRAINED, DEFAULT)
SIZES = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
ROLES = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
RANDOM_GATES = {"mean": 3.0, "p99": 20.0, "marks_changed": 0.08}  # random weights put words near every mark's edge


class Model(NamedTuple):
    """Folders of one model: a checkpoint for transformers, bundles in int8 and fp32, an ONNX model for optimum."""

    transformers: Path
    int8: Path
    fp32: Path
    optimum: Path


@cache
def get_model(name: str) -> Model:
    """The model "base" or "default", or "fast", which is a bundle alone: only escore runs it."""
    if name == "fast":
        return Model(FAST, FAST, FAST, FAST)
    files = sorted(path for source in SOURCES for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc")
    digest = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()
    folder = CACHE / f"{name}-{digest[:12]}"
    forms = {form: folder / form for form in ("transformers", "int8", "fp32", "optimum")}
    model = Model(**forms if name == "base" else forms | {"int8": DEFAULT})
    if not model.optimum.exists():  # the last that is made
        for unfinished in CACHE.glob(f"{name}-*"):
            shutil.rmtree(unfinished)
        _write_base(model) if name == "base" else _write_default(model)
        _write_optimum(model)
    return model


def _write_base(model: Model) -> None:
    bpe = json.loads((TRAINED / "tokenizer.json").read_text("utf-8"))["model"]
    unused = {f"madeupword{number:04d}": number for number in range(len(bpe["vocab"]), SIZES["vocab_size"])}
    model.transformers.mkdir(parents=True)
    # The original demo reads these two.
    vocabulary, merges = (model.transformers / name for name in ("vocab.json", "merges.txt"))
    vocabulary.write_text(json.dumps(bpe["vocab"] | unused, ensure_ascii=False), "utf-8")
    merges.write_text("\n".join(map(" ".join, bpe["merges"])) + "\n", "utf-8")
    RobertaTokenizerFast(str(vocabulary), str(merges), add_prefix_space=True).save_pretrained(model.transformers)
    torch.manual_seed(3)
    roberta = RobertaForTokenClassification(RobertaConfig(**SIZES, num_labels=1)).eval()
    with torch.no_grad():
        hidden = roberta.roberta(torch.randint(5, len(bpe["vocab"]), (4, 60)))[0]
        roberta.classifier.weight *= 2 / roberta.classifier(hidden).std()
        roberta.classifier.bias.copy_(-roberta.classifier(hidden).mean())
    roberta.save_pretrained(model.transformers)
    export_checkpoint(model.transformers, model.int8, Options("int8", **RANDOM_GATES))
    export_checkpoint(model.transformers, model.fp32, Options("fp32"))


def _write_default(model: Model) -> None:
    # The checkpoint is in fp16, which is slow on a CPU.
    roberta = RobertaForTokenClassification.from_pretrained(TRAINED, dtype=torch.float32)
    roberta.save_pretrained(model.transformers)
    options = {f"{role}_token": token for role, token in ROLES.items()}
    options |= {"tokenizer_file": str(TRAINED / "tokenizer.json"), "model_input_names": ["input_ids", "attention_mask"]}
    options |= {"model_max_length": roberta.config.max_position_embeddings - 2}
    PreTrainedTokenizerFast(**options).save_pretrained(model.transformers)
    export_checkpoint(TRAINED, model.fp32, Options("fp32"))


def _write_optimum(model: Model) -> None:
    """The graph of the int8 bundle, its scores (0..300) as the logits that optimum reads ([batch, sequence, 1])."""
    proto = onnx.load(model.int8 / "model.onnx")
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.array([2]), "last_axis"))
    proto.graph.node.append(onnx.helper.make_node("Unsqueeze", ["scores", "last_axis"], ["logits"]))
    logits = onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["batch_size", "sequence_length", 1])
    del proto.graph.output[:]  # `hidden`, too, which optimum would fetch
    proto.graph.output.append(logits)
    onnx.save(proto, model.transformers / "model.onnx")
    shutil.copytree(model.transformers, model.optimum, ignore=shutil.ignore_patterns("*.safetensors"))
