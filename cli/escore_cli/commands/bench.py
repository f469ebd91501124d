"""`escore bench`: how quick this machine is."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from escore_cli.options import Model, Threads

if TYPE_CHECKING:
    from escore import Scorer

EXAMPLES = """\b
Examples:
  escore bench
  escore bench --text report.txt --threads 4 --json > bench.json
"""

MOST = 3600.0
# Shares of the seconds; a pair of cold starts takes about one.
LATENCY, BULK = 0.4, 0.4
COLD_ROUNDS_A_SECOND = 1 / 6


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= MOST:  # also refuses nan
        raise typer.BadParameter(f"'{text}' is not a number of seconds from 1 to {MOST:.0f}")
    return value


def bench(
    model: Model = None,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default="one that ships",
            help="Text in UTF-8 to measure with; of a long one, the first 32,768 characters.",
        ),
    ] = None,
    threads: Threads = None,
    seconds: Annotated[
        float,
        typer.Option(
            parser=_seconds,
            metavar="S",
            help="How long to measure, about; each part takes a least number of rounds.",
        ),
    ] = 30,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON with every measured value instead of a table; default: off.")
    ] = False,
) -> None:
    """Measure on this machine's processor.

    The time of one text by its length in words; words and tokens a second in bulk, with 1, 2, 4 and so on up to
    --threads; the start of a new process; memory. Before that, scores with one thread and with all must be the same to
    the bit.
    """
    from escore_cli import signals
    from escore_cli.output.destination import sink

    signals.clean_up_first()
    with sink(None) as write:  # before anything is measured, so that a closed output is told at once
        write(_measured(model, text, threads, seconds, as_json))


def _measured(model: str | None, text: str | None, threads: int | None, seconds: float, as_json: bool) -> str:
    from escore import Bundle, Scorer
    from escore.concurrency.cores import usable_cores
    from escore_evaluation.machine import machine, peak_memory
    from escore_evaluation.speed import timing
    from escore_evaluation.speed.bench_report import Memory, record, table

    content = _text(text)
    threads = threads or usable_cores()
    bundle = Bundle.open(model, "cpu")
    scorers = {count: Scorer(bundle, count) for count in counts(threads)}
    loaded = peak_memory()
    most = scorers[threads]
    try:
        texts = timing.cut(most, content)
    except timing.ShortTextError as error:
        raise timing.ShortTextError(f"{text or 'the text that ships'}: {error}") from error
    with _stages(sys.stderr) as stage:
        stage("checking scores")
        timing.check(scorers[1], most, content[: timing.LIMIT])
        stage("one text")
        latency = timing.latency(most, texts, LATENCY * seconds)
        stage("bulk")
        bulk = timing.bulk(scorers, texts[timing.BULK_LENGTH], BULK * seconds)
        end = peak_memory()
        stage("cold starts")
        cold, peak = _cold(most, texts[16][0], seconds)
    settings = {"text": text, "threads": threads, "seconds": seconds}
    tokens = {length: [timing.size(most, one)[1] for one in several] for length, several in texts.items()}
    found = record(machine(), bundle.manifest, settings, tokens, latency, bulk, cold, Memory(loaded, end, peak))
    return json.dumps(found, ensure_ascii=False) + "\n" if as_json else table(found)


def counts(threads: int) -> list[int]:
    """1, 2, 4, … below `threads`, and `threads` itself."""
    return [1 << power for power in range((threads - 1).bit_length())] + [threads]


def _text(file: str | None) -> str:
    if file is None:
        from escore.sample_text import paragraphs

        return "\n\n".join(paragraphs())
    from escore_cli import inputs
    from escore_evaluation.speed import timing

    try:
        return inputs.start(file, "utf-8", timing.LIMIT)
    except inputs.InputError as error:
        if isinstance(error.__cause__, UnicodeError):  # there is no --encoding here
            raise inputs.InputError(f"{str(error).partition(';')[0]}; give a text in UTF-8") from error
        raise


def _cold(scorer: "Scorer", sentence: str, seconds: float) -> tuple[dict[str, list[float]], int | None]:
    """Times of new processes, `run` with one sentence and mere `imports`, and the former's peak memory in bytes."""
    import tempfile

    from escore_evaluation.speed import timing

    with tempfile.TemporaryDirectory(prefix="escore-") as folder:
        file = Path(folder, "sentence.txt")
        file.write_text(sentence, "utf-8")
        arguments = ["run", "--model", str(scorer.bundle.path), str(file)]
        commands = {"run": [sys.executable, "-P", "-m", "escore_cli", *arguments], "imports": timing.IMPORTS}
        times = timing.cold(commands, max(1, round(COLD_ROUNDS_A_SECOND * seconds)))
        return times, timing.cold_peak(arguments)


@contextmanager
def _stages(terminal: TextIO | None) -> Iterator[Callable[[str], None]]:
    """Says on a terminal what is being measured; the line is taken away at the end."""
    shown = terminal is not None and terminal.isatty()

    def say(line: str) -> None:
        if shown and terminal is not None:
            terminal.write(f"\r\x1b[K{line}")
            terminal.flush()

    try:
        yield lambda stage: say(f"measuring: {stage} ...")
    finally:
        say("")
