"""Folders, files and names that people give in place of a checkpoint: each gets a line that says what it is."""

import os
import shutil
from pathlib import Path

import pytest
from tests.export.dressings import weights

from escore.bundle.bundle import DEFAULT
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import CheckpointError


def refused(folder: Path, match: str) -> None:
    with pytest.raises(CheckpointError, match=match) as caught:
        read_checkpoint(folder)
    assert "\n" not in str(caught.value)


def test_a_training_s_output_names_the_newest_checkpoint_inside(tiny: Path, tmp_path: Path) -> None:
    for step in (500, 1000, 90):
        shutil.copytree(tiny, tmp_path / "out" / f"checkpoint-{step}")
    refused(
        tmp_path / "out", r"the output of a training, with 3 checkpoints inside; give the newest, .*/checkpoint-1000$"
    )
    shutil.copytree(tiny, tmp_path / "out", dirs_exist_ok=True)  # as after trainer.save_model()
    read_checkpoint(tmp_path / "out")


def test_a_folder_of_trainings(tiny: Path, tmp_path: Path) -> None:
    old, new = (Path(shutil.copytree(tiny, tmp_path / "runs" / name / "checkpoint-5")) for name in ("b", "a"))
    os.utime(old, (1, 1))
    refused(tmp_path / "runs", rf"no checkpoint itself, with 2 checkpoints inside; .* the newest is {new}$")


def test_the_cache_of_the_hub(tiny: Path, tmp_path: Path) -> None:
    root = tmp_path / "models--someone--scores"
    snapshot = root / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    (root / "blobs").mkdir()
    for number, path in enumerate(tiny.iterdir()):
        shutil.copy(path, root / "blobs" / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    refused(root, rf"with 1 checkpoint inside; give {snapshot}$")
    read_checkpoint(snapshot)


@pytest.mark.parametrize("name", ["roberta-base", "FacebookAI/roberta-base", "https://huggingface.co/roberta-base"])
def test_names_are_not_downloaded(name: str) -> None:
    refused(Path(name), "no such folder, and nothing is downloaded; .*hf download NAME --local-dir DIR")


def test_an_adapter_with_the_line_that_merges_it(dressed: Path) -> None:
    (dressed / "adapter_config.json").write_text("{}")
    refused(dressed, r"this is an adapter; merge it first: python -c \"from peft import .*merge_and_unload\(\)")
    weights_of_it = dressed / "model.safetensors"
    weights_of_it.rename(dressed / "adapter_model.safetensors")
    (dressed / "config.json").unlink()
    refused(dressed, "this is an adapter; merge it first: .*, num_labels=1\\)")


def test_things_that_are_no_folder_of_a_checkpoint(dressed: Path, tmp_path: Path) -> None:
    refused(DEFAULT, "a bundle of escore already .*; use it, escore run --model ")
    assert read_checkpoint(dressed / "model.safetensors").remarks == ()
    refused(dressed / "config.json", f"a file of a checkpoint; give its folder, {dressed}$")
    (tmp_path / "checkpoint.zip").write_bytes(b"PK")
    refused(tmp_path / "checkpoint.zip", "an archive; unpack it")
    (tmp_path / "link").symlink_to("nowhere")
    refused(tmp_path / "link", "a link to a folder that does not exist")
    (dressed / "config.json").unlink()
    refused(dressed / "model.safetensors", "a file with no config.json beside it; put it into a folder with that")
    refused(dressed, r"config\.json: No such file or directory; a checkpoint needs it")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        (
            "config.json",
            b"\xef\xbb\xbf{}",
            r"config\.json: begins with a byte order mark; save it in UTF-8 w",
        ),
        ("config.json", b"\xff\xfe{\x00}\x00", r"config\.json: byte 0 is not UTF-8; save it in UTF-8"),
        ("config.json", b"{", r"config\.json: not JSON: .*; copy it again"),
        ("config.json", None, r"config\.json: a folder, not a file"),
        ("tokenizer.json", b"\xef\xbb\xbf{}", r"tokenizer\.json: begins with a byte order mark"),
        ("merges.txt", b"#version\n\xe9 a\n", r"merges\.txt: byte 9 is not UTF-8"),
        ("model.safetensors", None, r"model\.safetensors: a folder, not a file"),
    ],
)
def test_files_that_are_not_what_their_names_say(dressed: Path, name: str, content: bytes | None, match: str) -> None:
    (dressed / name).unlink()
    if content is None:
        (dressed / name).mkdir()
    else:
        (dressed / name).write_bytes(content)
    refused(dressed, match)


def test_a_linked_folder_with_spaces_and_umlauts(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "größe 東京")
    (tmp_path / "a link").symlink_to("größe 東京")
    assert read_checkpoint(tmp_path / "a link").notes.name == "größe 東京"
    assert weights(tmp_path / "a link")
