"""The scorer's promises: the same bits whatever is around a text, order, readiness, several callers."""

import copy
import gc
import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from tests.bundles import rehash
from tests.conftest import EXAMPLES
from tests.runtime import workers

from escore import (
    Bundle,
    BundleError,
    BundleNotFoundError,
    CancelledError,
    Document,
    InputTypeError,
    Scorer,
    Terms,
)
from escore.bundle.bundle import DEFAULT
from escore.concurrency.scheduler import MAX_WAITING

TEXTS = [path.read_text("utf-8") for path in EXAMPLES]


def same(one: Document, other: Document) -> bool:
    return one.text == other.text and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in ("starts", "ends", "scores")
    )


def test_names_score_above_other_words(scorer: Scorer) -> None:
    document = scorer("Joe Biden told Boris Johnson not to renege on treaties.")
    scores = {word.text: word.score for word in document.words}
    assert min(scores[name] for name in ("Joe", "Biden", "Boris", "Johnson")) > 250
    assert 50 < scores["treaties"] < 150
    assert max(scores[word] for word in ("told", "not", "to", "on", ".")) < 50
    assert [entity.text for entity in document.entities(220)] == ["Joe Biden", "Boris Johnson"]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_same_bits_for_any_number_of_threads_and_neighbours(scorer: Scorer, long_text: str, threads: int) -> None:
    texts = [*TEXTS, "", "Anna", long_text, *TEXTS]
    alone = [scorer(text) for text in texts]
    together = list(Scorer(threads=threads).stream(texts))
    assert all(same(one, other) for one, other in zip(alone, together, strict=True))


def test_several_callers_share_a_scorer(scorer: Scorer, long_text: str) -> None:
    expected = [scorer(text) for text in [*TEXTS, long_text]]
    documents: dict[int, list[Document]] = {}

    def call(number: int) -> None:
        documents[number] = [scorer(text) for text in [*TEXTS, long_text]]

    threads = [threading.Thread(target=call, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(3):
        assert all(same(one, other) for one, other in zip(expected, documents[number], strict=True))


def test_a_document_comes_before_the_next_text_must(scorer: Scorer) -> None:
    release = threading.Event()

    def slow() -> Iterator[str]:
        yield "Anna Berg"
        assert release.wait(20)
        yield "Ben"

    documents = scorer.stream(slow())
    assert next(documents).text == "Anna Berg"
    release.set()
    assert [document.text for document in documents] == ["Ben"]


def test_read_ahead_is_bounded_and_ends_with_its_reader(scorer: Scorer) -> None:
    read = 0
    most = MAX_WAITING * scorer.threads + 2
    full = threading.Event()

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            if read == most:
                full.set()
            yield "Anna"

    documents = scorer.stream(endless())
    next(documents)
    assert full.wait(20)
    assert workers.count() > 0
    assert read == most
    documents.close()  # type: ignore[attr-defined]
    assert workers.become(0)
    assert read == most


def test_readers_of_long_texts_end_too(scorer: Scorer, long_text: str) -> None:
    for _ in range(3):
        documents = scorer.stream(iter([long_text] * 50))
        next(documents)
        documents.close()  # type: ignore[attr-defined]
    assert workers.become(0)


def test_an_error_in_the_texts_comes_in_its_turn(scorer: Scorer) -> None:
    def failing() -> Iterator[str]:
        yield "Anna"
        raise OSError("the disk is gone")

    documents = scorer.stream(failing())
    assert next(documents).text == "Anna"
    with pytest.raises(OSError, match="the disk is gone"):
        next(documents)


def test_an_error_in_one_text_comes_after_those_before_it(scorer: Scorer, long_text: str) -> None:
    """Whether reading it fails, or its run."""
    for wrong in (3, b"Anna"):
        documents = scorer.stream([long_text, "Anna", wrong, "Ben"])  # type: ignore[list-item]
        assert [next(documents).text for _ in range(2)] == [long_text, "Anna"]
        with pytest.raises(InputTypeError, match="must be a str"):
            next(documents)
        assert list(documents) == []


def test_contexts_come_with_their_documents(scorer: Scorer, long_text: str) -> None:
    pairs = [("Anna", 1), (long_text, None), ["Ben", {"id": "b"}], ("", long_text)]
    scored = list(scorer.stream(pairs, as_tuples=True))  # type: ignore[arg-type]
    assert [(document.text, context) for document, context in scored] == [tuple(pair) for pair in pairs]
    assert same(scored[1][0], scorer(long_text))
    for wrong in ("Anna", "ab", ("Anna",), 3, ("Anna", 1, 2), (3, "Anna")):
        documents = scorer.stream([("Ben", 1), wrong], as_tuples=True)  # type: ignore[list-item]
        assert next(documents)[1] == 1
        with pytest.raises(InputTypeError):
            next(documents)


def test_progress_counts_the_words(scorer: Scorer, long_text: str) -> None:
    words: list[int] = []
    documents = list(scorer.stream(["Anna Berg", long_text, ""], progress=words.append))
    assert sum(words) == sum(len(document.scores) for document in documents)
    assert max(words) < sum(words) / 2  # not only at the end of a long text


@pytest.mark.parametrize("text", ["Anna Berg lives in Oslo. " * 10_000, " " * 1_000_000])
def test_a_cancelled_stream_ends_at_once(scorer: Scorer, text: str) -> None:
    """While it runs the windows of a long text, or encodes one that has none."""
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls >= 20

    with pytest.raises(CancelledError, match="the stream was cancelled"):
        list(scorer.stream([text], cancelled=cancelled))
    assert calls < 20 + 4 * scorer.threads
    assert len(list(scorer.stream(["Anna"], cancelled=lambda: False))) == 1


def test_a_stream_that_is_left_in_a_long_text_ends_quietly(
    scorer: Scorer, long_text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        documents = scorer.stream(["Anna", long_text * 3, long_text])
        next(documents)
        del documents
        gc.collect()
    assert workers.become(0)
    gc.collect()
    assert capfd.readouterr().err == ""


def test_threads_may_be_any_integer(scorer: Scorer) -> None:
    for threads in (np.int64(2), np.int32(2), np.uint8(2)):
        assert type(Scorer(scorer.bundle, threads).threads) is int  # type: ignore[arg-type]


def test_a_scorer_is_pickled_as_its_path_and_settings(scorer: Scorer, tmp_path: Path) -> None:
    terms = Terms(always=["old quay"])
    pickled = pickle.dumps(Scorer(threads=3, terms=terms))
    assert len(pickled) < 2000
    copy_of_it = pickle.loads(pickled)  # noqa: S301
    assert copy_of_it.threads == 3
    assert copy_of_it("the old quay").entities()[0].by == "list"
    assert same(copy.deepcopy(scorer)("Anna Berg"), scorer("Anna Berg"))

    folder = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    pickled = pickle.dumps(Scorer(folder))
    assert same(pickle.loads(pickled)("Anna Berg"), scorer("Anna Berg"))  # noqa: S301
    with (folder / "README.md").open("a") as card:
        card.write("changed")
    rehash(folder, "README.md")
    with pytest.raises(BundleError, match="another bundle than the one that was pickled"):
        pickle.loads(pickled)  # noqa: S301
    shutil.rmtree(folder)
    with pytest.raises(BundleNotFoundError, match="no such folder"):
        pickle.loads(pickled)  # noqa: S301


def test_other_processes_take_a_scorer(scorer: Scorer) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert same(pool.submit(scorer, "Anna Berg").result(60), scorer("Anna Berg"))


def test_given_words_score_as_their_text(scorer: Scorer) -> None:
    for text in TEXTS:
        document = scorer(text)
        (scores,) = scorer.score_words([[word.text for word in document.words]])
        if len(document.words) < 90:  # in one window; a longer text is also cut by its lines
            assert scores.tobytes() == document.scores.tobytes()
        else:
            assert np.abs(scores - document.scores).mean() < 2


def test_a_given_word_is_never_cut_in_two(scorer: Scorer) -> None:
    document = scorer("I don't know Anna")
    scores, empty, blank = scorer.score_words([["I", "don't", "know", "Anna"], [], ["", " ", "Anna"]])
    assert scores[1] == pytest.approx(document.scores[1:3].mean(), abs=0.01)
    assert scores[[0, 2, 3]].tobytes() == document.scores[[0, 3, 4]].tobytes()
    assert empty.shape == (0,)
    assert blank[:2].tolist() == [0, 0]
    assert blank[2] > 150


def test_an_opened_bundle_can_be_shared(scorer: Scorer) -> None:
    other = Scorer(Bundle.open())
    assert same(other("Anna Berg"), scorer("Anna Berg"))


def test_importing_it_loads_nothing_heavy_and_starts_nothing() -> None:
    program = """
import socket, sys, threading
class Refused(socket.socket):
    def __init__(self, *arguments, **options): raise SystemExit("a socket was made")
socket.socket = Refused
import escore
heavy = {"torch", "transformers", "typer", "rich", "onnx", "optimum", "flask"} & set(sys.modules)
assert not heavy, heavy
assert threading.active_count() == 1, threading.enumerate()
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
