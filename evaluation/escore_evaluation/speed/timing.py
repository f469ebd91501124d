"""How long scoring takes. Each function runs what it compares by turns, so that a drift of the machine hits all alike.

Every value that was measured is given back, in seconds; Python's garbage collector runs as it does elsewhere.
"""

import math
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from escore import EscoreError, Scorer

LENGTHS = (8, 16, 32, 64, 128, 256)  # words as escore counts them: a comma is one
BULK_LENGTH = 128
LIMIT = 1 << 15  # characters of a text that are used, so that the time does not depend on its length

_PLACES = 32  # in the text, where its parts begin
_WARM_UP = 3  # rounds that are not counted
_ROUNDS = 5  # of bulk
_LEAST = 3  # rounds of latency

# Prints the peak of its own memory as its last line. Not getrusage: it counts what a process was before this program.
_TELLS_PEAK = """
import sys
from escore_cli.main import _run
code = _run()
from escore_cli.machine import peak_memory
print(peak_memory(), file=sys.stderr)
sys.exit(code)
"""
IMPORTS = (sys.executable, "-P", "-c", "import numpy, onnxruntime, tokenizers")


class ShortTextError(EscoreError, ValueError):
    """A text with too few words to measure with."""


class UnequalScoresError(EscoreError, RuntimeError):
    """Scores that depend on the number of threads, which they never should."""


class ChildError(EscoreError, RuntimeError):
    """A process that should have been timed, and failed."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Passes over the same texts: `words` and `tokens` of one pass, and the `seconds` of each."""

    words: int
    tokens: int
    seconds: list[float]


def cut(scorer: Scorer, text: str, lengths: Sequence[int] = LENGTHS) -> dict[int, list[str]]:
    """32 texts of each length in words, cut from `text`: running words, from the same places for each length.

    A short text is repeated until it is long enough. Raises ShortTextError where it has fewer words than the shortest
    length.
    """
    part = f"its first {LIMIT:,} characters" if len(text) >= LIMIT else "it"
    text = text[:LIMIT]
    found, _ = size(scorer, text)
    if found < min(lengths):
        raise ShortTextError(f"too few words in {part}: {found}, at least {min(lengths)} are needed; give another text")
    text = "\n\n".join([text] * math.ceil(2 * max(lengths) / found))
    _, _, starts, ends = scorer.bundle.tokenizer.encode(text)
    last = len(starts) - max(lengths)
    places = [last * place // (_PLACES - 1) for place in range(_PLACES)]
    return {n: [text[starts[place] : ends[place + n - 1]] for place in places] for n in lengths}


def size(scorer: Scorer, text: str) -> tuple[int, int]:
    """How many words and tokens a text has."""
    ids, counts, _, _ = scorer.bundle.tokenizer.encode(text)
    return len(counts), len(ids)


def check(one: Scorer, many: Scorer, text: str) -> None:
    """Raise UnequalScoresError where two scorers, of one thread and of many, do not give `text` the very same bits."""
    if one(text).scores.tobytes() != many(text).scores.tobytes():
        raise UnequalScoresError(
            f"scores with {one.threads} and with {many.threads} threads differ on this machine; run 'escore doctor'"
        )


def latency(scorer: Scorer, texts: Mapping[int, Sequence[str]], seconds: float) -> dict[int, list[float]]:
    """The time of one call with one text, by length: a round calls each length once, until `seconds` are over.

    The first three rounds warm up and are left out; three more are measured however long they take.
    """
    taken: dict[int, list[float]] = {length: [] for length in texts}
    until = time.perf_counter() + seconds
    turn = 0
    while turn < _WARM_UP + _LEAST or time.perf_counter() < until:
        for length, several in texts.items():
            text = several[turn % len(several)]
            started = time.perf_counter()
            scorer(text)
            ended = time.perf_counter()
            taken[length].append(ended - started)
        turn += 1
    return {length: values[_WARM_UP:] for length, values in taken.items()}


def bulk(scorers: Mapping[int, Scorer], texts: Sequence[str], seconds: float) -> dict[int, Bulk]:
    """The time to stream many texts, by threads: five rounds with a pass of each scorer, `seconds` together.

    The scorers share one bundle. A pass takes as many of `texts`, over and over, as fit its share of the seconds, and
    one a thread at least. A short one before the rounds warms up and tells how many those are.
    """
    share = seconds / (_ROUNDS * len(scorers))
    sizes = [size(next(iter(scorers.values())), text) for text in texts]
    passes: dict[int, list[str]] = {}
    measured: dict[int, Bulk] = {}
    for threads, scorer in scorers.items():
        trial = list(islice(cycle(texts), 4 * threads))
        count = max(threads, round(len(trial) * share / _pass(scorer, trial)))
        passes[threads] = list(islice(cycle(texts), count))
        words, tokens = (sum(islice(cycle(each), count)) for each in zip(*sizes, strict=True))
        measured[threads] = Bulk(words, tokens, [])
    for _ in range(_ROUNDS):
        for threads, scorer in scorers.items():
            measured[threads].seconds.append(_pass(scorer, passes[threads]))
    return measured


def cold(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """The time from start to end of a new process, by name of its command: each once a round, after one that warms up.

    So files are in the system's cache. Raises ChildError where a process fails.
    """
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(1 + rounds):
        for name, command in commands.items():
            started = time.perf_counter()
            _child(command)
            ended = time.perf_counter()
            if turn:
                taken[name].append(ended - started)
    return taken


def cold_peak(arguments: Sequence[str]) -> int | None:
    """The most memory, in bytes, of a new process of `escore` with `arguments`. Raises ChildError where it fails."""
    last = _child([sys.executable, "-P", "-c", _TELLS_PEAK, *arguments]).split()[-1]
    return int(last) if last.isdigit() else None


def _pass(scorer: Scorer, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    for _ in scorer.stream(texts):
        pass
    return time.perf_counter() - started


def _child(command: Sequence[str]) -> str:
    """Run a process to its end; what it says on standard error. It is killed when this one is interrupted."""
    done = subprocess.run(  # noqa: S603  the caller's own program
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise ChildError(f"{shlex.join(command)}: exit {done.returncode}: {reason.removeprefix('escore: ')}")
    return done.stderr
