"""The two models that ship, by their names."""

import json
import pickle
from pathlib import Path

import pytest
from tests.conftest import ROOT, Run

from escore import Bundle, BundleNotFoundError, Document, Scorer
from escore.bundle.bundle import DEFAULT, FAST, SHIPPED, locate
from escore.bundle.manifest import read_manifest

NEWS = (ROOT / "examples" / "news.txt").read_text("utf-8")


@pytest.fixture(scope="module")
def documents(scorer: Scorer) -> dict[str, Document]:
    """The same news, scored by both."""
    return {"default": scorer(NEWS), "fast": Scorer("fast")(NEWS)}


def test_both_are_sound_and_small_and_say_who_they_are() -> None:
    assert {path.name: path for path in DEFAULT.parent.iterdir()} == SHIPPED
    default, fast = (Bundle.open(name).manifest for name in ("default", "fast"))
    assert (default.name, fast.name) == ("escore-en", "escore-en-fast")
    assert default.version == fast.version  # it learned from the default model's predictions
    assert list(default.heads) == list(fast.heads) == ["joins", "kinds"]
    assert fast.calibration is not None
    assert fast.quality.keys() == default.quality.keys()
    sizes = [sum(path.stat().st_size for path in folder.iterdir()) for folder in (FAST, DEFAULT)]
    assert sizes == sorted(sizes)
    assert sum(sizes) <= 28_000_000


def test_they_share_words_and_differ_in_scores(documents: dict[str, Document]) -> None:
    default, fast = documents["default"], documents["fast"]
    assert [word.text for word in fast.words] == [word.text for word in default.words]
    assert abs(fast.scores - default.scores).max() > 1
    assert abs(fast.scores - default.scores).mean() < 15  # one scale for both


def test_both_find_the_names_of_a_report(documents: dict[str, Document]) -> None:
    names = {entity.text for entity in documents["default"].entities()}
    assert len(names & {entity.text for entity in documents["fast"].entities()}) > 0.7 * len(names)


def test_a_name_is_no_folder_and_a_folder_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert (locate(None), locate("default"), locate("fast")) == (DEFAULT, DEFAULT, FAST)
    assert (locate("./fast"), locate(Path("fast"))) == (Path("fast"), Path("fast"))
    with pytest.raises(BundleNotFoundError):
        Bundle.open(Path("fast"))


def test_it_is_found_again_where_it_is_unpickled() -> None:
    assert pickle.loads(pickle.dumps(Bundle.open("fast"))).path == FAST  # noqa: S301
    assert b"models" not in pickle.dumps(Bundle.open("fast"))  # its name travels, not its place


def test_every_command_takes_its_name(escore_here: Run, tmp_path: Path) -> None:
    name = read_manifest(FAST).model_name
    (tmp_path / "one.txt").write_text("Anna Lindqvist flew to Oslo.\n")
    run = escore_here("run", "--model", "fast", "--entities", "one.txt")
    assert [line.split("\t")[-1] for line in run.stdout.decode().splitlines()] == ["Anna Lindqvist", "Oslo"]
    record = json.loads(escore_here("label", "--model", "fast", "one.txt").stdout.decode().splitlines()[0])
    assert {span["model"] for span in record["spans"]} == {name}
    assert name in escore_here("doctor", "--model", "fast").stdout.decode()
    assert escore_here("batch", "--model", "fast", "one.txt", "-o", "out").returncode == 0
    assert json.loads((tmp_path / "out" / "_escore" / "summary.json").read_text())["settings"]["model"] == name
