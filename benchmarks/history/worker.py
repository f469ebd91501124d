"""A version of escore in a process of its own: a line of JSON with a method and texts in, a line with its result out.

Started by `Worker` with the version's folder on PYTHONPATH. It imports escore alone, by names that all versions have.
"""

import json
import os
import sys
import time
from pathlib import Path

threads = int(sys.argv[1])
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])  # a core a thread, before threads are started

import escore  # noqa: E402

scorer = escore.Scorer(threads=threads)


def words(texts: list[str]) -> list[int]:
    """How many words are scored of each text."""
    return [len(scorer(text).scores) for text in texts]


def spread(texts: list[str]) -> float:
    """The standard deviation of the scores of all words."""
    scores = [float(score) for text in texts for score in scorer(text).scores]
    mean = sum(scores) / len(scores)
    return (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5


def each(texts: list[str]) -> list[float]:
    """Seconds of a call with each text, to the words that `escore run` would print."""
    seconds = []
    for text in texts:
        started = time.perf_counter()
        scorer(text).words_above(80)
        seconds.append(time.perf_counter() - started)
    return seconds


def bulk(texts: list[str]) -> float:
    """Seconds of a stream of all texts."""
    started = time.perf_counter()
    for document in scorer.stream(texts):
        document.words_above(80)
    return time.perf_counter() - started


def place(_: list[str]) -> list[str]:
    """Where the code is, and the bundle."""
    return [str(Path(escore.__file__).parent), str(scorer.bundle.path)]


METHODS = {method.__name__: method for method in (words, spread, each, bulk, place)}
for line in sys.stdin:
    name, given = json.loads(line)
    print(json.dumps(METHODS[name](given)), flush=True)
