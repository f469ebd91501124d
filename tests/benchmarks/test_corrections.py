"""What a few corrections bring: earlier runs stay, and a head that would change nothing counts as no gain."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks import results
from benchmarks.domains import make_domain
from benchmarks.quality import corrections

from escore import Scorer
from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record, Span
from escore_labels.split import is_held_out

pytestmark = pytest.mark.usefixtures("little_general_text")

OWN = {"own": [to_labeled_text(record) for record in make_domain("stock", 1, 12, seed=1)[1]]}


def test_runs_of_other_domains_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = {"domain": "sec", "words": 50, "seed": 1, "texts": 46}
    (tmp_path / "corrections.json").write_text(json.dumps({"runs": [old], "slowdown": {"16 words": {"median": 1.1}}}))
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(corrections, "GENERAL", ("CoNLL-2003 testa",))
    (tmp_path / "conll2003").mkdir()
    (tmp_path / "conll2003" / "eng.testa").write_text("Anna NNP B-NP B-PER\nlives VBZ B-VP O\nhere RB B-ADVP O\n")
    corrections.main(tmp_path, words=10, seeds=1, domains="stock")
    saved = json.loads((tmp_path / "corrections.json").read_text())
    assert saved["runs"][0] == old
    assert [(run["domain"], run["words"], run["corrections"]) for run in saved["runs"][1:]] == [("stock", 10, 10)]
    assert saved["slowdown"] == {"16 words": {"median": 1.1}}
    corrections.main(tmp_path, words=10, seeds=1, domains="stock")  # which has all runs already
    assert json.loads((tmp_path / "corrections.json").read_text())["runs"] == saved["runs"]


def test_corrections_that_bring_nothing_are_a_run_too() -> None:
    texts = [f"Crate {i} of gauze swabs is here." for i in range(10, 60)]
    records = []
    for i, text in enumerate(text for text in texts if not is_held_out(Record(text=text))):
        label: Any = ("entity", "none")[i // 2 % 2]
        records.append(Record(text=text, spans=(Span(start=12, end=23, label=label, by="ann"),)))
    before = corrections.figures(Scorer(), OWN)
    run = corrections.adapt_once(records, 1, before, OWN)
    assert (run["strength"], run["corrections"], run["after"]) == (0, len(records), before)
