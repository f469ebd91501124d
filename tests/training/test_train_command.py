"""`escore train` on labels: what it reads, unites and says; the training itself is a short one."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import Run

from escore_labels.general import general_records
from escore_labels.record import Record, Span, write_records
from escore_labels.split import is_held_out
from escore_service.feedback import Store
from escore_training.personal.settings import PersonalSettings

TEXTS = [text for i in range(40) if not is_held_out(Record(text=(text := f"Crate {i} of gauze swabs is here.")))][:8]
FIRST, CORRECTED = TEXTS[0], TEXTS[1]
SWABS = FIRST.index("gauze")


@dataclass(frozen=True, slots=True)
class Short(PersonalSettings):
    steps: int = 2
    general_texts: int = 10
    averaging_weights: tuple[float, ...] = (1.0,)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("escore_training.personal.settings.PersonalSettings", Short)  # where the command takes it from
    monkeypatch.setattr("escore_training.personal.train.general_records", lambda: general_records()[::5])


@pytest.mark.usefixtures("short")
def test_labels_and_corrections_of_a_text_are_learned_as_one(escore_here: Run, tmp_path: Path) -> None:
    span = Span(start=SWABS, end=SWABS + 11, label="entity", by="ann")
    write_records(tmp_path / "ann.jsonl", [Record(text=text, spans=(span,)) for text in TEXTS[:1]])
    write_records(tmp_path / "bob.jsonl", [Record(text=FIRST, reviewed=True), Record(text=TEXTS[2], reviewed=True)])
    with closing(Store(tmp_path / "corrections.db")) as store:
        start = CORRECTED.index("gauze")
        store.correct(CORRECTED, start, start + 5, "entity", 12.5, "another model 1")
        store.correct(FIRST, 0, 5, "entity", 12.5, "another model 1")
    Store(tmp_path / "new.db").close()
    feedback = ("--feedback", "corrections.db", "--feedback", "new.db")
    result = escore_here("train", "ann.jsonl", "bob.jsonl", *feedback, "-o", "mine", "--json")
    assert result.returncode == 0, result.stderr
    assert b"escore: new.db: no corrections in it\n" in result.stderr
    report = json.loads(result.stdout)
    assert (report["train_texts"], report["held_out_texts"]) == (3, 0)
    assert report["corrections"] == 2 + 1 + 1


def test_what_is_changed_is_said_before_the_training(escore_here: Run, tmp_path: Path) -> None:
    lines = ('{"text": "Anna slept.", "label": [], "relations": [1]}', '{"text": " ", "label": []}')
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    result = escore_here("train", "x.jsonl", "-o", "mine")
    assert result.returncode == 1
    *changes, error = result.stderr.decode().splitlines()
    assert changes == [
        "escore: x.jsonl: line 1: relations are left out",
        "escore: x.jsonl: line 2: a text without words",
    ]
    assert error.startswith("escore: none of the 2 texts to train on has a label or is reviewed")
    (tmp_path / "y.conll").write_text("Anna\tB-CREW\n")
    result = escore_here("train", "y.conll", "--tags", "none.toml", "-o", "mine")
    assert result.stderr.startswith(b"escore: none.toml: No such file")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.jsonl", "y.conll"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "give labels, or --feedback FILE"),
        (("default",), "'default' is a recipe; give its corpora with --corpora DIR"),
        (("smoke", "--corpora", "x", "--feedback", "y"), "give one recipe with --corpora, and no labels"),
        (("--corpora", "x"), "give one recipe with --corpora, and no labels"),
    ],
)
def test_wrong_usage(escore_here: Run, arguments: tuple[str, ...], problem: str) -> None:
    result = escore_here("train", *arguments, "-o", "mine")
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (2, b"", 1)
    assert problem in result.stderr.decode()


@pytest.mark.parametrize(("name", "problem"), [("missing.db", "missing.db: No such file"), ("x", "x: not a file of")])
def test_what_is_no_feedback_is_one_line(escore_here: Run, tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "x").write_text("Anna")
    result = escore_here("train", "--feedback", name, "-o", "mine")
    assert (result.returncode, result.stderr.count(b"\n")) == (1, 1)
    assert result.stderr.decode().startswith(f"escore: {problem}")
