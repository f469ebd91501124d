"""transformers' own tokenizer of a checkpoint: what a bundle's must agree with, and what it is made from."""

from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast, RobertaTokenizerFast

from escore_export.checkpoint.files import check_text
from escore_export.errors import CheckpointError
from escore_export.quiet import quiet

FILES = ("tokenizer.json", "vocab.json", "merges.txt")
# These mean something to a model, and none of them is text.
_CONTROLS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_SIMILAR = ("tokenizer", "vocab", "spiece", "sentencepiece")  # other files of tokenizers
_NEEDED = "give tokenizer.json, or vocab.json and merges.txt that fit it"


def load_tokenizer(folder: Path, prefix_space: bool) -> tuple[PreTrainedTokenizerFast, list[str]]:
    """The tokenizer as transformers loads it, to be given words that begin with a space or not, and remarks.

    Where tokenizer_config.json is one that this version of transformers does not understand, its files alone make it.
    Nothing is downloaded, and no code of the folder's runs. Raises CheckpointError.
    """
    for name in FILES:
        check_text(folder / name)
    has = {name: (folder / name).exists() for name in FILES}
    if not has[FILES[0]] and not (has[FILES[1]] and has[FILES[2]]):
        others = sorted(path.name for path in folder.iterdir() if path.name.startswith(_SIMILAR))
        found = f" ({others[0]} alone is not enough)" if others else ""
        raise CheckpointError(f"{folder}: has no tokenizer{found}", _NEEDED)
    remarks = []
    with quiet("transformers"):
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                folder, add_prefix_space=prefix_space, use_fast=True, local_files_only=True, trust_remote_code=False
            )
        except BaseException as error:  # transformers and tokenizers raise their own; Rust's panics are no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            tokenizer = _from_files(folder, prefix_space, has[FILES[0]], error)
            remarks.append(f"tokenizer_config.json is left out, which transformers cannot read: {_line(error)}")
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        problem = f"{folder}: transformers has only a slow tokenizer for it, {type(tokenizer).__name__}"
        raise CheckpointError(problem, "give a byte-level BPE, as RoBERTa has")
    return tokenizer, remarks


def _from_files(folder: Path, prefix_space: bool, has_json: bool, reason: BaseException) -> PreTrainedTokenizerFast:
    try:
        files = {"tokenizer_file": FILES[0]} if has_json else {"vocab_file": FILES[1], "merges_file": FILES[2]}
        paths = {key: str(folder / name) for key, name in files.items()}
        tokenizer: PreTrainedTokenizerFast = RobertaTokenizerFast(**paths, add_prefix_space=prefix_space)
    except BaseException as error:  # as above
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        path = folder / FILES[0] if has_json else folder
        raise CheckpointError(f"{path}: has no tokenizer that can be read: {_line(reason)}", _NEEDED) from error
    return tokenizer


def controls(tokenizer: PreTrainedTokenizerBase) -> set[str]:
    """The tokens that mean something to the model, and are no text: <s>, </s>, <pad>, <unk>, <mask> by their names."""
    return {str(token) for name in _CONTROLS if (token := tokenizer.special_tokens_map.get(name)) is not None}


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
