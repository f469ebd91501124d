"""Rows about `escore serve` beside Flask around transformers' pipeline: requests a second, their time, and memory."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import chain, product
from typing import Any, NamedTuple

from benchmarks import ROOT
from benchmarks.measure import paired
from benchmarks.measure_process import ESCORE, ProcessError, process_memory
from benchmarks.speed.bench import Bench, Row, open_worker
from benchmarks.speed.models import get_model
from benchmarks.speed.peers import ask
from escore import Scorer

CLIENTS, LENGTHS, TEXTS = (1, 8, 32), (16, 500), 64  # at once; words of a text; how many texts
LOST = 0.1  # of a text's words, at most, that the peer may lose: code has more tokens than its parts allow
SERVE = [ESCORE, "serve", "--port={port}"]
FLASK = [sys.executable, "-m", "waitress", "--listen=127.0.0.1:{port}", "--call", "benchmarks.speed.peers:flask_app"]


class Service(NamedTuple):
    """A service in a process of its own, which answers POST `path` on a port of 127.0.0.1."""

    process: int
    port: int
    path: str

    def score(self, text: str) -> Any:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            return ask(connection, self.path, text)


@contextmanager
def serving(command: list[object], path: str, **env: str) -> Iterator[Service]:
    """A service that listens; its process ends with the block. Raises ProcessError where it does not begin."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    whole = [str(word).format(port=port) for word in command]
    process = subprocess.Popen(whole, env=os.environ | env, cwd=ROOT)
    try:
        while process.poll() is None and socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        if process.returncode is not None:
            raise ProcessError(f"{' '.join(whole)}: exit {process.returncode} before it listened; its message is above")
        yield Service(process.pid, port, path)
    finally:
        process.kill()
        process.wait()


def service(bench: Bench) -> Iterator[Row]:
    """Both services, in turn, with one client and with more, for short texts and for long ones."""
    folder = str(get_model("default").transformers)
    with serving(SERVE, "/v1/score") as ours, serving(FLASK, "/score", FLASK_PEER=folder) as theirs:
        both, texts = (ours, theirs), {length: bench.source.texts(TEXTS, length).texts for length in LENGTHS}
        check(ours, theirs, chain(*texts.values()))
        yield "service-memory-rest", [tuple(process_memory(each.process, "VmRSS") for each in both)], "before any load"
        for length, count in product(LENGTHS, CLIENTS):
            load = partial(open_worker("clients").call, "load", texts=texts[length], count=count)
            calls = (partial(load, each.port, each.path, seconds=2 * bench.amount.seconds) for each in both)
            rounds = paired(*calls, bench.amount.rounds)
            for place, figure in enumerate(("", "-p50", "-p99")):
                pairs = [(over[place], under[place]) for over, under in rounds]
                yield f"service-{length}-{count}{figure}", pairs, f"{count} clients, texts of {length} words"
        yield "service-memory-peak", [tuple(process_memory(each.process, "VmHWM") for each in both)], "after all"


def check(ours: Service, theirs: Service, texts: Iterable[str]) -> None:
    """The service's scores must be the Scorer's, and the peer must answer tokens for nearly all its words."""
    scorer = Scorer()
    for text in texts:
        expected = [(word.start, word.end, round(word.score, 2)) for word in scorer(text).words]
        (document,) = ours.score(text)["documents"]
        if [(word["start"], word["end"], word["score"]) for word in document["words"]] != expected:
            raise ProcessError("escore serve: its scores are not those of the Scorer")
        starts = {token["start"] for token in theirs.score(text)}
        if (missing := sum(start not in starts for start, _, _ in expected)) > LOST * len(expected):
            raise ProcessError(f"the peer answers no token for {missing} of {len(expected)} words")
