"""What signals do while `escore serve` runs: it ends, or loads its model again."""

import os
import signal
import sys
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore_service.current_model import CurrentModel
    from escore_service.server import Server


def stop_on_signals(server: "Server") -> None:
    """SIGTERM and Ctrl-C let the server finish its requests; a second Ctrl-C does not."""
    received: list[int] = []

    def stop(number: int, _: object) -> None:
        if received and number == signal.SIGINT:
            os._exit(128 + number)
        if not received:
            server.stop()
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # else a shell has us ignore it
            signal.signal(number, stop)


def reload_on_hangup(server: "Server", model: "CurrentModel") -> None:
    """SIGHUP loads the model again, in a thread of its own; but where the terminal is gone, it ends the service."""
    number = getattr(signal, "SIGHUP", None)  # Windows has none
    if number is None or signal.getsignal(number) is signal.SIG_IGN:  # as under nohup
        return
    hangups: SimpleQueue[None] = SimpleQueue()  # a signal handler may put into this kind of queue
    had_terminal = _has_terminal()

    def hang_up(_: int, __: object) -> None:
        if had_terminal and not _has_terminal():
            server.stop()
        else:
            hangups.put(None)

    def reload() -> None:
        while True:
            hangups.get()
            while not hangups.empty():  # one time more serves all that came meanwhile
                hangups.get()
            _reload(model)

    Thread(target=reload, daemon=True, name="escore-reload").start()
    signal.signal(number, hang_up)


def _reload(model: "CurrentModel") -> None:
    from escore_service.current_model import ReloadError

    try:
        changed = model.reload()
    except ReloadError as error:
        print_error(str(error))
    else:
        print(f"Model {model.name} {'is in use now' if changed else 'is unchanged'}", file=sys.stderr, flush=True)


def _has_terminal() -> bool:
    """Whether a terminal controls this process."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
