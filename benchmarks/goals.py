"""The goals, one a row; some depend on the kind of the processor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """What a row's figure should be: at least, or at most, so much; where a processor has VNNI, `vnni`.

    `figure` is how to print one: a format of Python's.
    """

    title: str
    usual: float | None
    vnni: float | None = None
    at_most: bool = False
    figure: str = "{:.2f} ×"

    def value(self, kind: str) -> float | None:
        """The number that holds for a machine of this kind (see escore_cli.machine); None: nothing was set."""
        return self.vnni if self.vnni is not None and "with VNNI" in kind else self.usual

    def met(self, figure: float, kind: str) -> bool | None:
        """Whether a figure reaches the goal; None where there is none."""
        goal = self.value(kind)
        return None if goal is None else figure <= goal if self.at_most else figure >= goal

    def words(self, kind: str) -> str:
        """The goal as a table shows it."""
        goal = self.value(kind)
        return "–" if goal is None else f"{'≤' if self.at_most else '≥'} {self.figure.format(goal)}"


GOALS = (
    {
        "base-original": Goal("roberta-base, int8, against the original way (torch, a sentence at a time)", 10, 15),
        "base-pipeline": Goal("… against transformers' pipeline, same weights, its best batch, mixed lengths", 2, 3),
        "base-optimum-16": Goal("… against optimum's pipeline, same int8 graph, 16 words", 2),
        "base-optimum-16-batch": Goal("… the same, its best batch", None),
        "base-optimum-100": Goal("… against optimum's pipeline, same int8 graph, 100 words", 1.3),
        "base-optimum-100-batch": Goal("… the same, its best batch", None),
        "base-plain": Goal("… against plain onnxruntime, same int8 graph, mixed lengths", None),
        "default-original": Goal("default model, bulk text, against the original way on roberta-base", 250, 300),
        "default-spacy": Goal("default model against spaCy's blank pipeline, tagger and ner", 1.8, 3),
        "default-spacy-processes": Goal("… against the same in a process a core (n_process)", None),
        "default-latency-p50": Goal(
            "one 16-word sentence, 50th percentile, over transformers' pipeline on the same weights", 0.2, at_most=True
        ),
        "default-latency-p99": Goal("… 99th percentile", 0.2, at_most=True),
        "flops-default": Goal(
            "fp32 bulk, default model: its FLOP/s over this machine's GEMM peak", 0.75, figure="{:.1%}"
        ),
        "flops-base": Goal("… roberta-base", 0.75, figure="{:.1%}"),
        "cold": Goal(
            "cold `escore run` of one sentence over importing numpy, onnxruntime, tokenizers", 1.4, at_most=True
        ),
        "memory": Goal("peak memory of `escore run --lines`, {large} of text over {small}", 1.1, at_most=True),
        "memory-most": Goal("… peak of the larger", 250, at_most=True, figure="{:.0f} MB"),
        "memory-long": Goal("peak memory of `escore run --lines`, {long} of text over {small}", 1.1, at_most=True),
        "memory-long-most": Goal("… peak of the larger", 250, at_most=True, figure="{:.0f} MB"),
        "document-memory": Goal(
            "one document: bytes a character that memory grows, {part} to {large}", None, at_most=True, figure="{:.1f}"
        ),
        "document-time": Goal("one document: time a word, {large} over {part}", 1.1, at_most=True),
        "cores": Goal("two cores against one, bulk", 1.9),
        # Two runs of one and the same thing differ by about this much.
        "callers": Goal("two callers sharing one Scorer over one caller, same work, bit-equal", 1.02, at_most=True),
    }
    | {
        name: goal
        for words, speed, time in ((16, 5.0, 0.5), (500, 2.0, None))
        for clients in (1, 8, 32)
        for name, goal in {
            f"service-{words}-{clients}": Goal(
                f"service, {words} words, {clients} at once: requests/s over Flask + transformers' pipeline",
                speed,
            ),
            f"service-{words}-{clients}-p50": Goal("… time of a request, 50th percentile", None, at_most=True),
            f"service-{words}-{clients}-p99": Goal("… 99th percentile", time, at_most=True),
        }.items()
    }
    | {
        "service-memory-rest": Goal("service: memory at rest, over Flask + transformers' pipeline", None, at_most=True),
        "service-memory-peak": Goal("… at most under load", None, at_most=True),
    }
)
