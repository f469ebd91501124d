"""The tokenizer.json of a bundle, made from whichever tokenizer files a checkpoint has."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from escore import segmentation
from escore.bundle.tokenizer import WordTokenizer
from escore_export.checkpoint.files import read_json_object
from escore_export.errors import CheckpointError

NEEDED = "give a byte-level BPE, as RoBERTa has"
_MARKUP = re.compile(r"<.*>|madeupword\d+")  # tokens that stand for something else than their letters


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A tokenizer and its tokenizer.json; `size` counts special tokens too, `whole_words` is as in Manifest."""

    tokenizer: WordTokenizer
    content: str
    size: int
    whole_words: bool


def read_vocabulary(folder: Path, prefix_space: bool) -> Vocabulary:
    """The vocabulary of the checkpoint in `folder`.

    A tokenizer that already finds words (what `escore train` writes) gets the words and the plain forms of this version
    of escore. RoBERTa's own gets the words put before it, each of them shown alone, with a leading space
    (`prefix_space`) or without. No token is special in the result: a literal `</s>` in a text is text. Raises
    CheckpointError.
    """
    path, content = read_tokenizer_json(folder)
    try:
        added = {token["content"]: token["id"] for token in content.get("added_tokens", [])}
        ids: dict[str, int] = content["model"]["vocab"] | added
        if not (reason := _problem(content, ids)):
            content["model"]["dropout"] = None
            content |= {"added_tokens": [], "truncation": None, "padding": None, "normalizer": None}
            tokenizer = Tokenizer.from_str(json.dumps(content))
    except Exception as error:  # KeyError and TypeError of a wrong shape, plain Exception from tokenizers
        reason = f"not a tokenizer that can be read: {type(error).__name__}: {error}"
    if reason:
        raise CheckpointError(f"{path}: {reason}", NEEDED)
    whole_words = not _finds_words(content["pre_tokenizer"])
    if whole_words:
        first, last = _special_id(folder, ids, "cls_token", "<s>"), _special_id(folder, ids, "sep_token", "</s>")
        tokenizer.pre_tokenizer = segmentation.pre_tokenizer(prefix_space, split_inside=True)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", first), ("</s>", last)]
        )
    else:
        segmentation.find_words(tokenizer, content["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"])
    try:
        word_tokenizer = WordTokenizer(tokenizer.to_str(), whole_words)
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}", NEEDED) from error
    if max(word_tokenizer.special_ids) >= len(ids):
        raise CheckpointError(
            f"{path}: puts the ids {word_tokenizer.special_ids} at the ends of a text, has {len(ids)} tokens"
        )
    return Vocabulary(word_tokenizer, tokenizer.to_str(), len(ids), whole_words)


def read_tokenizer_json(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The file that holds a checkpoint's tokenizer, and the content of its tokenizer.json. Raises CheckpointError."""
    path = folder / "tokenizer.json"
    return (path, read_json_object(path)) if path.exists() else (folder / "vocab.json", _read_vocab_and_merges(folder))


def _read_vocab_and_merges(folder: Path) -> dict[str, Any]:
    """The content of the tokenizer.json that vocab.json and merges.txt make."""
    try:
        tokenizer = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    except Exception as error:  # tokenizers raises plain Exception
        problem = f"{folder}: has no tokenizer that can be read: {error}"
        raise CheckpointError(problem, "give tokenizer.json, or vocab.json and merges.txt that fit it") from error
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    return content


def _problem(content: dict[str, Any], ids: dict[str, int]) -> str | None:
    """What keeps a tokenizer.json from being a complete byte-level BPE; `ids` are those of all its tokens."""
    model, normalizer = content["model"], content.get("normalizer")
    pre_tokenizer = content["pre_tokenizer"] or {"type": "no pre-tokenizer"}
    if model["type"] != "BPE":
        return f"holds a {model['type']} tokenizer"
    if affix := model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"):
        return f"marks the start or the end of words by '{affix}'"
    if pre_tokenizer["type"] != "ByteLevel" and not _finds_words(pre_tokenizer):
        return f"splits text by {pre_tokenizer['type']}"
    if normalizer and not _finds_words(pre_tokenizer):
        return f"changes text first ({normalizer['type']})"
    if by_hand := [token["content"] for token in content.get("added_tokens", []) if not token["special"]]:
        return f"has tokens added by hand, such as '{by_hand[0]}'"
    if other := [token for token, number in model["vocab"].items() if ids[token] != number]:
        return f"gives the token '{other[0]}' two ids"
    if sorted(ids.values()) != list(range(len(ids))):
        return f"the ids of its {len(ids)} tokens are not 0 to {len(ids) - 1}, each once"
    if missing := sorted(byte for byte in pre_tokenizers.ByteLevel.alphabet() if byte not in ids):
        return f"lacks {len(missing)} of the 256 byte tokens ('{missing[0]}')"
    merged = {"".join(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]}
    lost = [token for token in ids if len(token) > 1 and token not in merged and not _MARKUP.fullmatch(token)]
    if len(lost) > len(ids) // 100:
        return f"no merge makes {len(lost)} of its tokens, such as '{lost[0]}': merges are missing"
    return None


def _finds_words(pre_tokenizer: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer is of escore's kind: first the words of a text, then their bytes."""
    steps = pre_tokenizer.get("pretokenizers", [])
    if [step["type"] for step in steps] != ["Split", "ByteLevel"]:
        return False
    split, byte_level = steps
    return bool(split["behavior"] == "Removed" and split["invert"] and not byte_level["use_regex"])


def _special_id(folder: Path, ids: dict[str, int], key: str, default: str) -> int:
    """The id of the token that begins or ends a text, by the name that tokenizer_config.json gives it."""
    path = folder / "tokenizer_config.json"
    token = (read_json_object(path) if path.exists() else {}).get(key) or default
    name = token.get("content") if isinstance(token, dict) else token
    if not isinstance(name, str) or name not in ids:
        raise CheckpointError(f"{folder}: the tokenizer has no token '{name}', its {key}", NEEDED)
    return ids[name]
