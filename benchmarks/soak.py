"""Whether it lasts: many texts, interrupts, and texts made to hurt. `make soak` runs it; it fails with 1.

python -m benchmarks.soak [--texts 20000] [--interrupts 40] [--bytes 1000000]
"""

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.texts import Source
from escore import Scorer

WARM = 0.1  # of the texts, after which memory must stay
GROWTH = 1.05
SLOWER = 3.0  # times plain text's time a byte …
A_TOKEN = 1.5  # … or times its time a token: no byte makes more than one token, whatever the text
LONGEST = 2000  # words of a text


def main() -> None:
    """Run all three, say what was seen, and exit with 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--interrupts", type=int, default=40)
    parser.add_argument("--bytes", type=int, default=1_000_000)
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts with & ignore interrupts
    source = Source()
    kept = [memory(source, given.texts), interrupts(source, given.interrupts), hurtful(source, given.bytes)]
    sys.exit(0 if all(kept) else 1)


def memory(source: Source, count: int) -> bool:
    """Texts of one word to 2,000, most of them short: resident memory when warm, and the most after that."""
    rng = random.Random(1)
    document = source.document(1_000_000)
    starts = [match.start() for match in re.finditer(r"\S+", document)]

    def texts() -> Iterator[str]:
        for _ in range(count):
            words = int(LONGEST ** rng.betavariate(2, 2.5))
            first = rng.randrange(len(starts) - LONGEST - 1)
            yield document[starts[first] : starts[first + words]]

    scorer = Scorer()
    started = time.monotonic()
    words, warm, most = 0, 0, 0
    for number, scored in enumerate(scorer.stream(texts()), 1):
        words += len(scored.scores)
        if number >= count * WARM and (number % 50 == 0 or number == count):
            resident = _resident()
            warm = warm or resident
            most = max(most, resident)
    ratio = most / warm
    speed = words / (time.monotonic() - started)
    print(f"memory: {count:,} texts, {words:,} words, {speed:,.0f} a second: {warm / 1e6:.0f} MB when warm, ", end="")
    print(f"{most / 1e6:.0f} MB at most after that, {ratio:.3f} times as much (at most {GROWTH})", flush=True)
    return ratio <= GROWTH


def _resident() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found.group(1)) * 1024


def interrupts(source: Source, count: int) -> bool:
    """`escore run -o` interrupted at a random moment: exit code 130, no file beside the input, no traceback."""
    rng = random.Random(2)
    broken = 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "in.txt").write_text(source.document(2_000_000), "utf-8")
            command = [sys.executable, "-m", "escore_cli", "run", "in.txt", "-o", "out.tsv"]
            started = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, start_new_session=True)
            wait = rng.uniform(0.05, 3)
            time.sleep(wait)
            started.send_signal(signal.SIGINT)
            _, errors = started.communicate(timeout=60)
            left = sorted(path.name for path in Path(folder).iterdir())
            if (started.returncode, left, errors) != (130, ["in.txt"], b""):
                broken += 1
                print(f"interrupt after {wait:.3f} s: exit {started.returncode}, {left}, {errors[-200:]!r}")
    print(f"interrupts: {count - broken} of {count} ended with 130 and left nothing", flush=True)
    return not broken


def _texts(source: Source, size: int) -> dict[str, str]:
    def of(unit: str) -> str:
        return unit * (size // len(unit.encode()))

    return {
        "plain text": source.document(size),
        "one letter": of("a"),
        "combining marks": "e" + of("\u0301"),
        "emoji joined": of("👩\u200d"),
        "families": of("👩\u200d👩\u200d👧\u200d👦"),
        "commas": of(","),
        "letters and hyphens": of("a-"),
        "one ideograph": of("漢"),
        "initials": of("U."),
        "line ends": of("a.\n"),
        "nothing but space": of(" "),
    }


def hurtful(source: Source, size: int) -> bool:
    """Time a byte and a token of texts made to hurt, beside plain text; one document each, and many short lines."""
    scorer = Scorer()
    plain_byte = plain_token = 0.0
    kept = True
    for name, text in [*_texts(source, size).items(), ("short lines", "")]:
        texts = [f"line {number}" for number in range(size // 10)] if name == "short lines" else [text]
        tokens = sum(len(scorer.bundle.tokenizer.encode(part)[0]) for part in texts)
        used = sum(len(part.encode()) + 1 for part in texts)
        started = time.perf_counter()
        for _ in scorer.stream(texts):
            pass
        seconds = time.perf_counter() - started
        plain_byte, plain_token = plain_byte or seconds / used, plain_token or seconds / tokens
        byte, token = seconds / used / plain_byte, seconds / max(tokens, 1) / plain_token
        good = byte <= SLOWER or token <= A_TOKEN
        kept &= good
        print(f"{name}: {used:,} bytes, {tokens:,} tokens, {byte:.2f} × a byte, ", end="")
        print(f"{token:.2f} × a token{'' if good else '  too slow'}", flush=True)
    return kept


if __name__ == "__main__":
    main()
