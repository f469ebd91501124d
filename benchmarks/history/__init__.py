"""docs/benchmarks/history.md: how fast, large and good each version of the model is, with the code that shipped it."""
