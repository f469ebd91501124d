"""The contestants: escore, and what one would use instead. Each scores texts as its own documentation says to.

All have `run(texts)`, which is timed and gives the number of texts, and `tokens(text)`, which is compared before
anything is timed: (start, end, score) of every token or word, offsets in code points, scores 0..300. Heavy packages are
imported by the contestant that needs them, in its own process (worker.py).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from benchmarks.flops import Gemm

Tokens = list[tuple[int, int, float]]
SEED_TOKENS = 192  # what the original padded every sentence to


class Contestant(Protocol):
    """Who scores texts."""

    def run(self, texts: list[str]) -> int:
        """Score all texts; how many there were."""

    def tokens(self, text: str) -> Tokens:
        """The scores of one text."""


class Escore:
    """The runtime: one text by a call, more by a stream; words from the command line's least score on are made."""

    def __init__(self, bundle: str | None = None, threads: int | None = None) -> None:
        from escore import Bundle, Scorer

        self.scorer = Scorer(Bundle.open(bundle, "cpu"), threads)

    def run(self, texts: list[str]) -> int:
        documents = [self.scorer(texts[0])] if len(texts) == 1 else self.scorer.stream(texts)
        count = 0
        for document in documents:
            document.words_above(80)
            count += 1
        return count

    def tokens(self, text: str) -> Tokens:
        return [(word.start, word.end, word.score) for word in self.scorer(text).words]


class Original:
    """As the original model ran: torch in fp32, its own threads; a sentence at a time, its words tokenized one by one.

    Every sentence is padded to 192 tokens. Its words are taken to be known, which costs it nothing here.
    """

    def __init__(self, checkpoint: str) -> None:
        import torch
        from transformers import RobertaForTokenClassification, RobertaTokenizer

        self._torch = torch
        vocabulary, merges = (str(Path(checkpoint) / name) for name in ("vocab.json", "merges.txt"))
        self._tokenizer: Any = RobertaTokenizer(vocabulary, merges, add_prefix_space=True)
        self._model = RobertaForTokenClassification.from_pretrained(checkpoint).eval()

    def run(self, texts: list[str]) -> int:
        for text in texts:
            self._words(text.split())
        return len(texts)

    def tokens(self, text: str) -> Tokens:
        words, start = text.split(" "), 0
        found: Tokens = []
        for word, score in zip(words, self._words(words), strict=True):
            found.append((start, start + len(word), score))
            start += len(word) + 1
        return found

    def _words(self, words: list[str]) -> list[float]:
        tokenizer, torch = self._tokenizer, self._torch
        pieces = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word)) for word in words]
        ids = [tokenizer.cls_token_id, *(piece for word in pieces for piece in word), tokenizer.sep_token_id]
        padding = SEED_TOKENS - len(ids)
        mask = [1] * len(ids) + [0] * padding
        with torch.no_grad():
            padded = torch.tensor([ids + [tokenizer.pad_token_id] * padding])
            logits = self._model(padded, attention_mask=torch.tensor([mask])).logits[0, 1 : len(ids) - 1, 0]
            scores = 300 * torch.sigmoid(logits)
        return [float(part.mean()) for part in torch.split(scores, [len(word) for word in pieces])]


class Pipeline:
    """transformers' token-classification pipeline, as it is. It gives a label a token, so scores are of its forward."""

    def __init__(self, folder: str, batch: int = 1) -> None:
        from transformers import pipeline

        self._begin(pipeline("token-classification", folder, device="cpu", aggregation_strategy="none"), batch)

    def _begin(self, pipe: Any, batch: int) -> None:
        import torch

        self.pipe, self.batch = pipe, batch
        self._scale: Callable[[Any], Any] = lambda logits: 300 * torch.sigmoid(logits)

    def run(self, texts: list[str]) -> int:
        return len(self.pipe(texts, batch_size=self.batch))

    def tokens(self, text: str) -> Tokens:
        (inputs,) = self.pipe.preprocess(text, is_split_into_words=False)
        offsets = inputs["offset_mapping"][0].tolist()
        scores = self._scale(self.pipe.forward(inputs)["logits"])[0, :, 0].tolist()
        return [(start, end, score) for (start, end), score in zip(offsets, scores, strict=True)][1:-1]


class Optimum(Pipeline):
    """The same pipeline over optimum's ONNX model of the very graph that escore runs; the logits are scores."""

    def __init__(self, folder: str, batch: int = 1) -> None:
        from optimum.onnxruntime import ORTModelForTokenClassification, pipeline
        from transformers import AutoTokenizer

        model = ORTModelForTokenClassification.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        made = pipeline("token-classification", model, tokenizer=tokenizer, aggregation_strategy="none")
        self._begin(made, batch)
        self._scale = lambda logits: logits


class Plain:
    """The few lines of onnxruntime and tokenizers that docs/export.md shows, default session options, a text a run.

    `graph` is another model.onnx than the bundle's. `as_escore` turns off what escore turns off in the optimizer: never
    timed, it shows that a graph is escore's own.
    """

    def __init__(self, bundle: str, graph: str | None = None, as_escore: bool = False) -> None:
        import numpy
        import onnxruntime
        from tokenizers import Tokenizer

        from escore.bundle.session import DISABLED_OPTIMIZERS

        self._numpy = numpy
        self._tokenizer = Tokenizer.from_file(str(Path(bundle) / "tokenizer.json"))
        self._session = onnxruntime.InferenceSession(
            graph or str(Path(bundle) / "model.onnx"),
            providers=["CPUExecutionProvider"],
            disabled_optimizers=DISABLED_OPTIMIZERS if as_escore else None,
        )
        self._output = self._session.get_outputs()[0].name

    def run(self, texts: list[str]) -> int:
        for text in texts:
            self.tokens(text)
        return len(texts)

    def tokens(self, text: str) -> Tokens:
        encoding = self._tokenizer.encode(text)
        ids = self._numpy.array([encoding.ids], dtype=self._numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": self._numpy.ones_like(ids)}
        (scores,) = self._session.run([self._output], inputs)
        found = zip(encoding.offsets, scores[0].ravel().tolist(), strict=True)
        return [(start, end, score) for (start, end), score in found][1:-1]


class Spacy:
    """spaCy's blank pipeline, tagger and ner, trained on the corpora of escore's own model (spacy_peer.py)."""

    def __init__(self, folder: str, processes: int = 1) -> None:
        from benchmarks.spacy_peer import load

        self._run = load(Path(folder), processes=processes)

    def run(self, texts: list[str]) -> int:
        self._run(texts)
        return len(texts)

    def tokens(self, text: str) -> Tokens:
        raise NotImplementedError("spaCy gives labels, no scores; spacy_peer.figures compares what they are worth")


BY_NAME: dict[str, Callable[..., Contestant | Gemm]] = {
    "gemm": Gemm,
    "escore": Escore,
    "original": Original,
    "pipeline": Pipeline,
    "optimum": Optimum,
    "plain": Plain,
    "spacy": Spacy,
}
