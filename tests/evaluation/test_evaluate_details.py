"""What `escore evaluate` says behind the figures: minimums, scores by label, errors, calibration, another bundle."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.bundles import rewrite
from tests.conftest import Run
from tests.evaluation.own_labels import evaluate, label, reviewed

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore.segmentation import words
from escore_labels.record import Record, write_records


def test_minimums_are_counted(escore_here: Run, tmp_path: Path, scorer: Scorer) -> None:
    records = reviewed(12)
    write_records(tmp_path / "labels.jsonl", records)
    details = evaluate(escore_here, "labels.jsonl", "--no-general")["details"]
    thresholds = {threshold["minimum"]: threshold for threshold in details["thresholds"]}
    (best,) = (minimum for minimum, threshold in thresholds.items() if threshold["is_best"])
    assert list(thresholds) == sorted({50, 80, 100, 150, 200, 220, 250, best})
    assert [point["minimum"] for point in details["curve"]] == list(range(0, 301, 10))
    words = [
        (word.score, record.spans[0].start <= word.start < record.spans[0].end)
        for record in records
        for word in scorer(record.text).words
    ]
    for threshold in (thresholds[best], thresholds[80], details["curve"][22]):
        found = [is_entity for score, is_entity in words if score >= threshold["minimum"]]
        labeled = sum(is_entity for _, is_entity in words)
        assert threshold["words"]["precision"] == pytest.approx(sum(found) / len(found), abs=1e-6)
        assert threshold["words"]["recall"] == pytest.approx(sum(found) / labeled, abs=1e-6)
    assert thresholds[best]["words"]["f1"] >= max(point["words"]["f1"] for point in details["curve"])
    spans = {(i, record.spans[0].start, record.spans[0].end) for i, record in enumerate(records)}
    entities = {
        (i, entity.start, entity.end) for i, record in enumerate(records) for entity in scorer(record.text).entities(80)
    }
    assert thresholds[80]["entities"]["recall"] == pytest.approx(len(spans & entities) / len(spans), abs=1e-6)
    outcomes = details["entities"]
    assert outcomes["labeled"] == outcomes["right"] + outcomes["in_part"] + outcomes["missed"] == 12
    assert outcomes["right"] / 12 == pytest.approx(thresholds[220]["entities"]["recall"], abs=1e-6)
    assert thresholds[80]["entities"]["precision"] == pytest.approx(len(spans & entities) / len(entities), abs=1e-6)


def test_scores_by_label_and_kind(escore_here: Run, tmp_path: Path, scorer: Scorer) -> None:
    text = "Anna Berg sold fish in Oslo."
    spans = (label(text, "Anna Berg", "entity", kind="person"), label(text, "Oslo", "entity", kind="place"))
    write_records(tmp_path / "a.jsonl", [Record(text=text, reviewed=True, spans=(*spans, label(text, "fish", "noun")))])
    rows = evaluate(escore_here, "a.jsonl", "--no-general")["details"]["confusions"]
    assert [(row["label"], row["kind"], sum(row["counts"])) for row in rows] == [
        *(("in no entity", None, 3), ("noun", None, 1), ("entity", None, 3)),
        *(("entity", "person", 2), ("entity", "place", 1)),
    ]
    fish = next(word.score for word in scorer(text).words if word.text == "fish")
    assert rows[1]["counts"] == [fish < 50, 50 <= fish < 150, 150 <= fish < 250, fish >= 250]
    note = "- Kinds: –, since escore-en 7 gives none."
    assert note not in escore_here("evaluate", "default", "a.jsonl").stdout.decode()
    plain = Path(shutil.copytree(DEFAULT, tmp_path / "plain"))
    rewrite(plain, lambda content: content.update(heads={}))
    assert note in escore_here("evaluate", plain, "a.jsonl").stdout.decode()


def test_the_worst_errors_come_first_with_their_text(escore_here: Run, tmp_path: Path, scorer: Scorer) -> None:
    start = "The weather was fine, and nobody thought of anything else but the long summer that lay ahead. "
    text = f"{start}Anna Berg | saw the\nship, and the harbor."
    spans = (label(text, "Anna Berg", "none"), label(text, "ship", "entity"), label(text, "harbor", 20.0))
    write_records(tmp_path / "a.jsonl", [Record(text=text, spans=spans)])
    errors = evaluate(escore_here, "a.jsonl", "--errors", "9")["details"]["errors"]
    scores = {word.text: word.score for word in scorer(text).words}
    names = (scores["Anna"] + scores["Berg"]) / 2
    expected = {"Anna Berg": names - 50, "ship": 220 - scores["ship"], "harbor": scores["harbor"] - 20}
    assert {error["text"]: error["distance"] for error in errors} == pytest.approx(expected, abs=1e-3)
    assert [error["text"] for error in errors] == sorted(expected, key=lambda word: -expected[word])
    at = {word.start: word.score for word in scorer(text).words}
    for error in errors:
        assert text[error["start"] : error["end"]] == error["text"]
        context = text[error["context_start"] :][: len(error["context"])]
        assert context == error["context"]
        assert len(context) < 60 + 20 + 60
        for word in error["words"]:
            assert at[error["context_start"] + word["start"]] == pytest.approx(word["score"], abs=1e-3)
    assert {error["label"] for error in errors} == {"none", "entity", 20.0}
    assert {error["origin"] for error in errors} == {"a.jsonl: line 1"}
    done = escore_here("evaluate", "default", "a.jsonl", "--errors", "1").stdout.decode()
    (line,) = re.findall(r"^\|.*\[Anna Berg\].*$", done, re.MULTILINE)
    assert r"[Anna Berg] \| saw the ship, and the harbor." in line
    assert "long summer" in line
    assert "weather" not in line


def test_text_cannot_write_to_the_terminal_nor_into_a_rendered_report(escore_here: Run, tmp_path: Path) -> None:
    text = "Anna \x1b]0;owned\x07 \x9b2J <img src=x onerror=alert(1)> \\| \\<b> saw it."
    write_records(tmp_path / "a <b> \x1b[2J.jsonl", [Record(text=text, spans=(label(text, "Anna", "none"),))])
    done = escore_here("evaluate", "default", "a <b> \x1b[2J.jsonl", "--errors", "1", "--no-general")
    assert done.returncode == 0, done.stderr
    output = done.stdout.decode()
    assert all(char.isprintable() for char in output.replace("\n", ""))
    assert r"[Anna] \\x1b]0;owned\\x07 \\x9b2J \<img src=x onerror=alert(1)> \\\| \\\<b> saw it. | a \<b>" in output
    assert not re.search(r"(?<!\\)(\\\\)*<", output)  # before each there is a backslash that no other one escapes


def test_errors_of_the_same_words_are_one(escore_here: Run, tmp_path: Path) -> None:
    texts = [f"On day {i} Anna slept." for i in range(5)]
    write_records(tmp_path / "a.jsonl", [Record(text=text, spans=(label(text, "Anna", "none"),)) for text in texts])
    (error,) = evaluate(escore_here, "a.jsonl", "--errors", "9")["details"]["errors"]
    assert (error["text"], error["times"]) == ("Anna", 5)


def test_a_worse_bundle_is_called_worse(escore_here: Run, tmp_path: Path, lower: Path) -> None:
    write_records(tmp_path / "labels.jsonl", reviewed(30))
    report = evaluate(escore_here, "labels.jsonl", "--against", lower)
    own, general = (row["figures"] for row in report["against"]["rows"])
    other = evaluate(escore_here, "labels.jsonl")["rows"][0]
    assert own["entity_f1_220"]["value"] == other["entity_f1_220"]["value"]
    assert general["entity_f1_220"]["verdict"] == "better"
    assert general["entity_f1_220"]["low"] > 0
    assert general["entity_f1_220"]["difference"] == pytest.approx(
        general["entity_f1_220"]["value"] - general["entity_f1_220"]["other"], abs=2e-6
    )
    done = escore_here("evaluate", lower, "labels.jsonl", "--against", "default", "--json")
    back = json.loads(done.stdout)["against"]["rows"][1]["figures"]
    assert back["entity_f1_220"]["verdict"] == "worse"
    assert back["entity_f1_220"]["low"] == pytest.approx(-general["entity_f1_220"]["high"], abs=1e-6)
    for figure in [*own.values(), *general.values()]:
        is_told = figure["verdict"] in ("better", "worse")
        assert is_told == (figure["low"] > 0 or figure["high"] < 0)


def test_no_difference_is_claimed_where_there_is_none_or_little_text(
    escore_here: Run, tmp_path: Path, lower: Path
) -> None:
    write_records(tmp_path / "labels.jsonl", reviewed(12))
    write_records(tmp_path / "few.jsonl", reviewed(2))
    (row,) = evaluate(escore_here, "labels.jsonl", "--against", "default", "--no-general")["against"]["rows"]
    assert {figure["verdict"] for figure in row["figures"].values()} == {"no difference shown"}
    done = escore_here("evaluate", "default", "few.jsonl", "--against", lower, "--no-general")
    assert done.returncode == 0
    output = done.stdout.decode()
    assert "few.jsonl: only 2 texts, so its intervals say little about others." in output
    assert "better" not in output


def test_half_of_ones_own_texts_may_fit_a_table(escore_here: Run, tmp_path: Path, lower: Path) -> None:
    write_records(tmp_path / "labels.jsonl", reviewed(240))
    report = evaluate(escore_here, "labels.jsonl", "--calibrate-on", "labels.jsonl", "--against", lower)
    assert report["calibration"]["fitted_on"] == ["labels.jsonl"]
    assert report["rows"][0]["fits_by_half"]
    bins = report["details"]["reliability"]
    judged = [word for record in reviewed(240)[1::2] for word in words(record.text)]
    assert sum(group["words"] for group in bins) == len(judged)
    ece = sum(group["words"] * abs(group["probability"] - group["share"]) for group in bins)
    assert report["rows"][0]["ece"]["value"] == pytest.approx(ece / sum(group["words"] for group in bins), abs=1e-5)
