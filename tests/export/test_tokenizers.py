"""The bundle's tokenizer gives the ids of transformers' own, or the checkpoint is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.export.dressings import edit, edit_tokenizer, read, rename_tokens
from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoTokenizer, RobertaForTokenClassification, RobertaTokenizer

from escore.bundle.tokenizer import WordTokenizer
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import CheckpointError
from escore_export.tokenizer_parity import GIVEN_WORDS, check_ids
from escore_export.verification import verification_texts

WORDS = ["Don't", "pay", "£", "7.25bn", "O'Brien's", "USERNAME", "x@URLs", "naïve-looking", "🎉", "I'LL"]


def unpadded(folder: Path) -> None:
    """Truncation and padding switched on, as some scripts leave them."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(10)
    tokenizer.enable_padding(length=64, pad_id=1)
    tokenizer.save(str(folder / "tokenizer.json"))


def resize(folder: Path, size: int, multiple: int | None = None) -> None:
    model = RobertaForTokenClassification.from_pretrained(folder)
    model.resize_token_embeddings(size, pad_to_multiple_of=multiple)
    model.save_pretrained(folder)


def add(folder: Path, special: bool = False) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = ["USERNAME", "@URL"]
    tokenizer.add_tokens(tokens, special_tokens=special)
    tokenizer.save_pretrained(folder)
    resize(folder, len(tokenizer))


def add_slowly(folder: Path, forget: bool) -> None:
    """As a slow tokenizer saves it: vocab.json, merges.txt and added_tokens.json; perhaps nothing else."""
    slow = RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    slow.add_tokens(["USERNAME"])
    for path in folder.glob("*token*"):
        path.unlink()
    slow.save_pretrained(folder)
    assert not (folder / "tokenizer.json").exists()
    assert (folder / "added_tokens.json").exists()
    if forget:
        for name in ("tokenizer_config.json", "special_tokens_map.json"):
            (folder / name).unlink()
    resize(folder, len(slow))


def shuffle_ends(folder: Path) -> None:
    """Ends by other names, which the post-processor alone knows."""
    rename_tokens(folder, {"<s>": "[CLS]", "</s>": "[SEP]", "<pad>": "[PAD]", "<unk>": "[UNK]", "<mask>": "[MASK]"})


def transformers_5(folder: Path) -> None:
    """What transformers 5 writes, and this version cannot read."""
    for name in ("vocab.json", "merges.txt", "special_tokens_map.json"):
        (folder / name).unlink()
    content = {"tokenizer_class": "TokenizersBackend", "extra_special_tokens": ["[E1]"], "add_prefix_space": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(content))


def only(folder: Path, *names: str) -> None:
    for path in folder.glob("*"):
        if path.name not in (*names, "config.json", "model.safetensors"):
            path.unlink()


def digits(content: dict[str, Any]) -> None:
    steps = [{"type": "Digits", "individual_digits": True}, content["pre_tokenizer"]]
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}


def words_of_its_own(content: dict[str, Any], pattern: str) -> dict[str, Any]:
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": True}
    return {"type": "Sequence", "pretokenizers": [split, content["pre_tokenizer"] | {"use_regex": False}]}


def both_before(content: dict[str, Any]) -> None:
    """A post-processor that puts both ends before a text."""
    ends = [{"SpecialToken": {"id": name, "type_id": 0}} for name in ("<s>", "</s>")]
    ids = {"<s>": 0, "</s>": 2}
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [*ends, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"],
        "special_tokens": {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in ids.items()},
    }


def two_ids(folder: Path) -> None:
    """A slow tokenizer with two tokens of one id."""
    only(folder, "vocab.json", "merges.txt")
    vocabulary = json.loads((folder / "vocab.json").read_text())
    vocabulary["Ġthe"] = vocabulary["Ġof"]
    (folder / "vocab.json").write_text(json.dumps(vocabulary))


def change(edit: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    return lambda folder: edit_tokenizer(folder, edit)


DRESSINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "plain": (lambda f: None, ""),
    "without its regex": (change(lambda c: c["pre_tokenizer"].update(use_regex=False)), ""),
    "digits apart": (change(digits), ""),
    "other words, as OpenAI's": (
        change(lambda c: c.update(pre_tokenizer=words_of_its_own(c, r" ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"))),
        "",
    ),
    "other words": (change(lambda c: c.update(pre_tokenizer=words_of_its_own(c, r"\w+|\S"))), ""),
    "lower case": (change(lambda c: c.update(normalizer={"type": "Lowercase"})), ""),
    "without accents": (
        change(
            lambda c: c.update(
                normalizer={"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}
            )
        ),
        "",
    ),
    "dropout": (change(lambda c: c["model"].update(dropout=0.5)), "the BPE's dropout of 0.5 is switched off"),
    "padding and truncation": (unpadded, ""),
    "merges as lists": (
        change(
            lambda c: c["model"].update(
                merges=[m if isinstance(m, list) else m.split(" ") for m in c["model"]["merges"]]
            )
        ),
        "",
    ),
    "merges as strings": (
        change(
            lambda c: c["model"].update(merges=[m if isinstance(m, str) else " ".join(m) for m in c["model"]["merges"]])
        ),
        "",
    ),
    "padded embedding": (lambda f: resize(f, 900, 64), "the embedding is cut from 960 to 900 tokens"),
    "added tokens": (add, "tokens added by hand are kept: 'USERNAME', '@URL'"),
    "added special tokens": (lambda f: add(f, special=True), "tokens added by hand are kept: 'USERNAME', '@URL'"),
    "a slow tokenizer": (lambda f: add_slowly(f, forget=False), "tokens added by hand are kept: 'USERNAME'"),
    "added_tokens.json": (lambda f: add_slowly(f, forget=True), "tokens added by hand are kept: 'USERNAME'"),
    "vocab.json and merges.txt": (lambda f: only(f, "vocab.json", "merges.txt"), ""),
    "tokenizer.json alone": (lambda f: only(f, "tokenizer.json"), ""),
    "ends by other names": (shuffle_ends, ""),
    "no leading space": (lambda f: edit(f / "tokenizer_config.json", add_prefix_space=False), ""),
    "offsets untrimmed": (lambda f: edit(f / "tokenizer_config.json", trim_offsets=False), ""),
    "another class": (lambda f: edit(f / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast"), ""),
    "transformers 5": (transformers_5, "tokenizer_config.json is left out, which transformers cannot read: "),
    "somebody's code": (
        lambda f: edit(
            f / "tokenizer_config.json", tokenizer_class="Mine", auto_map={"AutoTokenizer": ["mine.Mine", None]}
        ),
        "tokenizer_config.json is left out",
    ),
}


@pytest.mark.parametrize("name", DRESSINGS)
def test_ids_are_those_of_transformers(dressed: Path, name: str) -> None:
    dress, remark = DRESSINGS[name]
    dress(dressed)
    checkpoint, scores = read(dressed)  # compares ids on all texts to verify on
    assert scores.std() > 30
    assert any(remark in line for line in checkpoint.remarks) if remark else not checkpoint.remarks
    reference, tokenizer = checkpoint.vocabulary.reference, checkpoint.vocabulary.tokenizer
    assert reference is not None
    expected = reference(WORDS, is_split_into_words=True)["input_ids"]
    for one in (tokenizer, WordTokenizer(checkpoint.vocabulary.content, whole_words=True)):  # as the runtime opens it
        assert [one.special_ids[0], *one.encode_words(WORDS)[0].tolist(), one.special_ids[1]] == expected
        ids, counts, starts, ends = one.encode("</s> is text, Don't <pad>")
        assert not {0, 1, 2} & set(ids.tolist())
        assert counts.sum() == len(ids)
        assert len(starts) == len(ends) == len(counts)


def test_added_tokens_keep_their_ids(dressed: Path) -> None:
    add(dressed)
    vocabulary = read_checkpoint(dressed).vocabulary
    assert vocabulary.size == 902
    assert vocabulary.tokenizer.encode_words(["USERNAME", "@URL"])[0].tolist() == [900, 901]


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "tokens without embedding": (
        lambda f: (add(f), resize(f, 900)),
        "the tokenizer has 902 tokens, the embedding 900; they must agree",
    ),
    "an embedding of another": (lambda f: resize(f, 1000), "the tokenizer has 900 tokens, the embedding 1000"),
    "no tokenizer": (lambda f: only(f, "tokenizer_config.json"), r"no tokenizer \(tokenizer_config\.json alone is not"),
    "no merges": (lambda f: only(f, "vocab.json"), r"no tokenizer \(vocab\.json alone is not enough\); give tokenizer"),
    "no ends": (change(lambda c: c.update(post_processor=None)), "one token before and one after a text, but 0 in all"),
    "both ends before": (change(both_before), "does not put one token before and one after a text; give"),
    "two tokens of one id": (two_ids, r"not a tokenizer that can be read|two tokens the same id"),
    "no bytes": (change(lambda c: c.update(pre_tokenizer={"type": "Whitespace"})), "splits text by Whitespace"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_tokenizers_that_cannot_be_kept(dressed: Path, name: str) -> None:
    dress, match = REFUSED[name]
    dress(dressed)
    with pytest.raises(CheckpointError, match=match) as caught:
        read(dressed)
    assert "\n" not in str(caught.value)


def test_a_tokenizer_that_splits_otherwise_is_found(tiny: Path) -> None:
    vocabulary = read_checkpoint(tiny).vocabulary
    content = json.loads(vocabulary.content)
    content["pre_tokenizer"]["pretokenizers"][1]["use_regex"] = False
    other = replace(vocabulary, tokenizer=WordTokenizer(json.dumps(content), whole_words=True))
    with pytest.raises(CheckpointError, match=r"the bundle's tokenizer splits .* into \[.*\], transformers' into \["):
        check_ids(other, verification_texts())
    assert check_ids(vocabulary, verification_texts()) > 1500 + len(GIVEN_WORDS)


def test_whole_words_need_two_steps(tiny: Path) -> None:
    content = json.loads(read_checkpoint(tiny).vocabulary.content)
    content["pre_tokenizer"] = content["pre_tokenizer"]["pretokenizers"][1]
    with pytest.raises(ValueError, match="not of two steps or more"):
        WordTokenizer(json.dumps(content), whole_words=True)
    assert isinstance(Tokenizer.from_str(json.dumps(content)).pre_tokenizer, pre_tokenizers.ByteLevel)
