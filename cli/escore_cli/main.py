"""The entry point: commands, and one line for a failure. Nothing heavy is imported before a command runs."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from escore_cli import signals
from escore_cli.completion import HELP, complete_for_named_shell
from escore_cli.output.messages import print_error

FAILED, USAGE = 1, 2
COMMANDS = (
    "run",
    "mask",
    "label",
    "serve",
    "evaluate",
    "doctor",
    "export",
    "train",
    "adapt",
    "bench",
    "feedback",
    "labels",
    "watch",
    "batch",
)


class CommandGroup(TyperGroup):
    """The commands, each in the module of its name, which is imported when it is needed: all take as long as typer."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = dict.fromkeys(COMMANDS)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before a command's name."""
        complete_for_named_shell(ctx, args)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> Any:
        """The options, those of typer with a help that says all."""
        params: Any = super().get_params(ctx)
        for param in params:
            if param.name in HELP:
                param.help = HELP[param.name]
        return params

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"escore_cli.commands.{cmd_name}")
        if hasattr(module, "app"):  # it has commands of its own
            return typer.main.get_command(module.app)
        command = typer.Typer(rich_markup_mode=None, add_completion=False)
        command.command(epilog=module.EXAMPLES)(getattr(module, cmd_name))
        return typer.main.get_command(command)


app = typer.Typer(
    name="escore",
    cls=CommandGroup,
    help="Score every word of a text from 0 to 300 by how much it looks like an entity.",
    rich_markup_mode=None,  # plain help starts in half the time
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if not value:
        return
    import escore
    from escore.bundle.bundle import locate
    from escore.bundle.manifest import read_manifest

    try:
        manifest = read_manifest(locate(os.environ.get("ESCORE_MODEL") or None))
    except escore.EscoreError:
        print(f"escore {escore.__version__}")
        raise
    print(f"escore {escore.__version__}, model {manifest.model_name} ({manifest.precision})")
    raise typer.Exit()


@app.callback()
def _options(
    context: typer.Context,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the versions of escore and its model."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(USAGE)


def main() -> NoReturn:
    """Run the command line and exit with its code: 0, 1 for a run-time error, 2 for usage, 130 when interrupted."""
    try:
        code = _flush(run_command())
    except KeyboardInterrupt:  # while an error was printed
        code = signals.INTERRUPTED
    # Temporary files are removed by now. An ordinary exit would unload libraries, a tenth of a short run, and might
    # wait for a thread that reads.
    os._exit(code)


def run_command() -> int:
    """Run the command line; its exit code."""
    try:
        return app(prog_name="escore", standalone_mode=False) or 0
    except KeyboardInterrupt:
        return signals.INTERRUPTED
    except Exception as error:
        if signals.was_interrupted():
            return signals.INTERRUPTED
        return _report(error)
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            return 0  # typer makes 1 of it, but the reader has all it wanted
        return error.code if isinstance(error.code, int) else FAILED


def _report(error: Exception) -> int:
    """Print an error of usage, of escore or of the system in one line; the exit code. Others are raised again."""
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        # An option without its value has no context.
        command = context.command_path if context else " ".join(["escore", *sys.argv[1:2]])
        print_error(f"{error.format_message().rstrip('.')}; see '{command} --help'")
        return USAGE
    from escore import EscoreError

    if not isinstance(error, (EscoreError, OSError)):
        raise error
    if isinstance(error, EscoreError):
        print_error(str(error))
    else:
        place = f"{error.filename}: " if error.filename else ""
        print_error(f"{place}{error.strerror or error}")
    return FAILED


def _flush(code: int) -> int:
    """Write what standard output still holds; the exit code."""
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
    except BrokenPipeError:
        pass  # the reader has all it wanted
    except OSError as error:
        print_error(f"standard output: {error.strerror or error}")
        return code or FAILED
    return code
