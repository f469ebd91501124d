"""What the hot path does, counted and not timed: runs, padding, copies, threads; and forks."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.conftest import EXAMPLES
from tests.runtime import workers

from escore import ForkError, Scorer
from escore.concurrency.limiter import Limiter
from escore.concurrency.scheduler import THREAD
from escore.pipeline.encode import encode_text
from escore.pipeline.windows import make_windows

TEXTS = [path.read_text("utf-8") for path in EXAMPLES]


class Recorder:
    """A session that keeps the arguments of its runs, and how many go on at once."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.runs: list[tuple[list[str], dict[str, np.ndarray[Any, Any]]]] = []
        self.at_once = self.most = 0
        self._lock = threading.Lock()

    def run(self, names: list[str], feed: dict[str, np.ndarray[Any, Any]]) -> Any:
        with self._lock:
            self.runs.append((names, feed))
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            return self._session.run(names, feed)
        finally:
            with self._lock:
                self.at_once -= 1

    def get_providers(self) -> list[str]:
        return list(self._session.get_providers())


@pytest.fixture
def recorder(scorer: Scorer) -> tuple[Scorer, Recorder]:
    recorder = Recorder(scorer.bundle.session)
    return Scorer(replace(scorer.bundle, session=recorder), threads=2), recorder  # type: ignore[arg-type]


def test_a_short_text_is_one_run_without_padding_in_the_callers_thread(recorder: tuple[Scorer, Recorder]) -> None:
    scorer, session = recorder
    tokenizer = scorer.bundle.tokenizer
    before = threading.active_count()
    text = TEXTS[0][:200]
    scorer(text)
    ((names, feed),) = session.runs
    ids, mask = feed["input_ids"], feed["attention_mask"]
    first, last = tokenizer.special_ids
    assert names == ("scores", "joins", "kinds")  # hidden is never computed
    assert ids.tolist() == [[first, *tokenizer.encode(text)[0].tolist(), last]]
    assert mask.tolist() == [[1] * ids.shape[1]]
    assert threading.active_count() == before


def test_a_long_text_is_a_run_a_window(recorder: tuple[Scorer, Recorder], long_text: str) -> None:
    scorer, session = recorder
    scorer(long_text)
    manifest = scorer.bundle.manifest
    chunks = encode_text(scorer.bundle.tokenizer, long_text)
    windows = list(make_windows(chunks, manifest.max_tokens - 2, manifest.overlap))
    shapes = [(1, len(window.ids) + 2) for window in windows]
    assert sorted(feed["input_ids"].shape for _, feed in session.runs) == sorted(shapes)
    assert all(feed["attention_mask"].all() for _, feed in session.runs)


def test_texts_without_words_cost_no_run(recorder: tuple[Scorer, Recorder]) -> None:
    scorer, session = recorder
    assert [len(document.scores) for document in scorer.stream(["", " \n", "\u3000"])] == [0, 0, 0]
    assert session.runs == []


def test_a_text_is_not_copied(scorer: Scorer, long_text: str) -> None:
    assert scorer(long_text).text is long_text
    assert next(scorer.stream([long_text])).text is long_text


def test_runs_at_once_are_bounded_whoever_calls(recorder: tuple[Scorer, Recorder], long_text: str) -> None:
    scorer, session = recorder
    callers = [threading.Thread(target=lambda: list(scorer.stream([long_text, *TEXTS]))) for _ in range(2)]
    callers += [threading.Thread(target=lambda: [scorer(text) for text in TEXTS * 2]) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert 1 <= session.most <= 2


def test_a_stream_starts_as_many_threads_as_it_has_work_for(scorer: Scorer) -> None:
    release = threading.Event()

    def texts() -> Iterator[str]:
        yield from ["Anna"] * 8
        release.wait(20)

    documents = Scorer(scorer.bundle, threads=3).stream(texts())
    for _ in range(8):
        next(documents)
    assert workers.count() == 3
    release.set()
    assert list(documents) == []
    assert workers.become(0)


def test_streams_share_the_threads_of_their_scorer(scorer: Scorer) -> None:
    scorer = Scorer(scorer.bundle, threads=2)

    def take(stop: threading.Event) -> None:
        for _ in scorer.stream(TEXTS[0] for _ in iter(stop.is_set, True)):
            pass

    stops = [threading.Event(), threading.Event()]
    callers = [threading.Thread(target=take, args=(stop,)) for stop in stops]
    callers[0].start()
    assert workers.become(2)
    callers[1].start()
    time.sleep(0.1)
    assert workers.become(2), "four threads wait for each other"
    for caller, stop in zip(callers, stops, strict=True):
        assert workers.become(2)  # also after the other has gone
        stop.set()
        caller.join(20)
    assert workers.become(0)


def test_who_waits_for_the_limiter_is_next() -> None:
    """However soon the thread that was inside comes again."""
    limiter, stop = Limiter(1), threading.Event()

    def runs_window_after_window() -> None:
        while not stop.is_set():
            with limiter:
                time.sleep(0.02)  # as a run does, without Python's lock

    busy = threading.Thread(target=runs_window_after_window)
    busy.start()
    start = time.perf_counter()
    for _ in range(5):
        with limiter:
            pass
    seconds = time.perf_counter() - start
    stop.set()
    busy.join()
    assert seconds < 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*fork:DeprecationWarning"
)  # Python 3.12 warns of what is tried here
def test_a_forked_process_goes_on_scoring(scorer: Scorer) -> None:
    """Also when other threads are in the middle of a run, who are not there in the child."""
    scorer = Scorer(scorer.bundle, threads=2)
    text = "\n\n".join(TEXTS)  # several windows
    expected = scorer(text).scores.tobytes()
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            list(scorer.stream(TEXTS))

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        context = multiprocessing.get_context("fork")
        for _ in range(8):
            receiver, sender = context.Pipe(duplex=False)
            child = context.Process(target=lambda sender=sender: sender.send(scorer(text).scores.tobytes()))
            child.start()
            assert receiver.poll(60), "the child hangs"
            assert receiver.recv() == expected
            child.join(10)
            assert child.exitcode == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert scorer(text).scores.tobytes() == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_stream_does_not_go_on_in_a_forked_process(scorer: Scorer) -> None:
    documents = scorer.stream(["Anna", "Ben"])
    next(documents)
    child = os.fork()
    if not child:
        try:
            next(documents)
        except ForkError:
            os._exit(7)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert [document.text for document in documents] == ["Ben"]


def test_a_process_may_end_in_the_middle_of_a_stream() -> None:
    """The end waits for runs, so that no library is taken away from under them."""
    program = """
from escore import Scorer
scorer = Scorer(threads=2)
documents = scorer.stream(["The mayor of Rotterdam met Anna Kowalska at the station. " * 200] * 50)
print(len(next(documents).words) > 100)
"""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_interrupts_lose_no_permit() -> None:
    """Hundreds of interrupts at random moments, in a process of its own; then it scores, forks and ends as ever."""
    program = """
import os, random, signal, time
from escore import Scorer
scorer = Scorer(threads=1)
rng = random.Random(1)
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
end = time.monotonic() + 2
count = 0
while time.monotonic() < end:
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(0.0005, 0.004))
        while True:
            scorer("Anna")
    except KeyboardInterrupt:
        count += 1
signal.setitimer(signal.ITIMER_REAL, 0)
child = os.fork()
if not child:
    os._exit(0 if len(scorer("Anna Berg").words) == 2 else 1)
print(count > 50, os.waitpid(child, 0)[1], len(list(scorer.stream(["Anna", "Ben"]))))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True 0 2\n", "")


def test_what_runs_at_the_end_may_still_score() -> None:
    program = """
import atexit
atexit.register(lambda: print(len(scorer('Anna').words)))
import escore
scorer = escore.Scorer(threads=1)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_fewer_threads_than_asked_for_will_do(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the system has none left: all but the first fail to start."""
    start, started = threading.Thread.start, 0

    def limited(thread: threading.Thread) -> None:
        nonlocal started
        if thread.name == THREAD:
            started += 1
            if started > 1:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    documents = Scorer(scorer.bundle, threads=4).stream(["Anna", "Ben", "Carl"])
    assert [document.text for document in documents] == ["Anna", "Ben", "Carl"]
    assert started == 4
