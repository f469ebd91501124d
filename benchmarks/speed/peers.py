"""escore and the tools that it is compared with, each used as its documentation says, in a process of its own.

`run` is timed; `tokens` is compared before that: start, end (code points) and score (0..300) of each token or word.
"""

import json
import logging
import os
import re
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import cache, partial
from http.client import HTTPConnection
from itertools import chain, cycle
from multiprocessing import get_context, set_start_method
from typing import Any

from benchmarks.measure_process import ProcessError

Tokens = list[tuple[int, int, float]]
PAUSE = 0.1  # seconds before each call, so that threads that spin after a run are asleep when it is another's turn
ORIGINAL_TOKENS = 192  # what the original demo padded every sentence to
FITTING = re.compile(r"\S+(?:\s+\S+){0,99}")  # words that fit the pipeline's model, which drops the rest of a text


class Peer:
    """How all peers are timed; `batch` matters to pipelines only."""

    def run(self, texts: list[str], batch: int = 1) -> object:
        """Score all texts."""
        return [self.tokens(text) for text in texts]

    def seconds(self, texts: list[str], minimum: float = 0.0, batch: int = 1) -> float:
        """The mean of as many passes over all texts as `minimum` seconds hold, at least one."""
        passes, started = 0, time.perf_counter()
        while not passes or time.perf_counter() - started < minimum:
            self.run(texts, batch)
            passes += 1
        return (time.perf_counter() - started) / passes

    def seconds_each(self, texts: list[str]) -> list[float]:
        """Seconds of each text, one call after the other."""
        return [self.seconds([text]) for text in texts]


class Escore(Peer):
    """The runtime: a call for one text, a stream for more; Word objects are made as `escore run` makes them."""

    def __init__(self, folder: str | None = None, threads: int | None = None) -> None:
        from escore import Bundle, Scorer

        self.scorer = Scorer(Bundle.open(folder, "cpu"), threads)

    def run(self, texts: list[str], batch: int = 1) -> None:
        for document in [self.scorer(texts[0])] if len(texts) == 1 else self.scorer.stream(texts):
            document.words_above(80)

    def tokens(self, text: str) -> Tokens:
        return [(word.start, word.end, word.score) for word in self.scorer(text).words]

    def seconds_shared(self, texts: list[str], callers: int) -> float:
        """Seconds in which so many threads that share the scorer score a part of the texts each, to the same bits."""
        parts, started = [texts[number::callers] for number in range(callers)], time.perf_counter()
        with ThreadPoolExecutor(callers) as pool:
            documents = list(pool.map(lambda part: list(self.scorer.stream(part)), parts))
        seconds = time.perf_counter() - started
        for document, text in zip(chain(*documents), chain(*parts), strict=True):
            assert document.scores.tobytes() == self.scorer(text).scores.tobytes()
        return seconds


class Original(Peer):
    """As the original demo ran: torch in fp32, a sentence at a time, its words tokenized one by one, padded to 192."""

    def __init__(self, folder: str) -> None:
        from transformers import RobertaForTokenClassification, RobertaTokenizer

        self._tokenizer: Any = RobertaTokenizer(f"{folder}/vocab.json", f"{folder}/merges.txt", add_prefix_space=True)
        self._model = RobertaForTokenClassification.from_pretrained(folder).eval()

    def tokens(self, text: str) -> Tokens:
        import torch

        tokenizer, words = self._tokenizer, list(re.finditer(r"\S+", text))
        pieces = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word.group())) for word in words]
        ids = [tokenizer.cls_token_id, *chain(*pieces), tokenizer.sep_token_id]
        padding = ORIGINAL_TOKENS - len(ids)
        with torch.no_grad():
            padded = torch.tensor([ids + [tokenizer.pad_token_id] * padding])
            mask = torch.tensor([[1] * len(ids) + [0] * padding])
            scores = 300 * torch.sigmoid(self._model(padded, attention_mask=mask).logits[0, 1 : len(ids) - 1, 0])
        means = (float(part.mean()) for part in torch.split(scores, [len(word) for word in pieces]))
        return [(*word.span(), mean) for word, mean in zip(words, means, strict=True)]


class Pipeline(Peer):
    """transformers' token-classification pipeline without aggregation. It answers labels; scores are of its logits."""

    def __init__(self, folder: str) -> None:
        from transformers import pipeline

        self.pipe: Any = pipeline("token-classification", folder, device="cpu", aggregation_strategy="none")

    def run(self, texts: list[str], batch: int = 1) -> object:
        return self.pipe(texts, batch_size=batch)

    def tokens(self, text: str) -> Tokens:
        (inputs,) = self.pipe.preprocess(text, is_split_into_words=False)
        offsets = inputs["offset_mapping"][0].tolist()
        logits = self.pipe.forward(inputs)["logits"][0, :, 0]
        scores = (logits if isinstance(self, Optimum) else 300 * logits.sigmoid()).tolist()
        return [(*offset, score) for offset, score in zip(offsets, scores, strict=True)][1:-1]


class Optimum(Pipeline):
    """The same pipeline over optimum's ONNX model: the graph of escore's bundle, whose logits are scores."""

    def __init__(self, folder: str) -> None:
        from optimum.onnxruntime import ORTModelForTokenClassification, pipeline
        from transformers import AutoTokenizer

        model, tokenizer = ORTModelForTokenClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
        self.pipe = pipeline("token-classification", model, tokenizer=tokenizer, aggregation_strategy="none")


class Plain(Peer):
    """The few lines of onnxruntime and tokenizers in docs/how-to/export.md, default session options, a text a run."""

    def __init__(self, folder: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
        self._session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])

    def tokens(self, text: str) -> Tokens:
        import numpy as np

        encoding = self._tokenizer.encode(text)
        ids = np.array([encoding.ids], dtype=np.int64)
        (scores,) = self._session.run(["scores"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return [(*offset, score) for offset, score in zip(encoding.offsets, scores[0].tolist(), strict=True)][1:-1]


class Spacy(Peer):
    """spaCy's pipeline of quality/spacy_tagger.py, in `processes` of its own. It gives labels, and no scores."""

    def __init__(self, folder: str, processes: int = 1) -> None:
        import spacy

        set_start_method("fork", force=True)  # what its processes start by where nobody chose: this one was spawned
        self._nlp, self._processes = spacy.load(folder), processes

    def run(self, texts: list[str], batch: int = 1) -> int:
        return sum(len(doc) for doc in self._nlp.pipe(texts, batch_size=64, n_process=self._processes))


class Gemm:
    """Products of large float32 matrices by numpy's BLAS and by torch's oneDNN, each with its own threads."""

    def gigaflops(self) -> float:
        """Floating-point operations a nanosecond: the best of several products by the faster of the two."""
        import numpy as np
        import torch

        from benchmarks.measure import seconds

        matrix = np.random.default_rng(1).standard_normal((2048, 2048), dtype=np.float32)
        products = (lambda: matrix @ matrix, partial(torch.mm, torch.tensor(matrix), torch.tensor(matrix)))
        return max(2e-9 * len(matrix) ** 3 / seconds(product) for product in products for _ in range(4))


def flask_app() -> Any:
    """What one would write instead of `escore serve`: POST /score answers the tokens of the pipeline in FLASK_PEER."""
    from flask import Flask, request

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # else a line for each request that waits
    pipe, flask = Pipeline(os.environ["FLASK_PEER"]).pipe, Flask(__name__)

    def moved(token: dict[str, Any], by: int) -> dict[str, Any]:
        return token | {"score": float(token["score"]), "start": token["start"] + by, "end": token["end"] + by}

    @flask.post("/score")
    def score() -> list[dict[str, Any]]:
        parts = list(FITTING.finditer(request.get_json()["text"]))
        answers = zip(parts, pipe([part.group() for part in parts]), strict=True)
        return [moved(token, part.start()) for part, tokens in answers for token in tokens]

    return flask


def ask(connection: HTTPConnection, path: str, text: str) -> Any:
    """What a service answers to a text."""
    connection.request("POST", path, json.dumps({"text": text}), {"Content-Type": "application/json"})
    answer = json.load(response := connection.getresponse())
    assert response.status == 200, answer
    return answer


class Clients:
    """Threads that ask a service as quickly as it answers, each on a connection of its own."""

    def load(self, port: int, path: str, texts: list[str], count: int, seconds: float) -> tuple[float, float, float]:
        """Requests a second, and milliseconds of a request: 50th and 99th percentile."""
        import numpy as np

        stream, started = cycle(texts), time.perf_counter()

        def client(_: int) -> list[float]:
            times = [time.perf_counter()]
            with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                while times[-1] < started + seconds:
                    ask(connection, path, next(stream))
                    times.append(time.perf_counter())
            return list(np.diff(times))

        with ThreadPoolExecutor(count) as pool:
            taken = list(chain(*pool.map(client, range(count))))
        return len(taken) / (time.perf_counter() - started), *map(float, 1e3 * np.percentile(taken, (50, 99)))


PEERS = {peer.__name__.lower(): peer for peer in (Escore, Original, Pipeline, Optimum, Plain, Spacy, Gemm, Clients)}


class Worker:
    """One of PEERS in a process of its own, made with `arguments` at the first call; it may use `cores`."""

    def __init__(self, name: str, cores: tuple[int, ...] = (), **arguments: Any) -> None:
        self.name = name
        self._peer = (name, cores, tuple(arguments.items()))
        self._pool = ProcessPoolExecutor(1, get_context("spawn"))

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the peer. Raises ProcessError."""
        time.sleep(PAUSE)
        try:
            return self._pool.submit(_call, self._peer, method, arguments, options).result()
        except Exception as error:
            message = (str(error).splitlines() or [""])[0]
            raise ProcessError(f"{self.name}: {type(error).__name__}: {message}") from error


def _call(peer: tuple[Any, ...], method: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    return getattr(_make(*peer), method)(*arguments, **options)


@cache
def _make(name: str, cores: tuple[int, ...], arguments: tuple[tuple[str, Any], ...]) -> Any:
    if cores:
        os.sched_setaffinity(0, cores)
    return PEERS[name](**dict(arguments))
