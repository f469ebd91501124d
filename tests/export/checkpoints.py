"""Checkpoints of every kind that export takes: random weights, the head scaled so that scores spread over 0..300."""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import torch
from tests.conftest import EXAMPLES
from tokenizers import ByteLevelBPETokenizer
from torch import Tensor, nn
from transformers import RobertaConfig, RobertaForTokenClassification, RobertaModel, RobertaTokenizerFast

from escore_training.model.vocabulary import train_vocabulary

TEXTS = [path.read_text("utf-8") for path in EXAMPLES]
HEADS = ("score", "join", "person", "organization", "place", "other")
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TINY = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": 130,
}
DISTIL = {
    "hidden_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 514,
}
BASE = DISTIL | {"num_hidden_layers": 12}
LARGE = DISTIL | {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}


def spread(head: nn.Linear, hidden: Tensor) -> None:
    """Scale a head so that each output has mean 0 and standard deviation 2 for `hidden`, before the sigmoid."""
    with torch.no_grad():
        head.weight *= 2 / head(hidden).flatten(0, 1).std(0)[:, None]
        head.bias -= head(hidden).flatten(0, 1).mean(0)


def config(shape: dict[str, int], vocabulary: int, labels: Sequence[str] = ("score",)) -> RobertaConfig:
    names = dict(enumerate(labels))
    return RobertaConfig(vocab_size=vocabulary, type_vocab_size=1, layer_norm_eps=1e-5, id2label=names, **shape)


def model(
    shape: dict[str, int], vocabulary: int, seed: int = 3, labels: Sequence[str] = ("score",)
) -> RobertaForTokenClassification:
    torch.manual_seed(seed)
    classifier = RobertaForTokenClassification(config(shape, vocabulary, labels)).eval()
    with torch.no_grad():
        ids = torch.randint(5, vocabulary - 1, (4, 60))
        spread(classifier.classifier, classifier.roberta(ids)[0])
    return classifier


def small_vocabulary(folder: Path, size: int = 900) -> int:
    """vocab.json and merges.txt of RoBERTa's kind, learned from the examples."""
    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(TEXTS, vocab_size=size, min_frequency=1, special_tokens=SPECIAL, show_progress=False)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_model(str(folder))
    return tokenizer.get_vocab_size()


def large_vocabulary(folder: Path, size: int = 50265) -> int:
    """vocab.json and merges.txt of RoBERTa's size: those of the examples, then more and more letters together."""
    small_vocabulary(folder, 4000)
    tokens = list(json.loads((folder / "vocab.json").read_text("utf-8")))
    merges = (folder / "merges.txt").read_text("utf-8").splitlines()
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    strings, vocabulary = ["Ġ", *letters], set(tokens)
    while len(tokens) < size:
        pairs = [pair for pair in product(strings, letters) if "".join(pair) not in vocabulary][: size - len(tokens)]
        merges += [" ".join(pair) for pair in pairs]
        strings = ["".join(pair) for pair in product(strings, letters)]
        tokens += map("".join, pairs)
        vocabulary.update(tokens)
    ids = {token: i for i, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("\n".join(merges) + "\n", "utf-8")
    return size


def hugging_face(folder: Path, shape: dict[str, int] = TINY, fast: bool = False, safe: bool = True) -> Path:
    """What save_pretrained writes: safetensors or .bin, tokenizer.json or vocab.json and merges.txt."""
    size = small_vocabulary(folder) if shape is TINY else large_vocabulary(folder)
    model(shape, size).save_pretrained(folder, safe_serialization=safe)
    if fast:
        RobertaTokenizerFast(folder / "vocab.json", folder / "merges.txt", add_prefix_space=True).save_pretrained(
            folder
        )
        (folder / "vocab.json").unlink()
        (folder / "merges.txt").unlink()
    return folder


def trained(folder: Path, labels: Sequence[str] = ("score",)) -> Path:
    """What `escore train` writes."""
    words = train_vocabulary(TEXTS, 800)
    model(TINY, words.get_vocab_size(), labels=labels).save_pretrained(folder)
    words.save(str(folder / "tokenizer.json"))
    recipe = {
        "name": "tiny",
        "version": "2",
        "license": "CC0-1.0",
        "corpora": [{"name": "none", "license": "CC0-1.0", "files": "*"}],
        "attributions": [],
        "model": {"max_tokens": 64},
    }
    (folder / "training.json").write_text(json.dumps({"recipe": recipe, "minutes": 1}))
    return folder


class OriginalModel(RobertaModel):
    """The original demo's model: an encoder inside an encoder, the outer one never used, and a last layer."""

    def __init__(self, settings: RobertaConfig) -> None:
        super().__init__(settings)
        self.roberta = RobertaModel(settings)
        self.weights = nn.Linear(settings.hidden_size, 1)

    def forward(self, ids: Tensor) -> Tensor:
        return 3 * torch.sigmoid(self.weights(self.roberta(ids)[0]))


def original(folder: Path, seed: int = 5) -> tuple[Path, OriginalModel]:
    """A checkpoint in the original demo's layout, and the model that it was saved from."""
    settings = config(TINY | {"max_position_embeddings": 514}, small_vocabulary(folder))
    settings.architectures = ["Roberta"]
    torch.manual_seed(seed)
    original_model = OriginalModel(settings).eval()
    with torch.no_grad():
        spread(original_model.weights, original_model.roberta(torch.randint(5, settings.vocab_size, (4, 60)))[0])
    torch.save(original_model.state_dict(), folder / "pytorch_model.bin")
    settings.save_pretrained(folder)
    return folder, original_model
