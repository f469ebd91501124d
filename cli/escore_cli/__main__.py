"""Where `escore` and `python -m escore_cli` begin: an interrupt is quiet before anything else is imported."""

from escore_cli import signals


def main() -> None:
    """Run the command line (see escore_cli.main)."""
    signals.leave_at_once()
    from escore_cli.main import main as run

    run()


if __name__ == "__main__":
    main()
