"""The training of a model on what is reviewed, as a process of its own, and the switch to the new model and back."""

import json
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
        self._process: subprocess.Popen[str] | None = None
        self._follower: Thread | None = None  # reads what the process says
        self._lines: deque[str] = deque(maxlen=LINES)
        self._status: schemas.TrainingStatus = "none"
        self._started = self._seconds = 0.0
        self._report: schemas.Report | None = None
        self._bundle = options.folder
        self._old: Scorer | None = None  # the one before the new one, while that is in use

    def state(self) -> schemas.TrainingState:
        """How far the training is."""
        with self._lock:
            running = self._status == "running"
            return schemas.TrainingState(
                status=self._status,
                lines=list(self._lines),
                seconds=round(time.monotonic() - self._started if running else self._seconds, 1),
                report=self._report,
                in_use="old" if self._old is None else "new",
                model=self._model.name,
                bundle=str(self._bundle) if self._status == "done" else None,
            )

    def start(self, records: Iterable[Record]) -> schemas.TrainingState:
        """Begin to train on records."""
        with self._lock:
            if self._status == "running":
                raise RefusedError(409, "a training runs already", "wait for it, or stop it")
            if self._old is not None:
                self._model.swap(self._old)  # its bundle is there; a training starts from the first model
                self._old = None
            folder = _new_folder(self._options.folder)
            write_records(folder / "labels.jsonl", records)
            self._bundle = folder / "bundle"
            command = self._options.command(folder / "labels.jsonl", folder / "checkpoint", self._bundle)
            self._process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C is for the service, which then stops it
            )
            self._lines.clear()
            self._status, self._started, self._report = "running", time.monotonic(), None
            self._follower = Thread(target=self._follow, args=(self._process,), daemon=True, name="escore-training")
            self._follower.start()
        return self.state()

    def stop(self) -> schemas.TrainingState:
        """End the training that runs."""
        with self._lock:
            if self._status != "running" or self._process is None:
                raise RefusedError(409, "no training runs")
            self._status, self._seconds = "stopped", time.monotonic() - self._started
            process, follower = self._process, self._follower
        _end(process)
        if follower is not None:
            follower.join(5)  # it has closed the pipes then
        return self.state()

    def close(self) -> None:
        """End the training that runs, if one does."""
        with suppress(RefusedError):
            self.stop()

    def use(self, which: schemas.Which) -> schemas.TrainingState:
        """Score with the new model, or with the old one again."""
        with self._lock:
            if which == "old" and self._old is not None:
                self._model.swap(self._old)
                self._old = None
            elif which == "new" and self._old is None:
                if self._status != "done":
                    raise RefusedError(409, "no training is done", "start one")
                try:
                    scorer = self._options.load(self._bundle)
                except (EscoreError, OSError) as error:
                    raise RefusedError(409, f"the new model cannot be loaded: {error}") from error
                self._old = self._model.scorer
                self._model.swap(scorer)
        return self.state()

    def _follow(self, process: "subprocess.Popen[str]") -> None:
        """Collect what a training says, until it ends."""
        with process:
            for line in process.stderr or ():
                with self._lock:
                    self._lines.append(line.rstrip("\n"))
            report = process.stdout.read() if process.stdout else ""
        code = process.wait()
        with self._lock:
            if self._process is not process or self._status != "running":
                return  # stopped
            self._seconds = time.monotonic() - self._started
            try:
                self._report = _report(report) if code == 0 else None
            except (ValueError, KeyError, TypeError):
                self._lines.append("escore: the training printed no report")
            self._status = "failed" if self._report is None else "done"


def _new_folder(folder: Path) -> Path:
    """A new folder for one training, by its number."""
    numbers = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
    new = folder / str(max(numbers, default=0) + 1)
    new.mkdir(parents=True)
    return new


def _end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


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
