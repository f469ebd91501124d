"""`escore serve`: the page and the HTTP service."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Annotated
from urllib.parse import quote

import typer

from escore_cli.options import Device, Model, OnDevice, Threads

EXAMPLES = """\b
Examples:
  escore serve --open
  escore serve --port 8080 --feedback corrections.db
  escore serve --review labels.jsonl --as ann --open
"""
MAX_GRACE = 3600.0
TOKEN_VARIABLE = "ESCORE_TOKEN"


def _review_path(text: str) -> Path:
    if not text:
        raise typer.BadParameter("it is empty")
    return Path(text)


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


def _check_watch(watch: Path | None) -> None:
    from escore_cli.extras import extra

    if watch is not None:
        with extra("watch"):
            import escore_service.watch  # noqa: F401


def serve(
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST",
            envvar="ESCORE_SERVE_HOST",
            help="Address to listen on; one that other machines reach needs --token.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, envvar="ESCORE_SERVE_PORT", help="Port to listen on; 0: any free one.")
    ] = 8300,
    model: Model = None,
    device: OnDevice = Device.AUTO,
    threads: Threads = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            show_default="not kept",
            envvar="ESCORE_SERVE_FEEDBACK",
            help="Keep corrections in this file (SQLite).",
        ),
    ] = None,
    review: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            parser=_review_path,
            show_default="none",
            envvar="ESCORE_SERVE_REVIEW",
            help="Put the labels or texts of this file or folder up for review, on the page /review; may be given "
            "again. Decisions go to --feedback or, without it, to FILE with the ending .db.",
        ),
    ] = None,
    reviewer: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            show_default="the page asks",
            envvar="ESCORE_SERVE_AS",
            help="Who decides in the review.",
        ),
    ] = None,
    importance: Annotated[
        bool,
        typer.Option(
            "--importance",
            envvar="ESCORE_SERVE_IMPORTANCE",
            help="Decide by numbers from 0 to 300, how much a span matters; default: by labels.",
        ),
    ] = False,
    train: Annotated[
        bool,
        typer.Option(
            "--train",
            envvar="ESCORE_SERVE_TRAIN",
            help="Let the page of the review train a model on what is reviewed, and switch to it; needs the extras "
            "'train' and 'export'; default: off.",
        ),
    ] = False,
    watch: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            show_default="not counted",
            envvar="ESCORE_SERVE_WATCH",
            help="Count the entities of scored texts in this file, for 'escore watch report'; it keeps no texts. Needs "
            "the extra 'watch'.",
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
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            envvar="ESCORE_TOKEN_FILE",
            show_default="none",
            help="File with that secret, which only its owner may read.",
        ),
    ] = None,
    let_anyone_in: Annotated[
        bool,
        typer.Option(
            "--let-anyone-in",
            envvar="ESCORE_SERVE_LET_ANYONE_IN",
            help="Allow --host without a token: anyone who reaches it may score, and read and change corrections; "
            "default: off.",
        ),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            parser=_host,
            metavar="NAME",
            show_default="its addresses",
            envvar="ESCORE_SERVE_ALLOW_HOST",
            help="Another host name that clients may use.",
        ),
    ] = None,
    queue: Annotated[
        int, typer.Option(min=0, max=1024, envvar="ESCORE_SERVE_QUEUE", help="Requests that may wait; others get 503.")
    ] = 64,
    grace: Annotated[
        float,
        typer.Option(
            parser=_seconds,
            metavar="SECONDS",
            envvar="ESCORE_SERVE_GRACE",
            help="Time to finish requests when it stops.",
        ),
    ] = 10,
    access_log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            show_default="not kept",
            envvar="ESCORE_SERVE_ACCESS_LOG",
            help="Append a line of JSON for each request, without texts; - for standard error.",
        ),
    ] = None,
    open: Annotated[
        bool,
        typer.Option(
            "--open",
            envvar="ESCORE_SERVE_OPEN",
            help="Open the page in a browser, which gets the token too; default: off.",
        ),
    ] = False,
) -> None:
    """Serve the page with the slider, and the same scores over HTTP, until Ctrl-C or SIGTERM.

    SIGHUP loads the bundle again. Where an option names a variable, that may be set instead; an empty one is not set.
    POST /v1/score takes {"text": ...}; GET /openapi.json describes the whole API.
    """
    if token is None and TOKEN_VARIABLE in os.environ:  # typer takes an empty variable for none
        raise typer.BadParameter("it is set, and empty", param_hint=TOKEN_VARIABLE)
    from escore_cli.extras import extra
    from escore_cli.output.messages import print_error
    from escore_cli.review_files import check_review, decisions_file, review_records
    from escore_cli.review_training import training_options
    from escore_cli.serve_signals import reload_on_hangup, stop_on_signals

    with extra("serve"):
        from escore_service import Limits, address, create_app
        from escore_service.app import MODEL, close
        from escore_service.current_model import open_model
        from escore_service.server import Server
        from escore_service.token_file import read_token
    _check_watch(watch)
    if token_file is not None:
        if token is not None:
            raise typer.BadParameter("there are two tokens; give one of --token, ESCORE_TOKEN and --token-file")
        token = read_token(token_file)
    check_review(review, reviewer, importance=importance, train=train)
    if review and feedback is None:
        feedback = decisions_file(review[0])
    listening = address.listen(host, port)
    if not (address.is_loopback(listening) or token or let_anyone_in):
        listening.close()
        raise typer.BadParameter(
            f"{host} lets other machines in; set ESCORE_TOKEN to a secret, or add --let-anyone-in",
            param_hint="'--host'",
        )
    scorer, limits = open_model(model, threads, device.value), Limits(queue=queue)
    load = partial(open_model, model, scorer.threads, device.value)
    options = None
    if review:
        from escore_service.review.routes import ReviewOptions

        training = training_options(feedback, model, scorer.threads, device.value) if train and feedback else None
        records, labels = review_records(review, scorer, feedback)
        options = ReviewOptions(records, labels, reviewer, importance, training)
    names = [*address.names(host, listening), *(allow_host or [])]
    app = create_app(
        scorer,
        feedback=feedback,
        token=token,
        hosts=names,
        limits=limits,
        load=load,
        access_log=access_log,
        review=options,
        watch=watch,
    )
    server = Server(app, listening, scorer.threads, limits)
    stop_on_signals(server)
    reload_on_hangup(server, app.extensions[MODEL])
    url = address.url(host, listening) + ("review" if review else "")
    link = f"{url}#token={quote(token, safe='')}" if token else url  # the page takes it from there
    shown = link if sys.stderr is not None and sys.stderr.isatty() else url  # no log shows the token
    print(f"Listening on {shown} (Ctrl-C ends it)", file=sys.stderr, flush=True)
    if open:
        import webbrowser

        Thread(target=webbrowser.open, args=(link,), daemon=True).start()  # some browsers hold whoever opens them
    if unanswered := server.run(grace):
        print_error(f"requests that were not answered within {grace:g} s: {unanswered}")
    close(app)
