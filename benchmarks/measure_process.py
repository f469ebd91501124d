"""The time that a command takes, and the most memory that it ever holds.

This file is also the process that starts the command, a small one: on Linux the peak of a child is never below its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ESCORE = Path(sys.executable).with_name("escore")  # the console script, as users start it


class ProcessError(RuntimeError):
    """A measured process failed."""


def measure_process(command: Sequence[str | Path], text: str | None = None) -> tuple[float, float]:
    """Run a command to its end, its output discarded: seconds, and peak resident megabytes. Raises ProcessError.

    Its last argument is a file with `text`, if there is one.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".txt") as file:
        print(text or "", end="", file=file, flush=True)
        whole = [*command, file.name] if text is not None else command
        ended = subprocess.run([sys.executable, "-I", "-S", __file__, *whole], stdout=subprocess.PIPE, check=True)
    code, seconds, peak = json.loads(ended.stdout)
    if code:
        raise ProcessError(f"{' '.join(map(str, command))}: exit {code}; its message is above")
    return seconds, peak / 1e6


def process_memory(process: int | str, field: str) -> float:
    """Megabytes of a running process ("self": this one): VmRSS now, or VmHWM at most since it began (Linux)."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines())
    return int(status[field].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    start = time.perf_counter()
    status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode
    elapsed = time.perf_counter() - start
    peak_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # kilobytes, on macOS bytes
    print(json.dumps([status, elapsed, peak_memory * (1 if sys.platform == "darwin" else 1024)]))
