"""The four stages from a text to word scores: encode, windows, infer, pooling."""
