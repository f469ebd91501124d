"""The scorer: scores texts with one model, its windows side by side in several threads.

A fork waits for runs in other threads, since the child would inherit the locks that onnxruntime holds in them and hang;
so does the end of the process, which would take onnxruntime's library away from under them and crash.
"""

import atexit
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, TypeVar, overload
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from escore.arguments import check_text, check_threads, describe
from escore.bundle.bundle import Bundle
from escore.concurrency.cores import usable_cores
from escore.concurrency.cuda_batching import MAX_BATCH, Batcher, run_batch
from escore.concurrency.limiter import Limiter
from escore.concurrency.scheduler import Workers, run_jobs
from escore.document import Document
from escore.errors import CancelledError, InputTypeError, SettingError
from escore.pipeline.encode import CHUNK, Chunk, encode_words
from escore.pipeline.infer import no_tokens, run_window
from escore.pipeline.pipeline import Job, Pipeline, Run
from escore.pipeline.windows import Window
from escore.terms import Terms

TIMEOUT = 10.0  # seconds that a fork, or the end of the process, waits for runs

C = TypeVar("C")  # the context of a text

Progress = Callable[[int], None]
Cancelled = Callable[[], bool]
Errors = Literal["raise", "skip"]


class Scorer:
    """Scores texts with one model. Calls from several threads may share it, and a forked process may go on using it.

    model: the folder of a bundle, a name of one that ships ("default", as for None, or "fast"), or an opened Bundle.
    threads: how many windows are run at once, whoever calls. None: the cores that this process may use, by affinity and
        cgroup quota; on CUDA 64, which run in batches. On a CPU scores do not depend on it.
    device: "auto", "cpu" or "cuda"; see Bundle.open.
    terms: what is always one entity and what never is, in texts (not in `score_words`).
    personal: whether to use the bundle's personal head, where there is one.

    A pickled scorer is its bundle's path and these settings: whoever unpickles it opens the bundle again.

    Raises what Bundle.open raises, SettingError for `threads` that are no number from 1 to 1024, and InputTypeError for
    `terms` that are none.
    """

    def __init__(
        self,
        model: str | Path | Bundle | None = None,
        threads: int | None = None,
        device: str = "auto",
        terms: Terms | None = None,
        personal: bool = True,
    ) -> None:
        if threads is not None:
            threads = check_threads(threads)
        if terms is not None and not isinstance(terms, Terms):
            raise InputTypeError(f"terms must be Terms, not {describe(terms)}", "give Terms(always=..., never=...)")
        if isinstance(model, Bundle) and device != "auto":
            raise SettingError(f"device '{device}' comes too late", "give it to Bundle.open")
        if isinstance(model, Bundle) and not personal:
            raise SettingError("personal=False comes too late", "give it to Bundle.open")
        self.bundle = model if isinstance(model, Bundle) else Bundle.open(model, device, personal)
        session, tokenizer, manifest = self.bundle.session, self.bundle.tokenizer, self.bundle.manifest
        self._terms, self._settings = terms, (threads, "auto", terms)
        outputs = self.bundle.outputs
        self._no_tokens = [no_tokens(outputs)]
        run: Run
        if self.bundle.on_cuda:
            run = Batcher(partial(run_batch, session, tokenizer.special_ids, outputs=outputs))
            self.threads = threads or MAX_BATCH
        else:
            run = partial(run_window, session, tokenizer.special_ids, outputs=outputs)
            self.threads = threads or usable_cores()
        self._limiter, self._workers = Limiter(self.threads), Workers(self.threads)
        self._run = partial(_run_limited, self._limiter, run)  # not a method, which would keep this scorer in memory
        self._pipeline = Pipeline(tokenizer, manifest.max_tokens, manifest.overlap, self._run)
        _scorers[id(self)] = self

    def __reduce__(self) -> tuple[type["Scorer"], tuple[object, ...]]:
        return type(self), (self.bundle, *self._settings)  # the bundle itself is pickled as its path

    def __call__(self, text: str) -> Document:
        """Score one text of any length. Raises InputTypeError where it is no str."""
        job = self._pipeline.job(check_text(text))
        windows = self._pipeline.cut(job)
        if len(text) <= CHUNK:
            first = list(islice(windows, 2))
            if len(first) < 2:  # most texts: no other thread is needed
                return self._document(job, [self._run(window) for window in first])
            windows = chain(first, windows)
        return next(run_jobs([job], lambda _: windows, self._run, self._document, self._workers))

    @overload
    def stream(
        self,
        texts: Iterable[str],
        *,
        as_tuples: Literal[False] = False,
        errors: Errors = "raise",
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Iterator[Document]: ...

    @overload
    def stream(
        self,
        texts: Iterable[tuple[str, C]],
        *,
        as_tuples: Literal[True],
        errors: Errors = "raise",
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Iterator[tuple[Document, C]]: ...

    def stream(
        self,
        texts: Iterable[Any],
        *,
        as_tuples: bool = False,
        errors: Errors = "raise",
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Iterator[Any]:
        """Score many texts; documents come in input order, each as soon as it is ready.

        texts: read from other threads, one at a time and a bounded number of windows ahead, so that a slow source holds
            back no document that is done. An error in it is raised here after the documents before it.
        as_tuples: `texts` are pairs of a text and anything else, its context; pairs of a document and its context come
            out (as of spaCy's `nlp.pipe`).
        errors: what to do with a text that is no str, such as the NaN of an empty cell: "raise", or "skip", so that no
            document comes for it. With `as_tuples`, the contexts tell which those are.
        progress: called from other threads with the number of words that were encoded since the last call.
        cancelled: asked, from other threads and often, whether to stop: before each 4096 characters are encoded and
            before each window is run.

        Raises InputTypeError where a text is no str, and names it by its number, from 0; SettingError for other
        `errors`; CancelledError once `cancelled` returns true; and ForkError where the process was forked since the
        stream began.
        """
        if isinstance(texts, str | bytes):
            raise InputTypeError("stream takes many texts", "give one text to the scorer itself")
        if not isinstance(texts, Iterable):
            raise InputTypeError(f"stream takes many texts, not {describe(texts)}", "give a list or another iterable")
        if errors not in ("raise", "skip"):
            raise SettingError(f"errors {errors!r} is unknown", "give 'raise' or 'skip'")

        def jobs() -> Iterator[Job]:
            for number, item in enumerate(texts):
                text, context = _pair(item, number) if as_tuples else (item, None)
                if not isinstance(text, str):
                    if errors == "skip":
                        continue
                    check_text(text, f"text {number}: ")
                job = self._pipeline.job(text, context)
                job.chunks = _watch(job.chunks, progress, cancelled)
                yield job

        def run(window: Window) -> NDArray[np.float32]:
            _stop_if(cancelled)
            return self._run(window)

        finish = self._document_and_context if as_tuples else self._document
        return run_jobs(jobs(), self._pipeline.cut, run, finish, self._workers)

    def score_words(self, lists: Iterable[Sequence[str]]) -> list[NDArray[np.float32]]:
        """Score texts given as lists of words: one float32 array ([words], 0..300) a list.

        A given word keeps one score, the mean of its tokens, also where running text would split it ("don't"); one
        without a visible character scores 0. Raises InputTypeError where a list is no list of str.
        """
        if not isinstance(lists, Iterable):
            raise InputTypeError(f"score_words takes lists of words, not {describe(lists)}", "give a list of lists")
        jobs = map(self._words_job, lists)
        return list(run_jobs(jobs, self._pipeline.cut, self._run, Job.scores, self._workers))

    def _words_job(self, words: Sequence[str]) -> Job:
        if (
            not isinstance(words, Sequence)
            or isinstance(words, str)
            or not all(isinstance(word, str) for word in words)
        ):
            raise InputTypeError("score_words takes lists of words, each word a str")
        return Job(encode_words(self.bundle.tokenizer, words))

    def _document(self, job: Job, tokens: list[NDArray[np.float32]]) -> Document:
        manifest, offsets = self.bundle.manifest, job.offsets()
        words = job.pool(tokens or self._no_tokens)
        terms = None if self._terms is None else self._terms.apply(job.text, *offsets, words.scores)
        return Document(
            job.text,
            *offsets,
            words.scores,
            manifest.marks,
            manifest.calibration,
            terms,
            words.joins,
            words.kinds,
            manifest.entity_calibration,
        )

    def _document_and_context(self, job: Job, tokens: list[NDArray[np.float32]]) -> tuple[Document, object]:
        return self._document(job, tokens), job.context


def _run_limited(limiter: Limiter, run: Run, window: Window) -> NDArray[np.float32]:
    with limiter:
        return run(window)


def _pair(item: object, number: int) -> tuple[Any, object]:
    if not isinstance(item, Sequence) or isinstance(item, str) or len(item) != 2:
        raise InputTypeError(f"text {number}: no pair", "with as_tuples, give pairs of a text and its context")
    return item[0], item[1]


def _watch(chunks: Iterator[Chunk], progress: Progress | None, cancelled: Cancelled | None) -> Iterator[Chunk]:
    """Pass chunks on, each with a call of `progress`, until `cancelled`."""
    _stop_if(cancelled)
    for chunk in chunks:
        if progress is not None:
            progress(len(chunk.counts))
        yield chunk
        _stop_if(cancelled)


def _stop_if(cancelled: Cancelled | None) -> None:
    if cancelled is not None and cancelled():
        raise CancelledError("the stream was cancelled")


_scorers: WeakValueDictionary[int, Scorer] = WeakValueDictionary()


def _living() -> list[Scorer]:
    return [scorer for reference in _scorers.valuerefs() if (scorer := reference()) is not None]


def _wait_for_runs() -> None:
    for scorer in _living():
        scorer._limiter.close(TIMEOUT)


def _after_fork_in_parent() -> None:
    for scorer in _living():
        scorer._limiter.reopen()


def _after_fork_in_child() -> None:
    for scorer in _living():
        scorer._limiter.reset()
        scorer._workers.reset()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(
        before=_wait_for_runs, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
atexit.register(_wait_for_runs)  # for good; this thread itself may go on
