"""The tokenizer.json of a bundle, made from whichever tokenizer files a checkpoint has."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from escore import segmentation
from escore.bundle.tokenizer import WordTokenizer
from escore_export.checkpoint.weights import json_object
from escore_export.errors import CheckpointError

NEEDED = "needed a byte-level BPE, as RoBERTa has"
_MARKUP = re.compile(r"<.*>|madeupword\d+")  # tokens that stand for something else than their letters


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`content` is the tokenizer.json; `size` its tokens, special ones included; `whole_words` as in Manifest."""

    content: str
    size: int
    whole_words: bool

    def tokenizer(self) -> WordTokenizer:
        """As the runtime will use it."""
        return WordTokenizer(self.content, self.whole_words)


def read(folder: Path, prefix_space: bool) -> Vocabulary:
    """The vocabulary of the checkpoint in `folder`.

    A tokenizer that already finds words (what `escore train` writes) stays as it is. RoBERTa's own gets the words of
    escore put before it, each of them shown alone, with a leading space (`prefix_space`) or without. No token is
    special in the result: a literal `</s>` in a text is text. Raises CheckpointError.
    """
    path = folder / "tokenizer.json"
    if path.exists():
        content, added = _fast(path)
    else:
        path = folder / "vocab.json"
        content, added = _slow(folder), {}
    model = content["model"]
    ids: dict[str, int] = model["vocab"] | added
    if other := [token for token, number in added.items() if model["vocab"].get(token, number) != number]:
        raise CheckpointError(f"{path}: gives the token '{other[0]}' two ids; {NEEDED}")
    if sorted(ids.values()) != list(range(len(ids))):
        raise CheckpointError(f"{path}: the ids of its {len(ids)} tokens are not 0 to {len(ids) - 1}, each once")
    if lacking := [byte for byte in sorted(pre_tokenizers.ByteLevel.alphabet()) if byte not in ids]:
        raise CheckpointError(f"{path}: lacks {len(lacking)} of the 256 byte tokens ('{lacking[0]}'); {NEEDED}")
    reached = {first + second for first, second in map(_pair, model["merges"])}
    lost = [token for token in ids if len(token) > 1 and token not in reached and not _MARKUP.fullmatch(token)]
    if len(lost) > len(ids) // 100:
        raise CheckpointError(
            f"{path}: no merge makes {len(lost)} of its tokens, such as '{lost[0]}'; merges are missing"
        )
    whole_words = not _finds_words(content["pre_tokenizer"])
    tokenizer = Tokenizer.from_str(json.dumps(content))
    if whole_words:
        first = _special(folder, path, ids, "cls_token", "<s>")
        last = _special(folder, path, ids, "sep_token", "</s>")
        tokenizer.pre_tokenizer = segmentation.pre_tokenizer(prefix_space, split_inside=True)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", first), ("</s>", last)]
        )
    made = Vocabulary(tokenizer.to_str(), len(ids), whole_words)
    try:
        ends = made.tokenizer().special_ids
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}; {NEEDED}") from error
    if max(ends) >= len(ids):
        raise CheckpointError(f"{path}: puts the ids {ends} at the ends of a text, but has {len(ids)} tokens")
    return made


def _fast(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The tokenizer.json without its added tokens, and their ids."""
    content = json_object(path)
    try:
        kind = content["model"]["type"]
        if kind != "BPE":
            raise CheckpointError(f"{path}: holds a {kind} tokenizer; {NEEDED}")
        for key in ("continuing_subword_prefix", "end_of_word_suffix"):
            if content["model"].get(key):
                raise CheckpointError(f"{path}: has a {key} '{content['model'][key]}'; {NEEDED}, without")
        Tokenizer.from_str(json.dumps(content))  # in its own words, what is wrong with it
        first = content["pre_tokenizer"] or {"type": "no pre-tokenizer"}
        if first["type"] != "ByteLevel" and not _finds_words(first):
            raise CheckpointError(f"{path}: splits text by {first['type']}; {NEEDED}")
        if content.get("normalizer"):
            raise CheckpointError(f"{path}: changes text first ({content['normalizer']['type']}); {NEEDED}, without")
        added = {item["content"]: item["id"] for item in content.get("added_tokens", [])}
        if other := [item["content"] for item in content.get("added_tokens", []) if not item["special"]]:
            raise CheckpointError(f"{path}: has tokens added by hand, such as '{other[0]}'; {NEEDED}, without")
    except CheckpointError:
        raise
    except Exception as error:  # KeyError and TypeError of a wrong shape, plain Exception from tokenizers
        raise CheckpointError(f"{path}: not a tokenizer that can be read: {type(error).__name__}: {error}") from error
    model = content["model"] | {"dropout": None}
    return content | {"model": model, "added_tokens": [], "truncation": None, "padding": None}, added


def _slow(folder: Path) -> dict[str, Any]:
    """What vocab.json and merges.txt say, as the content of a tokenizer.json."""
    vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
    for path in (vocabulary, merges):
        if not path.is_file():
            raise CheckpointError(f"{folder}: has no tokenizer; needed tokenizer.json, or vocab.json and merges.txt")
    if not all(type(number) is int for number in json_object(vocabulary).values()):
        raise CheckpointError(f"{vocabulary}: not a vocabulary: tokens and their ids")
    try:
        tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges)))
    except Exception as error:  # tokenizers raises plain Exception
        raise CheckpointError(f"{merges}: does not fit {vocabulary.name}: {error}") from error
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    return content


def _finds_words(pre_tokenizer: dict[str, Any] | None) -> bool:
    """Whether a pre-tokenizer is of escore's kind: first the words of a text, then their bytes."""
    if pre_tokenizer is None or pre_tokenizer["type"] != "Sequence":
        return False
    steps = pre_tokenizer["pretokenizers"]
    if [step["type"] for step in steps] != ["Split", "ByteLevel"]:
        return False
    split, bytes_ = steps
    return bool(split["behavior"] == "Removed" and split["invert"] and not bytes_["use_regex"])


def _pair(merge: str | list[str]) -> tuple[str, str]:
    """The two tokens of a merge, which older files write as one string."""
    first, second = merge.split(" ") if isinstance(merge, str) else merge
    return first, second


def _special(folder: Path, path: Path, ids: dict[str, int], key: str, usual: str) -> int:
    """The id of the token that begins or ends a text, by the name that tokenizer_config.json gives it."""
    config = json_object(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").exists() else {}
    token = config.get(key) or usual
    name = token.get("content") if isinstance(token, dict) else token
    if not isinstance(name, str) or name not in ids:
        raise CheckpointError(f"{path}: has no token '{name}', which stands at an end of every text; {NEEDED}")
    return ids[name]
