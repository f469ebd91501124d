"""How many instructions escore's own code takes, which no noise of a machine can blur, and the bound on each stage."""
