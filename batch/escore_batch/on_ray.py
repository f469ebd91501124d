"""The Ray engine: Ray Data hands sources to actors, which read, score and write where they are.

A row of the dataset names a task, a source or some row groups of one; the texts never pass through Ray's object store.
An actor that is lost is started again, elsewhere if need be, and goes on behind the parts that are there.
"""

import json
import logging
import os
import pickle
import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext, ExecutionResources
from ray.exceptions import RayError

from escore import EscoreError
from escore_batch.errors import BatchError, WorkerError
from escore_batch.inputs import Source
from escore_batch.local import Share, Work, note_long
from escore_batch.output import Output, Part, Writer
from escore_batch.progress import Meter
from escore_batch.readers import read_or_tell
from escore_batch.readers.parquet import row_groups
from escore_batch.rows import Position, Problem, Ranges
from escore_batch.score_batch import ScoreBatch
from escore_batch.settings import Settings
from escore_batch.slices import cut
from escore_batch.work import score_slice

OBJECT_STORE = 256 << 20  # bytes: the tasks' names and their counts are all that is in it
_FOOTERS = 16  # that are read at once
_MAX_BLOCKS = 20_000
_PATIENCE = 10.0  # seconds for a cluster to answer


@dataclass(frozen=True, slots=True)
class Task:
    """What an actor does at a time.

    groups: of the row groups of a Parquet file; None: all. shares: where they begin and end in the file, 0..1.
    """

    key: str
    source: Source
    done: Ranges
    groups: range | None = None
    shares: tuple[float, float] = (0.0, 1.0)


def run_ray(work: Work, output: Output, meter: Meter, workers: int | None, address: str | None) -> list[Problem]:
    """Score all that is not done yet; what could not be read. Raises WorkerError, BatchError.

    workers: None is one for each core of the cluster. address: as `ray.init` takes it.
    """
    tasks = list(_tasks(work, output, meter))
    if not tasks:
        return []
    is_ours = _connect(address, workers)
    try:
        cores = int(ray.cluster_resources().get("CPU", 0))
        if not cores:
            raise BatchError("the Ray cluster has no CPU", "start a node with --num-cpus")
        return _run(work, output.writer, meter, tasks, min(workers or cores, cores))
    except (RayError, EscoreError) as error:
        if own := _own_error(error):
            raise own from None
        reason = str(error).strip().rpartition("\n")[2]
        raise WorkerError(f"Ray: {reason}", "go on with --resume") from error
    finally:
        if is_ours:
            ray.shutdown()


def _connect(address: str | None, workers: int | None) -> bool:
    """Connect to a cluster, or start one on this machine alone, on the loopback interface; whether it was done here."""
    for name in ("ray", "ray.data"):  # what they tell of is shown by a Meter, or raised
        logging.getLogger(name).setLevel(logging.ERROR)
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray reports its use to its makers over the network
    address = address or os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of its own processes, on standard error
    settings: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if address is None:
        settings |= {"num_cpus": workers or None, "object_store_memory": OBJECT_STORE, "include_dashboard": False}
    else:
        _check_reachable(address)
        settings["address"] = address
    try:
        ray.init(**settings)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise BatchError(f"Ray at {address or 'this machine'}: {reason}", "start it, or give --address") from error
    return True


def _check_reachable(address: str) -> None:
    """Raise BatchError where nothing answers at HOST:PORT; Ray itself would end the process."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BatchError(f"Ray at {address}: {reason}", "start the cluster, or give its --address") from error


def _tasks(work: Work, output: Output, meter: Meter) -> Iterator[Task]:
    """What is not done yet: files, and row groups of Parquet."""
    with ThreadPoolExecutor(_FOOTERS) as pool:
        footers = pool.map(_row_groups, (source for _, source in work.sources))
        for (key, source), groups in zip(work.sources, footers, strict=True):
            done = output.done.get(key, Ranges())
            rows, first = max(1, sum(count for count, _ in groups)), 0
            for of_task, count in _join(groups, work.size):
                if done.cover(first, first + count):
                    meter.skip(source.size * count / rows)
                else:
                    yield Task(key, source, done, of_task, (first / rows, (first + count) / rows))
                first += count
            if not groups:
                yield Task(key, source, done)


def _row_groups(source: Source) -> list[tuple[int, int]]:
    return row_groups(source.files[0]) if source.kind == "parquet" else []


def _join(groups: list[tuple[int, int]], size: int) -> Iterator[tuple[range, int]]:
    """Neighboring row groups that have `size` bytes or more together, and their rows."""
    begin, rows, volume = 0, 0, 0
    for group, (count, bytes_of_group) in enumerate(groups):
        rows, volume = rows + count, volume + bytes_of_group
        if volume >= size or group == len(groups) - 1:
            yield range(begin, group + 1), rows
            begin, rows, volume = group + 1, 0, 0


def _run(work: Work, writer: Writer, meter: Meter, tasks: list[Task], workers: int) -> list[Problem]:
    context = DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    context.execution_options.resource_limits = ExecutionResources(object_store_memory=OBJECT_STORE)
    context.execution_options.preserve_order = False
    names = [{"task": pickle.dumps(task)} for task in tasks]
    results = ray.data.from_items(names, override_num_blocks=min(len(names), _MAX_BLOCKS)).map_batches(
        ScoreTask,
        fn_constructor_args=(work.settings, work.model, writer, work.size),
        batch_size=1,
        compute=ActorPoolStrategy(size=min(workers, len(tasks)), max_tasks_in_flight_per_actor=1),
        num_cpus=1,
    )
    problems: dict[Problem, None] = {}  # an actor that takes the place of another tells them again
    for row in results.iter_rows():
        result = json.loads(row["result"])
        if "problem" in result:
            problems[Problem(*result["problem"])] = None
        for line in result.get("notes", ()):
            work.note(line)
        meter.skip(result.get("skipped", 0))
        if "receipt" in result:
            meter.add(result["receipt"], result["size"])
    return list(problems)


class ScoreTask:
    """The actor: made once in each worker, it scores with a ScoreBatch, and writes parts itself."""

    def __init__(self, settings: Settings, model: str | None, writer: Writer, size: int) -> None:
        self._scorer = ScoreBatch.of(settings, model)
        self._writer, self._size = writer, size

    def __call__(self, batch: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """Do tasks; what has been done, a row a part."""
        for name in batch["task"]:
            yield from self._do(pickle.loads(name))  # noqa: S301 — made by this program, in _run

    def _do(self, task: Task) -> Iterator[dict[str, Any]]:
        settings, position, share = self._scorer.settings, Position(), Share(task.source.size, *task.shares)
        items = read_or_tell(task.source, settings.columns, task.done, position, task.groups)
        for item in cut(items, task.done, self._size):
            if isinstance(item, Problem):
                yield _row(problem=item)
                continue
            notes: list[str] = []
            size, skipped = share.of(item, position)
            part = Part(task.key, item.first, item.end, settings.format)
            if self._writer.has(part):  # of an actor that was lost since
                yield _row(skipped=size + skipped)
                continue
            note_long(item, notes.append)
            scored = score_slice(self._scorer, item)
            self._writer.write(part, task.source, scored)
            yield _row(receipt=scored.receipt, size=size, skipped=skipped, notes=notes)
        yield _row(skipped=share.rest())


def _row(**values: Any) -> dict[str, list[str]]:
    """A batch of one row; as JSON, since the types of empty lists would differ from row to row."""
    return {"result": [json.dumps(values)]}


def _own_error(error: BaseException | None) -> EscoreError | None:
    """The error of ours that Ray's tell of."""
    while error is not None:
        if isinstance(error, EscoreError) and not isinstance(error, RayError):
            return error
        error = getattr(error, "cause", None) or error.__cause__
    return None
