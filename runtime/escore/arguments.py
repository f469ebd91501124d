"""Checks of what callers give, so that each mistake is an EscoreError that names it."""

from operator import index

from escore.concurrency.cores import MAX_THREADS
from escore.errors import InputTypeError, SettingError


def describe(value: object) -> str:
    """The type of a value, with the value where it is a short one: "float (nan)", "bytes", "None"."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{name} ({value})" if isinstance(value, int | float) else name


def check_threads(threads: object) -> int:
    """A number of threads as an int, whichever integer type it has, such as NumPy's. Raises SettingError."""
    try:
        number = index(threads)  # type: ignore[arg-type]
    except TypeError:
        number = 0
    if isinstance(threads, bool) or not 1 <= number <= MAX_THREADS:
        raise SettingError(f"threads {threads!r} is not a number of threads", f"give 1 to {MAX_THREADS}")
    return number


def check_text(text: object, place: str = "") -> str:
    """`text`, if it is a str. Raises InputTypeError that says where it is, if `place` does: "text 3: "."""
    if isinstance(text, str):
        return text
    if isinstance(text, bytes | bytearray | memoryview):
        advice = "decode bytes first"
    else:
        advice = "leave it out, or give errors='skip'" if place else "give a str"
    raise InputTypeError(f"{place}a text must be a str, not {describe(text)}", advice)
