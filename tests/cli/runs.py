"""A text to score, and the rows of a table."""

NEWS = "Joe Biden told Boris Johnson not to renege on treaties.\nThe mayor of Oslo agreed.\n"


def rows(output: bytes) -> list[list[str]]:
    return [line.split("\t") for line in output.decode().split("\n")[:-1]]
