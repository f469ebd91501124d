"""A tiny checkpoint to be dressed as people's are, and the scores that transformers alone gives for it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tests.export import checkpoints
from torch import Tensor
from transformers import PreTrainedTokenizerFast, RobertaForTokenClassification, RobertaTokenizerFast

from escore.pipeline.pipeline import Pipeline
from escore_export.checkpoint.checkpoint import OVERLAP, Checkpoint, read_checkpoint
from escore_export.checkpoint.model import Meaning
from escore_export.output_range import check_range
from escore_export.parity import score_reference, torch_run
from escore_export.tokenizer_parity import check_ids
from escore_export.verification import verification_paragraphs, verification_texts

SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 514,
}
TEXT = verification_paragraphs()[3]


def tiny(folder: Path, labels: Sequence[str] = ("score",)) -> Path:
    """A checkpoint of Hugging Face's with all files of a tokenizer, two layers, 32 wide."""
    size = checkpoints.small_vocabulary(folder)
    checkpoints.model(SHAPE, size, labels=labels).save_pretrained(folder)
    files = folder / "vocab.json", folder / "merges.txt"
    RobertaTokenizerFast(*files, add_prefix_space=True).save_pretrained(folder)
    return folder


def edit(path: Path, **changes: object) -> None:
    """Change keys of a JSON file; None takes a key away."""
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def edit_tokenizer(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change tokenizer.json in place."""
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def weights(folder: Path) -> dict[str, Tensor]:
    """Copies of the tensors of model.safetensors, which may be written anew."""
    return {name: value.clone() for name, value in load_file(folder / "model.safetensors").items()}


def put(folder: Path, state: dict[str, Tensor], format: str = "pt") -> None:
    """Write model.safetensors."""
    save_file(state, folder / "model.safetensors", metadata={"format": format})


def put_pickle(folder: Path, content: object, name: str = "pytorch_model.bin") -> None:
    """Write a pickle in place of model.safetensors."""
    (folder / "model.safetensors").unlink(missing_ok=True)
    torch.save(content, folder / name)


def rename_tokens(folder: Path, names: dict[str, str]) -> None:
    """Give tokens of tokenizer.json other names, and leave no other file that knows them."""
    text = (folder / "tokenizer.json").read_text()
    for old, new in names.items():
        text = text.replace(json.dumps(old), json.dumps(new))
    (folder / "tokenizer.json").write_text(text)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (folder / name).unlink()


@dataclass(frozen=True, slots=True)
class Difference:
    """How far scores of `words` words lie from transformers' own: in the mean, and at most."""

    mean: float
    most: float
    words: int


def transformers_scores(
    words: Sequence[str],
    tokenizer: PreTrainedTokenizerFast,
    model: RobertaForTokenClassification,
    score: Callable[[Tensor], Tensor] = lambda logits: 300 * torch.sigmoid(logits[:, 0]),
) -> NDArray[np.float64]:
    """Scores of words by transformers alone: its tokenizer, its model, and the mean of each word's tokens."""
    encoding = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        values = score(model(**encoding).logits[0]).double().numpy()
    places = encoding.word_ids()
    return np.array([np.mean([v for v, w in zip(values, places, strict=True) if w == n]) for n in range(len(words))])


def compare(own: NDArray[np.float32], theirs: NDArray[np.float64]) -> Difference:
    """The difference of two arrays of scores."""
    difference = np.abs(own - theirs)
    return Difference(float(difference.mean()), float(difference.max()), len(difference))


def read(folder: Path, meaning: Meaning | None = None) -> tuple[Checkpoint, NDArray[np.float32]]:
    """What an export makes of a folder before there is a graph: its checks, and its scores of TEXT's words in torch."""
    checkpoint = read_checkpoint(folder, meaning)
    check_ids(checkpoint.vocabulary, verification_texts())
    run = torch_run(checkpoint.model, checkpoint.outputs, checkpoint.vocabulary.tokenizer.special_ids)
    pipeline = Pipeline(checkpoint.vocabulary.tokenizer, checkpoint.max_tokens, OVERLAP, run)
    check_range(checkpoint, pipeline, verification_paragraphs())
    return checkpoint, score_reference(pipeline, [TEXT]).scores
