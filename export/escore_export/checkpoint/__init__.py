"""Open a checkpoint: weights, tokenizer and training notes."""
