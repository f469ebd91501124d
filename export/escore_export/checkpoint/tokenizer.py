"""The tokenizer.json of a bundle, made from whichever tokenizer files a checkpoint has."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from escore import segmentation
from escore.bundle.tokenizer import WordTokenizer
from escore_export.checkpoint.files import read_json_object
from escore_export.checkpoint.transformers_tokenizer import controls, load_tokenizer
from escore_export.errors import CheckpointError

NEEDED = "give a byte-level BPE, as RoBERTa has"
_PROBE = "Mary-Ellen O'Neil didn't pay AT&T $1,000.50 (10%)."  # its words are the same in all versions of escore
_MARKUP = re.compile(r"<.*>|madeupword\d+")  # tokens that stand for something else than their letters


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A tokenizer and its tokenizer.json.

    size: one more than the largest id that a text can have; whole_words is as in Manifest.
    reach: one more than the largest id of any token, of those that transformers adds itself, too.
    source: the tokenizer.json that a checkpoint keeps.
    reference: transformers' own, None for one that finds words as escore does.
    added: tokens added by hand, which are kept.
    remarks: what was changed, in words.
    """

    tokenizer: WordTokenizer
    content: str
    size: int
    reach: int
    whole_words: bool
    source: str
    reference: PreTrainedTokenizerFast | None = None
    added: tuple[str, ...] = ()
    remarks: list[str] = field(default_factory=list)


def read_vocabulary(folder: Path, prefix_space: bool, adds_ends: bool = False) -> Vocabulary:
    """The vocabulary of the checkpoint in `folder`.

    A tokenizer that already finds words (what `escore train` writes) gets the words and the plain forms of this version
    of escore. Any other is transformers' own with the words put before it, each of them shown alone, with a leading
    space (`prefix_space`) or without. No token that means something to the model is special in the result: a literal
    `</s>` in a text is text. `adds_ends`: where a tokenizer puts nothing at the ends of a text, <s> and </s> are put
    there, as `escore train` does. Raises CheckpointError.
    """
    path = folder / "tokenizer.json"
    content = read_json_object(path) if path.exists() else {}
    pre_tokenizer = content.get("pre_tokenizer")
    if isinstance(pre_tokenizer, dict) and _finds_words(pre_tokenizer):
        return _own(path, content)
    model = content.get("model")
    if isinstance(model, dict) and (reason := _affix(model)):  # tokenizers would panic
        raise CheckpointError(f"{path}: {reason}", NEEDED)
    return _foreign(folder, prefix_space, adds_ends)


def _own(path: Path, content: dict[str, Any]) -> Vocabulary:
    """The vocabulary of a tokenizer that finds words."""
    try:
        source = path.read_text("utf-8")
        ids = content["model"]["vocab"] | {token["content"]: token["id"] for token in content.get("added_tokens", [])}
        _check(path, content, ids)
        content |= {"added_tokens": [], "truncation": None, "padding": None, "normalizer": None}
        content["model"]["dropout"] = None
        tokenizer = Tokenizer.from_str(json.dumps(content))
        segmentation.find_words(tokenizer, content["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"])
        word_tokenizer = WordTokenizer(tokenizer.to_str(), whole_words=False)
    except CheckpointError:
        raise
    except Exception as error:  # KeyError and TypeError of a wrong shape, plain Exception from tokenizers
        problem = f"{path}: not a tokenizer that can be read: {type(error).__name__}: {error}"
        raise CheckpointError(problem, NEEDED) from error
    size = max(ids.values()) + 1
    return Vocabulary(word_tokenizer, tokenizer.to_str(), size, size, whole_words=False, source=source)


def _foreign(folder: Path, prefix_space: bool, adds_ends: bool) -> Vocabulary:
    """The vocabulary of a tokenizer of transformers."""
    reference, remarks = load_tokenizer(folder, prefix_space)
    path = folder / "tokenizer.json" if (folder / "tokenizer.json").exists() else folder / "vocab.json"
    content = json.loads(reference.backend_tokenizer.to_str())
    if dropout := content["model"].get("dropout"):
        content["model"]["dropout"] = None
        reference.backend_tokenizer.model.dropout = None
        remarks.append(f"the BPE's dropout of {dropout:g} is switched off")
    content |= {"truncation": None, "padding": None}
    vocab = content["model"].get("vocab")
    vocab = vocab if isinstance(vocab, dict) else {}
    source = json.dumps(content, ensure_ascii=False)
    try:
        kept = Tokenizer.from_str(source)
    except Exception as error:  # tokenizers raises plain Exception
        raise CheckpointError(f"{path}: not a tokenizer that can be read: {error}", NEEDED) from error
    ends = kept.encode("").ids
    if not ends and adds_ends:
        ends = [reference.cls_token_id, reference.sep_token_id]
    elif len(ends) == 2 and (whole := kept.encode("a").ids)[:: len(whole) - 1] != ends:
        raise CheckpointError(f"{path}: does not put one token before and one after a text", NEEDED)
    # The ends of a text may be named by the post-processor alone.
    special = controls(reference) | vocab.keys() & set(_strings(content["post_processor"]))
    special |= vocab.keys() & {token["content"] for token in content["added_tokens"] if token["special"]}
    added = [token for token in content["added_tokens"] if token["content"] not in special]
    if added:
        remarks.append(f"tokens added by hand are kept: {_names(added)}")
    # A token that is special to transformers alone, since a text is never searched for special ones here.
    content["added_tokens"] = [token | {"special": False} for token in added]
    ids = vocab | {token["content"]: token["id"] for token in added}
    _check(path, content, ids)
    if reason := _wrong_ends(ends, {i: token for token, i in ids.items() if token not in special}):
        raise CheckpointError(f"{path}: {reason}", NEEDED)
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.pre_tokenizer = segmentation.words_before(tokenizer.pre_tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", ends[0]), ("</s>", ends[1])]
    )
    return Vocabulary(
        tokenizer=WordTokenizer(tokenizer.to_str(), whole_words=True),
        content=tokenizer.to_str(),
        size=max(ids.values()) + 1,
        reach=max(reference.get_vocab().values()) + 1,
        whole_words=True,
        source=_source(folder, source, added),
        reference=reference,
        added=tuple(token["content"] for token in added),
        remarks=remarks,
    )


def _wrong_ends(ends: Sequence[int], text: dict[int, str]) -> str | None:
    """What is wrong with the ids at the ends of a text; `text` has the tokens that a text may hold, by their ids."""
    if len(ends) != 2:
        return f"does not put one token before and one after a text, but {len(ends)} in all"
    if token := next((text[end] for end in ends if end in text), None):
        return f"puts an id at an end of a text that is that of '{token}'"
    return None


def _source(folder: Path, content: str, added: Sequence[dict[str, Any]]) -> str:
    """The tokenizer.json to keep: the folder's own, unless tokens were added in other files."""
    path = folder / "tokenizer.json"
    text = path.read_text("utf-8") if path.exists() else ""
    return text if text and all(json.dumps(token["content"]) in text for token in added) else content


def _strings(content: object) -> Iterator[str]:
    """All strings in what JSON holds, but keys."""
    if isinstance(content, str):
        yield content
    values = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for value in values:
        yield from _strings(value)


def _names(added: Sequence[dict[str, Any]]) -> str:
    names = ", ".join(f"'{token['content'][:30]}'" for token in added[:5])
    return names if len(added) <= 5 else f"{names} and {len(added) - 5} more"


def _check(path: Path, content: dict[str, Any], ids: dict[str, int]) -> None:
    if reason := _problem(content, ids):
        raise CheckpointError(f"{path}: {reason}", NEEDED)


def _problem(content: dict[str, Any], ids: dict[str, int]) -> str | None:
    """What keeps a tokenizer.json from being a complete byte-level BPE; `ids` are those of all its tokens."""
    model = content["model"]
    if model["type"] != "BPE":
        return f"holds a {model['type']} tokenizer"
    if reason := _affix(model) or _not_bytes(content["pre_tokenizer"] or {"type": "no pre-tokenizer"}):
        return reason
    if other := [token for token, number in model["vocab"].items() if ids[token] != number]:
        return f"gives the token '{other[0]}' two ids"
    if len(set(ids.values())) < len(ids):
        return "gives two tokens the same id"
    if missing := sorted(byte for byte in pre_tokenizers.ByteLevel.alphabet() if byte not in ids):
        return f"lacks {len(missing)} of the 256 byte tokens ('{missing[0]}')"
    if model.get("ignore_merges"):
        return None
    merged = {"".join(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]}
    tokens = model["vocab"]
    lost = [token for token in tokens if len(token) > 1 and token not in merged and not _MARKUP.fullmatch(token)]
    if len(lost) > len(tokens) // 100:
        return f"no merge makes {len(lost)} of its tokens, such as '{lost[0]}': merges are missing"
    return None


def _affix(model: dict[str, Any]) -> str | None:
    """What a BPE puts at the start or the end of words, where it is not one of bytes."""
    affix = model.get("type") == "BPE" and (model.get("continuing_subword_prefix") or model.get("end_of_word_suffix"))
    return f"marks the start or the end of words by '{affix}'" if affix else None


def _not_bytes(pre_tokenizer: dict[str, Any]) -> str | None:
    """What keeps a pre-tokenizer from ending with the bytes of a text."""
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    return None if steps and steps[-1]["type"] == "ByteLevel" else f"splits text by {pre_tokenizer['type']}"


def _finds_words(pre_tokenizer: dict[str, Any]) -> bool:
    """Whether a pre-tokenizer is of escore's kind: first the words of a text, then their bytes."""
    steps = pre_tokenizer.get("pretokenizers", [])
    try:
        if [step["type"] for step in steps] != ["Split", "ByteLevel"]:
            return False
        split, byte_level = steps
        if split["behavior"] != "Removed" or not split["invert"] or byte_level["use_regex"]:
            return False
        words = pre_tokenizers.Split(Regex(split["pattern"]["Regex"]), behavior="removed", invert=True)
        return [word for word, _ in words.pre_tokenize_str(_PROBE)] == [word for word, _ in segmentation.words(_PROBE)]
    except Exception:  # KeyError and TypeError of a wrong shape, plain Exception from tokenizers
        return False
