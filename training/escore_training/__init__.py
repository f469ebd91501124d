"""From labelled corpora to a checkpoint, and from a bundle to its figures."""
