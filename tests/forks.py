"""The command line in a fork of this process: a process of its own, which finds torch imported."""

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import BinaryIO

from escore_cli.__main__ import main


@contextmanager
def forked_escore(
    folder: Path, *arguments: str | Path, before: Callable[[], object] = lambda: None
) -> Iterator[tuple[ForkProcess, BinaryIO]]:
    """Run `escore` in `folder`; its process, and its standard error to read from. Its standard output is thrown away.

    before: called in the new process.

    The process is killed at the end if it still runs. It cannot train a model where this process has.
    """
    read, write = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=_run, args=(folder, arguments, write, before))
    with warnings.catch_warnings(), open(read, "rb") as stderr:
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads, from Python 3.12 on
        process.start()
        os.close(write)
        try:
            yield process, stderr
        finally:
            process.kill()
            process.join()


def _run(folder: Path, arguments: tuple[str | Path, ...], stderr: int, before: Callable[[], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(stderr, 2)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["escore", *map(str, arguments)]
    os.chdir(folder)
    before()
    main()
