"""Where `escore` and `python -m escore_cli` start: Ctrl-C is quiet before anything else is imported."""

import os


def main() -> None:
    """Run the command line (see escore_cli.main)."""
    # The built-in part of the module signal, which imports enum first: Ctrl-C would show a traceback meanwhile.
    from _signal import SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]

    if getsignal(SIGINT) is default_int_handler:  # else a shell has us ignore it
        signal(SIGINT, lambda *_: os._exit(130))
    import escore_cli.main

    escore_cli.main.main()


if __name__ == "__main__":
    main()
