"""The names of people who correct."""

from escore_labels.record import LIST, MODEL
from escore_service.errors import RefusedError

MAX_NAME = 80  # characters


def check_name(by: str) -> None:
    """Raises RefusedError for what is no person's name in records."""
    if by in (MODEL, LIST):
        raise RefusedError(422, f"'{by}' is no person's name in records", "take another name", field="by")
    if not 0 < len(by) <= MAX_NAME or not by.isprintable() or by != by.strip():
        raise RefusedError(
            422, f"by must be 1 to {MAX_NAME} characters on one line, with none blank around", field="by"
        )
