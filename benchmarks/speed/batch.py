"""`escore batch` beside the bare scorer: speed, memory, the cost of a resume, and a Ray node that is lost.

The tables are Markdown, for docs/how-to/score-a-corpus.md. Half an hour on two cores.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from benchmarks.measure_process import ProcessError, process_memory
from benchmarks.texts import Source
from escore import Scorer
from escore_batch import BatchOptions, Progress, run_batch
from escore_evaluation.machine import read_machine

LENGTH = 500  # words of a document
WORKERS = 2
PAD = 40  # characters of white space for each of text, where memory is measured: these are quick to score


def main(
    words: Annotated[int, typer.Option(help="Words of the corpus that speed is measured on.")] = 1_500_000,
    rounds: Annotated[int, typer.Option(help="Rounds, of which the median counts.")] = 3,
    sizes: Annotated[str, typer.Option(help="Megabytes of the corpora that memory is measured on.")] = "100,1000",
    ray: Annotated[bool, typer.Option(help="Also measure Ray.")] = True,
) -> None:
    """Measure, and print tables."""
    machine = read_machine()
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    print(f"{machine.processor}, {machine.kind}, {machine.cores} cores, {machine.system}; {versions}\n")
    with tempfile.TemporaryDirectory(prefix="escore-batch-") as folder:
        root = Path(folder)
        corpus, texts = speed_corpus(root / "corpus", words)
        little, _ = speed_corpus(root / "little", 8 * LENGTH)
        engines = ("local", "ray") if ray else ("local",)
        print(speed_table(corpus, little, texts, root / "out", engines, rounds))
        print(memory_table(root, [int(size) for size in sizes.split(",")]))
        if ray:
            print(lost_node(corpus, root))


def speed_corpus(folder: Path, words: int) -> tuple[Path, list[str]]:
    """Documents of LENGTH words in four Parquet files of several row groups."""
    folder.mkdir()
    texts = Source().texts(words // LENGTH, LENGTH).texts
    for number in range(4):
        part = texts[number::4]
        table = pa.table({"id": [f"{number}-{i}" for i in range(len(part))], "text": part})
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=max(1, len(part) // 4))
    return folder, texts


def speed_table(
    corpus: Path, little: Path, texts: list[str], output: Path, engines: tuple[str, ...], rounds: int
) -> str:
    """Words/s of the bare scorer and of the engines, in turn; and the seconds that an engine takes for a few texts.

    These are no part of the engine's words/s: a run's start and end, which a large corpus pays once.
    """
    measured: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        measured.setdefault(f"Scorer.stream, {WORKERS} threads", []).append((bare(texts), 0.0))
        for engine in engines:
            words, seconds = run_engine(corpus, output, engine)
            few, start = run_engine(little, output, engine)
            speed = (words - few) / (seconds - start)
            measured.setdefault(f"escore batch --engine {engine}", []).append((speed, start))
    base = statistics.median(speed for speed, _ in next(iter(measured.values())))
    lines = ["| | words/s | of the bare scorer | seconds to start and end |", "|---|---|---|---|"]
    for name, values in measured.items():
        median, start = (statistics.median(column) for column in zip(*values, strict=True))
        lines.append(f"| {name} | {median:,.0f} | {median / base:.1%} | {start:.1f} |")
    return "\n".join(lines) + "\n"


def bare(texts: list[str]) -> float:
    """Words/s of Scorer.stream."""
    scorer = Scorer(threads=WORKERS)
    list(scorer.stream(texts[:20]))
    begin = time.perf_counter()
    words = sum(len(document.scores) for document in scorer.stream(texts))
    return words / (time.perf_counter() - begin)


def run_engine(corpus: Path, output: Path, engine: str) -> tuple[int, float]:
    """How many words a run scores, and its seconds."""
    shutil.rmtree(output, ignore_errors=True)
    begin = time.perf_counter()
    options = BatchOptions((str(corpus),), str(output), engine="ray" if engine == "ray" else "local", workers=WORKERS)
    return run_batch(options).words, time.perf_counter() - begin


def memory_table(root: Path, sizes: list[int]) -> str:
    """Peak memory of all processes, and the seconds that a resume takes, by the size of the input."""
    head = "| text | peak memory, MB | seconds | seconds of --resume, all done | one part missing |"
    lines = [head, "|---|---|---|---|---|"]
    for size in sizes:
        corpus, output = root / f"{size}.parquet", root / f"out{size}"
        write_padded(corpus, size)
        command = [
            sys.executable,
            "-m",
            "escore_cli",
            "batch",
            str(corpus),
            "-o",
            str(output),
            "--workers",
            str(WORKERS),
        ]
        peak, seconds = run_watched(command)
        _, nothing = run_watched([*command, "--resume"])
        next(output.glob("part-*")).unlink()
        _, one = run_watched([*command, "--resume"])
        lines.append(f"| {size} MB | {peak:,.0f} | {seconds:.1f} | {nothing:.1f} | {one:.1f} |")
        shutil.rmtree(output)
        corpus.unlink()
    return "\n".join(lines) + "\n"


def write_padded(path: Path, megabytes: int) -> None:
    """Documents that are mostly white space, written a row group at a time."""
    texts = [text + " " * (PAD * len(text)) for text in Source().texts(40, 60).texts]
    table = pa.table({"text": texts})
    with pq.ParquetWriter(path, table.schema, use_dictionary=False) as writer:
        for _ in range(megabytes * 1_000_000 // sum(map(len, texts))):
            writer.write_table(table)


def run_watched(command: list[str]) -> tuple[float, float]:
    """The most memory that a command's processes held together (MB, sampled 20 times a second), and its seconds."""
    peak, begin = 0.0, time.perf_counter()
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(_resident, _family(process.pid))))
            time.sleep(0.05)
    if process.returncode:
        raise ProcessError(f"{' '.join(command)}: exit {process.returncode}; its message is above")
    return peak, time.perf_counter() - begin


def _family(pid: int) -> list[int]:
    """A process and its children."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        return [pid, *(int(child) for file in files for child in file.read_text().split())]
    except OSError:
        return [pid]  # it has ended


def _resident(pid: int) -> float:
    """Megabytes that a process holds, with what it shares with others."""
    try:
        return process_memory(pid, "VmRSS")
    except (OSError, KeyError):
        return 0.0


def lost_node(corpus: Path, root: Path) -> str:
    """Two Ray nodes on this machine, one of which is killed when a quarter is done."""
    import ray
    from ray.cluster_utils import Cluster

    outputs = {name: root / name for name in ("undisturbed", "lost")}
    seconds = {}
    for name, output in outputs.items():
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 128 << 20})
        node = cluster.add_node(num_cpus=1, object_store_memory=128 << 20)
        cluster.wait_for_nodes()
        nodes = [node] if name == "lost" else []

        def show(progress: Progress, cluster: Cluster = cluster, nodes: list[Any] = nodes) -> None:
            if progress.share > 0.25 and nodes:
                cluster.remove_node(nodes.pop(), allow_graceful=False)

        begin = time.perf_counter()
        options = BatchOptions((str(corpus),), str(output), engine="ray", workers=2, address=cluster.address)
        run_batch(options, show=show)
        seconds[name] = time.perf_counter() - begin
        ray.shutdown()
        cluster.shutdown()
    tables = [pq.read_table(output).sort_by("id") for output in outputs.values()]
    equal = "the same" if tables[0].equals(tables[1]) else "DIFFERENT"
    return (
        f"Two Ray nodes: {seconds['undisturbed']:.0f} s; one killed at a quarter: {seconds['lost']:.0f} s; "
        f"the outputs are {equal}.\n"
    )
