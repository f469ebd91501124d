"""`python -m escore_cli` is `escore`."""

from escore_cli.main import main

main()
