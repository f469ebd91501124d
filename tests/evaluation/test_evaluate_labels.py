"""`escore evaluate` on labels of one's own: partial ones, all formats, several files, held-out texts."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tests.bundles import rewrite
from tests.conftest import Run
from tests.corpora import columns
from tests.evaluation.own_labels import evaluate, label, reviewed

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import read_manifest
from escore.segmentation import words
from escore_evaluation.metrics import spearman
from escore_labels.formats import WRITERS, write_labels
from escore_labels.record import Record, write_records
from escore_labels.split import is_held_out
from escore_service.feedback import Store


def test_open_words_count_nowhere(escore_here: Run, tmp_path: Path, scorer: Scorer) -> None:
    text = "Anna Berg sold fish to Henrik in Oslo harbor."
    spans = (label(text, "Anna Berg", "entity"), label(text, "fish", "noun"), label(text, "sold", "none"))
    write_records(tmp_path / "part.jsonl", [Record(text=text, spans=spans)])
    row = evaluate(escore_here, "part.jsonl", "--no-general")["rows"][0]
    assert row["words"] == 4
    scores = {word.text: word.score for word in scorer(text).words}
    right = [scores["sold"] < 50, 50 <= scores["fish"] < 150, scores["Anna"] >= 150, scores["Berg"] >= 150]
    assert row["three_classes"]["value"] == pytest.approx(sum(right) / 4)
    assert row["entity_ap"]["value"] == 1
    assert row["four_classes"] is row["span_f1"] is None
    assert row["reasons"]["four_classes"] == "no word is labeled proper"
    assert row["reasons"]["span_f1"].startswith("no text that labels an entity with its ends is labeled in full")

    whole = Record(text=text, reviewed=True, spans=(*spans, label(text, "Henrik", "entity")))  # but not Oslo
    write_records(tmp_path / "whole.jsonl", [whole])
    row = evaluate(escore_here, "whole.jsonl", "--no-general")["rows"][0]
    found = [entity.text for entity in scorer(text).entities(220)]
    assert found[:2] == ["Anna Berg", "Henrik"]
    assert row["words"] == 10
    assert row["span_f1"]["value"] == pytest.approx(2 * 2 / (2 + len(found)))


def test_text_that_is_labeled_in_part_judges_no_whole_entities(escore_here: Run, tmp_path: Path) -> None:
    text = "Henrik and Anna Berg saw Oslo."
    part = Record(text=text, spans=(label(text, "Henrik", "entity"), label(text, "saw", "none")))
    write_records(tmp_path / "a.jsonl", reviewed(6))
    write_records(tmp_path / "b.jsonl", [*reviewed(6), part])
    first, second = (evaluate(escore_here, name, "--no-general")["rows"][0] for name in ("a.jsonl", "b.jsonl"))
    assert second["span_f1"]["value"] == first["span_f1"]["value"]
    assert second["words"] == first["words"] + 2


def test_one_class_says_little(escore_here: Run, tmp_path: Path) -> None:
    write_records(tmp_path / "a.jsonl", [Record(text="Anna Berg", spans=(label("Anna Berg", "Anna Berg", "entity"),))])
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    rewrite(bundle, lambda content: content.update(entity_calibration=None))
    done = escore_here("evaluate", bundle, "a.jsonl", "--no-general", "--json")
    row = json.loads(done.stdout)["rows"][0]
    assert row["span_f1"]["value"] == 1
    assert row["reasons"] == {
        "three_classes": "every word is labeled proper or entity",
        "four_classes": "every word is labeled entity",
        **dict.fromkeys(("entity_ap", "entity_f1", "entity_f1_220", "ece"), "no word is labeled as in no entity"),
        "kinds": "the bundle or the labels say no kinds of entities that are found",
        "entity_ece": "the bundle is not calibrated for entities",
        "rank_correlation": "no word has a target",
    }


def test_importance_is_a_rank_correlation(escore_here: Run, tmp_path: Path, scorer: Scorer) -> None:
    text = "Anna saw the old ship near Rotterdam."
    targets = {"Anna": 10.0, "saw": 20, "ship": 250, "Rotterdam": 120}
    spans = tuple(label(text, word, target) for word, target in targets.items())
    write_records(tmp_path / "targets.jsonl", [Record(text=text, spans=spans)])
    row = evaluate(escore_here, "targets.jsonl", "--no-general")["rows"][0]
    scores = {word.text: word.score for word in scorer(text).words}
    order = sorted(targets, key=lambda word: scores[word])
    wanted = sorted(targets, key=lambda word: targets[word])
    distances = sum((order.index(word) - wanted.index(word)) ** 2 for word in targets)
    assert row["rank_correlation"]["value"] == pytest.approx(1 - 6 * distances / (4 * 15), abs=1e-6)
    assert row["entity_ap"] is None
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    done = escore_here("evaluate", "bundle", "targets.jsonl", "--no-general", "--write", "bundle")
    assert "| rank correlation |" in done.stdout.decode()
    quality = read_manifest(bundle).quality
    assert quality == {"targets.jsonl": {"rank_correlation": row["rank_correlation"]["value"]}}


def test_equal_values_share_their_rank(scorer: Scorer) -> None:
    first, second = np.array([1.0, 1, 3, 4]), np.array([2.0, 5, 5, 9])
    assert spearman(first, second) == pytest.approx(np.corrcoef([1.5, 1.5, 3, 4], [1, 2.5, 2.5, 4])[0, 1])
    assert np.isnan(spearman(first, np.ones(4)))
    assert np.isnan(spearman(first[:0], second[:0]))


@pytest.mark.parametrize("format", ["records", "prodigy", "doccano", "label-studio", "brat", "conllu", "conll", "gmb"])
def test_all_formats_give_the_same_figures(escore_here: Run, tmp_path: Path, format: str) -> None:
    records = reviewed(6)
    suffix = next(iter(WRITERS[format].suffixes), "" if format == "brat" else ".jsonl" if format != "gmb" else ".csv")
    write_labels(tmp_path / f"labels{suffix}", records, format)
    write_records(tmp_path / "records.jsonl", records)
    expected, row = (
        evaluate(escore_here, name, "--no-general")["rows"][0] for name in ("records.jsonl", f"labels{suffix}")
    )
    names = ("words", "texts", "entity_ap", "entity_f1_220", "span_f1")
    assert {name: row[name] for name in names} == {name: expected[name] for name in names}


def test_labels_may_come_through_a_pipe(escore: Run, tmp_path: Path) -> None:
    write_records(tmp_path / "labels.jsonl", reviewed(3))
    labels = (tmp_path / "labels.jsonl").read_bytes()
    done = escore("evaluate", "default", "-", "--no-general", "--json", input=labels)
    row = json.loads(done.stdout)["rows"][0]
    assert (row["label"], row["texts"]) == ("-", 3)
    assert row["entity_ap"] == evaluate(escore, "labels.jsonl", "--no-general")["rows"][0]["entity_ap"]


def test_tags_are_worth_what_a_file_says(escore_here: Run, tmp_path: Path) -> None:
    (tmp_path / "ships.conll").write_text(columns(4).replace("-X", "-SHIP"))
    done = escore_here("evaluate", "default", "ships.conll", "--no-general")
    assert done.stderr.decode().splitlines() == [
        "escore: tag 'SHIP' is not in the tag map, and counts as entity (4 times, first in ships.conll: line 1); "
        'say what it is worth in --tags FILE, below [tags]: SHIP = "none", or another worth'
    ]
    (tmp_path / "tags.toml").write_text("[tags]\nSHIP = 'none'\n")
    done = escore_here("evaluate", "default", "ships.conll", "--no-general", "--tags", "tags.toml", "--json")
    assert done.stderr == b""
    reasons = json.loads(done.stdout)["rows"][0]["reasons"]
    assert reasons["entity_ap"] == "no word is labeled as part of an entity"


def test_files_are_measured_one_by_one_and_together(escore_here: Run, tmp_path: Path) -> None:
    write_records(tmp_path / "a.jsonl", reviewed(6))
    (tmp_path / "b.conll").write_text(columns(5).replace("-X", "-PER"))
    report = evaluate(escore_here, "a.jsonl", "b.conll")
    assert [row["label"] for row in report["rows"]] == ["a.jsonl", "b.conll", "all files", "general"]
    first, second, both = (row["words"] for row in report["rows"][:3])
    assert both == first + second
    assert report["details"]["label"] == "all files"
    joined = evaluate(escore_here, "b.conll", "--sentences", "2")["rows"][0]
    assert (joined["texts"], joined["words"]) == (3, second)


def test_only_what_training_holds_back(escore_here: Run, tmp_path: Path) -> None:
    records = reviewed(40)
    kept = [record for record in records if is_held_out(record)]
    assert 0 < len(kept) < len(records)
    write_records(tmp_path / "labels.jsonl", records)
    write_records(tmp_path / "kept.jsonl", kept)
    write_records(tmp_path / "learned.jsonl", [record for record in records if not is_held_out(record)])
    row = evaluate(escore_here, "labels.jsonl", "--held-out")["rows"][0]
    assert row["texts"] == len(kept)
    assert row["entity_ap"] == evaluate(escore_here, "kept.jsonl")["rows"][0]["entity_ap"]
    done = escore_here("evaluate", "default", "learned.jsonl", "labels.jsonl", "--held-out")
    assert done.stderr == b"escore: learned.jsonl: no text is held out; the file is left out\n"
    done = escore_here("evaluate", "default", "learned.jsonl", "--held-out")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == (
        "escore: no text is held out; leave out --held-out, or label more texts: every fifth is held out"
    )


def test_a_text_that_is_there_twice_is_one(escore_here: Run, tmp_path: Path) -> None:
    text = "Anna saw the ship."
    ann = Record(text=text, spans=(label(text, "Anna", "entity", by="ann"), label(text, "ship", "noun", by="ann")))
    bob = Record(text=text, spans=(label(text, "saw", "none", by="bob"), label(text, "ship", "entity", by="bob")))
    write_records(tmp_path / "two.jsonl", [ann, bob])
    done = escore_here("evaluate", "default", "two.jsonl", "--no-general", "--json")
    row = json.loads(done.stdout)["rows"][0]
    assert (row["texts"], row["words"]) == (1, 2)  # they differ about the ship
    assert done.stderr.decode().splitlines() == [
        "escore: two.jsonl: line 2: a text is there again, and is measured once",
        "escore: two.jsonl: line 1: two people differ, and the words of both spans are left open",
    ]


def test_a_text_in_two_files_counts_once_in_all_files(escore_here: Run, tmp_path: Path) -> None:
    """With what both people say of it; elsewhere the files have the same figures as alone."""
    text = "Anna saw the ship."
    ann = Record(text=text, spans=(label(text, "Anna", "entity", by="ann"), label(text, "ship", "noun", by="ann")))
    bob = Record(text=text, spans=(label(text, "saw", "none", by="bob"), label(text, "ship", "entity", by="bob")))
    write_records(tmp_path / "ann.jsonl", [*reviewed(4), ann])
    write_records(tmp_path / "bob.jsonl", [bob, *reviewed(6)])
    done = escore_here("evaluate", "default", "ann.jsonl", "bob.jsonl", "--no-general", "--json")
    rows = json.loads(done.stdout)["rows"]
    six = sum(len(words(record.text)) for record in reviewed(6))
    assert [(row["label"], row["texts"]) for row in rows] == [("ann.jsonl", 5), ("bob.jsonl", 7), ("all files", 7)]
    assert rows[2]["words"] == six + 2  # they differ about the ship
    assert done.stderr.decode().splitlines() == [
        "escore: a text is in another file too, and counts once in all files (5 times, first in bob.jsonl: line 1)",
        "escore: ann.jsonl: line 5: two people differ, and the words of both spans are left open",
    ]
    done = escore_here("evaluate", "default", "ann.jsonl", "bob.jsonl", "--no-general", "--json", "--prefer", "bob")
    assert json.loads(done.stdout)["rows"][2]["words"] == six + 3
    assert b"differ" not in done.stderr
    joined = evaluate(escore_here, "ann.jsonl", "bob.jsonl", "--sentences", "3", "--no-general")["rows"][2]
    assert (joined["texts"], joined["words"]) == (3, six + 2)  # five texts of one file, and two of the other


def test_a_text_that_fits_a_table_in_one_file_judges_none_in_all(escore_here: Run, tmp_path: Path) -> None:
    write_records(tmp_path / "fit.jsonl", reviewed(240))
    write_records(tmp_path / "again.jsonl", reviewed(240)[::2])  # the half that fits the table
    report = evaluate(escore_here, "again.jsonl", "fit.jsonl", "--calibrate-on", "fit.jsonl", "--no-general")
    rows = {row["label"]: row for row in report["rows"]}
    assert rows["all files"]["texts"] == 240
    judged = [word for record in reviewed(240)[1::2] for word in words(record.text)]
    assert sum(group["words"] for group in report["details"]["reliability"]) == len(judged)
    assert rows["all files"]["ece"]["value"] == rows["fit.jsonl"]["ece"]["value"]


def test_corrections_are_labels_too(escore_here: Run, tmp_path: Path) -> None:
    text = "Anna saw the ship."
    with closing(Store(tmp_path / "mine.db")) as store:
        store.correct(text, 0, 4, "none", 290.0, "escore-en 7")
        store.correct(text, 13, 17, "entity", 90.0, "escore-en 7")
    write_records(tmp_path / "a.jsonl", [Record(text=text, spans=(label(text, "Anna", "entity", by="ann"),))])
    (alone,) = evaluate(escore_here, "--feedback", "mine.db", "--no-general")["rows"]
    assert (alone["label"], alone["words"]) == ("mine.db", 2)
    assert alone["entity_ap"]["value"] == 0.5  # Anna still scores more than the ship
    rows = evaluate(escore_here, "a.jsonl", "--feedback", "mine.db", "--no-general")["rows"]
    assert [(row["label"], row["words"]) for row in rows] == [("a.jsonl", 1), ("mine.db", 2), ("all files", 2)]
    assert rows[2]["entity_ap"] == alone["entity_ap"]  # the correction is the later one
    rows = evaluate(escore_here, "a.jsonl", "--feedback", "mine.db", "--no-general", "--prefer", "ann")["rows"]
    assert rows[2]["reasons"]["entity_ap"] == "no word is labeled as in no entity"
    Store(tmp_path / "empty.db").close()
    done = escore_here("evaluate", "default", "--feedback", "empty.db")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: empty.db: no corrections in it; correct some words first\n"
