"""A text to score, the rows of a table, and the line of an error."""

import sys

NEWS = "Joe Biden told Boris Johnson not to renege on treaties.\nThe mayor of Oslo agreed.\n"
PROGRAM = [sys.executable, "-m", "escore_cli"]


def rows(output: bytes) -> list[list[str]]:
    return [line.split("\t") for line in output.decode().split("\n")[:-1]]


def one_line(error: bytes, *parts: str) -> None:
    text = error.decode()
    assert text.startswith("escore: ")
    assert text.count("\n") == 1
    assert text.endswith("\n")
    for part in parts:
        assert part in text
