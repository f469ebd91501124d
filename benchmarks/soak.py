"""Whether scoring lasts: memory over many texts, interrupts at random moments, time of adversarial inputs."""

import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer

from benchmarks.measure import seconds
from benchmarks.measure_process import process_memory
from benchmarks.texts import Source
from escore import Scorer

WARM = 0.1  # of the texts, after which memory must stay
GROWTH = 1.05
SLOWER = 3.0  # times plain text's time a byte …
A_TOKEN = 1.5  # … or times its time a token: no byte makes more than one token, whatever the text
LONGEST = 2000  # words of a text
REPEATED = {
    "one letter": "a",
    "combining marks": "\u0301",
    "emoji joined": "👩\u200d",
    "families": "👩\u200d👩\u200d👧\u200d👦",
    "commas": ",",
    "letters and hyphens": "a-",
    "one ideograph": "漢",
    "initials": "U.",
    "line ends": "a.\n",
    "nothing but space": " ",
}


def main(texts: int = 20_000, interrupts: int = 40, size: int = 1_000_000) -> None:
    """Many texts, interrupts, adversarial inputs of SIZE bytes: exit 1 where a promise is broken."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts with & ignore interrupts
    source = Source()
    kept = [memory_stays(source, texts), interrupts_end(source, interrupts), adversarial_inputs_are_fast(source, size)]
    if not all(kept):
        raise typer.Exit(1)


def memory_stays(source: Source, count: int) -> bool:
    """Texts of one word to 2,000, most of them short: resident memory when warm, and the most after that."""
    rng = random.Random(1)
    document = source.document(1_000_000).texts[0]
    starts = [match.start() for match in re.finditer(r"\S+", document)]
    places = ((rng.randrange(len(starts) - LONGEST - 1), int(LONGEST ** rng.betavariate(2, 2.5))) for _ in range(count))
    texts = (document[starts[first] : starts[first + words]] for first, words in places)
    words, memory, started = 0, [], time.monotonic()
    for number, scored in enumerate(Scorer().stream(texts), 1):
        words += len(scored.scores)
        if number >= count * WARM and (number % 50 == 0 or number == count):
            memory.append(process_memory("self", "VmRSS"))
    print(
        f"memory: {count:,} texts, {words:,} words, {words / (time.monotonic() - started):,.0f} a second: "
        f"{memory[0]:.0f} MB when warm, {max(memory):.0f} MB at most after that",
        flush=True,
    )
    return max(memory) <= GROWTH * memory[0]


def interrupts_end(source: Source, count: int) -> bool:
    """`escore run -o` interrupted at a random moment: exit code 130, no file beside the input, no traceback."""
    rng = random.Random(2)
    broken = 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "in.txt").write_text(source.document(2_000_000).texts[0], "utf-8")
            command = [sys.executable, "-m", "escore_cli", "run", "in.txt", "-o", "out.tsv"]
            process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, start_new_session=True)
            time.sleep(wait := rng.uniform(0.05, 3))
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
            files = [path.name for path in Path(folder).iterdir()]
            if (process.returncode, files, errors) != (130, ["in.txt"], b""):
                broken += 1
                print(f"interrupt after {wait:.3f} s: exit {process.returncode}, {files}, {errors[-200:]!r}")
    print(f"interrupts: {count - broken} of {count} ended with 130 and left nothing", flush=True)
    return not broken


def adversarial_inputs_are_fast(source: Source, size: int) -> bool:
    """Time a byte and a token of adversarial inputs, beside plain text; one document each, and many short lines."""
    scorer, kept, plain = Scorer(), True, None
    inputs = {name: [unit * (size // len(unit.encode()))] for name, unit in REPEATED.items()}
    inputs["short lines"] = [f"line {number}" for number in range(size // 10)]
    for name, texts in ({"plain text": source.document(size).texts} | inputs).items():
        tokens = sum(len(scorer.bundle.tokenizer.encode(text)[0]) for text in texts)
        used = sum(len(text.encode()) + 1 for text in texts)
        spent = seconds(lambda texts=texts: list(scorer.stream(texts)))
        plain = plain or (spent / used, spent / tokens)
        byte, token = spent / used / plain[0], spent / max(tokens, 1) / plain[1]
        good = byte <= SLOWER or token <= A_TOKEN
        kept &= good
        print(
            f"{name}: {used:,} bytes, {tokens:,} tokens, {byte:.2f} × a byte, {token:.2f} × a token"
            f"{'' if good else '  too slow'}",
            flush=True,
        )
    return kept
