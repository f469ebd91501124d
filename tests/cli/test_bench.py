"""`escore bench` as a user meets it. What it measures is not judged here: other work may run beside a test."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest
from tests.bundles import rehash
from tests.cli.test_bad_input import one_line
from tests.conftest import Run
from tests.terminals import read_all

from escore import Scorer
from escore.bundle.bundle import DEFAULT
from escore.sample_text import paragraphs
from escore_cli import inputs
from escore_evaluation.machine import read_machine
from escore_evaluation.speed import timing
from escore_evaluation.speed.bench import thread_counts
from escore_evaluation.speed.bench_comparison import text_hash


def test_the_record_holds_every_value(escore: Run) -> None:
    done = escore("bench", "--seconds", "1", "--threads", "3", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    report = json.loads(done.stdout)
    assert list(report) == (
        ["schema", "date", "machine", "versions", "model", "settings", "latency", "bulk", "cold", "memory"]
    )
    assert report["schema"] == 1
    assert abs((datetime.now(UTC) - datetime.fromisoformat(report["date"])).total_seconds()) < 60
    here = read_machine()
    assert report["machine"]["kind"] == here.kind
    assert report["machine"]["cores"] == here.cores
    assert report["versions"] == here.versions
    assert (report["model"]["name"], report["model"]["precision"]) == ("escore-en", "int8")
    settings = {"text": None, "threads": 3, "seconds": 1.0, "text_sha256": text_hash("\n\n".join(paragraphs()))}
    assert report["settings"] == settings

    assert [row["words"] for row in report["latency"]] == [8, 16, 32, 64, 128, 256]
    for row in report["latency"]:
        assert row["words"] <= row["tokens"] <= 3 * row["words"]
        assert row["calls"] == len(row["seconds"]) >= 3
        assert min(row["seconds"]) <= row["p50"] <= row["p90"] <= row["p99"] <= max(row["seconds"])
    assert [row["threads"] for row in report["bulk"]] == [1, 2, 3]
    for row in report["bulk"]:
        assert row["words"] % 128 == 0
        assert row["tokens"] > row["words"] >= 128 * row["threads"]
        assert len(row["seconds"]) == 5
        speed = row["words_per_second"]
        assert speed["least"] <= speed["median"] <= speed["most"]
        assert speed["median"] == pytest.approx(row["words"] / median(row["seconds"]), rel=1e-3)
        assert row["tokens_per_second"]["most"] == pytest.approx(row["tokens"] / min(row["seconds"]), rel=1e-3)
    cold = report["cold"]
    assert len(cold["seconds"]["run"]) == len(cold["seconds"]["imports"]) == 1
    assert cold["ratio"] == pytest.approx(cold["median"]["run"] / cold["median"]["imports"], rel=1e-2)
    memory = report["memory"]
    assert 30e6 < memory["loaded"] <= memory["end"] < 2e9
    assert 30e6 < memory["cold"] < 2e9


def test_the_table_names_machine_and_model(escore: Run, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("\ufeffAnna Berg met Ben in the rain of Oslo, again.", "utf-8")
    main, terminal = os.openpty()
    streams = {"capture_output": False, "stdout": subprocess.PIPE, "stderr": terminal}
    done = escore("bench", "--seconds", "1", "--threads", "1", "--text", "short.txt", **streams)
    os.close(terminal)
    stages = read_all(main)
    assert done.returncode == 0
    assert "measuring: bulk" in stages
    assert stages.endswith("\r\x1b[K")  # the line is taken away at the end
    assert "\n" not in stages
    shown = done.stdout.decode()
    here = read_machine()
    assert here.kind in shown
    assert f"onnxruntime {here.versions['onnxruntime']}" in shown
    assert "escore-en 7 (int8)" in shown
    assert "short.txt" in shown
    assert max(map(len, shown.splitlines()[2:])) < 100
    numbers = [line.split()[0] for line in shown.splitlines() if line[:1] == " "]
    assert numbers == ["8", "16", "32", "64", "128", "256", "1"]


def test_of_a_long_text_only_the_beginning_is_read(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes("\ufeffné ".encode() * 40_000 + b"\xff")
    assert inputs.start(str(file), "utf-8", 10) == "né \ufeffné \ufeffné"[:10]
    assert len(inputs.start("/dev/zero", "utf-8", 1000)) == 1000
    (tmp_path / "cut").write_bytes("né".encode()[:-1])
    with pytest.raises(inputs.InputError, match="byte 1"):
        inputs.start(str(tmp_path / "cut"), "utf-8", 10)


def test_a_closed_output_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "escore_cli", "bench", "--seconds", "3600"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    one_line(done.stderr, "standard output is closed")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (None, "text: No such file"),
        (b"", "text: too few words in it: 0, at least 8"),
        (b"Anna met Ben.", "text: too few words in it: 4, at least 8"),
        (b"a" * 40_000 + b" Anna met Ben." * 99, "text: too few words in its first 32,768 characters: 1"),
        (b"Jos\xe9 " * 20, "text: byte 3: not utf-8; give a text in UTF-8"),
    ],
)
def test_a_text_that_cannot_be_used(escore: Run, tmp_path: Path, content: bytes | None, part: str) -> None:
    if content is not None:
        (tmp_path / "text").write_bytes(content)
    done = escore("bench", "--text", "text")
    assert (done.returncode, done.stdout) == (1, b"")
    one_line(done.stderr, part)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["--seconds", "0.5"], 2, "--seconds"),
        (["--seconds", "nan"], 2, "escore bench --help"),
        (["--seconds", "inf"], 2, "not a number of seconds from 1 to 3600"),
        (["--threads", "0"], 2, "--threads"),
        (["--model", "nowhere"], 1, "nowhere: no such folder"),
    ],
)
def test_bad_options(escore: Run, arguments: list[str], code: int, part: str) -> None:
    done = escore("bench", *arguments)
    assert (done.returncode, done.stdout) == (code, b"")
    one_line(done.stderr, part)


def test_help_tells_each_default(escore: Run) -> None:
    shown = escore("bench", "--help", env=os.environ | {"COLUMNS": "200"}).stdout.decode()
    options = shown.split("\n  -")[1:]
    assert len(options) == 7
    for option in options[:-1]:  # all but --help
        assert "default" in option, option
    assert shown.rstrip().splitlines()[-1].strip().startswith("escore bench ")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_interrupt_leaves_neither_files_nor_processes(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    """In the midst of cold starts, when there are a folder and a process to leave behind."""
    command = [sys.executable, "-m", "escore_cli", "bench", "--seconds", "1", "--threads", "1"]

    def at_a_keyboard() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=clean_environment | {"TMPDIR": str(tmp_path)},
        preexec_fn=at_a_keyboard,
    ) as process:
        try:
            for _ in range(600):
                if running(tmp_path):
                    break
                time.sleep(0.05)
            assert running(tmp_path)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
            assert process.stdout is not None
            assert process.stderr is not None
            assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
        finally:
            process.kill()
    assert list(tmp_path.iterdir()) == []
    assert not running(tmp_path)


def running(folder: Path) -> bool:
    """Whether a process has a file of this folder among its arguments."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(folder) in file.read_bytes():
                return True
        except OSError:  # it has ended
            continue
    return False


def test_parts_of_a_text_have_as_many_words_as_asked_for(scorer: Scorer) -> None:
    text = "\n\n".join(paragraphs())
    parts = timing.cut_texts(scorer, text, "a text")
    for length, texts in parts.items():
        assert len(texts) == len(set(texts)) == 32
        assert {timing.count_words(scorer, part)[0] for part in texts} == {length}
        assert all(part in text for part in texts)
        assert all(longer.startswith(part) for part, longer in zip(texts, parts[256], strict=True))


def test_threads_double_up_to_the_number_given() -> None:
    assert [thread_counts(threads) for threads in (1, 2, 3, 4, 6)] == [[1], [1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 4, 6]]


def test_scores_that_differ_are_told(scorer: Scorer, tmp_path: Path) -> None:
    """Two bundles stand for two numbers of threads: those must not differ on any machine."""
    other = Path(shutil.copytree(DEFAULT, tmp_path / "other"))
    content = json.loads((other / "tokenizer.json").read_text("utf-8"))
    words = content["model"]["vocab"]
    words["ĠThe"], words["ĠAmeric"] = words["ĠAmeric"], words["ĠThe"]
    (other / "tokenizer.json").write_text(json.dumps(content), "utf-8")
    rehash(other, "tokenizer.json")
    changed = Scorer(other, 2)
    timing.check_same_scores(scorer, changed, "Anna and Ben went home.")
    with pytest.raises(timing.UnequalScoresError, match="and with 2 threads differ"):
        timing.check_same_scores(scorer, changed, "Anna and Ben went home. The rain")


def test_a_process_that_fails_is_named() -> None:
    with pytest.raises(timing.ChildError, match=r"escore_cli run .*nowhere.*: exit 1: .*nowhere: no such folder"):
        timing.time_processes({"run": [sys.executable, "-m", "escore_cli", "run", "--model", "nowhere", "-"]}, 1)
