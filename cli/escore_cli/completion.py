"""Completion for the shell that is named: typer's own options take the one that they run in, whatever is said."""

from typing import Any

import typer
from typer import completion

SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")
CALLBACKS = {"--install-completion": completion.install_callback, "--show-completion": completion.show_callback}
HELP = {
    "install_completion": "Install completion for the current shell, or for the one that is named after it.",
    "show_completion": "Show what would be installed, to copy it or customize it.",
}


def complete_for_named_shell(context: Any, arguments: list[str]) -> None:
    """Do what `--show-completion zsh` or `--install-completion=zsh` asks for, and exit; nothing for other arguments.

    Raises BadParameter for a shell that typer does not know.
    """
    if not arguments or context.resilient_parsing:
        return
    option, _, shell = arguments[0].partition("=")
    shell = shell or (arguments[1] if len(arguments) > 1 else "")
    if option not in CALLBACKS or not shell or shell.startswith("-"):
        return
    if shell not in SHELLS:
        raise typer.BadParameter(f"{option}: '{shell}' is not one of {', '.join(SHELLS)}", ctx=context)
    CALLBACKS[option](context, None, shell)  # type: ignore[arg-type]
