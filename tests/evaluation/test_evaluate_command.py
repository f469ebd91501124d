"""`escore evaluate`: the plan on made-up corpora, the table, JSON, what it writes, and bad input."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bundles import rewrite
from tests.conftest import Run
from tests.corpora import NAMES, columns, write_corpora

from escore import Scorer
from escore.bundle.bundle import DEFAULT, SHIPPED
from escore.bundle.manifest import read_manifest
from escore_evaluation.calibration import Tables
from escore_evaluation.figures import compute_figures
from escore_evaluation.markdown_report import to_markdown
from escore_evaluation.scoring import score_row
from escore_evaluation.suite import suite_rows


def rows_of(table: str) -> dict[str, list[str]]:
    lines = [line.strip("|").split(" | ") for line in table.splitlines() if line.startswith("|")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


def test_the_command_prints_a_table_or_json(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Anna\tB-PER\nsaw\tO\nthe\tO\nship\tO\n.\tO\n")
    done = escore_here("evaluate", "default", "x.conll")
    assert done.returncode == 0
    assert done.stderr == b""
    rows = rows_of(done.stdout.decode())
    assert rows["words of"] == [
        *("words", "3 classes", "4 classes", "entity AP", "best F1", "F1 at 220", "span F1", "ECE"),
        *("kinds", "ECE of entities"),
    ]
    one = "1.000 (1.000–1.000)"
    assert rows["x.conll"][:7] == ["5", "–", "–", one, one, one, one]
    assert "the bundle's own table" in done.stdout.decode()
    done = escore_here("evaluate", "default", "x.conll", "--json", "--change", "upper", "--resamples", "0")
    written = json.loads(done.stdout)
    assert written["schema"] == 2
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", written["date"])
    assert {"python", "numpy", "onnxruntime", "tokenizers"} < set(written["versions"])
    assert written["model"]["sha256"] == read_manifest(DEFAULT).files["model.onnx"].sha256
    row, general = written["rows"]
    assert (row["label"], row["change"], row["genre"], row["words"]) == ("x.conll, ALL CAPS", "upper", None, 5)
    assert row["three_classes"] is None
    assert set(row["entity_f1"]) == {"value", "low", "high"}
    assert (general["label"], general["change"], general["texts"]) == ("general", "kept", 500)
    assert written["words_per_second"] is written["against"] is None


def test_one_command_makes_every_figure_and_writes_it(escore_here: Run, tmp_path: Path) -> None:
    corpora = write_corpora(tmp_path / "corpora", 300)
    (corpora / "tweebank").mkdir()
    (corpora / "tweebank" / "dev.conll").write_text(columns(10))
    bundle = shutil.copytree(DEFAULT, tmp_path / "bundle")
    done = escore_here(
        *("evaluate", "bundle", "--corpora", "corpora", "--against", "default", "--plots", "plots/new"),
        *("--save", "figures.json"),
        *("--write", "bundle", "--json", "--resamples", "40"),
    )
    assert done.returncode == 0, done.stderr
    missing = [line for line in done.stderr.decode().splitlines() if "no such file" in line]
    assert "escore: corpora/conll2003/eng.testa: no such file; 'CoNLL-2003 testa' is left out" in missing
    assert len(missing) == 6
    assert (tmp_path / "figures.json").read_bytes() == done.stdout
    written = json.loads(done.stdout)
    labels = [row["label"] for row in written["rows"] if row["genre"] is None]
    assert labels == [
        *("EWT dev", "EWT dev, lower case", "EWT dev, ALL CAPS", "EWT dev, Title Case", "EWT dev, typing errors"),
        *("EWT dev, no punctuation", "WNUT-17 dev", "Tweebank dev", "CrossNER dev, music", "Worldwide"),
    ]
    rows = {(row["label"], row["genre"]): row for row in written["rows"]}
    assert rows["Worldwide", None]["files"] == ["worldwide/a.tsv", "worldwide/b.tsv"]
    assert rows["EWT dev", "email"]["words"] == 150 * 7
    assert rows["WNUT-17 dev", None]["texts"] == 12  # posts stand alone
    assert rows["Tweebank dev", None]["texts"] == 10
    assert rows["CrossNER dev, music", None]["texts"] == 3
    assert [row["label"] for row in written["rows"] if row["fits_by_half"]][-1] == "WNUT-17 dev"
    assert written["calibration"]["fitted_on"] == ["EWT dev", "WNUT-17 dev"]
    assert written["words_per_second"]["median"] > 0
    assert written["against"]["row"] == "EWT dev"
    assert written["against"]["mean"] == written["against"]["marks_changed"] == 0
    assert (tmp_path / "plots" / "new" / "reliability.svg").read_text("utf-8").count("CrossNER dev, music") == 1
    written_manifest = read_manifest(bundle)
    assert list(written_manifest.quality) == sorted([*labels, "expectations"])
    assert written_manifest.quality["EWT dev"]["ece"] == rows["EWT dev", None]["ece"]["value"]
    assert written_manifest.calibration is not None
    assert list(written_manifest.calibration.scores) == written["calibration"]["scores"]
    assert Scorer(bundle)("Anna").words[0].probability is not None

    cells = rows_of(to_markdown(written))
    for row in written["rows"]:
        line = cells[row["label"] + (f": {row['genre']}" if row["genre"] else "")]
        for name, cell in zip(("entity_ap", "span_f1", "ece"), (line[3], line[6], line[7]), strict=True):
            expected = "–" if row[name] is None else f"{row[name]['value']:.3f}".removeprefix("0")
            assert cell.split()[0] == expected
    assert cells["EWT dev"][7].endswith("†")

    again = Scorer(bundle)  # by the bundle's own table now
    for row in suite_rows(corpora)[0]:
        figures = compute_figures(score_row(again, row), Tables(again.bundle.manifest.calibration), 0, 0)
        ece = rows[row.label, None]["ece"]
        assert ece == figures.ece or (
            ece and figures.ece and ece["value"] == pytest.approx(figures.ece.value, abs=1e-6)
        )


def test_a_table_may_be_fitted_on_other_files(escore_here: Run, tmp_path: Path) -> None:
    sentences = (f"Ward\tO\n{i}\tO\nmet\tO\n{NAMES[i % 6]}\tB-X\n.\tO\n" for i in range(410))
    (tmp_path / "fit.conll").write_text("\n".join(sentences).replace(" ", "-"))
    (tmp_path / "dev.conll").write_text(columns(7))
    done = escore_here("evaluate", "default", "dev.conll", "--calibrate-on", "fit.conll", "--json")
    written = json.loads(done.stdout)
    assert written["calibration"]["fitted_on"] == ["fit.conll"]
    assert written["rows"][0]["ece"] is not None
    assert not written["rows"][0]["fits_by_half"]


def test_a_few_words_fit_no_table(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "few.conll").write_text(columns(6))
    done = escore_here("evaluate", "default", "few.conll", "--calibrate-on", "few.conll")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"labeled words are too few for a calibration, which needs 1,000; every second text" in done.stderr
    (tmp_path / "flat.conll").write_text("\n".join(f"Ward\tO\n{i}\tO\nmet\tO\n.\tO\n" for i in range(510)))
    done = escore_here("evaluate", "default", "few.conll", "--calibrate-on", "flat.conll")
    assert b"flat.conll: all words are part of entities, or none is" in done.stderr


def test_the_bundle_that_ships_is_not_written_to_by_accident(
    escore_here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.conll").write_text(columns(6))
    installed = Path(shutil.copytree(DEFAULT, tmp_path / "installed"))
    monkeypatch.setitem(SHIPPED, "default", installed)
    before = {path.name: path.read_bytes() for path in installed.iterdir()}
    (tmp_path / "link").symlink_to("installed")
    for name in ("default", "installed", "link"):
        done = escore_here("evaluate", "default", "x.conll", "--write", name)
        assert (done.returncode, done.stdout) == (2, b"")
        assert f"--write {name}: this bundle is a part of the installed escore".encode() in done.stderr
        assert {path.name: path.read_bytes() for path in installed.iterdir()} == before
    done = escore_here("evaluate", "default", "x.conll", "--write", "default", "--force-installed")
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in installed.iterdir()} != before


def test_wrong_usage_is_told_in_one_line(escore_here: Run, corpora: Path, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(2))
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    rewrite(bundle, lambda content: content.update(calibration=None))
    for arguments, part in [
        (["default"], "give FILE..., --feedback FILE or --corpora DIR"),
        (["default", "x.conll", "--corpora", "corpora"], "give FILE... or --corpora DIR, not both"),
        (["default", "--corpora", "corpora", "--feedback", "x.db"], "--feedback goes with FILE..., not with --corpora"),
        (["default", "--corpora", "corpora", "--prefer", "ann"], "--prefer goes with FILE..., not with --corpora"),
        (["default", "--corpora", "corpora", "--change", "lower"], "--change goes with FILE..."),
        (["default", "--corpora", "corpora", "--held-out"], "--held-out goes with FILE..., not with --corpora"),
        (["default", "--corpora", "corpora", "--html", "x.html"], "--html goes with FILE..."),
        (["default", "x.conll", "--resamples", "39"], "--resamples: give 0, or 40 at least"),
        (["bundle", "x.conll", "--plots", "p"], "--plots needs a calibration, which this bundle has not; give"),
    ]:
        done = escore_here("evaluate", *arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert part in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1


def test_bad_input_gets_one_line(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "tag.conll").write_text("Anna\tB-PER\nsaw\tVERB\nher\tO\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "plain.txt").write_text("Anna saw the ship.")
    (tmp_path / "open.jsonl").write_text('{"text": "Anna saw it."}\n')
    (tmp_path / "off.jsonl").write_text('{"text": "Anna", "spans": [{"start": 0, "end": 5, "label": "entity"}]}\n')
    (tmp_path / "mixed.jsonl").write_text('{"text": "Anna", "reviewed": true}\nAnna B-PER\n')
    (tmp_path / "not.toml").write_text("[tags]\nPER = 'human'\n")
    for arguments, part in [
        (["tag.conll"], "tag.conll: line 2: 'VERB' is not an entity tag"),
        (["folder"], "folder: a folder without brat's .ann files; give a file"),
        (["empty.jsonl"], "empty.jsonl: empty; give a file with labels"),
        (["plain.txt"], "plain.txt: no word is labeled; label or review some first"),
        (["open.jsonl"], "open.jsonl: no word is labeled"),
        (["off.jsonl"], "off.jsonl: line 1: span 0..5: outside the text, which has 4 characters"),
        (["mixed.jsonl"], "mixed.jsonl: line 2: not JSON"),
        (["tag.conll", "./tag.conll"], "tag.conll: given twice; give each file once"),
        (["-"], "-: empty; give a file with labels"),
        (["-", "-"], "-: given twice; give each file once"),
        (["tag.conll", "--tags", "not.toml"], "not.toml: PER = 'human'; give one of none, noun"),
        (["--corpora", "nowhere"], "nowhere: no such folder; give the folder that holds ewt/"),
        (["--corpora", "folder"], "folder: is empty, or holds other corpora; give the folder"),
        (["nowhere", "--calibrate-on", "tag.conll"], "nowhere: No such file or directory; give a labeled file"),
    ]:
        done = escore_here("evaluate", "default", *arguments)
        assert (done.returncode, done.stdout) == (1, b""), arguments
        (line,) = done.stderr.decode().splitlines()
        assert part in line


def test_a_bundle_that_cannot_be_used_gets_one_line_before_anything_is_scored(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(columns(2))
    other = Path(shutil.copytree(DEFAULT, tmp_path / "other"))
    (other / "mine.txt").write_text("mine")
    for arguments, part in [
        (["nowhere", "x.conll"], "nowhere: no such folder"),
        (["default", "x.conll", "--against", "nowhere"], "nowhere: no such folder"),
        (["default", "no such file", "--write", "other"], "other: holds something else than a bundle ('mine.txt')"),
        (["default", "no such file", "--write", "new"], "new: no such folder"),
    ]:
        done = escore_here("evaluate", *arguments)
        assert (done.returncode, done.stdout) == (1, b"")
        assert part in done.stderr.decode()
        assert done.stderr.count(b"\n") == 1


def test_plots_ask_for_matplotlib(tmp_path: Path) -> None:
    """In a process that cannot import it; figures alone do not need it, nor scipy or torch."""
    (tmp_path / "x.conll").write_text(columns(2))
    install = "in the folder of escore's source: pip install -c constraints.txt '.[evaluate]'"
    advice = f"matplotlib is not installed; {install}"
    for plots, code, part in [("'--plots', 'p'", 1, advice), ("'--html', 'x.html'", 1, advice), ("", 0, "")]:
        program = (
            "import sys\nfor name in ('matplotlib', 'scipy', 'torch'): sys.modules[name] = None\n"
            f"sys.argv = ['escore', 'evaluate', 'default', 'x.conll', {plots}]\n"
            "from escore_cli.main import main\nmain()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert part in done.stderr
