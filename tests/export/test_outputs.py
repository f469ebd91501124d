"""What a model's outputs mean: numbers that it was trained on, a head with a hidden layer, sizes of its own."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.conftest import Run
from tests.export import checkpoints
from tests.export.dressings import (
    SHAPE,
    TEXT,
    compare,
    edit,
    edit_tokenizer,
    put,
    put_pickle,
    read,
    rename_tokens,
    tiny,
    transformers_scores,
    weights,
)
from torch import Tensor
from transformers import AutoTokenizer, RobertaForTokenClassification
from transformers.models.roberta.modeling_roberta import RobertaClassificationHead

from escore import Scorer
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.checkpoint.model import Meaning
from escore_export.checkpoint.outputs import RawNumbers
from escore_export.errors import CheckpointError
from escore_export.export import Options, export_checkpoint


def regression(folder: Path, low: float, high: float) -> Path:
    """The model with outputs spread from about `low` to `high`."""
    state, scale = weights(folder), (high - low) / 9
    state["classifier.weight"] *= scale
    state["classifier.bias"] = state["classifier.bias"] * scale + (low + high) / 2
    put(folder, state)
    edit(folder / "config.json", problem_type="regression")
    return folder


@pytest.mark.parametrize("high", [300, 3, 1])
def test_a_regression_is_known_by_its_outputs(dressed: Path, high: int) -> None:
    regression(dressed, 0, high)
    edit(dressed / "config.json", problem_type=None)
    with pytest.raises(CheckpointError, match=rf"a regression's numbers, .*add --output raw --range 0 {high}, "):
        read(dressed)
    checkpoint, scores = read(dressed, Meaning(number_range=(0, high)))
    assert checkpoint.outputs == RawNumbers(0, high)
    assert 30 < scores.std() < 100
    with pytest.raises(CheckpointError, match=f"not from 0 to {50 * high}; give the --range"):
        read(dressed, Meaning(number_range=(0, 50 * high)))


def test_a_regression_by_its_config_that_looks_like_logits(dressed: Path) -> None:
    regression(dressed, -6, 3)
    with pytest.raises(CheckpointError, match=r"config\.json says \(problem_type regression\).*--range LOW HIGH"):
        read(dressed)
    edit(dressed / "config.json", problem_type=None)
    assert read(dressed)[1].std() > 30
    regression(dressed, -0.5, 0.5)
    edit(dressed / "config.json", problem_type=None)
    with pytest.raises(CheckpointError, match=r"it seems, no logits .*--output raw --range -1 1, "):
        read(dressed)


def test_raw_numbers_and_all_that_people_wrap_around_a_model(dressed: Path, escore_here: Run) -> None:
    """Exported at once: Lightning, DDP, compile, a tokenizer without its regex, dropout, ends by other names."""
    regression(dressed, 0, 300)
    clean = Path(shutil.copytree(dressed, dressed.parent / "clean"))
    put_pickle(dressed, {"state_dict": {f"module._orig_mod.{k}": v for k, v in weights(dressed).items()}}, "last.ckpt")
    for folder in (dressed, clean):
        edit_tokenizer(folder, lambda content: content["pre_tokenizer"].update(use_regex=False))
        rename_tokens(folder, {"<s>": "[CLS]", "</s>": "[SEP]"})
    edit_tokenizer(dressed, lambda content: content["model"].update(dropout=0.3))
    arguments = ("export", dressed, "-o", "bundle", "--precision", "fp32")
    refused = escore_here(*arguments)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"add --output raw --range 0 300" in refused.stderr.splitlines()[-1]
    done = escore_here(*arguments, "--output", "raw", "--range", "0", "300", "--json")
    assert done.returncode == 0, done.stderr
    remarks = json.loads(done.stdout)["remarks"]
    assert len(remarks) == 6
    assert all(f"escore: {remark}\n".encode() in done.stderr for remark in remarks)

    document = Scorer(dressed.parent / "bundle")(TEXT)
    tokenizer = AutoTokenizer.from_pretrained(clean, add_prefix_space=True)
    model = RobertaForTokenClassification.from_pretrained(clean).eval()
    words = [word.text for word in document.words]
    theirs = transformers_scores(words, tokenizer, model, lambda logits: logits[:, 0].clamp(0, 300))
    difference = compare(document.scores, theirs)
    assert difference.words > 50
    assert difference.most < 0.05
    assert theirs.std() > 30


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output", "raw"],
        ["--range", "300", "0"],
        ["--range", "0", "nan"],
        ["--output", "sigmoid", "--range", "0", "3"],
        ["--entity-labels", "--range", "0", "3"],
        ["--entity-labels", "--output", "sigmoid"],
        ["--output", "another"],
    ],
)
def test_wrong_usage(escore_here: Run, tiny: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = escore_here("export", tiny, "-o", "bundle", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert not (tmp_path / "bundle").exists()


def test_a_head_with_a_hidden_layer(dressed: Path) -> None:
    """transformers' own class, given one token at a time, as it takes a text's first alone."""
    model = RobertaForTokenClassification.from_pretrained(dressed).eval()
    torch.manual_seed(4)
    head = RobertaClassificationHead(model.config).eval()
    with torch.no_grad():
        head.dense.weight *= 20
        ids = torch.randint(5, 899, (4, 60))
        checkpoints.spread(head.out_proj, torch.tanh(head.dense(model.roberta(ids)[0])))
    state = {name: value for name, value in weights(dressed).items() if "classifier" not in name}
    put(dressed, state | {f"classifier.{name}": value for name, value in head.state_dict().items()})
    export_checkpoint(dressed, dressed.parent / "bundle", Options("fp16", marks_changed=0.05))
    document = Scorer(dressed.parent / "bundle", device="cpu")(TEXT)
    model.classifier = torch.nn.Module()

    def tokens(features: Tensor) -> Tensor:
        logits: Tensor = head(features.reshape(-1, 1, features.shape[-1]))
        return logits.reshape(*features.shape[:2], 1)

    model.classifier.forward = tokens
    tokenizer = AutoTokenizer.from_pretrained(dressed, add_prefix_space=True)
    theirs = transformers_scores([word.text for word in document.words], tokenizer, model)
    assert theirs.std() > 20
    assert compare(document.scores, theirs).mean < 0.3
    edit(dressed / "config.json", architectures=None)
    with pytest.raises(CheckpointError, match="as in a RobertaForSequenceClassification, which judges whole texts"):
        read_checkpoint(dressed)


def test_sizes_of_the_model_are_its_own(tmp_path: Path) -> None:
    """Odd numbers of positions, another id of padding: a window has the positions that there are."""
    folder = tiny(tmp_path / "checkpoint")
    settings = checkpoints.config(SHAPE | {"max_position_embeddings": 77}, 900)
    settings.pad_token_id = 7
    torch.manual_seed(1)
    model = RobertaForTokenClassification(settings).eval()
    with torch.no_grad():
        checkpoints.spread(model.classifier, model.roberta(torch.randint(8, 899, (4, 60)))[0])
    model.save_pretrained(folder)
    checkpoint, scores = read(folder)
    assert checkpoint.max_tokens == 77 - 7 - 1
    assert scores.std() > 30
