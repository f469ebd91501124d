"""Open a checkpoint: weights, tokenizer and training notes."""

import torch  # noqa: F401  before transformers, which would complain where torch is not installed
