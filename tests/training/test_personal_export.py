"""The bundle of a personal training: its figures, and where its probabilities come from."""

from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.domains import make_domain

from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import read_manifest
from escore_labels.record import Record
from escore_labels.split import is_held_out
from escore_training.fit import FitSettings
from escore_training.personal.export import export_personal
from escore_training.personal.report import PersonalReport
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.train import train_personal

SHORT = PersonalSettings(
    steps=4, batch_tokens=256, general_texts=20, fit=FitSettings(5e-4, 2.0, 0.01, "cosine", 0.1, save_steps=4)
)
RECORDS = make_domain("stock", 200, 0, seed=3)[0]
Trained = tuple[Path, PersonalReport]


@pytest.fixture(scope="module")
def trained(tiny_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    output = tmp_path_factory.mktemp("export") / "mine"
    return output, train_personal(RECORDS, tiny_start, output, "mine", settings=SHORT)


def test_enough_held_out_words_fit_a_calibration(trained: Trained, tmp_path: Path) -> None:
    check_own_calibration(*trained, tmp_path / "bundle")


@pytest.mark.long
def test_they_do_with_the_model_that_ships(tmp_path: Path) -> None:
    report = train_personal(RECORDS, "default", tmp_path / "mine", "mine", settings=SHORT)
    check_own_calibration(tmp_path / "mine", report, tmp_path / "bundle")


def check_own_calibration(checkpoint: Path, report: PersonalReport, bundle: Path) -> None:
    export_personal(checkpoint, bundle, report, RECORDS, "default")
    manifest = read_manifest(bundle)
    assert manifest.calibration is not None
    assert manifest.calibration != read_manifest(DEFAULT).calibration
    assert manifest.calibration_from is None
    assert list(manifest.quality) == ["general", "general, before", "own, held out", "own, held out, before"]
    assert report.own_before is not None
    assert manifest.quality["own, held out, before"]["entity_ap"] == pytest.approx(report.own_before.ap, abs=1e-6)
    card = (bundle / "README.md").read_text("utf-8")
    assert "Measured by `escore train`." in card
    assert "These probabilities were measured on" not in card


def test_few_held_out_words_leave_the_calibration_of_the_start(trained: Trained, tmp_path: Path) -> None:
    few = [record for record in RECORDS if not is_held_out(record)]
    few += [record for record in RECORDS if is_held_out(record)][:2]
    report = replace(trained[1], own_before=None)
    export_personal(trained[0], tmp_path / "bundle", report, few, DEFAULT)
    manifest = read_manifest(tmp_path / "bundle")
    assert manifest.calibration == read_manifest(DEFAULT).calibration
    assert manifest.calibration_from == "escore-en 7"
    assert list(manifest.quality) == ["general", "general, before"]
    card = (tmp_path / "bundle/README.md").read_text("utf-8")
    assert "These probabilities were measured on escore-en 7, not on this model." in card


def test_a_checkpoint_as_the_start_has_no_calibration_to_give(trained: Trained, tmp_path: Path) -> None:
    records: list[Record] = [record for record in RECORDS if not is_held_out(record)]
    export_personal(trained[0], tmp_path / "bundle", replace(trained[1], own_before=None), records, trained[0])
    manifest = read_manifest(tmp_path / "bundle")
    assert manifest.calibration is None
    assert manifest.calibration_from is None
