"""The table of quality: each system by its own entities, the page, and the command as it is typed."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from benchmarks import ROOT, results
from benchmarks.quality import perceptron, suite
from benchmarks.quality.corpora import TaggedDocument, by_class

from escore import EscoreError
from escore.segmentation import words
from escore_evaluation.suite import Row
from escore_labels.readers.corpus import read_corpus

# Anna and Ben are two entities side by side.
COLUMNS = "Anna\tB-PER\nBen\tB-PER\nsaw\tO\nOslo\tB-LOC\n.\tO\n\nThe\tO\nsea\tO\nrose\tO\n"
TAGS = {"Anna": 3, "Ben": 3, "Oslo": 3, "sea": 1}


def system(borders: bool, missed: str = "") -> SimpleNamespace:
    def stream(texts: Iterable[str]) -> Iterator[TaggedDocument]:
        for text in texts:
            found = words(text)
            classes = [TAGS.get(word, 0) if word != missed else 0 for word, _ in found]
            yield by_class(text, [place for _, place in found], classes, [borders] * len(found))

    return SimpleNamespace(stream=stream)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_system_is_judged_by_its_own_entities(tmp_path: Path) -> None:
    row = Row("made up", (write(tmp_path / "x.conll", COLUMNS),))
    systems = {"escore": system(True), "joined": system(False), "forgetful": system(True, missed="Oslo")}
    found = suite.measure(systems, [row])["made up"]
    assert found["words"] == 8
    figures = found["systems"]
    assert (
        figures["escore"]["entity_f1_220"][0]
        == figures["escore"]["span_f1"][0]
        == figures["escore"]["entity_ap"][0]
        == 1
    )
    assert figures["joined"]["entity_f1_220"][0] == 1
    assert figures["joined"]["span_f1"][0] == pytest.approx(2 * 1 / (2 + 3))  # Anna Ben, Oslo; of three
    assert figures["forgetful"]["entity_f1_220"][0] == pytest.approx(2 * 2 / (2 + 3))
    assert figures["forgetful"]["entity_ap"] is None  # labels rank nothing
    assert figures["forgetful"]["three_classes"] is None  # nor are parts of speech labelled here


def test_the_domains_of_crossner_are_one_row() -> None:
    rows = [Row(label, (Path(label),)) for label in ("EWT dev", "CrossNER dev, AI", "CrossNER dev, music", "Worldwide")]
    pooled = suite.pooled(rows)
    assert [row.label for row in pooled] == ["EWT dev", "CrossNER dev", "Worldwide"]
    assert pooled[1].files == (Path("CrossNER dev, AI"), Path("CrossNER dev, music"))
    assert suite.pooled(rows[:1]) == rows[:1]


def result(ours: float, theirs: float, **versions: str) -> dict[str, Any]:
    def figures(value: float) -> dict[str, Any]:
        return dict.fromkeys(suite.FIGURES, None) | {"span_f1": [value, value - 0.1, value + 0.1]}

    corpus = {"words": 1234, "systems": {"escore": figures(ours), "rules": figures(theirs)}}
    return {
        "date": "2030-01-02",
        "model": "m 1, int8",
        "versions": {"python": "3"} | versions,
        "corpora": {"X": corpus},
    }


def test_the_page_says_where_escore_is_behind() -> None:
    text = suite.render(result(0.5, 0.625))
    assert "| whole entities, F1 | escore | .500 |\n|  | rules | **.625** |" in text
    assert "- whole entities, F1: X (rules .625; escore .500)" in text
    assert "three classes |" not in text  # nobody has a figure
    assert "not in this table" in text
    text = suite.render(result(1.0, 0.5, spacy="3.8"))
    assert "| escore | **1.000** |" in text
    assert "Nowhere in this table." in text
    assert "not in this table" not in text


def test_taggers_of_an_earlier_result_keep_their_figures() -> None:
    earlier, now = result(0.5, 0.625, spacy="3.8") | {"date": "2029-12-31"}, result(0.75, 0.25)
    del now["corpora"]["X"]["systems"]["rules"]
    suite.carry_over(earlier, now)
    assert [figures["span_f1"][0] for figures in now["corpora"]["X"]["systems"].values()] == [0.75, 0.625]
    assert now["earlier"] == {key: earlier[key] for key in ("date", "model", "versions")} | {"systems": ["rules"]}
    text = suite.render(now)
    assert "beside m 1, int8, and not repeated: rules\n(2029-12-31; python 3, spacy 3.8)" in text
    assert "not in this table" not in text
    later = result(0.875, 0.25)
    del later["corpora"]["X"]["systems"]["rules"]
    suite.carry_over(now, later)
    assert later["earlier"] == now["earlier"]  # not measured then either
    later["corpora"]["Y"] = {"words": 1, "systems": {"escore": result(1, 0)["corpora"]["X"]["systems"]["escore"]}}
    suite.carry_over(now, later)
    assert set(later["corpora"]["Y"]["systems"]) == {"escore"}  # the earlier result has no such column
    later["corpora"]["X"]["words"] += 1
    with pytest.raises(EscoreError, match="has other texts of X"):
        suite.carry_over(earlier, later)


def test_the_command_writes_the_result_and_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "data" / "wnut17" / "emerging.dev.conll", COLUMNS)
    output, file = tmp_path / "new" / "out.json", tmp_path / "page.md"
    (tmp_path / "perceptron.json").write_text(json.dumps(perceptron.train(read_corpus(path), epochs=1)))
    suite.main(path.parents[1], output, file, tmp_path)
    (corpus,) = json.loads(output.read_text())["corpora"].items()
    assert corpus[0] == "WNUT-17 dev"
    assert set(corpus[1]["systems"]) == {"escore", "escore fast", "perceptron", "capitals"}
    assert corpus[1]["systems"]["escore"]["entity_ap"]
    assert file.read_text() == suite.render(json.loads(output.read_text()))
    assert "'CoNLL-2003 testa' is left out" in capsys.readouterr().err
    with pytest.raises(EscoreError, match="no such folder"):
        suite.main(tmp_path / "nowhere", output, file, tmp_path)


def test_the_committed_page_is_that_of_its_result() -> None:
    content = json.loads((results.FOLDER / "quality.json").read_text("utf-8"))
    assert suite.render(content) == (ROOT / "docs" / "quality.md").read_text("utf-8")
