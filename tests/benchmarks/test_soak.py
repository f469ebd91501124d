"""Whether scoring lasts: memory over many texts, interrupts at random moments, time of adversarial inputs.

`make soak` runs these tests alone, and shows what they print; the last is a table of docs/background/performance.md.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks.measure import seconds, table
from benchmarks.measure_process import process_memory
from benchmarks.texts import Source

from escore import Scorer

pytestmark = pytest.mark.long
TEXTS = int(os.environ.get("ESCORE_SOAK_TEXTS", "20000"))
INTERRUPTS = int(os.environ.get("ESCORE_SOAK_INTERRUPTS", "40"))
SIZE = int(os.environ.get("ESCORE_SOAK_BYTES", "1000000"))  # of an adversarial input
WARM, GROWTH = 0.1, 1.05  # after this share of the texts, memory grows no more than this
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


@pytest.fixture(scope="module")
def source() -> Source:
    return Source()


def test_memory_stays_over_many_texts(source: Source) -> None:
    """Texts of one word to 2,000, most of them short: resident memory when warm, and the most after that."""
    rng = random.Random(1)
    document = source.document(1_000_000).texts[0]
    starts = [match.start() for match in re.finditer(r"\S+", document)]
    places = ((rng.randrange(len(starts) - LONGEST - 1), int(LONGEST ** rng.betavariate(2, 2.5))) for _ in range(TEXTS))
    texts = (document[starts[first] : starts[first + words]] for first, words in places)
    words, started = 0, time.monotonic()
    memory: list[float] = []
    for number, scored in enumerate(Scorer().stream(texts), 1):
        words += len(scored.scores)
        if number >= TEXTS * WARM and (number % 50 == 0 or number == TEXTS):
            memory.append(process_memory("self", "VmRSS"))
    print(f"\n{TEXTS:,} texts, {words:,} words, {words / (time.monotonic() - started):,.0f} words/s; ", end="")
    print(f"{memory[0]:.0f} MB when warm, {max(memory):.0f} MB at most after that")
    assert max(memory) <= GROWTH * memory[0]


def test_interrupts_at_any_moment_leave_nothing(source: Source, tmp_path: Path) -> None:
    """`escore run -o` interrupted: exit code 130, no file beside the input, no traceback."""
    rng = random.Random(2)
    (tmp_path / "in.txt").write_text(source.document(2_000_000).texts[0], "utf-8")
    command = [sys.executable, "-m", "escore_cli", "run", "in.txt", "-o", "out.tsv"]

    def at_a_keyboard() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job, as these tests may be, ignores it

    for _ in range(INTERRUPTS):
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, preexec_fn=at_a_keyboard)
        time.sleep(wait := rng.uniform(0.05, 3))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        files = [path.name for path in tmp_path.iterdir()]
        assert (process.returncode, files, errors) == (130, ["in.txt"], b""), f"after {wait:.3f} s"


def test_adversarial_inputs_take_little_longer(source: Source) -> None:
    """Time a byte and a token, relative to plain text; one document each, and many short lines."""
    inputs = {"plain text": source.document(SIZE).texts}
    inputs |= {name: [unit * (SIZE // len(unit.encode()))] for name, unit in REPEATED.items()}
    inputs |= {"short lines": [f"line {number}" for number in range(SIZE // 10)]}
    scorer = Scorer()
    costs: dict[str, tuple[float, float]] = {}
    for name, texts in inputs.items():
        tokens = sum(len(scorer.bundle.tokenizer.encode(text)[0]) for text in texts)
        spent = seconds(lambda texts=texts: list(scorer.stream(texts)))  # type: ignore[misc]
        costs[name] = spent / sum(len(text.encode()) + 1 for text in texts), spent / max(tokens, 1)
    plain = costs.pop("plain text")
    rows = {name: (byte / plain[0], token / plain[1]) for name, (byte, token) in costs.items()}
    cells = ([name, f"{byte:.2f}", f"{token:.2f}"] for name, (byte, token) in rows.items())
    print("\n" + table([f"{SIZE / 1000:g} kB of", "a byte", "a token"], cells))
    assert not {name for name, (byte, token) in rows.items() if byte > SLOWER and token > A_TOKEN}
