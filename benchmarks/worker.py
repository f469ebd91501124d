"""A process a contestant, so that no one's threads, memory or settings reach another.

The child reads one JSON request a line and answers each with one line. The parent asks the workers in turn, and waits a
moment between turns (PAUSE), so that threads which spin after a run are asleep when another's turn comes.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from escore import EscoreError

ROOT = Path(__file__).parent.parent
PAUSE = 0.1  # seconds


class WorkerError(EscoreError, RuntimeError):
    """A contestant failed; the message is its own last line."""


def environment(tree: Path | None = None) -> dict[str, str]:
    """The environment without what would bend a contestant's own choice of threads, and without the network.

    `tree` is another checkout, whose escore is to be imported instead of the installed one.
    """
    dropped = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "ESCORE_THREADS", "ESCORE_MODEL"]
    dropped.append("PYTHONDONTWRITEBYTECODE")  # an installed package has its bytecode
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    if tree is not None:
        kept["PYTHONPATH"] = os.pathsep.join(map(str, (tree / "runtime", tree / "cli")))
    return kept | offline | {"TRANSFORMERS_VERBOSITY": "error", "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


class Worker:
    """A contestant in a process of its own; use it in `with`, which ends the process.

    `cores` pins it to some, `tree` is as in `environment`, all else are the contestant's arguments.
    """

    def __init__(
        self, contestant: str, *, cores: list[int] | None = None, tree: Path | None = None, **arguments: object
    ) -> None:
        self.contestant = contestant
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(tree),
            cwd=ROOT,
        )
        self._texts: list[str] | None = None
        try:
            self.ask(do="load", contestant=contestant, cores=cores, arguments=arguments)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def ask(self, **request: object) -> Any:
        """One request, its answer. Raises WorkerError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, ValueError) as error:
            raise WorkerError(f"{self.contestant}: its process ended; what it said stands above") from error
        if "error" in answer:
            raise WorkerError(f"{self.contestant}: {answer['error']}")
        return answer["answer"]

    def tokens(self, text: str) -> list[tuple[int, int, float]]:
        """(start, end, score) of each token or word of a text."""
        return [tuple(token) for token in self.ask(do="tokens", text=text)]

    def passes(self, texts: list[str], least: float = 0.0, batch: int | None = None) -> float:
        """Seconds that all texts take: the mean of as many passes as `least` seconds hold, at least one."""
        time.sleep(PAUSE)
        self._give(texts)
        return float(self.ask(do="passes", least=least, batch=batch))

    def each(self, texts: list[str]) -> list[float]:
        """Seconds that each text takes, one call after the other."""
        time.sleep(PAUSE)
        self._give(texts)
        return list(self.ask(do="each"))

    def peak(self) -> float:
        """Floating point operations a second of the largest products; only of the contestant "gemm"."""
        time.sleep(PAUSE)
        return float(self.ask(do="peak"))

    def callers(self, texts: list[str], number: int) -> float:
        """Seconds until `number` threads that share the scorer have scored all texts, and found what one alone does."""
        time.sleep(PAUSE)
        self._give(texts)
        return float(self.ask(do="callers", number=number))

    def _give(self, texts: list[str]) -> None:
        if texts is not self._texts:
            self.ask(do="texts", texts=texts)
            self._texts = texts


class _Child:
    """The other side: holds the contestant and the texts."""

    def load(self, contestant: str, cores: list[int] | None, arguments: Mapping[str, object]) -> None:
        if cores is not None:
            os.sched_setaffinity(0, cores)
        from benchmarks.peers import BY_NAME

        self._one: Any = BY_NAME[contestant](**arguments)

    def texts(self, texts: list[str]) -> None:
        self._texts = texts
        self._expected: list[bytes] | None = None

    def tokens(self, text: str) -> object:
        return self._one.tokens(text)

    def passes(self, least: float, batch: int | None) -> float:
        if batch is not None:
            self._one.batch = batch
        count, begun = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - begun < least:
            self._one.run(self._texts)
            count += 1
        return (time.perf_counter() - begun) / count

    def peak(self) -> float:
        return float(self._one.peak())

    def each(self) -> list[float]:
        found = []
        for text in self._texts:
            begun = time.perf_counter()
            self._one.run([text])
            found.append(time.perf_counter() - begun)
        return found

    def callers(self, number: int) -> float:
        scorer = self._one.scorer
        if self._expected is None:
            self._expected = [document.scores.tobytes() for document in scorer.stream(self._texts)]
        size = -(-len(self._texts) // number)
        shares = [self._texts[begin : begin + size] for begin in range(0, len(self._texts), size)]
        found: list[list[Any]] = [[] for _ in shares]

        def call(share: list[str], into: list[Any]) -> None:
            into.extend(scorer.stream(share))

        threads = [Thread(target=call, args=both) for both in zip(shares, found, strict=True)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - begun
        if [document.scores.tobytes() for part in found for document in part] != self._expected:
            raise AssertionError(f"{number} callers of one Scorer got other scores than one alone")
        return seconds


def main() -> None:
    """Answer until standard input ends. Whatever else is printed goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    child = _Child()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = {"answer": getattr(child, request.pop("do"))(**request)}
        except Exception as error:  # told to the parent, whatever it is
            answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
