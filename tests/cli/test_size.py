"""Large inputs: time and memory. Long: `make test-long`."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import EXAMPLES

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

PROGRAM = """
import re, sys
from escore_cli.main import run_command
code = run_command()
# Not getrusage: its peak counts what the process was before it became this program.
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read()).group(1), file=sys.stderr)
sys.exit(code)
"""


def peak(folder: Path, *arguments: str) -> float:
    """The peak memory of a run in MB."""
    command = [sys.executable, "-c", PROGRAM, "run", *arguments, "-o", "out.tsv"]
    result = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return int(result.stderr) / 1000


def text_of(size: int) -> str:
    text = "\n\n".join(path.read_text("utf-8") for path in EXAMPLES)
    return text * (size // len(text) + 1)


def test_memory_does_not_grow_with_the_number_of_lines(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text(text_of(1_000_000))
    (tmp_path / "large.txt").write_text(text_of(8_000_000))
    small, large = peak(tmp_path, "--lines", "small.txt"), peak(tmp_path, "--lines", "large.txt")
    assert large <= 1.1 * small
    assert large <= 250


def test_a_document_of_10_megabytes(tmp_path: Path) -> None:
    (tmp_path / "small.txt").write_text(text_of(100_000))
    (tmp_path / "large.txt").write_text(text_of(10_000_000))
    small, large = peak(tmp_path, "small.txt"), peak(tmp_path, "large.txt")
    assert (large - small) * 1e6 / 10e6 <= 30  # bytes a character: the text itself, its bytes, its words' arrays
    words = (tmp_path / "out.tsv").read_text("utf-8").count("\n")
    assert words > 300_000
