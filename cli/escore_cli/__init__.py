"""The command line: `escore run`, `evaluate`, `export`, `train`, `bench`, `doctor`."""
