"""Corpora to training batches: datasets, augmentation, examples, packing."""
