"""`escore adapt`: what it refuses in one line, and that nothing half-written stays."""

import json
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import onnx
import pytest
from benchmarks.domains import make_domain
from tests.bundles import rehash
from tests.conftest import Run

import escore_adapt.adapt
from escore import Bundle, BundleError
from escore.bundle.bundle import DEFAULT
from escore.concurrency.cores import usable_cores
from escore_adapt.basis import Projection
from escore_adapt.projections import Projections
from escore_adapt.states import run_texts
from escore_labels.record import Record, Span, write_records
from escore_labels.split import is_held_out
from escore_service.feedback import Store

LEARNED, _ = make_domain("stock", 24, 1, seed=1)
TEXTS = [text for i in range(40) if not is_held_out(Record(text=(text := f"Box {i} of gauze swabs is here.")))][:8]
SWABS = Span(start=TEXTS[0].index("gauze"), end=TEXTS[0].index(" is"), label="entity", by="ann")

pytestmark = pytest.mark.usefixtures("little_general_text")

# `escore` with little general text, which gets a signal as soon as it writes the head; 0 is none.
ESCORE = """
import os, sys
number = int(sys.argv.pop(1))
def send(event, arguments):
    if event == "open" and str(arguments[0]).endswith("personal_head.bin"):
        os.kill(os.getpid(), number)
sys.addaudithook(send)
import escore_adapt.adapt as module
sentences, records = module.general_sentences()[:200], module.general_records()[::5]
module.general_sentences, module.general_records = lambda: sentences, lambda: records
from escore_cli.__main__ import main
main()
"""


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    write_records(tmp_path / "labels.jsonl", LEARNED)
    return tmp_path / "labels.jsonl"


def one_line(result: subprocess.CompletedProcess[bytes], *parts: str) -> None:
    assert result.returncode == 1
    assert result.stdout == b""
    (line,) = result.stderr.decode().splitlines()
    for part in parts:
        assert part in line


def test_it_says_what_it_gained(escore_here: Run, labels: Path) -> None:
    result = escore_here("adapt", labels, "-o", "mine", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["own_after"]["ap"] > report["own_before"]["ap"]
    assert report["corrections"] > 30
    assert report["strength"] > 0
    table = escore_here("adapt", labels, "-o", "other", "--name", "stock")
    assert table.stdout.startswith(b"texts        ")
    assert b"own, " in table.stdout
    assert Bundle.open("other").manifest.name == "stock"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ('{"text": "Anna", "spans": [{"start": 0, "end": 9, "label": "entity"}]}', "outside the text"),
        ('{"text": "Crate 1 is here."}\n', "has a label of a person's, or is reviewed; correct or review some first"),
        (
            '{"text": "Anna met Ben.", "spans": [{"start": 0, "end": 4, "label": "entity", "by": "model"}]}',
            "has a label of a person's, or is reviewed",
        ),
        ('{"text": "Anna lives here.", "spans": [{"start": 0, "end": 4, "label": "entity"}]}', "correct nothing"),
    ],
)  # fmt: skip
def test_labels_that_teach_nothing_are_refused(escore_here: Run, tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "x.jsonl").write_text(content)
    one_line(escore_here("adapt", "x.jsonl", "-o", "mine"), reason)
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


def test_a_gain_of_which_nobody_can_tell_needs_force(escore_here: Run, tmp_path: Path) -> None:
    """Four sentences, and none that is held out."""
    write_records(tmp_path / "x.jsonl", [Record(text=text, spans=(SWABS,)) for text in TEXTS[:4]])
    one_line(escore_here("adapt", "x.jsonl", "-o", "mine"), "too little to say: 0 labeled words", "or give --force")
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    result = escore_here("adapt", "x.jsonl", "-o", "mine", "--force")
    assert result.returncode == 0, result.stderr
    assert b"own: no text is held out" in result.stdout
    assert Bundle.open("mine").manifest.personal_head is not None


def test_labels_of_one_class_only_may_gain_something(escore_here: Run, tmp_path: Path) -> None:
    texts = [f"Crate {i} of gauze swabs is here." for i in range(10, 40)]
    write_records(tmp_path / "x.jsonl", [Record(text=text, spans=(swabs(text),)) for text in texts])
    result = escore_here("adapt", "x.jsonl", "-o", "mine", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["own_after"]["accuracy"] > report["own_before"]["accuracy"]


def swabs(text: str) -> Span:
    return Span(start=text.index("gauze"), end=text.index(" is"), label="entity", by="ann")


def test_a_change_for_the_worse_is_not_written(escore_here: Run, tmp_path: Path) -> None:
    """Held-out texts that say the opposite of the others."""
    records = [Record(text=f"Crate {i} of gauze swabs is here.") for i in range(10, 50)]
    spans = {
        True: Span(start=12, end=23, label="noun", by="ann"), False: Span(start=12, end=23, label="entity", by="ann"),
    }  # fmt: skip
    labeled = [Record(text=record.text, spans=(spans[is_held_out(record)],)) for record in records]
    write_records(tmp_path / "x.jsonl", labeled)
    one_line(escore_here("adapt", "x.jsonl", "-o", "mine"), "of the held-out texts falls from", "nothing was written")
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


def test_corrections_of_another_model_are_named(escore_here: Run, tmp_path: Path) -> None:
    with closing(Store(tmp_path / "corrections.db")) as store:
        for text in TEXTS:
            store.correct(text, SWABS.start, SWABS.end, "entity", 12.5, "another model 1")
    result = escore_here("adapt", "--feedback", "corrections.db", "-o", "mine", "--force")
    assert result.returncode == 0
    assert result.stderr.decode() == (
        "escore: some labels correct another model 1, not escore-en 7; words that were left as they are say nothing "
        "there\n"
    )


def test_what_is_there_stays(escore_here: Run, labels: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    one_line(escore_here("adapt", labels, "-o", "mine"), "mine: exists already; give a new folder")
    one_line(escore_here("adapt", labels, "-o", "a/b"), "a: no such folder")
    assert list((tmp_path / "mine").iterdir()) == []


def test_usage_is_told(escore_here: Run) -> None:
    assert escore_here("adapt", "-o", "mine").returncode == 2
    assert escore_here("adapt", "x.jsonl").returncode == 2
    assert escore_here("adapt", "x.jsonl", "-o", "mine", "--name", "a\nb").returncode == 2


def test_a_bundle_without_hidden_states_is_refused(escore_here: Run, labels: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for file in DEFAULT.iterdir():
        (bundle / file.name).write_bytes(file.read_bytes())
    model = onnx.load(bundle / "model.onnx")
    hidden = next(output for output in model.graph.output if output.name == "hidden")
    model.graph.output.remove(hidden)
    onnx.save(model, bundle / "model.onnx")
    rehash(bundle, "model.onnx")
    one_line(
        escore_here("adapt", labels, "--model", bundle, "-o", "mine"), "does not give 'hidden'", "export its checkpoint"
    )
    assert not (tmp_path / "mine").exists()


def test_a_full_disk_leaves_nothing(labels: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", ESCORE, "0", "adapt", labels, "-o", "mine"],
        cwd=tmp_path, capture_output=True, check=False, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, 5_000_000)),
    )  # fmt: skip
    one_line(result, "mine: File too large; nothing was written")
    assert [path.name for path in tmp_path.iterdir()] == ["labels.jsonl"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_while_it_writes_leaves_nothing(labels: Path, tmp_path: Path, number: int, code: int) -> None:
    command = [sys.executable, "-c", ESCORE, str(int(number)), "adapt", str(labels), "-o", "mine"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert (result.returncode, result.stdout, result.stderr) == (code, b"", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["labels.jsonl"]


def test_after_a_kill_the_next_call_cleans_up(labels: Path, tmp_path: Path, escore_here: Run) -> None:
    command = [sys.executable, "-c", ESCORE, str(int(signal.SIGKILL)), "adapt", str(labels), "-o", "mine"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert result.returncode == -signal.SIGKILL
    assert not (tmp_path / "mine").exists()
    assert escore_here("adapt", labels, "-o", "mine").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.jsonl", "mine"]


def test_texts_without_words_and_long_ones_are_learned_from(tmp_path: Path) -> None:
    long_text = " ".join(record.text for record in LEARNED * 3)
    texts = [Record(text=text, reviewed=True) for text in (" ", "\u200b", long_text, f"{long_text}.")]
    settings = escore_adapt.adapt.AdaptSettings(general_texts=200)
    report = escore_adapt.adapt.adapt(
        [*LEARNED, *texts], None, tmp_path / "mine", name="mine", force=True, settings=settings
    )
    assert report.train_texts + report.held_out_texts == len(LEARNED) + 3  # white space alone says nothing


def test_no_more_texts_than_fit_are_learned(tmp_path: Path) -> None:
    records, _ = make_domain("stock", 60, 1, seed=1)
    held_out = sum(map(is_held_out, records))
    lines: list[str] = []
    settings = escore_adapt.adapt.AdaptSettings(general_texts=200, max_texts=8)
    report = escore_adapt.adapt.adapt(
        records, None, tmp_path / "mine", name="mine", force=True, warn=lines.append, settings=settings
    )
    assert (report.train_texts, report.held_out_texts) == (8, 8)
    assert lines == [
        f"{count} labeled texts are {use}, drawn at random; 'escore train' uses all"
        for count, use in ((f"8 of {60 - held_out}", "learned from"), (f"8 of {held_out}", "measured on"))
    ]
    assert np.isfinite(report.strength)


def test_texts_wait_for_no_more_than_a_few_others_and_keep_no_hidden_states() -> None:
    read: list[int] = []
    projections = Projections(*(Projection(np.eye(384, 8, dtype=np.float32), np.zeros(8, np.float32)) for _ in "tw"))
    texts = (read.append(i) or f"Crate {i}." for i in range(400))  # type: ignore[func-returns-value]
    states = run_texts(Bundle.open(device="cpu"), texts, projections)
    first = next(states)
    assert len(read) <= 2 * usable_cores() + 1 < 200
    assert first.directions.tokens.shape == (len(first.base), 8)
    assert first.directions.window_means.shape == (1, 8)
    assert 1 + sum(1 for _ in states) == len(read) == 400


def test_a_base_that_changed_since_it_was_opened_is_not_written(tmp_path: Path) -> None:
    base = Path(shutil.copytree(DEFAULT, tmp_path / "base"))

    def exchange(_: str) -> None:
        (base / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes() + b" ")

    settings = escore_adapt.adapt.AdaptSettings(general_texts=200, max_texts=8)  # of which `warn` tells
    with pytest.raises(BundleError, match=r"tokenizer\.json: changed since the bundle was written"):
        escore_adapt.adapt.adapt(
            LEARNED, base, tmp_path / "mine", name="mine", force=True, warn=exchange, settings=settings
        )
    assert [path.name for path in tmp_path.iterdir()] == ["base"]


def test_one_of_two_people_may_be_preferred(escore_here: Run, tmp_path: Path) -> None:
    dissent = Span(start=SWABS.start, end=SWABS.end, label="none", by="bob")
    write_records(tmp_path / "x.jsonl", [Record(text=text, spans=(SWABS, dissent)) for text in TEXTS])
    one_line(escore_here("adapt", "x.jsonl", "-o", "mine", "--force"), "correct nothing that the model says")
    result = escore_here("adapt", "x.jsonl", "-o", "mine", "--force", "--prefer", "ann", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["corrections"] == 2 * len(TEXTS)
