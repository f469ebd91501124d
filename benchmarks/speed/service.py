"""Rows about `escore serve` beside Flask around transformers' pipeline: requests a second, their time, and memory."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from itertools import chain, product

from benchmarks import ROOT
from benchmarks.measure import paired
from benchmarks.measure_process import ESCORE, ProcessError, process_memory
from benchmarks.speed.bench import Bench, open_worker
from benchmarks.speed.models import get_model
from benchmarks.speed.peers import ask
from benchmarks.speed.rows import Row
from escore import Scorer

CLIENTS = (1, 8, 32)
LENGTHS = (16, 500)  # words
TEXTS = 64
LOST = 0.1  # of a text's words, at most, that the peer may lose: code has more tokens than its parts allow
FLASK = [sys.executable, "-m", "waitress", "--host=127.0.0.1", "--call", "benchmarks.speed.flask_peer:app"]


@dataclass(frozen=True, slots=True)
class Service:
    """A service in a process of its own, which answers POST `path` on a port of 127.0.0.1."""

    process: int
    port: int
    path: str

    def connect(self) -> closing[HTTPConnection]:
        return closing(HTTPConnection("127.0.0.1", self.port, timeout=60))


@contextmanager
def serving(command: list[object], path: str, **env: str) -> Iterator[Service]:
    """A service that listens; its process ends with the block. Raises ProcessError where it does not begin."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([*map(str, command), f"--port={port}"], env=os.environ | env, cwd=ROOT)
    try:
        while process.poll() is None and socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        if process.returncode is not None:
            raise ProcessError(f"{command}: exit {process.returncode} before it listened; its message is above")
        yield Service(process.pid, port, path)
    finally:
        process.kill()
        process.wait()


def service(bench: Bench) -> Iterator[Row]:
    """Both services, in turn, with one client and with more, for short texts and for long ones."""
    folder = str(get_model("default").transformers)
    with serving([ESCORE, "serve"], "/v1/score") as ours, serving(FLASK, "/score", FLASK_PEER=folder) as theirs:
        texts = {length: bench.source.texts(TEXTS, length).texts for length in LENGTHS}
        check(ours, theirs, chain(*texts.values()))
        yield "service-memory-rest", [memory(ours, theirs, "VmRSS")], "before any load"
        for length, count in product(LENGTHS, CLIENTS):
            options = {"texts": texts[length], "count": count, "seconds": 2 * bench.amount.seconds}
            load = partial(open_worker("clients").call, "load", **options)
            calls = (partial(load, port=each.port, path=each.path) for each in (ours, theirs))
            rounds = paired(*calls, bench.amount.rounds)
            for place, figure in enumerate(("", "-p50", "-p99")):
                pairs = [(over[place], under[place]) for over, under in rounds]
                yield f"service-{length}-{count}{figure}", pairs, f"{count} clients, texts of {length} words"
        yield "service-memory-peak", [memory(ours, theirs, "VmHWM")], "after all"


def memory(ours: Service, theirs: Service, field: str) -> tuple[float, float]:
    """Megabytes of both."""
    return process_memory(ours.process, field), process_memory(theirs.process, field)


def check(ours: Service, theirs: Service, texts: Iterable[str]) -> None:
    """The service's scores must be the Scorer's, and the peer must answer tokens for nearly all its words."""
    scorer = Scorer()
    with ours.connect() as connection, theirs.connect() as other:
        for text in texts:
            expected = [(word.start, word.end, round(word.score, 2)) for word in scorer(text).words]
            (document,) = json.loads(ask(connection, ours.path, text))["documents"]
            if [(word["start"], word["end"], word["score"]) for word in document["words"]] != expected:
                raise ProcessError("escore serve: its scores are not those of the Scorer")
            starts = {token["start"] for token in json.loads(ask(other, theirs.path, text))}
            if (missing := sum(start not in starts for start, _, _ in expected)) > LOST * len(expected):
                raise ProcessError(f"the peer answers no token for {missing} of {len(expected)} words")
