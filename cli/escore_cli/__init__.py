"""The command line: `escore run`, `escore evaluate`, `escore export`, `escore train`."""
