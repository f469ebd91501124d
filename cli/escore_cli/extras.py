"""Commands that need more than the base install say so."""

from collections.abc import Iterator
from contextlib import contextmanager

from escore import EscoreError
from escore.errors import install_advice


class MissingExtraError(EscoreError, ImportError):
    """A command whose packages are not installed."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turn a failed import inside into one line that says what to install: one extra, or several with commas.

    Raises MissingExtraError.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"{error.name or error} is not installed", install_advice(name)) from error
