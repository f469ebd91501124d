"""How long scoring takes. What is compared is timed in turns, so that a drift of the machine hits all alike.

Every measured value is returned, in seconds; Python's garbage collector runs as it does elsewhere.
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
MAX_CHARACTERS = 1 << 15  # of a text that are used, so that the time does not depend on its length

_PLACES = 32  # in the text, where its parts begin
_WARM_UP_ROUNDS = 3  # of single calls, not counted
_MIN_ROUNDS = 3  # of single calls, counted
_BULK_ROUNDS = 5

# Runs `escore` and prints its peak memory as the last line. Read inside the process, since getrusage also counts what
# the process was before this program.
_RUN_AND_PRINT_PEAK = """
import sys
from escore_cli.main import app
app(prog_name="escore", standalone_mode=False)
from escore_evaluation.machine import peak_memory
print(peak_memory(), file=sys.stderr)
"""


class ShortTextError(EscoreError, ValueError):
    """A text with too few words to measure with."""


class UnequalScoresError(EscoreError, RuntimeError):
    """Scores that depend on the number of threads, which they never should."""


class ChildError(EscoreError, RuntimeError):
    """A process that should have been timed, and failed."""


@dataclass(frozen=True, slots=True)
class BulkTiming:
    """Passes over the same texts: `words` and `tokens` of one pass, and the `seconds` of each."""

    words: int
    tokens: int
    seconds: list[float]


def cut_texts(scorer: Scorer, text: str, name: str, lengths: Sequence[int] = LENGTHS) -> dict[int, list[str]]:
    """32 texts of each length in words, cut from `text`: running words, from the same places for each length.

    A short text is repeated until it is long enough. Raises ShortTextError, with the text's name, where it has fewer
    words than the shortest length.
    """
    part = f"its first {MAX_CHARACTERS:,} characters" if len(text) >= MAX_CHARACTERS else "it"
    text = text[:MAX_CHARACTERS]
    words, _ = count_words(scorer, text)
    if words < min(lengths):
        problem = f"{name}: too few words in {part}: {words}, at least {min(lengths)} are needed"
        raise ShortTextError(problem, "give another text")
    text = "\n\n".join([text] * math.ceil(2 * max(lengths) / words))
    _, _, starts, ends = scorer.bundle.tokenizer.encode(text)
    last = len(starts) - max(lengths)
    places = [last * place // (_PLACES - 1) for place in range(_PLACES)]
    return {length: [text[starts[place] : ends[place + length - 1]] for place in places] for length in lengths}


def count_words(scorer: Scorer, text: str) -> tuple[int, int]:
    """How many words and how many tokens a text has."""
    ids, counts, _, _ = scorer.bundle.tokenizer.encode(text)
    return len(counts), len(ids)


def check_same_scores(scorer: Scorer, other: Scorer, text: str) -> None:
    """Raise UnequalScoresError where two scorers, of different numbers of threads, do not give the very same bits."""
    if scorer(text).scores.tobytes() != other(text).scores.tobytes():
        problem = f"scores with {scorer.threads} and with {other.threads} threads differ on this machine"
        raise UnequalScoresError(problem, "run 'escore doctor'")


def time_calls(scorer: Scorer, texts: Mapping[int, Sequence[str]], seconds: float) -> dict[int, list[float]]:
    """The time of one call with one text, by length: a round calls each length once, until `seconds` are over.

    The first three rounds warm up and are left out; three more are measured however long they take.
    """
    times: dict[int, list[float]] = {length: [] for length in texts}
    until = time.perf_counter() + seconds
    rounds = 0
    while rounds < _WARM_UP_ROUNDS + _MIN_ROUNDS or time.perf_counter() < until:
        for length, texts_of_length in texts.items():
            text = texts_of_length[rounds % len(texts_of_length)]
            started = time.perf_counter()
            scorer(text)
            ended = time.perf_counter()
            times[length].append(ended - started)
        rounds += 1
    return {length: values[_WARM_UP_ROUNDS:] for length, values in times.items()}


def time_bulk(scorers: Mapping[int, Scorer], texts: Sequence[str], seconds: float) -> dict[int, BulkTiming]:
    """The time to stream many texts, by threads: five rounds with a pass of each scorer, `seconds` together.

    The scorers share one bundle. A pass takes as many of `texts`, over and over, as fit its share of the seconds, and
    at least one for each thread. A short pass before the rounds warms up and shows how many those are.
    """
    share = seconds / (_BULK_ROUNDS * len(scorers))
    sizes = [count_words(next(iter(scorers.values())), text) for text in texts]
    passes: dict[int, list[str]] = {}
    timings: dict[int, BulkTiming] = {}
    for threads, scorer in scorers.items():
        trial = list(islice(cycle(texts), 4 * threads))
        count = max(threads, round(len(trial) * share / _time_pass(scorer, trial)))
        passes[threads] = list(islice(cycle(texts), count))
        words, tokens = (sum(islice(cycle(column), count)) for column in zip(*sizes, strict=True))
        timings[threads] = BulkTiming(words, tokens, [])
    for _ in range(_BULK_ROUNDS):
        for threads, scorer in scorers.items():
            timings[threads].seconds.append(_time_pass(scorer, passes[threads]))
    return timings


def time_processes(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, list[float]]:
    """The time from start to end of new processes, by name of the command: one of each a round.

    A first round warms up, so that files are in the system's cache. Raises ChildError where a process fails.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(1 + rounds):
        for name, command in commands.items():
            started = time.perf_counter()
            _run(command)
            ended = time.perf_counter()
            if number > 0:
                times[name].append(ended - started)
    return times


def process_peak_memory(arguments: Sequence[str]) -> int | None:
    """Peak memory, in bytes, of a new process of `escore` with `arguments`; None where the system does not say.

    Raises ChildError where it fails.
    """
    last = _run([sys.executable, "-P", "-c", _RUN_AND_PRINT_PEAK, *arguments]).split()[-1]
    return int(last) if last.isdigit() else None


def _time_pass(scorer: Scorer, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    for _ in scorer.stream(texts):
        pass
    return time.perf_counter() - started


def _run(command: Sequence[str]) -> str:
    """Run a process to its end; what it writes to standard error. It is killed when this one is interrupted."""
    process = subprocess.run(  # noqa: S603  the caller's own program
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if process.returncode:
        reason = (process.stderr.strip().splitlines() or ["no message"])[-1]
        raise ChildError(f"{shlex.join(command)}: exit {process.returncode}: {reason}")
    return process.stderr
