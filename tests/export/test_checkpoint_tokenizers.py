"""A checkpoint whose tokenizer is broken, or of another kind, is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.export import checkpoints
from tests.export.test_checkpoint import refused

from escore_export.checkpoint.checkpoint import read_checkpoint


def _tokenizer(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        content = json.loads((folder / "tokenizer.json").read_text())
        change(content)
        (folder / "tokenizer.json").write_text(json.dumps(content))

    return apply


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            lambda folder: (folder / "tokenizer.json").unlink(),
            "has no tokenizer .*; give tokenizer.json, or vocab.json",
        ),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "has no tokenizer that can be read: .*; give"),
        (lambda folder: (folder / "tokenizer.json").write_text("[1]"), "not a JSON object"),
        (_tokenizer(lambda c: c["model"].update(type="Unigram")), "has no tokenizer that can be read"),
        (_tokenizer(lambda c: c.update(pre_tokenizer={"type": "Whitespace"})), "splits text by Whitespace"),
        (_tokenizer(lambda c: c.update(pre_tokenizer=None)), "splits text by no pre-tokenizer"),
        (_tokenizer(lambda c: c["model"]["vocab"].update(extra=900)), "tokenizer has 901 tokens, the embedding 900"),
        (_tokenizer(lambda c: c["model"]["vocab"].update(extra=7000)), "has 7001 tokens, the embedding 900"),
        (_tokenizer(lambda c: c["model"].update(end_of_word_suffix="</w>")), "the end of words by '</w>'"),
        (
            _tokenizer(lambda c: c["model"].update(continuing_subword_prefix="##")),
            "marks the start or the end of words by '##'",
        ),
        (
            _tokenizer(lambda c: c["model"].update(merges=c["model"]["merges"][:100])),
            "no merge makes .* merges are missing",
        ),
        (_tokenizer(lambda c: c["model"]["merges"].append(["zz", "qq"])), "has no tokenizer that can be read"),
    ],
)
def test_tokenizers_of_something_else(tmp_path: Path, change: Callable[[Path], object], match: str) -> None:
    folder = checkpoints.hugging_face(tmp_path / "checkpoint", fast=True)
    assert read_checkpoint(folder).vocabulary.size == 900
    change(folder)
    refused(folder, match)


def test_vocabularies_of_something_else(copy: Path) -> None:
    vocabulary, merges = copy / "vocab.json", copy / "merges.txt"
    whole, rules = json.loads(vocabulary.read_text()), merges.read_text()
    read_checkpoint(copy)
    for content, match in [
        ({**whole, "one more": len(whole)}, "901 tokens, the embedding 900"),
        ({token: i for token, i in whole.items() if token != "</s>"}, "at an end of a text that is that of"),
        (dict.fromkeys(whole, "x"), "has no tokenizer that can be read"),
        ({("one" if token == "é" else token): i for token, i in whole.items()}, "can be read|byte tokens"),
        ({("start" if token == "<s>" else token): i for token, i in whole.items()}, r"the ids \(900, 2\) at"),
        ({}, "can be read|lacks"),
    ]:
        vocabulary.write_text(json.dumps(content))
        refused(copy, match)
    vocabulary.write_text(json.dumps(whole))
    merges.write_text("")
    refused(copy, "an empty file")
    for damaged in ("#version: 0.2\n", "\n".join(rules.splitlines()[:100])):
        merges.write_text(damaged)
        refused(copy, "no merge makes .* merges are missing")
    merges.write_text("#version: 0.2\nnot a merge at all\n")
    refused(copy, "has no tokenizer that can be read: .*that fit")
    merges.write_bytes(b"\xff\xfe")
    refused(copy, "byte 0 is not UTF-8")
    merges.write_text(rules)
    merges.unlink()
    refused(copy, "has no tokenizer")


def test_ends_that_a_tokenizer_does_not_have(trained: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(trained, tmp_path / "copy"))
    content = json.loads((folder / "tokenizer.json").read_text())
    for post_processor, match in [
        (None, "one token before and one after"),
        (
            json.loads(json.dumps(content["post_processor"]).replace('"ids": [2]', '"ids": [9000]')),
            r"\(0, 9000\) at the ends",
        ),
    ]:
        (folder / "tokenizer.json").write_text(json.dumps(content | {"post_processor": post_processor}))
        refused(folder, match)
