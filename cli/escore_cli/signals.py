"""What an interrupt does: leave at once while nothing has begun, clean up first once something has."""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130
_ENDING = ("SIGTERM", "SIGHUP")  # Windows knows no SIGHUP


def leave_at_once() -> None:
    """Until `clean_up_first`, Ctrl-C ends the process on the spot: half-imported libraries would only make noise."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else a shell has us ignore it
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def clean_up_first() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, SIGTERM and SIGHUP SystemExit, so that files aside are removed."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupt)
    for name in _ENDING:
        if (number := getattr(signal, name, None)) is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def was_interrupted() -> bool:
    """Whether Ctrl-C has come. Libraries may make another exception of the KeyboardInterrupt that it raised."""
    return bool(_interrupts)


_interrupts: list[int] = []


def _interrupt(number: int, _: FrameType | None) -> None:
    _interrupts.append(number)
    raise KeyboardInterrupt


def _end(number: int, _: FrameType | None) -> None:
    for name in (*_ENDING, "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # a second one must not disturb the cleaning up
    sys.exit(128 + number)
