"""`--write`: figures and calibration in a finished bundle, its card and its hashes, or nothing."""

import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.bundles import rehash, rewrite

from escore import Bundle, BundleError, BundleNotFoundError, OutputError, Scorer
from escore.bundle.bundle import DEFAULT
from escore.bundle.card import render_card, update_figures
from escore.bundle.manifest import Calibration, FileRecord, read_manifest
from escore_evaluation.bundle_writer import OtherBundleError, check_same_scores, write_quality
from escore_evaluation.calibration import Tables

QUALITY = {"EWT dev": {"three_classes": 0.9512, "ece": 0.0123}, "made up": {"span_f1": 0.5}}
TABLE = Calibration((0.0, 300.0), (0.01, 0.97))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_a_written_bundle_opens_and_tells_probabilities(bundle: Path, scorer: Scorer) -> None:
    before = contents(bundle)
    write_quality(bundle, read_manifest(bundle), QUALITY, Tables(TABLE))
    after = contents(bundle)
    assert {name for name in after if after[name] != before[name]} == {"README.md", "escore.json"}
    written = Scorer(bundle)  # which checks every hash
    assert written.bundle.manifest.quality == QUALITY
    assert written.bundle.manifest.calibration == TABLE
    text = "Anna Berg saw the ship."
    for word, plain in zip(written(text).words, scorer(text).words, strict=True):
        assert word.score == plain.score
        assert word.probability == pytest.approx(0.01 + 0.96 * word.score / 300)
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_table_of_entities_is_written_and_told(bundle: Path) -> None:
    rewrite(bundle, lambda content: content.update(heads={}))  # the kinds alone would need the newest schema
    entities = Calibration((0.0, 300.0), (0.05, 0.85))
    write_quality(bundle, read_manifest(bundle), {"x": {"kinds": 0.91, "entity_ece": 0.02}}, Tables(TABLE, entities))
    written = Scorer(bundle)
    assert written.bundle.manifest.entity_calibration == entities
    (entity,) = written("Anna Berg saw the ship.").entities(220)
    assert entity.probability == pytest.approx(0.05 + 0.8 * entity.score / 300)
    card = (bundle / "README.md").read_text("utf-8")
    assert "| F1 at 220 | span F1 | ECE | kinds | ECE of entities |" in card
    assert "that both of its ends are right: 180 53%, 200 58%" in card
    write_quality(bundle, read_manifest(bundle), QUALITY, Tables(TABLE))
    assert '"schema": 4' in (bundle / "escore.json").read_text("utf-8")  # nothing new is left in it


def test_the_card_has_the_new_figures_and_all_else_as_it_was(bundle: Path) -> None:
    before = (bundle / "README.md").read_text("utf-8")
    measured = read_manifest(bundle)
    write_quality(bundle, measured, QUALITY, Tables(TABLE))
    after = (bundle / "README.md").read_text("utf-8")
    assert "| EWT dev | 0.951 | – | – | – | – | – | 0.012 |" in after
    assert "220 71%" in after
    head, _, limits = before.partition("\n\n## What it is bad at\n")
    assert after.startswith(head.partition("\n\n## What it scores\n")[0])
    assert after.partition("\n\n## What it is bad at\n")[2] == limits
    write_quality(bundle, measured, QUALITY, Tables(TABLE))  # again, the same
    assert (bundle / "README.md").read_text("utf-8") == after
    bare = render_card(replace(measured, quality={}, calibration=None), "", None)
    full = render_card(replace(measured, quality=QUALITY, calibration=TABLE), "", None)
    assert update_figures(bare, replace(measured, quality=QUALITY, calibration=TABLE)) == full
    assert update_figures(full, replace(measured, quality={}, calibration=None)) == bare


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_another_bundle_is_refused(bundle: Path, name: str) -> None:
    measured = read_manifest(bundle)
    record = FileRecord(1, "0" * 64)
    before = contents(bundle)
    with pytest.raises(OtherBundleError, match=rf"bundle: its {name.replace('.', '[.]')} is not that of"):
        write_quality(bundle, replace(measured, files=measured.files | {name: record}), QUALITY, Tables(TABLE))
    assert contents(bundle) == before


def test_a_bundle_that_is_damaged_or_holds_more_is_refused(bundle: Path) -> None:
    measured = read_manifest(bundle)
    (bundle / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds something else than a bundle \('notes.txt'\)"):
        check_same_scores(bundle, measured)
    (bundle / "notes.txt").unlink()
    (bundle / "README.md").write_text("changed")
    with pytest.raises(BundleError, match=r"README.md: changed since"):
        write_quality(bundle, measured, QUALITY, Tables(TABLE))


def test_a_file_that_changes_while_it_is_copied_is_not_taken(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured, open_bundle = read_manifest(bundle), Bundle.open
    before = contents(bundle)

    def open_and_change(folder: Path, device: str) -> Bundle:
        opened = open_bundle(folder, device)
        (folder / "tokenizer.json").write_bytes(before["tokenizer.json"] + b" ")
        return opened

    monkeypatch.setattr(Bundle, "open", open_and_change)
    with pytest.raises(BundleError, match=r"tokenizer[.]json: changed since"):
        write_quality(bundle, measured, QUALITY, Tables(TABLE))
    assert contents(bundle)["escore.json"] == before["escore.json"]


def test_a_failure_half_way_leaves_the_older_bundle(bundle: Path) -> None:
    (bundle / "README.md").write_bytes("naïve".encode("latin-1"))
    rehash(bundle, "README.md")
    before = contents(bundle)
    with pytest.raises(UnicodeDecodeError):
        write_quality(bundle, read_manifest(bundle), QUALITY, Tables(TABLE))
    assert contents(bundle) == before
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_full_disk_leaves_the_older_bundle(bundle: Path) -> None:
    """Files may grow to 64 kB, as on a full disk."""
    before = contents(bundle)
    program = """
import sys
from pathlib import Path
from escore import OutputError
from escore.bundle.manifest import read_manifest
from escore_evaluation.bundle_writer import write_quality
from escore_evaluation.calibration import Tables
bundle = Path(sys.argv[1])
try:
    write_quality(bundle, read_manifest(bundle), {}, Tables())
except OutputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, bundle], preexec_fn=limit_files, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("bundle: File too large; nothing was written\n")
    assert contents(bundle) == before
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


def test_what_a_killed_run_left_half_written_is_removed(bundle: Path) -> None:
    part = bundle.with_name(f".bundle.{'0' * 16}.part")
    part.mkdir()
    (part / "model.onnx").write_bytes(b"half")
    write_quality(bundle, read_manifest(bundle), QUALITY, Tables())
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]
    assert Scorer(bundle).bundle.manifest.calibration is None


def test_after_a_kill_between_the_renames_nothing_is_lost(bundle: Path) -> None:
    measured, before = read_manifest(bundle), contents(bundle)
    older = bundle.rename(bundle.with_name(f".bundle.{'0' * 16}.old"))
    with pytest.raises(BundleNotFoundError, match="bundle: no such folder"):
        write_quality(bundle, measured, QUALITY, Tables())
    assert contents(older) == before
    older.rename(bundle)
    write_quality(bundle, measured, QUALITY, Tables())
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_an_older_manifest_is_written_anew(bundle: Path) -> None:
    def older(content: dict[str, Any]) -> None:
        content["schema"] = 2
        del content["calibration"]
        for item in (content, *content["trained_on"]):
            item["licence"] = item.pop("license")

    rewrite(bundle, older)
    write_quality(bundle, read_manifest(bundle), QUALITY, Tables(TABLE))
    assert read_manifest(bundle).calibration == TABLE
