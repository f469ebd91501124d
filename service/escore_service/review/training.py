"""The training of a model on what is reviewed, as a process of its own, and the switch to the new model and back."""

import json
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread

from escore import EscoreError, Scorer
from escore_labels.record import Record, write_records
from escore_service.current_model import CurrentModel
from escore_service.errors import RefusedError
from escore_service.review import schemas

LINES = 200  # of progress that are kept


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train.

    folder: where each training gets a folder of its own: 1, 2 and so on.
    command: the arguments of the process that trains on a file of records, writes a checkpoint and then a bundle, lines
        of progress to standard error, and its report as JSON to standard output.
    load: makes the scorer of a bundle.
    """

    folder: Path
    command: Callable[[Path, Path, Path], Sequence[str]]
    load: Callable[[Path], Scorer]


class Training:
    """At most one process that trains. Methods raise RefusedError for what is not possible now (409)."""

    def __init__(self, options: TrainingOptions, model: CurrentModel) -> None:
        self._options, self._model = options, model
        self._lock = Lock()
        self._run: _Run | None = None
        self._old: Scorer | None = None  # the one in use before the new one
        self._new: Scorer | None = None  # that of the last training, once it was used

    def state(self) -> schemas.TrainingState:
        """How far the training is."""
        run = self._run
        return schemas.TrainingState(
            status="none" if run is None else run.status,
            lines=[] if run is None else list(run.lines),
            seconds=0.0 if run is None else round(run.seconds, 1),
            report=None if run is None else run.report,
            in_use="old" if self._new is None or self._model.scorer is not self._new else "new",
            model=self._model.name,
            bundle=str(run.bundle) if run is not None and run.status == "done" else None,
        )

    def start(self, records: Iterable[Record]) -> schemas.TrainingState:
        """Begin to train on records."""
        with self._lock:
            if self._run is not None and self._run.status == "running":
                raise RefusedError(409, "a training runs already", "wait for it, or stop it")
            folder = _new_folder(self._options.folder)
            write_records(folder / "labels.jsonl", records)
            command = self._options.command(folder / "labels.jsonl", folder / "checkpoint", folder / "bundle")
            self._run, self._new = _Run(command, folder / "bundle"), None
        return self.state()

    def stop(self) -> schemas.TrainingState:
        """End the training that runs."""
        with self._lock:
            if self._run is None or not self._run.stop():
                raise RefusedError(409, "no training runs")
        return self.state()

    def close(self) -> None:
        """End the training that runs, if one does."""
        with suppress(RefusedError):
            self.stop()

    def use(self, which: schemas.Which) -> schemas.TrainingState:
        """Score with the new model, or with the old one again."""
        with self._lock:
            is_new = self._new is not None and self._model.scorer is self._new
            if which == "new" and not is_new:
                if self._run is None or self._run.status != "done":
                    raise RefusedError(409, "no training is done", "start one")
                try:
                    scorer = self._new or self._options.load(self._run.bundle)
                except (EscoreError, OSError) as error:
                    raise RefusedError(409, f"the new model cannot be loaded: {error}") from error
                self._old, self._new = self._model.scorer, scorer
                self._model.swap(scorer)
            elif which == "old" and is_new and self._old is not None:
                self._model.swap(self._old)
        return self.state()


class _Run:
    """A process that trains: it has begun when this is made. Raises OSError."""

    def __init__(self, command: Sequence[str], bundle: Path) -> None:
        self.bundle = bundle
        self.lines: deque[str] = deque(maxlen=LINES)
        self.status: schemas.TrainingStatus = "running"
        self.report: schemas.Report | None = None
        self._started, self._ended = time.monotonic(), 0.0
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C is for the service, which then stops it
        )
        self._follower = Thread(target=self._follow, daemon=True, name="escore-training")
        self._follower.start()

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self._ended or time.monotonic()) - self._started

    def stop(self) -> bool:
        """End it, and all processes that it started; whether it ran."""
        if self.status != "running":
            return False
        self.status = "stopped"
        for number, seconds in ((signal.SIGINT, 5), (signal.SIGKILL, 5)):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._follower.join(5)  # it has closed the pipes then
        return True

    def _follow(self) -> None:
        """Collect what it says, until it ends."""
        with self._process as process:
            for line in process.stderr or ():
                self.lines.append(line.rstrip("\n"))
            report = process.stdout.read() if process.stdout else ""
        self._ended = time.monotonic()
        if self.status == "stopped":
            return
        try:
            self.report = _report(report) if process.returncode == 0 else None
        except (ValueError, KeyError, TypeError):
            self.lines.append("escore: the training printed no report")
        self.status = "failed" if self.report is None else "done"


def _new_folder(folder: Path) -> Path:
    """A new folder for one training, by its number."""
    numbers = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
    new = folder / str(max(numbers, default=0) + 1)
    new.mkdir(parents=True)
    return new


def _report(text: str) -> schemas.Report:
    content = json.loads(text)
    figures = {
        name: [
            schemas.BeforeAfter(figure, before[figure], content[f"{name}_after"][figure])
            for figure in schemas.FIGURES
            if None not in (before[figure], content[f"{name}_after"][figure])
        ]
        for name in ("own", "general")
        if (before := content[f"{name}_before"]) is not None
    }
    words = {name: content[f"{name}_before"]["words"] for name in figures}
    return schemas.Report(
        train_texts=content["train_texts"],
        held_out_texts=content["held_out_texts"],
        own_words=words.get("own", 0),
        own=figures.get("own", []),
        general=figures["general"],
    )
