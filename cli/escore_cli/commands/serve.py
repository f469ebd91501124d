"""`escore serve`: the page and the HTTP service."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.options import Device, Model, OnDevice, Threads

if TYPE_CHECKING:
    from escore_service.current_model import CurrentModel
    from escore_service.server import Server

EXAMPLES = """\b
Examples:
  escore serve --open
  escore serve --port 8080 --feedback corrections.db
"""


MAX_GRACE = 3600.0
TOKEN_VARIABLE = "ESCORE_TOKEN"


def _token(text: str) -> str:
    from escore_service.auth import checked_token

    return _argument(checked_token, text)


def _host(text: str) -> str:
    from escore_service.auth import host_name

    return _argument(host_name, text)


def _argument(check: Callable[[str], str], text: str) -> str:
    from escore import SettingError

    try:
        return check(text)
    except SettingError as error:
        raise typer.BadParameter(str(error)) from error


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MAX_GRACE:  # also refuses nan
        raise typer.BadParameter(f"'{text}' is not a number of seconds from 0 to {MAX_GRACE:.0f}")
    return value


def serve(
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Address to listen on; one that other machines reach needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8300,
    model: Model = None,
    device: OnDevice = Device.AUTO,
    threads: Threads = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", readable=False, show_default="not kept", help="Keep corrections in this file (SQLite)."
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            parser=_token,
            metavar="T",
            envvar=TOKEN_VARIABLE,
            show_default="none",
            help="Secret that clients must send; set the variable instead, since others may see the command line.",
        ),
    ] = None,
    let_anyone_in: Annotated[
        bool,
        typer.Option(
            "--let-anyone-in",
            help="Allow --host without a token: anyone who reaches it may score, and read and change corrections; "
            "default: off.",
        ),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            parser=_host, metavar="NAME", show_default="its addresses", help="Another host name that clients may use."
        ),
    ] = None,
    queue: Annotated[int, typer.Option(min=0, max=1024, help="Requests that may wait; others get 503.")] = 64,
    grace: Annotated[
        float, typer.Option(parser=_seconds, metavar="SECONDS", help="Time to finish requests when it stops.")
    ] = 10,
    access_log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            show_default="not kept",
            help="Append a line of JSON for each request, without texts; - for standard error.",
        ),
    ] = None,
    open: Annotated[bool, typer.Option("--open", help="Open the page in a browser; default: off.")] = False,
) -> None:
    """Serve the page with the slider, and the same scores over HTTP, until Ctrl-C or SIGTERM.

    SIGHUP loads the bundle again.     POST /v1/score takes {"text": ...}; GET /openapi.json describes the whole API.
    """
    if token is None and TOKEN_VARIABLE in os.environ:  # typer takes an empty variable for none
        raise typer.BadParameter("it is set, and empty", param_hint=TOKEN_VARIABLE)
    from escore_cli.extras import extra
    from escore_cli.output.messages import print_error

    with extra("serve"):
        from escore_service import Limits, address, create_app
        from escore_service.app import MODEL
        from escore_service.current_model import open_model
        from escore_service.feedback_routes import STORE
        from escore_service.server import Server

    listening = address.listen(host, port)
    if not (address.is_loopback(listening) or token or let_anyone_in):
        listening.close()
        raise typer.BadParameter(
            f"{host} lets other machines in; set ESCORE_TOKEN to a secret, or add --let-anyone-in",
            param_hint="'--host'",
        )
    scorer, limits = open_model(model, threads, device.value), Limits(queue=queue)
    load = partial(open_model, model, scorer.threads, device.value)
    names = [*address.names(host, listening), *(allow_host or [])]
    app = create_app(
        scorer, feedback=feedback, token=token, hosts=names, limits=limits, load=load, access_log=access_log
    )
    server = Server(app, listening, scorer.threads, limits)
    _stop_on_signals(server)
    _reload_on_hangup(server, app.extensions[MODEL])
    url = address.url(host, listening)
    print(f"Listening on {url} (Ctrl-C ends it)", file=sys.stderr, flush=True)
    if open:
        import webbrowser

        Thread(target=webbrowser.open, args=(url,), daemon=True).start()  # some browsers hold whoever opens them
    if unanswered := server.run(grace):
        print_error(f"requests that were not answered within {grace:g} s: {unanswered}")
    if feedback is not None:
        app.extensions[STORE].close()  # so that corrections are in one file again


def _stop_on_signals(server: "Server") -> None:
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


def _reload_on_hangup(server: "Server", model: "CurrentModel") -> None:
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
    from escore_cli.output.messages import print_error
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
