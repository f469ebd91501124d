"""A personal head changes scores as its formula says, can be left out, and is refused where it is not sound."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.bundles import give_head, rehash, rewrite
from tests.conftest import EXAMPLES, Run

from escore import Bundle, BundleError, BundleNotFoundError, Scorer, SettingError
from escore.bundle.bundle import DEFAULT
from escore.bundle.personal_head import HEAD_NAME, BasisNetwork
from escore.bundle.session import INPUTS

TEXT = EXAMPLES[0].read_text("utf-8")[:600]
Floats = NDArray[np.float64]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))


def value(network: BasisNetwork, states: Floats) -> Floats:
    """The formula of personal_head.py, in plain numpy."""
    z = states @ network.projection + network.offset
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    distances = ((z[:, None] - network.centers) ** 2).sum(-1)
    result: Floats = network.bias + np.exp(-distances) @ network.weights
    return result


def test_scores_change_by_the_formula(bundle: Path) -> None:
    head = give_head(bundle)
    opened = Bundle.open(bundle)
    ids = opened.tokenizer.encode(TEXT)[0][:100]
    begin, end = opened.tokenizer.special_ids
    inputs = dict(zip(INPUTS, (np.array([[begin, *ids, end]]), np.ones((1, len(ids) + 2), np.int64)), strict=True))
    scores, hidden, personal = opened.session.run(["scores", "hidden", "personal_scores"], inputs)
    (before,) = Bundle.open().session.run(["scores"], inputs)
    assert scores.tobytes() == before.tobytes()  # the model itself is as it was

    states = hidden[0].astype(np.float64)
    gate = 1 / (1 + np.exp(-value(head.gate, states.mean(0, keepdims=True))))
    logits = np.log(scores[0] / (300 - scores[0])) + value(head.change, states) * gate
    expected = 300 / (1 + np.exp(-logits))
    assert np.abs(expected - scores[0]).max() > 50
    assert personal[0] == pytest.approx(expected, abs=0.01)


def test_it_is_used_unless_it_is_left_out(bundle: Path) -> None:
    give_head(bundle)
    before = Scorer()(TEXT).scores
    assert np.abs(Scorer(bundle)(TEXT).scores - before).max() > 50
    assert Scorer(bundle, personal=False)(TEXT).scores.tobytes() == before.tobytes()
    assert Scorer(Bundle.open(bundle, personal=False))(TEXT).scores.tobytes() == before.tobytes()
    assert Scorer(personal=False)(TEXT).scores.tobytes() == before.tobytes()  # there is none to leave out
    with pytest.raises(SettingError, match="comes too late; give it to Bundle"):
        Scorer(Bundle.open(bundle), personal=False)


def test_scores_depend_on_neither_threads_nor_neighbors(bundle: Path, long_text: str) -> None:
    give_head(bundle)
    opened = Bundle.open(bundle)
    one, several = Scorer(opened, 1), Scorer(opened, 7)
    texts = [TEXT, long_text, "Anna", "", TEXT[:200]]
    for text, document in zip(texts, several.stream(texts), strict=True):
        assert document.scores.tobytes() == one(text).scores.tobytes()


def test_bundles_without_one_stay_as_they_are(bundle: Path) -> None:
    assert Bundle.open(bundle).manifest.personal_head is None
    assert Bundle.open(bundle).manifest.render() == (DEFAULT / "escore.json").read_bytes()
    give_head(bundle)
    manifest = Bundle.open(bundle).manifest
    assert manifest.render() == (bundle / "escore.json").read_bytes()
    assert json.loads((bundle / "escore.json").read_bytes())["schema"] == 6


def test_a_changed_or_missing_head_is_refused(bundle: Path) -> None:
    give_head(bundle)
    content = bytearray((bundle / HEAD_NAME).read_bytes())
    content[99] ^= 1
    (bundle / HEAD_NAME).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{HEAD_NAME}: changed since"):
        Bundle.open(bundle)
    (bundle / HEAD_NAME).unlink()
    with pytest.raises(BundleNotFoundError, match=HEAD_NAME):
        Bundle.open(bundle)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(bundle: Path, value: float) -> None:
    head = give_head(bundle)
    head.gate.centers[3, 3] = value
    (bundle / HEAD_NAME).write_bytes(head.to_bytes())
    rehash(bundle, HEAD_NAME)
    with pytest.raises(BundleError, match=r"holds values that are no finite numbers; restore the bundle"):
        Bundle.open(bundle)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"centers": 41}, r"bytes, where the manifest's numbers make"),
        ({"centers": 0}, "is not a number from 1 to 4096"),
        ({"width": 10**12}, "is not a number from 1 to 8192"),
        ({"dimensions": 16.0}, "is not a number from 1 to 256"),
        ({"text_centers": "8"}, "is not a number from 1 to 4096"),
        ({"text_centers": True}, "is not a number from 1 to 4096"),
        ({"unheard_of": 1}, "unexpected keyword"),
    ],
)
def test_wrong_and_huge_sizes_are_refused(bundle: Path, change: dict[str, Any], reason: str) -> None:
    give_head(bundle)
    rewrite(bundle, lambda content: content["personal_head"].update(change))
    with pytest.raises(BundleError, match=reason) as caught:
        Bundle.open(bundle)
    assert "\n" not in str(caught.value)


def test_a_head_for_another_width_is_refused(bundle: Path) -> None:
    give_head(bundle)
    sizes = {"width": 192, "dimensions": 32}  # as many projected values: 384 * 16
    content = (bundle / HEAD_NAME).read_bytes()
    for name, centers in (("centers", 40), ("text_centers", 8)):
        sizes[name] = centers // 2
    length = 4 * sum(192 * 32 + 32 + count * 32 + count + 1 for count in (20, 4))
    (bundle / HEAD_NAME).write_bytes((content * 2)[:length])
    rehash(bundle, HEAD_NAME)
    rewrite(bundle, lambda written: written["personal_head"].update(sizes))
    with pytest.raises(BundleError, match="onnxruntime cannot load it"):
        Bundle.open(bundle)


def test_run_leaves_it_out_on_demand(bundle: Path, escore_here: Callable[..., Any] | Run) -> None:
    give_head(bundle)
    before = escore_here("run", "--min", "0", input=TEXT.encode()).stdout
    after = escore_here("run", "--min", "0", "--model", bundle, input=TEXT.encode()).stdout
    without = escore_here("run", "--min", "0", "--model", bundle, "--no-personal-head", input=TEXT.encode()).stdout
    assert without == before != after


def test_doctor_compares_the_probe_without_it(bundle: Path, escore_here: Callable[..., Any] | Run) -> None:
    give_head(bundle)
    result = escore_here("doctor", "--model", bundle, "--json")
    assert result.returncode == 0, result.stdout
    assert json.loads(result.stdout)["bundle"]["files"][HEAD_NAME] == "ok"
