"""The training that the review page starts: a process of its own, its figures, the switch to the new model and back."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.bundles import give_head, rewrite
from tests.conftest import ROOT
from tests.service.browser import PATIENCE
from tests.service.reviews import Reviewing
from tests.service.servers import serve_app
from tests.service.test_review_page import reviewing

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore_cli.review_training import training_options
from escore_labels.record import Record, read_records
from escore_service import Limits
from escore_service.app import close
from escore_service.review.training import TrainingOptions

# Says what `escore train` says, and takes a bundle that is there for the new one: a training takes minutes.
TRAIN = """
import json, shutil, sys, time
labels, checkpoint, bundle, model, seconds = sys.argv[1:]
print("train: step 1 of 2, 3 s left", file=sys.stderr, flush=True)
time.sleep(float(seconds))
shutil.copytree(model, bundle)
figures = dict(words=9, classes=.5, ap=.25, f1=None, span_f1=.125, rank_correlation=None, accuracy=.5)
report = dict(train_texts=1, held_out_texts=1, corrections=1, averaging_weight=1, seconds=1, own_before=figures,
              own_after=figures | {"ap": .75}, general_before=figures, general_after=figures)
print(json.dumps(report))
"""
TEXT = "Anna Berg lives in Paris."


@pytest.fixture(scope="module")
def new_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with another version and other scores."""
    folder = Path(shutil.copytree(DEFAULT, tmp_path_factory.mktemp("bundles") / "new"))
    rewrite(folder, lambda manifest: manifest.update(version="7"))
    give_head(folder)
    return folder


def training(folder: Path, new_model: Path, threads: int, seconds: float = 0) -> TrainingOptions:
    def command(*paths: Path) -> list[str]:
        return [sys.executable, "-c", TRAIN, *map(str, paths), str(new_model), str(seconds)]

    return TrainingOptions(folder, command, lambda bundle: Scorer(bundle, threads))


@pytest.fixture
def review(tmp_path: Path, new_model: Path, request: pytest.FixtureRequest) -> Iterator[Reviewing]:
    scorer = Scorer()  # of its own, since another takes its place
    options = training(tmp_path / "trainings", new_model, scorer.threads, getattr(request, "param", 0))
    texts = [Record(text=text, id=text[:4]) for text in (TEXT, "Bob met Eve.")]
    with closing(Reviewing(tmp_path / "mine.db", scorer, texts, training=options)) as review:
        yield review


def wait(review: Reviewing, status: str) -> Any:
    end = time.monotonic() + 60
    while (state := review.get("/training"))["status"] == "running":
        assert time.monotonic() < end
        time.sleep(0.02)
    assert state["status"] == status, state
    return state


def delete(review: Reviewing) -> Any:
    return review.client.delete("/v1/review/training").get_json()


def children() -> set[str]:
    """The processes that this thread has started, and that have not ended."""
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


def use(review: Reviewing, which: str) -> Any:
    return review.client.put("/v1/review/training/model", json={"use": which}).get_json()


def test_a_training_tells_its_figures_and_its_model_is_used_and_left(review: Reviewing, tmp_path: Path) -> None:
    assert review.get()["training"]
    assert review.get("/training")["status"] == "none"
    assert "no training is done" in use(review, "new")["error"]
    review.decide(0, 0, 9, label="entity")
    review.accept(0)
    assert review.post("/training")["status"] == "running"
    state = wait(review, "done")
    assert state["lines"] == ["train: step 1 of 2, 3 s left"]
    assert state["report"]["own"] == [
        {"name": "classes", "before": 0.5, "after": 0.5},
        {"name": "ap", "before": 0.25, "after": 0.75},
        {"name": "span_f1", "before": 0.125, "after": 0.125},
    ]
    assert (state["report"]["own_words"], state["in_use"], state["model"]) == (9, "old", "escore-en 7")
    (record,) = read_records(tmp_path / "trainings" / "1" / "labels.jsonl")  # nobody has said anything of the other
    assert (record.text, record.reviewed) == (TEXT, True)

    first = review.get("/texts/1")["spans"]
    assert use(review, "new")["model"] == "escore-en 7"
    assert use(review, "new")["in_use"] == "new"  # twice is once
    suggested = review.get("/texts/1")["spans"]
    assert {span["model"] for span in suggested} <= {"escore-en 7"}
    assert suggested != first
    assert [span["by"] for span in review.get("/texts/0")["spans"] if span["label"] == "entity"] == ["ann"]
    assert use(review, "old")["model"] == "escore-en 7"
    assert review.get("/texts/1")["spans"] == first
    review.post("/training")
    wait(review, "done")
    assert (tmp_path / "trainings" / "2" / "bundle" / "escore.json").exists()


@pytest.mark.parametrize("review", [60], indirect=True)
def test_a_training_is_stopped_and_only_one_runs(review: Reviewing) -> None:
    assert "no training runs" in delete(review)["error"]
    review.accept(0)
    review.post("/training")
    assert "a training runs already" in review.post("/training", 409)["error"]
    assert delete(review)["status"] == "stopped"
    before = children()
    review.post("/training")
    assert len(children() - before) == 1
    close(review.app)
    assert review.get("/training")["status"] == "stopped"
    assert children() <= before


def test_the_page_shows_it_and_switches_models(chromium: Browser, tmp_path: Path, new_model: Path) -> None:
    scorer = Scorer()
    options = training(tmp_path / "trainings", new_model, scorer.threads, seconds=2)
    texts = [Record(text=TEXT, id="one")]
    with (
        closing(Reviewing(tmp_path / "mine.db", scorer, texts, training=options, by="ann")) as review,
        serve_app(review.app, scorer.threads, Limits()) as port,
        closing(chromium.new_context()) as context,
    ):
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/review")
        page.wait_for_selector("#sheet .w")
        page.keyboard.press("a")
        box = page.locator("#training")
        box.get_by_role("button", name="Train now").click()
        expect(box).to_contain_text("train: step 1 of 2")
        stop = box.get_by_role("button", name="Stop")
        stop.focus()
        page.wait_for_timeout(1200)  # it is asked again how far it is
        expect(stop).to_be_focused()
        expect(box.get_by_role("button", name="Use the new model")).to_be_visible(timeout=PATIENCE)
        assert box.locator("tr", has_text="average precision").first.inner_text().split() == [
            "average", "precision", ".250", ".750",
        ]  # fmt: skip
        box.get_by_role("button", name="Use the new model").click()
        expect(box).to_contain_text("In use: escore-en 7")
        box.get_by_role("button", name="Use the old model").click()
        expect(box).to_contain_text("In use: escore-en 7")
        box.get_by_role("button", name="Train again").click()
        box.get_by_role("button", name="Stop").click()
        expect(box).to_contain_text("The training was stopped.")


def test_a_real_training_that_cannot_begin_says_why(tmp_path: Path, scorer: Scorer) -> None:
    options = training_options(tmp_path / "mine.db", None, scorer.threads, "cpu")
    texts = [Record(text="", id="none"), Record(text=TEXT, held_out=True, reviewed=True)]
    with closing(Reviewing(tmp_path / "mine.db", scorer, texts, training=options)) as review:
        review.post("/training")
        state = wait(review, "failed")
    assert state["lines"][-1].startswith("escore: ")
    assert state["bundle"] is None


def test_without_the_option_nothing_trains(tmp_path: Path, scorer: Scorer) -> None:
    with closing(Reviewing(tmp_path / "mine.db", scorer)) as review:
        assert not review.get()["training"]
        review.get("/training", 404)
        review.post("/training", 404)


@pytest.mark.long
def test_the_page_trains_really(chromium: Browser, tmp_path: Path) -> None:
    """With the harbor of the docs, whose figures are there."""
    for name in ("reviewed", "held-out"):
        shutil.copy(ROOT / "examples" / "harbor" / f"{name}.jsonl", tmp_path)
    with reviewing(
        chromium, tmp_path / "reviewed.jsonl", "--review", str(tmp_path / "held-out.jsonl"), "--train"
    ) as page:
        page.get_by_role("button", name="Train now").click()
        expect(page.get_by_role("button", name="Use the new model")).to_be_visible(timeout=900_000)
        before, after = page.locator("#training tr", has_text="average precision").first.locator("td").all_inner_texts()
        assert float(after) - float(before) > 0.1
        page.get_by_role("button", name="Use the new model").click()
        expect(page.locator("#training")).to_contain_text("In use: reviewed-1 1")
        page.get_by_role("button", name="Use the old model").click()
        expect(page.locator("#training")).to_contain_text("In use: escore-en 7")
