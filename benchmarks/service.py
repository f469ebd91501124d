"""Rows about the service: requests a second, their time, and memory, beside Flask around transformers' pipeline."""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import numpy as np

from benchmarks.commands import ESCORE
from benchmarks.measure import Row, paired
from benchmarks.models import for_transformers
from benchmarks.settings import Bench
from benchmarks.worker import ROOT, WorkerError, environment
from escore import Scorer

CLIENTS = (1, 8, 32)
LENGTHS = (16, 500)
LOST = 0.1  # of a text's words, at most, that the peer may lose: program code has more tokens than its pieces allow
TEXTS = 64


@dataclass(frozen=True, slots=True)
class Service:
    """A service in a process of its own, which answers POST `path`."""

    name: str
    process: int
    port: int
    path: str

    def score(self, text: str) -> object:
        """One answer. Raises WorkerError where it is an error."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", self.path, json.dumps({"text": text}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise WorkerError(f"{self.name}: answered {answer.status} {content}")
        return content

    def load(self, texts: list[str], clients: int, seconds: float) -> "Seen":
        """Let so many clients ask for so long. Raises WorkerError."""
        place = ["127.0.0.1", str(self.port), self.path, str(clients), str(seconds)]
        asking = [sys.executable, "-m", "benchmarks.load", *place]
        ended = subprocess.run(
            asking, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(), check=False
        )
        if ended.returncode:
            raise WorkerError(f"{self.name}: its clients left with {ended.returncode}; what they said stands above")
        told = json.loads(ended.stdout)
        taken = told["milliseconds"]
        return Seen(len(taken) / told["seconds"], float(np.percentile(taken, 50)), float(np.percentile(taken, 99)))

    def memory(self, field: str) -> float:
        """Megabytes of the process: VmRSS now, or VmHWM at most since it began (Linux)."""
        lines = Path(f"/proc/{self.process}/status").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1]) * 1024 / 1e6


@dataclass(frozen=True, slots=True)
class Seen:
    """Requests a second, and their milliseconds."""

    speed: float
    p50: float
    p99: float


@contextmanager
def serving(name: str, command: list[str | Path], path: str) -> Iterator[Service]:
    """A service that is listening; its process ends with the block. Raises WorkerError where it does not begin."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment())
    try:
        assert process.stderr is not None
        said = ""
        while not said.startswith("Listening on http://"):
            if not (said := process.stderr.readline()):
                raise WorkerError(f"{name}: left with {process.wait()} before it listened")
        Thread(target=deque, args=(process.stderr, 0), daemon=True).start()  # a full pipe would hold it
        yield Service(name, process.pid, int(said.split("/")[2].rpartition(":")[2]), path)
    finally:
        process.kill()
        process.wait()


def service(bench: Bench) -> Iterator[Row]:
    """`escore serve` and its peer by turns, with one client and with more, for short texts and for long ones."""
    peer_command: list[str | Path] = [sys.executable, "-m", "benchmarks.flask_peer"]
    peer_command.append(for_transformers(bench.default.checkpoint))
    with (
        serving("escore serve", [ESCORE, "serve", "--port", "0"], "/v1/score") as escore,
        serving("Flask + pipeline", peer_command, "/score") as peer,
    ):
        both = (escore, peer)
        for length in LENGTHS:
            _check(escore, peer, bench.source.sentences(TEXTS, length).texts)
        memory = [Row("service-memory-rest", escore.name, peer.name, "MB", [_memory(both, "VmRSS")], "before any load")]
        for length in LENGTHS:
            texts = bench.source.sentences(TEXTS, length).texts
            for clients in CLIENTS:
                yield from _contest(bench, both, texts, length, clients)
        memory.append(Row("service-memory-peak", escore.name, peer.name, "MB", [_memory(both, "VmHWM")], "after all"))
        yield from memory


def _memory(both: tuple[Service, Service], field: str) -> tuple[float, float]:
    return both[0].memory(field), both[1].memory(field)


def _contest(bench: Bench, both: tuple[Service, Service], texts: list[str], length: int, clients: int) -> Iterator[Row]:
    (escore, peer), seconds = both, 2 * bench.amount.least
    seen = paired(
        lambda: escore.load(texts, clients, seconds), lambda: peer.load(texts, clients, seconds), bench.amount.pairs
    )
    name, note = f"service-{length}-{clients}", f"{clients} clients, texts of {length} words"
    names = escore.name, peer.name
    yield Row(name, *names, "requests/s", [(a.speed, b.speed) for a, b in seen], note)
    yield Row(f"{name}-p50", *names, "ms", [(a.p50, b.p50) for a, b in seen], note)
    yield Row(f"{name}-p99", *names, "ms", [(a.p99, b.p99) for a, b in seen], note)


def _check(escore: Service, peer: Service, texts: list[str]) -> None:
    """The service's scores must be the Scorer's, and the peer must answer tokens for nearly all its words."""
    scorer = Scorer()
    for text in texts:
        expected = [(word.start, word.end, round(word.score, 2)) for word in scorer(text).words]
        (document,) = escore.score(text)["documents"]  # type: ignore[index]
        if [(word["start"], word["end"], word["score"]) for word in document["words"]] != expected:
            raise WorkerError("escore serve: its scores are not those of the Scorer")
        starts = {token["start"] for token in peer.score(text)}  # type: ignore[attr-defined]
        missing = sum(start not in starts for start, _, _ in expected)
        if missing > LOST * len(expected):
            raise WorkerError(f"{peer.name}: answers no token for {missing} of {len(expected)} words")
