"""docs/reference/cli.md: the help of every command.

python -m docs.scripts.cli_reference
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).parents[1] / "reference" / "cli.md"
HEAD = """# Command line

<!-- Written by `make docs` from the commands' own help; do not edit. -->

Standard output holds data only; progress, warnings and errors go to standard error. Output is always UTF-8.

| exit code | meaning |
|---|---|
| 0 | done; also when the reader of a pipe has closed it |
| 1 | a run-time error, such as a bad file (`run`, `mask`, `batch` and `watch add` go on with the others); \
also if `doctor` or `labels check` finds something wrong, or `adapt` gains nothing |
| 2 | wrong usage |
| 3 | `watch report` found that something drifts, or `bench --compare` that something is worse |
| 130, 143 | interrupted (Ctrl-C), terminated; `escore serve` ends with 0 then |
"""


def reference() -> str:
    """The page as Markdown."""
    return "\n".join([HEAD, *_sections()])


def _sections(*command: str) -> Iterator[str]:
    """A section for a command, then one for each of its own commands, a heading lower from the third level on."""
    text = _help(*command)
    yield f"{'#' * max(2, len(command) + 1)} {' '.join(['escore', *command])}\n\n```text\n{text.strip()}\n```\n"
    for name in re.findall(r"^  (\w+) ", text.partition("Commands:\n")[2], re.MULTILINE):
        yield from _sections(*command, name)


def _help(*command: str) -> str:
    """The help of a command, as a terminal of 100 columns shows it, whatever the environment of this process sets."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ESCORE_")}
    return subprocess.run(
        [sys.executable, "-m", "escore_cli", *command, "--help"],
        env=environment | {"COLUMNS": "100"},
        capture_output=True,
        check=True,
    ).stdout.decode()


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
