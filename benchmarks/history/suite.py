"""Measure versions side by side in one run, write their files, and draw the page of all."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from platform import machine
from statistics import median, quantiles
from time import sleep
from typing import Any, NamedTuple

from benchmarks import CACHE, ROOT, results
from benchmarks.history import page
from benchmarks.history.figures import FIGURES, FOLDER, SCHEMA, File, HistoryError, machine_kind, quality_of
from benchmarks.history.installs import Install, install, read_versions
from benchmarks.measure import estimate, in_turn
from benchmarks.measure_process import ProcessError, measure_process
from benchmarks.texts import Source
from escore import SettingError

THREADS = (1, 2)
PAUSE = 0.1  # seconds before each call, so that threads that spin after a run are asleep when it is another's turn
MINIMUM_SPREAD = 20  # of 300: a version that scores all words alike does not work
AMOUNTS = {"full": (200, 60, 10_000), "quick": (10, 5, 1000)}  # sentences, texts of 200 words, words of the corpus
Rounds = dict[str, list[float]]  # a figure's value in every round


class Texts(NamedTuple):
    """What every version scores."""

    sentences: list[str]
    pages: list[str]
    corpus: list[str]
    corpus_words: int


class Worker:
    """A version in a process of its own; see worker.py."""

    def __init__(self, version: Install, threads: int) -> None:
        self.version, self.threads = version, threads
        command = [sys.executable, "-P", Path(__file__).with_name("worker.py"), str(threads)]
        env = os.environ | {"PYTHONPATH": str(version.folder)}
        self._process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, method: str, texts: list[str]) -> Any:
        """Call a method of the worker. Raises ProcessError."""
        assert self._process.stdin
        assert self._process.stdout
        sleep(PAUSE)
        with suppress(BrokenPipeError):  # it has ended, and there is no answer
            print(json.dumps([method, texts]), file=self._process.stdin, flush=True)
        if not (line := self._process.stdout.readline()):
            raise ProcessError(f"{self.version.name}: ended; its message is above")
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def round(self, texts: Texts) -> dict[str, float]:
        """The figures of one round."""
        values = {}
        for name, parts in (("sentence", texts.sentences), ("page", texts.pages)):
            percentiles = quantiles(self.call("each", parts), n=100, method="inclusive")
            values |= {f"{name}_p{p}_{self.threads}": 1e3 * percentiles[p - 1] for p in (50, 99)}
        return values | {f"corpus_{self.threads}": texts.corpus_words / self.call("bulk", texts.corpus)}


def main(rounds: int = 10, last: bool = False, quick: bool = False) -> None:
    """Versions of the model side by side: docs/benchmarks/history.md; --quick only shows that everything runs.

    --last measures the newest and the one before it, and leaves the latter's file as it is, if there is one.
    """
    if len(os.sched_getaffinity(0)) < max(THREADS):
        raise SettingError("this process may use one core only", "give it two")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: max(THREADS)])  # children inherit it
    about, versions = results.begin(), read_versions()
    chosen = list(versions.items())[-2 if last else 0 :]
    installs = [install(name, commit) for name, commit in chosen]
    values = measure(installs, make_texts(*AMOUNTS["quick" if quick else "full"]), 2 if quick else rounds)
    folder, pages = (CACHE / "quick" / "history",) * 2 if quick else (FOLDER, ROOT / "docs" / "benchmarks")
    for number, version in enumerate(installs):
        before = (installs[number - 1].name, values[installs[number - 1].name]) if number else None
        file = to_file(about | {"quick": quick}, version, values[version.name], before)
        path = folder / f"{file['version']}.{file['kind']}.json"
        if number or not (last and path.exists()):
            results.save(file, path)
    page.write(folder, pages, list(versions))
    print(pages / "history.md")


def make_texts(sentences: int, pages: int, words: int) -> Texts:
    """Texts cut from the sample that ships."""
    source = Source()
    corpus = source.bulk(words)
    return Texts(source.texts(sentences, 16).texts, source.texts(pages, 200).texts, corpus.texts, corpus.words)


def measure(installs: list[Install], texts: Texts, rounds: int) -> dict[str, Rounds]:
    """All figures of all versions, every round's values. Raises ProcessError, HistoryError."""
    workers = [Worker(version, threads) for version in installs for threads in THREADS]
    try:
        check(workers, texts)
        print(f"history: {len(installs)} versions, {rounds} rounds", file=sys.stderr, flush=True)
        calls = {(worker.version.name, worker.threads): partial(worker.round, texts) for worker in workers}
        calls |= {(version.name, 0): partial(run_command, version, texts) for version in installs}
        values: dict[str, Rounds] = {version.name: {} for version in installs}
        for (name, _), measured in in_turn(calls, rounds).items():
            values[name] |= {figure: [one[figure] for one in measured] for figure in measured[0]}
    finally:
        for worker in workers:
            worker.close()
    for version in installs:
        size = sum(path.stat().st_size for path in version.bundle.iterdir())
        values[version.name]["bundle_size"] = [size / 1e6]
    return values


def check(workers: list[Worker], texts: Texts) -> None:
    """Raise HistoryError where a worker is not the version that it should be, or does not score every word."""
    everything = [*texts.sentences, *texts.pages, *texts.corpus]
    expected = workers[-1].call("words", everything)
    for worker in workers:
        places = [Path(place) for place in worker.call("place", [])]
        if not all(place.is_relative_to(worker.version.folder) for place in places):
            raise HistoryError(f"{worker.version.name}: other code or another bundle was loaded: {places}")
        if worker.call("words", everything) != expected:
            raise HistoryError(f"{worker.version.name}: scores another number of words than {workers[-1].version.name}")
        if worker.call("spread", texts.sentences) < MINIMUM_SPREAD:
            raise HistoryError(f"{worker.version.name}: scores all words alike")


def run_command(version: Install, texts: Texts) -> dict[str, float]:
    """A cold `escore run` of one sentence: seconds and peak megabytes; and the peak of one of the corpus."""
    command = ["env", f"PYTHONPATH={version.folder}", sys.executable, "-P", "-m", "escore_cli", "run", "--lines"]
    seconds, peak = measure_process(command, texts.sentences[0] + "\n")
    _, corpus_peak = measure_process(command, "".join(" ".join(text.split()) + "\n" for text in texts.corpus))
    return {"cold_start": seconds, "cold_memory": peak, "corpus_memory": corpus_peak}


def to_file(about: dict[str, Any], version: Install, values: Rounds, before: tuple[str, Rounds] | None) -> File:
    """A version's file; numbers have four digits, more than is exact.

    Ratios are of this version over the one before it: the median over rounds, with its 95 % interval.
    """
    manifest, host = version.manifest(), about["machine"]
    ratios = {}
    if before:
        for name in FIGURES:
            ratio = estimate(list(zip(values[name], before[1][name], strict=True)))
            ratios[name] = [_short(value) for value in (ratio.value, ratio.low, ratio.high)]
    return {
        "schema": SCHEMA,
        "version": version.name,
        "kind": machine_kind(host["flags"], machine()),
        "commit": version.commit or about["commit"],
        "dirty": bool(about["dirty"] and not version.commit),
        "date": about["date"],
        "command": about["command"],
        "quick": about["quick"],
        "machine": {name: value for name, value in host.items() if name != "versions"},
        "libraries": {name: number for name, number in host["versions"].items() if name != "escore"},
        "rounds": len(values["cold_start"]),
        "figures": {name: _short(median(values[name])) for name in FIGURES},
        "before": {"version": before[0], "ratios": ratios} if before else None,
        "quality": quality_of(manifest),
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")
