"""Weights as people save them: wrapped, nested, in halves, by other names; and those that are no weights of a model."""

import argparse
import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.export.dressings import edit, put, put_pickle, weights
from torch import Tensor

from escore_export.checkpoint.checkpoint import read_checkpoint, read_start
from escore_export.errors import CheckpointError

State = dict[str, Tensor]


def renamed(folder: Path, rename: Callable[[str], str]) -> State:
    return {rename(name): value for name, value in weights(folder).items()}


def lightning(folder: Path, state: State) -> dict[str, Any]:
    return {
        "epoch": 3,
        "pytorch-lightning_version": "2.5",
        "state_dict": {f"model.{name}": value for name, value in state.items()} | {"loss_fn.weight": torch.ones(2)},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(2)}}}],
        "hyper_parameters": {"lr": 1e-3},
    }


def torchscript(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated, and still found
        torch.jit.script(torch.nn.Linear(2, 2)).save(folder / "pytorch_model.bin")


DRESSINGS: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "DDP": (lambda f: put(f, renamed(f, lambda n: f"module.{n}")), ("'module.' is taken off",)),
    "DDP of what was compiled": (
        lambda f: put_pickle(f, renamed(f, lambda n: f"module._orig_mod.{n}")),
        ("'module.' is taken off", "'_orig_mod.' is taken off"),
    ),
    "a compiled part": (
        lambda f: put(f, renamed(f, lambda n: n.replace("roberta.", "roberta._orig_mod."))),
        ("'_orig_mod.' is taken off",),
    ),
    "FSDP": (
        lambda f: put(f, renamed(f, lambda n: n.replace("layer.1.", "layer.1._fsdp_wrapped_module."))),
        ("'_fsdp_wrapped_module.' is taken off",),
    ),
    "Lightning": (
        lambda f: put_pickle(f, lightning(f, weights(f)), "epoch=3-step=10.ckpt"),
        ("the weights are those of epoch=3-step=10.ckpt", "under 'state_dict' are taken", "'model.' is taken off"),
    ),
    "a module of one's own": (
        lambda f: put_pickle(
            f, renamed(f, lambda n: n.replace("roberta.", "net.backbone.").replace("cl", "net.cl", 1))
        ),
        ("'net.backbone.' is taken off",),
    ),
    "a dict around it": (lambda f: put_pickle(f, {"state_dict": weights(f)}), ("under 'state_dict' are taken",)),
    "an average": (
        lambda f: put_pickle(f, {"n_averaged": torch.tensor(3), **renamed(f, lambda n: f"module.{n}")}),
        ("'module.' is taken off",),
    ),
    "numbers beside tensors": (lambda f: put_pickle(f, {**weights(f), "epoch": 3, "classes": ["a"]}), ()),
    "another name": (
        lambda f: (f / "model.safetensors").rename(f / "best.safetensors"),
        ("those of best.safetensors",),
    ),
    "names of 2019": (
        lambda f: put_pickle(
            f, renamed(f, lambda n: n.replace("Norm.weight", "Norm.gamma").replace("Norm.bias", "Norm.beta"))
        ),
        (),
    ),
    "buffers and a pooler": (
        lambda f: put(
            f,
            weights(f)
            | {"roberta.embeddings.position_ids": torch.arange(130)[None], "roberta.pooler.dense.bias": torch.ones(32)},
        ),
        (),
    ),
    "an old pickle": (
        lambda f: (
            torch.save(weights(f), f / "pytorch_model.bin", _use_new_zipfile_serialization=False),
            (f / "model.safetensors").unlink(),
        ),
        (),
    ),
    "float64": (lambda f: put(f, {name: value.double() for name, value in weights(f).items()}), ()),
    "what a training leaves beside it": (
        lambda f: [
            torch.save({"a": Path("x")}, f / name)
            for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "ema_weights.pt")
        ],
        (),
    ),
    "a dict of dicts": (
        lambda f: put_pickle(f, {"checkpoint": {"model": weights(f), "step": 3}}),
        ("under 'checkpoint.model' are taken",),
    ),
    "a language model's last layer beside": (
        lambda f: put(f, weights(f) | {"lm_head.bias": torch.ones(900), "lm_head.dense.bias": torch.ones(32)}),
        ("a language model's last layer (lm_head) is left out",),
    ),
    "no architectures": (lambda f: edit(f / "config.json", architectures=None, id2label=None, label2id=None), ()),
    "labels by default": (lambda f: edit(f / "config.json", id2label={"0": "LABEL_0", "1": "LABEL_1"}), ()),
    "transformers 5": (lambda f: edit(f / "config.json", dtype="float32", transformers_version="5.1.0"), ()),
}


@pytest.mark.parametrize("name", DRESSINGS)
def test_weights_are_those_of_the_model(dressed: Path, name: str) -> None:
    expected = read_checkpoint(dressed).model.state_dict()
    dress, remarks = DRESSINGS[name]
    dress(dressed)
    checkpoint = read_checkpoint(dressed)
    state = checkpoint.model.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in state.items())
    for remark in remarks:
        assert any(remark in line for line in checkpoint.remarks), checkpoint.remarks
    assert bool(checkpoint.remarks) == bool(remarks)


def test_halves_become_floats(dressed: Path) -> None:
    expected = read_checkpoint(dressed).model.state_dict()
    put(dressed, {n: value.bfloat16() if "layer" in n else value.half() for n, value in weights(dressed).items()})
    state = read_checkpoint(dressed).model.state_dict()
    assert {value.dtype for value in state.values()} == {torch.float32}
    assert all(torch.allclose(value, expected[key], atol=0.02) for key, value in state.items())


@pytest.mark.parametrize("suffix", ["bin", "safetensors"])
def test_shards_of_a_wrapped_model(dressed: Path, suffix: str) -> None:
    model = read_checkpoint(dressed).model
    (dressed / "model.safetensors").unlink()
    model.save_pretrained(dressed, max_shard_size="20KB", safe_serialization=suffix == "safetensors")
    assert len(list(dressed.glob(f"*-of-*.{suffix}"))) > 2
    if suffix == "bin":
        for shard in dressed.glob("*-of-*.bin"):
            torch.save({f"module.{name}": value for name, value in torch.load(shard).items()}, shard)
        index = dressed / "pytorch_model.bin.index.json"
        names = json.loads(index.read_text())["weight_map"]
        edit(index, weight_map={f"module.{name}": shard for name, shard in names.items()})
    state = read_checkpoint(dressed).model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


QUERY = "roberta.encoder.layer.0.attention.self.query.weight"
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pointer": (
        lambda f: (f / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
        r"model\.safetensors: a Git LFS pointer, not the file itself; run 'git lfs pull'",
    ),
    "a page": (lambda f: (f / "model.safetensors").write_text("<!DOCTYPE html>404"), "a web page, not the file itself"),
    "a pointer as tokenizer": (
        lambda f: (f / "tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
        r"tokenizer\.json: a Git LFS pointer",
    ),
    "a link to nothing": (
        lambda f: ((f / "model.safetensors").unlink(), (f / "model.safetensors").symlink_to("../blobs/1")),
        "a link to a file that does not exist",
    ),
    "int8": (lambda f: put(f, weights(f) | {QUERY: torch.ones(32, 32, dtype=torch.int8)}), "as int8, not as floating"),
    "fp8": (
        lambda f: put(f, weights(f) | {QUERY: torch.ones(32, 32).to(torch.float8_e4m3fn)}),
        "as float8_e4m3fn, not as floating point numbers; if it was quantized",
    ),
    "scales": (
        lambda f: put(f, weights(f) | {f"{QUERY}_scale_inv": torch.ones(1)}),
        r"the weights are quantized \('.*query\.weight_scale_inv'\)",
    ),
    "bitsandbytes": (
        lambda f: put(f, weights(f) | {QUERY.replace("weight", "SCB"): torch.ones(32)}),
        r"the weights are quantized \('.*query\.SCB'\)",
    ),
    "a quantization in the config": (
        lambda f: edit(f / "config.json", quantization_config={"quant_method": "gptq"}),
        r"config\.json: the weights are quantized \(quantization_config, gptq\)",
    ),
    "two models": (
        lambda f: put_pickle(f, {"model": weights(f), "ema": weights(f)}),
        r"pytorch_model\.bin: holds the weights of 2 models, under 'model', 'ema'; choose one",
    ),
    "student and teacher": (
        lambda f: put(f, renamed(f, lambda n: f"student.{n}") | renamed(f, lambda n: f"teacher.{n}")),
        "hold several encoders, under 'student.roberta.' and 'teacher.roberta.'",
    ),
    "twice": (lambda f: put(f, weights(f) | renamed(f, lambda n: f"module.{n}")), "twice, once under another prefix"),
    "an adapter in it": (
        lambda f: put(f, weights(f) | {QUERY.replace("weight", "lora_A.default.weight"): torch.ones(2, 32)}),
        "hold an adapter .*, not merged into its model",
    ),
    "a CRF": (lambda f: put(f, weights(f) | {"crf.transitions": torch.ones(2, 2)}), "'crf.transitions', which config"),
    "another head": (
        lambda f: put(f, renamed(f, lambda n: n.replace("classifier", "fc"))),
        "no last layer 'classifier.weight', but 'fc'; .* rename it to 'classifier'",
    ),
    "no head": (
        lambda f: put(f, {n: value for n, value in weights(f).items() if "classifier" not in n}),
        "hold an encoder, and no last layer",
    ),
    "layers as a head": (
        lambda f: put(
            f,
            renamed(f, lambda n: n.replace("classifier", "classifier.2")) | {"classifier.0.weight": torch.ones(32, 32)},
        ),
        r"the last layer is several, such as 'classifier\.\d\.\w+', and what is between them",
    ),
    "two files": (
        lambda f: (
            shutil.copy(f / "model.safetensors", f / "a.safetensors"),
            (f / "model.safetensors").rename(f / "b.safetensors"),
        ),
        r"several files of weights \(a\.safetensors, b\.safetensors\); give the one that you mean, such as .*/a\.s",
    ),
    "parts without their index": (
        lambda f: (f / "model.safetensors").rename(f / "model-00001-of-00002.safetensors"),
        r"the weights are in parts, and model\.safetensors\.index\.json is missing; copy it too",
    ),
    "labels of another": (
        lambda f: edit(f / "config.json", id2label={"0": "O", "1": "B-PER"}),
        r"id2label names 2 outputs \(O, B-PER\), the weights have 1; they must agree",
    ),
    "none": (lambda f: (f / "model.safetensors").unlink(), "has no weights; a checkpoint needs model.safetensors or"),
    "TensorFlow's": (
        lambda f: (f / "model.safetensors").rename(f / "tf_model.h5"),
        r"tf_model\.h5: TensorFlow's weights, and none of torch",
    ),
    "DeepSpeed's": (
        lambda f: (f / "model.safetensors").rename(f / "zero_to_fp32.py"),
        "holds DeepSpeed's parts of weights; run 'python zero_to_fp32.py",
    ),
    "TensorFlow's safetensors": (lambda f: put(f, weights(f), "tf"), "weights of tf; save the model from torch"),
    "a pickle by the name of safetensors": (
        lambda f: torch.save(weights(f), f / "model.safetensors"),
        "damaged or cut off: .*; copy it again",
    ),
    "arguments": (
        lambda f: put_pickle(f, {"state_dict": weights(f), "args": argparse.Namespace(lr=1)}),
        r"holds more than plain tensors \('argparse\.Namespace'\), and to read more could run code; save a plain state",
    ),
    "a list": (lambda f: put_pickle(f, [torch.ones(2)]), "holds no dict of tensors"),
    "nothing": (lambda f: put_pickle(f, {}), "no state dict of a model"),
    "TorchScript": (torchscript, "is a TorchScript archive"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_model_is_refused_in_one_line(dressed: Path, name: str) -> None:
    dress, match = REFUSED[name]
    dress(dressed)
    with pytest.raises(CheckpointError, match=match) as caught:
        read_checkpoint(dressed)
    assert "\n" not in str(caught.value)
    assert caught.value.advice


def test_a_training_may_start_from_a_bare_encoder(dressed: Path) -> None:
    expected = weights(dressed)[QUERY]
    put(dressed, {n.removeprefix("roberta."): v for n, v in weights(dressed).items() if "classifier" not in n})
    edit(dressed / "config.json", architectures=["RobertaModel"])
    start = read_start(dressed)
    assert not start.has_scores
    assert torch.equal(start.model.state_dict()[QUERY], expected)


def test_a_part_of_the_weights_is_no_checkpoint(dressed: Path) -> None:
    part = (dressed / "model.safetensors").rename(dressed / "model-00001-of-00002.safetensors")
    with pytest.raises(
        CheckpointError, match=rf"of-00002\.safetensors: a part of the weights; give its folder, {dressed}$"
    ):
        read_checkpoint(part)


def test_one_of_several_files_may_be_given(dressed: Path) -> None:
    put_pickle(dressed, {"state_dict": weights(dressed)}, "first.ckpt")
    shutil.copy(dressed / "first.ckpt", dressed / "last.ckpt")
    with pytest.raises(CheckpointError, match="several files"):
        read_checkpoint(dressed)
    checkpoint = read_checkpoint(dressed / "last.ckpt")
    assert checkpoint.remarks[0] == "the weights are those of last.ckpt"
    assert checkpoint.notes.name == "checkpoint"
