"""The entry point: commands, and one line a failure. Nothing heavy is imported before a command runs."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from escore_cli import signals
from escore_cli.commands import bench, doctor, evaluate, export, feedback, run, serve, train
from escore_cli.output.messages import complain

FAILED, USAGE = 1, 2

app = typer.Typer(
    name="escore",
    help="Score every word of a text from 0 to 300 by how much it looks like an entity.",
    rich_markup_mode=None,  # plain help starts in half the time
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=run.EXAMPLES)(run.run)
app.command(epilog=serve.EXAMPLES)(serve.serve)
app.command(epilog=evaluate.EXAMPLE)(evaluate.evaluate)
app.command(epilog=doctor.EXAMPLES)(doctor.doctor)
app.command(epilog=export.EXAMPLE)(export.export)
app.command(epilog=train.EXAMPLE)(train.train)
app.command(epilog=bench.EXAMPLES)(bench.bench)
app.command(epilog=feedback.EXAMPLE)(feedback.feedback)


def _version(asked: bool) -> None:
    if asked:
        import escore
        from escore.bundle.bundle import locate
        from escore.bundle.manifest import read_manifest

        try:
            described = read_manifest(locate(os.environ.get("ESCORE_MODEL") or None))
        except escore.EscoreError:
            print(f"escore {escore.__version__}")
            raise
        print(f"escore {escore.__version__}, model {described.name} {described.version} ({described.precision})")
        raise typer.Exit()


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Name package and model, then leave.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line and leave with its exit code: 0, 1 a run-time error, 2 usage, 130 interrupted."""
    code = _run()
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
    except BrokenPipeError:
        pass  # the reader has all it wanted
    except OSError as error:
        complain(f"standard output: {error.strerror or error}")
        code = code or FAILED
    # What had to be removed is removed by now. Taking the libraries apart would cost a tenth of a short run, and a
    # thread may hang in a read that never ends.
    os._exit(code)


def _run() -> int:
    try:
        return app(prog_name="escore", standalone_mode=False) or 0
    except KeyboardInterrupt:
        return signals.INTERRUPTED
    except Exception as error:
        if signals.was_interrupted():
            return signals.INTERRUPTED
        return _failed(error)
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            return 0  # typer makes 1 of it, but the reader has all it wanted
        return error.code if isinstance(error.code, int) else FAILED


def _failed(error: Exception) -> int:
    """Say what went wrong, in one line; the exit code. What is no error of use or of the world goes on as it came."""
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if _is_ours(error):
        complain(str(error))
        return FAILED
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
        return FAILED
    raise error


def _is_ours(error: Exception) -> bool:
    # Nothing of escore is imported before it is needed, so an error of its own implies that it is there.
    ours = sys.modules.get("escore.errors")
    return ours is not None and isinstance(error, ours.EscoreError)


def _usage(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(context.get_help() if context else "", file=sys.stderr)
        return USAGE
    command = context.command_path if context else " ".join(["escore", *sys.argv[1:2]])  # some errors know no context
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    message = message.replace("Value error, ", "").rstrip(".")
    complain(f"{message}; see '{command} --help'")
    return USAGE
