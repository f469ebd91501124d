"""What signals do once a command has begun to write files: clean up, then exit."""

import signal
import sys
from types import FrameType

INTERRUPTED = 130
_TERMINATE = ("SIGTERM", "SIGHUP")  # Windows knows no SIGHUP
_interrupts: list[int] = []


def clean_up_first() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, SIGTERM and SIGHUP SystemExit, so that temporary files are removed.

    Until then Ctrl-C exits at once (see escore_cli.__main__), since half-imported libraries would print tracebacks.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    for name in _TERMINATE:
        if (number := getattr(signal, name, None)) is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)


def was_interrupted() -> bool:
    """Whether Ctrl-C has come. Libraries may turn the KeyboardInterrupt that it raised into another exception."""
    return bool(_interrupts)


def _interrupt(number: int, _: FrameType | None) -> None:
    _interrupts.append(number)
    raise KeyboardInterrupt


def _terminate(number: int, _: FrameType | None) -> None:
    for name in (*_TERMINATE, "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # a second one must not interrupt the cleaning up
    sys.exit(128 + number)
