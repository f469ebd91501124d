"""Corrected texts make a bundle that scores as they say, on the bundle that ships."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.domains import make_domain
from tests.bundles import give_head
from tests.conftest import Run
from tests.files import make_once

from escore import Bundle, Scorer
from escore.bundle.bundle import DEFAULT
from escore_adapt.adapt import AdaptSettings, NoGainError, adapt
from escore_adapt.states import run_texts
from escore_adapt.token_changes import word_changes
from escore_evaluation.text_figures import measure_texts
from escore_labels.adjudicate import to_labeled_text
from escore_labels.general import general_records
from escore_labels.record import Label, Record, Span, write_records
from escore_labels.split import is_held_out
from escore_labels.targets import token_targets

LEARNED, UNSEEN = make_domain("stock", 40, 60, seed=1)  # the unseen ones have other names, and half other templates
OWN = "Order 20 saline for Ward 3."
GENERAL = "Last week the mayor of Rotterdam met Anna Kowalska, who heads the Baltic Wind Alliance."


def adapt_to_stock(folder: Path) -> None:
    write_records(folder / "labels.jsonl", LEARNED)
    report = adapt(LEARNED, None, folder / "mine", name="stock list")
    (folder / "report.json").write_text(json.dumps({"strength": report.strength, "corrections": report.corrections}))


@pytest.fixture(scope="module")  # with all general text
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_once(tmp_path_factory, "stock", adapt_to_stock)


def test_texts_of_the_kind_are_scored_as_corrected_and_others_as_before(stock: Path, scorer: Scorer) -> None:
    adapted = Scorer(stock / "mine")
    labels = [to_labeled_text(record) for record in UNSEEN]
    before, after = (measure_texts(labels, model.stream(label.text for label in labels)) for model in (scorer, adapted))
    assert before.ap is not None
    assert after.ap is not None
    assert after.ap > before.ap + 0.15
    general = [to_labeled_text(record) for record in general_records()[::5]]
    before, after = (measure_texts(general, model.stream(text.text for text in general)) for model in (scorer, adapted))
    assert before.ap is not None
    assert after.ap is not None
    assert after.ap > before.ap - 0.02
    assert np.abs(adapted(GENERAL).scores - scorer(GENERAL).scores).max() < 5


def test_the_bundle_says_what_it_is(stock: Path) -> None:
    manifest, base = Bundle.open(stock / "mine").manifest, Bundle.open().manifest
    head = manifest.personal_head
    assert head is not None
    assert (manifest.name, manifest.version, head.base) == ("stock list", "1", "escore-en 7")
    assert head.texts == sum(not is_held_out(record) for record in LEARNED)
    assert manifest.calibration_from == "escore-en 7"
    assert manifest.calibration == base.calibration
    assert (manifest.license, manifest.parity, manifest.probe) == (base.license, base.parity, base.probe)
    assert manifest.quality["own, held out"]["entity_ap"] > manifest.quality["own, held out, before"]["entity_ap"]
    assert {"general", "general, before"} < set(manifest.quality)
    card = (stock / "mine" / "README.md").read_text("utf-8")
    assert card.startswith("# stock list 1\n")
    assert f"learned by `escore adapt` from {head.corrections} corrected words" in card
    assert "These probabilities were measured on escore-en 7, not on this model." in card
    assert card.count("## Whose it is") == card.count("## Made from") == card.count("## What it is bad at") == 1
    assert (stock / "mine" / "model.onnx").read_bytes() == (DEFAULT / "model.onnx").read_bytes()


def test_its_figures_are_those_of_the_written_bundle(stock: Path) -> None:
    held_out = [to_labeled_text(record) for record in LEARNED if is_held_out(record)]
    figures = measure_texts(held_out, Scorer(stock / "mine").stream(label.text for label in held_out))
    assert Bundle.open(stock / "mine").manifest.quality["own, held out"]["entity_ap"] == pytest.approx(
        figures.ap, abs=1e-3
    )


@pytest.mark.usefixtures("little_general_text")
def test_the_same_labels_give_the_same_bytes_but_for_a_seed(tmp_path: Path) -> None:
    for name, seed in (("mine", 1), ("again", 1), ("other", 2)):
        adapt(LEARNED, None, tmp_path / name, name="stock list", settings=AdaptSettings(seed=seed))
    for file in sorted((tmp_path / "mine").iterdir()):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()
    heads = [(tmp_path / name / "personal_head.bin").read_bytes() for name in ("mine", "other")]
    assert heads[0] != heads[1]


@pytest.mark.usefixtures("little_general_text")
def test_a_bundle_that_was_adapted_is_adapted_anew(stock: Path, tmp_path: Path) -> None:
    adapt(LEARNED[:30], stock / "mine", tmp_path / "newer", name="newer", force=True)
    manifest = Bundle.open(tmp_path / "newer").manifest
    assert manifest.personal_head is not None
    assert (manifest.name, manifest.version, manifest.personal_head.base) == ("newer", "2", "escore-en 7")
    head = (tmp_path / "newer" / "personal_head.bin").read_bytes()
    adapt(LEARNED[:30], None, tmp_path / "first", name="first", force=True)
    assert head == (tmp_path / "first" / "personal_head.bin").read_bytes()
    before = Scorer()(OWN).scores.tobytes()
    assert Scorer(tmp_path / "newer", personal=False)(OWN).scores.tobytes() == before
    card = (tmp_path / "newer" / "README.md").read_text("utf-8")
    assert card.count("## Whose it is") == 1


def test_what_general_text_loses_is_measured_against_the_model_without_a_head(
    tmp_path: Path, little_general_text: list[Record]
) -> None:
    spoiled = Path(shutil.copytree(DEFAULT, tmp_path / "spoiled"))
    give_head(spoiled)
    report = adapt(LEARNED, spoiled, tmp_path / "mine", name="mine", force=True)
    labels = [to_labeled_text(record) for record in little_general_text]
    first, last = (
        measure_texts(labels, Scorer(model).stream(label.text for label in labels))
        for model in (spoiled, tmp_path / "mine")
    )
    assert first.classes is not None
    assert last.classes is not None
    assert first.classes < last.classes - 0.1
    assert (report.general_before.classes, report.general_after.classes) == pytest.approx((first.classes, last.classes))
    more_than_lost = AdaptSettings(max_class_loss=-0.1)  # a gain that only the spoiled head makes possible
    with pytest.raises(NoGainError, match=r"general text loses more than is allowed even at a strength of 0\.2"):
        adapt(LEARNED, spoiled, tmp_path / "other", name="other", force=True, settings=more_than_lost)
    assert not (tmp_path / "other").exists()


@pytest.mark.usefixtures("little_general_text")
def test_a_head_that_changes_nothing_is_not_written_even_with_force(tmp_path: Path) -> None:
    """Texts of which each half says the opposite of the other."""
    texts = [text for i in range(60) if not is_held_out(Record(text=(text := f"Crate {i} of gauze swabs is here.")))]
    start, end = texts[0].index("gauze"), texts[0].index(" is")
    swapped: tuple[Label, Label] = ("entity", "none")
    records = [
        Record(text=text, spans=(Span(start=start, end=end, label=swapped[i // 2 % 2], by="ann"),))
        for i, text in enumerate(t for t in texts if len(t) == len(texts[-1]))
    ]
    with pytest.raises(NoGainError, match="no share of the change makes the texts predict each other"):
        adapt(records, None, tmp_path / "mine", name="mine", force=True)
    assert not (tmp_path / "mine").exists()


def test_other_commands_take_the_bundle(stock: Path, escore_here: Run) -> None:
    assert escore_here("doctor", "--model", stock / "mine").returncode == 0
    assert escore_here("run", "--model", stock / "mine", input=OWN.encode()).stdout
    result = escore_here("train", stock / "labels.jsonl", "--from", stock / "mine", "-o", "trained")
    assert result.returncode == 1
    assert b"has a personal head, which a training does not take over; give --from its base" in result.stderr
    result = escore_here("export", stock / "mine", "-o", "exported")
    assert result.returncode == 1
    assert b"or give the checkpoint that it was made from" in result.stderr


def test_evaluate_may_measure_its_calibration(stock: Path, tmp_path: Path, escore_here: Run) -> None:
    bundle = shutil.copytree(stock / "mine", tmp_path / "mine")
    rows = "\n\n".join(f"Anna\tB-PER\nlives\tO\nat\tO\n{i}\tO\n.\tO" for i in range(410))
    (tmp_path / "x.conll").write_text(rows + "\n")
    result = escore_here("evaluate", bundle, "x.conll", "--calibrate-on", "x.conll", "--write", bundle)
    assert result.returncode == 0, result.stderr
    assert Bundle.open(bundle).manifest.calibration_from is None
    assert "These probabilities were measured on" not in (bundle / "README.md").read_text("utf-8")


def changes(
    record: Record, model: Path | None = None, names: tuple[str, ...] = ("escore-en 7",), prefer: str | None = None
) -> tuple[dict[str, Any], int]:
    """By word: how much the logit of its first token should change."""
    (states,) = run_texts(Bundle.open(model, "cpu"), [record.text])
    change, _, count = word_changes(record, states, prefer, names)
    firsts = np.cumsum(states.counts) - states.counts
    words = [record.text[start:end] for start, end in zip(states.starts, states.ends, strict=True)]
    return dict(zip(words, change[firsts].tolist(), strict=True)), count


def test_words_that_a_person_left_as_they_are_stay_so() -> None:
    start = OWN.index("saline")
    span = Span(start=start, end=start + 6, label="entity", by="ann", model="escore-en 7")
    asked, count = changes(Record(text=OWN, spans=(span,)))
    assert count == 1
    assert asked["saline"] > 3
    assert {word: change for word, change in asked.items() if word != "saline"} == dict.fromkeys(
        ("Order", "20", "for", "Ward", "3", "."), 0
    )


def test_where_another_model_was_corrected_only_the_corrections_count() -> None:
    start = OWN.index("saline")
    span = Span(start=start, end=start + 6, label="entity", by="ann", model="another 1")
    asked, count = changes(Record(text=OWN, spans=(span,)))
    assert count == 1
    assert asked["saline"] > 3
    assert np.isnan(asked["Order"])


def test_a_word_left_as_it_is_is_right_as_the_model_scores_it_that_the_person_saw(stock: Path) -> None:
    names = ("stock list 1", "escore-en 7")
    text = "send 20 lancets to Ward 3"
    correct_first, correct_second, by_hand = (
        Span(start=0, end=4, label="entity", by="ann", model=model) for model in (*names, None)
    )
    first, second, unseen = (
        changes(Record(text=text, spans=(span,)), stock / "mine", names)[0]
        for span in (correct_first, correct_second, by_hand)
    )
    assert first["lancets"] > 1  # which the head makes an entity
    assert second["lancets"] == unseen["lancets"] == 0
    assert first["send"] == second["send"] > 1


def test_a_term_list_says_something_of_its_own_words_only() -> None:
    start = OWN.index("saline")
    asked, count = changes(Record(text=OWN, spans=(Span(start=start, end=start + 6, label="entity", by="list"),)))
    assert count == 1
    assert asked.pop("saline") > 3
    assert all(np.isnan(change) for change in asked.values())


def test_a_long_text_takes_time_by_its_length() -> None:
    """100,000 words: a pass over all of them for each of them took ten seconds."""
    length = 100_000
    text = "Oslo is " * (length // 2)
    starts = np.array([match.start() for match in re.finditer(r"\w+", text)], np.int32)
    labels = to_labeled_text(Record(text=text, reviewed=True))
    begin = time.process_time()
    targets = token_targets(labels, starts, np.ones(length, np.int32), np.tile([2.9, 0.1], length // 2))
    assert targets.corrections == length // 2
    assert time.process_time() - begin < 3


def test_what_a_model_suggested_or_two_people_dispute_teaches_nothing() -> None:
    start = OWN.index("saline")
    suggested = Span(start=start, end=start + 6, label="entity", by="model", model="escore-en 7")
    ann, bob = (
        Span(start=start, end=start + 6, label=label, by=name) for name, label in (("ann", "entity"), ("bob", "none"))
    )  # type: ignore[arg-type]
    assert changes(Record(text=OWN, spans=(suggested,)))[1] == 0
    asked, count = changes(Record(text=OWN, spans=(ann, bob)))
    assert count == 0
    assert np.isnan(asked["saline"])
    asked, count = changes(Record(text=OWN, spans=(ann, bob)), prefer="ann")
    assert count == 1
    assert asked["saline"] > 3


def test_in_a_reviewed_text_the_other_words_are_in_no_entity() -> None:
    asked, count = changes(Record(text="Anna Kowalska ordered saline.", reviewed=True))
    assert count == 2
    assert asked["Anna"] < -1
    assert asked["ordered"] == 0
