"""What is no checkpoint of the right kind is refused, with what was found and what is needed."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.export import checkpoints
from transformers import (
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForTokenClassification,
    XLMRobertaConfig,
    XLMRobertaForTokenClassification,
)

from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import CheckpointError


def refused(folder: Path, match: str) -> None:
    with pytest.raises(CheckpointError, match=match) as caught:
        read_checkpoint(folder)
    assert "\n" not in str(caught.value)
    assert str(folder.parent) in str(caught.value)


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_folders_that_are_none(copy: Path, tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "no such folder; give a checkpoint")
    refused(copy / "config.json", "a file of a checkpoint; give its folder, ")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", r"config\.json: No such file.*needs it")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        (
            {"model_type": "bert", "architectures": ["BertForTokenClassification"]},
            "BertForTokenClassification of type bert",
        ),
        ({"model_type": None}, "of type unknown"),
        (
            {"architectures": ["RobertaForSequenceClassification"]},
            "holds RobertaForSequenceClassification, which judges whole texts; give a RobertaFor",
        ),
        ({"hidden_act": "relu"}, r"'relu' - at `\$\.hidden_act`; give a .* GELU"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"is_decoder": True}, "holds a decoder"),
        ({"num_attention_heads": 5}, "not a multiple of the number of attention heads"),
        ({"hidden_size": "64"}, r"`str` - at `\$\.hidden_size`"),
        ({"vocab_size": -1}, r">= 1 - at `\$\.vocab_size`"),
        ({"pad_token_id": 10**6}, "Padding_idx must be within"),
        ({"pad_token_id": None}, r"`null` - at `\$\.pad_token_id`"),
        ({"pad_token_id": -1}, r">= 0 - at `\$\.pad_token_id`"),
        ({"layer_norm_eps": "1e-5"}, r"`str` - at `\$\.layer_norm_eps`"),
        ({"layer_norm_eps": -1}, r"> 0.0 - at `\$\.layer_norm_eps`"),
        ({"num_attention_heads": -4}, r">= 1 - at `\$\.num_attention_heads`"),
        ({"type_vocab_size": 0}, r">= 1 - at `\$\.type_vocab_size`"),
        ({"max_position_embeddings": 10**9}, r"<= 1000000 - at `\$\.max_position_embeddings`"),
        ({"max_position_embeddings": 12}, r"hold 'roberta\.embeddings\.position_embeddings\.weight' in another shape"),
        ({"num_hidden_layers": 1}, r"layer\.1\..*does not describe"),
        ({"num_hidden_layers": 3}, r"lack 'roberta\.encoder\.layer\.2"),
        ({"intermediate_size": 96}, r"hold 'roberta\.encoder\.layer\.0\.intermediate\.dense\.weight' in another shape"),
        ({"vocab_size": 800}, r"hold 'roberta\.embeddings\.word_embeddings\.weight' in another shape"),
    ],
)
def test_configurations_of_something_else(copy: Path, changes: dict[str, Any], match: str) -> None:
    edit(copy / "config.json", **changes)
    refused(copy, match)


def test_other_architectures(tmp_path: Path) -> None:
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    XLMRobertaForTokenClassification(XLMRobertaConfig(vocab_size=99, **small)).save_pretrained(tmp_path / "xlm")
    refused(
        tmp_path / "xlm", "XLMRobertaForTokenClassification of type xlm-roberta; give a RobertaForTokenClassification"
    )
    RobertaForMaskedLM(RobertaConfig(vocab_size=99, **small)).save_pretrained(tmp_path / "lm")
    refused(tmp_path / "lm", "holds RobertaForMaskedLM; give a RobertaForTokenClassification with one output")
    edit(tmp_path / "lm" / "config.json", architectures=["RobertaForTokenClassification"])
    refused(tmp_path / "lm", r"the weights hold no last layer 'classifier\.weight', but 'lm_head'")
    labels = {"id2label": {0: "O", 1: "B-PER", 2: "I-PER"}, "label2id": {"O": 0, "B-PER": 1, "I-PER": 2}}
    RobertaForTokenClassification(RobertaConfig(vocab_size=99, **small, **labels)).save_pretrained(tmp_path / "ner")
    refused(tmp_path / "ner", r"a classifier of 3 labels \(O, B-PER, I-PER\); give a .*, or --entity-labels")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            lambda path: path.unlink(),
            "has no weights; a checkpoint needs model.safetensors or pytorch_model.bin",
        ),
        (lambda path: path.write_bytes(b""), "an empty file; copy it again"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "damaged or cut off: .*; copy it again"),
        (lambda path: path.write_text("version https://git"), "damaged or cut off: .*; copy it again"),
    ],
)
def test_weights_that_cannot_be_read(copy: Path, change: Callable[[Path], object], match: str) -> None:
    change(copy / "model.safetensors")
    refused(copy, match)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        (b"PK\x03\x04 half a zip", "is damaged or holds more than plain tensors"),
        (pickle.dumps({"weight": 1}), ""),
        (pickle.dumps({1: 2}), ""),
        (b"\x80\x02garbage", ""),
    ],
)
def test_a_bin_that_cannot_be_read(copy: Path, content: bytes, match: str) -> None:
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(content)
    refused(copy, rf"pytorch_model\.bin: .*{match}")


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    folder = checkpoints.hugging_face(tmp_path / "checkpoint", safe=False)
    content = bytearray((folder / "pytorch_model.bin").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "pytorch_model.bin").write_bytes(content)
    refused(folder, "is damaged")


def test_options_that_change_nothing_are_no_hindrance(copy: Path) -> None:
    edit(copy / "config.json", chunk_size_feed_forward=3, gradient_checkpointing=True, type_vocab_size=1)
    edit(copy / "config.json", _attn_implementation="someone/kernel-of-theirs")  # would be fetched from the network
    edit(copy / "config.json", quantization_config=None, transformers_weights="../x.safetensors")
    torch.save({"arguments": Path()}, copy / "training_args.bin")
    (copy / "pytorch_model.bin").write_bytes(b"not read where there is a model.safetensors")
    assert read_checkpoint(copy).model.config._attn_implementation == "eager"


def test_an_adapter_is_no_checkpoint(copy: Path) -> None:
    """With peft installed, transformers would look for the model that the adapter names, wherever that is."""
    (copy / "adapter_config.json").write_text('{"base_model_name_or_path": "someone/elsewhere"}')
    refused(copy, r"adapter_config\.json: this is an adapter; merge it")


def test_code_in_a_pickle_never_runs(copy: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
            return Path.touch, (tmp_path / "ran",)

    (copy / "model.safetensors").unlink()
    torch.save({"classifier.weight": Evil()}, copy / "pytorch_model.bin")
    refused(copy, "holds more than plain tensors.*, and to read more could run code; save a plain state dict")
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_no_numbers(copy: Path) -> None:
    path = copy / "model.safetensors"
    state = load_file(path)
    for value in (float("nan"), float("inf")):
        changed = state["classifier.bias"].clone().fill_(value)
        save_file(state | {"classifier.bias": changed}, path, metadata={"format": "pt"})
        refused(copy, "hold no numbers for 'classifier.bias'")
    save_file({k: v for k, v in state.items() if k != "classifier.bias"}, path, metadata={"format": "pt"})
    refused(copy, "lack 'classifier.bias'")


def test_half_precision_is_read(copy: Path) -> None:
    path = copy / "model.safetensors"
    save_file({name: value.half() for name, value in load_file(path).items()}, path, metadata={"format": "pt"})
    assert read_checkpoint(copy).model.dtype == torch.float32


def test_shards(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    size = len(json.loads((copy / "vocab.json").read_text()))
    checkpoints.model(checkpoints.TINY, size).save_pretrained(copy, max_shard_size="100KB")
    shards = sorted(copy.glob("model-*.safetensors"))
    assert len(shards) > 2
    read_checkpoint(copy)
    content = shards[1].read_bytes()
    shards[1].unlink()
    refused(copy, rf"{shards[1].name}: No such file, though model\.safetensors\.index\.json names it; copy all shards")
    shards[1].write_bytes(content)
    index = copy / "model.safetensors.index.json"
    whole = json.loads(index.read_text())
    for weight_map, match in [
        (
            whole["weight_map"] | {"classifier.bias": "../model.safetensors"},
            "'weight_map' names other things than files of this folder",
        ),
        (
            whole["weight_map"] | {"extra": shards[0].name},
            r"index\.json: no shard holds 'extra', which it names; copy all files again",
        ),
        (None, "'weight_map' names other things"),
        ([1], "'weight_map' names other things"),
    ]:
        index.write_text(json.dumps(whole | {"weight_map": weight_map}))
        refused(copy, match)
    index.write_text(json.dumps(whole))
    shard = next(path for path in shards if "classifier.bias" in load_file(path))
    state = load_file(shard)
    del state["classifier.bias"]
    save_file(state, shard, metadata={"format": "pt"})
    refused(copy, r"index\.json: no shard holds 'classifier\.bias', which it names")


def test_notes_of_something_else(copy: Path) -> None:
    recipe = {
        "name": "a",
        "version": "1",
        "license": "MIT",
        "corpora": [],
        "attributions": [],
        "model": {"max_tokens": 64},
    }
    good = {"recipe": recipe, "minutes": 3}
    (copy / "training.json").write_text(json.dumps(good))
    assert read_checkpoint(copy).max_tokens == 64
    for content in (
        {},
        {"recipe": 3, "minutes": 3},
        good | {"minutes": "3"},
        good | {"start": None},
        good | {"start": {"sources": 3}},
        {"recipe": recipe | {"name": None}, "minutes": 1},
        {"recipe": recipe | {"name": "a\nb"}, "minutes": 1},
        {"recipe": recipe | {"license": "\ud800"}, "minutes": 1},
    ):
        (copy / "training.json").write_text(json.dumps(content))
        refused(copy, r"training\.json: not what 'escore train' writes")
    (copy / "training.json").write_text(json.dumps(good))
    (copy / "limits.md").write_bytes(b"\xff")
    refused(copy, r"limits\.md: not text in UTF-8")
