"""A bundle: the folder of a model, its manifest, its tokenizer and its card."""
